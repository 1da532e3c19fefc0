//! For whom an expression is written.

use std::time::Duration;

use super::QueryError;
use super::matcher::Matcher;

/// For whom an expression is written: over what time rates are taken, and of which targets.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_kit::query::{Queries, Rendering};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let overflow = Queries::new(&catalogue).counter("vitalsigns_series_overflow_total")?;
/// let overflow = overflow.rate().sum()?;
/// assert_eq!(
///     overflow.promql(&Rendering::over(Duration::from_secs(300))?),
///     "sum(rate(vitalsigns_series_overflow_total[5m]))"
/// );
/// assert_eq!(
///     overflow.promql(&Rendering::dashboard()),
///     "sum(rate(vitalsigns_series_overflow_total\
///      {job=~\"$job\",instance=~\"$instance\"}[$__rate_interval]))"
/// );
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendering {
    window: Window,
    /// What every selector has that does not choose its targets itself.
    pub(super) targets: Vec<Matcher>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Window {
    /// Grafana knows how far apart the points of a graph are.
    RateInterval,
    /// What the dashboard shows.
    Range,
    Fixed(Duration),
}

impl Rendering {
    /// For a panel of Grafana with the variables `job` and `instance`.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn dashboard() -> Self {
        Rendering {
            window: Window::RateInterval,
            targets: vec![
                Matcher::pattern("job", "$job"),
                Matcher::pattern("instance", "$instance"),
            ],
        }
    }

    /// For a panel of Grafana that reads every target, whatever is chosen.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// assert_eq!(up.promql(&Rendering::everywhere()), "up");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn everywhere() -> Self {
        Rendering {
            window: Window::RateInterval,
            targets: Vec::new(),
        }
    }

    /// Over all of the time that the dashboard shows, in place of what lies between two points.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let overflow = Queries::new(&catalogue).counter("vitalsigns_series_overflow_total")?;
    /// assert_eq!(
    ///     overflow.increase().promql(&Rendering::everywhere().shown()),
    ///     "increase(vitalsigns_series_overflow_total[$__range])"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn shown(mut self) -> Self {
        self.window = Window::Range;
        self
    }

    /// For a rule: rates over this time, of every target.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] if the time is none or has parts of a millisecond.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn over(window: Duration) -> Result<Self, QueryError> {
        check_window("the time that rates are taken over", window)?;
        Ok(Rendering {
            window: Window::Fixed(window),
            targets: Vec::new(),
        })
    }

    /// Of the targets of one job only, in place of what was chosen before.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// assert_eq!(up.promql(&Rendering::dashboard().job("azora")), "up{job=\"azora\"}");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn job(mut self, job: &str) -> Self {
        self.targets = vec![Matcher::equal("job", job)];
        self
    }

    /// The window of a rate, as text.
    pub(super) fn window(&self, own: Option<Duration>) -> String {
        match (own, &self.window) {
            (Some(own), _) => promql_duration(own),
            (None, Window::Fixed(window)) => promql_duration(*window),
            (None, Window::Range) => "$__range".to_owned(),
            (None, Window::RateInterval) => "$__rate_interval".to_owned(),
        }
    }
}

/// Whether the query language can say this time.
pub(super) fn check_window(what: &'static str, window: Duration) -> Result<(), QueryError> {
    let is_whole = window.subsec_nanos().is_multiple_of(1_000_000);
    // Prometheus keeps times in 64 bits of nanoseconds: no more than 292 years.
    if window.is_zero() || !is_whole || window.as_secs() > 100 * 365 * 86_400 {
        return Err(QueryError::BadNumber {
            what,
            value: window.as_secs_f64(),
            must: "some whole milliseconds, and no more than a hundred years",
        });
    }
    Ok(())
}

/// A time as the query language writes it: `1h30m`.
pub(crate) fn promql_duration(time: Duration) -> String {
    let mut left = time.as_millis();
    // A week only where it is whole weeks: eight days read better as that.
    for (unit, millis) in [("w", 604_800_000), ("d", 86_400_000)] {
        if left > 0 && left.is_multiple_of(millis) {
            return format!("{}{unit}", left / millis);
        }
    }
    let mut text = String::new();
    for (unit, millis) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ] {
        if left >= millis {
            text.push_str(&format!("{}{unit}", left / millis));
            left %= millis;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        for (millis, text) in [
            (1, "1ms"),
            (1500, "1s500ms"),
            (300_000, "5m"),
            (5_400_000, "1h30m"),
            (86_400_000, "1d"),
            (604_800_000, "1w"),
            (691_200_000, "8d"),
            (90_000_000, "1d1h"),
        ] {
            assert_eq!(promql_duration(Duration::from_millis(millis)), text);
        }
    }
}
