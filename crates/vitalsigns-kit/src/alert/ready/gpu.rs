//! GPUs, as dcgm-exporter tells of them.

use super::Made;
use super::patterns::{Call, Level, Than};
use super::scope::{Scope, minutes};
use crate::alert::{Severity, Track, Words};
use crate::query::Quantity;

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

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
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
        .shows(96.0, 95.0)
        .silent("nothing waits for long", queue, Track::Age(200.0));
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
