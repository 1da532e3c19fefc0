//! Series over time, as promtool reads them.

use std::time::Duration;

use crate::alert::Track;

/// A part of the time, in samples.
#[derive(Clone, Copy)]
pub(super) struct Phase {
    pub(super) track: Track,
    pub(super) samples: u64,
    /// The target is started again at its beginning: totals begin anew, and one scrape is missed by
    /// everything else.
    pub(super) restart: bool,
}

/// The values of a series that goes through these phases, a sample each `step`.
pub(super) fn values(phases: &[Phase], step: Duration) -> String {
    let minutes = step.as_secs_f64() / 60.0;
    let mut parts = Vec::new();
    let mut total = 0.0;
    let mut slope = None;
    let mut at = 0;
    for phase in phases {
        let mut samples = phase.samples;
        if samples == 0 {
            continue;
        }
        let is_total = matches!(phase.track, Track::PerMinute(_));
        if phase.restart && !is_total {
            parts.push("_".to_owned());
            samples -= 1;
            at += 1;
        }
        if samples == 0 {
            continue;
        }
        let seconds = step.as_secs_f64() * at as f64;
        match phase.track {
            Track::Level(value) => parts.push(steady(value, 0.0, samples)),
            Track::PerMinute(rate) => {
                let each = rate * minutes;
                let start = match phase.restart || at == 0 {
                    true => each,
                    false => total + each,
                };
                parts.push(steady(start, each, samples));
                total = start + each * (samples - 1) as f64;
            }
            Track::Age(age) => parts.push(steady(seconds - age, step.as_secs_f64(), samples)),
            Track::Slope(from, rate) => {
                let each = rate * minutes;
                // It goes on where it would be without the scrape that was missed.
                let start = match (phase.restart, slope) {
                    (true, Some(last)) => last + 2.0 * each,
                    _ => from,
                };
                parts.push(steady(start, each, samples));
                slope = Some(start + each * (samples - 1) as f64);
            }
            Track::Every(every) => {
                let value = |sample: u64| {
                    let minute = (at + sample) as f64 * minutes;
                    1.0 + (minute / f64::from(every.max(1))).floor()
                };
                let texts = (0..samples).map(|sample| value(sample).to_string());
                parts.extend(texts);
            }
            Track::Gone => parts.push(match samples {
                1 => "_".to_owned(),
                samples => format!("_x{samples}"),
            }),
        }
        at += samples;
    }
    parts.join(" ")
}

/// `1+2x3`: a first value, what is added each time, and how often.
fn steady(from: f64, each: f64, samples: u64) -> String {
    let more = samples - 1;
    if more == 0 {
        return from.to_string();
    }
    if each == 0.0 {
        return format!("{from}x{more}");
    }
    let sign = if each < 0.0 { '-' } else { '+' };
    format!("{from}{sign}{}x{more}", each.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(track: Track, samples: u64) -> Phase {
        Phase {
            track,
            samples,
            restart: false,
        }
    }

    #[test]
    fn totals_go_on_and_begin_anew_where_the_target_does() {
        let minute = Duration::from_secs(60);
        let mut phases = [
            phase(Track::PerMinute(2.0), 3),
            phase(Track::PerMinute(5.0), 2),
            phase(Track::PerMinute(5.0), 2),
        ];
        phases[2].restart = true;
        assert_eq!(values(&phases, minute), "2+2x2 11+5x1 5+5x1");
    }

    #[test]
    fn what_stays_behind_the_clock_moves_with_it() {
        let phases = [phase(Track::Level(1.0), 2), phase(Track::Age(90.0), 3)];
        assert_eq!(values(&phases, Duration::from_secs(60)), "1x1 30+60x2");
    }

    #[test]
    fn everything_else_misses_a_scrape() {
        let mut phases = [phase(Track::Level(1.0), 2), phase(Track::Level(1.0), 3)];
        phases[1].restart = true;
        assert_eq!(values(&phases, Duration::from_secs(60)), "1x1 _ 1x1");
        let phases = [phase(Track::Every(2), 5), phase(Track::Gone, 2)];
        assert_eq!(values(&phases, Duration::from_secs(60)), "1 1 2 2 3 _x2");
    }
}
