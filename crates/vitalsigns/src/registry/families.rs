//! The families of a registry by name, and whose a sample name is.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::descriptor::Descriptor;
use crate::sample::Collect;

/// The families by name, and who owns which sample name.
#[derive(Default)]
pub(crate) struct Families {
    by_name: BTreeMap<String, Arc<dyn Collect>>,
    /// Sample name to family name.
    claimed: HashMap<String, String>,
}

impl Families {
    /// The family that has one of these sample names already.
    pub(crate) fn clash(&self, names: &[String]) -> Option<&Descriptor> {
        let family = names.iter().find_map(|name| self.claimed.get(name))?;
        self.by_name.get(family).map(|family| family.descriptor())
    }

    pub(crate) fn insert(&mut self, family: Arc<dyn Collect>) {
        let descriptor = family.descriptor();
        let name = descriptor.name.clone();
        for claimed in descriptor.claimed_names() {
            self.claimed.insert(claimed, name.clone());
        }
        self.by_name.insert(name, family);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<dyn Collect>> {
        self.by_name.get(name)
    }

    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &Arc<dyn Collect>> {
        self.by_name.values()
    }

    pub(crate) fn into_all(self) -> impl Iterator<Item = Arc<dyn Collect>> {
        self.by_name.into_values()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}
