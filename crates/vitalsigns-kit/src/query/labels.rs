//! Which labels the series of an expression have, with which values, and whether those of two
//! expressions can meet.

use std::collections::{BTreeMap, BTreeSet};

use vitalsigns::{FamilyEntry, Kind};

use super::node::{Grouping, Matching, Side};
use super::{QueryError, node};
use crate::nearest::nearest;

/// The labels of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labels {
    known: BTreeMap<String, Values>,
    /// Of what they are: a family, or the aggregation that left them.
    of: Of,
}

/// The values that a label can have; all, if there is no list.
type Values = Option<BTreeSet<String>>;

#[derive(Clone, Debug, PartialEq)]
enum Of {
    Family(String),
    Aggregation {
        written: String,
        before: BTreeSet<String>,
    },
    Join,
}

impl Labels {
    /// Those of a family's series, as they are stored: with those of the target.
    pub(super) fn of_family(family: &FamilyEntry, target: &[String]) -> Self {
        let mut known: BTreeMap<String, Values> =
            target.iter().map(|label| (label.clone(), None)).collect();
        for (name, value) in &family.constant_labels {
            known.insert(name.clone(), Some(BTreeSet::from([value.clone()])));
        }
        for label in &family.labels {
            let values = label.values.as_ref();
            known.insert(
                label.name.clone(),
                values.map(|values| values.iter().cloned().collect()),
            );
        }
        if let (Kind::StateSet, Some(states)) = (family.kind, &family.states) {
            known.insert(family.name.clone(), Some(states.iter().cloned().collect()));
        }
        Labels {
            known,
            of: Of::Family(family.name.clone()),
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.known.keys().cloned().collect()
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.known.contains_key(label)
    }

    /// The values of a label that there has to be.
    fn values(&self, label: &str) -> Result<&Values, QueryError> {
        match self.known.get(label) {
            Some(values) => Ok(values),
            None => Err(self.unknown(label)),
        }
    }

    /// Why there is no such label.
    fn unknown(&self, label: &str) -> QueryError {
        let known = self.names();
        let of = match &self.of {
            Of::Aggregation { written, before } if before.contains(label) => {
                return QueryError::LabelAggregatedAway {
                    label: label.to_owned(),
                    by: written.clone(),
                    left: known,
                };
            }
            Of::Aggregation { written, .. } => format!("`{written}`"),
            Of::Family(name) => format!("`{name}`"),
            Of::Join => "what two sides have in common".to_owned(),
        };
        let nearest = nearest(label, known.iter().map(String::as_str)).map(str::to_owned);
        QueryError::UnknownLabel {
            label: label.to_owned(),
            of,
            known,
            nearest,
        }
    }

    /// Keeps the values of a label for which the condition holds; `named` are those that the
    /// condition names, which have to exist.
    pub(super) fn restrict(
        &mut self,
        label: &str,
        named: &[&str],
        keeps: impl Fn(&str) -> bool,
    ) -> Result<(), QueryError> {
        let values = self.values(label)?;
        let Some(values) = values else { return Ok(()) };
        if let Some(value) = named.iter().find(|value| !values.contains(**value)) {
            let known: Vec<String> = values.iter().cloned().collect();
            return Err(QueryError::UnknownValue {
                label: label.to_owned(),
                value: (*value).to_owned(),
                nearest: nearest(value, values.iter().map(String::as_str)).map(str::to_owned),
                known,
            });
        }
        let kept: BTreeSet<String> = values
            .iter()
            .filter(|value| keeps(value))
            .cloned()
            .collect();
        self.set(label, kept)
    }

    /// Says which values a label has that could have any.
    pub(super) fn fix(&mut self, label: &str, values: &[&str]) -> Result<(), QueryError> {
        let fixed: BTreeSet<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let kept = match self.values(label)? {
            Some(known) => known.intersection(&fixed).cloned().collect(),
            None => fixed,
        };
        self.set(label, kept)
    }

    fn set(&mut self, label: &str, values: BTreeSet<String>) -> Result<(), QueryError> {
        if values.is_empty() {
            return Err(QueryError::NothingMatches {
                label: label.to_owned(),
            });
        }
        self.known.insert(label.to_owned(), Some(values));
        Ok(())
    }

    /// What an aggregation leaves, `operator` being its name.
    pub(super) fn aggregate(
        &self,
        operator: &str,
        grouping: &Grouping,
    ) -> Result<Labels, QueryError> {
        let known = match grouping {
            Grouping::All => BTreeMap::new(),
            Grouping::By(labels) => {
                let mut known = BTreeMap::new();
                for label in labels {
                    known.insert(label.clone(), self.values(label)?.clone());
                }
                known
            }
            Grouping::Without(labels) => {
                let mut known = self.known.clone();
                for label in labels {
                    self.values(label)?;
                    known.remove(label);
                }
                known
            }
        };
        let mut written = operator.to_owned();
        grouping.write(&mut written);
        let mut before: BTreeSet<String> = self.known.keys().cloned().collect();
        if let Of::Aggregation { before: more, .. } = &self.of {
            before.extend(more.iter().cloned());
        }
        Ok(Labels {
            known,
            of: Of::Aggregation {
                written: written.trim_end().to_owned(),
                before,
            },
        })
    }

    /// Those that `absent` says: of conditions that leave one value.
    pub(super) fn of_absent(&self, labels: &[String]) -> Labels {
        let known = labels.iter().filter_map(|label| {
            let values = self.known.get(label)?;
            Some((label.clone(), values.clone()))
        });
        Labels {
            known: known.collect(),
            of: Of::Join,
        }
    }

    /// How an operator that calculates or compares matches both sides, and the labels of what comes
    /// out. Without labels to join on, those of both sides have to be the same.
    pub(super) fn join(
        &self,
        right: &Labels,
        on: Option<&[String]>,
    ) -> Result<(Matching, Labels), QueryError> {
        let joined = self.joined_on(right, on)?;
        let Some(on) = on else {
            return Ok((Matching::Same, self.meet(right, &joined)));
        };
        let has_more = |labels: &Labels| labels.known.keys().any(|label| !on.contains(label));
        let many = match (has_more(self), has_more(right)) {
            (false, false) => None,
            (true, false) => Some((Side::Left, Vec::new())),
            (false, true) => Some((Side::Right, Vec::new())),
            (true, true) => return Err(QueryError::ManyToMany { on: on.to_vec() }),
        };
        let labels = match many {
            None => self.meet(right, &joined),
            Some((Side::Left, _)) => self.clone(),
            Some((Side::Right, _)) => right.clone(),
        };
        let labels_of_matching = on.to_vec();
        Ok((
            Matching::On {
                labels: labels_of_matching,
                many,
            },
            labels,
        ))
    }

    /// The same for `and` and `unless`, which take the series of the left side as they are.
    pub(super) fn filter(
        &self,
        right: &Labels,
        on: Option<&[String]>,
    ) -> Result<Matching, QueryError> {
        self.joined_on(right, on)?;
        Ok(match on {
            None => Matching::Same,
            Some(on) => Matching::On {
                labels: on.to_vec(),
                many: None,
            },
        })
    }

    /// The same for `or`, which takes series of both sides.
    pub(super) fn either(&self, right: &Labels) -> Result<Labels, QueryError> {
        let (left_only, right_only, common) = self.compare(right);
        if !left_only.is_empty() || !right_only.is_empty() {
            return Err(QueryError::LabelsDiffer {
                left: left_only,
                right: right_only,
                common,
            });
        }
        let known = self.known.iter().map(|(label, left)| {
            let right = right.known.get(label).cloned().flatten();
            let values = left.clone().zip(right);
            let values = values.map(|(left, right)| left.union(&right).cloned().collect());
            (label.clone(), values)
        });
        Ok(Labels {
            known: known.collect(),
            of: self.of.clone(),
        })
    }

    /// The values that a label can have, if they are known.
    pub(super) fn known_values(&self, label: &str) -> Option<&BTreeSet<String>> {
        self.known.get(label)?.as_ref()
    }

    /// With a further label, made from one that there has to be.
    pub(super) fn copy(&mut self, from: &str, to: &str) -> Result<(), QueryError> {
        let values = self.values(from)?.clone();
        self.known.insert(to.to_owned(), values);
        Ok(())
    }

    /// With a further label, made from those that there have to be.
    pub(super) fn make(&mut self, from: &[String], to: &str) -> Result<(), QueryError> {
        for label in from {
            self.values(label)?;
        }
        self.known.insert(to.to_owned(), None);
        Ok(())
    }

    /// With a label that was taken over from another expression.
    pub(super) fn take(&mut self, other: &Labels, label: &str) -> Result<(), QueryError> {
        let values = other.values(label)?.clone();
        self.known.insert(label.to_owned(), values);
        Ok(())
    }

    /// The labels that have to be equal, if any series can be.
    fn joined_on(&self, right: &Labels, on: Option<&[String]>) -> Result<Vec<String>, QueryError> {
        let joined = match on {
            Some(on) => on.to_vec(),
            None => {
                let (left_only, right_only, common) = self.compare(right);
                if !left_only.is_empty() || !right_only.is_empty() {
                    return Err(QueryError::LabelsDiffer {
                        left: left_only,
                        right: right_only,
                        common,
                    });
                }
                common
            }
        };
        for label in &joined {
            let left = self.values(label)?;
            let right = right.values(label)?;
            if let (Some(left), Some(right)) = (left, right)
                && left.is_disjoint(right)
            {
                return Err(QueryError::ValuesDiffer {
                    label: label.clone(),
                });
            }
        }
        Ok(joined)
    }

    /// What only the left side has, what only the right one has, and what both have.
    fn compare(&self, right: &Labels) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (common, left_only) = self.names().into_iter().partition(|name| right.has(name));
        let right_only = right.names().into_iter().filter(|name| !self.has(name));
        (left_only, right_only.collect(), common)
    }

    /// The joined labels, with the values that both sides have.
    fn meet(&self, right: &Labels, joined: &[String]) -> Labels {
        let known = joined.iter().map(|label| {
            let left = self.known.get(label).cloned().flatten();
            let right = right.known.get(label).cloned().flatten();
            let values = match (left, right) {
                (Some(left), Some(right)) => Some(left.intersection(&right).cloned().collect()),
                (values, None) | (None, values) => values,
            };
            (label.clone(), values)
        });
        Labels {
            known: known.collect(),
            of: match &self.of {
                Of::Aggregation { .. } => self.of.clone(),
                _ => Of::Join,
            },
        }
    }
}

/// Labels in the order in which they were given, each once, if they can be written.
pub(super) fn given<L: AsRef<str>>(
    labels: impl IntoIterator<Item = L>,
) -> Result<Vec<String>, QueryError> {
    let mut given: Vec<String> = Vec::new();
    for label in labels {
        let label = label.as_ref();
        if label == "le" || label.starts_with("__") || !node::is_classic(label) {
            return Err(QueryError::ReservedLabel {
                label: label.to_owned(),
            });
        }
        if !given.iter().any(|known| known == label) {
            given.push(label.to_owned());
        }
    }
    Ok(given)
}
