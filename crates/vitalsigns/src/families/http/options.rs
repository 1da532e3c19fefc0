//! What a service can choose of its HTTP families.

use std::any::TypeId;

use super::HttpServer;
use super::names::HttpNames;
use super::status::StatusLabel;
use crate::name::{self, NameFault};
use crate::{LabelSpec, LabelValue, LabelValues, RegisterError, Registry, TraceContext};

/// The most extra labels.
pub(super) const EXTRAS: usize = 4;

/// Everything that can be chosen. Without a choice, the families have no more than everybody needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Options {
    pub(super) names: HttpNames,
    pub(super) status: StatusLabel,
    pub(super) status_on_duration: bool,
    pub(super) buckets: Option<Vec<f64>>,
    pub(super) native: bool,
    /// Which traces are pointed to, if any.
    pub(super) exemplars: Option<Exemplars>,
    pub(super) first_byte: bool,
    pub(super) request_size: bool,
    pub(super) response_size: bool,
    /// Media types whose responses are streams, in lower case.
    pub(super) streams: Vec<String>,
    /// Routes whose requests are not measured.
    pub(super) excluded: Vec<String>,
    pub(super) extras: Vec<Extra>,
}

/// Which traces the metrics point to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exemplars {
    /// Also those that nobody records.
    unsampled: bool,
    /// Whom to ask besides the header.
    from: Option<fn() -> Option<TraceContext>>,
}

impl Exemplars {
    /// The trace, if it is one to point to.
    pub(super) fn admit(&self, trace: Option<TraceContext>) -> Option<TraceContext> {
        trace.filter(|trace| trace.is_sampled() || self.unsampled)
    }

    /// The trace in which this thread is, as the service knows it.
    pub(super) fn current(&self) -> Option<TraceContext> {
        self.admit(self.from.and_then(|from| from()))
    }
}

impl PartialEq for Exemplars {
    fn eq(&self, other: &Self) -> bool {
        let from = match (self.from, other.from) {
            // The same function may have two addresses; then the options differ, which is an error
            // when they are registered a second time.
            (Some(one), Some(other)) => std::ptr::fn_addr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        from && self.unsampled == other.unsampled
    }
}

/// A closed label whose value the service finds for each request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Extra {
    pub(super) spec: LabelSpec,
    /// The value of requests for which nobody says one.
    pub(super) unsaid: u16,
    /// The type of its values.
    pub(super) of: TypeId,
}

impl Options {
    pub(super) fn excludes(&self, route: &str) -> bool {
        self.excluded.iter().any(|excluded| excluded == route)
    }

    /// Whether the durations of a route are told apart.
    pub(super) fn duration_differs(&self) -> bool {
        self.status_on_duration || !self.extras.is_empty()
    }

    /// Whether a response of this content type is a stream.
    pub(super) fn is_stream(&self, content_type: &str) -> bool {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is = |stream: &String| stream.eq_ignore_ascii_case(media_type);
        self.streams.iter().any(is)
    }

    /// What contradicts itself or the rules that hold for declared labels.
    fn fault(&self) -> Option<RegisterError> {
        let names = [self.names.method, self.names.route, self.names.status].into_iter();
        let mut names = names.chain(self.extras.iter().map(|extra| extra.spec.name));
        if let Some(label) = names.find(|name| name::identifies(name)) {
            return Some(RegisterError::Label {
                label: label.to_owned(),
                metric: format!("{}_requests_total", self.names.prefix),
                fault: NameFault::Identifying,
            });
        }
        if self.extras.len() > EXTRAS {
            return Some(refuse(format!(
                "{} extra labels, of which there can be {EXTRAS}",
                self.extras.len()
            )));
        }
        let twice = self.extras.iter().enumerate().find(|(index, extra)| {
            let mut before = self.extras[..*index].iter();
            before.any(|other| other.of == extra.of)
        });
        twice.map(|(_, extra)| {
            refuse(format!(
                "the values of the extra label `{}` have the type of another one's; a type stands \
                 for one label",
                extra.spec.name
            ))
        })
    }
}

fn refuse(reason: impl Into<String>) -> RegisterError {
    RegisterError::Options {
        group: HttpServer::GROUP,
        reason: reason.into(),
    }
}

/// Chooses what the families of an [`HttpServer`] are; see [`HttpServer::builder`].
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
///
/// let registry = Registry::new();
/// let http = HttpServer::builder()
///     .buckets([0.01, 0.1, 1.0])
///     .response_size()
///     .exclude(["/metrics", "/livez"])
///     .register(&registry)?;
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is registered before `register`"]
pub struct HttpServerBuilder {
    options: Options,
}

impl HttpServerBuilder {
    /// What the families and their labels are called, if not `http_…`, `method`, `route` and
    /// `status`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::Registry;
    /// use vitalsigns::families::{HttpServer, http::HttpNames};
    ///
    /// let names = HttpNames::default().route_label("endpoint").status_label("status_code");
    /// let http = HttpServer::builder().names(names).register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn names(mut self, names: HttpNames) -> Self {
        self.options.names = names;
        self
    }

    /// The names of the OpenTelemetry semantic conventions for HTTP, as Prometheus has them, with
    /// what the conventions demand besides: their buckets and the status on the duration.
    ///
    /// `http_server_request_duration_seconds{http_request_method,http_route,
    /// http_response_status_code}`, `http_server_active_requests`, and body sizes, if they are asked
    /// for. What the conventions have no name for keeps ours, with `http_server_` in front.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let registry = Registry::new();
    /// HttpServer::builder().opentelemetry().register(&registry)?;
    /// assert!(registry.catalogue().family("http_server_active_requests").is_some());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn opentelemetry(self) -> Self {
        self.names(HttpNames::opentelemetry())
            .status_on_duration()
            .buckets([
                0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
            ])
    }

    /// How the status is told: by its code, or by its class.
    ///
    /// # Examples
    ///
    /// See [`StatusLabel`].
    pub fn status(mut self, label: StatusLabel) -> Self {
        self.options.status = label;
        self
    }

    /// Tells durations apart by status as well. Each status of a route then has a histogram.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let http = HttpServer::builder().status_on_duration().register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn status_on_duration(mut self) -> Self {
        self.options.status_on_duration = true;
        self
    }

    /// The upper bounds of the durations, in seconds; those of the registry's builder go before.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let http = HttpServer::builder().buckets([0.1, 0.25, 1.0]).register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn buckets(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        self.options.buckets = Some(bounds.into());
        self
    }

    /// Has the histograms native as well, for scrapers that read those; all others get the buckets
    /// as before.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let http = HttpServer::builder().native_histograms().register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn native_histograms(mut self) -> Self {
        self.options.native = true;
        self
    }

    /// Has the counted requests and their durations point to traces, with exemplars: to that of the
    /// `traceparent` header, which adapters hand on ([`RequestGuard::traced`]), if it is sampled.
    ///
    /// The span is that of who sent the request. To point to spans of the service itself, say
    /// [`exemplars_from`](Self::exemplars_from).
    ///
    /// [`RequestGuard::traced`]: super::RequestGuard::traced
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Format, Registry, families::HttpServer};
    ///
    /// let registry = Registry::new();
    /// let http = HttpServer::builder().exemplars().register(&registry)?;
    /// let mut request = http.start("GET", Some("/orders"));
    /// request.traced("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    /// request.answered(200);
    /// drop(request);
    /// let page = registry.render(Format::OpenMetrics);
    /// assert!(page.contains("\"} 1 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\""));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn exemplars(mut self) -> Self {
        self.options.exemplars.get_or_insert_default();
        self
    }

    /// The same, also for traces that are not sampled. Nobody may be able to look these up.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let http = HttpServer::builder().unsampled_exemplars().register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn unsampled_exemplars(mut self) -> Self {
        self.options.exemplars.get_or_insert_default().unsampled = true;
        self
    }

    /// The same, and asks this function for the trace of each request first: once, where the
    /// middleware has the head of the response. Without an answer, that of the header stands.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, TraceContext, families::HttpServer};
    ///
    /// fn current_span() -> Option<TraceContext> {
    ///     // With OpenTelemetry, the bytes of the current span's context.
    ///     TraceContext::from_ids([7; 16], [9; 8], true)
    /// }
    ///
    /// let http = HttpServer::builder().exemplars_from(current_span).register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn exemplars_from(mut self, current: fn() -> Option<TraceContext>) -> Self {
        self.options.exemplars.get_or_insert_default().from = Some(current);
        self
    }

    /// Measures the time to the head of the response as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let registry = Registry::new();
    /// HttpServer::builder().first_byte().register(&registry)?;
    /// assert!(registry.catalogue().family("http_time_to_first_byte_seconds").is_some());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn first_byte(mut self) -> Self {
        self.options.first_byte = true;
        self
    }

    /// Measures the bytes of request bodies that the service has read when the request ends.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let registry = Registry::new();
    /// HttpServer::builder().request_size().register(&registry)?;
    /// assert!(registry.catalogue().family("http_request_size_bytes").is_some());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn request_size(mut self) -> Self {
        self.options.request_size = true;
        self
    }

    /// Measures the bytes of response bodies that were handed to the server, whatever the head
    /// promised.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let registry = Registry::new();
    /// HttpServer::builder().response_size().register(&registry)?;
    /// assert!(registry.catalogue().family("http_response_size_bytes").is_some());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn response_size(mut self) -> Self {
        self.options.response_size = true;
        self
    }

    /// Takes responses of these media types for streams: how long one lasts tells nothing of how
    /// fast the service is, so it goes to `http_stream_duration_seconds`, and not to the durations
    /// of requests.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Registry, families::HttpServer};
    /// let registry = Registry::new();
    /// HttpServer::builder().streams(["text/event-stream"]).register(&registry)?;
    /// assert!(registry.catalogue().family("http_stream_duration_seconds").is_some());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn streams<T: Into<String>>(mut self, media_types: impl IntoIterator<Item = T>) -> Self {
        self.options
            .streams
            .extend(media_types.into_iter().map(Into::into));
        self
    }

    /// Leaves the requests of these routes out, for those that tell nothing of the service: probes,
    /// and the metrics themselves. A route is given as its pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Endpoint, Registry, families::HttpServer};
    /// let http = HttpServer::builder()
    ///     .exclude([Endpoint::PATH, "/livez", "/readyz"])
    ///     .register(&Registry::new())?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn exclude<T: Into<String>>(mut self, routes: impl IntoIterator<Item = T>) -> Self {
        self.options
            .excluded
            .extend(routes.into_iter().map(Into::into));
        self
    }

    /// Adds a label to the counted requests and their durations whose values are the closed type
    /// `T`; a request for which nobody says a value ([`RequestGuard::label`]) has `unsaid`.
    ///
    /// Adapters find a value of the type in the extensions of the request, or of the response.
    /// There can be four, each of its own type. Series multiply: by as many as the type has values.
    ///
    /// [`RequestGuard::label`]: super::http::RequestGuard::label
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{LabelValue, Registry, families::HttpServer};
    ///
    /// #[derive(LabelValue)]
    /// enum Plan {
    ///     Unknown,
    ///     Free,
    ///     Team,
    /// }
    ///
    /// let http = HttpServer::builder().label("plan", Plan::Unknown).register(&Registry::new())?;
    /// let mut request = http.start("GET", Some("/orders"));
    /// request.label(&Plan::Team);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn label<T: LabelValue + 'static>(mut self, name: &'static str, unsaid: T) -> Self {
        self.options.extras.push(Extra {
            spec: LabelSpec {
                name,
                values: LabelValues::Closed(T::VALUES),
            },
            unsaid: u16::try_from(unsaid.index()).unwrap_or(u16::MAX),
            of: TypeId::of::<T>(),
        });
        self
    }

    /// Registers the families that were chosen; registering the same choice again gives the same
    /// ones.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`](crate::MetricGroup::register); and
    /// [`RegisterError::Options`] if the registry has these families with other options, or if
    /// there are more extra labels than four or two of one type.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Registry, families::HttpServer};
    ///
    /// let registry = Registry::new();
    /// HttpServer::builder().first_byte().register(&registry)?;
    /// assert!(HttpServer::builder().response_size().register(&registry).is_err());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn register(self, registry: &Registry) -> Result<HttpServer, RegisterError> {
        if let Some(error) = self.options.fault() {
            return Err(error);
        }
        let http =
            registry.register_with(|group| HttpServer::build(group, self.options.clone()))?;
        if *http.options() != self.options {
            let reason = "the registry has them with other options already; register them once, \
                          with the builder, before anything asks for them without";
            return Err(refuse(reason));
        }
        Ok(http)
    }
}
