//! What handlers do, as actix has it.

use std::future::{Ready, poll_fn, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::ErrorNotFound;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_core::Stream as _;

use super::body::Stream;
use super::websocket;
use crate::body::Scripted;
use crate::reply::{Content, Reply};
use crate::routes::Behaviour;

/// What a handler with this behaviour makes of a request.
pub(super) async fn handle(
    behaviour: Behaviour,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    match behaviour {
        Behaviour::Answer(reply) => answer(reply),
        Behaviour::AnswerAfter(time, reply) => {
            tokio::time::sleep(time).await;
            answer(reply)
        }
        Behaviour::NeverAnswer => std::future::pending().await,
        Behaviour::PanicInHandler => panic!("the handler panics, as the test wants it"),
        Behaviour::PanicInExtractor | Behaviour::MissInExtractor => {
            unreachable!("the extractor comes before")
        }
        Behaviour::Echo => echo(payload).await,
        Behaviour::Page => unreachable!("the subject serves the page"),
        Behaviour::WebSocket => websocket::accept(&request, payload),
    }
}

async fn echo(mut payload: web::Payload) -> HttpResponse {
    let mut body = Vec::new();
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut payload).poll_next(cx)).await {
        match chunk {
            Ok(chunk) => body.extend(chunk),
            Err(_) => return answer(Reply::status(400)),
        }
    }
    HttpResponse::Ok().body(body)
}

/// A reply as a response.
pub(super) fn answer(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).expect("it is a status");
    let mut response = HttpResponse::build(status);
    let mut length = None;
    for &(name, value) in reply.headers {
        // actix writes the length that the body says.
        if name == "content-length" {
            length = Some(value.parse().expect("a length is a number"));
        } else {
            response.insert_header((name, value));
        }
    }
    match reply.body {
        Content::Empty => response.finish(),
        Content::Text(text) => response.body(text),
        Content::Stream(parts) => response.body(Stream::new(Scripted::new(parts), length)),
    }
}

/// An extractor that panics.
pub(super) struct Explosive;

impl FromRequest for Explosive {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        panic!("the extractor panics, as the test wants it")
    }
}

/// An extractor that finds nothing.
pub(super) struct Empty;

impl FromRequest for Empty {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Err(ErrorNotFound("there is no such thing")))
    }
}
