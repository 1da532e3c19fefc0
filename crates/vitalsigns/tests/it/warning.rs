//! One warning for each family whose labels go beyond their caps.

use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use vitalsigns::{Counter, Family, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Topic<'a> {
    #[label(cap = 1)]
    topic: &'a str,
}

#[derive(MetricGroup)]
struct Bus {
    /// Events.
    events_total: Family<Topic<'static>, Counter>,
    /// Others.
    others_total: Family<Topic<'static>, Counter>,
}

/// Keeps the texts of all events.
#[derive(Clone, Default)]
pub(crate) struct Log(pub(crate) Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn each_family_warns_once() {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let bus = Bus::register(&Registry::new()).unwrap();
        for topic in ["a", "b", "c", "d"] {
            bus.events_total.with(&Topic { topic }).inc();
        }
        bus.others_total.with(&Topic { topic: "a" }).inc();
        bus.others_total.with(&Topic { topic: "b" }).inc();
    });
    let texts = log.0.lock().unwrap();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("metric=events_total"), "{texts:?}");
    assert!(texts[1].contains("metric=others_total"), "{texts:?}");
}
