//! Whether there is anything to read at all.

use super::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Panel, Step, Target, Visual};

/// Scrapes, and what runs.
pub(crate) fn targets(maker: &Maker<'_>, title: &str) -> MaybeRow {
    maker.row(
        title,
        [
            up(maker),
            scrapes(maker),
            maker.greatest(
                (
                    "Duration of scrapes",
                    "How long Prometheus waited for the page. Near the time that it waits at the \
                     most, scrapes begin to fail: look for too many series.",
                ),
                maker.gauge("scrape_duration_seconds"),
                &["job"],
            ),
            maker.level(
                (
                    "Samples",
                    "Samples that were scraped. A fall with targets that are up means that a part \
                     of the page is gone; a steady rise is a label with too many values.",
                ),
                maker.gauge("scrape_samples_scraped"),
                &["job"],
            ),
            maker.facts(
                (
                    "Versions",
                    "What runs, and how many targets of it. Two versions for long are a roll-out \
                     that is stuck.",
                ),
                maker.info("build_info"),
                &["job", "version", "revision"],
            ),
            maker
                .rate(
                    (
                        "Refused by the library",
                        "Look-ups beyond the cap of a label: its values share `other` from then \
                         on. Raise the cap, or see who makes the values.",
                    ),
                    maker.counter("vitalsigns_series_overflow_total"),
                    &["metric"],
                )
                .map(|panel| panel.size(12, 9)),
        ],
    )
}

fn up(maker: &Maker<'_>) -> Made {
    let up = maker.gauge("up")?.value().min_by(["job"])?;
    let panel = maker.panel(
        Visual::Stat,
        (
            "Targets",
            "1 where all instances of a job answered the last scrape, 0 where one did not. Where \
             it is 0, ask the address by hand: is the service down, or its page broken?",
        ),
        [Target::new(&up, "{{job}}")?],
    )?;
    Ok(up_or_down(panel).size(8, 8))
}

fn scrapes(maker: &Maker<'_>) -> Made {
    let up = maker.gauge("up")?.value();
    let panel = maker.panel(
        Visual::StateTimeline,
        (
            "Scrapes",
            "When which target answered. Short gaps are restarts: compare them with the versions.",
        ),
        [Target::new(&up, "{{job}} {{instance}}")?],
    )?;
    Ok(up_or_down(panel).size(16, 8))
}

/// 0 and 1 as words.
fn up_or_down(panel: Panel) -> Panel {
    use crate::dashboard::model::Word;
    panel
        .below(Colour::Bad)
        .steps([Step::new(1.0, Colour::Good)])
        .words([
            Word::new(0.0, "down", Colour::Bad),
            Word::new(1.0, "up", Colour::Good),
        ])
}
