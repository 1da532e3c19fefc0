//! The layer: holds what requests are recorded into.

use tower_layer::Layer;
use vitalsigns::families::HttpServer;

use crate::service::MetricsService;

/// Measures every request that passes: see [`vitalsigns::families::http`] for what that means.
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
#[derive(Clone, Debug)]
pub struct MetricsLayer {
    http: HttpServer,
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
        MetricsLayer { http }
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetricsService::new(inner, self.http.clone())
    }
}
