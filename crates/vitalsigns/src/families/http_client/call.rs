//! A function that sends a request.

use super::{ClientError, ClientRequest, Method, Peer};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of a request in `#[instrument_metrics(on = peer, method = …)]`.
    ///
    /// The status of the answer is what `ok = …` gives.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::http::Method;
    /// use vitalsigns::families::http_client::{ClientError, Peer};
    /// use vitalsigns::{Registry, families::HttpClient, instrument_metrics};
    ///
    /// #[instrument_metrics(
    ///     on = maps,
    ///     method = Method::Get,
    ///     ok = |status| *status,
    ///     error = |_| ClientError::Connect,
    /// )]
    /// async fn route(maps: &Peer) -> Result<u16, std::io::Error> {
    ///     Ok(200)
    /// }
    /// # drop(route(&HttpClient::register(&Registry::new())?.peer("maps")));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The method of the request.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::{http::Method, http_client::CallLabels};
        ///
        /// let labels = CallLabels::default().method(Method::Get);
        /// ```
        method: M is LabelValue,
    }
}

impl Instrument for Peer {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<Method>;
    type Guard = ClientRequest;

    fn start(&self, labels: CallLabels<Method>) -> ClientRequest {
        Peer::start(self, labels.method)
    }
}

impl InstrumentGuard for ClientRequest {
    type Success = u16;
    type Failure = ClientError;

    fn succeed(self, status: u16) {
        self.answered(status);
    }

    fn fail(self, why: ClientError) {
        ClientRequest::fail(self, why);
    }
}
