//! What the subjects on tower have in common.

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full};

use super::websocket;
use crate::body::{self, Scripted};
use crate::reply::{Content, Reply};
use crate::routes::Behaviour;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type BoxBody = UnsyncBoxBody<Bytes, BoxError>;

/// What a handler with this behaviour makes of a request.
pub(crate) async fn handle<B>(behaviour: Behaviour, mut request: Request<B>) -> Response<BoxBody>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    match behaviour {
        Behaviour::Answer(reply) => respond(reply),
        Behaviour::AnswerAfter(time, reply) => {
            tokio::time::sleep(time).await;
            respond(reply)
        }
        Behaviour::NeverAnswer => std::future::pending().await,
        Behaviour::PanicInHandler => panic!("the handler panics, as the test wants it"),
        Behaviour::PanicInExtractor => panic!("the extractor panics, as the test wants it"),
        Behaviour::MissInExtractor => respond(Reply::status(404)),
        Behaviour::Echo => match request.into_body().collect().await {
            Ok(body) => Response::new(boxed(Full::new(body.to_bytes()))),
            Err(_) => respond(Reply::status(400)),
        },
        Behaviour::Page => unreachable!("the subject serves the page"),
        Behaviour::WebSocket => respond(websocket::accept(&mut request)),
    }
}

/// A reply as a response.
pub(crate) fn respond(reply: Reply) -> Response<BoxBody> {
    let mut response = Response::new(match reply.body {
        Content::Empty => boxed(Empty::new()),
        Content::Text(text) => boxed(Full::new(Bytes::from_static(text.as_bytes()))),
        Content::Stream(parts) => boxed(Scripted::new(parts)),
    });
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("it is a status");
    *response.headers_mut() = body::map(reply.headers);
    response
}

/// A body whose type nobody needs to know.
pub(crate) fn boxed<B>(body: B) -> BoxBody
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    UnsyncBoxBody::new(body.map_err(Into::into))
}

/// Takes slashes off the end of the path.
pub(crate) fn trim_slash<B>(mut request: Request<B>) -> Request<B> {
    let path = request.uri().path().trim_end_matches('/').to_owned();
    *request.uri_mut() = Uri::try_from(path).expect("the path is still one");
    request
}
