//! A probe as a handler.

use std::future::{Ready, ready};

use actix_web::dev::Handler;
use actix_web::{HttpRequest, HttpResponse};
use vitalsigns_health::{Group, ProbeRequest, Probes};

use crate::endpoint::respond;

/// Serves the probe of one group, from memory; a handler, for `to`. It answers all methods itself.
///
/// # Examples
///
/// On a port of its own, with nothing else on it:
///
/// ```
/// use actix_web::{App, HttpServer, web};
/// use vitalsigns::Registry;
/// use vitalsigns_actix::ProbeEndpoint;
/// use vitalsigns_health::{Group, Health};
///
/// let health = Health::builder(&Registry::new()).build()?;
/// let live = ProbeEndpoint::new(&health, Group::Live);
/// let server = HttpServer::new(move || {
///     App::new().service(web::resource("/livez").to(live.clone()))
/// });
/// # Ok::<(), vitalsigns_health::HealthError>(())
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

impl Handler<(HttpRequest,)> for ProbeEndpoint {
    type Output = HttpResponse;
    type Future = Ready<HttpResponse>;

    fn call(&self, (request,): (HttpRequest,)) -> Self::Future {
        let asked = ProbeRequest::new(request.method().as_str());
        let headers = request.headers().iter();
        let asked = headers.fold(asked, |asked, (name, value)| {
            asked.header(name.as_str(), value.as_bytes())
        });
        ready(respond(self.probes.answer(self.group, &asked)))
    }
}
