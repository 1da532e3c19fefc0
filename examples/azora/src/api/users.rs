//! Accounts and logins over HTTP.

use actix_web::{
    HttpResponse,
    web::{self, Data, ReqData},
};

use super::{Answer, body::Body, resource};
use crate::{
    service::Service,
    users::{Account, Confirmation, Credentials, Registration},
};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(resource("/users", "POST").route(web::post().to(register)))
        .service(
            resource("/users/me", "GET, DELETE")
                .route(web::get().to(show))
                .route(web::delete().to(delete)),
        )
        .service(resource("/sessions", "POST").route(web::post().to(log_in)))
        .service(resource("/sessions/current", "DELETE").route(web::delete().to(log_out)));
}

async fn register(service: Data<Service>, Body(entered): Body<Registration>) -> Answer {
    let users = service.users().clone();
    let user = service.run(async move { users.register(entered).await });
    Ok(HttpResponse::Created().json(user.await?))
}

async fn show(service: Data<Service>, account: ReqData<Account>) -> Answer {
    let (users, account) = (service.users().clone(), account.into_inner());
    let user = service.run(async move { users.show(account).await });
    Ok(HttpResponse::Ok().json(user.await?))
}

async fn delete(
    service: Data<Service>,
    account: ReqData<Account>,
    Body(entered): Body<Confirmation>,
) -> Answer {
    let (users, account) = (service.users().clone(), account.into_inner());
    let done = service.run(async move { users.delete(account, entered).await });
    done.await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn log_in(service: Data<Service>, Body(entered): Body<Credentials>) -> Answer {
    let users = service.users().clone();
    let login = service.run(async move { users.log_in(entered).await });
    Ok(HttpResponse::Created().json(login.await?))
}

async fn log_out(service: Data<Service>, account: ReqData<Account>) -> Answer {
    let (users, account) = (service.users().clone(), account.into_inner());
    let done = service.run(async move { users.log_out(account).await });
    done.await?;
    Ok(HttpResponse::NoContent().finish())
}
