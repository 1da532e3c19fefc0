//! A probe as a tower service.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower_service::Service;
use vitalsigns_health::{Group, ProbeRequest, Probes};

use crate::endpoint::respond;

/// Serves the probe of one group, from memory; it answers on every path, so a router decides on
/// which.
///
/// # Examples
///
/// ```
/// use tower::ServiceExt;
/// use vitalsigns::Registry;
/// use vitalsigns_health::{Group, Health};
/// use vitalsigns_tower::ProbeEndpoint;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let health = Health::builder(&Registry::new()).build()?;
/// let live = ProbeEndpoint::new(&health, Group::Live);
/// assert_eq!(live.oneshot(http::Request::new(())).await?.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProbeEndpoint {
    probes: Probes,
    group: Group,
}

impl ProbeEndpoint {
    /// The probe of this group.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(probes: impl Into<Probes>, group: Group) -> Self {
        let probes = probes.into();
        ProbeEndpoint { probes, group }
    }
}

impl<B> Service<Request<B>> for ProbeEndpoint {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let asked = ProbeRequest::new(request.method().as_str());
        let headers = request.headers().iter();
        let asked = headers.fold(asked, |asked, (name, value)| {
            asked.header(name.as_str(), value.as_bytes())
        });
        ready(Ok(respond(self.probes.answer(self.group, &asked))))
    }
}
