//! A panel.

use serde_json::{Value, json};

use super::colour::{Colour, Step, of_series, thresholds};
use super::datasource;
use super::target::Target;
use super::visual::Visual;
use crate::query::QueryError;

/// What a value is called in place of a number.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Word {
    value: f64,
    text: &'static str,
    colour: Colour,
}

impl Word {
    pub(in super::super) const fn new(value: f64, text: &'static str, colour: Colour) -> Self {
        Word {
            value,
            text,
            colour,
        }
    }
}

/// A panel: what it asks, how it shows that, and what to do when it looks bad.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Registry, families::HttpServer};
/// use vitalsigns_kit::dashboard::{Colour, Panel, Step, Target, Visual};
/// use vitalsigns_kit::query::Queries;
///
/// let registry = Registry::new();
/// HttpServer::register(&registry)?;
/// let catalogue = registry.catalogue();
/// let durations = Queries::new(&catalogue).histogram("http_request_duration_seconds")?;
/// let slow = durations.by(["route"])?.quantile(0.95)?;
///
/// let panel = Panel::new(
///     Visual::TimeSeries,
///     "Slowest routes",
///     "The time that 95 of 100 requests stay below. When it rises: is the database slow?",
///     [Target::new(&slow, "{{route}}")?],
/// )?
/// .steps([Step::new(2.5, Colour::Bad)])
/// .size(12, 8);
/// assert_eq!(panel.unit(), "s");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Panel {
    /// What it shows, in a few words.
    pub title: String,
    /// What that means, and what to do when it looks bad.
    pub description: String,
    /// How it shows it.
    pub visual: Visual,
    /// What it asks.
    pub targets: Vec<Target>,
    /// What it says where there is nothing to read at all.
    pub no_value: String,
    size: (u32, u32),
    steps: Vec<Step>,
    base: Colour,
    range: Option<(f64, f64)>,
    not_a_number: String,
    words: Vec<Word>,
    links: Vec<(String, String)>,
    transformations: Vec<Value>,
}

impl Panel {
    /// A panel of values that are counted in one unit; a table and a graph of nodes can have
    /// several.
    ///
    /// # Errors
    ///
    /// [`QueryError::OtherUnit`] if they are not.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(
        visual: Visual,
        title: impl Into<String>,
        description: impl Into<String>,
        targets: impl IntoIterator<Item = Target>,
    ) -> Result<Self, QueryError> {
        let targets: Vec<Target> = targets.into_iter().collect();
        if !matches!(visual, Visual::Table | Visual::NodeGraph)
            && let Some((first, rest)) = targets.split_first()
            && let Some(other) = rest.iter().find(|target| target.unit() != first.unit())
        {
            return Err(first.vector().other_unit(other.unit()));
        }
        Ok(Panel {
            title: title.into(),
            description: description.into(),
            visual,
            targets,
            no_value: "no series: is the target scraped?".to_owned(),
            size: visual.size(),
            steps: Vec::new(),
            base: Colour::Good,
            range: None,
            not_a_number: "no traffic".to_owned(),
            words: Vec::new(),
            links: Vec::new(),
            transformations: Vec::new(),
        })
    }

    /// Says from which values on something is wrong, in rising order.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps = steps.into_iter().collect();
        self
    }

    /// Says what the values below all steps mean.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::dashboard::{Colour, Panel, Step, Visual};
    ///
    /// // Less than one target that is up is bad.
    /// let panel = Panel::new(Visual::Stat, "Up", "Targets that answer.", [])?
    ///     .below(Colour::Bad)
    ///     .steps([Step::new(1.0, Colour::Good)]);
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn below(mut self, colour: Colour) -> Self {
        self.base = colour;
        self
    }

    /// Says how large it is: the width in cells, of which a row has 24, and the height.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width.clamp(1, 24), height.max(1));
        self
    }

    /// Says between which values the axis is, whatever the values are.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::{Panel, Visual};
    /// let panel = Panel::new(Visual::Gauge, "Fill", "How full it is.", [])?.range(0.0, 1.0);
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn range(mut self, least: f64, most: f64) -> Self {
        self.range = Some((least, most));
        self
    }

    /// Says what is shown in place of NaN, which is what a share of nothing is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::{Panel, Visual};
    /// let panel = Panel::new(Visual::Stat, "Longest wait", "Since when.", [])?
    ///     .not_a_number("nobody waits");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn not_a_number(mut self, text: impl Into<String>) -> Self {
        self.not_a_number = text.into();
        self
    }

    /// Adds a link.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::{Panel, Visual};
    /// let panel = Panel::new(Visual::Stat, "Up", "Targets that answer.", [])?
    ///     .link("What to do", "https://wiki.example.org/TargetDown");
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    #[must_use]
    pub fn link(mut self, title: impl Into<String>, address: impl Into<String>) -> Self {
        self.links.push((title.into(), address.into()));
        self
    }

    /// From these values on it is doubtful, and bad.
    pub(in super::super) fn limits(self, doubtful: f64, bad: f64) -> Self {
        self.steps([
            Step::new(doubtful, Colour::Doubtful),
            Step::new(bad, Colour::Bad),
        ])
    }

    pub(in super::super) fn add_link(&mut self, title: &str, address: &str) {
        self.links.push((title.to_owned(), address.to_owned()));
    }

    /// Says what there is where there is nothing to read although the targets answer.
    pub(in super::super) fn or_says(mut self, text: &str) -> Self {
        self.no_value = format!("{text}, or {}", self.no_value);
        self
    }

    /// The unit, as Grafana calls it.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn unit(&self) -> &str {
        self.targets
            .first()
            .map_or("none", |target| target.unit().grafana())
    }

    pub(in super::super) fn words(mut self, words: impl IntoIterator<Item = Word>) -> Self {
        self.words = words.into_iter().collect();
        self
    }

    pub(in super::super) fn transformed(mut self, id: &str, options: Value) -> Self {
        self.transformations
            .push(json!({"id": id, "options": options}));
        self
    }

    pub(super) fn width_and_height(&self) -> (u32, u32) {
        self.size
    }

    pub(super) fn to_json(&self, id: u32, interval: &str, place: Value) -> Value {
        let mut panel = json!({
            "datasource": datasource(),
            "description": self.description,
            "fieldConfig": {"defaults": self.defaults(), "overrides": self.overrides()},
            "gridPos": place,
            "id": id,
            "interval": interval,
            "links": self.links.iter().map(|(title, url)| json!({
                "asDropdown": false, "icon": "", "includeVars": false, "keepTime": false, "tags": [],
                "targetBlank": true, "title": title, "tooltip": "", "type": "link", "url": url,
            })).collect::<Vec<_>>(),
            "options": self.visual.options(self.unit(), &self.description),
            "targets": self.targets.iter().enumerate()
                .map(|(index, target)| target.to_json(&reference(index)))
                .collect::<Vec<_>>(),
            "title": self.title,
            "transformations": self.transformations(),
            "type": self.visual.plugin(),
        });
        if self.visual == Visual::Text
            && let Some(panel) = panel.as_object_mut()
        {
            for key in [
                "datasource",
                "fieldConfig",
                "interval",
                "targets",
                "transformations",
            ] {
                panel.remove(key);
            }
        }
        panel
    }

    fn defaults(&self) -> Value {
        let by_threshold = matches!(
            self.visual,
            Visual::Stat | Visual::Gauge | Visual::BarGauge | Visual::StateTimeline
        );
        let mut defaults = json!({
            "color": {"mode": if by_threshold { "thresholds" } else { "palette-classic" }},
            "custom": self.visual.custom(!self.steps.is_empty()),
            "mappings": self.mappings(),
            "noValue": self.no_value,
            "thresholds": thresholds(self.base, &self.steps),
            "unit": self.unit(),
        });
        if let Some((least, most)) = self.range {
            defaults["min"] = json!(least);
            defaults["max"] = json!(most);
        }
        defaults
    }

    fn mappings(&self) -> Vec<Value> {
        let quiet = json!({"color": Colour::Quiet.name(), "index": 0, "text": self.not_a_number});
        let mut mappings = vec![json!({
            "options": {"match": "nan", "result": quiet},
            "type": "special",
        })];
        if !self.words.is_empty() {
            let mut options = serde_json::Map::new();
            for (index, word) in self.words.iter().enumerate() {
                let shown = json!({
                    "color": word.colour.name(), "index": index + 1, "text": word.text,
                });
                options.insert(word.value.to_string(), shown);
            }
            mappings.push(json!({"options": options, "type": "value"}));
        }
        mappings
    }

    /// The colours of closed values, and the units of the columns of a table.
    fn overrides(&self) -> Vec<Value> {
        let mut overrides: Vec<Value> = Vec::new();
        let mut add = |more: Value| {
            if !overrides.contains(&more) {
                overrides.push(more);
            }
        };
        for target in &self.targets {
            if target.is_table() {
                if target.unit().grafana() != self.unit() {
                    let unit = json!({"id": "unit", "value": target.unit().grafana()});
                    add(json!({
                        "matcher": {"id": "byName", "options": target.legend()},
                        "properties": [unit],
                    }));
                }
            } else if self.words.is_empty()
                && let Some((label, is_whole)) = target.last_label()
            {
                for value in target.vector().label_values(label) {
                    if let Some(more) = of_series(&value, is_whole) {
                        add(more);
                    }
                }
            }
        }
        overrides
    }

    /// A table loses its times, and its columns of values are called as the legends say.
    fn transformations(&self) -> Vec<Value> {
        let mut transformations = self.transformations.clone();
        if self.visual == Visual::Table {
            let is_one = self.targets.len() == 1;
            if !is_one {
                transformations.push(json!({"id": "merge", "options": {}}));
            }
            let mut renamed = serde_json::Map::new();
            for (index, target) in self.targets.iter().enumerate() {
                let name = match is_one {
                    true => "Value".to_owned(),
                    false => format!("Value #{}", reference(index)),
                };
                renamed.insert(name, json!(target.legend()));
            }
            transformations.push(json!({
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": true, "__name__": true},
                    "indexByName": {},
                    "renameByName": renamed,
                },
            }));
        }
        transformations
    }
}

/// A, B, …, Z, AA, …
fn reference(index: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(index % 26).unwrap_or(0));
    match index / 26 {
        0 => letter.to_string(),
        more => format!("{}{letter}", reference(more - 1)),
    }
}
