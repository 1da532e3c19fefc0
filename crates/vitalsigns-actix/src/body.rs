//! The response body: sees its end, an error, a panic, or that it is dropped before any.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::ResponseHead;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::Bytes;
use pin_project_lite::pin_project;
use vitalsigns::families::http::{BodyGuard, ConnectionGuard, RequestGuard, Upgrade};

pin_project! {
    /// A response body that ends the measurement of its request when it ends.
    ///
    /// Bytes, errors and the size pass unchanged. The body of a response that leaves HTTP is the
    /// connection: the request ends before it, and it is measured for as long as it lives.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::body::{BodySize, MessageBody};
    /// use vitalsigns_actix::MeasuredBody;
    ///
    /// let body = MeasuredBody::<String>::default();
    /// assert_eq!(body.size(), BodySize::Sized(0));
    /// ```
    #[derive(Debug, Default)]
    pub struct MeasuredBody<B> {
        #[pin]
        inner: B,
        guard: BodyGuard,
        connection: Option<ConnectionGuard>,
    }
}

impl<B: MessageBody> MeasuredBody<B> {
    pub(crate) fn unmeasured(inner: B) -> Self {
        MeasuredBody {
            inner,
            guard: BodyGuard::default(),
            connection: None,
        }
    }

    pub(crate) fn of(
        head: &ResponseHead,
        inner: B,
        guard: RequestGuard,
        upgrade: Option<Upgrade>,
    ) -> Self {
        let connection = upgrade
            .filter(|_| guard.is_upgraded())
            .map(|upgrade| upgrade.open());
        let (promised, is_at_end) = match inner.size() {
            BodySize::None => (None, true),
            BodySize::Sized(length) => (Some(length), false),
            BodySize::Stream => (content_length(head), false),
        };
        MeasuredBody {
            inner,
            guard: guard.into_body(promised, is_at_end),
            connection,
        }
    }
}

impl<B: MessageBody> MessageBody for MeasuredBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        let next = ready!(this.guard.watch(|| this.inner.poll_next(cx)));
        match &next {
            Some(Ok(bytes)) => this.guard.data(bytes.len(), false),
            Some(Err(_)) => this.guard.failed(),
            None => this.guard.end(),
        }
        if !matches!(next, Some(Ok(_))) {
            *this.connection = None;
        }
        Poll::Ready(next)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let MeasuredBody {
            inner,
            mut guard,
            connection,
        } = self;
        match guard.watch(|| inner.try_into_bytes()) {
            Ok(bytes) => {
                guard.data(bytes.len(), true);
                Ok(bytes)
            }
            Err(inner) => Err(MeasuredBody {
                inner,
                guard,
                connection,
            }),
        }
    }
}

/// How long a stream will be, if the head says so; a head of a chunked one is not heard.
fn content_length(head: &ResponseHead) -> Option<u64> {
    if head.chunked() {
        return None;
    }
    head.headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
