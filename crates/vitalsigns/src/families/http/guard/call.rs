//! A request that is a gRPC call: its status is not that of the response.

use super::RequestGuard;
use super::end::End;
use crate::families::http::grpc::{self, GrpcCode};

/// What is known of the status of a gRPC call.
#[derive(Clone, Copy)]
pub(super) enum Call {
    /// Nothing yet.
    Open,
    /// The response is not one of gRPC.
    Foreign,
    Said(GrpcCode),
}

impl Call {
    /// The code of a call that came so far, with this status of the response.
    #[inline]
    pub(super) fn code(self, status: u16, end: End) -> GrpcCode {
        match (self, end) {
            (Call::Said(code), _) => code,
            (Call::Foreign, _) => GrpcCode::of_http(status),
            (Call::Open, End::Dropped) => GrpcCode::Cancelled,
            (Call::Open, _) => GrpcCode::Unknown,
        }
    }
}

impl RequestGuard {
    /// The request has this content type: if it is gRPC's, the call has a gRPC status.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// let mut call = http.start("POST", Some("/shop.Orders/Place"));
    /// call.asked_as("application/grpc");
    /// call.answered_as(200, || Some("application/grpc"));
    /// call.grpc_status("5"); // `grpc_requests_total{code="NOT_FOUND"}`.
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn asked_as(&mut self, content_type: &str) {
        if grpc::is_grpc(content_type) {
            self.grpc = Some(Call::Open);
        }
    }

    /// The `grpc-status` of the head or of the trailers.
    ///
    /// # Examples
    ///
    /// See [`asked_as`](Self::asked_as).
    pub fn grpc_status(&mut self, text: &str) {
        if let Some(call @ (Call::Open | Call::Said(_))) = &mut self.grpc {
            *call = Call::Said(GrpcCode::of(text));
        }
    }

    /// Whether the request is a gRPC call, so that its trailers are worth a look.
    ///
    /// # Examples
    ///
    /// ```
    /// # let http = vitalsigns::families::HttpServer::register(&vitalsigns::Registry::new())?;
    /// assert!(!http.start("POST", None).is_grpc());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn is_grpc(&self) -> bool {
        self.grpc.is_some()
    }
}
