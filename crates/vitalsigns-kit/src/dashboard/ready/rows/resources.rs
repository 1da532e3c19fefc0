//! What the processes take of the machine.

use super::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Target, Visual};

/// CPU, memory and files of the processes.
pub(crate) fn processes(maker: &Maker<'_>, title: &str) -> MaybeRow {
    maker.row(
        title,
        [
            cpu(maker),
            memory_of_limit(maker),
            maker.level(
                (
                    "Memory",
                    "Memory in RAM. A rise that never falls is a leak, or a cache without a limit.",
                ),
                maker.gauge("process_resident_memory_bytes"),
                &["job", "instance"],
            ),
            cpu_of_limit(maker),
            files(maker),
            restarts(maker),
            maker.level(
                (
                    "Threads",
                    "Threads that are alive. A steady rise is work that blocks and never ends.",
                ),
                maker.gauge("process_threads"),
                &["job", "instance"],
            ),
        ],
    )
}

const BY: [&str; 2] = ["job", "instance"];

fn cpu(maker: &Maker<'_>) -> Made {
    maker.rate(
        (
            "CPU",
            "CPU cores that each process keeps busy. At the limit requests wait: profile it, or \
             add an instance.",
        ),
        maker.counter("process_cpu_seconds_total"),
        &BY,
    )
}

fn memory_of_limit(maker: &Maker<'_>) -> Made {
    let used = maker.gauge("process_resident_memory_bytes")?.value();
    let limit = maker.gauge("process_cgroup_memory_limit_bytes")?.value();
    let share = used.sum_by(BY)?.ratio_to(&limit.sum_by(BY)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Memory of the limit",
            "Which share of what its control group may use the process has in RAM; none where \
             there is no limit. At 1 the kernel ends it.",
        ),
        [Target::new(&share, "{{job}} {{instance}}")?],
    )?;
    Ok(panel.or_says("no limit").range(0.0, 1.0).limits(0.85, 0.95))
}

fn cpu_of_limit(maker: &Maker<'_>) -> Made {
    let busy = maker
        .counter("process_cpu_seconds_total")?
        .rate()
        .sum_by(BY)?;
    let limit = maker.gauge("process_cgroup_cpu_limit_cores")?.value();
    let share = busy.per(&limit.sum_by(BY)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "CPU of the limit",
            "CPU cores that are busy, for each core that the control group may keep busy; none \
             where there is no limit. At 1 the process is held back.",
        ),
        [Target::new(&share, "{{job}} {{instance}}")?],
    )?;
    Ok(panel.or_says("no limit").limits(0.8, 0.95))
}

fn files(maker: &Maker<'_>) -> Made {
    let open = maker.gauge("process_open_fds")?.value().sum_by(BY)?;
    let most = maker.gauge("process_max_fds")?.value().sum_by(BY)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Files of the limit",
            "Which share of the file descriptors that may be open is open, sockets included. A \
             steady rise is a connection that nobody closes.",
        ),
        [Target::new(&open.ratio_to(&most)?, "{{job}} {{instance}}")?],
    )?;
    Ok(panel.range(0.0, 1.0).limits(0.7, 0.9))
}

fn restarts(maker: &Maker<'_>) -> Made {
    maker.age(
        (
            "Uptime",
            "How long each process has been running: a fall to 0 is a restart. Many of them are a \
             process that falls over: look at the end of its log.",
        ),
        maker.gauge("process_start_time_seconds"),
        &BY,
    )
}

/// The tokio runtime.
pub(crate) fn runtime(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Runtime",
        [
            busy_workers(maker),
            maker.level(
                (
                    "Tasks",
                    "Tasks that were spawned and have not ended. A steady rise is a leak of tasks.",
                ),
                maker.gauge("tokio_alive_tasks"),
                &BY,
            ),
            maker.level(
                (
                    "Tasks that wait",
                    "Tasks that are ready and wait for a worker. More than 0 for long means that \
                     workers are blocked: look for blocking calls in async code.",
                ),
                maker.gauge("tokio_global_queue_depth"),
                &BY,
            ),
        ],
    )
}

fn busy_workers(maker: &Maker<'_>) -> Made {
    let busy = maker.counter("tokio_workers_busy_seconds_total")?;
    let workers = maker.gauge("tokio_workers")?.value().sum_by(BY)?;
    let share = busy.rate().sum_by(BY)?.per(&workers)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Busy threads of the runtime",
            "How busy a worker of the runtime is: 1 is always. Near 1 tasks wait for each other.",
        ),
        [Target::new(&share, "{{job}} {{instance}}")?],
    )?;
    Ok(panel.limits(0.8, 0.95))
}
