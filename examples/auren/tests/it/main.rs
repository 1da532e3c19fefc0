//! Tests of the service over real sockets, with stores that fail and with real ones, and of the
//! program.

mod conservation;
mod faulty;
mod http;
mod law;
mod memory;
mod outages;
mod page;
mod program;
mod support;
mod webhooks;
