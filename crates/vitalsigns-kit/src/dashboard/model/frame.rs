//! A dashboard and its rows.

use std::time::Duration;

use serde_json::{Value, json};

use super::datasource;
use super::panel::Panel;

/// Cells of a row.
const WIDTH: u32 = 24;

/// The newest version of the format that Grafana 11 writes.
const SCHEMA: u32 = 39;

/// A row of a dashboard: panels under a title.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::dashboard::{Panel, Row, Visual};
///
/// let about = Panel::new(Visual::Text, "About", "What this is about.", [])?;
/// let row = Row::new("Health", [about]);
/// assert_eq!(row.panels.len(), 1);
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// What its panels are about.
    pub title: String,
    /// The panels, from left to right and down.
    pub panels: Vec<Panel>,
}

impl Row {
    /// A row.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(title: impl Into<String>, panels: impl IntoIterator<Item = Panel>) -> Self {
        Row {
            title: title.into(),
            panels: panels.into_iter().collect(),
        }
    }
}

/// A dashboard of Grafana.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::dashboard::{Dashboard, Panel, Row, Visual};
///
/// let about = Panel::new(Visual::Text, "About", "What this is about.", [])?;
/// let dashboard = Dashboard::new("shop", "Checkout", "How buying goes.")
///     .row(Row::new("Start", [about]));
/// assert_eq!(dashboard.uid, "shop-checkout");
/// assert!(dashboard.to_json().contains(r#""title": "Checkout""#));
/// # Ok::<(), vitalsigns_kit::query::QueryError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Dashboard {
    /// What it is known by in addresses: the same for the same system and title.
    pub uid: String,
    /// The name of its file, without the folder and what comes behind the dot.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it is found by.
    pub tags: Vec<String>,
    /// The rows, symptoms before causes.
    pub rows: Vec<Row>,
    /// The jobs that can be chosen; all if empty.
    pub jobs: Vec<String>,
    /// How far back it looks at first.
    pub shows: Duration,
    /// How far apart the points of a graph are at least: how often is scraped.
    pub interval: Duration,
    system: String,
    variables: Vec<(String, String)>,
    annotations: Vec<(String, &'static str, String, String)>,
}

impl Dashboard {
    /// A dashboard of a system, without rows.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(
        system: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        let (system, title) = (slug(&system.into()), title.into());
        let slug = slug(&title);
        // Without the name of the system twice.
        let own = slug.strip_prefix(&format!("{system}-")).unwrap_or(&slug);
        Dashboard {
            uid: uid(&format!("{system}-{own}")),
            slug,
            title,
            description: description.into(),
            tags: vec![system.clone(), "vitalsigns".to_owned()],
            rows: Vec::new(),
            jobs: Vec::new(),
            shows: Duration::from_secs(3 * 3600),
            interval: Duration::from_secs(15),
            system,
            variables: Vec::new(),
            annotations: Vec::new(),
        }
    }

    /// Adds a row.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    /// Adds a variable that chooses values of a label, which expressions name by
    /// [`Selector::variable`](crate::query::Selector::variable).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::dashboard::Dashboard;
    ///
    /// let dashboard = Dashboard::new("shop", "Money", "What comes in.")
    ///     .variable("currency", "payments_processed_total");
    /// assert!(dashboard.to_json().contains("label_values(payments_processed_total"));
    /// ```
    #[must_use]
    pub fn variable(mut self, label: impl Into<String>, family: impl Into<String>) -> Self {
        self.variables.push((label.into(), family.into()));
        self
    }

    /// Adds an event that is marked in all panels: its name, colour, expression and text.
    pub(in super::super) fn annotation(
        mut self,
        name: &str,
        colour: &'static str,
        expression: String,
        text: &str,
    ) -> Self {
        self.annotations
            .push((name.to_owned(), colour, expression, text.to_owned()));
        self
    }

    /// With what another one of the same title has beyond this: the services of another namespace.
    pub(in super::super) fn joined(mut self, more: Dashboard, namespace: &str) -> Self {
        for mut row in more.rows {
            row.panels
                .retain(|panel| !self.panels().any(|known| known == panel));
            if !row.panels.is_empty() {
                row.title = format!("{} ({namespace})", row.title);
                self.rows.push(row);
            }
        }
        self.jobs.extend(more.jobs);
        self.jobs.sort_unstable();
        self.jobs.dedup();
        self
    }

    /// Where it is, for a link that keeps what was chosen.
    pub(in super::super) fn address(&self) -> String {
        format!(
            "/d/{}?${{datasource:queryparam}}&${{job:queryparam}}&${{__url_time_range}}",
            self.uid
        )
    }

    /// All panels, in the order of the page.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::dashboard::Dashboard;
    /// assert_eq!(Dashboard::new("shop", "Money", "What comes in.").panels().count(), 0);
    /// ```
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }

    /// The file that Grafana reads, the same text for the same dashboard.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn to_json(&self) -> String {
        let dashboard = json!({
            "annotations": {"list": self.annotations_json()},
            "description": self.description,
            // What is changed by hand is gone with the next file.
            "editable": false,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "links": [{
                "asDropdown": true, "icon": "external link", "includeVars": true,
                "keepTime": true, "tags": [self.system], "targetBlank": false,
                "title": "Dashboards", "tooltip": "", "type": "dashboards", "url": "",
            }],
            "panels": self.panels_json(),
            "refresh": "30s",
            "schemaVersion": SCHEMA,
            "tags": self.tags,
            "templating": {"list": self.variables_json()},
            "time": {"from": format!("now-{}m", self.shows.as_secs() / 60), "to": "now"},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 1,
            "weekStart": "",
        });
        // A value of JSON always has a text.
        serde_json::to_string_pretty(&dashboard).unwrap_or_default() + "\n"
    }

    fn panels_json(&self) -> Vec<Value> {
        let interval = format!("{}s", self.interval.as_secs().max(1));
        let mut panels: Vec<Value> = Vec::new();
        let mut id = 0;
        let mut y = 0;
        for row in &self.rows {
            id += 1;
            panels.push(json!({
                "collapsed": false, "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": y}, "id": id,
                "panels": [], "title": row.title, "type": "row",
            }));
            y += 1;
            let (mut x, mut tallest) = (0, 0);
            for panel in &row.panels {
                let (width, height) = panel.width_and_height();
                if x + width > WIDTH {
                    y += tallest;
                    (x, tallest) = (0, 0);
                }
                id += 1;
                let place = json!({"h": height, "w": width, "x": x, "y": y});
                panels.push(panel.to_json(id, &interval, place));
                x += width;
                tallest = tallest.max(height);
            }
            y += tallest;
        }
        panels
    }

    fn variables_json(&self) -> Vec<Value> {
        let jobs = match &self.jobs[..] {
            [] => "up".to_owned(),
            jobs => {
                let quoted = crate::query::one_of("job", jobs);
                format!("up{{{quoted}}}")
            }
        };
        let mut variables = vec![
            json!({
                "hide": 0, "includeAll": false, "label": "Data source",
                "multi": false, "name": "datasource", "options": [], "query": "prometheus",
                "refresh": 1, "regex": "", "skipUrlSync": false, "type": "datasource",
            }),
            choice("job", "Job", &format!("label_values({jobs}, job)")),
            choice(
                "instance",
                "Instance",
                "label_values(up{job=~\"$job\"}, instance)",
            ),
        ];
        for (label, family) in &self.variables {
            let query = format!("label_values({family}{{job=~\"$job\"}}, {label})");
            variables.push(choice(label, &capitalised(label), &query));
        }
        variables
    }

    fn annotations_json(&self) -> Vec<Value> {
        let mut annotations = vec![json!({
            "builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"},
            "enable": true, "hide": true, "iconColor": "rgba(0, 211, 255, 1)",
            "name": "Annotations & Alerts", "type": "dashboard",
        })];
        for (name, colour, expression, text) in &self.annotations {
            annotations.push(json!({
                "datasource": datasource(), "enable": true, "expr": expression, "hide": false,
                "iconColor": colour, "name": name, "titleFormat": text,
            }));
        }
        annotations
    }
}

/// A variable with the values of a label, of which several can be chosen.
fn choice(name: &str, label: &str, query: &str) -> Value {
    json!({
        "allValue": ".+",
        "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
        "datasource": datasource(),
        "hide": 0,
        "includeAll": true,
        "label": label,
        "multi": true,
        "name": name,
        "options": [],
        "query": query,
        // Whenever the time is changed.
        "refresh": 2,
        "regex": "",
        "skipUrlSync": false,
        "sort": 1,
        "type": "query",
    })
}

/// With a capital at the beginning.
pub(in super::super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// Text as the name of a file: small letters, digits and `-`.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// What Grafana takes as a uid: 40 characters at the most, which stay apart where they are cut.
fn uid(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    // FNV-1a: short, and the same on every machine.
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let kept = text[..LONGEST - 9].trim_end_matches('-');
    format!("{kept}-{hash:08x}")
}
