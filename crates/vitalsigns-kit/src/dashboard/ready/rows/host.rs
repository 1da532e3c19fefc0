//! Machines, containers and GPUs, by their exporters.

use super::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Panel, Target, Visual};

/// File systems that are on a disk.
const NO_DISK: [&str; 6] = [
    "tmpfs",
    "ramfs",
    "overlay",
    "squashfs",
    "iso9660",
    "fuse.lxcfs",
];

/// CPU, memory and disk of each machine.
pub(crate) fn machine(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Machines",
        [cpu(maker), memory(maker), disk(maker), load(maker)],
    )
}

fn full(panel: Panel, doubtful: f64, bad: f64) -> Panel {
    panel.range(0.0, 1.0).limits(doubtful, bad)
}

fn cpu(maker: &Maker<'_>) -> Made {
    let all = maker.counter("node_cpu_seconds_total")?;
    let idle = all.with("mode", "idle")?.rate().sum_by(["instance"])?;
    let share = idle.ratio_to(&all.rate().sum_by(["instance"])?)?.rest()?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "CPU usage",
            "Which share of the time the CPUs of each machine are busy. Near 1 everything waits: \
             see which container takes it.",
        ),
        [Target::new(&share, "{{instance}}")?],
    )?;
    Ok(full(panel, 0.8, 0.9))
}

fn memory(maker: &Maker<'_>) -> Made {
    let by = ["instance"];
    let free = maker
        .gauge("node_memory_MemAvailable_bytes")?
        .value()
        .sum_by(by)?;
    let all = maker
        .gauge("node_memory_MemTotal_bytes")?
        .value()
        .sum_by(by)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Memory usage",
            "Which share of the memory of each machine is in use, without what could be given \
             back. Near 1 the kernel ends processes.",
        ),
        [Target::new(&free.ratio_to(&all)?.rest()?, "{{instance}}")?],
    )?;
    Ok(full(panel, 0.85, 0.95))
}

fn disk(maker: &Maker<'_>) -> Made {
    let by = ["instance", "mountpoint"];
    let free = maker
        .gauge("node_filesystem_avail_bytes")?
        .none_of("fstype", &NO_DISK)?;
    let all = maker
        .gauge("node_filesystem_size_bytes")?
        .none_of("fstype", &NO_DISK)?;
    let share = free
        .value()
        .max_by(by)?
        .ratio_to(&all.value().max_by(by)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Disk usage",
            "Which share of each file system is in use. At 1 databases stop: delete what is old, \
             or make it larger.",
        ),
        [Target::new(&share.rest()?, "{{instance}} {{mountpoint}}")?],
    )?;
    Ok(full(panel, 0.8, 0.9))
}

fn load(maker: &Maker<'_>) -> Made {
    maker.greatest(
        (
            "Load",
            "Processes that run or want to, over a minute. More than there are CPUs means that \
             they wait, also for the disk.",
        ),
        maker.gauge("node_load1"),
        &["instance"],
    )
}

/// The network of each machine.
pub(crate) fn network(maker: &Maker<'_>) -> MaybeRow {
    let by = ["instance"];
    let devices = |name: &str| maker.counter(name)?.none_of("device", &["lo"]);
    maker.row(
        "Network",
        [
            maker.rate(
                (
                    "Network received",
                    "Bytes that each machine received, per second.",
                ),
                devices("node_network_receive_bytes_total"),
                &by,
            ),
            maker.rate(
                ("Network sent", "Bytes that each machine sent, per second."),
                devices("node_network_transmit_bytes_total"),
                &by,
            ),
            maker.rate(
                (
                    "Network errors",
                    "Packets that were received with an error. Any is a cable, a card or a driver.",
                ),
                devices("node_network_receive_errs_total"),
                &by,
            ),
            maker.greatest(
                (
                    "Connections",
                    "TCP connections that are open. A steady rise is connections that nobody \
                     closes.",
                ),
                maker.gauge("node_netstat_Tcp_CurrEstab"),
                &by,
            ),
            maker.rate(
                (
                    "Disk written",
                    "Bytes that were written to the disks of each machine, per second.",
                ),
                maker.counter("node_disk_written_bytes_total"),
                &by,
            ),
            maker.rate(
                (
                    "Disk busy",
                    "For how much of the time the disks were busy; 1 for each disk.",
                ),
                maker.counter("node_disk_io_time_seconds_total"),
                &by,
            ),
        ],
    )
}

/// Containers by cAdvisor; the series without a name are those of their parents.
pub(crate) fn containers(maker: &Maker<'_>) -> MaybeRow {
    let by = ["name"];
    maker.row(
        "Containers",
        [
            maker.rate(
                ("Container CPU", "CPU cores that each container keeps busy."),
                named(maker.counter("container_cpu_usage_seconds_total")),
                &by,
            ),
            maker.level(
                (
                    "Container memory",
                    "Memory of each container that cannot be given back. At its limit the kernel \
                     ends it.",
                ),
                named(maker.gauge("container_memory_working_set_bytes")),
                &by,
            ),
            restarts(maker),
            maker.rate(
                (
                    "Container network received",
                    "Bytes that each container received, per second.",
                ),
                named(maker.counter("container_network_receive_bytes_total")),
                &by,
            ),
            maker.rate(
                (
                    "Ended for want of memory",
                    "Processes that the kernel ended because their container was at its limit of \
                     memory. Raise the limit, or find the leak.",
                ),
                named(maker.counter("container_oom_events_total")),
                &by,
            ),
            last_seen(maker),
        ],
    )
}

fn named<K>(
    selector: Result<crate::query::Selector<K>, crate::query::QueryError>,
) -> Result<crate::query::Selector<K>, crate::query::QueryError> {
    selector?.none_of("name", &[""])
}

/// A container that is started again begins anew: a fall is a restart.
fn restarts(maker: &Maker<'_>) -> Made {
    maker.age(
        (
            "Container uptime and restarts",
            "How long each container has been running: a fall to 0 is a restart. Many of them are \
             a program that falls over: look at the end of its log.",
        ),
        named(maker.gauge("container_start_time_seconds")),
        &["name"],
    )
}

fn last_seen(maker: &Maker<'_>) -> Made {
    let seen = named(maker.gauge("container_last_seen"))?
        .value()
        .max_by(["name"])?;
    maker.panel(
        Visual::Table,
        (
            "Container last seen",
            "When each container was last there. One that is long ago has gone and not come back.",
        ),
        [Target::new(&seen, "Last seen")?.table()],
    )
    .map(|panel| panel.size(8, 8))
}

/// GPUs by dcgm-exporter.
pub(crate) fn gpus(maker: &Maker<'_>) -> MaybeRow {
    let by = ["instance", "gpu"];
    maker.row(
        "GPU Monitoring",
        [
            maker
                .greatest(
                    (
                        "GPU utilisation",
                        "How busy each GPU is, in percent. At 100 for long renderings wait; at 0 \
                         with work in line, the GPU is not used: look at the driver.",
                    ),
                    maker.gauge("DCGM_FI_DEV_GPU_UTIL"),
                    &by,
                )
                .map(|panel| panel.range(0.0, 100.0)),
            maker
                .greatest(
                    (
                        "GPU temperature",
                        "Degrees Celsius. Above 85 it slows itself down: look at the fans and the \
                         air.",
                    ),
                    maker.gauge("DCGM_FI_DEV_GPU_TEMP"),
                    &by,
                )
                .map(|panel| panel.limits(80.0, 85.0)),
            gpu_memory(maker),
            maker.greatest(
                ("GPU power", "Watts that each GPU draws."),
                maker.gauge("DCGM_FI_DEV_POWER_USAGE"),
                &by,
            ),
        ],
    )
}

/// The exporter tells by default what is used and what is free, not the whole.
fn gpu_memory(maker: &Maker<'_>) -> Made {
    let by = ["instance", "gpu"];
    let used = maker.gauge("DCGM_FI_DEV_FB_USED")?.value().sum_by(by)?;
    let free = maker.gauge("DCGM_FI_DEV_FB_FREE")?.value().sum_by(by)?;
    let share = used.ratio_to(&used.plus(&free)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "GPU memory",
            "Which share of the memory of each GPU is in use. At 1 models do not load.",
        ),
        [Target::new(&share, "{{instance}} {{gpu}}")?],
    )?;
    Ok(full(panel, 0.85, 0.95))
}
