//! Making the metrics of a group, one field after the other.

use std::sync::Arc;

use super::field::{FieldParts, MetricField};
use crate::descriptor::Descriptor;
use crate::error::RegisterError;
use crate::kind::Kind;
use crate::label::{LabelSpec, LabelValues};
use crate::metric::{BucketFault, Shape, check_buckets, default_buckets};
use crate::name;
use crate::registry::{Families, Settings};
use crate::sample::Collect;

/// How many series a family with capped labels may have if its declaration does not say.
///
/// It is the limit that the OpenTelemetry specification gives for an instrument.
const MAX_SERIES: usize = 2_000;

/// What the derive says of a field; see [`GroupBuilder::metric`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    pub name: &'static str,
    pub help: &'static str,
    pub unit: Option<&'static str>,
    pub buckets: Option<&'static [f64]>,
    /// Of a histogram: whether it has classic buckets, and whether it has native ones.
    pub classic: bool,
    pub native: bool,
    pub exemplars: bool,
    /// Whether each thread has words of its own, if that was said.
    pub own_cells: Option<bool>,
    pub max_series: Option<usize>,
}

/// What a metric is declared as, with labels and bounds that may be chosen at run time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declaration<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) unit: Option<&'static str>,
    pub(crate) labels: &'static [LabelSpec],
    pub(crate) buckets: Option<&'a [f64]>,
    /// Bounds that are there whatever the declaration or the builder of the registry says.
    pub(crate) needed: &'a [f64],
    pub(crate) classic: bool,
    pub(crate) native: bool,
    pub(crate) exemplars: bool,
    pub(crate) own_cells: Option<bool>,
    pub(crate) max_series: Option<usize>,
}

/// Makes the metrics of one group; `derive(MetricGroup)` writes the calls.
#[doc(hidden)]
pub struct GroupBuilder<'a> {
    registry: &'a Settings,
    families: &'a Families,
    group: &'static str,
    prefix: &'static str,
    /// The first words of every name; empty if the group wants none.
    namespace: &'a str,
    added: Families,
}

impl<'a> GroupBuilder<'a> {
    pub(crate) fn new(
        registry: &'a Settings,
        families: &'a Families,
        group: &'static str,
        prefix: &'static str,
        namespaced: bool,
    ) -> Self {
        GroupBuilder {
            registry,
            families,
            group,
            prefix,
            namespace: if namespaced { &registry.namespace } else { "" },
            added: Families::default(),
        }
    }

    /// The families of the metrics made so far.
    pub(crate) fn into_added(self) -> impl Iterator<Item = Arc<dyn Collect>> + use<> {
        self.added.into_all()
    }

    #[doc(hidden)]
    pub fn metric<F: MetricField>(&mut self, spec: FieldSpec) -> Result<F, RegisterError> {
        self.declare(Declaration {
            prefix: self.prefix,
            name: spec.name,
            help: spec.help,
            unit: spec.unit,
            labels: F::LABELS,
            buckets: spec.buckets,
            needed: &[],
            classic: spec.classic,
            native: spec.native,
            exemplars: spec.exemplars,
            own_cells: spec.own_cells,
            max_series: spec.max_series,
        })
    }

    /// Makes a metric of which more is chosen at run time than the derive can say.
    pub(crate) fn declare<F: MetricField>(
        &mut self,
        spec: Declaration<'_>,
    ) -> Result<F, RegisterError> {
        let name = join(&[self.namespace, spec.prefix, spec.name]);
        let kind = <F as MetricField>::KIND;
        name::check_metric(&name, kind).map_err(|fault| self.bad_name(&name, fault))?;
        let unit = match spec.unit {
            Some(unit) => {
                name::check_unit(&name, kind, unit).map_err(|fault| self.bad_name(&name, fault))?;
                Some(unit)
            }
            None => name::unit_of(spec.name, kind),
        };
        check_labels(
            &name,
            spec.labels,
            F::STATES.is_some(),
            &self.registry.constant,
        )?;
        let buckets = self.buckets(&name, kind, unit, spec)?;
        let native = spec.native && kind == Kind::Histogram;
        let exemplars = spec.exemplars && matches!(kind, Kind::Counter | Kind::Histogram);
        let descriptor = Descriptor {
            kind,
            unit,
            help: spec.help,
            labels: spec.labels,
            constant: Arc::clone(&self.registry.constant),
            buckets: buckets.clone(),
            native,
            exemplars,
            max_series: spec.max_series.unwrap_or(MAX_SERIES),
            expire_idle: self.registry.expire_idle,
            states: F::STATES,
            group: self.group,
            name,
        };
        let claimed = descriptor.claimed_names();
        let taken = self
            .families
            .clash(&claimed)
            .or_else(|| self.added.clash(&claimed));
        if let Some(existing) = taken {
            return Err(RegisterError::Clash {
                name: descriptor.name,
                group: self.group.to_owned(),
                existing: existing.name.clone(),
                existing_group: existing.group.to_owned(),
            });
        }
        let own = &self.registry.own;
        let rejected = F::REJECTS.then(|| own.rejected(&descriptor.name));
        let is_capped = |label: &LabelSpec| matches!(label.values, LabelValues::Capped(_));
        let overflow = (kind != Kind::Info && spec.labels.iter().any(is_capped))
            .then(|| own.overflow(&descriptor.name));
        let halved = native.then(|| own.halved(&descriptor.name));
        let shape = Shape::new(buckets.unwrap_or_default(), rejected);
        let shape = match halved {
            Some(halved) => shape.native(halved),
            None => shape,
        };
        let shape = match F::OWN_CELLS {
            Some(usual) if spec.own_cells.unwrap_or(usual) => shape.with_own_cells(),
            _ => shape,
        };
        let shape = Arc::new(match exemplars {
            true => shape.with_exemplars(),
            false => shape,
        });
        let (field, family) = F::make(FieldParts {
            descriptor,
            shape,
            overflow,
        });
        self.added.insert(family);
        Ok(field)
    }

    /// The bounds of a histogram: the registry's, the declaration's, or those of the unit, and with
    /// them those that are needed. One that is native only has none but the registry's.
    fn buckets(
        &self,
        name: &str,
        kind: Kind,
        unit: Option<&str>,
        Declaration {
            buckets: declared,
            needed,
            classic,
            ..
        }: Declaration<'_>,
    ) -> Result<Option<Arc<[f64]>>, RegisterError> {
        let set = self.registry.buckets.get(name);
        if kind != Kind::Histogram {
            return match (set, declared) {
                (None, None) => Ok(None),
                _ => Err(RegisterError::BucketsOfOther {
                    metric: name.to_owned(),
                    kind,
                }),
            };
        }
        if let Some(bounds) = set {
            return Ok(Some(with_needed(bounds, needed)));
        }
        if !classic {
            return Ok(None);
        }
        let bounds = declared
            .or_else(|| default_buckets(unit))
            .ok_or_else(|| RegisterError::buckets(name, BucketFault::None))?;
        check_buckets(bounds).map_err(|fault| RegisterError::buckets(name, fault))?;
        Ok(Some(with_needed(bounds, needed)))
    }

    fn bad_name(&self, name: &str, fault: name::NameFault) -> RegisterError {
        RegisterError::Name {
            name: name.to_owned(),
            group: self.group,
            fault,
        }
    }
}

/// The bounds, and in their places among them those that are needed.
fn with_needed(bounds: &[f64], needed: &[f64]) -> Arc<[f64]> {
    let mut all = [bounds, needed].concat();
    all.sort_unstable_by(f64::total_cmp);
    all.dedup();
    all.into()
}

/// Words joined by underscores; empty ones are left out.
fn join(words: &[&str]) -> String {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    words.join("_")
}

fn check_labels(
    metric: &str,
    labels: &[LabelSpec],
    is_state_set: bool,
    constant: &[(String, String)],
) -> Result<(), RegisterError> {
    let mut seen: Vec<&str> = constant.iter().map(|(name, _)| name.as_str()).collect();
    // The label that carries the state has the name of the metric.
    if is_state_set {
        if seen.contains(&metric) {
            let label = metric.to_owned();
            return Err(RegisterError::DuplicateLabel {
                metric: label.clone(),
                label,
            });
        }
        seen.push(metric);
    }
    for label in labels {
        if let Err(fault) = name::check_label(label.name) {
            let (label, metric) = (label.name.to_owned(), metric.to_owned());
            return Err(RegisterError::Label {
                label,
                metric,
                fault,
            });
        }
        if seen.contains(&label.name) {
            let (label, metric) = (label.name.to_owned(), metric.to_owned());
            return Err(RegisterError::DuplicateLabel { label, metric });
        }
        seen.push(label.name);
    }
    Ok(())
}
