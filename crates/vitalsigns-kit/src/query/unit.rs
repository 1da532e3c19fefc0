//! What values are counted in, so that they are compared with their like and printed right.

use std::fmt;
use std::time::Duration;

use vitalsigns::{FamilyEntry, Kind};

/// What the values of an expression are counted in.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::query::Unit;
///
/// assert_eq!(Unit::BYTES.per_second().to_string(), "bytes per second");
/// assert_eq!(Unit::BYTES.per_second().grafana(), "Bps");
/// assert_eq!(Unit::RATIO.template("$value"), "{{ $value | humanizePercentage }}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    base: Base,
    per_second: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Number,
    PerMinute,
    Seconds,
    Timestamp,
    Bytes,
    Ratio,
    Times,
    Other(String),
}

impl Unit {
    /// A number of things.
    pub const NUMBER: Unit = Unit::of(Base::Number);
    /// A number of things in each minute.
    pub const PER_MINUTE: Unit = Unit::of(Base::PerMinute);
    /// How long, in seconds.
    pub const SECONDS: Unit = Unit::of(Base::Seconds);
    /// When, in seconds since 1970.
    pub const TIMESTAMP: Unit = Unit::of(Base::Timestamp);
    /// Bytes.
    pub const BYTES: Unit = Unit::of(Base::Bytes);
    /// A share of a whole, from 0 to 1.
    pub const RATIO: Unit = Unit::of(Base::Ratio);
    /// How many times as much; 1 is the same.
    pub const TIMES: Unit = Unit::of(Base::Times);

    const fn of(base: Base) -> Self {
        Unit {
            base,
            per_second: false,
        }
    }

    /// The unit of this name, as it ends the name of a metric.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Unit;
    ///
    /// assert_eq!(Unit::named("bytes"), Unit::BYTES);
    /// assert_eq!(Unit::named("frames").to_string(), "frames");
    /// ```
    pub fn named(name: &str) -> Self {
        match name {
            "" => Unit::NUMBER,
            "seconds" => Unit::SECONDS,
            "bytes" => Unit::BYTES,
            "ratio" => Unit::RATIO,
            other => Unit::of(Base::Other(other.to_owned())),
        }
    }

    /// What the values of a family are counted in.
    pub(crate) fn of_family(family: &FamilyEntry) -> Self {
        // The last two are what exporters call it.
        let is_time = [
            "_timestamp_seconds",
            "_start_time_seconds",
            "_boot_time_seconds",
        ]
        .iter()
        .any(|end| family.name.ends_with(end));
        let is_time = is_time && family.kind != Kind::Counter;
        match &family.unit {
            _ if is_time => Unit::TIMESTAMP,
            Some(unit) => Unit::named(unit),
            None => Unit::NUMBER,
        }
    }

    /// So much in each second. Seconds per second are a share of the time.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Unit;
    ///
    /// assert_eq!(Unit::NUMBER.per_second().grafana(), "cps");
    /// assert_eq!(Unit::SECONDS.per_second(), Unit::TIMES);
    /// ```
    pub fn per_second(self) -> Self {
        match self.base {
            // More than 1 where several work at the same time, so it is no ratio.
            Base::Seconds => Unit::TIMES,
            base => Unit {
                base,
                per_second: true,
            },
        }
    }

    /// Whether it is so many in each second.
    #[cfg(feature = "verify")]
    pub(crate) fn is_per_second(&self) -> bool {
        self.per_second
    }

    /// What comes out where this is divided by `other`.
    pub(crate) fn divided_by(&self, other: &Unit) -> Unit {
        if self == other {
            return Unit::RATIO;
        }
        // Seconds per second of requests per second are seconds of each request.
        if *self == Unit::TIMES && *other == Unit::NUMBER.per_second() {
            return Unit::SECONDS;
        }
        match (self.per_second, other.per_second, &other.base) {
            (true, true, Base::Number) | (false, false, Base::Number) => {
                Unit::of(self.base.clone())
            }
            (true, false, Base::Number) => self.clone(),
            _ => Unit::of(Base::Other(format!("{self} per {other}"))),
        }
    }

    /// Whether a threshold in `other` can be compared with values in this unit. A plain number is a
    /// number of whatever is counted.
    pub(crate) fn compares_with(&self, other: &Unit) -> bool {
        let counts = matches!(self.base, Base::Other(_)) && other.base == Base::Number;
        self == other || counts && self.per_second == other.per_second
    }

    /// The name that Grafana has for it, for the `unit` of a panel.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Unit;
    ///
    /// assert_eq!(Unit::SECONDS.grafana(), "s");
    /// ```
    pub fn grafana(&self) -> &str {
        match (&self.base, self.per_second) {
            (Base::Number, false) => "short",
            (Base::Number, true) => "cps",
            (Base::PerMinute, _) => "cpm",
            (Base::Seconds, _) => "s",
            (Base::Timestamp, _) => "dateTimeAsIso",
            (Base::Bytes, false) => "bytes",
            (Base::Bytes, true) => "Bps",
            (Base::Ratio, _) => "percentunit",
            (Base::Times, _) => "short",
            (Base::Other(name), false) => match name.as_str() {
                "celsius" => "celsius",
                "volts" => "volt",
                "amperes" => "amp",
                "joules" => "joule",
                "hertz" => "hertz",
                "meters" => "lengthm",
                _ => "short",
            },
            (Base::Other(name), true) => match name.as_str() {
                "joules" => "watt",
                _ => "cps",
            },
        }
    }

    /// A template of Prometheus that prints `value`, which is in this unit, for people.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Unit;
    ///
    /// assert_eq!(Unit::SECONDS.template("$value"), "{{ $value | humanizeDuration }}");
    /// assert_eq!(Unit::BYTES.template("$value"), "{{ $value | humanize1024 }}B");
    /// ```
    pub fn template(&self, value: &str) -> String {
        let (function, behind) = self.humanized();
        format!("{{{{ {value} | {function} }}}}{behind}")
    }

    /// The function of Prometheus that prints values in this unit, and what is said behind them.
    pub(super) fn humanized(&self) -> (&'static str, String) {
        match (&self.base, self.per_second) {
            (Base::Number, false) => ("humanize", String::new()),
            (Base::Number, true) => ("humanize", " per second".to_owned()),
            (Base::PerMinute, _) => ("humanize", " per minute".to_owned()),
            (Base::Seconds, _) => ("humanizeDuration", String::new()),
            (Base::Timestamp, _) => ("humanizeTimestamp", String::new()),
            (Base::Bytes, false) => ("humanize1024", "B".to_owned()),
            (Base::Bytes, true) => ("humanize1024", "B per second".to_owned()),
            (Base::Ratio, _) => ("humanizePercentage", String::new()),
            (Base::Times, _) => ("humanize", " times".to_owned()),
            (Base::Other(_), _) => ("humanize", format!(" {self}")),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.base {
            Base::Number if self.per_second => return f.write_str("a number per second"),
            Base::Number => "a number",
            Base::PerMinute => "a number per minute",
            Base::Seconds => "seconds",
            Base::Timestamp => "a time of the clock",
            Base::Bytes => "bytes",
            Base::Ratio => "a ratio",
            Base::Times => "times as much",
            Base::Other(name) => name,
        })?;
        if self.per_second {
            f.write_str(" per second")?;
        }
        Ok(())
    }
}

/// A value with its unit: what expressions are compared with.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use vitalsigns_kit::query::Quantity;
///
/// assert_eq!(Quantity::percent(5.0), Quantity::ratio(0.05));
/// assert_eq!(Quantity::per_hour(5.0).to_string(), "5 per hour");
/// assert_eq!(Quantity::duration(Duration::from_millis(1500)).to_string(), "1.5s");
/// ```
#[derive(Clone, Debug)]
pub struct Quantity {
    value: f64,
    unit: Unit,
    /// As it was said, where that reads better than value and unit.
    said: Option<String>,
}

/// How it was said makes no difference.
impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.unit == other.unit
    }
}

impl Quantity {
    /// So much of this unit.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Quantity, Unit};
    ///
    /// let warm = Quantity::new(70.0, Unit::named("celsius"));
    /// assert_eq!(warm.to_string(), "70 celsius");
    /// ```
    pub fn new(value: f64, unit: Unit) -> Self {
        Quantity {
            value,
            unit,
            said: None,
        }
    }

    /// A number of things.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::number(100.0).to_string(), "100");
    /// ```
    pub fn number(value: f64) -> Self {
        Quantity::new(value, Unit::NUMBER)
    }

    /// How long, in seconds.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::seconds(2.0).to_string(), "2s");
    /// ```
    pub fn seconds(value: f64) -> Self {
        Quantity::new(value, Unit::SECONDS)
    }

    /// How long.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn duration(value: Duration) -> Self {
        Quantity::seconds(value.as_secs_f64())
    }

    /// Bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::bytes(512.0).to_string(), "512 bytes");
    /// ```
    pub fn bytes(value: f64) -> Self {
        Quantity::new(value, Unit::BYTES)
    }

    /// A share, from 0 to 1.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::ratio(0.05).to_string(), "5%");
    /// ```
    pub fn ratio(value: f64) -> Self {
        Quantity::new(value, Unit::RATIO)
    }

    /// A share in hundredths.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn percent(value: f64) -> Self {
        Quantity::ratio(value / 100.0)
    }

    /// How many times as much.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::times(0.5).to_string(), "0.5 times");
    /// ```
    pub fn times(value: f64) -> Self {
        Quantity::new(value, Unit::TIMES)
    }

    /// So many in each second.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::per_second(3.0).to_string(), "3 per second");
    /// ```
    pub fn per_second(value: f64) -> Self {
        Quantity::new(value, Unit::NUMBER.per_second())
    }

    /// So many in each hour: what a rate, which is per second, is to be compared with.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::Quantity;
    ///
    /// assert_eq!(Quantity::per_hour(3600.0), Quantity::per_second(1.0));
    /// ```
    pub fn per_hour(value: f64) -> Self {
        Quantity {
            said: Some(format!("{value} per hour")),
            ..Quantity::per_second(value / 3600.0)
        }
    }

    /// How much, in its unit.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::query::Quantity::percent(5.0).value(), 0.05);
    /// ```
    pub fn value(&self) -> f64 {
        self.value
    }

    /// What it is counted in.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Quantity, Unit};
    ///
    /// assert_eq!(Quantity::percent(5.0).unit(), &Unit::RATIO);
    /// ```
    pub fn unit(&self) -> &Unit {
        &self.unit
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(said) = &self.said {
            return f.write_str(said);
        }
        let value = self.value;
        match (&self.unit.base, self.unit.per_second) {
            (Base::Number, false) => write!(f, "{value}"),
            (Base::Number, true) => write!(f, "{value} per second"),
            (Base::Seconds, _) => write!(f, "{value}s"),
            // 0.07 * 100 is 7.000000000000001.
            (Base::Ratio, _) => write!(f, "{}%", (value * 1e12).round() / 1e10),
            (Base::Times, _) => write!(f, "{value} times"),
            _ => write!(f, "{value} {}", self.unit),
        }
    }
}
