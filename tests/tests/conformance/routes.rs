//! The routes of every subject and how their handlers behave, said once.

use std::time::Duration;

use crate::reply::Content::Stream;
use crate::reply::Part::{Chunk, Fail, Hang, Mebibytes, Panic, Pause, Trailers};
use crate::reply::{Content, Reply};

/// What a handler does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    /// Answers at once and does not look at the body of the request.
    Answer(Reply),
    /// Answers after this time.
    AnswerAfter(Duration, Reply),
    /// Never answers.
    NeverAnswer,
    /// Panics.
    PanicInHandler,
    /// What the framework calls an extractor panics, before there is a handler.
    PanicInExtractor,
    /// An extractor finds nothing and makes that a 404, before there is a handler.
    MissInExtractor,
    /// Reads the body of the request to its end and sends it back; 400 if it does not come to its
    /// end.
    Echo,
    /// Serves the page, by the endpoint that comes with the middleware.
    Page,
    /// Upgrades to a WebSocket (version 13, else 426) that echoes frames until it is closed; over
    /// HTTP/2 that is an extended `CONNECT`.
    WebSocket,
}

/// Where in the app a route stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the app itself.
    App,
    /// In a router that is merged into the app, scope or service in other words.
    Merged,
    /// In a router that the app nests at `/nested`; the app knows its routes.
    Nested,
    /// In a router that the nested one nests at `/deeper`.
    Deeper,
    /// In a service that the app mounts at `/mounted`, with a middleware of its own for the same
    /// metrics; the app does not know its routes.
    Mounted,
}

impl Place {
    /// The path under which the routes of this place are.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Place::App | Place::Merged => "",
            Place::Nested => "/nested",
            Place::Deeper => "/nested/deeper",
            Place::Mounted => "/mounted",
        }
    }
}

/// One route: a method and a pattern as axum writes it, relative to its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) place: Place,
    pub(crate) method: &'static str,
    pub(crate) pattern: &'static str,
    pub(crate) behaviour: Behaviour,
}

const fn at(method: &'static str, pattern: &'static str, behaviour: Behaviour) -> Route {
    Route {
        place: Place::App,
        method,
        pattern,
        behaviour,
    }
}

const fn inside(place: Place, method: &'static str, pattern: &'static str) -> Route {
    Route {
        place,
        method,
        pattern,
        behaviour: FINE,
    }
}

const fn stream(parts: &'static [crate::reply::Part]) -> Behaviour {
    Behaviour::Answer(Reply::stream(parts))
}

const fn grpc(headers: &'static [(&'static str, &'static str)], body: Content) -> Behaviour {
    Behaviour::Answer(Reply::new(200, body).with(headers))
}

/// Long enough to see a request in flight, on a machine that has other things to do as well.
const A_WHILE: Duration = Duration::from_secs(1);
const FINE: Behaviour = Behaviour::Answer(Reply::text("fine"));
const NOTHING: Behaviour = Behaviour::Answer(Reply::status(204));
const GRPC: &[(&str, &str)] = &[("content-type", "application/grpc")];
const EVENT: &[(&str, &str)] = &[("content-type", "text/event-stream")];
/// An empty message of gRPC: not compressed, no bytes.
const MESSAGE: &str = "\0\0\0\0\0";

/// All routes. A method has at most one behaviour on a pattern; `GET` answers `HEAD` as well.
pub(crate) const ROUTES: &[Route] = &[
    // Any method has its answer on one pattern.
    at("GET", "/things", FINE),
    at("POST", "/things", FINE),
    at("PUT", "/things", FINE),
    at("PATCH", "/things", FINE),
    at("DELETE", "/things", NOTHING),
    at("OPTIONS", "/things", NOTHING),
    at("TRACE", "/things", FINE),
    at("GET", "/metrics", Behaviour::Page),
    // Patterns.
    at("GET", "/users/{id}", FINE),
    at("GET", "/files/{*path}", FINE),
    inside(Place::Merged, "GET", "/merged/{id}"),
    inside(Place::Nested, "GET", "/users/{id}"),
    inside(Place::Deeper, "GET", "/users/{id}"),
    inside(Place::Mounted, "GET", "/users/{id}"),
    // Answers.
    at(
        "GET",
        "/missing",
        Behaviour::Answer(Reply::new(404, Content::Text("no such thing"))),
    ),
    at("GET", "/lost/{id}", Behaviour::MissInExtractor),
    at("GET", "/broken", Behaviour::Answer(Reply::status(500))),
    at(
        "GET",
        "/unchanged",
        Behaviour::Answer(Reply::status(304).with(&[("etag", "\"1\"")])),
    ),
    at("GET", "/empty", Behaviour::Answer(Reply::status(200))),
    at(
        "GET",
        "/chunked",
        stream(&[Chunk("one"), Chunk("two"), Chunk("three")]),
    ),
    at("GET", "/empty-stream", stream(&[])),
    at("GET", "/gibibyte", stream(&[Mebibytes(1024)])),
    at(
        "GET",
        "/sized-gibibyte",
        Behaviour::Answer(
            Reply::stream(&[Mebibytes(1024)]).with(&[("content-length", "1073741824")]),
        ),
    ),
    at("GET", "/text", Behaviour::Answer(Reply::text(PROSE))),
    // Requests with a body.
    at("POST", "/echo", Behaviour::Echo),
    at("POST", "/refuse", Behaviour::Answer(Reply::status(413))),
    // What does not end, or ends badly.
    at(
        "GET",
        "/slow",
        Behaviour::AnswerAfter(A_WHILE, Reply::text("at last")),
    ),
    at("GET", "/never", Behaviour::NeverAnswer),
    at("GET", "/panic", Behaviour::PanicInHandler),
    at("GET", "/panic-in-extractor", Behaviour::PanicInExtractor),
    at(
        "GET",
        "/forever",
        stream(&[Chunk("the first of many"), Hang]),
    ),
    at(
        "GET",
        "/half",
        stream(&[Chunk("the first half"), Pause(A_WHILE), Chunk("the second")]),
    ),
    at(
        "GET",
        "/sized-forever",
        Behaviour::Answer(
            Reply::stream(&[Chunk("the first of many"), Hang]).with(&[("content-length", "1000")]),
        ),
    ),
    at(
        "GET",
        "/short",
        Behaviour::Answer(Reply::stream(&[Chunk("12345")]).with(&[("content-length", "10")])),
    ),
    at("GET", "/fail", stream(&[Chunk("the first chunk"), Fail])),
    at(
        "GET",
        "/panic-in-body",
        stream(&[Chunk("the first chunk"), Panic]),
    ),
    // Events.
    at(
        "GET",
        "/events",
        Behaviour::Answer(
            Reply::stream(&[
                Chunk("data: 1\n\n"),
                Chunk("data: 2\n\n"),
                Chunk("data: 3\n\n"),
                Hang,
            ])
            .with(EVENT),
        ),
    ),
    at(
        "GET",
        "/few-events",
        Behaviour::Answer(Reply::stream(&[Chunk("data: 1\n\n"), Chunk("data: 2\n\n")]).with(EVENT)),
    ),
    at("GET", "/socket", Behaviour::WebSocket),
    at("CONNECT", "/socket", Behaviour::WebSocket),
    // gRPC, and trailers without it.
    at(
        "GET",
        "/trailers",
        stream(&[Chunk("data"), Trailers(&[("checksum", "7")])]),
    ),
    at(
        "POST",
        "/greeter.Greeter/Ok",
        grpc(
            GRPC,
            Stream(&[Chunk(MESSAGE), Trailers(&[("grpc-status", "0")])]),
        ),
    ),
    at(
        "POST",
        "/greeter.Greeter/Fails",
        grpc(
            GRPC,
            Stream(&[Chunk(MESSAGE), Trailers(&[("grpc-status", "13")])]),
        ),
    ),
    at(
        "POST",
        "/greeter.Greeter/Refuses",
        grpc(
            &[("content-type", "application/grpc"), ("grpc-status", "5")],
            Content::Empty,
        ),
    ),
    at(
        "POST",
        "/greeter.Greeter/Silent",
        grpc(GRPC, Stream(&[Chunk(MESSAGE)])),
    ),
    at(
        "POST",
        "/greeter.Greeter/Streams",
        grpc(GRPC, Stream(&[Chunk(MESSAGE), Hang])),
    ),
    at(
        "POST",
        "/greeter.Greeter/Pauses",
        grpc(
            GRPC,
            Stream(&[Chunk(MESSAGE), Pause(A_WHILE), Chunk(MESSAGE)]),
        ),
    ),
    at("POST", "/greeter.Greeter/Hangs", Behaviour::NeverAnswer),
];

/// Text that is worth being compressed.
const PROSE: &str = "A request starts when the middleware receives it and ends when its response \
    body is complete, fails or is dropped. A request starts when the middleware receives it and \
    ends when its response body is complete, fails or is dropped.";
