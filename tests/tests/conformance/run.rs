//! Drives the cases against a subject.

use std::any::Any;
use std::panic;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::runtime::Builder;
use tokio::task::LocalSet;
use vitalsigns::Format;

use crate::case::{Case, Expected};
use crate::cases;
use crate::client::At;
use crate::difference::{self, Difference};
use crate::subjects::{Running, Subject};

/// How long what a client does may take.
const SCRIPT: Duration = Duration::from_secs(30);
/// How long the page may take to become what is expected.
const SETTLED: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(2);

/// Runs all cases against a subject; says at the end which do not hold.
pub(crate) fn every_case(subject: &Subject) {
    prepare();
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut failures = Vec::new();
    for case in cases::table() {
        if !case.name.contains(&wanted) {
            continue;
        }
        let exception = case
            .exceptions
            .iter()
            .find(|(name, _)| *name == subject.name);
        if let Some((_, reason)) = exception {
            println!("{}: not for {}: {reason}", case.name, subject.name);
            continue;
        }
        let started = Instant::now();
        let result = run(subject, &case);
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        let time = started.elapsed().as_millis();
        println!("{}: {}: {word}, {time} ms", subject.name, case.name);
        if let Err(reason) = result {
            failures.push(format!("  {}: {reason}", case.name));
        }
    }
    assert!(
        failures.is_empty(),
        "{} cases do not hold for {}\n{}",
        failures.len(),
        subject.name,
        failures.join("\n")
    );
}

/// One case, with a server of its own.
fn run(subject: &Subject, case: &Case) -> Result<(), String> {
    let running = Arc::new((subject.start)(&case.with));
    let before = page(&running);
    let client = script(case, &running);
    let settled = client.and_then(|()| settle(subject, case, &running, &before));
    // What is still alive ends now; had anything not been counted, or were counted again, it
    // would show.
    running.server.abort();
    settled?;
    judge(subject, case, &running, &before)
        .map_err(|reason| format!("after the server ended: {reason}"))
}

fn script(case: &Case, running: &Arc<Running>) -> Result<(), String> {
    let client = Builder::new_current_thread().enable_all().build();
    let client = client.map_err(|error| error.to_string())?;
    let script = (case.script)(At::new(Arc::clone(running)));
    let tasks = LocalSet::new();
    let result = tasks.block_on(&client, async {
        tokio::time::timeout(SCRIPT, tokio::task::spawn_local(script)).await
    });
    // Files and sockets of the client that are left close here.
    drop(tasks);
    client.shutdown_background();
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("the client: {}", message(error))),
        Err(_) => Err(format!(
            "the client is not done after {} s",
            SCRIPT.as_secs()
        )),
    }
}

/// Waits until the page has the difference that is expected.
fn settle(
    subject: &Subject,
    case: &Case,
    running: &Running,
    before: &Difference,
) -> Result<(), String> {
    let deadline = Instant::now() + SETTLED;
    loop {
        let verdict = judge(subject, case, running, before);
        if verdict.is_ok() || Instant::now() > deadline {
            return verdict;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether the page has the difference that is expected, and everything that began has ended.
fn judge(
    subject: &Subject,
    case: &Case,
    running: &Running,
    before: &Difference,
) -> Result<(), String> {
    let found = difference::between(before, &page(running));
    let total = |name| difference::total(&found, name);
    let (Expected::Exactly(changes) | Expected::Among(changes, _)) = &case.expected;
    let known = difference::of(changes, subject.wildcard);
    let as_expected = match &case.expected {
        Expected::Exactly(_) => found == known,
        Expected::Among(_, requests) => {
            found.keys().all(|series| known.contains_key(series))
                && total("http_requests_total") >= *requests
        }
    };
    if !as_expected {
        let expected = match &case.expected {
            Expected::Exactly(_) => difference::show(&known),
            Expected::Among(_, requests) => format!(
                " at least {requests} requests, and among{}",
                difference::show(&known)
            ),
        };
        return Err(format!(
            "expected{expected}\n    found{}",
            difference::show(&found)
        ));
    }
    let requests = total("http_requests_total");
    let timed = total("http_request_duration_seconds_count");
    let in_flight = total("http_requests_in_flight");
    let received = running.received();
    if timed != requests || in_flight != 0 || received != requests {
        return Err(format!(
            "{received} requests came, {requests} were counted, {timed} timed, {in_flight} are in \
             flight"
        ));
    }
    Ok(())
}

fn page(running: &Running) -> Difference {
    difference::counts(&running.registry.render(Format::Text))
}

fn message(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => text(&*panic),
        Err(error) => error.to_string(),
    }
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .to_owned()
}

/// Once for the process: panics that are a part of the test need not be read, and a thousand
/// clients need as many files open, as do their servers.
fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !text(info.payload()).contains("as the test wants it") {
                hook(info);
            }
        }));
        let mut files = getrlimit(Resource::Nofile);
        files.current = files.maximum;
        setrlimit(Resource::Nofile, files).expect("a limit can be used up to its maximum");
    });
}
