//! The HTTP API.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{
        DefaultBodyLimit, Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, Method, StatusCode, header},
    response::{Html, IntoResponse},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;
use vitalsigns::LabelValue;

use crate::{
    config::{LARGEST_BODY, LONGEST, LONGEST_TEXT, SHORTEST},
    error::ApiError,
    jobs::{CancelError, JobId, JobState},
    optimise::Level,
    page,
    plan::Request,
    service::Shared,
    theme::Theme,
};

/// The longest time that a request waits for a job, in seconds.
const LONGEST_WAIT: f64 = 30.0;

/// The routes of a service.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new()
        .route("/", get(index))
        .route("/generate", post(generate))
        .route("/jobs/{id}", get(status).delete(cancel))
        .route("/videos/{id}", get(video));
    if shared.debug_routes {
        router = router.route("/debug/panic", post(panic));
    }
    router
        .fallback(async || ApiError::unknown_path())
        .method_not_allowed_fallback(async || ApiError::unknown_method())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(shared)
}

async fn index(State(shared): State<Arc<Shared>>) -> Html<String> {
    Html(page::index(&shared))
}

/// The body of `POST /generate`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate {
    theme: String,
    seconds: f64,
    text: Option<String>,
    optimise: Option<String>,
    seed: Option<u64>,
}

impl Generate {
    /// Checks what was asked for; without a seed, the job's name is the seed.
    fn check(self) -> Result<impl FnOnce(JobId) -> Request, ApiError> {
        let theme =
            Theme::from_label(&self.theme).ok_or_else(|| ApiError::unknown_theme(&self.theme))?;
        if !(SHORTEST..=LONGEST).contains(&self.seconds) {
            return Err(ApiError::seconds_out_of_range(self.seconds));
        }
        let text = self
            .text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
        let characters = text.as_ref().map_or(0, |text| text.chars().count());
        if characters > LONGEST_TEXT {
            return Err(ApiError::text_too_long(characters));
        }
        let optimise = match self.optimise {
            Some(name) => {
                Some(Level::from_label(&name).ok_or_else(|| ApiError::unknown_level(&name))?)
            }
            None => None,
        };
        let (seconds, seed) = (self.seconds, self.seed);
        Ok(move |id: JobId| Request {
            theme,
            seconds,
            text,
            optimise,
            seed: seed.unwrap_or(id.0),
        })
    }
}

async fn generate(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Generate>, JsonRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let Json(body) = body?;
    let id = shared.jobs.submit(body.check()?)?;
    let status_url = format!("/jobs/{id}");
    let answer = json!({
        "id": id.to_string(),
        "state": "queued",
        "status_url": status_url,
        "video_url": format!("/videos/{id}"),
        "renderer": shared.tools.renderer.name(),
    });
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, status_url)],
        Json(answer),
    ))
}

/// The query of `GET /jobs/{id}`.
#[derive(Debug, Deserialize)]
struct Watch {
    /// How long to wait for the job to be finished, in seconds.
    #[serde(default)]
    wait: f64,
}

async fn status(
    State(shared): State<Arc<Shared>>,
    id: Result<Path<String>, PathRejection>,
    watch: Result<Query<Watch>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let id = job_id(id)?;
    let Query(watch) = watch.map_err(|rejection| ApiError::bad_query(rejection.body_text()))?;
    if !(0.0..=LONGEST_WAIT).contains(&watch.wait) {
        return Err(ApiError::bad_query(format!(
            "wait must be from 0 to {LONGEST_WAIT}"
        )));
    }
    let within = Duration::from_secs_f64(watch.wait);
    let record = shared
        .jobs
        .wait(id, within)
        .await
        .ok_or_else(ApiError::unknown_job)?;
    Ok(Json(record.to_json(id, shared.tools.renderer.name())))
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let id = job_id(id)?;
    match shared.jobs.cancel(id).await {
        Ok(record) => Ok(Json(record.to_json(id, shared.tools.renderer.name()))),
        Err(CancelError::Unknown) => Err(ApiError::unknown_job()),
        Err(CancelError::Finished(record)) => Err(ApiError::already_finished(id, &record)),
    }
}

async fn video(
    State(shared): State<Arc<Shared>>,
    method: Method,
    request: HeaderMap,
    id: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let id = job_id(id)?;
    let record = shared.jobs.get(id).ok_or_else(ApiError::unknown_job)?;
    let JobState::Succeeded(video) = &record.state else {
        return Err(ApiError::no_video(id, &record));
    };
    let file = tokio::fs::File::open(&video.path)
        .await
        .map_err(|error| ApiError::unreadable_video(&error))?;
    // HEAD comes here as well, and gets no video.
    if method == Method::GET {
        let user_agent = request.get(header::USER_AGENT);
        let user_agent = user_agent.and_then(|value| value.to_str().ok());
        shared.downloads.started(user_agent, video.bytes);
    }
    let headers = [
        (header::CONTENT_TYPE, video.content_type.to_owned()),
        (header::CONTENT_LENGTH, video.bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{}\"", video.name),
        ),
    ];
    Ok((
        headers,
        Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)),
    ))
}

/// A fault on purpose, to see how it shows; without the usual report on stderr.
async fn panic() -> StatusCode {
    std::panic::resume_unwind(Box::new("on purpose: somebody has sent POST /debug/panic"))
}

fn job_id(path: Result<Path<String>, PathRejection>) -> Result<JobId, ApiError> {
    let Path(text) = path.map_err(|_| ApiError::unknown_job())?;
    text.parse().map_err(|_| ApiError::unknown_job())
}
