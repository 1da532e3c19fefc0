//! Colours that mean the same in every panel.

use serde_json::{Value, json};

/// A colour, by what it says.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::dashboard::Colour;
///
/// assert_eq!(Colour::of_value("panicked"), Some(Colour::Worst));
/// assert_eq!(Colour::of_value("/orders"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// As it should be.
    Good,
    /// Neither good nor bad.
    Plain,
    /// Nobody's fault, as what a client gave up.
    Quiet,
    /// Somebody may want to look.
    Doubtful,
    /// Somebody has to look.
    Bad,
    /// Somebody has to look, and it is worse than an error.
    Worst,
    /// What is fast and small.
    Hot,
    /// What is between.
    Warm,
    /// What is slow and large.
    Cold,
}

impl Colour {
    /// The name that Grafana has for it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vitalsigns_kit::dashboard::Colour::Good.name(), "green");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Colour::Good => "green",
            Colour::Plain => "blue",
            Colour::Quiet => "#8e8e8e",
            Colour::Doubtful => "yellow",
            Colour::Bad => "red",
            Colour::Worst => "dark-purple",
            Colour::Hot => "orange",
            Colour::Warm => "semi-dark-yellow",
            Colour::Cold => "light-blue",
        }
    }

    /// The colour of a value of a closed label, if it says something.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn of_value(value: &str) -> Option<Self> {
        Some(match value {
            "success" | "ok" | "hit" | "up" | "accepted" | "applied" | "delivered" | "allowed"
            | "served" | "passed" | "completed" | "authorised" | "captured" | "closed"
            | "stopped" | "answered" => Colour::Good,
            "info" | "skipped" | "kept" | "keep" | "declined" | "duplicate" | "none" => {
                Colour::Plain
            }
            "cancelled" | "unknown" | "abandoned" | "logged_out" | "withdrawn" => Colour::Quiet,
            "degraded" | "warning" | "pending" | "limited" | "miss" | "retried" | "rejected"
            | "timeout" | "client_error" | "half_open" | "rate_limited" | "stale"
            | "quota_exceeded" | "not_passed" | "invalid" | "expired" => Colour::Doubtful,
            "failed" | "error" | "down" | "server_error" | "critical" | "firing" | "open"
            | "dead_lettered" | "dropped" | "bad_signature" | "malformed" | "connect"
            | "unavailable" => Colour::Bad,
            "panicked" => Colour::Worst,
            "hot" => Colour::Hot,
            "warm" => Colour::Warm,
            "cold" => Colour::Cold,
            _ => return None,
        })
    }
}

/// A value from which on something is not as it should be, or is again.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::dashboard::{Colour, Step};
///
/// let step = Step::new(0.05, Colour::Bad);
/// assert_eq!(step.from, 0.05);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// From which value on, in the unit of the panel.
    pub from: f64,
    /// What that means.
    pub colour: Colour,
}

impl Step {
    /// A step.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub const fn new(from: f64, colour: Colour) -> Self {
        Step { from, colour }
    }
}

/// Thresholds; `base` is the colour of what lies below all of them.
pub(super) fn thresholds(base: Colour, steps: &[Step]) -> Value {
    let mut all = vec![json!({"color": base.name(), "value": null})];
    for step in steps {
        all.push(json!({"color": step.colour.name(), "value": step.from}));
    }
    json!({"mode": "absolute", "steps": all})
}

/// An override that gives the series of this name, or whose name ends so, their colour.
pub(super) fn of_series(value: &str, is_whole: bool) -> Option<Value> {
    let colour = Colour::of_value(value)?;
    let matcher = match is_whole {
        true => json!({"id": "byName", "options": value}),
        false => json!({"id": "byRegexp", "options": format!("/ {value}$/")}),
    };
    let fixed = json!({"fixedColor": colour.name(), "mode": "fixed"});
    Some(json!({
        "matcher": matcher,
        "properties": [{"id": "color", "value": fixed}],
    }))
}
