//! Payments over HTTP.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, ReqData},
};

use super::{Answer, body::Body, resource};
use crate::{
    error::ApiError,
    payments::{self, ChargebackReport, Payments, Purchase, RefundRequest},
    service::Service,
    users::Account,
};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(resource("/plans", "GET").route(web::get().to(plans)))
        .service(
            resource("/payments", "GET, POST")
                .route(web::get().to(list))
                .route(web::post().to(buy)),
        )
        .service(resource("/payments/{payment}", "GET").route(web::get().to(show)))
        .service(resource("/payments/{payment}/refunds", "POST").route(web::post().to(refund)))
        .service(resource("/provider/chargebacks", "POST").route(web::post().to(charge_back)));
}

async fn plans() -> HttpResponse {
    HttpResponse::Ok().json(Payments::plans())
}

/// The idempotency key of a request.
fn key(request: &HttpRequest) -> Result<String, ApiError> {
    let header = request.headers().get("idempotency-key");
    // What is no text is no good key either.
    payments::key(header.map(|value| value.to_str().unwrap_or_default()))
}

fn payment(path: &Path<String>) -> Result<i64, ApiError> {
    let unknown = |_| ApiError::new(404, "unknown_payment", "there is no such payment");
    path.parse().map_err(unknown)
}

async fn list(service: Data<Service>, account: ReqData<Account>) -> Answer {
    let (payments, account) = (service.payments().clone(), account.into_inner());
    let list = service.run(async move { payments.list(account).await });
    Ok(HttpResponse::Ok().json(list.await?))
}

async fn buy(
    service: Data<Service>,
    request: HttpRequest,
    account: ReqData<Account>,
    Body(purchase): Body<Purchase>,
) -> Answer {
    let (payments, account, key) = (
        service.payments().clone(),
        account.into_inner(),
        key(&request)?,
    );
    let bought = service.run(async move { payments.buy(account, key, purchase).await });
    let (status, body) = bought.await?;
    Ok(HttpResponse::build(status).json(body))
}

async fn show(service: Data<Service>, account: ReqData<Account>, path: Path<String>) -> Answer {
    let (payments, account, id) = (
        service.payments().clone(),
        account.into_inner(),
        payment(&path)?,
    );
    let payment = service.run(async move { payments.show(account, id).await });
    Ok(HttpResponse::Ok().json(payment.await?))
}

async fn refund(
    service: Data<Service>,
    request: HttpRequest,
    account: ReqData<Account>,
    path: Path<String>,
    Body(wanted): Body<RefundRequest>,
) -> Answer {
    let (payments, account) = (service.payments().clone(), account.into_inner());
    let (id, key) = (payment(&path)?, key(&request)?);
    let refund = service.run(async move { payments.refund(account, id, key, wanted).await });
    Ok(HttpResponse::Created().json(refund.await?))
}

async fn charge_back(service: Data<Service>, Body(report): Body<ChargebackReport>) -> Answer {
    let payments = service.payments().clone();
    let noted = service.run(async move { payments.charge_back(report).await });
    Ok(HttpResponse::Ok().json(noted.await?))
}
