//! The gateway: what every request passes before a service behind it sees it.
//!
//! In this order: is there such a path, does the address ask too often, who is it, does the account
//! ask too often, is the upstream well. Each decision is counted where it is made.

mod circuit;
mod doors;
mod limiter;
mod sessions;

use std::{net::IpAddr, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};
use vitalsigns::{
    LabelValue,
    families::{
        gateway::{AuthMethod, Decision, Refusal, Unforwarded},
        users::{ApiCall, Login, Method},
    },
};

pub use circuit::{Breaker, Passage};
pub use doors::{DOORS, Door, door};
pub use limiter::{RateLimiter, network};
pub use sessions::{Found, Sessions};

use crate::{
    config::{Config, Secret},
    error::ApiError,
    metrics::{Limiter, Metrics, Upstream},
    service::Service,
    users::{
        Account, no_account,
        token::{self, TokenHash},
    },
};

/// What the gateway decides with.
#[derive(Debug)]
pub struct Gateway {
    addresses: RateLimiter<IpAddr>,
    accounts: RateLimiter<i64>,
    breakers: [Breaker; Upstream::ALL.len()],
    provider_key: TokenHash,
    metrics: Metrics,
}

impl Gateway {
    /// A gateway that knows the provider by this key.
    pub fn new(config: &Config, provider_key: &Secret, metrics: Metrics) -> Self {
        let breaker = |_| Breaker::new(config.circuit_after, config.circuit_for);
        let gateway = Self {
            addresses: RateLimiter::new(config.per_address),
            accounts: RateLimiter::new(config.per_account),
            breakers: Upstream::ALL.map(breaker),
            provider_key: token::digest(&provider_key.0),
            metrics,
        };
        for upstream in Upstream::ALL {
            gateway.show_circuit(upstream);
        }
        gateway
    }

    fn limit(&self, limiter: Limiter, asked: Result<(), Duration>) -> Result<(), ApiError> {
        let decision = match asked {
            Ok(()) => Decision::Allowed,
            Err(_) => Decision::Limited,
        };
        self.metrics.gateway.rate_limit(limiter, decision);
        asked.map_err(|wait| {
            let message = "there were too many requests; try again later";
            let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
            ApiError::new(429, "rate_limited", message).retry_after(seconds)
        })
    }

    fn limit_address(&self, request: &HttpRequest) -> Result<(), ApiError> {
        // A connection whose address is gone already counts with all that have none.
        let unknown = IpAddr::from([0, 0, 0, 0]);
        let address = request.peer_addr().map_or(unknown, |peer| peer.ip());
        self.limit(Limiter::Address, self.addresses.ask(network(address)))
    }

    fn limit_account(&self, account: Account) -> Result<(), ApiError> {
        self.limit(Limiter::Account, self.accounts.ask(account.id))
    }

    /// Whether this is the payment provider.
    fn authenticate_provider(&self, request: &HttpRequest) -> Result<(), ApiError> {
        let attempt = self.metrics.gateway.authenticate(AuthMethod::ApiKey);
        let Some(key) = bearer(request) else {
            attempt.refuse(Refusal::Missing);
            return Err(ApiError::new(401, "missing_key", "the key is missing"));
        };
        if token::digest(key) == self.provider_key {
            attempt.succeed();
            return Ok(());
        }
        attempt.refuse(Refusal::Invalid);
        Err(ApiError::new(401, "invalid_key", "the key is wrong"))
    }

    fn show_circuit(&self, upstream: Upstream) {
        let state = self.breakers[upstream.index()].state();
        self.metrics.gateway.circuit(upstream, state);
    }
}

/// The token of `Authorization: Bearer`.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Finds out whose login a request is made with.
async fn authenticate(service: &Service, request: &HttpRequest) -> Result<Account, ApiError> {
    let metrics = &service.metrics().gateway;
    let attempt = metrics.authenticate(AuthMethod::Token);
    if !request.headers().contains_key(header::AUTHORIZATION) {
        attempt.refuse(Refusal::Missing);
        let message = "this needs a login: Authorization: Bearer <token>";
        return Err(ApiError::new(401, "missing_token", message));
    }
    let Some(token) = bearer(request).and_then(token::hash) else {
        attempt.refuse(Refusal::Invalid);
        return Err(no_account());
    };
    let sessions = service.sessions().clone();
    let found = service.run(async move { sessions.find(token).await }).await;
    match found {
        Ok(Found::Account(account)) => {
            attempt.succeed();
            Ok(account)
        }
        Ok(Found::Unknown) => {
            attempt.refuse(Refusal::Invalid);
            Err(no_account())
        }
        Ok(Found::Expired) => {
            attempt.refuse(Refusal::Expired);
            let message = "this login has expired; log in again";
            Err(ApiError::new(401, "expired_token", message))
        }
        Err(error) => {
            attempt.fail();
            Err(error)
        }
    }
}

/// The middleware: every request comes by here.
pub(crate) async fn pass<B: MessageBody + 'static>(
    service: web::Data<Service>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let refuse =
        |request: ServiceRequest, error: ApiError| Ok(request.into_response(error.response()));
    let gateway = service.gateway();
    let door = door(request.match_pattern().as_deref());
    if door == Some(Door::Open) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if let Err(error) = gateway.limit_address(request.request()) {
        if is_login(&request) {
            let users = &service.metrics().users;
            users.logged_in(Method::Password, Login::RateLimited);
        }
        return refuse(request, error);
    }
    let (upstream, account) = match door {
        None | Some(Door::Open) => {
            let metrics = &service.metrics().gateway;
            metrics.unforwarded(Unforwarded::NoRoute);
            return refuse(request, ApiError::unknown_path());
        }
        Some(Door::Public(upstream)) => (upstream, None),
        Some(Door::Provider(upstream)) => {
            if let Err(error) = gateway.authenticate_provider(request.request()) {
                return refuse(request, error);
            }
            (upstream, None)
        }
        Some(Door::Account(upstream)) => match authenticate(&service, request.request()).await {
            Ok(account) => (upstream, Some(account)),
            Err(error) => return refuse(request, error),
        },
    };
    if let Some(account) = account {
        if let Err(error) = gateway.limit_account(account) {
            let users = &service.metrics().users;
            users.api_called(account.plan, ApiCall::QuotaExceeded);
            return refuse(request, error);
        }
        request.extensions_mut().insert(account);
    }
    forward(&service, upstream, account, request, next).await
}

fn is_login(request: &ServiceRequest) -> bool {
    request.path() == "/sessions" && request.method() == actix_web::http::Method::POST
}

/// Hands a request to the service behind the gateway that it is for.
async fn forward<B: MessageBody + 'static>(
    service: &Service,
    upstream: Upstream,
    account: Option<Account>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let gateway = service.gateway();
    let metrics = service.metrics();
    let passage = match gateway.breakers[upstream.index()].pass() {
        Ok(passage) => passage,
        Err(wait) => {
            metrics.gateway.unforwarded(Unforwarded::CircuitOpen);
            let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
            let message = "this part of the service has failed too often; try again later";
            let error = ApiError::new(503, "circuit_open", message).retry_after(seconds);
            return Ok(request.into_response(error.response()));
        }
    };
    let forwarded = metrics.gateway.forward(upstream);
    let answer = next.call(request).await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    passage.answered(status.is_server_error());
    gateway.show_circuit(upstream);
    forwarded.answered(status.as_u16());
    if let Some(account) = account {
        let outcome = match status.as_u16() {
            500.. => ApiCall::Failed,
            402 if upstream == Upstream::Lessons => ApiCall::NotInPlan,
            _ => ApiCall::Served,
        };
        metrics.users.api_called(account.plan, outcome);
    }
    Ok(answer?.map_into_boxed_body())
}
