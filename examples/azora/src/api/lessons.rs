//! Courses over HTTP.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path, ReqData},
};

use super::{Answer, body::Body, resource};
use crate::{
    error::ApiError,
    lessons::{self, Completion},
    service::Service,
    users::Account,
};

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(resource("/courses", "GET").route(web::get().to(list)))
        .service(resource("/courses/{course}", "GET").route(web::get().to(show)))
        .service(resource("/courses/{course}/enrolment", "POST").route(web::post().to(enrol)))
        .service(
            resource("/courses/{course}/lessons/{lesson}", "POST, PUT")
                .route(web::post().to(begin))
                .route(web::put().to(complete)),
        )
        .service(resource("/courses/{course}/progress", "GET").route(web::get().to(progress)));
}

async fn list(service: Data<Service>) -> Answer {
    let lessons = service.lessons().clone();
    let list = service.run(async move { lessons.list().await });
    Ok(HttpResponse::Ok().json(list.await?))
}

async fn show(service: Data<Service>, course: Path<String>) -> Answer {
    let (lessons, course) = (service.lessons().clone(), course.into_inner());
    let course = service.run(async move { lessons.show(course).await });
    Ok(HttpResponse::Ok().json(course.await?))
}

async fn enrol(service: Data<Service>, account: ReqData<Account>, course: Path<String>) -> Answer {
    let lessons = service.lessons().clone();
    let (account, course) = (account.into_inner(), course.into_inner());
    let enrolled = service.run(async move { lessons.enrol(account, course).await });
    Ok(HttpResponse::Created().json(enrolled.await?))
}

fn lesson(path: Path<(String, String)>) -> Result<(String, i64), ApiError> {
    let (course, lesson) = path.into_inner();
    let lesson = lesson.parse().map_err(|_| lessons::unknown_lesson())?;
    Ok((course, lesson))
}

async fn begin(
    service: Data<Service>,
    account: ReqData<Account>,
    path: Path<(String, String)>,
) -> Answer {
    let (lessons, account) = (service.lessons().clone(), account.into_inner());
    let (course, lesson) = lesson(path)?;
    let begun = service.run(async move { lessons.begin(account, course, lesson).await });
    Ok(HttpResponse::Ok().json(begun.await?))
}

async fn complete(
    service: Data<Service>,
    account: ReqData<Account>,
    path: Path<(String, String)>,
    Body(done): Body<Completion>,
) -> Answer {
    let (lessons, account) = (service.lessons().clone(), account.into_inner());
    let (course, lesson) = lesson(path)?;
    let progress =
        service.run(async move { lessons.complete(account, course, lesson, done).await });
    Ok(HttpResponse::Created().json(progress.await?))
}

async fn progress(
    service: Data<Service>,
    account: ReqData<Account>,
    course: Path<String>,
) -> Answer {
    let lessons = service.lessons().clone();
    let (account, course) = (account.into_inner(), course.into_inner());
    let progress = service.run(async move { lessons.progress(account, course).await });
    Ok(HttpResponse::Ok().json(progress.await?))
}
