//! Keywords as names.

#![allow(non_camel_case_types)]

use vitalsigns::{Counter, Family, Format, Gauge, LabelSet, LabelValue, MetricGroup, Registry};

#[derive(LabelValue, Clone, Copy)]
enum r#enum {
    r#static,
    r#async,
    Self_,
}

#[derive(LabelSet)]
struct r#struct<'a> {
    r#type: r#enum,
    #[label(cap = 2)]
    r#in: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "queue")]
struct r#loop {
    /// Things that come in.
    r#in: Gauge,
    /// Things that go out.
    out_total: Family<r#struct<'static>, Counter>,
}

fn main() {
    assert_eq!(r#enum::VALUES, ["static", "async", "self_"]);
    let registry = Registry::new();
    let queue = r#loop::register(&registry).unwrap();
    queue.r#in.set(2);
    queue.out_total.with(&r#struct { r#type: r#enum::r#async, r#in: "a" }).inc();
    let _ = (r#enum::r#static, r#enum::Self_);
    let page = registry.render(Format::Text);
    assert!(page.contains("queue_in 2\n"), "{page}");
    assert!(page.contains("queue_out_total{type=\"async\",in=\"a\"} 1\n"), "{page}");
    assert!(!page.contains("r#"));
}
