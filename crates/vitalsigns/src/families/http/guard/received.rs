//! The request body: how many bytes of it came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::RequestGuard;

/// What is known of the bytes of the request body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Received {
    /// Nobody counts them.
    Unknown,
    /// There are none.
    Nothing,
    /// They are counted with what [`Rare`](super::Rare) holds.
    Counted,
}

/// Counts the bytes of a request body, for as long as somebody reads it.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
///
/// let registry = Registry::new();
/// let http = HttpServer::builder().request_size().register(&registry)?;
/// let mut request = http.start("POST", Some("/orders"));
/// let received = request.receiving();
/// received.add(512);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReceivedBytes(Arc<AtomicU64>);

impl ReceivedBytes {
    /// So many more were read.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl RequestGuard {
    /// The bytes of the request body are counted here. Only the option `request_size` makes
    /// something of it, and only of requests of which it is known.
    ///
    /// # Examples
    ///
    /// See [`ReceivedBytes`].
    pub fn receiving(&mut self) -> ReceivedBytes {
        let bytes = ReceivedBytes::default();
        self.received = Received::Counted;
        self.rare().received = bytes.clone();
        bytes
    }

    /// The request has no body.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut request = http.start("GET", None);
    /// request.receives_nothing();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn receives_nothing(&mut self) {
        self.received = Received::Nothing;
    }
}
