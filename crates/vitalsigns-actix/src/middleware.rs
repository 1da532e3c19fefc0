//! The metrics of an app: its middleware, its endpoint and its self-test come from here.

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{
    AppConfig, Response, Service, ServiceFactory, ServiceRequest, ServiceResponse, Transform,
};
use actix_web::web::{self, ServiceConfig};
use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, LabelValue, RegisterError, Registry, SelfTestError};
#[cfg(feature = "health")]
use vitalsigns_health::{Group, Probes};

use crate::body::MeasuredBody;
use crate::endpoint::MetricsEndpoint;
use crate::extensions::ExtensionLabels;
#[cfg(feature = "health")]
use crate::health::ProbeEndpoint;
use crate::route::Routes;
use crate::self_test::self_test;
use crate::service::{MetricsService, Shared};

/// What requests are recorded into, and the page that shows it.
///
/// Make it once, outside of the closure that makes an app for each worker: all workers record into
/// the same registry. Clones are cheap.
///
/// # Examples
///
/// ```
/// use actix_web::{App, HttpServer, web};
/// use vitalsigns::Registry;
/// use vitalsigns_actix::Metrics;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new();
/// let metrics = Metrics::new(&registry)?;
/// let server = HttpServer::new(move || {
///     App::new()
///         .wrap(metrics.middleware())
///         .configure(|app| metrics.mount(app))
///         .route("/hello/{name}", web::get().to(async || "hello"))
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    http: HttpServer,
    labels: ExtensionLabels,
    endpoint: Endpoint,
    #[cfg(feature = "health")]
    probes: Option<Probes>,
}

impl Metrics {
    /// Registers the HTTP families, or takes those that are registered.
    ///
    /// # Errors
    ///
    /// If the HTTP families clash with another group.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(registry: &Registry) -> Result<Self, RegisterError> {
        Ok(Metrics::with(
            HttpServer::register(registry)?,
            Endpoint::new(registry),
        ))
    }

    /// The same with families that were made before, with [options].
    ///
    /// [options]: vitalsigns::families::HttpServer::builder
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, Registry, families::HttpServer};
    /// use vitalsigns_actix::Metrics;
    ///
    /// let registry = Registry::new();
    /// let http = HttpServer::builder().response_size().exclude(["/metrics"]).register(&registry)?;
    /// let metrics = Metrics::with(http, Endpoint::new(&registry));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn with(http: HttpServer, endpoint: Endpoint) -> Self {
        Metrics {
            http,
            labels: ExtensionLabels::default(),
            endpoint,
            #[cfg(feature = "health")]
            probes: None,
        }
    }

    /// Mounts the probes with the page, at `/livez`, `/readyz`, `/startupz` and `/healthz`.
    ///
    /// Readiness waits for [`self_test`](Self::self_test): before it was called and found nothing
    /// wrong, the app is not ready. The token of the page shows the details of checks. Requests of
    /// probes are measured as those of any route;
    /// [`exclude`](vitalsigns::families::http::HttpServerBuilder::exclude) leaves them out.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::App;
    /// use vitalsigns::Registry;
    /// use vitalsigns_actix::Metrics;
    /// use vitalsigns_health::{Check, Group, Health};
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// let registry = Registry::new();
    /// let health = Health::builder(&registry).check(Check::new("cache", || async {})).build()?;
    /// let metrics = Metrics::new(&registry)?.health(&health);
    /// assert!(!health.probes().group(Group::Ready).is_passing);
    ///
    /// let served = metrics.clone();
    /// let app = move || App::new().wrap(served.middleware()).configure(|app| served.mount(app));
    /// metrics.self_test(app()).await?;
    /// assert!(health.probes().group(Group::Ready).is_passing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    #[cfg(feature = "health")]
    pub fn health(mut self, probes: impl Into<Probes>) -> Self {
        let probes = probes.into();
        probes.expect_self_test(&self.endpoint);
        self.probes = Some(probes);
        self
    }

    /// Looks for the value of an [extra label] in the extensions of each request, when it comes
    /// and when it is answered, and of its response, whose word goes before.
    ///
    /// [extra label]: vitalsigns::families::http::HttpServerBuilder::label
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Endpoint, LabelValue, Registry, families::HttpServer};
    /// use vitalsigns_actix::Metrics;
    ///
    /// #[derive(LabelValue, Clone, Copy)]
    /// enum Plan {
    ///     Unknown,
    ///     Free,
    ///     Team,
    /// }
    ///
    /// let registry = Registry::new();
    /// let http = HttpServer::builder().label("plan", Plan::Unknown).register(&registry)?;
    /// let metrics = Metrics::with(http, Endpoint::new(&registry)).label::<Plan>();
    /// // In a handler or in middleware: request.extensions_mut().insert(Plan::Team);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn label<T: LabelValue + 'static>(mut self) -> Self {
        self.labels.add::<T>();
        self
    }

    /// The middleware, for `App::wrap`, and for scopes and resources if not all of an app is
    /// measured.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn middleware(&self) -> MetricsMiddleware {
        MetricsMiddleware {
            http: self.http.clone(),
            labels: self.labels.clone(),
        }
    }

    /// Serves the page at `/metrics`, and the probes if there are some, for `App::configure`.
    ///
    /// The first route that matches a path has it: configure the endpoint before routes as
    /// `/{page}`. [`self_test`](Self::self_test) tells if something is in front of it.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn mount(&self, app: &mut ServiceConfig) {
        app.service(web::resource(Endpoint::PATH).to(self.endpoint()));
        #[cfg(feature = "health")]
        if let Some(probes) = &self.probes {
            for group in Group::ALL {
                let probe = ProbeEndpoint::new(probes.clone(), group);
                app.service(web::resource(group.path()).to(probe));
            }
        }
    }

    /// The handler of the page, for another path.
    ///
    /// # Examples
    ///
    /// See [`MetricsEndpoint`].
    pub fn endpoint(&self) -> MetricsEndpoint {
        MetricsEndpoint::from(self.endpoint.clone())
    }

    /// Asks `app` for its page, as [`self_test`] does.
    ///
    /// # Errors
    ///
    /// [`SelfTestError`] says what is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::App;
    /// use vitalsigns::Registry;
    /// use vitalsigns_actix::Metrics;
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// let metrics = Metrics::new(&Registry::new())?;
    /// let app = {
    ///     let metrics = metrics.clone();
    ///     move || App::new().wrap(metrics.middleware()).configure(|app| metrics.mount(app))
    /// };
    /// metrics.self_test(app()).await?;
    /// // And then: HttpServer::new(app).bind(("0.0.0.0", 8080))?.run().await
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn self_test<A, S, B>(&self, app: A) -> Result<(), SelfTestError>
    where
        A: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig>,
        S::Response: Into<Response<B>>,
        S::Error: Into<Error>,
        B: MessageBody + 'static,
    {
        let found = self_test(app, self.endpoint.registry()).await;
        #[cfg(feature = "health")]
        if let Some(probes) = &self.probes {
            probes.self_tested(&found);
        }
        found
    }
}

/// Measures every request that passes: see [`vitalsigns::families::http`] for what that means.
///
/// # Examples
///
/// Where only a part of an app is measured:
///
/// ```
/// use actix_web::{App, web};
/// use vitalsigns::Registry;
/// use vitalsigns_actix::Metrics;
///
/// let metrics = Metrics::new(&Registry::new())?;
/// let api = web::scope("/api").wrap(metrics.middleware());
/// let app = App::new().service(api);
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct MetricsMiddleware {
    http: HttpServer,
    labels: ExtensionLabels,
}

impl<S, B> Transform<S, ServiceRequest> for MetricsMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<MeasuredBody<B>>;
    type Error = Error;
    type Transform = MetricsService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let shared = Shared {
            labels: self.labels.clone(),
            routes: Routes::default(),
        };
        ready(Ok(MetricsService::new(
            service,
            self.http.clone(),
            Rc::new(shared),
        )))
    }
}
