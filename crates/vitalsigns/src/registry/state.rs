//! What changes in a registry: the groups, collectors and families that were registered.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, MutexGuard};

use super::attached::Source;
use super::collectors::Collector;
use super::families::Families;
use super::{Registry, lock};
use crate::catalogue::ObjectiveEntry;
use crate::error::RegisterError;
use crate::group::{GroupBuilder, MetricGroup};
#[cfg(feature = "push")]
use crate::own::Pushes;
use crate::own::Scrapes;

#[derive(Default)]
pub(super) struct State {
    pub(super) families: Families,
    pub(super) groups: HashMap<TypeId, Registered>,
    pub(super) collectors: Vec<Arc<Collector>>,
    pub(super) foreign: Vec<Arc<Source>>,
    /// In the order of the catalogue.
    pub(super) objectives: Vec<ObjectiveEntry>,
    /// There if something pushes this registry.
    #[cfg(feature = "push")]
    pub(super) pushes: Option<Arc<Pushes>>,
}

impl State {
    /// What a further collector is called: names may not be shared, or one would hide how another
    /// fares.
    pub(super) fn collector_name(&self, kind: &str) -> String {
        let is_free = |name: &String| !self.collectors.iter().any(|known| known.name() == name);
        let further = (2..).map(|count| format!("{kind}-{count}"));
        let mut names = std::iter::once(kind.to_owned()).chain(further);
        names.find(is_free).unwrap_or_default()
    }
}

/// A group that was registered.
pub(super) struct Registered {
    group: Box<dyn Any + Send + Sync>,
    families: Vec<String>,
    /// Whether it has a collector.
    is_collected: bool,
}

impl Registry {
    pub(crate) fn register_group<G: MetricGroup>(&self) -> Result<G, RegisterError> {
        self.register_with(G::build)
    }

    /// Registers a group that `build` makes, unless it is registered.
    pub(crate) fn register_with<G: MetricGroup>(
        &self,
        build: impl FnOnce(&mut GroupBuilder<'_>) -> Result<G, RegisterError>,
    ) -> Result<G, RegisterError> {
        let mut state = self.state();
        let known = state.groups.get(&TypeId::of::<G>());
        if let Some(group) = known.and_then(|known| known.group.downcast_ref::<G>()) {
            return Ok(group.share());
        }
        let mut builder = GroupBuilder::new(
            &self.inner.settings,
            &state.families,
            G::NAME,
            G::PREFIX,
            G::NAMESPACED,
        );
        let result = build(&mut builder);
        let added = builder.into_added();
        match result {
            Ok(group) => {
                let mut families = Vec::new();
                for family in added {
                    families.push(family.descriptor().name.clone());
                    state.families.insert(family);
                }
                let registered = Registered {
                    group: Box::new(group.share()),
                    families,
                    is_collected: false,
                };
                state.groups.insert(TypeId::of::<G>(), registered);
                Ok(group)
            }
            Err(error) => {
                // Nothing of the group stays behind, nor do the library's own series about it.
                for family in added {
                    self.inner.settings.own.forget(&family.descriptor().name);
                }
                Err(error)
            }
        }
    }

    /// The same, but for what it matters nothing who asks first: a second call changes nothing.
    pub(crate) fn collect_once<G, E>(
        &self,
        collect: impl Fn(&G) -> Result<(), E> + Send + Sync + 'static,
    ) -> Result<(), RegisterError>
    where
        G: MetricGroup,
        E: fmt::Display,
    {
        self.collect(collect, true)
    }

    pub(super) fn collect<G, E>(
        &self,
        collect: impl Fn(&G) -> Result<(), E> + Send + Sync + 'static,
        once: bool,
    ) -> Result<(), RegisterError>
    where
        G: MetricGroup,
        E: fmt::Display,
    {
        let group = self.register_group::<G>()?;
        let mut state = self.state();
        let Some(registered) = state.groups.get_mut(&TypeId::of::<G>()) else {
            return Ok(());
        };
        if std::mem::replace(&mut registered.is_collected, true) && once {
            return Ok(());
        }
        let families = registered.families.clone();
        let name = state.collector_name(G::NAME);
        let own = self.inner.settings.own.collector(&name);
        let collect = move || collect(&group).map_err(|error| error.to_string());
        state
            .collectors
            .push(Collector::new(name, families, collect, own));
        Ok(())
    }

    /// What the library reports of its endpoints; on the page from the first call.
    pub(crate) fn scrapes(&self) -> &Scrapes {
        self.inner.scrapes.get_or_init(|| {
            let (scrapes, families) = Scrapes::new(&self.inner.settings.constant);
            let mut state = self.state();
            families
                .into_iter()
                .for_each(|family| state.families.insert(family));
            scrapes
        })
    }

    /// What is reported of pushes, from the first pusher on.
    #[cfg(feature = "push")]
    pub(crate) fn pushes(&self) -> Result<Arc<Pushes>, RegisterError> {
        let mut state = self.state();
        if let Some(pushes) = &state.pushes {
            return Ok(Arc::clone(pushes));
        }
        let (pushes, families) = Pushes::new(&self.inner.settings.constant);
        for family in &families {
            let descriptor = family.descriptor();
            if let Some(existing) = state.families.clash(&descriptor.claimed_names()) {
                return Err(RegisterError::Clash {
                    name: descriptor.name.clone(),
                    group: descriptor.group.to_owned(),
                    existing: existing.name.clone(),
                    existing_group: existing.group.to_owned(),
                });
            }
        }
        for family in families {
            state.families.insert(family);
        }
        let pushes = Arc::new(pushes);
        state.pushes = Some(Arc::clone(&pushes));
        Ok(pushes)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }
}
