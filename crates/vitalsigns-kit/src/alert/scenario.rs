//! What happens when an alert is to fire, and what when it is just not to: from which its tests are
//! made.

use std::collections::BTreeMap;
use std::time::Duration;

/// How a series goes on.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::Track;
///
/// let (bad, good) = (Track::PerMinute(51.0), Track::PerMinute(949.0));
/// assert_ne!(bad, good);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Track {
    /// It keeps this value.
    Level(f64),
    /// A total that grows by so much in each minute.
    PerMinute(f64),
    /// A time of the clock that stays so many seconds behind; ahead, if negative.
    Age(f64),
    /// It changes from the first value by the second in each minute.
    Slope(f64, f64),
    /// It becomes one more each time that so many minutes have passed.
    Every(u32),
    /// There is no such series.
    Gone,
}

/// A series, what it does while the alert fires, and what while all is just well.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    /// As Prometheus writes it.
    pub(crate) series: String,
    /// Its name alone.
    pub(crate) name: String,
    pub(crate) fires: Track,
    pub(crate) below: Track,
    /// What it did in the time before that the alert compares with.
    pub(crate) before: Track,
}

/// What happens when an alert is to fire, and what when it is just not to.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::{Scenario, Track};
///
/// let scenario = Scenario::of([("job", "shop")])
///     .series(
///         "scrape_duration_seconds",
///         [("job", "shop"), ("instance", "shop:8080")],
///         Track::Level(9.0),
///         Track::Level(7.9),
///     )
///     .shows(9.0, 7.9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) value: Option<f64>,
    pub(crate) value_below: Option<f64>,
    pub(crate) history: Duration,
    pub(crate) begins: Option<Duration>,
    pub(crate) ends: Option<Duration>,
    pub(crate) fires_on_absence: bool,
    pub(crate) little: Option<f64>,
    /// Further states in which it does not fire: what they are called, and which series is how.
    pub(crate) silent: Vec<(String, String, Track)>,
}

impl Scenario {
    /// One in which the alert fires for a series with these labels.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn of<L: Into<String>, V: Into<String>>(labels: impl IntoIterator<Item = (L, V)>) -> Self {
        let labels = labels.into_iter();
        Scenario {
            labels: labels.map(|(l, v)| (l.into(), v.into())).collect(),
            inputs: Vec::new(),
            value: None,
            value_below: None,
            history: Duration::ZERO,
            begins: None,
            ends: None,
            fires_on_absence: false,
            little: None,
            silent: Vec::new(),
        }
    }

    /// Adds a series, what it does while the alert fires, and what while it just does not.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn series<'l>(
        mut self,
        name: &str,
        labels: impl IntoIterator<Item = (&'l str, &'l str)>,
        fires: Track,
        below: Track,
    ) -> Self {
        let labels: Vec<String> = labels
            .into_iter()
            .map(|(label, value)| {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                format!("{label}=\"{value}\"")
            })
            .collect();
        self.inputs.push(Input {
            series: format!("{name}{{{}}}", labels.join(",")),
            name: name.to_owned(),
            fires,
            below,
            before: below,
        });
        self
    }

    /// Says which value the alert has while it fires, and which values those of the same name have
    /// that fire earlier, just below.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn shows(mut self, fires: f64, below: f64) -> Self {
        self.value = Some(fires);
        self.value_below = Some(below);
        self
    }

    /// Says what the series that was added last did in the time before, which is so long for all of
    /// them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use vitalsigns_kit::alert::{Scenario, Track};
    ///
    /// let halved = Scenario::of([("job", "shop")])
    ///     .series("scrape_samples_scraped", [("job", "shop")], Track::Level(49.0), Track::Level(51.0))
    ///     .after(Duration::from_secs(3600), Track::Level(100.0));
    /// ```
    #[must_use]
    pub fn after(mut self, history: Duration, track: Track) -> Self {
        self.history = history;
        if let Some(input) = self.inputs.last_mut() {
            input.before = track;
        }
        self
    }

    /// Says how long it takes until it fires, but for its `for`, and until it is over, where that is
    /// less than the time that the condition looks back.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use vitalsigns_kit::alert::Scenario;
    ///
    /// let minutes = |n: u64| Duration::from_secs(n * 60);
    /// let scenario = Scenario::of([("job", "shop")]).settles(minutes(10), minutes(30));
    /// ```
    #[must_use]
    pub fn settles(mut self, begins: Duration, ends: Duration) -> Self {
        self.begins = Some(begins);
        self.ends = Some(ends);
        self
    }

    /// Says that it fires where nothing is there at all.
    ///
    /// # Examples
    ///
    /// ```
    /// let scenario = vitalsigns_kit::alert::Scenario::of([("job", "shop")]).fires_on_absence();
    /// ```
    #[must_use]
    pub fn fires_on_absence(mut self) -> Self {
        self.fires_on_absence = true;
        self
    }

    /// Says that it does not fire where so much less happens: totals grow by this part of what they
    /// do otherwise.
    ///
    /// # Examples
    ///
    /// ```
    /// let guarded = vitalsigns_kit::alert::Scenario::of([("job", "shop")]).guarded(0.001);
    /// ```
    #[must_use]
    pub fn guarded(mut self, part: f64) -> Self {
        self.little = Some(part);
        self
    }

    /// Says that it does not fire either where the series of this name is so: `when` reads as "is
    /// silent when …".
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::alert::{Scenario, Track};
    ///
    /// let target = [("job", "redis"), ("instance", "redis:9121")];
    /// let nearly_full = Scenario::of(target)
    ///     .series("used_bytes", target, Track::Level(91.0), Track::Level(89.0))
    ///     .series("max_bytes", target, Track::Level(100.0), Track::Level(100.0))
    ///     .silent("there is no limit", "max_bytes", Track::Level(0.0));
    /// ```
    #[must_use]
    pub fn silent(mut self, when: &str, series: &str, track: Track) -> Self {
        self.silent
            .push((when.to_owned(), series.to_owned(), track));
        self
    }

    /// Whether both are about the same series.
    pub(crate) fn has_series_of(&self, other: &Scenario) -> bool {
        let names = |scenario: &Scenario| -> Vec<String> {
            let mut names: Vec<String> = scenario.inputs.iter().map(|i| i.series.clone()).collect();
            names.sort();
            names
        };
        self.labels == other.labels && names(self) == names(other)
    }
}
