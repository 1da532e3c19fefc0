//! Only where there is a `/proc` to read.
#![cfg(target_os = "linux")]

use std::process::{Child, Command};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, thread};

use vitalsigns::families::ProcessMetrics;
use vitalsigns::families::process::{ProcessStats, ReadError};
use vitalsigns::testing::value;
use vitalsigns::{Format, Registry};

/// A child that does not outlive its test.
struct Running(Child);

impl Running {
    fn shell(script: &str) -> Self {
        Running(Command::new("sh").args(["-c", script]).spawn().unwrap())
    }

    fn id(&self) -> u32 {
        self.0.id()
    }

    /// What there is to know of it once it has become `sleep` and does sleep: before, it is loading.
    fn stats(&self) -> ProcessStats {
        let deadline = Instant::now() + Duration::from_secs(60);
        let stat = format!("/proc/{}/stat", self.id());
        while !fs::read_to_string(&stat).unwrap().contains("(sleep) S ") {
            assert!(Instant::now() < deadline, "the child does not get ready");
            thread::sleep(Duration::from_millis(5));
        }
        ProcessStats::of(self.id()).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs_f64()
}

#[test]
fn the_limits_of_a_child_are_those_that_it_was_given() {
    let child = Running::shell("ulimit -n 123; ulimit -v 2000000; exec sleep 60");
    let stats = child.stats();
    assert_eq!(stats.max_fds, Some(123));
    assert_eq!(stats.virtual_memory_max_bytes, Some(2_000_000 * 1024));
}

#[test]
fn the_memory_of_a_child_is_that_of_another_file() {
    let child = Running::shell("exec sleep 60");
    let stats = child.stats();
    // In pages, of a size that is known by the other number.
    let statm = fs::read_to_string(format!("/proc/{}/statm", child.id())).unwrap();
    let pages: Vec<u64> = statm
        .split_whitespace()
        .map(|pages| pages.parse().unwrap())
        .collect();
    assert_eq!(stats.virtual_memory_bytes % pages[0], 0);
    let page = stats.virtual_memory_bytes / pages[0];
    assert!(page.is_power_of_two() && page >= 4096, "{page}");
    // The kernel counts resident pages per CPU, so the files may be a few pages apart.
    let resident = stats.resident_memory_bytes / page;
    assert!(resident.abs_diff(pages[1]) < 256, "{resident} {statm}");
    assert!(stats.resident_memory_bytes > 0);
    assert!(stats.resident_memory_bytes <= stats.virtual_memory_bytes);
}

#[test]
fn the_descriptors_and_threads_of_a_child_are_counted() {
    let quiet = Running::shell("exec sleep 60");
    let open = Running::shell("exec 7</dev/null 8</dev/null 9</dev/null; exec sleep 60");
    let (quiet, open) = (quiet.stats(), open.stats());
    assert_eq!(open.open_fds.unwrap(), quiet.open_fds.unwrap() + 3);
    assert_eq!(open.threads, 1);
}

#[test]
fn the_work_and_the_start_of_a_child_are_known() {
    let before = now();
    let child = Running::shell("i=0; while [ $i -lt 500000 ]; do i=$((i+1)); done; exec sleep 60");
    let stats = child.stats();
    let lived = now() - before;
    assert!(stats.cpu_seconds > 0.0, "{stats:?}");
    assert!(stats.cpu_seconds <= lived + 0.02, "{stats:?} {lived}");
    // The start of the machine is known to a second.
    assert!(
        (stats.start_time_seconds - before).abs() < 5.0,
        "{stats:?} {before}"
    );
}

#[test]
fn a_child_that_has_ended_has_no_memory_and_then_no_stats() {
    let mut child = Running::shell("exit");
    let stat = format!("/proc/{}/stat", child.id());
    let deadline = Instant::now() + Duration::from_secs(60);
    while !fs::read_to_string(&stat).unwrap().contains(") Z ") {
        assert!(Instant::now() < deadline, "the child does not end");
        thread::sleep(Duration::from_millis(5));
    }
    let stats = ProcessStats::of(child.id()).unwrap();
    assert_eq!(stats.resident_memory_bytes, 0);
    assert_eq!(stats.virtual_memory_bytes, 0);
    child.0.wait().unwrap();
    let error = ProcessStats::of(child.id()).unwrap_err();
    assert!(matches!(error, ReadError::File { .. }), "{error}");
}

#[test]
fn this_process_sees_itself() {
    let before = ProcessStats::read().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let waiting = thread::spawn(move || receiver.recv());
    let deadline = Instant::now() + Duration::from_secs(60);
    let after = loop {
        let after = ProcessStats::read().unwrap();
        if after.cpu_seconds > before.cpu_seconds {
            break after;
        }
        assert!(Instant::now() < deadline, "the work does not show");
    };
    assert!(after.threads >= 2);
    assert_eq!(after.start_time_seconds, before.start_time_seconds);
    assert_eq!(after.max_fds, before.max_fds);
    assert!(after.open_fds.unwrap() >= 3);
    // By its number it is the same process, without the descriptor that reading takes.
    let by_number = ProcessStats::of(std::process::id()).unwrap();
    assert_eq!(by_number.start_time_seconds, after.start_time_seconds);
    drop(sender);
    assert!(waiting.join().unwrap().is_err());
}

#[test]
fn the_page_has_the_standard_names_without_a_namespace() {
    let registry = Registry::builder().namespace("shop").build().unwrap();
    ProcessMetrics::register(&registry).unwrap();
    ProcessMetrics::register(&registry).unwrap();
    let page = registry.render(Format::OpenMetrics);
    for (name, kind, unit) in [
        ("process_cpu_seconds", "counter", "seconds"),
        ("process_resident_memory_bytes", "gauge", "bytes"),
        ("process_virtual_memory_bytes", "gauge", "bytes"),
        ("process_virtual_memory_max_bytes", "gauge", "bytes"),
        ("process_open_fds", "gauge", ""),
        ("process_max_fds", "gauge", ""),
        ("process_start_time_seconds", "gauge", "seconds"),
        ("process_threads", "gauge", ""),
        ("process_cgroup_memory_limit_bytes", "gauge", "bytes"),
        ("process_cgroup_cpu_limit_cores", "gauge", "cores"),
    ] {
        assert!(page.contains(&format!("# TYPE {name} {kind}\n")), "{page}");
        assert!(page.contains(&format!("# HELP {name} ")), "{page}");
        let line = format!("# UNIT {name} {unit}\n");
        assert_eq!(page.contains(&line), !unit.is_empty(), "{page}");
    }
    let collectors = page.matches("vitalsigns_collector_up{").count();
    assert_eq!(collectors, 1, "{page}");
}

#[test]
fn the_page_follows_the_process() {
    let registry = Registry::new();
    ProcessMetrics::register(&registry).unwrap();
    let read = |name: &str| value(&registry, name, &[]);
    // Other tests of this process open files as well, so many are opened.
    let before = read("process_open_fds").unwrap();
    let files: Vec<_> = (0..500)
        .map_while(|_| fs::File::open("/dev/null").ok())
        .collect();
    let opened = read("process_open_fds").unwrap() - before;
    assert!(opened > files.len() as f64 - 100.0, "{opened}");
    drop(files);
    assert!(read("process_open_fds").unwrap() < before + 100.0);

    let limit = ProcessStats::read().unwrap().max_fds;
    assert_eq!(read("process_max_fds"), limit.map(|limit| limit as f64));
    let started = read("process_start_time_seconds").unwrap();
    assert!(started > 1e9 && started <= now() + 1.0, "{started}");
    assert!(read("process_threads").unwrap() >= 1.0);

    let mut cpu = read("process_cpu_seconds_total").unwrap();
    let first = cpu;
    let deadline = Instant::now() + Duration::from_secs(60);
    while cpu <= first {
        assert!(Instant::now() < deadline, "the work does not show");
        let next = read("process_cpu_seconds_total").unwrap();
        assert!(next >= cpu, "{next} {cpu}");
        cpu = next;
    }
}
