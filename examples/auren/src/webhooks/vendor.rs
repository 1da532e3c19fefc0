//! The vendors of devices: how each signs, and how each says what was measured.
//!
//! | vendor | signature | when it was sent | body |
//! |---|---|---|---|
//! | `ring` | `x-ring-signature`: HMAC-SHA256 of the body, hexadecimal | `sent_at` in the body, milliseconds | one event |
//! | `strap` | `x-strap-signature`: HMAC-SHA256 of the timestamp and the body, base64 | `x-strap-timestamp`, milliseconds | one event |
//! | `watch` | `x-watch-signature`: `t=…,v1=…`, HMAC-SHA256 of `t.body`, hexadecimal; more than one `v1` while keys change | `t`, seconds | a batch of events |

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use vitalsigns::LabelValue;

use crate::{
    events::{Event, Kind},
    memory::Millis,
};

/// The most events of a batch.
const LARGEST_BATCH: usize = 100;
/// The longest name of an event, in bytes.
const LONGEST_ID: usize = 64;

/// A vendor of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, LabelValue, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// Rings: heart rate and its variability, sleep, temperature.
    Ring,
    /// Straps: heart rate and its variability, oxygen.
    Strap,
    /// Watches, in batches: heart rate, steps, oxygen, and what their owners say.
    Watch,
}

/// What is wrong with a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not signed, or not by the vendor.
    Signature,
    /// It cannot be read, or says what cannot be.
    Malformed(&'static str),
    /// It is of a kind that is not known.
    UnknownKind,
}

/// A webhook that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// When it was sent.
    pub sent_at: Millis,
    /// What was measured; at least one.
    pub events: Vec<Event>,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ring, Self::Strap, Self::Watch];

    /// Checks the signature, then reads the body.
    ///
    /// # Errors
    ///
    /// Where either is wrong.
    pub fn read<'a>(
        self,
        key: &[u8],
        header: impl Fn(&str) -> Option<&'a str>,
        body: &[u8],
    ) -> Result<Message, Fault> {
        match self {
            Self::Ring => {
                let signature = header("x-ring-signature").and_then(unhex);
                verify(key, &[body], signature.as_deref())?;
                let ring: RingBody = parse(body)?;
                let event = event(self, ring.event_id, &ring.r#type, ring.value, ring.sent_at)?;
                Ok(Message {
                    sent_at: ring.sent_at,
                    events: vec![event],
                })
            }
            Self::Strap => {
                let sent_at = header("x-strap-timestamp").unwrap_or_default();
                let signature = header("x-strap-signature");
                let signature = signature.and_then(|text| STANDARD.decode(text).ok());
                verify(key, &[sent_at.as_bytes(), body], signature.as_deref())?;
                let strap: StrapBody = parse(body)?;
                let reading = strap.reading;
                let event = event(self, strap.id, &strap.metric, reading.value, reading.at)?;
                Ok(Message {
                    sent_at: time(sent_at)?,
                    events: vec![event],
                })
            }
            Self::Watch => {
                let header = header("x-watch-signature").unwrap_or_default();
                let parts = || {
                    header
                        .split(',')
                        .filter_map(|part| part.trim().split_once('='))
                };
                let sent_at = parts()
                    .find(|(name, _)| *name == "t")
                    .map_or("", |(_, t)| t);
                let signed = [sent_at.as_bytes(), b".", body];
                parts()
                    .filter(|(name, _)| *name == "v1")
                    .find(|(_, v1)| verify(key, &signed, unhex(v1).as_deref()).is_ok())
                    .ok_or(Fault::Signature)?;
                let watch: WatchBody = parse(body)?;
                let batch = watch.batch.into_iter();
                let read = |one: WatchEvent| event(self, one.uid, &one.kind, one.v, one.ts);
                let events: Vec<Event> = batch.map(read).collect::<Result<_, _>>()?;
                if !(1..=LARGEST_BATCH).contains(&events.len()) {
                    return Err(Fault::Malformed("a batch has from 1 to 100 events"));
                }
                Ok(Message {
                    sent_at: time(sent_at)?.saturating_mul(1000),
                    events,
                })
            }
        }
    }

    /// Writes and signs a webhook as the vendor does: its headers and its body.
    pub fn write(
        self,
        key: &[u8],
        events: &[Event],
        sent_at: Millis,
    ) -> (Vec<(&'static str, String)>, Vec<u8>) {
        use serde_json::json;
        let one = events.first();
        let name = |event: &Event| self.names().iter().find(|(_, kind)| *kind == event.kind);
        let name = |event: &Event| name(event).map_or("none", |(name, _)| *name);
        match self {
            Self::Ring => {
                let body = one.map(|event| {
                    json!({
                        "event_id": event.id, "type": name(event), "value": event.value,
                        "sent_at": sent_at,
                    })
                });
                let body = json!(body).to_string().into_bytes();
                (vec![("x-ring-signature", hex(&sign(key, &[&body])))], body)
            }
            Self::Strap => {
                let body = one.map(|event| {
                    let reading = json!({ "value": event.value, "at": event.at });
                    json!({ "id": event.id, "metric": name(event), "reading": reading })
                });
                let body = json!(body).to_string().into_bytes();
                let time = sent_at.to_string();
                let signature = STANDARD.encode(sign(key, &[time.as_bytes(), &body]));
                (
                    vec![
                        ("x-strap-timestamp", time),
                        ("x-strap-signature", signature),
                    ],
                    body,
                )
            }
            Self::Watch => {
                let batch = events.iter().map(|event| {
                    json!({ "uid": event.id, "kind": name(event), "v": event.value, "ts": event.at })
                });
                let body = json!({ "batch": batch.collect::<Vec<_>>() });
                let body = body.to_string().into_bytes();
                let time = (sent_at / 1000).to_string();
                let signature = hex(&sign(key, &[time.as_bytes(), b".", &body]));
                (
                    vec![("x-watch-signature", format!("t={time},v1={signature}"))],
                    body,
                )
            }
        }
    }

    /// What the vendor calls what it measures.
    fn names(self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Ring => &[
                ("heart_rate", Kind::HeartRate),
                ("hrv", Kind::HeartRateVariability),
                ("sleep", Kind::Sleep),
                ("temperature", Kind::Temperature),
            ],
            Self::Strap => &[
                ("bpm", Kind::HeartRate),
                ("rmssd", Kind::HeartRateVariability),
                ("spo2", Kind::OxygenSaturation),
            ],
            Self::Watch => &[
                ("hr", Kind::HeartRate),
                ("steps", Kind::Steps),
                ("spo2", Kind::OxygenSaturation),
                ("mood", Kind::CheckIn),
            ],
        }
    }

    /// What devices of this vendor measure.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        self.names().iter().map(|(_, kind)| *kind)
    }
}

#[derive(Deserialize)]
struct RingBody {
    event_id: String,
    r#type: String,
    value: f64,
    sent_at: Millis,
}

#[derive(Deserialize)]
struct StrapBody {
    id: String,
    metric: String,
    reading: Reading,
}

#[derive(Deserialize)]
struct Reading {
    value: f64,
    at: Millis,
}

#[derive(Deserialize)]
struct WatchBody {
    batch: Vec<WatchEvent>,
}

#[derive(Deserialize)]
struct WatchEvent {
    uid: String,
    kind: String,
    v: f64,
    ts: Millis,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Fault> {
    let wrong = |_| Fault::Malformed("the body is not what this vendor sends");
    serde_json::from_slice(body).map_err(wrong)
}

fn time(text: &str) -> Result<Millis, Fault> {
    text.parse()
        .map_err(|_| Fault::Malformed("the timestamp is no number"))
}

fn event(vendor: Vendor, id: String, kind: &str, value: f64, at: Millis) -> Result<Event, Fault> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(is_name) {
        return Err(Fault::Malformed("the name of the event is none"));
    }
    let known = vendor.names().iter().find(|(name, _)| *name == kind);
    let (_, kind) = *known.ok_or(Fault::UnknownKind)?;
    if !kind.range().contains(&value) {
        return Err(Fault::Malformed("the value cannot be"));
    }
    Ok(Event {
        vendor,
        id,
        kind,
        value,
        at,
    })
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in parts {
        mac.update(part);
    }
    Some(mac)
}

fn sign(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mac = keyed(key, parts);
    mac.map_or_else(Vec::new, |mac| mac.finalize().into_bytes().to_vec())
}

/// Compares in constant time.
fn verify(key: &[u8], parts: &[&[u8]], signature: Option<&[u8]>) -> Result<(), Fault> {
    let (Some(mac), Some(signature)) = (keyed(key, parts), signature) else {
        return Err(Fault::Signature);
    };
    mac.verify_slice(signature).map_err(|_| Fault::Signature)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"key";

    fn some(vendor: Vendor) -> Event {
        Event {
            vendor,
            id: "a-1".to_owned(),
            kind: Kind::HeartRate,
            value: 61.5,
            at: 5_000,
        }
    }

    #[test]
    fn a_signature_is_what_others_compute() {
        // The second test case of RFC 4231.
        let signature = hex(&sign(b"Jefe", &[b"what do ya want ", b"for nothing?"]));
        let wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature, wanted);
    }

    #[test]
    fn what_a_vendor_writes_is_read_and_nothing_that_differs_by_a_bit() {
        for vendor in Vendor::ALL {
            let (headers, body) = vendor.write(KEY, &[some(vendor)], 5_000);
            let find = |headers: &[(&'static str, String)], name: &str| {
                let found = headers.iter().find(|(header, _)| *header == name);
                found.map(|(_, value)| value.clone())
            };
            let read = |key: &[u8], headers: &[(&'static str, String)], body: &[u8]| {
                let values: Vec<_> = headers.iter().map(|(name, value)| (*name, value)).collect();
                let header = |name: &str| {
                    let found = values.iter().find(|(header, _)| *header == name);
                    found.map(|(_, value)| value.as_str())
                };
                vendor.read(key, header, body)
            };
            let message = Message {
                sent_at: 5_000,
                events: vec![some(vendor)],
            };
            assert_eq!(read(KEY, &headers, &body), Ok(message));
            assert_eq!(read(b"no", &headers, &body), Err(Fault::Signature));
            assert_eq!(read(KEY, &[], &body), Err(Fault::Signature));
            for index in 0..body.len() {
                let mut other = body.clone();
                other[index] ^= 1;
                assert_eq!(read(KEY, &headers, &other), Err(Fault::Signature));
            }
            for (name, _) in &headers {
                let value = find(&headers, name).unwrap();
                for cut in 0..value.len() {
                    let mut other = headers.clone();
                    for (header, value) in &mut other {
                        if header == name {
                            value.truncate(cut);
                        }
                    }
                    assert_eq!(
                        read(KEY, &other, &body),
                        Err(Fault::Signature),
                        "{name} {cut}"
                    );
                }
            }
        }
    }

    #[test]
    fn values_that_cannot_be_and_kinds_that_are_not_known_are_refused() {
        let read = |kind: &str, value: f64, id: &str| {
            event(Vendor::Ring, id.to_owned(), kind, value, 0).map(drop)
        };
        assert_eq!(read("heart_rate", 60.0, "a"), Ok(()));
        assert_eq!(read("blood_sugar", 60.0, "a"), Err(Fault::UnknownKind));
        for value in [19.9, 260.1, f64::NAN, f64::INFINITY, -1.0] {
            assert!(matches!(
                read("heart_rate", value, "a"),
                Err(Fault::Malformed(_))
            ));
        }
        for id in ["", "a b", "ä", "a/b", &"a".repeat(65)] {
            assert!(
                matches!(read("heart_rate", 60.0, id), Err(Fault::Malformed(_))),
                "{id}"
            );
        }
    }
}
