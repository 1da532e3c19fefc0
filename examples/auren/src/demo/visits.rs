//! What the visitors of the demo do, request by request.

use std::{io, sync::atomic::Ordering, time::Duration};

use serde_json::json;
use tokio::time::sleep;
use visitor::{
    client::{self, Request, Response},
    random::Random,
};
use vitalsigns::LabelValue;

use super::{Visitor, owner::Phase};
use crate::{
    events::Event,
    memory::{Millis, now},
    webhooks::Vendor,
};

impl Visitor {
    async fn send(&self, request: &Request) -> io::Result<Response> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        let response = request.send(self.addr).await?;
        if response.status >= 400 {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        let accepted = response.json()["accepted"].as_u64().unwrap_or(0);
        self.accepted.fetch_add(accepted, Ordering::Relaxed);
        Ok(response)
    }

    async fn get(&self, path: &str) -> io::Result<Response> {
        self.send(&Request::new("GET", path)).await
    }

    fn next(&self) -> u64 {
        self.names.fetch_add(1, Ordering::Relaxed)
    }

    fn event(&self, vendor: Vendor, phase: Phase, random: &mut Random) -> Event {
        let kinds: Vec<_> = vendor.kinds().collect();
        let kind = *random.pick(&kinds);
        Event {
            vendor,
            id: format!("{:x}-{}", self.run, self.next()),
            kind,
            value: phase.measure(kind, random),
            at: now(),
        }
    }

    fn webhook(&self, key: &[u8], events: &[Event], sent_at: Millis) -> Option<Request> {
        let vendor = events.first()?.vendor;
        let (headers, body) = vendor.write(key, events, sent_at);
        let path = format!("/webhooks/{}", vendor.as_label());
        let request = headers
            .iter()
            .fold(Request::new("POST", &path), |request, header| {
                request.header(header.0, &header.1)
            });
        Some(request.body(body))
    }

    /// What a device has measured, signed.
    fn measured(&self, phase: Phase, random: &mut Random, age: Millis) -> Option<Request> {
        let vendor = *random.pick(&Vendor::ALL);
        let count = match vendor {
            Vendor::Watch => 1 + random.below(4),
            Vendor::Ring | Vendor::Strap => 1,
        };
        let events: Vec<_> = (0..count)
            .map(|_| self.event(vendor, phase, random))
            .collect();
        self.webhook(self.secrets.of(vendor), &events, now() - age)
    }

    /// Sends until it is taken, as devices do.
    async fn deliver(&self, request: Option<Request>) -> io::Result<()> {
        let Some(request) = request else {
            return Ok(());
        };
        for pause in [100, 400, 1600] {
            if self.send(&request).await?.status != 503 {
                break;
            }
            sleep(Duration::from_millis(pause)).await;
        }
        Ok(())
    }

    pub(super) async fn measure(&self, phase: Phase, random: &mut Random) -> io::Result<()> {
        self.deliver(self.measured(phase, random, 0)).await
    }

    pub(super) async fn repeat(&self, phase: Phase, random: &mut Random) -> io::Result<()> {
        let request = self.measured(phase, random, 0);
        let (one, other) =
            tokio::join!(self.deliver(request.clone()), self.deliver(request.clone()));
        one.and(other)?;
        self.deliver(request).await
    }

    pub(super) async fn late(&self, phase: Phase, random: &mut Random) -> io::Result<()> {
        self.deliver(self.measured(phase, random, 3_600_000)).await
    }

    pub(super) async fn forge(&self, phase: Phase, random: &mut Random) -> io::Result<()> {
        let vendor = *random.pick(&Vendor::ALL);
        let event = self.event(vendor, phase, random);
        self.deliver(self.webhook(b"guessed", &[event], now()))
            .await
    }

    pub(super) async fn garble(&self, random: &mut Random) -> io::Result<()> {
        let vendor = *random.pick(&Vendor::ALL);
        let mut event = self.event(vendor, Phase::Calm, random);
        match random.below(3) {
            0 => event.value = -1.0,
            1 => event.id = "not a name".to_owned(),
            _ => {
                let path = format!("/webhooks/{}", vendor.as_label());
                let noise: Vec<u8> = (0..200).map(|_| random.below(256) as u8).collect();
                let request = Request::new("POST", &path).body(noise);
                return self.deliver(Some(request)).await;
            }
        }
        self.deliver(self.webhook(self.secrets.of(vendor), &[event], now()))
            .await
    }

    pub(super) async fn burst(&self, phase: Phase, random: &mut Random) -> io::Result<()> {
        for _ in 0..3 {
            let vendor = Vendor::Watch;
            let events: Vec<_> = (0..20).map(|_| self.event(vendor, phase, random)).collect();
            self.deliver(self.webhook(self.secrets.of(vendor), &events, now()))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn look(&self, random: &mut Random) -> io::Result<()> {
        let path = *random.pick(&[
            "/agent",
            "/decisions?limit=10",
            "/",
            "/memory/search?q=usual",
        ]);
        self.get(path).await?;
        let vendor = random.pick(&Vendor::ALL).as_label();
        // Some of the last, some of long ago.
        let names = self.names.load(Ordering::Relaxed).max(1);
        let most = 1 << random.below(12);
        let back = random.below(most) as u64;
        let number = names.saturating_sub(1 + back);
        let path = format!("/memory/event.{vendor}.{:x}-{number}", self.run);
        for _ in 0..1 + random.below(4) {
            self.get(&path).await?;
        }
        Ok(())
    }

    pub(super) async fn note(&self, random: &mut Random) -> io::Result<()> {
        let path = format!("/memory/note.{:x}.{}", self.run, self.next());
        let note = json!({ "text": "Slept well. ".repeat(1 + random.below(12)) });
        self.send(&Request::new("POST", &path).json(&note)).await?;
        for _ in 0..random.below(5) {
            self.get(&path).await?;
            sleep(Duration::from_millis(random.below(300) as u64)).await;
        }
        if random.below(4) == 0 {
            self.send(&Request::new("DELETE", &path)).await?;
        }
        Ok(())
    }

    pub(super) async fn mistake(&self, random: &mut Random) -> io::Result<()> {
        let request = match random.below(5) {
            0 => Request::new("GET", "/memory/no-such-item"),
            1 => Request::new("POST", "/webhooks/toaster").body("{}"),
            2 => Request::new("POST", "/memory/note").body("{"),
            3 => Request::new("PUT", "/agent"),
            _ => Request::new("POST", "/memory/large").body(vec![b' '; 70_000]),
        };
        self.send(&request).await.map(drop)
    }

    pub(super) async fn hang_up(&self, phase: Phase, random: &mut Random) -> io::Result<()> {
        let Some(request) = self.measured(phase, random, 0) else {
            return Ok(());
        };
        let bytes = request.bytes();
        let cut = bytes.len() - random.below(40).min(bytes.len());
        self.sent.fetch_add(1, Ordering::Relaxed);
        client::hang_up(self.addr, &bytes[..cut], 0).await.map(drop)
    }
}
