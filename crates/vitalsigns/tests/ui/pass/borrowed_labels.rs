//! Text labels of every kind, looked up with what lives for a moment only.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use vitalsigns::{Counter, Family, Format, LabelSet, MetricGroup, Registry};

#[derive(LabelSet)]
struct Visit<'a, 'b> {
    #[label(cap = 2)]
    campaign: &'a str,
    #[label(cap = 3, name = "source")]
    where_from: Cow<'b, str>,
    #[label(cap = 100, allow = "the five users of the pilot")]
    user_id: &'a &'b str,
}

#[derive(LabelSet)]
struct Owned {
    #[label(cap = 0x10)]
    a: String,
    #[label(cap = 1_000)]
    b: Arc<str>,
    #[label(cap = 2u32)]
    c: Box<str>,
    #[label(cap = 2)]
    d: &'static str,
}

#[derive(LabelSet)]
struct NotSend {
    #[label(cap = 2)]
    a: Rc<str>,
}

#[derive(MetricGroup)]
struct Site {
    /// Visits.
    visits_total: Family<Visit<'static, 'static>, Counter>,
    /// Owned.
    owned_total: Family<Owned, Counter>,
    /// Counted.
    counted_total: Family<NotSend, Counter>,
}

fn main() {
    let registry = Registry::new();
    let site = Site::register(&registry).unwrap();
    for number in 0..4 {
        let campaign = format!("campaign {number}");
        let user: &str = &number.to_string();
        let visit = Visit { campaign: &campaign, where_from: Cow::Borrowed(user), user_id: &user };
        site.visits_total.with(&visit).inc();
    }
    let owned = Owned { a: "a".into(), b: "b".into(), c: "c".into(), d: "d" };
    site.owned_total.with(&owned).inc();
    site.counted_total.with(&NotSend { a: "a".into() }).inc();
    let page = registry.render(Format::Text);
    let line = "visits_total{campaign=\"campaign 0\",source=\"0\",user_id=\"0\"} 1\n";
    assert!(page.contains(line), "{page}");
    assert!(page.contains("visits_total{campaign=\"other\",source=\"2\",user_id=\"2\"} 1\n"), "{page}");
    assert!(page.contains("owned_total{a=\"a\",b=\"b\",c=\"c\",d=\"d\"} 1\n"), "{page}");
}
