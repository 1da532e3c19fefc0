//! What is known of this process, on the page.

use super::{ProcessStats, ReadError};
use crate::{
    Counter, Family, Gauge, GaugeNumber, Label, LabelSet, LabelSpec, MetricGroup, RegisterError,
    Registry,
};

/// No labels at all: a family of one series, which can be absent.
struct Absent;

impl LabelSet for Absent {
    type Schema = Absent;
    const LABELS: &'static [LabelSpec] = &[];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Closed(0)
    }
}

#[derive(MetricGroup)]
#[metrics(prefix = "process", namespace = false)]
struct ProcessGroup {
    /// CPU time that the process has used, of the user and of the system.
    cpu_seconds_total: Counter<f64>,
    /// Memory of the process that is in RAM.
    resident_memory_bytes: Gauge,
    /// Address space of the process that is in use.
    virtual_memory_bytes: Gauge,
    /// Address space that the process may have; absent if there is no limit.
    virtual_memory_max_bytes: Family<Absent, Gauge>,
    /// File descriptors that are open; absent if they cannot be seen.
    open_fds: Family<Absent, Gauge>,
    /// File descriptors that may be open, by the soft limit; absent if there is no limit.
    max_fds: Family<Absent, Gauge>,
    /// When the process was started, in seconds since 1970.
    start_time_seconds: Gauge<f64>,
    /// Threads of the process that are alive.
    threads: Gauge,
    /// Memory that the control group may use; absent if no limit is known.
    cgroup_memory_limit_bytes: Family<Absent, Gauge>,
    /// CPU cores that the control group may keep busy; absent if no limit is known.
    #[metric(unit = "cores")]
    cgroup_cpu_limit_cores: Family<Absent, Gauge<f64>>,
}

impl ProcessGroup {
    fn report(&self, stats: &ProcessStats) {
        self.cpu_seconds_total.raise_to(stats.cpu_seconds);
        self.resident_memory_bytes
            .set(signed(stats.resident_memory_bytes));
        self.virtual_memory_bytes
            .set(signed(stats.virtual_memory_bytes));
        self.start_time_seconds.set(stats.start_time_seconds);
        self.threads.set(signed(stats.threads));
        let some = |value: Option<u64>| value.map(signed);
        show(
            &self.virtual_memory_max_bytes,
            some(stats.virtual_memory_max_bytes),
        );
        show(&self.open_fds, some(stats.open_fds));
        show(&self.max_fds, some(stats.max_fds));
        show(
            &self.cgroup_memory_limit_bytes,
            some(stats.cgroup_memory_limit_bytes),
        );
        show(&self.cgroup_cpu_limit_cores, stats.cgroup_cpu_limit_cores);
    }
}

/// No number stands for "unlimited" or "unknown", so there is no sample then.
fn show<N: GaugeNumber>(family: &Family<Absent, Gauge<N>>, value: Option<N>) {
    match value {
        Some(value) => family.with(&Absent).set(value),
        None => {
            family.remove(&Absent);
        }
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The metrics of this process: the names that every dashboard for processes knows.
///
/// They have no namespace, whatever that of the registry is.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, Registry, families::ProcessMetrics};
///
/// let registry = Registry::builder().namespace("shop").build()?;
/// ProcessMetrics::register(&registry)?;
/// # #[cfg(target_os = "linux")]
/// assert!(registry.render(Format::Text).contains("\nprocess_cpu_seconds_total "));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ProcessMetrics;

impl ProcessMetrics {
    /// Has the process read at each scrape; registering a second time adds nothing.
    ///
    /// If it cannot be read, as on what is not Linux, these families are left out of the page, and
    /// `vitalsigns_collector_up` says so.
    ///
    /// # Errors
    ///
    /// As for any group: see [`MetricGroup::register`].
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn register(registry: &Registry) -> Result<(), RegisterError> {
        Self::register_with(registry, ProcessStats::read)
    }

    fn register_with(
        registry: &Registry,
        read: impl Fn() -> Result<ProcessStats, ReadError> + Send + Sync + 'static,
    ) -> Result<(), RegisterError> {
        registry.collect_once(move |group: &ProcessGroup| {
            group.report(&read()?);
            Ok::<(), ReadError>(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::Format;

    const STATS: ProcessStats = ProcessStats {
        cpu_seconds: 1.5,
        resident_memory_bytes: 100,
        virtual_memory_bytes: 200,
        virtual_memory_max_bytes: Some(300),
        open_fds: Some(4),
        max_fds: Some(5),
        start_time_seconds: 1.75e9,
        threads: 6,
        cgroup_memory_limit_bytes: Some(700),
        cgroup_cpu_limit_cores: Some(1.5),
    };

    type Answer = Arc<Mutex<Option<ProcessStats>>>;

    fn answering() -> (Registry, Answer, Arc<AtomicUsize>) {
        let registry = Registry::builder().namespace("shop").build().unwrap();
        let answer: Answer = Arc::new(Mutex::new(Some(STATS)));
        let reads = Arc::new(AtomicUsize::new(0));
        for _twice in 0..2 {
            let (read, count) = (Arc::clone(&answer), Arc::clone(&reads));
            ProcessMetrics::register_with(&registry, move || {
                count.fetch_add(1, Ordering::SeqCst);
                read.lock().unwrap().ok_or(ReadError::Unsupported)
            })
            .unwrap();
        }
        (registry, answer, reads)
    }

    fn samples(registry: &Registry) -> Vec<String> {
        let page = registry.render(Format::Text);
        page.lines()
            .filter(|line| line.starts_with("process_"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_field_is_on_the_page_and_is_read_once() {
        let (registry, _, reads) = answering();
        let expected = [
            "process_cgroup_cpu_limit_cores 1.5",
            "process_cgroup_memory_limit_bytes 700",
            "process_cpu_seconds_total 1.5",
            "process_max_fds 5",
            "process_open_fds 4",
            "process_resident_memory_bytes 100",
            "process_start_time_seconds 1750000000.0",
            "process_threads 6",
            "process_virtual_memory_bytes 200",
            "process_virtual_memory_max_bytes 300",
        ];
        assert_eq!(samples(&registry), expected);
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_is_not_known_is_absent_until_it_is() {
        let (registry, answer, _) = answering();
        let unlimited = ProcessStats {
            virtual_memory_max_bytes: None,
            open_fds: None,
            max_fds: None,
            cgroup_memory_limit_bytes: None,
            cgroup_cpu_limit_cores: None,
            ..STATS
        };
        *answer.lock().unwrap() = Some(unlimited);
        let names = |registry: &Registry| -> Vec<String> {
            let lines = samples(registry);
            let name = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
            lines.iter().map(name).collect()
        };
        let expected = [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_threads",
            "process_virtual_memory_bytes",
        ];
        assert_eq!(names(&registry), expected);
        *answer.lock().unwrap() = Some(STATS);
        assert_eq!(names(&registry).len(), 10);
    }

    #[test]
    fn a_read_that_fails_drops_these_families_alone() {
        #[derive(MetricGroup)]
        struct Jobs {
            /// Jobs.
            jobs_total: Counter,
        }

        let (registry, answer, _) = answering();
        Jobs::register(&registry).unwrap().jobs_total.inc();
        *answer.lock().unwrap() = None;
        assert!(samples(&registry).is_empty());
        let page = registry.render(Format::Text);
        assert!(page.contains("\nshop_jobs_total 1\n"), "{page}");
        let down = "\nvitalsigns_collector_up{collector=\"ProcessGroup\"} 0\n";
        assert!(page.contains(down), "{page}");
        *answer.lock().unwrap() = Some(STATS);
        assert_eq!(samples(&registry).len(), 10);
    }

    #[test]
    fn cpu_time_does_not_fall() {
        let (registry, answer, _) = answering();
        for (read, shown) in [(1.5, "1.5"), (1.25, "1.5"), (2.0, "2.0")] {
            let stats = ProcessStats {
                cpu_seconds: read,
                ..STATS
            };
            *answer.lock().unwrap() = Some(stats);
            let line = format!("process_cpu_seconds_total {shown}");
            assert!(samples(&registry).contains(&line), "{read}");
        }
    }
}
