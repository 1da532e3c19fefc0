//! Pushes to a real Pushgateway, and what a real Prometheus has of them.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, SystemTime};

use tests::poll;
use tests::prometheus::Prometheus;
use tests::pushgateway::Pushgateway;
use tests::scrape::{Labels, Target};
use tests::temp::TempDir;
use vitalsigns::{
    Counter, Family, Gauge, Histogram, LabelSet, MetricGroup, PushError, Pusher, PusherBuilder,
    Registry,
};

const LONG: Duration = Duration::from_secs(30);

#[derive(LabelSet)]
struct Table<'a> {
    #[label(cap = 10)]
    table: &'a str,
}

#[derive(MetricGroup)]
#[metrics(prefix = "import")]
struct Import {
    /// Rows that were read.
    rows_total: Counter,
    /// Rows that were refused, by table.
    refused_total: Family<Table<'static>, Counter>,
    /// Time that a batch took.
    #[metric(buckets = [0.1, 1, 10])]
    batch_duration_seconds: Histogram,
    /// Time that a row took.
    #[metric(histogram = "native")]
    row_duration_seconds: Histogram,
}

fn builder(registry: &Registry, gateway: &Pushgateway, job: &str) -> PusherBuilder {
    Pusher::builder(registry, gateway.url("")).job(job)
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

#[test]
fn push_replaces_a_group_add_its_families_and_delete_all_of_it() {
    let gateway = Pushgateway::start();
    let first = Registry::new();
    Import::register(&first).unwrap().rows_total.add(3);
    let first = builder(&first, &gateway, "import").build().unwrap();
    first.push().unwrap();
    assert_eq!(gateway.group("import").value("import_rows_total"), 3.0);

    // Another program of the same job, with other metrics.
    #[derive(MetricGroup)]
    struct Export {
        /// Files that were written.
        export_files_total: Counter,
    }
    let second = Registry::new();
    Export::register(&second).unwrap().export_files_total.add(2);
    let second = builder(&second, &gateway, "import").build().unwrap();
    second.add().unwrap();
    let group = gateway.group("import");
    assert_eq!(group.value("import_rows_total"), 3.0);
    assert_eq!(group.value("export_files_total"), 2.0);

    second.push().unwrap();
    let group = gateway.group("import");
    assert!(!group.has("import_rows_total"));
    assert_eq!(group.value("export_files_total"), 2.0);
    assert!(group.is_good);

    first.delete().unwrap();
    assert_eq!(gateway.groups(), []);
    // There is nothing to be deleted, which is how it should be.
    first.delete().unwrap();
}

#[test]
fn a_grouping_key_arrives_as_it_is() {
    let gateway = Pushgateway::start();
    let registry = Registry::new();
    let mut expected = BTreeSet::new();
    for value in [
        "",
        "/",
        "/var/tmp",
        "a/b",
        ".",
        "..",
        "...",
        "a b",
        "100%",
        "%2F",
        "a%2Fb",
        "%zz",
        "ä€𝄞",
        "a+b=c&d?e#f;g",
        "@base64",
        "=",
        "line\nfeed",
        "\"quoted\\\"",
        "{}",
        "~-_.",
        "\u{0}",
    ] {
        for (job, group) in [("job", value), (value, "value")] {
            if job.is_empty() {
                continue;
            }
            let pusher = builder(&registry, &gateway, job).group("instance", group);
            let pusher = pusher.build().unwrap();
            pusher
                .push()
                .unwrap_or_else(|error| panic!("{job:?}, {group:?}: {error}"));
            expected.insert(labels(&[("job", job), ("instance", group)]));
        }
    }
    let groups = gateway.groups().into_iter();
    let found: BTreeSet<Labels> = groups.map(|group| group.labels).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_the_gateway_refuses_is_told_in_its_words() {
    let gateway = Pushgateway::start();
    let registry = Registry::new();
    Import::register(&registry).unwrap();
    builder(&registry, &gateway, "import")
        .build()
        .unwrap()
        .push()
        .unwrap();

    // The same name, of another kind, in another group.
    #[derive(MetricGroup)]
    struct Other {
        /// Something else.
        #[metric(name = "import_batch_duration_seconds")]
        duration: Gauge,
    }
    let other = Registry::new();
    Other::register(&other).unwrap().duration.set(1);
    let other = builder(&other, &gateway, "other").build().unwrap();
    let error = other.push().unwrap_err();
    assert!(
        matches!(&error, PushError::Status { status: 400, attempts: 1, message, .. }
            if message.starts_with("pushed metrics are invalid or inconsistent")),
        "{error:?}"
    );
    // The gateway says that it has refused something.
    assert!(!gateway.group("other").is_good);

    // What it would take and make wrong is not sent.
    let error = builder(&registry, &gateway, "a")
        .group("table", "x")
        .build()
        .unwrap_err();
    assert!(matches!(error, PushError::Inconsistent { .. }), "{error:?}");

    // An address that is nearly right.
    let wrong = Pusher::builder(&registry, gateway.url("/metrics")).job("import");
    let error = wrong.build().unwrap().push().unwrap_err().to_string();
    assert!(error.contains("without `/metrics`"), "{error}");
}

#[test]
fn a_gateway_that_wants_a_password_gets_it() {
    let dir = TempDir::new();
    // The password is `test`, as in the documentation of Prometheus.
    let users = "basic_auth_users:\n  importer: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay\n";
    let users = dir.write("web.yml", users);
    let password = dir.write("password", "wrong\n");
    let gateway = {
        // Its ready page wants the password, too.
        let address = format!("127.0.0.1:{}", tests::program::free_port());
        Pushgateway::start_at_with(
            &address,
            &[&format!("--web.config.file={}", users.display())],
        )
    };
    let registry = Registry::new();
    let pusher = builder(&registry, &gateway, "import").basic_auth("importer", &password);
    let pusher = pusher.build().unwrap();
    let error = pusher.push().unwrap_err();
    assert!(
        matches!(error, PushError::Status { status: 401, .. }),
        "{error:?}"
    );
    // The file is read again.
    dir.write("password", "test\n");
    pusher.push().unwrap();
}

#[test]
fn a_gateway_that_dies_is_found_again() {
    let gateway = Pushgateway::start();
    let address = gateway.address().to_owned();
    let registry = Registry::new();
    let import = Import::register(&registry).unwrap();
    let pusher = builder(&registry, &gateway, "import")
        .retries(1)
        .build()
        .unwrap();
    let background = pusher.every(Duration::from_millis(200)).unwrap();
    let wait_for = |gateway: &Pushgateway, rows: f64| {
        poll::until_ok(LONG, &format!("{rows} rows"), || {
            let groups = gateway.groups();
            match groups.first().map(|group| group.value("import_rows_total")) {
                Some(found) if found == rows => Ok(()),
                found => Err(format!("{found:?}")),
            }
        });
    };
    import.rows_total.inc();
    wait_for(&gateway, 1.0);
    gateway.kill();
    import.rows_total.inc();
    poll::until(LONG, "a push to fail", || background.last_error());
    let gateway = Pushgateway::start_at(&address);
    wait_for(&gateway, 2.0);
    poll::until(LONG, "a push to be taken", || {
        background.last_error().is_none().then_some(())
    });

    // One that stands still costs the last push, and the timeout.
    let pusher = builder(&registry, &gateway, "import").timeout(Duration::from_secs(1));
    let pusher = pusher.build().unwrap();
    background.finish().unwrap();
    gateway.program().signal("STOP");
    let background = pusher.every(LONG).unwrap();
    let error = background.finish().unwrap_err();
    gateway.program().signal("CONT");
    assert!(matches!(error, PushError::Timeout { .. }), "{error:?}");
}

#[test]
fn the_last_push_comes_with_the_end_of_the_job_however_it_ends() {
    let gateway = Pushgateway::start();
    for (job, panics) in [("ends", false), ("panics", true)] {
        let registry = Registry::new();
        let import = Import::register(&registry).unwrap();
        let pusher = builder(&registry, &gateway, job).build().unwrap();
        let work = thread::spawn(move || {
            let _background = pusher.every(LONG).unwrap();
            import.rows_total.add(10);
            assert!(!panics, "the job has failed");
            pusher.succeeded();
        });
        assert_eq!(work.join().is_err(), panics);
        let group = gateway.group(job);
        assert_eq!(group.value("import_rows_total"), 10.0);
        assert_eq!(group.has("job_last_success_timestamp_seconds"), !panics);
    }
}

#[test]
fn a_run_that_fails_leaves_the_time_of_the_last_success() {
    let gateway = Pushgateway::start();
    for protobuf in [false, true] {
        let run = |succeeds: bool| {
            let registry = Registry::new();
            let pusher = builder(&registry, &gateway, "backup");
            let pusher = if protobuf { pusher.protobuf() } else { pusher };
            let pusher = pusher.build().unwrap();
            if succeeds {
                pusher.succeeded();
            }
            pusher.add().unwrap();
            gateway
                .group("backup")
                .value("job_last_success_timestamp_seconds")
        };
        let success = run(true);
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        assert!((now.as_secs_f64() - success).abs() < 60.0);
        assert_eq!(run(false), success);
    }
}

#[test]
fn every_format_arrives_as_the_same_and_prometheus_has_it() {
    let gateway = Pushgateway::start();
    let registry = Registry::builder()
        .constant_label("shard", "7")
        .build()
        .unwrap();
    let import = Import::register(&registry).unwrap();
    import.rows_total.add(5);
    for table in ["a", "b \"quoted\"\n"] {
        import.refused_total.with(&Table { table }).inc();
    }
    for value in [0.05, 0.5, 5.0, 50.0] {
        import.batch_duration_seconds.observe(value);
        import.row_duration_seconds.observe(value);
    }
    let jobs = ["text", "text-gzip", "protobuf", "protobuf-gzip"];
    for job in jobs {
        let pusher = builder(&registry, &gateway, job).group("instance", "host/3");
        let pusher = if job.starts_with("protobuf") {
            pusher.protobuf()
        } else {
            pusher
        };
        let pusher = if job.ends_with("gzip") {
            pusher.gzip()
        } else {
            pusher
        };
        pusher.build().unwrap().push().unwrap();
    }
    let target = Target::new("gateway", gateway.address()).honor_labels();
    let prometheus = Prometheus::start_with(&[target], &["--enable-feature=native-histograms"]);
    prometheus.wait_until_up("gateway");
    for job in jobs {
        let own = format!("job=\"{job}\",instance=\"host/3\",shard=\"7\"");
        prometheus.wait_for_value(&format!("import_rows_total{{{own}}}"), 5.0);
        prometheus.wait_for_value(&format!("sum(import_refused_total{{{own}}})"), 2.0);
        prometheus.wait_for_value(&format!("count(import_refused_total{{{own}}})"), 2.0);
        let bucket = format!("import_batch_duration_seconds_bucket{{{own},le=~\"1|1.0\"}}");
        prometheus.wait_for_value(&bucket, 2.0);
        // Text has of a native histogram what all of it is, and no buckets.
        let native = format!("histogram_quantile(0.5, import_row_duration_seconds{{{own}}})");
        let median = prometheus.query(&native)[0].1;
        let is_native = (0.4..=0.6).contains(&median);
        assert_eq!(is_native, job.starts_with("protobuf"), "{job}: {median}");
    }
}
