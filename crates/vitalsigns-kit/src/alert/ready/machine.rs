//! Machines, as node_exporter tells of them.

use super::Made;
use super::patterns::Call;
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
            .shows(0.049, 0.051)
            .silent(
                "the file system does not count inodes",
                files,
                Track::Level(0.0),
            );
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
