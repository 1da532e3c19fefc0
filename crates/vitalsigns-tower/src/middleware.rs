//! The layer: holds what requests are recorded into.

use std::marker::PhantomData;

use tower_layer::Layer;
use vitalsigns::LabelValue;
use vitalsigns::families::HttpServer;

use crate::extensions::ExtensionLabels;
use crate::request_body::{AsIs, Counted};
use crate::service::MetricsService;

/// Measures every request that passes: see [`vitalsigns::families::http`] for what that means.
///
/// Request bodies pass as they are ([`AsIs`]), so that the layer fits wherever another does. To
/// measure their size it has to be in between: [`counting_request_bodies`] makes a layer whose inner
/// service gets [`CountedBody`](crate::CountedBody)s.
///
/// [`counting_request_bodies`]: MetricsLayer::counting_request_bodies
///
/// # Examples
///
/// ```
/// use tower::{ServiceBuilder, service_fn};
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_tower::MetricsLayer;
///
/// # async fn answer(_: http::Request<String>) -> Result<http::Response<String>, std::io::Error> {
/// #     Ok(http::Response::new(String::new()))
/// # }
/// let registry = Registry::new();
/// let http = HttpServer::register(&registry)?;
/// let service = ServiceBuilder::new().layer(MetricsLayer::new(http)).service(service_fn(answer));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Debug)]
pub struct MetricsLayer<M = AsIs> {
    http: HttpServer,
    labels: ExtensionLabels,
    bodies: PhantomData<fn() -> M>,
}

impl MetricsLayer {
    /// A layer that records into `http`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// # use vitalsigns_tower::MetricsLayer;
    /// let layer = MetricsLayer::new(HttpServer::register(&Registry::new())?);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn new(http: HttpServer) -> Self {
        MetricsLayer {
            http,
            labels: ExtensionLabels::default(),
            bodies: PhantomData,
        }
    }

    /// The layer for families that were made with [`request_size`]: it counts what is read of
    /// request bodies. `axum::instrument_with` does this by itself.
    ///
    /// [`request_size`]: vitalsigns::families::http::HttpServerBuilder::request_size
    ///
    /// # Examples
    ///
    /// ```
    /// use tower::{ServiceBuilder, service_fn};
    /// use vitalsigns::{Registry, families::HttpServer};
    /// use vitalsigns_tower::{CountedBody, MetricsLayer};
    ///
    /// # type Answer = Result<http::Response<String>, std::io::Error>;
    /// async fn answer(request: http::Request<CountedBody<String>>) -> Answer {
    ///     Ok(http::Response::new(String::new()))
    /// }
    ///
    /// let http = HttpServer::builder().request_size().register(&Registry::new())?;
    /// let layer = MetricsLayer::new(http).counting_request_bodies();
    /// let service = ServiceBuilder::new().layer(layer).service(service_fn(answer));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn counting_request_bodies(self) -> MetricsLayer<Counted> {
        MetricsLayer {
            http: self.http,
            labels: self.labels,
            bodies: PhantomData,
        }
    }
}

impl<M> MetricsLayer<M> {
    /// Looks for the value of an [extra label] in the extensions of each request, and of its
    /// response, whose word goes before.
    ///
    /// [extra label]: vitalsigns::families::http::HttpServerBuilder::label
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{LabelValue, Registry, families::HttpServer};
    /// use vitalsigns_tower::MetricsLayer;
    ///
    /// #[derive(LabelValue, Clone, Copy)]
    /// enum Plan {
    ///     Unknown,
    ///     Free,
    ///     Team,
    /// }
    ///
    /// let http = HttpServer::builder().label("plan", Plan::Unknown).register(&Registry::new())?;
    /// let layer = MetricsLayer::new(http).label::<Plan>();
    /// // In a handler, or in a layer on the way: response.extensions_mut().insert(Plan::Team);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn label<T: LabelValue + Send + Sync + 'static>(mut self) -> Self {
        self.labels.add::<T>();
        self
    }

    #[cfg(feature = "axum")]
    pub(crate) fn http(&self) -> &HttpServer {
        &self.http
    }
}

impl<M> Clone for MetricsLayer<M> {
    fn clone(&self) -> Self {
        MetricsLayer {
            http: self.http.clone(),
            labels: self.labels.clone(),
            bodies: PhantomData,
        }
    }
}

impl<S, M> Layer<S> for MetricsLayer<M> {
    type Service = MetricsService<S, M>;

    fn layer(&self, inner: S) -> Self::Service {
        MetricsService::from_parts(inner, self.http.clone(), self.labels.clone())
    }
}
