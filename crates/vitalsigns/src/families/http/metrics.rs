//! The HTTP families, made as the options ask for.

use super::cause::Cause;
use super::grpc::GrpcCode;
use super::options::Options;
use super::routes::ROUTES;
use super::upgrade::Protocol;
use crate::group::{Declaration, GroupBuilder};
use crate::label::{Chosen, keep};
use crate::{
    Counter, Family, Gauge, Histogram, LabelSpec, LabelValue, LabelValues, MetricField,
    RegisterError,
};

/// A family whose labels are chosen by the options.
pub(super) type HttpFamily<M> = Family<Chosen<'static>, M>;

pub(super) struct HttpMetrics {
    pub(super) requests: HttpFamily<Counter>,
    pub(super) duration: HttpFamily<Histogram>,
    pub(super) in_flight: HttpFamily<Gauge>,
    pub(super) panics: HttpFamily<Counter>,
    pub(super) incomplete: HttpFamily<Counter>,
    pub(super) first_byte: Option<HttpFamily<Histogram>>,
    pub(super) request_size: Option<HttpFamily<Histogram>>,
    pub(super) response_size: Option<HttpFamily<Histogram>>,
    pub(super) stream_duration: Option<HttpFamily<Histogram>>,
    pub(super) upgrades: HttpFamily<Counter>,
    pub(super) connections: HttpFamily<Gauge>,
    pub(super) connection_duration: HttpFamily<Histogram>,
    pub(super) grpc: HttpFamily<Counter>,
}

/// How many series the families may have: each route with some methods and statuses.
const BY_OUTCOME: usize = 20_000;
const BY_ROUTE: usize = 10_000;

/// Up to a day: connections and streams outlive requests by far.
const LONG_SECONDS: &[f64] = &[
    1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 43_200.0, 86_400.0,
];

impl HttpMetrics {
    pub(super) fn make(
        group: &mut GroupBuilder<'_>,
        options: &Options,
    ) -> Result<Self, RegisterError> {
        let names = &options.names;
        let method = closed::<super::Method>(names.method);
        let route = LabelSpec {
            name: names.route,
            values: LabelValues::Capped(ROUTES),
        };
        let status = LabelSpec {
            name: names.status,
            values: options.status.values(),
        };
        let extras = || options.extras.iter().map(|extra| extra.spec);
        let by_route = keep(vec![method, route]);
        let by_outcome = keep(
            [method, route, status]
                .into_iter()
                .chain(extras())
                .collect(),
        );
        let by_duration = match options.status_on_duration {
            true => by_outcome,
            false => keep([method, route].into_iter().chain(extras()).collect()),
        };
        let by_protocol = keep(vec![route, closed::<Protocol>("protocol")]);

        let mut make = Maker {
            group,
            prefix: names.prefix,
            native: options.native,
        };
        Ok(HttpMetrics {
            requests: make.family(Spec {
                name: "requests_total",
                help: "Requests that ended, by method, route and status.",
                labels: by_outcome,
                max_series: Some(BY_OUTCOME),
                exemplars: options.exemplars.is_some(),
                ..Spec::default()
            })?,
            duration: make.family(Spec {
                name: "request_duration_seconds",
                help: "Time from receiving a request to the end of its response body.",
                labels: by_duration,
                buckets: options.buckets.as_deref(),
                max_series: Some(BY_ROUTE),
                exemplars: options.exemplars.is_some(),
                ..Spec::default()
            })?,
            in_flight: make.family(Spec {
                name: names.in_flight,
                help: "Requests received whose response has not ended.",
                labels: by_route,
                max_series: Some(BY_ROUTE),
                own_cells: Some(true),
                ..Spec::default()
            })?,
            panics: make.family(Spec {
                name: "request_panics_total",
                help: "Requests whose handler or response body panicked.",
                labels: by_route,
                ..Spec::default()
            })?,
            incomplete: make.family(Spec {
                name: "responses_incomplete_total",
                help: "Responses that were not sent to their end, by cause.",
                labels: keep(vec![method, route, closed::<Cause>("cause")]),
                ..Spec::default()
            })?,
            first_byte: make.chosen(
                options.first_byte,
                Spec {
                    name: "time_to_first_byte_seconds",
                    help: "Time from receiving a request to the head of its response.",
                    labels: by_route,
                    buckets: options.buckets.as_deref(),
                    max_series: Some(BY_ROUTE),
                    ..Spec::default()
                },
            )?,
            request_size: make.chosen(
                options.request_size,
                Spec {
                    name: names.request_size,
                    help: "Bytes of request bodies that were read.",
                    labels: by_route,
                    max_series: Some(BY_ROUTE),
                    ..Spec::default()
                },
            )?,
            response_size: make.chosen(
                options.response_size,
                Spec {
                    name: names.response_size,
                    help: "Bytes of response bodies that were handed to the server.",
                    labels: by_route,
                    max_series: Some(BY_ROUTE),
                    ..Spec::default()
                },
            )?,
            stream_duration: make.chosen(
                !options.streams.is_empty(),
                Spec {
                    name: "stream_duration_seconds",
                    help: "Time from receiving a request to the end of the stream that answers it.",
                    labels: by_route,
                    buckets: Some(LONG_SECONDS),
                    ..Spec::default()
                },
            )?,
            upgrades: make.family(Spec {
                name: "upgrades_total",
                help: "Connections that left HTTP, by route and protocol.",
                labels: by_protocol,
                ..Spec::default()
            })?,
            connections: make.family(Spec {
                name: "upgraded_connections",
                help: "Connections that left HTTP and are open.",
                labels: by_protocol,
                ..Spec::default()
            })?,
            connection_duration: make.family(Spec {
                name: "upgraded_connection_duration_seconds",
                help: "How long connections that left HTTP were open.",
                labels: by_protocol,
                buckets: Some(LONG_SECONDS),
                ..Spec::default()
            })?,
            grpc: Maker {
                group: make.group,
                prefix: "grpc",
                native: false,
            }
            .family(Spec {
                name: "requests_total",
                help: "gRPC calls that ended, by route and gRPC status.",
                labels: keep(vec![route, closed::<GrpcCode>("code")]),
                max_series: Some(BY_OUTCOME),
                ..Spec::default()
            })?,
        })
    }
}

fn closed<T: LabelValue>(name: &'static str) -> LabelSpec {
    LabelSpec {
        name,
        values: LabelValues::Closed(T::VALUES),
    }
}

/// What is chosen of one family.
#[derive(Default)]
struct Spec<'a> {
    name: &'static str,
    help: &'static str,
    labels: &'static [LabelSpec],
    buckets: Option<&'a [f64]>,
    max_series: Option<usize>,
    exemplars: bool,
    own_cells: Option<bool>,
}

/// Makes the families of the group.
struct Maker<'a, 'b> {
    group: &'a mut GroupBuilder<'b>,
    prefix: &'static str,
    /// Whether histograms are native as well.
    native: bool,
}

impl Maker<'_, '_> {
    fn family<F: MetricField>(&mut self, spec: Spec<'_>) -> Result<F, RegisterError> {
        self.group.declare(Declaration {
            prefix: self.prefix,
            name: spec.name,
            help: spec.help,
            unit: None,
            labels: spec.labels,
            buckets: spec.buckets,
            needed: &[],
            classic: true,
            native: self.native,
            exemplars: spec.exemplars,
            own_cells: spec.own_cells,
            max_series: spec.max_series,
        })
    }

    fn chosen<F: MetricField>(
        &mut self,
        is_chosen: bool,
        spec: Spec<'_>,
    ) -> Result<Option<F>, RegisterError> {
        is_chosen.then(|| self.family(spec)).transpose()
    }
}
