//! Functions: what they may be applied to, and what comes of it.

use promql_parser::parser::{Call, Expr};

use super::judge::Judge;
use super::labels::{Labels, Values};
use super::measure::Measure;
use super::rules as rule;
use super::value::{Nature, Value};
use crate::query::Unit;

impl Judge<'_> {
    pub(super) fn call(&mut self, call: &Call) -> Value {
        let name = call.func.name;
        let arguments: Vec<&Expr> = call.args.args.iter().map(|argument| &**argument).collect();
        match name {
            "rate" | "irate" | "increase" | "xrate" | "xincrease" => self.growth(name, &arguments),
            "delta"
            | "idelta"
            | "deriv"
            | "predict_linear"
            | "holt_winters"
            | "double_exponential_smoothing" => self.trend(name, &arguments),
            "changes" | "resets" | "count_over_time" => {
                let value = self.first(&arguments);
                let mut value = value.mapped(Measure::named(""));
                value.range = (0.0, f64::INFINITY);
                value
            }
            "present_over_time" => {
                let mut value = self.first(&arguments).mapped(Measure::Unknown);
                value.range = (1.0, 1.0);
                value
            }
            "absent" | "absent_over_time" => self.absent(&arguments),
            "histogram_quantile" => self.quantile(&arguments),
            "histogram_fraction" => {
                let value = self.last(&arguments);
                let mut value = value.mapped(Measure::Share);
                value.range = (0.0, 1.0);
                value
            }
            "histogram_count" | "histogram_sum" | "histogram_avg" => {
                let value = self.first(&arguments);
                value.mapped(Measure::Unknown)
            }
            "time" => Value::scalar(None, Measure::Of(Unit::TIMESTAMP)),
            "pi" => Value::scalar(Some(std::f64::consts::PI), Measure::Unknown),
            "vector" => {
                let value = self.first(&arguments);
                Value {
                    is_scalar: false,
                    labels: Labels::none(),
                    ..value
                }
            }
            "scalar" => {
                let value = self.first(&arguments);
                Value::scalar(None, value.measure)
            }
            "timestamp" => {
                let value = self.first(&arguments);
                value.mapped(Measure::Of(Unit::TIMESTAMP))
            }
            "label_replace" | "label_join" => {
                let mut value = self.first(&arguments);
                value.source = None;
                match arguments.get(1) {
                    Some(Expr::StringLiteral(label)) => {
                        value.labels.put(&label.val, Values::any_or_absent());
                    }
                    _ => value.labels.is_open = true,
                }
                value
            }
            "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" => self.first(&arguments),
            "abs" | "ceil" | "floor" | "round" | "clamp_max" | "clamp_min" | "clamp" => {
                self.shaped(name, &arguments)
            }
            "info" => {
                let mut value = self.first(&arguments);
                value.labels.is_open = true;
                value
            }
            name if name.ends_with("_over_time") => self.over_time(name, &arguments),
            _ => {
                let mut labels = None;
                for argument in &arguments {
                    let value = self.value(argument);
                    if !value.is_scalar {
                        labels = Some(value.labels);
                    }
                }
                match labels {
                    Some(labels) => Value::vector(labels, Measure::Unknown),
                    // `hour()` and its like without an argument.
                    None => Value::vector(Labels::none(), Measure::Unknown),
                }
            }
        }
    }

    fn first(&mut self, arguments: &[&Expr]) -> Value {
        match arguments.first() {
            Some(argument) => self.value(argument),
            None => Value::unknown(),
        }
    }

    /// The last one, and the others for what is wrong with them.
    fn last(&mut self, arguments: &[&Expr]) -> Value {
        let mut last = Value::unknown();
        for argument in arguments {
            last = self.value(argument);
        }
        last
    }

    /// Abs, rounding, limits: the same thing with slightly other values.
    fn shaped(&mut self, name: &str, arguments: &[&Expr]) -> Value {
        let value = self.first(arguments);
        let limits: Vec<Value> = arguments[1.min(arguments.len())..]
            .iter()
            .map(|limit| self.value(limit))
            .collect();
        let mut out = Value::vector(value.labels, value.measure);
        out.nature = match value.nature {
            Nature::Quantile { .. } => Nature::Plain,
            nature => nature,
        };
        // `clamp_min(x, 1)` is how a limit of 0 is kept from dividing.
        let least = limits.first().and_then(|limit| limit.number);
        if name.starts_with("clamp") && least.is_some_and(|least| least > 0.0) {
            out.nature = Nature::Plain;
        }
        out
    }

    fn growth(&mut self, name: &str, arguments: &[&Expr]) -> Value {
        let value = match arguments.first() {
            Some(Expr::MatrixSelector(matrix)) => self.range(matrix, true),
            Some(Expr::Subquery(subquery)) => {
                let value = self.value(&subquery.expr);
                let is_sum = value.source.as_ref().is_some_and(|of| !of.chain.is_empty());
                if is_sum && matches!(value.nature, Nature::Totals { .. }) {
                    self.say(
                        &rule::RATE_OF_SUM,
                        format!("`{name}` of a sum takes each restart of one for a fall of all"),
                        format!("take the `{name}` of each, then the sum"),
                    );
                }
                value
            }
            _ => return self.first(arguments),
        };
        let is_bucket = match &value.nature {
            Nature::Totals { is_bucket, .. } => *is_bucket,
            Nature::Gauge(gauge) => {
                self.say(
                    &rule::RATE_OF_GAUGE,
                    format!("`{gauge}` is a gauge, and `{name}` takes each fall for a restart"),
                    "compare the gauge itself, or `deriv` or `delta` of it",
                );
                return Value::vector(value.labels, Measure::Unknown);
            }
            _ => false,
        };
        let measure = match name {
            "increase" | "xincrease" => value.measure.clone(),
            _ => value.measure.clone().per_second(),
        };
        let mut out = Value::vector(value.labels, measure);
        if matches!(value.nature, Nature::Totals { .. }) {
            out.nature = Nature::Growth { is_bucket };
            out.range = value.range;
        }
        out.source = value.source.map(|mut source| {
            source.key.push_str(name);
            source
        });
        out
    }

    /// Where something is going.
    fn trend(&mut self, name: &str, arguments: &[&Expr]) -> Value {
        let value = self.first(arguments);
        for argument in arguments.iter().skip(1) {
            self.value(argument);
        }
        if let Nature::Totals { name: counter, .. } = &value.nature
            && !counter.ends_with("_sum")
        {
            self.say(
                &rule::GAUGE_FUNCTION,
                format!("`{counter}` is a counter, and `{name}` takes each restart for a fall"),
                "use `rate` or `increase`",
            );
        }
        let measure = match name {
            "deriv" => Measure::Unknown,
            _ => value.measure.clone(),
        };
        value.mapped(measure)
    }

    fn over_time(&mut self, name: &str, arguments: &[&Expr]) -> Value {
        let value = self.last(arguments);
        let measure = match name {
            "sum_over_time" | "stdvar_over_time" => Measure::Unknown,
            _ => value.measure.clone(),
        };
        let range = match name {
            "max_over_time" | "min_over_time" | "avg_over_time" | "last_over_time"
            | "first_over_time" | "quantile_over_time" => value.range,
            "sum_over_time" if value.is_never_negative() => (0.0, f64::INFINITY),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let source = value.source.clone().map(|mut source| {
            source.key.push_str(name);
            source
        });
        let divided_by = value.divided_by.clone();
        let nature = match (&value.nature, name) {
            (Nature::Gauge(gauge), "max_over_time" | "min_over_time" | "last_over_time") => {
                Nature::Gauge(gauge.clone())
            }
            _ => Nature::Plain,
        };
        Value {
            range,
            source,
            divided_by,
            nature,
            ..value.mapped(measure)
        }
    }

    /// 1, with the labels that the conditions say for certain.
    fn absent(&mut self, arguments: &[&Expr]) -> Value {
        let value = self.first(arguments);
        let mut labels = Labels::none();
        labels.is_open = value.labels.is_open;
        for (label, condition) in value.source.iter().flat_map(|source| &source.chosen) {
            let is_exact = condition.starts_with(&format!("{label}=\""));
            if let (true, Some(values)) = (is_exact, value.labels.get(label)) {
                labels.put(label, values.clone());
            }
        }
        let mut out = Value::vector(labels, Measure::Unknown);
        out.range = (1.0, 1.0);
        out
    }

    fn quantile(&mut self, arguments: &[&Expr]) -> Value {
        let [quantile, of] = arguments else {
            return Value::unknown();
        };
        let quantile = self.value(quantile);
        self.check_quantile(&quantile);
        let was_in_quantile = std::mem::replace(&mut self.in_quantile, true);
        let value = self.value(of);
        self.in_quantile = was_in_quantile;
        let family = value.source.as_ref().map(|source| {
            let end = source.key.find(' ').unwrap_or(source.key.len());
            source.key[..end].to_owned()
        });
        let mut labels = value.labels.clone();
        labels.remove("le");
        let mut out = Value::vector(labels, Measure::Unknown);
        let is_bucket = match &value.nature {
            Nature::Totals { is_bucket, name } => {
                if *is_bucket {
                    self.say(
                        &rule::QUANTILE_OF_TOTALS,
                        format!("the quantile of `{name}` is of everything since the start"),
                        "take the `rate` of the buckets",
                    );
                }
                *is_bucket
            }
            Nature::Growth { is_bucket } => *is_bucket,
            _ => false,
        };
        let is_native = family
            .as_deref()
            .is_some_and(|family| self.is_native(family));
        if !value.labels.can_have("le") && !is_native {
            let taken = value.labels.taken_by("le");
            let hint = match taken {
                Some(aggregation) => format!("`{aggregation}` took `le` away; keep it there"),
                None => "take it of the `_bucket` series of a histogram".to_owned(),
            };
            self.say(
                &rule::QUANTILE_WITHOUT_LE,
                "a quantile is taken of series without the label `le`",
                hint,
            );
            return out;
        }
        let (true, Some(family)) = (is_bucket, family) else {
            return out;
        };
        let is_aggregated = value.source.as_ref().is_some_and(|of| !of.chain.is_empty());
        let own = value.labels.known().iter().find(|(label, values)| {
            let is_own = !matches!(label.as_str(), "le" | "job" | "instance");
            let is_chosen = values.list().is_some_and(|list| list.len() <= 1);
            is_own && !is_chosen && !self.knowledge.target_labels().contains_key(*label)
        });
        if !is_aggregated && let Some((label, _)) = own {
            self.say(
                &rule::QUANTILE_BY_SERIES,
                format!(
                    "the quantile of `{family}` is taken for each `{label}` and instance alone"
                ),
                "`sum by (le)` the rates first, with the labels that matter",
            );
        }
        out.measure = self.measure_of(&family);
        if let Some(bounds) = self.bounds(&family).filter(|bounds| !bounds.is_empty()) {
            let first = bounds[0].min(0.0);
            let last = bounds[bounds.len() - 1];
            out.range = (if first < 0.0 { f64::NEG_INFINITY } else { 0.0 }, last);
            out.nature = Nature::Quantile { family, bounds };
        }
        out
    }
}
