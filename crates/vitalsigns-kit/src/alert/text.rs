//! What an alert says, with places for what is only known when it fires.

use std::collections::BTreeMap;

use crate::query::{Condition, QueryError, Unit};

/// A text with places for the value and the labels of a series.
///
/// `{value}` is the value with its unit, `{threshold}` what it was compared with, and any other
/// word in braces is a label that the condition leaves.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::alert::Text;
/// use vitalsigns_kit::query::{Quantity, Queries};
///
/// let catalogue = vitalsigns::Registry::new().catalogue();
/// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
/// let slow = took.above(Quantity::seconds(8.0))?;
/// let text = Text::new("ScrapeSlow", "{job} took {value}, more than {threshold}", &slow)?;
/// assert_eq!(
///     text.template(),
///     "{{ $labels.job }} took {{ $value | humanizeDuration }}, more than 8s"
/// );
/// let error = Text::new("ScrapeSlow", "{queue} is slow", &slow).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the text of alert `ScrapeSlow` names `queue`, and there is only \
///      `instance`, `job`, `value`, `threshold`"
/// );
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    parts: Vec<Part>,
    unit: Unit,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Words(String),
    Label(String),
    Value,
}

impl Text {
    /// A text of an alert with this condition.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownPlaceholder`] for what is neither a label that the condition leaves, nor
    /// the value, nor a threshold that it has.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(alert: &str, text: &str, condition: &Condition) -> Result<Self, QueryError> {
        let mut parts = Vec::new();
        let mut words = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            words.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            rest = after;
            match (name, condition.threshold()) {
                ("threshold", Some(threshold)) => words.push_str(&threshold.to_string()),
                ("value", _) => {
                    parts.push(Part::Words(std::mem::take(&mut words)));
                    parts.push(Part::Value);
                }
                (label, _) if condition.labels().iter().any(|known| known == label) => {
                    parts.push(Part::Words(std::mem::take(&mut words)));
                    parts.push(Part::Label(label.to_owned()));
                }
                _ => return Err(unknown(alert, name, condition)),
            }
        }
        words.push_str(rest);
        parts.push(Part::Words(words));
        Ok(Text {
            parts,
            unit: condition.unit().clone(),
        })
    }

    /// The text as a template of Prometheus.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn template(&self) -> String {
        let text = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Label(label) => format!("{{{{ $labels.{label} }}}}"),
            Part::Value => self.unit.template("$value"),
        };
        self.parts.iter().map(text).collect()
    }

    /// What the template says of a series with these labels and this value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use vitalsigns_kit::alert::Text;
    /// # use vitalsigns_kit::query::{Quantity, Queries};
    /// # let catalogue = vitalsigns::Registry::new().catalogue();
    /// let took = Queries::new(&catalogue).gauge("scrape_duration_seconds")?.value();
    /// let text = Text::new("Slow", "{job} took {value}", &took.above(Quantity::seconds(8.0))?)?;
    /// let labels = BTreeMap::from([("job".to_owned(), "shop".to_owned())]);
    /// assert_eq!(text.printed(&labels, 9.5), "shop took 9.5s");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn printed(&self, labels: &BTreeMap<String, String>, value: f64) -> String {
        let text = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Label(label) => labels.get(label).cloned().unwrap_or_default(),
            Part::Value => self.unit.printed(value),
        };
        self.parts.iter().map(text).collect()
    }

    /// Whether it says the value.
    pub(crate) fn has_value(&self) -> bool {
        self.parts.contains(&Part::Value)
    }
}

fn unknown(alert: &str, name: &str, condition: &Condition) -> QueryError {
    let mut known = condition.labels();
    known.push("value".to_owned());
    if condition.threshold().is_some() {
        known.push("threshold".to_owned());
    }
    QueryError::UnknownPlaceholder {
        alert: alert.to_owned(),
        name: name.to_owned(),
        known,
    }
}
