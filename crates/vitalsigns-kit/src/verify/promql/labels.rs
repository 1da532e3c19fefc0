//! Which labels the series of an expression have, with which values, and whether those of two
//! expressions can meet.

use std::collections::{BTreeMap, BTreeSet};

/// The values that a label can have. To Prometheus a label that is not there is one without text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::verify) struct Values {
    /// All, if there is no list.
    list: Option<BTreeSet<String>>,
    may_be_absent: bool,
}

impl Values {
    pub(in crate::verify) fn any() -> Self {
        Values {
            list: None,
            may_be_absent: false,
        }
    }

    pub(in crate::verify) fn any_or_absent() -> Self {
        Values {
            list: None,
            may_be_absent: true,
        }
    }

    pub(in crate::verify) fn absent() -> Self {
        Values {
            list: Some(BTreeSet::new()),
            may_be_absent: true,
        }
    }

    pub(in crate::verify) fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut list: BTreeSet<String> = values.into_iter().map(str::to_owned).collect();
        Values {
            may_be_absent: list.remove(""),
            list: Some(list),
        }
    }

    pub(in crate::verify) fn insert(&mut self, value: &str) {
        if let Some(list) = &mut self.list {
            list.insert(value.to_owned());
        }
    }

    /// The list, if there is one.
    pub(in crate::verify) fn list(&self) -> Option<&BTreeSet<String>> {
        self.list.as_ref()
    }

    /// Whether there is nothing that it can be.
    pub(super) fn is_impossible(&self) -> bool {
        !self.may_be_absent && self.list.as_ref().is_some_and(BTreeSet::is_empty)
    }

    pub(super) fn is_absent(&self) -> bool {
        self.list.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether there certainly are several.
    pub(super) fn are_several(&self) -> bool {
        self.list.as_ref().is_some_and(|list| list.len() > 1)
    }

    /// Those for which a condition holds; `exact` is what they all are then.
    pub(super) fn restrict(&mut self, exact: Option<&str>, holds: impl Fn(&str) -> bool) {
        match &mut self.list {
            Some(list) => list.retain(|value| holds(value)),
            None => {
                if let Some(exact) = exact {
                    self.list = Some(match exact {
                        "" => BTreeSet::new(),
                        exact => BTreeSet::from([exact.to_owned()]),
                    });
                    // A label of any value may be one without text.
                    self.may_be_absent |= exact.is_empty();
                }
            }
        }
        self.may_be_absent &= holds("");
    }

    fn can_meet(&self, other: &Values) -> bool {
        if self.may_be_absent && other.may_be_absent {
            return true;
        }
        match (&self.list, &other.list) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            (Some(one), None) => !one.is_empty(),
            (None, Some(other)) => !other.is_empty(),
            (None, None) => true,
        }
    }

    fn meet(&self, other: &Values) -> Self {
        Values {
            list: match (&self.list, &other.list) {
                (Some(one), Some(other)) => Some(one.intersection(other).cloned().collect()),
                (list, None) | (None, list) => list.clone(),
            },
            may_be_absent: self.may_be_absent && other.may_be_absent,
        }
    }

    fn either(&self, other: &Values) -> Self {
        Values {
            list: match (&self.list, &other.list) {
                (Some(one), Some(other)) => Some(one.union(other).cloned().collect()),
                _ => None,
            },
            may_be_absent: self.may_be_absent || other.may_be_absent,
        }
    }
}

/// The labels of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::verify) struct Labels {
    known: BTreeMap<String, Values>,
    /// Whether there may be others.
    pub(in crate::verify) is_open: bool,
    /// Those that an aggregation took away, with that aggregation.
    gone: BTreeMap<String, String>,
}

/// Why two sides never meet.
pub(super) enum Apart {
    /// Only one side has it.
    OneSide(String, Side),
    /// Both have it with different values.
    Values(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// What two sides are matched on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matching<'e> {
    All,
    On(&'e [String]),
    Ignoring(&'e [String]),
}

impl Matching<'_> {
    pub(super) fn has(&self, label: &str) -> bool {
        match self {
            Matching::All => true,
            Matching::On(labels) => labels.iter().any(|known| known == label),
            Matching::Ignoring(labels) => !labels.iter().any(|known| known == label),
        }
    }
}

impl Labels {
    pub(in crate::verify) fn none() -> Self {
        Labels::of(BTreeMap::new())
    }

    pub(in crate::verify) fn open() -> Self {
        Labels {
            is_open: true,
            ..Labels::none()
        }
    }

    pub(in crate::verify) fn of(known: BTreeMap<String, Values>) -> Self {
        Labels {
            known,
            is_open: false,
            gone: BTreeMap::new(),
        }
    }

    pub(in crate::verify) fn names(&self) -> Vec<&str> {
        let present = self.known.iter().filter(|(_, values)| !values.is_absent());
        present.map(|(name, _)| name.as_str()).collect()
    }

    pub(in crate::verify) fn known(&self) -> &BTreeMap<String, Values> {
        &self.known
    }

    /// Whether a series can have it.
    pub(in crate::verify) fn can_have(&self, label: &str) -> bool {
        self.is_open || self.get(label).is_some_and(|values| !values.is_absent())
    }

    /// Whether there is such a label, whatever was chosen of it.
    pub(super) fn knows(&self, label: &str) -> bool {
        self.is_open || self.known.contains_key(label)
    }

    pub(super) fn get(&self, label: &str) -> Option<&Values> {
        self.known.get(label)
    }

    pub(super) fn get_mut(&mut self, label: &str) -> Option<&mut Values> {
        self.known.get_mut(label)
    }

    pub(super) fn put(&mut self, label: &str, values: Values) {
        self.known.insert(label.to_owned(), values);
    }

    pub(super) fn remove(&mut self, label: &str) {
        self.known.remove(label);
    }

    /// The aggregation that took a label away.
    pub(in crate::verify) fn taken_by(&self, label: &str) -> Option<&str> {
        self.gone.get(label).map(String::as_str)
    }

    /// Those that an aggregation leaves; `written` is how it reads.
    pub(super) fn aggregate(&self, keeps: &Matching<'_>, written: &str) -> Self {
        let mut gone = self.gone.clone();
        let mut known = BTreeMap::new();
        for (label, values) in &self.known {
            match keeps.has(label) {
                true => {
                    known.insert(label.clone(), values.clone());
                }
                false => {
                    gone.insert(label.clone(), written.to_owned());
                }
            }
        }
        let mut is_open = self.is_open;
        if let Matching::On(labels) = keeps {
            for label in labels.iter().filter(|_| self.is_open) {
                let unknown = known.entry(label.clone());
                unknown.or_insert_with(Values::any_or_absent);
            }
            is_open = false;
        }
        Labels {
            known,
            is_open,
            gone,
        }
    }

    /// The first reason why no series of both sides are matched, if there is one.
    pub(super) fn apart(&self, right: &Labels, matching: &Matching<'_>) -> Option<Apart> {
        let names: BTreeSet<&String> = self.known.keys().chain(right.known.keys()).collect();
        for name in names.into_iter().filter(|name| matching.has(name)) {
            let absent = Values::absent();
            let values = |labels: &Labels| match labels.get(name) {
                Some(values) => values.clone(),
                None if labels.is_open => Values::any_or_absent(),
                None => absent.clone(),
            };
            let (one, other) = (values(self), values(right));
            // A label of any value may be one without text, where somebody asks for that.
            let both_have_it = self.known.contains_key(name) && right.known.contains_key(name);
            let is_any = both_have_it && (one.list.is_none() || other.list.is_none());
            if is_any || one.can_meet(&other) {
                continue;
            }
            return Some(match (one.is_absent(), other.is_absent()) {
                (false, true) => Apart::OneSide(name.clone(), Side::Left),
                (true, false) => Apart::OneSide(name.clone(), Side::Right),
                _ => Apart::Values(name.clone()),
            });
        }
        None
    }

    /// A label outside of the matching of which this side certainly has several values.
    pub(super) fn several_beside(&self, matching: &Matching<'_>) -> Option<&str> {
        let mut beside = self.known.iter().filter(|(name, _)| !matching.has(name));
        let (name, _) = beside.find(|(_, values)| values.are_several())?;
        Some(name)
    }

    /// What one of each side makes.
    pub(super) fn matched(&self, right: &Labels, matching: &Matching<'_>) -> Self {
        let mut known = BTreeMap::new();
        for (name, values) in &self.known {
            if matching.has(name) {
                let met = right.get(name).map(|other| values.meet(other));
                known.insert(name.clone(), met.unwrap_or_else(|| values.clone()));
            }
        }
        let mut gone = self.gone.clone();
        gone.extend(right.gone.clone());
        Labels {
            known,
            is_open: (self.is_open || right.is_open) && !matches!(matching, Matching::On(_)),
            gone,
        }
    }

    /// What the series of either side have.
    pub(super) fn either(&self, right: &Labels) -> Self {
        let mut known = BTreeMap::new();
        for name in self.known.keys().chain(right.known.keys()) {
            let absent = Values::absent();
            let one = self.get(name).unwrap_or(&absent);
            let other = right.get(name).unwrap_or(&absent);
            known.insert(name.clone(), one.either(other));
        }
        Labels {
            known,
            is_open: self.is_open || right.is_open,
            gone: self.gone.clone(),
        }
    }
}
