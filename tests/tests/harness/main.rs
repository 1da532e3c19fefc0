//! The harness itself: do its servers, its client and its judges do what the other tests rely on?

mod http;
mod judges;
mod page;
mod program;
mod scrape;
