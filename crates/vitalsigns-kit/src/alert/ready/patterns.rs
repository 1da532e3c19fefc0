//! What many alerts are: a share that is too large, a total that grows, a level, an age.

use std::time::Duration;

use super::Made;
use super::scope::{Scope, around};
use crate::alert::{Scenario, Severity, Track, Words};
use crate::query::{Quantity, QueryError};

/// A label that an alert is by, with a value for its tests.
pub(super) type By<'a> = &'a [(&'a str, &'a str)];

/// What is said of each, and when.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) severity: Severity,
    pub(super) hold: Duration,
    pub(super) words: &'a Words,
}

/// Too large a share of what a counter counts by `outcome` ends badly.
pub(super) struct Share<'a> {
    pub(super) call: Call<'a>,
    pub(super) family: &'a str,
    pub(super) label: &'a str,
    pub(super) bad: &'a [&'a str],
    /// What counts for nothing: it was given up.
    pub(super) ignored: &'a [&'a str],
    /// One that is well, for the tests.
    pub(super) good: &'a str,
    pub(super) by: By<'a>,
    pub(super) percent: f64,
    /// So many there have to be.
    pub(super) at_least: f64,
    pub(super) window: Duration,
}

impl Share<'_> {
    pub(super) fn alert(&self, scope: &Scope<'_>) -> Made {
        let mut wanted = vec![self.label];
        wanted.extend(self.by.iter().map(|(label, _)| *label));
        let Some(counter) = scope.counter(self.family, &wanted)? else {
            return Ok(Vec::new());
        };
        let by = labels(&["job"], self.by);
        let counted = match self.ignored {
            [] => counter.clone(),
            ignored => counter.none_of(self.label, ignored)?,
        };
        let all = counted.increase_over(self.window)?.sum_by(&by)?;
        let bad = counter.any_of(self.label, self.bad)?;
        let share = bad
            .increase_over(self.window)?
            .sum_by(&by)?
            .ratio_to(&all)?;
        let limit = Quantity::percent(self.percent);
        let (fires, below) = around(&limit, 1000.0);
        let enough = all.at_least(Quantity::new(self.at_least, all.unit().clone()))?;
        let condition = share.above(limit)?.and(&enough)?;
        let of = |value| [self.by, &[(self.label, value)]].concat();
        let story = scope
            .story(self.family)
            .series(
                self.family,
                &of(self.bad.first().copied().unwrap_or_default()),
                Track::PerMinute(fires),
                Track::PerMinute(below),
            )
            .series(
                self.family,
                &of(self.good),
                Track::PerMinute(1000.0 - fires),
                Track::PerMinute(1000.0 - below),
            );
        // Ten times as rarely as it has to be.
        let enough = 1000.0 * self.window.as_secs_f64() / 60.0;
        let scenario = story
            .by(&[&[("job", "")], self.by].concat())
            .shows(fires / 1000.0, below / 1000.0)
            .guarded(self.at_least / enough / 10.0);
        let outcomes = counted
            .rate()
            .sum_by(labels(&by, &[(self.label, "")]))?
            .topk(20)?;
        let alert = self.call.made(scope, condition, scenario)?;
        Ok(vec![alert.ask(
            "What becomes of them, per second?",
            scope.text(&outcomes),
        )])
    }
}

/// A total that grows by more than so many in a time.
pub(super) struct Grows<'a> {
    pub(super) call: Call<'a>,
    pub(super) family: &'a str,
    /// Which of its series.
    pub(super) only: Option<(&'a str, &'a [&'a str])>,
    pub(super) by: By<'a>,
    pub(super) more_than: f64,
    pub(super) window: Duration,
}

impl Grows<'_> {
    pub(super) fn alert(&self, scope: &Scope<'_>) -> Made {
        let mut wanted: Vec<&str> = self.by.iter().map(|(label, _)| *label).collect();
        wanted.retain(|label| *label != "instance");
        wanted.extend(self.only.map(|(label, _)| label));
        let Some(mut counter) = scope.counter(self.family, &wanted)? else {
            return Ok(Vec::new());
        };
        let mut series = self.by.to_vec();
        series.retain(|(label, _)| *label != "instance");
        if let Some((label, values)) = self.only {
            counter = counter.any_of(label, values)?;
            if !series.iter().any(|(known, _)| *known == label) {
                series.extend(values.first().map(|value| (label, *value)));
            }
        }
        let grown = counter
            .increase_over(self.window)?
            .sum_by(labels(&["job"], self.by))?;
        let minutes = self.window.as_secs_f64() / 60.0;
        let (fires, below) = match self.more_than == 0.0 {
            true => (1.0, 0.0),
            false => (
                self.more_than * 1.2 / minutes,
                self.more_than * 0.8 / minutes,
            ),
        };
        let scenario = scope
            .story(self.family)
            .series(
                self.family,
                &series,
                Track::PerMinute(fires),
                Track::PerMinute(below),
            )
            .by(&[&[("job", "")], self.by].concat())
            .shows(fires * minutes, below * minutes);
        let limit = Quantity::new(self.more_than, grown.unit().clone());
        let alert = self.call.made(scope, grown.above(limit)?, scenario)?;
        Ok(vec![
            alert.ask("Where, and how many?", scope.text(&grown.topk(20)?)),
        ])
    }
}

/// How a level is compared.
#[derive(Clone, Copy)]
pub(super) enum Than {
    Above(f64),
    Below(f64),
    Is(f64),
}

/// A gauge, or a state of a set, that is not as it should be.
pub(super) struct Level<'a> {
    pub(super) call: Call<'a>,
    pub(super) family: &'a str,
    pub(super) is_states: bool,
    pub(super) only: &'a [(&'a str, &'a [&'a str])],
    pub(super) by: By<'a>,
    pub(super) than: Than,
    /// A value with which it fires, and one with which it just does not.
    pub(super) values: (f64, f64),
}

impl Level<'_> {
    pub(super) fn alert(&self, scope: &Scope<'_>) -> Made {
        let own = |label: &str| label != "instance" && !(self.is_states && label == self.family);
        let mut wanted: Vec<&str> = self.by.iter().map(|(label, _)| *label).collect();
        wanted.extend(self.only.iter().map(|(label, _)| *label));
        wanted.retain(|label| own(label));
        let gauge = match self.is_states {
            true => scope.states(self.family, &wanted)?,
            false => scope.gauge(self.family, &wanted)?,
        };
        let Some(mut gauge) = gauge else {
            return Ok(Vec::new());
        };
        let mut series = self.by.to_vec();
        series.retain(|(label, _)| *label != "instance");
        // The label of states is named like the family, with its namespace.
        let name = scope.name(self.family);
        for (label, values) in self.only {
            let label = if *label == self.family { &name } else { *label };
            gauge = gauge.any_of(label, values)?;
            if !series.iter().any(|(known, _)| *known == label) {
                series.extend(values.first().map(|value| (label, *value)));
            }
        }
        let by = labels(&["job"], self.by);
        let value = gauge.value();
        let quantity = |value: f64| Quantity::new(value, gauge.value().unit().clone());
        let condition = match self.than {
            Than::Above(limit) => value.max_by(&by)?.above(quantity(limit))?,
            Than::Below(limit) => value.min_by(&by)?.below(quantity(limit))?,
            Than::Is(1.0) => value.max_by(&by)?.equals(1.0)?,
            Than::Is(is) => value.min_by(&by)?.equals(quantity(is))?,
        };
        let (fires, below) = self.values;
        let scenario = scope
            .story(self.family)
            .series(
                self.family,
                &series,
                Track::Level(fires),
                Track::Level(below),
            )
            .by(&[&[("job", "")], self.by].concat())
            .shows(fires, below);
        let alert = self.call.made(scope, condition, scenario)?;
        Ok(vec![alert.ask("How is it on each?", scope.text(&value))])
    }
}

/// Too large a part of what there is is used.
pub(super) struct Part<'a> {
    pub(super) call: Call<'a>,
    pub(super) used: &'a str,
    pub(super) whole: &'a str,
    pub(super) by: By<'a>,
    pub(super) percent: f64,
    /// The whole is 0 where there is no limit.
    pub(super) may_be_unlimited: bool,
}

impl Part<'_> {
    pub(super) fn alert(&self, scope: &Scope<'_>) -> Made {
        let mut own: Vec<(&str, &str)> = self.by.to_vec();
        own.retain(|(label, _)| *label != "instance");
        let wanted: Vec<&str> = own.iter().map(|(label, _)| *label).collect();
        let used = scope.gauge(self.used, &wanted)?;
        let (Some(used), Some(whole)) = (used, scope.gauge(self.whole, &wanted)?) else {
            return Ok(Vec::new());
        };
        let by = labels(&["job"], self.by);
        let whole = whole.value().sum_by(&by)?;
        let share = used.value().sum_by(&by)?.ratio_to(&whole)?;
        let mut condition = share.above(Quantity::percent(self.percent))?;
        if self.may_be_unlimited {
            let limited = whole.above(Quantity::new(0.0, whole.unit().clone()))?;
            condition = condition.and(&limited)?;
        }
        let (fires, below) = around(&Quantity::percent(self.percent), 1000.0);
        let mut scenario = scope
            .story(self.used)
            .series(self.used, &own, Track::Level(fires), Track::Level(below))
            .always(self.whole, &own, Track::Level(1000.0))
            .by(&[&[("job", "")], self.by].concat())
            .shows(fires / 1000.0, below / 1000.0);
        if self.may_be_unlimited {
            let whole = scope.name(self.whole);
            scenario = scenario.silent("there is no limit", &whole, Track::Level(0.0));
        }
        let alert = self.call.made(scope, condition, scenario)?;
        Ok(vec![
            alert.ask("Which part is used of each?", scope.text(&share)),
        ])
    }
}

/// A time of the clock that lies too far back.
pub(super) struct Old<'a> {
    pub(super) call: Call<'a>,
    pub(super) family: &'a str,
    pub(super) by: By<'a>,
    pub(super) limit: Duration,
}

impl Old<'_> {
    pub(super) fn alert(&self, scope: &Scope<'_>) -> Made {
        let wanted: Vec<&str> = self.by.iter().map(|(label, _)| *label).collect();
        let Some(gauge) = scope.gauge(self.family, &wanted)? else {
            return Ok(Vec::new());
        };
        let oldest = gauge.age()?.max_by(labels(&["job"], self.by))?;
        let seconds = self.limit.as_secs_f64();
        let (fires, below) = (seconds + 1.0, seconds - 1.0);
        let scenario = scope
            .story(self.family)
            .series(self.family, self.by, Track::Age(fires), Track::Age(below))
            .by(&[&[("job", "")], self.by].concat())
            .shows(fires, below);
        let condition = oldest.above(Quantity::duration(self.limit))?;
        let alert = self.call.made(scope, condition, scenario)?;
        Ok(vec![alert.ask(
            "How old is it, where?",
            scope.text(&oldest.topk(20)?),
        )])
    }
}

impl Call<'_> {
    /// The alert with this condition and this scenario.
    pub(super) fn made(
        &self,
        scope: &Scope<'_>,
        condition: crate::query::Condition,
        scenario: Scenario,
    ) -> Result<crate::alert::Alert, QueryError> {
        let alert = scope.alert(self.name, self.severity, condition, self.words)?;
        Ok(alert.hold(self.hold).scenario(scenario))
    }
}

/// These labels and those of `by`.
pub(super) fn labels<'a>(more: &[&'a str], by: By<'a>) -> Vec<&'a str> {
    let by = by.iter().map(|(label, _)| *label);
    more.iter().copied().chain(by).collect()
}
