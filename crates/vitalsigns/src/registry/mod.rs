//! The metrics of a program, as a value.

mod builder;
mod families;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalogue::Catalogue;
use crate::descriptor::claimed_names;
use crate::error::RegisterError;
use crate::exposition::{Format, render};
use crate::foreign::{Foreign, ForeignFamily};
use crate::group::{GroupBuilder, MetricGroup};
use crate::own::Own;
use crate::sample::Collect;

pub use builder::RegistryBuilder;
pub(crate) use families::Families;

/// The metrics of a program: groups are registered in it, pages are rendered from it.
///
/// A registry is a value that is handed to whoever needs it; cloning it is cheap and both clones
/// are the same registry. Every test can have its own.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Format, MetricGroup, Registry};
///
/// #[derive(MetricGroup)]
/// struct App {
///     /// Times the button was pressed.
///     presses_total: Counter,
/// }
///
/// let registry = Registry::new();
/// let app = App::register(&registry)?;
/// app.presses_total.inc();
/// assert!(registry.render(Format::Text).contains("presses_total 1\n"));
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    state: Mutex<State>,
    /// The length of the page before.
    page_size: AtomicUsize,
}

/// What does not change after the registry was built.
pub(crate) struct Settings {
    pub(crate) namespace: String,
    pub(crate) constant: Arc<[(String, String)]>,
    /// Bounds that the builder sets, by the complete name of the histogram.
    pub(crate) buckets: HashMap<String, Arc<[f64]>>,
    pub(crate) own: Own,
}

#[derive(Default)]
struct State {
    families: Families,
    groups: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    foreign: Vec<Arc<dyn Foreign>>,
}

impl Registry {
    /// A registry without namespace and constant labels.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::new();
    /// ```
    pub fn new() -> Self {
        Registry::from_parts(String::new(), Arc::default(), HashMap::new())
    }

    /// Sets options before the first group is registered.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder()
    ///     .namespace("shop")
    ///     .constant_label("region", "eu-west")
    ///     .build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    fn from_parts(
        namespace: String,
        constant: Arc<[(String, String)]>,
        buckets: HashMap<String, Arc<[f64]>>,
    ) -> Self {
        let (own, own_families) = Own::new(&constant);
        let mut families = Families::default();
        for family in own_families {
            families.insert(family);
        }
        let state = Mutex::new(State {
            families,
            ..State::default()
        });
        let settings = Settings {
            namespace,
            constant,
            buckets,
            own,
        };
        let inner = Inner {
            settings,
            state,
            page_size: AtomicUsize::new(0),
        };
        Registry {
            inner: Arc::new(inner),
        }
    }

    /// The page that a scrape would get: every family, sorted by name, always in the same order.
    ///
    /// No recorder waits for it. The page is complete UTF-8 text with a line feed at its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Format, Registry};
    ///
    /// let page = Registry::new().render(Format::OpenMetrics);
    /// assert!(page.ends_with("# EOF\n"));
    /// ```
    pub fn render(&self, format: Format) -> String {
        let (families, foreign) = self.contents();
        // A page is about as long as the one before, so one allocation is enough for most.
        let last = self.inner.page_size.load(Ordering::Relaxed);
        let page = render(&families, foreign, format, last + last / 16);
        self.inner.page_size.store(page.len(), Ordering::Relaxed);
        page
    }

    /// Everything that this registry will ever export, before anything was recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Counter, Kind, MetricGroup, Registry};
    ///
    /// #[derive(MetricGroup)]
    /// struct App {
    ///     /// Times the button was pressed.
    ///     presses_total: Counter,
    /// }
    ///
    /// let registry = Registry::new();
    /// App::register(&registry)?;
    /// let catalogue = registry.catalogue();
    /// let presses = catalogue.family("presses_total").unwrap();
    /// assert_eq!(presses.kind, Kind::Counter);
    /// assert_eq!(presses.help, "Times the button was pressed.");
    /// assert_eq!(presses.group, "App");
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn catalogue(&self) -> Catalogue {
        let (families, foreign) = self.contents();
        Catalogue::new(&self.inner.settings.namespace, &families, &foreign)
    }

    /// Names that the builder set buckets for and that no registered histogram has.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder()
    ///     .buckets("http_request_duratoin_seconds", [0.1, 1.0])
    ///     .build()?;
    /// assert_eq!(registry.unused_buckets(), ["http_request_duratoin_seconds"]);
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn unused_buckets(&self) -> Vec<String> {
        let state = self.state();
        let used = |name: &&String| !state.families.contains(name);
        let mut unused: Vec<String> = self
            .inner
            .settings
            .buckets
            .keys()
            .filter(used)
            .cloned()
            .collect();
        unused.sort_unstable();
        unused
    }

    /// The families in the order of the page; foreign ones as they are at this moment.
    ///
    /// The lock is held for a copy of the list only: foreign code runs outside of it.
    pub(crate) fn contents(&self) -> (Vec<Arc<dyn Collect>>, Vec<ForeignFamily>) {
        let (families, sources) = {
            let state = self.state();
            let families: Vec<_> = state.families.all().cloned().collect();
            (families, state.foreign.clone())
        };
        let mut foreign: Vec<ForeignFamily> = Vec::new();
        for source in sources {
            match source.families() {
                Ok(found) => {
                    self.inner.settings.own.foreign_unreadable(found.unreadable);
                    for family in found.families {
                        let names = claimed_names(&family.base, family.kind);
                        let taken = self.state().families.clash(&names).is_some()
                            || foreign.iter().any(|other| other.base == family.base);
                        if taken {
                            self.inner.settings.own.foreign_duplicate();
                        } else {
                            foreign.push(family);
                        }
                    }
                }
                Err(_) => self.inner.settings.own.foreign_unreadable(1),
            }
        }
        (families, foreign)
    }

    /// Adds metrics of another library to every page, after checking that they can be read and
    /// that no name of theirs is taken.
    #[cfg(feature = "prometheus-client")]
    pub(crate) fn attach_foreign(
        &self,
        source: Arc<dyn Foreign>,
        kind: &'static str,
    ) -> Result<(), RegisterError> {
        let found = source
            .families()
            .map_err(|reason| RegisterError::Foreign { reason })?;
        if found.unreadable > 0 {
            let reason = format!(
                "{} families have names that break the format",
                found.unreadable
            );
            return Err(RegisterError::Foreign { reason });
        }
        let mut state = self.state();
        for family in &found.families {
            if let Some(existing) = state
                .families
                .clash(&claimed_names(&family.base, family.kind))
            {
                return Err(RegisterError::Clash {
                    name: format!("{}{}", family.base, family.kind.suffix()),
                    group: kind.to_owned(),
                    existing: existing.name.clone(),
                    existing_group: existing.group.to_owned(),
                });
            }
        }
        state.foreign.push(source);
        Ok(())
    }

    pub(crate) fn register_group<G: MetricGroup>(&self) -> Result<G, RegisterError> {
        let mut state = self.state();
        if let Some(group) = state
            .groups
            .get(&TypeId::of::<G>())
            .and_then(|any| any.downcast_ref::<G>())
        {
            return Ok(group.share());
        }
        let mut builder =
            GroupBuilder::new(&self.inner.settings, &state.families, G::NAME, G::PREFIX);
        let result = G::build(&mut builder);
        let added = builder.into_added();
        match result {
            Ok(group) => {
                for family in added {
                    state.families.insert(family);
                }
                state
                    .groups
                    .insert(TypeId::of::<G>(), Box::new(group.share()));
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("namespace", &self.inner.settings.namespace)
            .field("families", &self.state().families.all().len())
            .finish_non_exhaustive()
    }
}
