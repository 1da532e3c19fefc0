//! What the HTTP families and their labels are called.

/// The names of the HTTP families and their labels.
///
/// The default is `http_requests_total{method,route,status}` and so on.
///
/// # Examples
///
/// ```
/// # use vitalsigns::Registry;
/// use vitalsigns::families::{HttpServer, http::HttpNames};
///
/// let registry = Registry::new();
/// let names = HttpNames::default().route_label("endpoint");
/// HttpServer::builder().names(names).register(&registry)?;
/// let family = registry.catalogue().family("http_requests_total").unwrap().clone();
/// assert_eq!(family.labels[1].name, "endpoint");
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "hand it to `HttpServerBuilder::names`"]
pub struct HttpNames {
    pub(super) prefix: &'static str,
    pub(super) in_flight: &'static str,
    pub(super) request_size: &'static str,
    pub(super) response_size: &'static str,
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    pub(super) status: &'static str,
}

impl Default for HttpNames {
    fn default() -> Self {
        HttpNames {
            prefix: "http",
            in_flight: "requests_in_flight",
            request_size: "request_size_bytes",
            response_size: "response_size_bytes",
            method: "method",
            route: "route",
            status: "status",
        }
    }
}

impl HttpNames {
    /// The names of the OpenTelemetry semantic conventions for HTTP servers, as Prometheus writes
    /// them; [`HttpServerBuilder::opentelemetry`] chooses more than the names.
    ///
    /// [`HttpServerBuilder::opentelemetry`]: super::HttpServerBuilder::opentelemetry
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::Registry;
    /// use vitalsigns::families::{HttpServer, http::HttpNames};
    ///
    /// let registry = Registry::new();
    /// HttpServer::builder().names(HttpNames::opentelemetry()).register(&registry)?;
    /// assert!(registry.catalogue().family("http_server_request_duration_seconds").is_some());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn opentelemetry() -> Self {
        HttpNames {
            prefix: "http_server",
            in_flight: "active_requests",
            request_size: "request_body_size_bytes",
            response_size: "response_body_size_bytes",
            method: "http_request_method",
            route: "http_route",
            status: "http_response_status_code",
        }
    }

    /// The name of the label of the method.
    ///
    /// # Examples
    ///
    /// ```
    /// let names = vitalsigns::families::http::HttpNames::default().method_label("verb");
    /// ```
    pub fn method_label(mut self, name: &'static str) -> Self {
        self.method = name;
        self
    }

    /// The name of the label of the route.
    ///
    /// # Examples
    ///
    /// ```
    /// let names = vitalsigns::families::http::HttpNames::default().route_label("endpoint");
    /// ```
    pub fn route_label(mut self, name: &'static str) -> Self {
        self.route = name;
        self
    }

    /// The name of the label of the status.
    ///
    /// # Examples
    ///
    /// ```
    /// let names = vitalsigns::families::http::HttpNames::default().status_label("code");
    /// ```
    pub fn status_label(mut self, name: &'static str) -> Self {
        self.status = name;
        self
    }
}
