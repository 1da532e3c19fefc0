//! The response body: when it has come to its end.

use super::RequestGuard;

/// A request whose response body is on its way; ends the measurement when the body ends.
///
/// Servers do not always ask for more until there is nothing: they stop when they have as many
/// bytes as were promised, when the body says that it is at its end, and after trailers. So each of
/// these is the end.
///
/// # Examples
///
/// ```
/// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
/// let mut request = http.start("GET", Some("/videos/{id}"));
/// request.answered(200);
/// let mut body = request.into_body(Some(12_000), false);
/// body.data(8_000, false);
/// body.data(4_000, false); // The last bytes that were promised: the request has ended.
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Debug, Default)]
pub struct BodyGuard {
    /// `Some` until the body has ended: a drop before that counts as cut off.
    request: Option<RequestGuard>,
    /// How many bytes were promised and have not come yet, if any number was.
    promised: Option<u64>,
}

impl BodyGuard {
    #[inline]
    pub(super) fn new(mut request: RequestGuard, promised: Option<u64>, is_at_end: bool) -> Self {
        let ends_with_head = request.ends_with_head();
        if ends_with_head || is_at_end || promised == Some(0) {
            match promised {
                Some(1..) if !ends_with_head => request.failed(),
                _ => request.complete(),
            }
            return BodyGuard::default();
        }
        BodyGuard {
            request: Some(request),
            promised,
        }
    }

    /// Calls or polls the body, as [`RequestGuard::watch`] does the service.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// # request.answered(200);
    /// # let mut body = request.into_body(None, false);
    /// let frame = body.watch(|| "the next bytes");
    /// body.data(frame.len(), false);
    /// body.end();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn watch<T>(&mut self, inner: impl FnOnce() -> T) -> T {
        let _watch = self.request.as_mut().map(RequestGuard::watched);
        inner()
    }

    /// So many bytes came, and no more will if `is_last`.
    ///
    /// # Examples
    ///
    /// See [`watch`](Self::watch).
    pub fn data(&mut self, bytes: usize, is_last: bool) {
        let Some(request) = &mut self.request else {
            return;
        };
        request.sent(bytes);
        if let Some(promised) = &mut self.promised {
            *promised = promised.saturating_sub(bytes as u64);
        }
        if is_last || self.promised == Some(0) {
            self.end();
        }
    }

    /// Trailers came, which are the last frame. `grpc_status` is asked for theirs if the request
    /// is a gRPC call.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("POST", None);
    /// # request.answered(200);
    /// let mut body = request.into_body(None, false);
    /// body.trailers(|| Some("0"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn trailers<'a>(&mut self, grpc_status: impl FnOnce() -> Option<&'a str>) {
        if let Some(request) = &mut self.request
            && request.is_grpc()
            && let Some(status) = grpc_status()
        {
            request.grpc_status(status);
        }
        self.end();
    }

    /// The body has come to its end; if bytes are missing that were promised, it has failed.
    ///
    /// # Examples
    ///
    /// See [`watch`](Self::watch).
    pub fn end(&mut self) {
        if let Some(request) = &mut self.request {
            match self.promised {
                None | Some(0) => request.complete(),
                Some(_) => request.failed(),
            }
            // In its place: it is not moved for that.
            self.request = None;
        }
    }

    /// The body failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// # let mut request = http.start("GET", None);
    /// # request.answered(200);
    /// let mut body = request.into_body(None, false);
    /// body.failed(); // `http_responses_incomplete_total{cause="error"}`.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn failed(&mut self) {
        if let Some(request) = &mut self.request {
            request.failed();
            self.request = None;
        }
    }
}
