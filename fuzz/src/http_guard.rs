//! The guards of an HTTP request, called in any order: each request that is measured is counted
//! once, as what it was last, and none stays in flight.
//!
//! There are two servers, because only middleware of the same one within another counts nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use vitalsigns::families::HttpServer;
use vitalsigns::families::http::{
    BodyGuard, ConnectionGuard, Protocol, ReceivedBytes, RequestGuard, StatusLabel, Upgrade,
};
use vitalsigns::{ContentType, LabelValue, Registry};

use crate::bytes::Bytes;
use crate::decoded::{Labels, of_protobuf};

const METHODS: [&str; 5] = ["GET", "HEAD", "CONNECT", "POST", "get"];
const ROUTES: [Option<&str>; 4] = [None, Some("/a"), Some("/b\"\n"), Some("/excluded")];
const STATUSES: [u16; 9] = [200, 404, 101, 204, 304, 500, 0, 1000, u16::MAX];
const TYPES: [&str; 4] = ["application/grpc", "text/event-stream", "text/html", ""];
const SIZES: [u64; 4] = [0, 1, 5, u64::MAX];

#[derive(LabelValue, Clone, Copy)]
enum Plan {
    Unknown,
    Team,
}

struct Server {
    registry: Registry,
    http: HttpServer,
    is_class: bool,
    ended: Ended,
}

/// What the page should say.
#[derive(Debug, Default, PartialEq)]
struct Ended {
    /// Requests by status.
    requests: BTreeMap<String, u64>,
    panics: u64,
    incomplete: BTreeMap<String, u64>,
    grpc: u64,
}

/// A request as it should be.
struct Model {
    server: usize,
    method: &'static str,
    route: Option<&'static str>,
    is_nested: bool,
    status: Option<u16>,
    end: End,
    is_grpc: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Dropped,
    Complete,
    Failed,
    Panicked,
}

enum Guard {
    Request(RequestGuard),
    /// `true` until it has ended, and how many bytes are still to come.
    Body(BodyGuard, bool, Option<u64>),
}

/// Everything that is going on.
struct World<'a> {
    bytes: Bytes<'a>,
    servers: [Server; 2],
    going_on: Vec<(Guard, Model)>,
    /// The servers within whose requests this happens, and the routes that were told.
    within: Vec<(usize, Option<Option<&'static str>>)>,
    received: Vec<ReceivedBytes>,
    upgrades: Vec<Upgrade>,
    connections: Vec<ConnectionGuard>,
}

pub(crate) fn run(input: &[u8]) {
    let mut bytes = Bytes::new(input);
    let servers = std::array::from_fn(|_| {
        let options = bytes.byte();
        let has = |bit: u8| options >> bit & 1 == 1;
        let mut builder = HttpServer::builder().exclude(["/excluded"]);
        if has(0) {
            builder = builder.status_on_duration().first_byte();
        }
        if has(1) {
            builder = builder.request_size().response_size();
        }
        if has(2) {
            builder = builder.streams(["text/event-stream"]);
        }
        if has(3) {
            builder = builder.label("plan", Plan::Unknown);
        }
        if has(4) {
            builder = builder.native_histograms();
        }
        if has(5) {
            builder = builder.status(StatusLabel::Class);
        }
        let registry = Registry::new();
        let http = builder.register(&registry).expect("the families");
        Server {
            registry,
            http,
            is_class: has(5),
            ended: Ended::default(),
        }
    });
    let mut world = World {
        bytes,
        servers,
        going_on: Vec::new(),
        within: Vec::new(),
        received: Vec::new(),
        upgrades: Vec::new(),
        connections: Vec::new(),
    };
    while !world.bytes.is_empty() {
        world.act(0);
    }
    while let Some((guard, model)) = world.going_on.pop() {
        world.drop(guard, &model);
    }
    world.connections.clear();
    world.servers.iter().for_each(Server::check);
}

impl World<'_> {
    fn act(&mut self, depth: usize) {
        let action = self.bytes.byte();
        if action.is_multiple_of(4) || self.going_on.is_empty() {
            self.start();
            return;
        }
        let place = self.bytes.below(self.going_on.len());
        match action % 32 {
            1 | 5 => {
                let (guard, model) = self.going_on.swap_remove(place);
                self.drop(guard, &model);
            }
            2 | 6 => self.watch(place, depth),
            3 => self.answer_with_body(place),
            7 => {
                let received = self.received.last();
                let bytes = self.bytes.word() as usize;
                if let Some(received) = received {
                    received.add(bytes);
                }
            }
            9 => {
                if let Some(upgrade) = self.upgrades.last() {
                    self.connections.push(upgrade.open());
                }
            }
            10 => {
                if !self.connections.is_empty() {
                    let place = self.bytes.below(self.connections.len());
                    drop(self.connections.swap_remove(place));
                }
            }
            action => match &self.going_on[place].0 {
                Guard::Request(_) => self.request(place, action),
                Guard::Body(..) => self.body(place, action),
            },
        }
    }

    fn start(&mut self) {
        let server = self.bytes.below(2);
        let method = self.bytes.pick(&METHODS);
        let route = self.bytes.pick(&ROUTES);
        let guard = self.servers[server].http.start(method, route);
        let is_nested = self.within.iter().any(|(other, _)| *other == server);
        if is_nested && route.is_some() {
            self.tell(server, route);
        }
        let model = Model {
            server,
            method,
            route,
            is_nested,
            status: None,
            end: End::Dropped,
            is_grpc: false,
        };
        self.going_on.push((Guard::Request(guard), model));
    }

    fn tell(&mut self, server: usize, route: Option<&'static str>) {
        let mut within = self.within.iter_mut().rev();
        if let Some((_, told)) = within.find(|(other, _)| *other == server) {
            *told = Some(route);
        }
    }

    fn request(&mut self, place: usize, action: u8) {
        let (Guard::Request(guard), model) = &mut self.going_on[place] else {
            return;
        };
        match action {
            11 | 13 => {
                let route = self.bytes.pick(&ROUTES);
                guard.matched(route);
                match (route == model.route, model.is_nested) {
                    (true, _) => {}
                    (false, true) => {
                        let server = model.server;
                        self.tell(server, route);
                    }
                    (false, false) => model.route = route,
                }
            }
            14 => {
                let status = self.bytes.pick(&STATUSES);
                guard.answered(status);
                model.status = Some(status);
            }
            15 => {
                let status = self.bytes.pick(&STATUSES);
                let content_type = self.bytes.pick(&TYPES);
                guard.answered_as(status, || Some(content_type));
                model.status = Some(status);
            }
            17 => {
                let content_type = self.bytes.pick(&TYPES);
                guard.asked_as(content_type);
                model.is_grpc |= content_type == "application/grpc";
                assert_eq!(guard.is_grpc(), model.is_grpc);
            }
            18 => guard.grpc_status(&self.bytes.text()),
            19 => guard.label(&self.bytes.pick(&[Plan::Unknown, Plan::Team])),
            21 => self.received.push(guard.receiving()),
            22 => guard.receives_nothing(),
            23 => guard.sent(self.bytes.word() as usize),
            25 => {
                let protocols = [Protocol::WebSocket, Protocol::Connect, Protocol::Other];
                self.upgrades
                    .push(guard.upgrade(self.bytes.pick(&protocols)));
            }
            26 => {
                guard.complete();
                model.end = End::Complete;
            }
            27 => {
                guard.failed();
                model.end = End::Failed;
            }
            29 => {
                guard.panicked();
                model.end = End::Panicked;
            }
            _ => assert_eq!(guard.ends_with_head(), model.ends_with_head()),
        }
    }

    fn body(&mut self, place: usize, action: u8) {
        let (Guard::Body(guard, is_open, promised), model) = &mut self.going_on[place] else {
            return;
        };
        let mut ends = None;
        match action {
            11 | 13 | 14 => {
                let bytes = self.bytes.pick(&SIZES) as usize;
                let is_last = self.bytes.flag();
                guard.data(bytes, is_last);
                if let Some(promised) = promised {
                    *promised = promised.saturating_sub(bytes as u64);
                }
                if is_last || *promised == Some(0) {
                    ends = Some(at_end(*promised));
                }
            }
            15 | 17 => {
                let status = self.bytes.text();
                guard.trailers(|| Some(&status));
                ends = Some(at_end(*promised));
            }
            18 | 19 => {
                guard.end();
                ends = Some(at_end(*promised));
            }
            21 | 22 => {
                guard.failed();
                ends = Some(End::Failed);
            }
            _ => {}
        }
        if let Some(end) = ends
            && std::mem::take(is_open)
        {
            model.end = end;
            // It was counted there, not where the guard is dropped.
            let (_, model) = &self.going_on[place];
            self.servers[model.server].ended.add(model);
        }
    }

    /// What happens within a request, which may panic in the end.
    fn watch(&mut self, place: usize, depth: usize) {
        if depth == 3 {
            return;
        }
        let (mut guard, mut model) = self.going_on.swap_remove(place);
        let is_watched = !model.is_nested && !matches!(guard, Guard::Body(_, false, _));
        if is_watched {
            self.within.push((model.server, None));
        }
        let actions = self.bytes.below(4);
        let panics = self.bytes.below(4) == 0;
        let inner = || {
            for _ in 0..actions {
                self.act(depth + 1);
            }
            if panics {
                // One that is dropped in the panic.
                let server = self.bytes.below(2);
                let route = self.bytes.pick(&ROUTES);
                let _request = self.servers[server].http.start("GET", route);
                let is_nested = self.within.iter().any(|(other, _)| *other == server);
                let model = Model {
                    server,
                    method: "GET",
                    route,
                    is_nested,
                    status: None,
                    end: End::Panicked,
                    is_grpc: false,
                };
                if is_nested && route.is_some() {
                    self.tell(server, route);
                }
                self.servers[server].ended.add(&model);
                // Without the panic hook, with which the fuzzer ends.
                resume_unwind(Box::new(()));
            }
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| match &mut guard {
            Guard::Request(request) => request.watch(inner),
            Guard::Body(body, ..) => body.watch(inner),
        }));
        if let Err(panic) = outcome
            && !panic.is::<()>()
        {
            resume_unwind(panic);
        }
        if is_watched {
            let told = self.within.pop().and_then(|(_, told)| told);
            // Only who does not know its route is told.
            if let (None, Some(route)) = (model.route, told) {
                model.route = route;
            }
            if panics {
                model.end = End::Panicked;
            }
        }
        self.going_on.push((guard, model));
    }

    fn answer_with_body(&mut self, place: usize) {
        let (guard, mut model) = self.going_on.swap_remove(place);
        let Guard::Request(guard) = guard else {
            self.going_on.push((guard, model));
            return;
        };
        let promised = self.bytes.flag().then(|| self.bytes.pick(&SIZES));
        let is_at_end = self.bytes.flag();
        let body = guard.into_body(promised, is_at_end);
        let end = if model.ends_with_head() {
            Some(End::Complete)
        } else if promised == Some(0) || is_at_end {
            Some(at_end(promised))
        } else {
            None
        };
        if let Some(end) = end {
            model.end = end;
            self.servers[model.server].ended.add(&model);
        }
        let body = Guard::Body(body, end.is_none(), promised);
        self.going_on.push((body, model));
    }

    fn drop(&mut self, guard: Guard, model: &Model) {
        // A body that has ended was counted then.
        if !matches!(guard, Guard::Body(_, false, _)) {
            self.servers[model.server].ended.add(model);
        }
    }
}

/// How a body ends of which so many bytes have not come.
fn at_end(promised: Option<u64>) -> End {
    match promised {
        None | Some(0) => End::Complete,
        Some(_) => End::Failed,
    }
}

impl Model {
    fn ends_with_head(&self) -> bool {
        match self.status {
            _ if self.method == "HEAD" => true,
            Some(100..=199 | 204 | 304) => true,
            Some(200..=299) => self.method == "CONNECT",
            _ => false,
        }
    }
}

impl Server {
    fn check(&self) {
        let samples = of_protobuf(&self.registry.encode(ContentType::PROTOBUF));
        let named = |name: &'static str| {
            let of_name = samples.iter().filter(move |((own, _), _)| own == name);
            of_name.map(|((_, labels), value)| (labels, value.get()))
        };
        let total = |name| named(name).map(|(_, value)| value).sum::<f64>();
        let by = |name, label: &str| {
            let mut counts = BTreeMap::new();
            for (labels, value) in named(name) {
                let labels: &Labels = labels;
                *counts.entry(labels[label].clone()).or_default() += value as u64;
            }
            counts.retain(|_, count: &mut u64| *count > 0);
            counts
        };
        for gauge in ["http_requests_in_flight", "http_upgraded_connections"] {
            assert!(
                named(gauge).all(|(_, value)| value == 0.0),
                "{gauge}: {samples:?}"
            );
        }
        let requests = self.ended.labelled(self.is_class);
        assert_eq!(by("http_requests_total", "status"), requests);
        let durations = total("http_request_duration_seconds_count")
            + total("http_stream_duration_seconds_count");
        assert_eq!(durations, requests.values().sum::<u64>() as f64);
        assert_eq!(total("http_request_panics_total"), self.ended.panics as f64);
        let incomplete = by("http_responses_incomplete_total", "cause");
        assert_eq!(incomplete, self.ended.incomplete);
        assert_eq!(total("grpc_requests_total"), self.ended.grpc as f64);
    }
}

impl Ended {
    fn add(&mut self, model: &Model) {
        if model.is_nested || model.route == Some("/excluded") {
            return;
        }
        let status = model.status.unwrap_or(match model.end {
            End::Dropped | End::Complete => 499,
            End::Failed | End::Panicked => 500,
        });
        *self.requests.entry(status.to_string()).or_default() += 1;
        self.panics += u64::from(model.end == End::Panicked);
        self.grpc += u64::from(model.is_grpc);
        let cause = match model.end {
            End::Complete => return,
            End::Dropped => "cancelled",
            End::Failed => "error",
            End::Panicked => "panic",
        };
        if model.status.is_some() {
            *self.incomplete.entry(cause.to_owned()).or_default() += 1;
        }
    }

    /// The same with statuses as the label has them.
    fn labelled(&self, is_class: bool) -> BTreeMap<String, u64> {
        let mut labelled = BTreeMap::new();
        for (status, count) in &self.requests {
            let code: u32 = status.parse().expect("a status");
            let label = match code {
                100..600 if is_class => format!("{}xx", code / 100),
                _ if is_class => "other".to_owned(),
                0..1000 => format!("{code:03}"),
                _ => "000".to_owned(),
            };
            *labelled.entry(label).or_default() += count;
        }
        labelled
    }
}
