//! What has changed between two catalogues, and what of it breaks queries.
//!
//! ```
//! use vitalsigns::{Counter, MetricGroup, Registry};
//! use vitalsigns_kit::diff::diff;
//!
//! #[derive(MetricGroup)]
//! # #[expect(dead_code)]
//! struct Before {
//!     /// Webhooks.
//!     webhook_requests_total: Counter,
//! }
//!
//! #[derive(MetricGroup)]
//! # #[expect(dead_code)]
//! struct After {
//!     /// Webhooks.
//!     auren_webhook_requests_total: Counter,
//! }
//!
//! let (old, new) = (Registry::new(), Registry::new());
//! Before::register(&old)?;
//! After::register(&new)?;
//! let changes = diff(&old.catalogue(), &new.catalogue());
//! assert_eq!(
//!     changes[0].to_string(),
//!     "breaking[family-renamed]: `webhook_requests_total` is gone; \
//!      `auren_webhook_requests_total` looks like its new name"
//! );
//! # Ok::<(), vitalsigns::RegisterError>(())
//! ```

mod family;
#[cfg(feature = "verify")]
mod uses;

use std::fmt;

use serde_json::{Value, json};
use vitalsigns::{Catalogue, FamilyEntry};

#[cfg(feature = "verify")]
pub use uses::used_by;

use crate::finding::Place;
use crate::nearest::likeness;

/// How alike a family that is gone and one that is new have to be to be taken for the same.
const SAME: f64 = 0.6;

/// A change between two catalogues.
///
/// # Examples
///
/// See the [module](self).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// What kind of change it is, as `label-removed`.
    pub code: &'static str,
    /// Whether queries that were right may be wrong now.
    pub is_breaking: bool,
    /// The family, by its old name if it has one; or the objective.
    pub subject: String,
    /// What has changed.
    pub what: String,
    /// The bound, if it is one that has changed.
    pub bound: Option<f64>,
    /// Who asks for it, as far as [`used_by`] has looked.
    pub uses: Vec<Place>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = if self.is_breaking {
            "breaking"
        } else {
            "compatible"
        };
        write!(f, "{weight}[{}]: {}", self.code, self.what)?;
        for place in &self.uses {
            write!(f, "\n  --> {place}")?;
        }
        Ok(())
    }
}

/// Everything that has changed, breaking changes first, then by name.
///
/// A removed bucket bound is a breaking change, because queries may name it ([`used_by`] tells
/// whether they do); so is an added label, because joins compare all of them.
///
/// # Examples
///
/// See the [module](self).
pub fn diff(old: &Catalogue, new: &Catalogue) -> Vec<Change> {
    let mut changes = Changes::default();
    let gone: Vec<&FamilyEntry> = missing(old, new);
    let mut added: Vec<&FamilyEntry> = missing(new, old);
    for family in gone {
        let renamed = best_match(family, &added);
        match renamed {
            Some(index) => {
                let to = added.remove(index);
                changes.breaking(
                    "family-renamed",
                    &family.name,
                    format!(
                        "`{}` is gone; `{}` looks like its new name",
                        family.name, to.name
                    ),
                );
                family::compare(family, to, &mut changes);
            }
            None => changes.breaking(
                "family-removed",
                &family.name,
                format!("`{}` is gone", family.name),
            ),
        }
    }
    for family in added {
        changes.compatible(
            "family-added",
            &family.name,
            format!("`{}` is new", family.name),
        );
    }
    for before in &old.families {
        if let Some(after) = new.family(&before.name) {
            family::compare(before, after, &mut changes);
        }
    }
    objectives(old, new, &mut changes);
    let mut all = changes.all;
    all.sort_by(|one, other| {
        let key = |change: &Change| (!change.is_breaking, change.subject.clone());
        key(one).cmp(&key(other))
    });
    all
}

/// Changes as JSON, the same text for the same changes.
///
/// # Examples
///
/// ```
/// assert_eq!(vitalsigns_kit::diff::to_json(&[]), "{\n  \"changes\": []\n}\n");
/// ```
pub fn to_json(changes: &[Change]) -> String {
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            json!({
                "code": change.code,
                "breaking": change.is_breaking,
                "subject": change.subject,
                "what": change.what,
                "uses": change.uses.iter().map(Place::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "changes": changes }))
}

#[derive(Debug, Default)]
struct Changes {
    all: Vec<Change>,
}

impl Changes {
    fn breaking(&mut self, code: &'static str, subject: &str, what: String) {
        self.add(code, true, subject, what);
    }

    fn compatible(&mut self, code: &'static str, subject: &str, what: String) {
        self.add(code, false, subject, what);
    }

    fn add(&mut self, code: &'static str, is_breaking: bool, subject: &str, what: String) {
        self.all.push(Change {
            code,
            is_breaking,
            subject: subject.to_owned(),
            what,
            bound: None,
            uses: Vec::new(),
        });
    }

    fn bound_removed(&mut self, subject: &str, bound: f64, what: String) {
        self.breaking("bound-removed", subject, what);
        if let Some(change) = self.all.last_mut() {
            change.bound = Some(bound);
        }
    }
}

fn missing<'a>(of: &'a Catalogue, in_other: &Catalogue) -> Vec<&'a FamilyEntry> {
    let families = of.families.iter();
    families
        .filter(|family| in_other.family(&family.name).is_none())
        .collect()
}

/// The new family that a lost one is most like: of its kind, and with a like name, or the same help
/// and labels.
fn best_match(lost: &FamilyEntry, added: &[&FamilyEntry]) -> Option<usize> {
    let score = |new: &FamilyEntry| {
        if new.kind != lost.kind {
            return 0.0;
        }
        let labels = |family: &FamilyEntry| -> Vec<String> {
            family
                .labels
                .iter()
                .map(|label| label.name.clone())
                .collect()
        };
        let name = likeness(&lost.name, &new.name);
        let is_told_the_same = lost.help == new.help && labels(lost) == labels(new);
        if is_told_the_same {
            name.max(SAME) + 1.0
        } else {
            name
        }
    };
    let scored = added
        .iter()
        .enumerate()
        .map(|(index, family)| (score(family), index));
    // The first of equals.
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    (best.0 >= SAME).then_some(best.1)
}

fn objectives(old: &Catalogue, new: &Catalogue, changes: &mut Changes) {
    for before in &old.objectives {
        let same = |after: &&vitalsigns::ObjectiveEntry| {
            (&after.name, &after.function, &after.module)
                == (&before.name, &before.function, &before.module)
        };
        let subject = format!("{} of {}", before.name, before.function);
        match new.objectives.iter().find(same) {
            None => changes.breaking(
                "objective-removed",
                &subject,
                format!(
                    "objective `{}` of `{}` is gone",
                    before.name, before.function
                ),
            ),
            Some(after) if after != before => changes.compatible(
                "objective-changed",
                &subject,
                format!(
                    "objective `{}` of `{}` promises something else",
                    before.name, before.function
                ),
            ),
            Some(_) => {}
        }
    }
    for after in &new.objectives {
        let is_known = old.objectives.iter().any(|before| {
            (&after.name, &after.function, &after.module)
                == (&before.name, &before.function, &before.module)
        });
        if !is_known {
            changes.compatible(
                "objective-added",
                &format!("{} of {}", after.name, after.function),
                format!("objective `{}` of `{}` is new", after.name, after.function),
            );
        }
    }
}
