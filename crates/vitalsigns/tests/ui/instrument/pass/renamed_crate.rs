//! The library under another name and in another place.

#![deny(warnings)]
#![forbid(unsafe_code)]

mod deps {
    pub use vitalsigns;
}

mod one {
    use vitalsigns as metrics_lib;

    #[metrics_lib::instrument_metrics(crate = metrics_lib)]
    pub fn plain() -> Result<(), ()> {
        Ok(())
    }
}

mod two {
    // There is no `vitalsigns` to be found here but this one.
    pub mod vitalsigns {}
    pub mod reexported {
        pub use ::vitalsigns::*;
    }

    use crate::deps::vitalsigns::instrument_metrics;

    #[instrument_metrics(crate = crate::deps::vitalsigns)]
    pub async fn later() -> Result<(), ()> {
        Ok(())
    }

    #[instrument_metrics(crate = reexported)]
    pub fn by_glob(x: u32) -> u32 {
        x
    }

    pub struct Shop;

    #[reexported::instrument_metrics(crate = reexported)]
    impl Shop {
        pub fn sell() {}

        #[instrument_metrics(skip)]
        pub fn left_out() {}
    }
}

fn main() {
    one::plain().unwrap();
    drop(two::later());
    two::by_glob(1);
    two::Shop::sell();
    two::Shop::left_out();
    let page = vitalsigns::global().render(vitalsigns::Format::Text);
    for function in ["plain", "later", "by_glob", "Shop::sell"] {
        assert!(page.contains(&format!("function=\"{function}\"")), "{page}");
    }
}
