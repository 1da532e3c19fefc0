//! What the visitors of the demo do.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::sleep;
use visitor::{
    client::{self, Request, Response},
    random::Random,
};

use super::Visitor;
use crate::theme::Theme;

/// The kinds of visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// Asks for a video, watches the job, downloads the video.
    Video,
    /// The same, but hangs up in the middle of the download.
    HalfVideo,
    /// Looks at the start page, and sometimes at the metrics.
    Page,
    /// Sends something that cannot be served.
    Mistake,
    /// Tries paths that scanners try.
    Scanner,
    /// Hangs up before the response begins.
    HangUp,
    /// Cancels a running job.
    Cancel,
    /// Sends more jobs at once than there is room for.
    Burst,
    /// Makes a handler panic.
    Panic,
}

impl Visit {
    /// The visit of this number: rare ones come in turn, the others by chance.
    pub(super) fn choose(number: u64, random: &mut Random) -> Self {
        match number % 120 {
            18 => Self::Burst,
            30 | 75 => Self::Panic,
            n if n % 20 == 12 => Self::Cancel,
            _ => match random.below(100) {
                0..32 => Self::Video,
                32..38 => Self::HalfVideo,
                38..58 => Self::Page,
                58..78 => Self::Mistake,
                78..88 => Self::Scanner,
                _ => Self::HangUp,
            },
        }
    }

    /// Makes the visit; what the service answers is the service's to count.
    pub(super) async fn make(self, visitor: Arc<Visitor>, mut random: Random) {
        let random = &mut random;
        let result = match self {
            Self::Video => visitor.video(random, true).await,
            Self::HalfVideo => visitor.video(random, false).await,
            Self::Page => visitor.page(random).await,
            Self::Mistake => visitor.mistake(random).await,
            Self::Scanner => visitor.scanner(random).await,
            Self::HangUp => visitor.hang_up(random).await,
            Self::Cancel => visitor.cancel(random).await,
            Self::Burst => visitor.burst(random).await,
            Self::Panic => visitor.panic().await,
        };
        // A connection that breaks is part of the mix (a panic and a shutdown break some).
        drop(result);
    }
}

/// A good order for a video.
fn order(random: &mut Random, shortest: f32, longest: f32) -> Value {
    let seconds = (random.between(shortest, longest) * 2.0).round() / 2.0;
    let mut order = json!({ "theme": random.pick(&Theme::ALL).name(), "seconds": seconds });
    let titles = [
        "Hello, world",
        "Morning News",
        "Wide Open",
        "Night Shift",
        "Caf\u{e9} au lait",
    ];
    match random.below(20) {
        0..9 => {}
        // The font has none of these letters: the job fails.
        9 => order["text"] = json!("\u{4f60}\u{597d}"),
        _ => order["text"] = json!(random.pick(&titles)),
    }
    if random.below(10) < 6 {
        order["optimise"] = json!(random.pick(&["light", "standard", "standard", "aggressive"]));
    }
    order
}

impl Visitor {
    async fn send(&self, request: Request) -> io::Result<Response> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        request.send(self.addr).await
    }

    async fn get(&self, path: &str) -> io::Result<Response> {
        self.send(Request::new("GET", path)).await
    }

    async fn generate(&self, order: impl Into<Vec<u8>>) -> io::Result<Response> {
        self.send(Request::new("POST", "/generate").body(order))
            .await
    }

    async fn send_and_hang_up(&self, request: &[u8], read: usize) -> io::Result<()> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        client::hang_up(self.addr, request, read).await.map(drop)
    }

    /// Sends an order and gives the job's paths, where it was taken.
    async fn submit(&self, order: &Value) -> io::Result<Option<(String, String)>> {
        let answer = self.generate(order.to_string()).await?;
        if answer.status != 202 {
            return Ok(None);
        }
        let answer = answer.json();
        let path = |name: &str| answer[name].as_str().map(str::to_owned);
        Ok(path("status_url").zip(path("video_url")))
    }

    async fn video(&self, random: &mut Random, whole: bool) -> io::Result<()> {
        let order = order(random, 1.0, 6.0);
        let Some((status, video)) = self.submit(&order).await? else {
            return Ok(());
        };
        if random.below(8) == 0 {
            self.get(&video).await?;
        }
        for _ in 0..100 {
            sleep(Duration::from_millis(700)).await;
            let job = self.get(&status).await?.json();
            match job["state"].as_str() {
                Some("queued" | "running") => {}
                Some("succeeded") if whole => {
                    return self.get(&video).await.map(drop);
                }
                Some("succeeded") => {
                    let size = job["video"]["bytes"].as_u64().unwrap_or(0) as usize;
                    let request = Request::new("GET", &video).bytes();
                    return self.send_and_hang_up(&request, size / 3).await;
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    async fn page(&self, random: &mut Random) -> io::Result<()> {
        self.get("/").await?;
        if random.below(3) == 0 {
            self.get("/metrics").await?;
        }
        Ok(())
    }

    async fn mistake(&self, random: &mut Random) -> io::Result<()> {
        match random.below(7) {
            0 | 1 => {
                let theme = random.pick(&["disco", "Tech", "cats", ""]);
                let order = json!({ "theme": theme, "seconds": 3 }).to_string();
                self.generate(order).await?;
            }
            2 => {
                let seconds = random.pick(&[0.0, 0.2, -4.0, 31.0, 3600.0]);
                let order = json!({ "theme": "city", "seconds": seconds }).to_string();
                self.generate(order).await?;
            }
            3 => {
                let broken = random.pick(&["{\"theme\":", "theme=city", "", "[1,2"]);
                self.generate(*broken).await?;
            }
            4 => {
                let order = json!({ "theme": "city", "lenght": 3 }).to_string();
                self.generate(order).await?;
            }
            5 => {
                let folder = random.pick(&["jobs", "videos"]);
                let path = format!("/{folder}/{:016x}", random.bits());
                self.get(&path).await?;
            }
            _ => {
                let (method, path) =
                    random.pick(&[("BREW", "/"), ("FROBNICATE", "/generate"), ("PUT", "/")]);
                self.send(Request::new(method, path)).await?;
            }
        }
        Ok(())
    }

    async fn scanner(&self, random: &mut Random) -> io::Result<()> {
        let paths = [
            "/.env",
            "/wp-login.php",
            "/admin/",
            "/.git/config",
            "/phpmyadmin/index.php",
            "/api/v1/users?id=1%27",
            "/cgi-bin/test.cgi",
        ];
        for _ in 0..1 + random.below(4) {
            let path = match random.below(3) {
                0 => format!("/{:08x}/{}", random.bits() as u32, random.below(1000)),
                _ => (*random.pick(&paths)).to_owned(),
            };
            self.get(&path).await?;
        }
        Ok(())
    }

    async fn hang_up(&self, random: &mut Random) -> io::Result<()> {
        if random.below(3) == 0 {
            // Half a request head.
            return self.send_and_hang_up(b"GET /jobs/00000000", 0).await;
        }
        // A request that waits for a job, by a client that does not wait so long.
        let order = order(random, 2.0, 4.0);
        let Some((status, _)) = self.submit(&order).await? else {
            return Ok(());
        };
        let request = Request::new("GET", &format!("{status}?wait=20")).bytes();
        let patience = Duration::from_millis(40 + random.below(80) as u64);
        // Leaving the connection behind is what this visit is about.
        let _ = tokio::time::timeout(patience, self.send_and_hang_up(&request, 1)).await;
        Ok(())
    }

    async fn cancel(&self, random: &mut Random) -> io::Result<()> {
        let mut order = order(random, 20.0, 30.0);
        order["text"] = json!("Never mind");
        let Some((status, _)) = self.submit(&order).await? else {
            return Ok(());
        };
        for _ in 0..200 {
            sleep(Duration::from_millis(150)).await;
            let job = self.get(&status).await?.json();
            if job["state"] != "queued" {
                return self.send(Request::new("DELETE", &status)).await.map(drop);
            }
        }
        Ok(())
    }

    async fn panic(&self) -> io::Result<()> {
        self.send(Request::new("POST", "/debug/panic"))
            .await
            .map(drop)
    }

    async fn burst(&self, random: &mut Random) -> io::Result<()> {
        for _ in 0..self.queue + 6 {
            let order = order(random, 0.5, 1.0);
            self.submit(&order).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_has_every_kind_of_visit() {
        let mut random = Random::new(20);
        let visits: Vec<_> = (0..120).map(|n| Visit::choose(n, &mut random)).collect();
        for visit in [
            Visit::Video,
            Visit::HalfVideo,
            Visit::Page,
            Visit::Mistake,
            Visit::Scanner,
            Visit::HangUp,
            Visit::Cancel,
            Visit::Burst,
            Visit::Panic,
        ] {
            assert!(visits.contains(&visit), "{visit:?} is missing");
        }
    }
}
