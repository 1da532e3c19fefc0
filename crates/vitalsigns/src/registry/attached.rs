//! The families of other libraries that stand behind ours, and which have no place there.

#[cfg(feature = "prometheus-client")]
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use super::collectors::{Collector, Ran};
use super::page::Asked;
use super::{Registry, lock};
use crate::descriptor::claimed_names;
#[cfg(feature = "prometheus-client")]
use crate::error::RegisterError;
use crate::exposition::{Escaping, Named, escape_name};
#[cfg(feature = "prometheus-client")]
use crate::foreign::Foreign;
use crate::foreign::{ForeignFamily, Found};

/// Why a foreign family has no place on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    Duplicate,
    Unreadable,
}

impl Dropped {
    /// A foreign family and why it was left out, in words.
    fn told((cause, family): &(Self, String)) -> String {
        let cause = match cause {
            Dropped::Duplicate => "a name that is taken",
            Dropped::Unreadable => "a name or a label that cannot be written",
        };
        format!("{family} ({cause})")
    }
}

/// Foreign families for a page, and those that have no place on it.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) families: Vec<ForeignFamily>,
    pub(super) dropped: Vec<(Dropped, String)>,
}

impl Placed {
    fn drop(&mut self, why: Dropped, names: impl IntoIterator<Item = String>) {
        self.dropped
            .extend(names.into_iter().map(|name| (why, name)));
    }

    /// What was asked for and is left out, and why, in words.
    pub(super) fn told(&self, asked: &Asked<'_>) -> Vec<String> {
        let base = |name: &str| {
            name.trim_end_matches("_total")
                .trim_end_matches("_info")
                .len()
        };
        let dropped = self.dropped.iter();
        dropped
            .filter(|(_, name)| asked.wants(name, &name[..base(name)]))
            .map(Dropped::told)
            .collect()
    }
}

/// Metrics of another library; a collector reads them for each page.
pub(super) struct Source {
    collector: Arc<Collector>,
    found: Arc<Mutex<Found>>,
}

impl Source {
    pub(super) fn is_read_by(&self, collector: &Arc<Collector>) -> bool {
        Arc::ptr_eq(&self.collector, collector)
    }
}

impl Registry {
    /// Whether there can be foreign families in what is asked for. Their names are not known before
    /// they are read; it is known which they cannot have, because they are ours.
    pub(super) fn may_have_foreign(&self, asked: &Asked<'_>) -> bool {
        let state = self.state();
        let may_be_theirs = |name: &str| {
            let escaped = escape_name(name, Named::Metric, Escaping::Underscores);
            name.starts_with("vitalsigns_foreign_")
                || state.families.clash(&[escaped.into_owned()]).is_none()
        };
        asked.wants_all_collectors() || asked.names().any(may_be_theirs)
    }

    /// The foreign families for a page.
    pub(super) fn foreign_for(&self, asked: &Asked<'_>, ran: &Ran) -> Placed {
        if !self.may_have_foreign(asked) {
            return Placed::default();
        }
        let mut foreign = self.foreign(ran);
        self.inner.settings.own.foreign_dropped(&foreign.dropped);
        let is_wanted = |family: &ForeignFamily| asked.wants(&family.name(), &family.base);
        foreign.families.retain(is_wanted);
        foreign
    }

    /// The foreign families as their collectors last read them, without those that have no place
    /// on a page.
    pub(super) fn foreign(&self, ran: &Ran) -> Placed {
        let sources = self.state().foreign.clone();
        let mut placed = Placed::default();
        let mut claimed: HashSet<String> = HashSet::new();
        for source in sources {
            if ran.lacks(&source.collector) {
                continue;
            }
            let found = lock(&source.found).clone();
            placed.drop(Dropped::Unreadable, found.unreadable);
            for family in found.families {
                let names = foreign_names(&family);
                let is_taken = self.state().families.clash(&names).is_some()
                    || names.iter().any(|name| claimed.contains(name));
                if is_taken {
                    placed.drop(Dropped::Duplicate, [family.name()]);
                } else {
                    claimed.extend(names);
                    placed.families.push(family);
                }
            }
        }
        placed
    }

    /// Adds metrics of another library to every page, after checking that they can be read and
    /// that no name of theirs is taken.
    #[cfg(feature = "prometheus-client")]
    pub(crate) fn attach_foreign(
        &self,
        source: Arc<dyn Foreign>,
        kind: &'static str,
    ) -> Result<(), RegisterError> {
        let unreadable = |reason| RegisterError::Foreign { reason };
        let found = source.families().map_err(unreadable)?;
        if !found.unreadable.is_empty() {
            return Err(unreadable(format!(
                "{} cannot stand on a page: a name in it breaks the format, or a series, a \
                 label or its metadata stands twice",
                found.unreadable.join(", ")
            )));
        }
        let attached = self.foreign(&Ran::default());
        // Sample names of what is attached, of this source as far as it was looked at included.
        let mut claimed: HashMap<String, String> = HashMap::new();
        for family in &attached.families {
            claim(&mut claimed, family);
        }
        let mut state = self.state();
        for family in &found.families {
            let names = foreign_names(family);
            let ours = state
                .families
                .clash(&names)
                .map(|existing| (existing.name.clone(), existing.group.to_owned()));
            let theirs = names.iter().find_map(|name| claimed.get(name).cloned());
            if let Some((existing, existing_group)) =
                ours.or_else(|| theirs.map(|existing| (existing, kind.to_owned())))
            {
                return Err(RegisterError::Clash {
                    name: family.name(),
                    group: kind.to_owned(),
                    existing,
                    existing_group,
                });
            }
            claim(&mut claimed, family);
        }
        let name = state.collector_name(kind);
        let own = self.inner.settings.own.collector(&name);
        let found = Arc::new(Mutex::new(found));
        let read = Arc::clone(&found);
        let collect = move || {
            let families = source.families()?;
            *lock(&read) = families;
            Ok(())
        };
        let collector = Collector::new(name, Vec::new(), collect, own);
        state.collectors.push(Arc::clone(&collector));
        state.foreign.push(Arc::new(Source { collector, found }));
        Ok(())
    }
}

/// The sample names of a foreign family where names are escaped most: what is one name there must
/// not stand on the page twice.
fn foreign_names(family: &ForeignFamily) -> Vec<String> {
    let base = escape_name(&family.base, Named::Metric, Escaping::Underscores);
    claimed_names(&base, family.kind)
}

#[cfg(feature = "prometheus-client")]
fn claim(claimed: &mut HashMap<String, String>, family: &ForeignFamily) {
    for name in foreign_names(family) {
        claimed.insert(name, family.name());
    }
}
