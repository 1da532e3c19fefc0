//! Who asks for what has changed.

use promql_parser::parser::Expr;

use super::Change;
use crate::promql::{Selected, numbers, selectors};
use crate::verify::{Folder, expressions};

/// The changes with who asks, in this folder, for what has changed. A bound that nobody names is no
/// breaking change: quantiles and shares of other bounds stay what they were.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Histogram, MetricGroup, Registry};
/// use vitalsigns_kit::artefact::Artefact;
/// use vitalsigns_kit::diff::{diff, used_by};
/// use vitalsigns_kit::verify::Folder;
///
/// #[derive(MetricGroup)]
/// # #[expect(dead_code)]
/// struct Shop {
///     /// Time of an order.
///     order_duration_seconds: Histogram,
/// }
///
/// let with = |bounds: Vec<f64>| {
///     let registry = Registry::builder().buckets("order_duration_seconds", bounds).build()?;
///     Shop::register(&registry)?;
///     Ok::<_, Box<dyn std::error::Error>>(registry.catalogue())
/// };
/// let changes = diff(&with(vec![0.5, 1.0, 2.0])?, &with(vec![2.0])?);
/// assert!(changes.iter().all(|change| change.is_breaking));
///
/// let rules = Artefact::new("rules.yml", r#"
/// groups:
///   - name: shop
///     rules:
///       - alert: Slow
///         expr: sum(rate(order_duration_seconds_bucket{le="1.0"}[5m])) < 3
/// "#);
/// let changes = used_by(changes, &Folder::of([rules]));
/// assert_eq!((changes[0].bound, changes[0].is_breaking), (Some(1.0), true));
/// assert_eq!(changes[0].uses[0].to_string(), "rules.yml:6, alert `Slow`");
/// assert_eq!((changes[1].bound, changes[1].is_breaking), (Some(0.5), false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn used_by(mut changes: Vec<Change>, folder: &Folder) -> Vec<Change> {
    for (place, text) in expressions(folder) {
        let Ok(parsed) = promql_parser::parser::parse(&text) else {
            continue;
        };
        let selected = selectors(&parsed);
        for change in &mut changes {
            if asks_for(&parsed, &selected, change) && !change.uses.contains(&place) {
                change.uses.push(place.clone());
            }
        }
    }
    for change in &mut changes {
        change.is_breaking &= change.bound.is_none() || !change.uses.is_empty();
    }
    changes.sort_by_key(|change| !change.is_breaking);
    changes
}

fn asks_for(expression: &Expr, selected: &[Selected], change: &Change) -> bool {
    let is_of_family = |selected: &&Selected| {
        let name = selected.name.strip_prefix(&change.subject);
        name.is_some_and(|suffix| matches!(suffix, "" | "_bucket" | "_sum" | "_count"))
    };
    let mut of_family = selected.iter().filter(is_of_family).peekable();
    let Some(bound) = change.bound else {
        return of_family.peek().is_some();
    };
    let is_named = |selected: &Selected| {
        let mut bounds = selected
            .matchers
            .iter()
            .filter(|matched| matched.label == "le");
        bounds.any(|matched| matched.value.split('|').any(|le| le.parse() == Ok(bound)))
    };
    // A quantile is compared with it.
    let is_compared = of_family.peek().is_some() && numbers(expression).contains(&bound);
    is_compared || of_family.any(is_named)
}
