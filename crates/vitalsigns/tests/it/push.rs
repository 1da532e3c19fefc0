//! Pushes to gateways that are slow, broken, busy or not there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use vitalsigns::{
    Counter, Family, Format, Gauge, LabelSet, LabelValue, MetricGroup, PushError, Pusher,
    PusherBuilder, Registry, StateSet,
};

/// Longer than anything here should take.
const LONG: Duration = Duration::from_secs(30);

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n";

/// What a gateway does with a request.
#[derive(Clone, Copy)]
enum Does {
    /// Answers this, and closes the connection.
    Answers(&'static str),
    /// Says nothing and keeps the connection.
    Hangs,
}

/// A request as it arrived.
struct Request {
    line: String,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    fn has(&self, header: &str) -> bool {
        let mut headers = self.headers.iter();
        headers.any(|have| have.eq_ignore_ascii_case(header))
    }
}

/// A gateway that does one thing for each request, the last of them for ever.
fn gateway(does: &'static [Does]) -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, received) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for (count, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let Some(request) = read(&stream) else {
                continue;
            };
            let _ = sender.send(request);
            match does[count.min(does.len() - 1)] {
                Does::Answers(text) => drop(stream.write_all(text.as_bytes())),
                Does::Hangs => kept.push(stream),
            }
        }
    });
    (address, received)
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    (!lines.is_empty()).then(|| Request {
        line: lines.remove(0),
        headers: lines,
        body,
    })
}

#[derive(MetricGroup)]
#[metrics(prefix = "import")]
struct Import {
    /// Rows that were read.
    rows_total: Counter,
}

fn builder(registry: &Registry, address: SocketAddr) -> PusherBuilder {
    Pusher::builder(registry, format!("http://{address}"))
        .job("import")
        .timeout(LONG)
}

/// A pusher of an import that has read three rows.
fn pusher(address: SocketAddr) -> (Registry, Pusher) {
    let registry = Registry::new();
    Import::register(&registry).unwrap().rows_total.add(3);
    let pusher = builder(&registry, address).build().unwrap();
    (registry, pusher)
}

fn pushes(registry: &Registry, outcome: &str) -> u32 {
    let page = registry.render(Format::Text);
    let outcome = format!("outcome=\"{outcome}\"");
    let is_of =
        |line: &&str| line.starts_with("vitalsigns_pushes_total{") && line.contains(&outcome);
    let line = page.lines().find(is_of).unwrap();
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[test]
fn the_page_of_the_moment_is_sent_to_the_group_of_the_job() {
    let (address, requests) = gateway(&[Does::Answers(OK)]);
    let registry = Registry::new();
    let import = Import::register(&registry).unwrap();
    let pusher = builder(&registry, address)
        .group("instance", "a b")
        .bearer_token("open-sesame\n")
        .build()
        .unwrap();
    import.rows_total.add(7);
    for (call, verb) in [
        (Pusher::push as fn(&Pusher) -> _, "PUT"),
        (Pusher::add, "POST"),
        (Pusher::delete, "DELETE"),
    ] {
        call(&pusher).unwrap();
        let request = requests.recv_timeout(LONG).unwrap();
        let expected = format!("{verb} /metrics/job/import/instance/a%20b HTTP/1.1");
        assert_eq!(request.line, expected);
        assert!(request.has("authorization: Bearer open-sesame"));
        let body = String::from_utf8(request.body).unwrap();
        if verb == "DELETE" {
            assert_eq!(body, "");
        } else {
            assert!(body.contains("\nimport_rows_total 7\n"));
            assert!(request.headers.iter().any(|header| {
                header
                    .eq_ignore_ascii_case("content-type: text/plain; version=0.0.4; charset=utf-8")
            }));
        }
    }
    assert_eq!(pushes(&registry, "success"), 3);
}

#[test]
fn only_a_registry_that_is_pushed_has_metrics_about_pushes() {
    let of_pushes = |registry: &Registry| -> Vec<String> {
        let families = registry.catalogue().families.into_iter();
        let names = families.map(|family| family.name);
        names
            .filter(|name| name.contains("push") || name.starts_with("job"))
            .collect()
    };
    let registry = Registry::new();
    assert_eq!(of_pushes(&registry), [""; 0]);
    let pusher = Pusher::builder(&registry, "http://127.0.0.1:9").job("a");
    let first = pusher.clone().build().unwrap();
    let second = pusher.job("b").build().unwrap();
    assert_eq!(
        of_pushes(&registry),
        [
            "job_last_success_timestamp_seconds",
            "vitalsigns_push_last_success_timestamp_seconds",
            "vitalsigns_pushes_total"
        ]
    );
    // Both are of one registry.
    drop((first.push(), second.push()));
    assert_eq!(pushes(&registry, "unreachable"), 2);
    let page = registry.render(Format::Text);
    let never = "\nvitalsigns_push_last_success_timestamp_seconds 0.0\n";
    assert!(page.contains(never), "{page}");
}

#[test]
fn what_can_get_better_is_tried_again() {
    for does in [
        &[
            Does::Answers(BROKEN),
            Does::Answers(BROKEN),
            Does::Answers(OK),
        ][..],
        // No answer, and half of one.
        &[
            Does::Answers(""),
            Does::Answers("HTTP/1.1 20"),
            Does::Answers(OK),
        ],
        &[
            Does::Answers("HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n"),
            Does::Answers("HTTP/1.1 429 Busy\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"),
            Does::Answers(OK),
        ],
    ] {
        let (address, requests) = gateway(does);
        let (registry, pusher) = pusher(address);
        pusher.push().unwrap();
        assert_eq!(requests.try_iter().count(), 3);
        // It counts as one push.
        assert_eq!(pushes(&registry, "success"), 1);
        assert_eq!(pushes(&registry, "unavailable"), 0);
    }
}

#[test]
fn what_does_not_get_better_is_not_tried_again() {
    let (address, requests) = gateway(&[Does::Answers(
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 41\r\n\r\n\npushed metrics are inconsistent\x1b\r\nand more",
    )]);
    let (registry, pusher) = pusher(address);
    let error = pusher.push().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`http://{address}/metrics/job/import` answered with status 400: pushed metrics are \
             inconsistent"
        )
    );
    assert_eq!(requests.try_iter().count(), 1);
    assert_eq!(pushes(&registry, "refused"), 1);
}

#[test]
fn the_last_answer_is_told_when_retries_are_used_up() {
    let (address, requests) = gateway(&[Does::Answers(BROKEN)]);
    let (registry, pusher) = pusher(address);
    let error = pusher.add().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`http://{address}/metrics/job/import` answered with status 500 (tried 4 times)")
    );
    assert_eq!(requests.try_iter().count(), 4);
    assert_eq!(pushes(&registry, "unavailable"), 1);
}

#[test]
fn a_gateway_that_wants_more_patience_than_there_is_gets_none() {
    let (address, requests) = gateway(&[Does::Answers(
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 4\r\n\r\nbusy",
    )]);
    let (_, pusher) = pusher(address);
    let started = Instant::now();
    assert!(matches!(
        pusher.push(),
        Err(PushError::Status { status: 429, message, attempts: 1, .. }) if message == "busy"
    ));
    assert!(started.elapsed() < LONG);
    assert_eq!(requests.try_iter().count(), 1);
}

#[test]
fn a_redirect_is_told_and_not_followed() {
    let (address, requests) = gateway(&[Does::Answers(
        "HTTP/1.1 301 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
    )]);
    let (registry, pusher) = pusher(address);
    let error = pusher.push().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("status 301, a redirect to `/elsewhere`"),
        "{error}"
    );
    assert_eq!(requests.try_iter().count(), 1);
    assert_eq!(pushes(&registry, "refused"), 1);
}

#[test]
fn nobody_who_listens_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (registry, pusher) = pusher(address);
    let error = pusher.push().unwrap_err();
    assert!(
        matches!(&error, PushError::Unreachable { attempts: 4, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!(pushes(&registry, "unreachable"), 1);
}

#[test]
fn what_is_no_http_is_not_asked_again() {
    let (address, requests) = gateway(&[Does::Answers("SSH-2.0-OpenSSH_9.2\r\n\r\n")]);
    let (_, pusher) = pusher(address);
    let error = pusher.push().unwrap_err();
    assert!(
        matches!(&error, PushError::Unreachable { attempts: 1, .. }),
        "{error:?}"
    );
    assert_eq!(requests.try_iter().count(), 1);
}

#[test]
fn a_gateway_that_hangs_costs_the_timeout_and_no_more() {
    // Once at once, and once in the middle of an answer.
    for does in [&[Does::Hangs][..], &[Does::Answers(BROKEN), Does::Hangs]] {
        let (address, _requests) = gateway(does);
        let registry = Registry::new();
        let pusher = builder(&registry, address);
        let pusher = pusher.timeout(Duration::from_secs(1)).build().unwrap();
        let started = Instant::now();
        let error = pusher.push().unwrap_err();
        assert!(started.elapsed() < LONG);
        assert!(matches!(&error, PushError::Timeout { .. }), "{error:?}");
        assert!(
            error.to_string().contains("did not answer within 1s"),
            "{error}"
        );
        assert_eq!(pushes(&registry, "timeout"), 1);

        // Nor does an end of pushes in the background hang.
        let started = Instant::now();
        let background = pusher.every(LONG).unwrap();
        assert!(matches!(
            background.finish(),
            Err(PushError::Timeout { .. })
        ));
        drop(pusher.every(LONG).unwrap());
        assert!(started.elapsed() < LONG);
    }
}

#[test]
fn a_group_cannot_have_a_label_of_the_registry() {
    #[derive(LabelSet)]
    struct Region<'a> {
        #[label(cap = 10)]
        region: &'a str,
    }
    #[derive(LabelValue, Clone, Copy)]
    enum Phase {
        Load,
        Store,
    }
    #[derive(MetricGroup)]
    struct More {
        /// Files.
        files_open: Family<Region<'static>, Gauge>,
        /// Where it is.
        phase: StateSet<Phase>,
    }
    let registry = Registry::builder()
        .constant_label("shard", "7")
        .build()
        .unwrap();
    let with = |label: &str| {
        Pusher::builder(&registry, "http://127.0.0.1:9")
            .job("a")
            .group(label, "x")
    };
    let early = with("region").build().unwrap();
    let more = More::register(&registry).unwrap();
    more.files_open.with(&Region { region: "eu" }).set(1);
    more.phase.set(Phase::Load);
    more.phase.set(Phase::Store);
    for (label, whose) in [
        ("region", "a label of metric `files_open`"),
        ("phase", "a label of metric `phase`"),
        ("shard", "a constant label of the registry"),
    ] {
        let error = with(label).build().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "label `{label}` of the grouping key is also {whose}, which the gateway would \
                 overwrite; give one of them another name"
            )
        );
    }
    // What was registered later is seen when it would be sent.
    assert!(
        matches!(early.push(), Err(PushError::Inconsistent { label, .. }) if label == "region")
    );
    assert_eq!(pushes(&registry, "invalid"), 1);
    // To forget needs no labels.
    assert!(matches!(early.delete(), Err(PushError::Unreachable { .. })));
}

#[test]
fn a_grouping_key_is_checked_when_it_is_said() {
    let registry = Registry::new();
    let pusher = || Pusher::builder(&registry, "http://127.0.0.1:9").job("a");
    for (builder, word) in [
        (pusher().job(""), "say which"),
        (pusher().group("job", "b"), "say it with `job`"),
        (pusher().group("le", "1"), "`le`"),
        (pusher().group("Host", "b"), "snake_case"),
        (pusher().group("host", "b").group("host", "c"), "twice"),
        (pusher().bearer_token(" \n"), "is empty"),
        (pusher().bearer_token("a\nb"), "more than one line"),
        (pusher().bearer_token("a b"), "not ASCII"),
        (pusher().bearer_token("ä"), "not ASCII"),
        (
            pusher().basic_auth("me:you", "/nowhere/at/all"),
            "with a colon",
        ),
        (
            pusher().basic_auth("me", "/nowhere/at/all"),
            "`/nowhere/at/all`",
        ),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_metric_of_the_same_name_is_told() {
    #[derive(MetricGroup)]
    struct Taken {
        /// Mine.
        job_last_success_timestamp_seconds: Gauge<f64>,
    }
    let registry = Registry::new();
    let taken = Taken::register(&registry).unwrap();
    taken.job_last_success_timestamp_seconds.set(1.0);
    let error = Pusher::builder(&registry, "http://127.0.0.1:9")
        .job("a")
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`job_last_success_timestamp_seconds` of `Taken`"),
        "{error}"
    );
    assert!(
        !registry
            .render(Format::Text)
            .contains("vitalsigns_pushes_total")
    );
}

#[test]
fn the_background_pushes_at_once_then_again_and_at_the_end() {
    let (address, requests) = gateway(&[Does::Answers(OK)]);
    let registry = Registry::new();
    let import = Import::register(&registry).unwrap();
    let pusher = builder(&registry, address).build().unwrap();
    let rows = |request: Request| {
        assert!(request.line.starts_with("POST "));
        let body = String::from_utf8(request.body).unwrap();
        let value = body
            .lines()
            .find_map(|line| line.strip_prefix("import_rows_total "));
        value.unwrap().parse::<u32>().unwrap()
    };
    let background = pusher.every(Duration::from_millis(1)).unwrap();
    assert_eq!(rows(requests.recv_timeout(LONG).unwrap()), 0);
    import.rows_total.add(5);
    while rows(requests.recv_timeout(LONG).unwrap()) != 5 {}
    import.rows_total.add(5);
    background.finish().unwrap();
    assert_eq!(requests.try_iter().map(rows).last(), Some(10));

    // On drop, and when the job panics.
    for panics in [false, true] {
        import.rows_total.add(10);
        let pusher = pusher.clone();
        let job = thread::spawn(move || {
            let _background = pusher.every(LONG).unwrap();
            assert!(!panics, "the job has failed");
        });
        assert_eq!(job.join().is_err(), panics);
        let expected = if panics { 30 } else { 20 };
        assert_eq!(requests.try_iter().map(rows).last(), Some(expected));
    }
}

#[test]
fn the_background_outlives_a_gateway_that_does_not() {
    let (address, requests) = gateway(&[
        Does::Answers("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
        Does::Answers(OK),
    ]);
    let (registry, pusher) = pusher(address);
    let background = pusher.every(Duration::from_millis(300)).unwrap();
    requests.recv_timeout(LONG).unwrap();
    let started = Instant::now();
    while background.last_error().is_none() && pushes(&registry, "success") == 0 {
        assert!(started.elapsed() < LONG);
        thread::yield_now();
    }
    requests.recv_timeout(LONG).unwrap();
    while background.last_error().is_some() {
        assert!(started.elapsed() < LONG);
        thread::yield_now();
    }
    background.finish().unwrap();
    assert_eq!(pushes(&registry, "refused"), 1);
}

#[cfg(feature = "tracing")]
#[test]
fn a_warning_tells_that_pushes_begin_to_fail_and_that_the_last_has() {
    let (address, requests) = gateway(&[Does::Answers(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
    )]);
    let (_, pusher) = pusher(address);
    let log = crate::warning::Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let background = pusher.every(Duration::from_millis(1)).unwrap();
        for _ in 0..3 {
            requests.recv_timeout(LONG).unwrap();
        }
        drop(background);
    });
    let texts = log.0.lock().unwrap();
    let texts: Vec<_> = texts
        .iter()
        .filter(|text| text.contains("a push did not arrive"))
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts[0].contains("status 403; it wants `basic_auth`"),
        "{texts:?}"
    );
}

#[test]
fn a_pause_between_attempts_does_not_hold_up_the_end() {
    let (address, requests) = gateway(&[
        Does::Answers("HTTP/1.1 503 Busy\r\nretry-after: 25\r\ncontent-length: 0\r\n\r\n"),
        Does::Answers(OK),
    ]);
    let (_, pusher) = pusher(address);
    let started = Instant::now();
    let background = pusher.every(LONG).unwrap();
    requests.recv_timeout(LONG).unwrap();
    background.finish().unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_pusher_can_go_where_a_job_goes() {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<Pusher>();
    anywhere::<vitalsigns::BackgroundPusher>();
    anywhere::<PushError>();
}
