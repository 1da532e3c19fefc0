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
    #[doc(alias = "primary")]
    first: Gauge,
    #[doc = "As an attribute."]
    second: Gauge,
    ///
    ///    After an empty line, indented.
    third: Gauge,
    /** In a block. */
    fourth: Gauge,
    /**
    In a block of lines
    with two of them.

    And more.
    */
    fifth: Gauge,
    #[doc = ""]
    /// Half an attribute.
    sixth: Gauge,
    /// With {braces}, "quotes" and \ backslashes.
    seventh: Gauge,
}

fn main() {
    let registry = Registry::new();
    let shop = Shop::register(&registry).unwrap();
    for gauge in [shop.first, shop.second, shop.third, shop.fourth, shop.fifth, shop.sixth, shop.seventh] {
        gauge.inc();
    }
    FromMacro::register(&registry).unwrap().open.inc();
    let page = registry.render(Format::Text);
    for line in [
        "# HELP first Over two lines, joined by a space.\n",
        "# HELP second As an attribute.\n",
        "# HELP third After an empty line, indented.\n",
        "# HELP fourth In a block.\n",
        "# HELP fifth In a block of lines with two of them.\n",
        "# HELP sixth Half an attribute.\n",
        "# HELP seventh With {braces}, \"quotes\" and \\\\ backslashes.\n",
        "# HELP made_open Written by a macro.\n",
    ] {
        assert!(page.contains(line), "{line}{page}");
    }
}
