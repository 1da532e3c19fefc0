//! How a panel shows its values.

use serde_json::{Value, json};

/// How a panel shows its values.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::dashboard::Visual;
///
/// assert_eq!(Visual::TimeSeries.plugin(), "timeseries");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Visual {
    /// Lines over time.
    TimeSeries,
    /// Areas on top of each other, over time: parts of a whole.
    Stacked,
    /// The last value, large.
    Stat,
    /// The last value on an arc.
    Gauge,
    /// The last values as bars.
    BarGauge,
    /// The values of now, by their labels.
    Table,
    /// How many observations of which size, over time.
    Heatmap,
    /// Which state when.
    StateTimeline,
    /// Nodes and what flows between them.
    NodeGraph,
    /// Text without values, in Markdown: the description of the panel.
    Text,
}

impl Visual {
    /// The name of the plugin; all come with Grafana.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub const fn plugin(self) -> &'static str {
        match self {
            Visual::TimeSeries | Visual::Stacked => "timeseries",
            Visual::Stat => "stat",
            Visual::Gauge => "gauge",
            Visual::BarGauge => "bargauge",
            Visual::Table => "table",
            Visual::Heatmap => "heatmap",
            Visual::StateTimeline => "state-timeline",
            Visual::NodeGraph => "nodeGraph",
            Visual::Text => "text",
        }
    }

    /// Width and height, in cells of which a row has 24.
    pub(super) const fn size(self) -> (u32, u32) {
        match self {
            Visual::TimeSeries | Visual::Stacked | Visual::BarGauge => (8, 8),
            Visual::Stat | Visual::Gauge => (4, 4),
            Visual::Heatmap => (8, 8),
            Visual::Table | Visual::NodeGraph | Visual::StateTimeline => (12, 9),
            Visual::Text => (24, 3),
        }
    }

    /// The options of the plugin, for values of this unit.
    pub(super) fn options(self, unit: &str, text: &str) -> Value {
        let reduced = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
        match self {
            Visual::TimeSeries | Visual::Stacked => json!({
                "legend": {
                    "calcs": ["lastNotNull", "max"], "displayMode": "table",
                    "placement": "bottom", "showLegend": true,
                },
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Visual::Stat => json!({
                "colorMode": "value", "graphMode": "area", "justifyMode": "auto",
                "orientation": "auto", "percentChangeColorMode": "standard",
                "reduceOptions": reduced, "showPercentChange": false, "textMode": "auto",
                "wideLayout": true,
            }),
            Visual::Gauge => json!({
                "minVizHeight": 75, "minVizWidth": 75, "orientation": "auto",
                "reduceOptions": reduced, "showThresholdLabels": false,
                "showThresholdMarkers": true, "sizing": "auto",
            }),
            Visual::BarGauge => json!({
                "displayMode": "gradient",
                "legend": {
                    "calcs": [], "displayMode": "list", "placement": "bottom",
                    "showLegend": false,
                },
                "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8,
                "namePlacement": "auto", "orientation": "horizontal",
                "reduceOptions": reduced, "showUnfilled": true, "sizing": "auto",
                "valueMode": "color",
            }),
            Visual::Table => json!({"cellHeight": "sm", "showHeader": true}),
            Visual::Heatmap => json!({
                "calculate": false, "cellGap": 1,
                "cellValues": {"unit": "cps"},
                "color": {
                    "exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": false,
                    "scale": "exponential", "scheme": "Oranges", "steps": 64,
                },
                "exemplars": {"color": "rgba(255,0,255,0.7)"},
                "filterValues": {"le": 1e-9},
                "legend": {"show": true},
                "rowsFrame": {"layout": "auto"},
                "showValue": "never",
                "tooltip": {"mode": "single", "showColorScale": false, "yHistogram": true},
                "yAxis": {"axisPlacement": "left", "reverse": false, "unit": unit},
            }),
            Visual::StateTimeline => json!({
                "alignValue": "left",
                "legend": {
                    "calcs": [], "displayMode": "list", "placement": "bottom",
                    "showLegend": false,
                },
                "mergeValues": true, "rowHeight": 0.9, "showValue": "auto",
                "tooltip": {"mode": "single", "sort": "none"},
            }),
            Visual::NodeGraph => json!({
                "edges": {"mainStatUnit": "cpm"},
                "nodes": {"mainStatUnit": unit},
                "zoomMode": "cooperative",
            }),
            Visual::Text => json!({"content": text, "mode": "markdown"}),
        }
    }

    /// What the plugin wants of each field.
    pub(super) fn custom(self, marks_thresholds: bool) -> Value {
        match self {
            Visual::TimeSeries | Visual::Stacked => {
                let is_stacked = self == Visual::Stacked;
                json!({
                    "drawStyle": "line",
                    "fillOpacity": if is_stacked { 40 } else { 8 },
                    "lineInterpolation": "linear",
                    "lineWidth": 1,
                    "showPoints": "never",
                    "spanNulls": false,
                    "stacking": {
                        "group": "A", "mode": if is_stacked { "normal" } else { "none" },
                    },
                    "thresholdsStyle": {
                        "mode": if marks_thresholds { "dashed" } else { "off" },
                    },
                })
            }
            Visual::StateTimeline => json!({"fillOpacity": 80, "lineWidth": 0}),
            Visual::Table => json!({"align": "auto", "inspect": false}),
            _ => json!({}),
        }
    }
}
