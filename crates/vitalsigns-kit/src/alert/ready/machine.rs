//! Machines (node_exporter), containers (cAdvisor) and GPUs (dcgm-exporter).

use super::Made;
use super::patterns::{Call, Grows, Level, Part, Than};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

const CPU: Words = Words {
    summary: "The CPUs of {instance} are busy",
    description: "{value} of the time of all CPUs was used, more than {threshold}.",
    meaning: "The machine has had hardly any CPU time left for some minutes.",
    impact: "Everything on the machine may be slower.",
    mitigation: &[
        "Look which mode takes the time: iowait and steal do not count here.",
        "Look which process or container it is: `top`, or the CPU of containers.",
        "If nothing is slow, nothing has to be done now; plan for more CPUs if it is so each day.",
    ],
};

const MEMORY: Words = Words {
    summary: "The memory of {instance} is nearly used up",
    description: "{value} of the memory is not available, more than {threshold}.",
    meaning: "What the kernel could still give away, caches included, is little.",
    impact: "Soon the kernel kills a process to get memory, and not always the right one.",
    mitigation: &[
        "Look which process or container has the memory: `ps aux --sort=-rss | head`.",
        "Restart what leaks, one after the other; give containers a limit.",
        "Add memory, or move something away.",
    ],
};

const DISK: Words = Words {
    summary: "{mountpoint} of {instance} is nearly full",
    description: "{value} of the space is left, less than {threshold}.",
    meaning: "The file system has little space left for programs that are not root.",
    impact: "When it is full, writes fail: databases stop, logs are lost, Prometheus takes no \
             samples.",
    mitigation: &[
        "Find what is large: `du -xh --max-depth=1 MOUNTPOINT | sort -h`.",
        "Let logs be rotated; remove what is unused of containers with `docker system df` and then \
         `docker image prune`.",
        "For Prometheus: lower the retention by time or size and let it delete by itself. Never \
         remove files of a running database.",
        "Make the volume larger.",
    ],
};

const WILL_FILL: Words = Words {
    summary: "{mountpoint} of {instance} will be full within a day",
    description: "Less than {threshold} of the space is left, and as it went in the last six hours \
                  it will be used up within 24 hours.",
    meaning: "The line through the free space of the last six hours reaches zero within a day.",
    impact: "None yet. See DiskSpaceLow for what comes.",
    mitigation: &[
        "Find what grows: compare `du -x --max-depth=2 MOUNTPOINT` now and in an hour.",
        "A copy or a backup that ends soon needs nothing.",
        "Otherwise act as for DiskSpaceLow, with time to do it well.",
    ],
};

const INODES: Words = Words {
    summary: "{mountpoint} of {instance} has few inodes left",
    description: "{value} of the files that the file system can have are left, less than \
                  {threshold}.",
    meaning: "Very many small files; there may be space left.",
    impact: "No new file can be made, as on a full disk.",
    mitigation: &[
        "Find the folder with the most files: `du -x --inodes MOUNTPOINT | sort -n | tail`.",
        "Remove what is old there, by the program that made it if it can.",
    ],
};

const THROTTLED: Words = Words {
    summary: "The container {name} is held back",
    description: "In {value} of the periods it was stopped for its CPU limit, more than \
                  {threshold}.",
    meaning: "The container wants more CPU time than its limit allows and is halted again and again.",
    impact: "It is slow although the machine may be idle.",
    mitigation: &[
        "Raise its CPU limit, or take it away.",
        "Look what it computes so much.",
    ],
};

const CONTAINER_MEMORY: Words = Words {
    summary: "The container {name} is near its memory limit",
    description: "It uses {value} of its limit, more than {threshold}.",
    meaning: "The memory that the kernel cannot take back approaches the limit.",
    impact: "At the limit the kernel kills a process of the container.",
    mitigation: &[
        "Look whether it grows for hours (a leak) or with the traffic (too small a limit).",
        "Raise the limit, or restart the container to win time.",
    ],
};

const OOM: Words = Words {
    summary: "A process of the container {name} was killed for its memory",
    description: "{value} times in the last quarter of an hour.",
    meaning: "The container reached its memory limit.",
    impact: "What the process did is lost; if it was the main one, the container restarts.",
    mitigation: &[
        "Raise the limit if what it does needs so much.",
        "Look at its memory before the kill: steady growth is a leak.",
    ],
};

const CONTAINER_RESTARTS: Words = Words {
    summary: "The container {name} restarts again and again",
    description: "It was started more than {threshold} times in half an hour.",
    meaning: "Its main process ends soon after its start.",
    impact: "What the container serves is not there most of the time.",
    mitigation: &[
        "`docker logs --tail 100 NAME`, and the exit status from `docker inspect NAME`.",
        "137: killed, mostly for memory. Others: the program says why in its log.",
    ],
};

const GPU_HOT: Words = Words {
    summary: "GPU {gpu} of {instance} is hot",
    description: "It has {value} degrees Celsius, more than {threshold}.",
    meaning: "The GPU nears the temperature at which it slows itself down.",
    impact: "It becomes slower, and at last switches off.",
    mitigation: &[
        "Look at fans and air of the machine.",
        "Give it less to do, or lower its power limit, until it is cooler.",
    ],
};

const GPU_MEMORY: Words = Words {
    summary: "The memory of GPU {gpu} of {instance} is nearly used up",
    description: "{value} of its memory is used, more than {threshold}.",
    meaning: "Models and data fill the memory of the GPU.",
    impact: "The next one that wants memory fails.",
    mitigation: &[
        "Look which process has it: `nvidia-smi`.",
        "Restart what does not give it back; load fewer models at once, or smaller batches.",
    ],
};

const GPU_ERROR: Words = Words {
    summary: "GPU {gpu} of {instance} reports an error",
    description: "Its last XID error is {value}.",
    meaning: "The driver reported a fault of the GPU or of a program on it. The number says which.",
    impact: "Work on this GPU may be wrong or stop.",
    mitigation: &[
        "Look the number up in the list of XID errors of NVIDIA, and in `dmesg`.",
        "13, 31, 43: mostly a fault of the program. 48, 63, 64, 74, 79, 94, 95: of the hardware; \
         take the GPU out of use.",
    ],
};

const GPU_BUSY: Words = Words {
    summary: "The GPUs of {job} are busy and work waits",
    description: "The least busy GPU is at {value} percent, more than {threshold}, and the oldest \
                  task has waited for more than five minutes.",
    meaning: "All GPUs are busy, and it shows: tasks wait. Busy GPUs alone are no fault.",
    impact: "Results are late by as much as tasks wait.",
    mitigation: &[
        "Look which kind of task fills the GPUs.",
        "Add GPUs or workers with GPUs, or put what can wait behind the rest.",
    ],
};

/// What is no disk.
const NO_DISK: [&str; 6] = ["tmpfs", "ramfs", "overlay", "squashfs", "iso9660", "erofs"];

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let mut alerts = cpu(scope)?;
    alerts.extend(memory(scope)?);
    alerts.extend(disks(scope)?);
    Ok(alerts)
}

fn cpu(scope: &Scope<'_>) -> Made {
    let name = "node_cpu_seconds_total";
    let Some(seconds) = scope.counter(name, &["mode"])? else {
        return Ok(Vec::new());
    };
    let by = ["job", "instance"];
    let busy = seconds.none_of("mode", &["idle", "iowait", "steal"])?;
    let all = seconds.rate().sum_by(by)?;
    let share = busy.rate().sum_by(by)?.ratio_to(&all)?;
    let cpu = |mode| [("cpu", "0"), ("mode", mode)];
    let scenario = scope
        .story(name)
        .series(
            name,
            &cpu("user"),
            Track::PerMinute(40.0),
            Track::PerMinute(38.0),
        )
        .always(name, &cpu("system"), Track::PerMinute(9.0))
        .series(
            name,
            &cpu("idle"),
            Track::PerMinute(11.0),
            Track::PerMinute(13.0),
        )
        .by(&[("job", ""), ("instance", "")])
        .shows(49.0 / 60.0, 47.0 / 60.0);
    let call = Call {
        name: "HighCpu",
        severity: Severity::Warning,
        hold: minutes(10),
        words: &CPU,
    };
    let alert = call.made(scope, share.above(Quantity::percent(80.0))?, scenario)?;
    let modes = seconds.rate().sum_by(["instance", "mode"])?;
    Ok(vec![
        alert.ask("In which mode are the CPUs?", scope.text(&modes)),
    ])
}

fn memory(scope: &Scope<'_>) -> Made {
    let (left, all) = (
        "node_memory_MemAvailable_bytes",
        "node_memory_MemTotal_bytes",
    );
    let (Some(available), Some(total)) = (scope.gauge(left, &[])?, scope.gauge(all, &[])?) else {
        return Ok(Vec::new());
    };
    let used = available.value().ratio_to(&total.value())?.rest()?;
    let scenario = scope
        .story(left)
        .series(left, &[], Track::Level(14e9), Track::Level(16e9))
        .always(all, &[], Track::Level(100e9))
        .by(&[("job", ""), ("instance", "")])
        .shows(0.86, 0.84);
    let call = Call {
        name: "HighMemory",
        severity: Severity::Warning,
        hold: minutes(5),
        words: &MEMORY,
    };
    let alert = call.made(scope, used.above(Quantity::percent(85.0))?, scenario)?;
    Ok(vec![alert.ask(
        "How much is available?",
        scope.text(&available.value()),
    )])
}

fn disks(scope: &Scope<'_>) -> Made {
    let (free, size) = ("node_filesystem_avail_bytes", "node_filesystem_size_bytes");
    let known = ["mountpoint", "fstype"];
    let gauges = (scope.gauge(free, &known)?, scope.gauge(size, &known)?);
    let (Some(avail), Some(total)) = gauges else {
        return Ok(Vec::new());
    };
    let (avail, total) = (
        avail.none_of("fstype", &NO_DISK)?,
        total.none_of("fstype", &NO_DISK)?,
    );
    let by = ["job", "instance", "mountpoint"];
    let left = avail.value().ratio_to(&total.value())?.min_by(by)?;
    let labels = [
        ("device", "/dev/sda1"),
        ("fstype", "ext4"),
        ("mountpoint", "/srv"),
    ];
    let of = [("job", ""), ("instance", ""), labels[2]];
    let story = |fires, below| {
        let story = scope.story(free).series(free, &labels, fires, below);
        story.always(size, &labels, Track::Level(1000e9))
    };
    let mut alerts = Vec::new();
    for (percent, severity) in [(10.0, Severity::Warning), (5.0, Severity::Critical)] {
        let (fires, below) = ((percent - 0.5) * 10e9, (percent + 0.5) * 10e9);
        let scenario = story(Track::Level(fires), Track::Level(below));
        let scenario = scenario.by(&of).shows(fires / 1000e9, below / 1000e9);
        let call = Call {
            name: "DiskSpaceLow",
            severity,
            hold: minutes(10),
            words: &DISK,
        };
        let alert = call.made(scope, left.below(Quantity::percent(percent))?, scenario)?;
        alerts.push(alert.ask("Which part is left of each?", scope.text(&left)));
    }
    let later = avail.predicted(hours(6), hours(24))?.min_by(by)?;
    let empty = later.below(Quantity::new(0.0, later.unit().clone()))?;
    let condition = left.below(Quantity::percent(40.0))?.and(&empty)?;
    // 350 GB less 0.3 GB in each minute: nothing is left after twenty hours.
    let scenario = story(Track::Slope(350e9, -0.3e9), Track::Slope(350e9, -0.1e9)).by(&of);
    let call = Call {
        name: "DiskWillFill",
        severity: Severity::Warning,
        hold: hours(1),
        words: &WILL_FILL,
    };
    let alert = call.made(scope, condition, scenario)?;
    alerts.push(alert.ask("How much will be left in a day?", scope.text(&later)));
    let (files_free, files) = ("node_filesystem_files_free", "node_filesystem_files");
    if let (Some(rest), Some(most)) = (
        scope.gauge(files_free, &known)?,
        scope.gauge(files, &known)?,
    ) {
        let (rest, most) = (
            rest.none_of("fstype", &NO_DISK)?,
            most.none_of("fstype", &NO_DISK)?,
        );
        let most = most.value().max_by(by)?;
        let left = rest.value().max_by(by)?.ratio_to(&most)?;
        // File systems that make inodes as they need them have none to count.
        let counted = most.above(Quantity::new(0.0, most.unit().clone()))?;
        let condition = left.below(Quantity::percent(5.0))?.and(&counted)?;
        let scenario = scope
            .story(files_free)
            .series(files_free, &labels, Track::Level(49e3), Track::Level(51e3))
            .always(files, &labels, Track::Level(1e6))
            .by(&of)
            .shows(0.049, 0.051);
        let call = Call {
            name: "DiskInodesLow",
            severity: Severity::Warning,
            hold: minutes(10),
            words: &INODES,
        };
        let alert = call.made(scope, condition, scenario)?;
        alerts.push(alert.ask("Which part is left of each?", scope.text(&left)));
    }
    Ok(alerts)
}

pub(super) fn containers(scope: &Scope<'_>) -> Made {
    let name: &[(&str, &str)] = &[("instance", ""), ("name", "shop-api")];
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let warning = Severity::Warning;
    let mut alerts = Vec::new();
    let (held, all) = (
        "container_cpu_cfs_throttled_periods_total",
        "container_cpu_cfs_periods_total",
    );
    if let (Some(throttled), Some(periods)) = (
        scope.counter(held, &["name"])?,
        scope.counter(all, &["name"])?,
    ) {
        let by = ["job", "instance", "name"];
        let periods = periods.rate().sum_by(by)?;
        let share = throttled.rate().sum_by(by)?.ratio_to(&periods)?;
        let labels = [("name", "shop-api")];
        let scenario = scope
            .story(held)
            .series(
                held,
                &labels,
                Track::PerMinute(156.0),
                Track::PerMinute(144.0),
            )
            .always(all, &labels, Track::PerMinute(600.0))
            .by(&[("job", ""), ("instance", ""), labels[0]])
            .shows(0.26, 0.24);
        let call = call("ContainerThrottled", warning, minutes(15), &THROTTLED);
        let alert = call.made(scope, share.above(Quantity::percent(25.0))?, scenario)?;
        alerts.push(alert.ask(
            "Which containers are held back?",
            scope.text(&share.topk(20)?),
        ));
    }
    let memory = Part {
        call: call(
            "ContainerMemoryHigh",
            warning,
            minutes(5),
            &CONTAINER_MEMORY,
        ),
        used: "container_memory_working_set_bytes",
        whole: "container_spec_memory_limit_bytes",
        by: name,
        percent: 90.0,
        may_be_unlimited: true,
    };
    alerts.extend(memory.alert(scope)?);
    let killed = Grows {
        call: call("ContainerOutOfMemory", warning, minutes(0), &OOM),
        family: "container_oom_events_total",
        only: None,
        by: name,
        more_than: 0.0,
        window: minutes(15),
    };
    alerts.extend(killed.alert(scope)?);
    let started = "container_start_time_seconds";
    if let Some(starts) = scope.gauge(started, &["name"])? {
        // What is no container has no name.
        let starts = starts.none_of("name", &[""])?;
        let often = starts
            .changes_over(minutes(30))?
            .max_by(["job", "instance", "name"])?;
        let labels = [("name", "shop-api")];
        let scenario = scope
            .story(started)
            .series(started, &labels, Track::Every(5), Track::Every(15))
            .by(&[("job", ""), ("instance", ""), labels[0]]);
        let call = call(
            "ContainerRestarts",
            Severity::Critical,
            minutes(0),
            &CONTAINER_RESTARTS,
        );
        let alert = call
            .made(scope, often.above(3.0)?, scenario)?
            .keep_firing(minutes(10));
        alerts.push(alert.ask("How often was each started?", scope.text(&often.topk(20)?)));
    }
    Ok(alerts)
}

pub(super) fn gpus(scope: &Scope<'_>) -> Made {
    let gpu: &[(&str, &str)] = &[("instance", ""), ("gpu", "0")];
    let level = |name, severity, hold, words, family, than, values| Level {
        call: Call {
            name,
            severity,
            hold,
            words,
        },
        family,
        is_states: false,
        only: &[],
        by: gpu,
        than,
        values,
    };
    let hot = level(
        "GpuTemperatureHigh",
        Severity::Warning,
        minutes(5),
        &GPU_HOT,
        "DCGM_FI_DEV_GPU_TEMP",
        Than::Above(85.0),
        (86.0, 85.0),
    );
    let mut alerts = hot.alert(scope)?;
    let error = level(
        "GpuError",
        Severity::Critical,
        minutes(0),
        &GPU_ERROR,
        "DCGM_FI_DEV_XID_ERRORS",
        Than::Above(0.0),
        (79.0, 0.0),
    );
    alerts.extend(error.alert(scope)?);
    let (used, free) = ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE");
    if let (Some(in_use), Some(left)) = (scope.gauge(used, &["gpu"])?, scope.gauge(free, &["gpu"])?)
    {
        let by = ["job", "instance", "gpu"];
        let in_use = in_use.value().max_by(by)?;
        // The exporter has no total by default.
        let share = in_use.ratio_to(&in_use.plus(&left.value().max_by(by)?)?)?;
        let labels = [("gpu", "0")];
        let scenario = scope
            .story(used)
            .series(used, &labels, Track::Level(910.0), Track::Level(890.0))
            .series(free, &labels, Track::Level(90.0), Track::Level(110.0))
            .by(&[("job", ""), ("instance", ""), labels[0]])
            .shows(0.91, 0.89);
        let call = Call {
            name: "GpuMemoryHigh",
            severity: Severity::Warning,
            hold: minutes(10),
            words: &GPU_MEMORY,
        };
        let alert = call.made(scope, share.above(Quantity::percent(90.0))?, scenario)?;
        alerts.push(alert.ask("Which part is used of each?", scope.text(&share)));
    }
    alerts.extend(saturated(scope)?);
    Ok(alerts)
}

/// Busy, and work waits: in whichever namespace the queues are.
fn saturated(scope: &Scope<'_>) -> Made {
    let (util, queue) = (
        "DCGM_FI_DEV_GPU_UTIL",
        "queue_oldest_enqueued_timestamp_seconds",
    );
    let gauges = (
        scope.gauge(util, &["gpu"])?,
        scope.gauge(queue, &["queue"])?,
    );
    let (Some(busy), Some(oldest)) = gauges else {
        return Ok(Vec::new());
    };
    let least = busy.value().min_by(["job"])?;
    let waits = oldest.age()?.max()?.above(Quantity::seconds(300.0))?;
    let all_busy = least.above(Quantity::new(95.0, least.unit().clone()))?;
    let condition = all_busy.and_on([""; 0], &waits)?;
    let scenario = scope
        .story(util)
        .series(
            util,
            &[("gpu", "0")],
            Track::Level(99.0),
            Track::Level(99.0),
        )
        .series(
            util,
            &[("gpu", "1")],
            Track::Level(96.0),
            Track::Level(95.0),
        )
        .always(queue, &[("queue", "render")], Track::Age(301.0))
        .by(&[("job", "")])
        .shows(96.0, 95.0);
    let call = Call {
        name: "GpuSaturated",
        severity: Severity::Warning,
        hold: minutes(10),
        words: &GPU_BUSY,
    };
    let alert = call.made(scope, condition, scenario)?;
    Ok(vec![
        alert.ask("How busy is each GPU?", scope.text(&busy.value())),
    ])
}
