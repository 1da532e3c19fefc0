//! The bodies of answers.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use vitalsigns::{Answer, Body};

use crate::check::Group;
use crate::probes::{CheckStatus, GroupStatus, Inner, Probes};
use crate::request::ProbeRequest;
use crate::state::{Cause, State};

/// The shape of a body.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns_health::{Group, Health, ProbeRequest, Shape};
///
/// let health = Health::builder(&Registry::new()).build()?;
/// let request = ProbeRequest::new("GET").header("accept", b"application/json");
/// let answer = health.probes().answer(Group::Live, &request);
/// assert_eq!(&*answer.body, br#"{"checks":[],"status":"UP"}"#);
/// # Ok::<(), vitalsigns_health::HealthError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `application/health+json`, as draft-inadarei-api-health-check has it: `pass`, `warn`, `fail`.
    #[default]
    HealthJson,
    /// `application/json`, as MicroProfile Health has it: `UP`, `DOWN`. What is degraded is up
    /// there, what is unknown is down.
    MicroProfile,
}

impl Shape {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Shape::HealthJson => "application/health+json",
            Shape::MicroProfile => "application/json",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Shape::HealthJson => Shape::MicroProfile,
            Shape::MicroProfile => Shape::HealthJson,
        }
    }
}

pub(crate) fn answer(
    inner: &std::sync::Arc<Inner>,
    group: Group,
    request: &ProbeRequest,
) -> Answer {
    if !request.is_read {
        return Answer::told(405, "probes are read with GET").with("allow", "GET, HEAD");
    }
    let probes = Probes {
        inner: std::sync::Arc::clone(inner),
    };
    // The checks first: if one changes meanwhile, the status is the newer.
    let checks = probes.checks(group);
    let status = probes.group(group);
    let shape = request.shape(inner.about.shape);
    let details = inner.shows_details(request);
    let body = match shape {
        Shape::HealthJson => health_json(inner, status, &checks, details),
        Shape::MicroProfile => micro_profile(status, &checks, details),
    };
    let headers = [
        ("content-type", shape.content_type()),
        ("vary", "accept, authorization"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    let code = if status.is_passing { 200 } else { 503 };
    Answer::new(code, &headers, Body::from(body.to_string().into_bytes()))
}

fn health_json(inner: &Inner, status: GroupStatus, checks: &[CheckStatus], details: bool) -> Value {
    let mut body = Map::new();
    let word = match (status.is_passing, status.state) {
        (false, _) => "fail",
        (true, State::Up) => "pass",
        (true, _) => "warn",
    };
    body.insert("status".into(), word.into());
    body.insert("state".into(), status.state.to_string().into());
    if status.is_draining {
        body.insert("output".into(), Cause::Draining.to_string().into());
    }
    if details {
        let about = [
            ("version", &inner.about.version),
            ("serviceId", &inner.about.service),
        ];
        for (name, value) in about {
            if let Some(value) = value {
                body.insert(name.into(), value.clone().into());
            }
        }
        body.insert("uptimeSeconds".into(), seconds(inner.born.elapsed()));
    }
    let checks = checks.iter().map(|check| {
        let mut entry = Map::new();
        entry.insert("status".into(), pass_warn_fail(check).into());
        entry.insert("state".into(), check.state.to_string().into());
        if details {
            add_details(&mut entry, check);
            if let Some(component) = check.component {
                entry.insert("componentType".into(), component.into());
            }
        }
        // The standard has a list for each: a thing can have several nodes.
        (check.name.clone(), json!([entry]))
    });
    body.insert("checks".into(), checks.collect::<Map<_, _>>().into());
    body.into()
}

fn pass_warn_fail(check: &CheckStatus) -> &'static str {
    match (check.state, check.is_critical) {
        (State::Up, _) => "pass",
        (State::Degraded, _) | (State::Unknown, false) => "warn",
        (State::Unknown, true) | (State::Down, _) => "fail",
    }
}

fn micro_profile(status: GroupStatus, checks: &[CheckStatus], details: bool) -> Value {
    let word = |is_up| if is_up { "UP" } else { "DOWN" };
    let checks: Vec<_> = checks
        .iter()
        .map(|check| {
            let mut entry = Map::new();
            entry.insert("name".into(), check.name.clone().into());
            entry.insert("status".into(), word(check.state <= State::Degraded).into());
            let mut data = Map::new();
            data.insert("state".into(), check.state.to_string().into());
            if details {
                add_details(&mut data, check);
            }
            entry.insert("data".into(), data.into());
            entry
        })
        .collect();
    json!({ "status": word(status.is_passing), "checks": checks })
}

fn add_details(entry: &mut Map<String, Value>, check: &CheckStatus) {
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            entry.insert(name.to_owned(), value);
        }
    };
    let output = check.reason.as_deref().map(str::to_owned);
    let output = output.or_else(|| check.cause.map(|cause| cause.to_string()));
    add("output", output.map(Value::from));
    add("cause", check.cause.map(|cause| cause.to_string().into()));
    add("critical", Some(check.is_critical.into()));
    add("inStateSeconds", Some(seconds(check.in_state_for)));
    add("ageSeconds", check.age.map(seconds));
    add("lastSuccessSeconds", check.succeeded_ago.map(seconds));
    add("runningSeconds", check.running_for.map(seconds));
    let time = check.age.and_then(|age| SystemTime::now().checked_sub(age));
    let time = time.map(|time| humantime::format_rfc3339_millis(time).to_string());
    add("time", time.map(Value::from));
    if !check.details.is_empty() {
        add("details", Some(check.details.clone().into()));
    }
}

/// To the millisecond.
fn seconds(duration: Duration) -> Value {
    (duration.as_millis() as f64 / 1000.0).into()
}
