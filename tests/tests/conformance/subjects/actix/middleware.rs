//! What can be around an app, as actix has it.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use actix_service::ServiceExt as _;
use actix_service::boxed::{BoxService, service};
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::{ErrorGatewayTimeout, ErrorInternalServerError, ErrorUnauthorized};
use actix_web::middleware::{Compress, NormalizePath, TrailingSlash};
use actix_web::{Error, HttpResponse};
use vitalsigns_actix::Metrics;

use super::super::{Around, TIMEOUT, With};
use super::body::AnyBody;

type App = BoxService<ServiceRequest, ServiceResponse<AnyBody>, Error>;
type BoxFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Several of these, of which the first is the innermost.
pub(super) struct Layers {
    layers: Vec<Around>,
    metrics: Metrics,
}

impl Layers {
    pub(super) fn inside(with: &[With], metrics: &Metrics) -> Self {
        let layers = with.iter().filter_map(|with| match with {
            With::Inside(around) => Some(*around),
            _ => None,
        });
        Layers {
            layers: layers.collect(),
            metrics: metrics.clone(),
        }
    }

    pub(super) fn outside(with: &[With], metrics: &Metrics) -> Self {
        let layers = with.iter().filter_map(|with| match with {
            With::Outside(around) => Some(*around),
            _ => None,
        });
        Layers {
            layers: layers.collect(),
            metrics: metrics.clone(),
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Layers
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<AnyBody>;
    type Error = Error;
    type Transform = App;
    type InitError = ();
    type Future = BoxFuture<Result<App, ()>>;

    fn new_transform(&self, app: S) -> Self::Future {
        let layers = self.layers.clone();
        let metrics = self.metrics.clone();
        Box::pin(async move {
            let mut layers = layers.into_iter();
            // The innermost sees the types that there are.
            let mut app = match layers.next() {
                Some(layer) => wrap(app, layer, &metrics).await?,
                None => erase(app),
            };
            for layer in layers {
                app = wrap(app, layer, &metrics).await?;
            }
            Ok(app)
        })
    }
}

async fn wrap<S, B>(app: S, around: Around, metrics: &Metrics) -> Result<App, ()>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    Ok(match around {
        Around::Compression => erase(Compress::default().new_transform(app).await?),
        Around::Metrics => erase(metrics.middleware().new_transform(app).await?),
        Around::TrimSlash => {
            let layer = NormalizePath::new(TrailingSlash::Trim);
            erase(layer.new_transform(app).await?)
        }
        _ => service(Layer {
            around,
            app: Rc::new(app),
        }),
    })
}

/// Forgets the types of a service and its bodies.
fn erase<S, B>(app: S) -> App
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    service(app.map(any))
}

fn any<B: MessageBody + 'static>(response: ServiceResponse<B>) -> ServiceResponse<AnyBody> {
    response.map_body(|_, body| AnyBody::new(body))
}

/// One of those that actix does not bring.
struct Layer<S> {
    around: Around,
    app: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for Layer<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<AnyBody>;
    type Error = Error;
    type Future = BoxFuture<Result<Self::Response, Error>>;

    forward_ready!(app);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        Box::pin(pass(self.around, Rc::clone(&self.app), request))
    }
}

async fn pass<S, B>(
    around: Around,
    app: Rc<S>,
    request: ServiceRequest,
) -> Result<ServiceResponse<AnyBody>, Error>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    match around {
        Around::CatchPanic => match caught(app.call(request)).await {
            Some(result) => result.map(any),
            None => Err(ErrorInternalServerError("the handler panicked")),
        },
        Around::Timeout => match tokio::time::timeout(TIMEOUT, app.call(request)).await {
            Ok(result) => result.map(any),
            Err(late) => Err(ErrorGatewayTimeout(late)),
        },
        Around::Guard => Ok(any(
            request.into_response(HttpResponse::Forbidden().finish())
        )),
        Around::Error => Err(ErrorInternalServerError(FAILS)),
        Around::Refuse => Err(ErrorUnauthorized(FAILS)),
        Around::Replace => {
            let response = app.call(request).await?;
            Ok(any(response.into_response(
                HttpResponse::ServiceUnavailable().finish(),
            )))
        }
        Around::Compression | Around::Metrics | Around::TrimSlash => {
            unreachable!("actix and the middleware bring these")
        }
    }
}

const FAILS: &str = "the layer fails, as the test wants it";

/// `None` if the future panics.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        },
    )
    .await
}
