//! The help is the first paragraph of the doc comment, however it is written.

use vitalsigns::{Format, Gauge, MetricGroup, Registry};

macro_rules! group {
    ($name:ident, $help:expr, $prefix:literal) => {
        #[derive(MetricGroup)]
        #[metrics(prefix = $prefix)]
        struct $name {
            #[doc = $help]
            open: Gauge,
        }
    };
}

group!(FromMacro, "Written by a macro.", "made");

#[derive(MetricGroup)]
struct Shop {
    /// Over two lines,
    /// joined by a space.
    ///
    /// For readers of the code.
    #[doc(alias = "first")]
    a: Gauge,
    #[doc = "As an attribute."]
    b: Gauge,
    ///
    ///    After an empty line, indented.
    c: Gauge,
    /** In a block. */
    d: Gauge,
    /**
    In a block of lines
    with two of them.

    And more.
    */
    e: Gauge,
    #[doc = ""]
    /// Half an attribute.
    f: Gauge,
    /// With {braces}, "quotes" and \ backslashes.
    g: Gauge,
}

fn main() {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    for gauge in [shop.a, shop.b, shop.c, shop.d, shop.e, shop.f, shop.g] {
        gauge.inc();
    }
    FromMacro::register(&registry).unwrap().open.inc();
    let page = registry.render(Format::Text);
    for line in [
        "# HELP a Over two lines, joined by a space.\n",
        "# HELP b As an attribute.\n",
        "# HELP c After an empty line, indented.\n",
        "# HELP d In a block.\n",
        "# HELP e In a block of lines with two of them.\n",
        "# HELP f Half an attribute.\n",
        "# HELP g With {braces}, \"quotes\" and \\\\ backslashes.\n",
        "# HELP made_open Written by a macro.\n",
    ] {
        assert!(page.contains(line), "{line}{page}");
    }
}
