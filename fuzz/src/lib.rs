//! Fuzz targets: functions that take any bytes and panic if the library errs on them.
//!
//! They use what is public, so they run in every build: the tests replay `corpus` and
//! `regressions`. `cargo xtask fuzz` looks for more, with libFuzzer.

mod accept;
mod accept_encoding;
mod bytes;
mod coded;
#[allow(dead_code, reason = "exemplars are read by its own tests")]
#[path = "../../crates/vitalsigns/tests/it/decoded.rs"]
mod decoded;
mod escaping;
mod http_guard;
mod prometheus_client;
mod render;
mod request;

/// Something to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its folders and on the command line.
    pub name: &'static str,
    /// Panics if the library errs on the input. Any bytes are an input.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "accept",
        run: accept::run,
    },
    Target {
        name: "accept_encoding",
        run: accept_encoding::run,
    },
    Target {
        name: "escaping",
        run: escaping::run,
    },
    Target {
        name: "http_guard",
        run: http_guard::run,
    },
    Target {
        name: "prometheus_client",
        run: prometheus_client::run,
    },
    Target {
        name: "render",
        run: render::run,
    },
    Target {
        name: "request",
        run: request::run,
    },
];
