//! The metrics of a program, as a value.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalogue::Catalogue;
use crate::descriptor::{Descriptor, claimed_names};
use crate::error::RegisterError;
use crate::exposition::{Format, render};
use crate::foreign::{Foreign, ForeignFamily};
use crate::group::{FieldParts, MetricField, MetricGroup};
use crate::kind::Kind;
use crate::label::{LabelSpec, LabelValues};
use crate::metric::{BucketFault, Shape, check_buckets};
use crate::name;
use crate::own::Own;
use crate::sample::Collect;

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
    namespace: String,
    constant: Arc<[(String, String)]>,
    /// Bounds that the builder sets, by the complete name of the histogram.
    buckets: HashMap<String, Arc<[f64]>>,
    own: Own,
    state: Mutex<State>,
    /// The length of the page before.
    page_size: AtomicUsize,
}

#[derive(Default)]
struct State {
    families: Families,
    groups: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    foreign: Vec<Arc<dyn Foreign>>,
}

/// The families by name, and who owns which sample name.
#[derive(Default)]
struct Families {
    by_name: BTreeMap<String, Arc<dyn Collect>>,
    /// Sample name to family name.
    claimed: HashMap<String, String>,
}

impl Families {
    /// The family that has one of these sample names already.
    fn clash(&self, names: &[String]) -> Option<&Descriptor> {
        let family = names.iter().find_map(|name| self.claimed.get(name))?;
        self.by_name.get(family).map(|family| family.descriptor())
    }

    fn insert(&mut self, family: Arc<dyn Collect>) {
        let descriptor = family.descriptor();
        let name = descriptor.name.clone();
        for claimed in descriptor.claimed_names() {
            self.claimed.insert(claimed, name.clone());
        }
        self.by_name.insert(name, family);
    }
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
        let page_size = AtomicUsize::new(0);
        Registry {
            inner: Arc::new(Inner {
                namespace,
                constant,
                buckets,
                own,
                state,
                page_size,
            }),
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
        Catalogue::new(&self.inner.namespace, &families, &foreign)
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
        let used = |name: &&String| !state.families.by_name.contains_key(*name);
        let mut unused: Vec<String> = self.inner.buckets.keys().filter(used).cloned().collect();
        unused.sort_unstable();
        unused
    }

    /// The families in the order of the page; foreign ones as they are at this moment.
    ///
    /// The lock is held for a copy of the list only: foreign code runs outside of it.
    pub(crate) fn contents(&self) -> (Vec<Arc<dyn Collect>>, Vec<ForeignFamily>) {
        let (families, sources) = {
            let state = self.state();
            let families: Vec<_> = state.families.by_name.values().cloned().collect();
            (families, state.foreign.clone())
        };
        let mut foreign: Vec<ForeignFamily> = Vec::new();
        for source in sources {
            match source.families() {
                Ok(found) => {
                    self.inner.own.foreign_unreadable(found.unreadable);
                    for family in found.families {
                        let names = claimed_names(&family.base, family.kind);
                        let taken = self.state().families.clash(&names).is_some()
                            || foreign.iter().any(|other| other.base == family.base);
                        if taken {
                            self.inner.own.foreign_duplicate();
                        } else {
                            foreign.push(family);
                        }
                    }
                }
                Err(_) => self.inner.own.foreign_unreadable(1),
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
        let mut builder = GroupBuilder {
            registry: &self.inner,
            families: &state.families,
            group: G::NAME,
            prefix: G::PREFIX,
            added: Families::default(),
        };
        let result = G::build(&mut builder);
        let added = builder.added.by_name;
        match result {
            Ok(group) => {
                for family in added.into_values() {
                    state.families.insert(family);
                }
                state
                    .groups
                    .insert(TypeId::of::<G>(), Box::new(group.share()));
                Ok(group)
            }
            Err(error) => {
                // Nothing of the group stays behind, nor do the library's own series about it.
                for name in added.keys() {
                    self.inner.own.forget(name);
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
            .field("namespace", &self.inner.namespace)
            .field("families", &self.state().families.by_name.len())
            .finish_non_exhaustive()
    }
}

/// Options of a [`Registry`].
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
///
/// let registry = Registry::builder()
///     .namespace("aura")
///     .buckets("aura_http_request_duration_seconds", [0.05, 0.25, 1.0])
///     .build()?;
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder makes a registry only when `build` is called"]
pub struct RegistryBuilder {
    namespace: String,
    constant: Vec<(String, String)>,
    buckets: HashMap<String, Arc<[f64]>>,
}

impl RegistryBuilder {
    /// The first word of every name, usually the service's; the library's own `vitalsigns_*`
    /// metrics do not get it.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder().namespace("shop").build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// A label that every series has. What Prometheus knows of the target (its address, its
    /// region) is better said there.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder().constant_label("shard", "7").build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn constant_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.constant.push((name.into(), value.into()));
        self
    }

    /// Other bounds for the histogram with this complete name than its declaration gives.
    ///
    /// [`Registry::unused_buckets`] tells a name that nothing has.
    ///
    /// # Examples
    ///
    /// ```
    /// let registry = vitalsigns::Registry::builder()
    ///     .buckets("http_request_duration_seconds", [0.1, 0.5, 1.0, 2.0, 5.0, 10.0])
    ///     .build()?;
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn buckets(
        mut self,
        metric: impl Into<String>,
        bounds: impl IntoIterator<Item = f64>,
    ) -> Self {
        self.buckets
            .insert(metric.into(), bounds.into_iter().collect());
        self
    }

    /// Makes the registry.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Registry`] if the namespace or a constant label breaks a rule,
    /// [`RegisterError::DuplicateLabel`] if a constant label stands twice,
    /// [`RegisterError::Buckets`] if bounds do not increase or are not finite.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = vitalsigns::Registry::builder().namespace("My-Shop").build().unwrap_err();
    /// assert!(error.to_string().starts_with("`My-Shop`"));
    /// ```
    pub fn build(self) -> Result<Registry, RegisterError> {
        if !self.namespace.is_empty()
            && let Err(fault) = name::check_prefix(&self.namespace)
        {
            return Err(RegisterError::Registry {
                name: self.namespace,
                fault,
            });
        }
        for (index, (label, _)) in self.constant.iter().enumerate() {
            if let Err(fault) = name::check_label(label) {
                return Err(RegisterError::Registry {
                    name: label.clone(),
                    fault,
                });
            }
            if self.constant[..index]
                .iter()
                .any(|(other, _)| other == label)
            {
                let metric = String::from("all of them");
                return Err(RegisterError::DuplicateLabel {
                    label: label.clone(),
                    metric,
                });
            }
        }
        for (metric, bounds) in &self.buckets {
            check_buckets(bounds).map_err(|fault| RegisterError::buckets(metric, fault))?;
        }
        Ok(Registry::from_parts(
            self.namespace,
            self.constant.into(),
            self.buckets,
        ))
    }
}

/// What the derive says of a field; see [`GroupBuilder::metric`].
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    pub name: &'static str,
    pub help: &'static str,
    pub unit: Option<&'static str>,
    pub buckets: Option<&'static [f64]>,
}

/// Makes the metrics of one group; `derive(MetricGroup)` writes the calls.
#[doc(hidden)]
pub struct GroupBuilder<'a> {
    registry: &'a Inner,
    families: &'a Families,
    group: &'static str,
    prefix: &'static str,
    added: Families,
}

impl GroupBuilder<'_> {
    #[doc(hidden)]
    pub fn metric<F: MetricField>(&mut self, spec: FieldSpec) -> Result<F, RegisterError> {
        let name = join(&[&self.registry.namespace, self.prefix, spec.name]);
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
            F::LABELS,
            F::STATES.is_some(),
            &self.registry.constant,
        )?;
        let buckets = self.buckets(&name, kind, unit, spec.buckets)?;
        let descriptor = Descriptor {
            kind,
            unit,
            help: spec.help,
            labels: F::LABELS,
            constant: Arc::clone(&self.registry.constant),
            buckets: buckets.clone(),
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
        let overflow = (kind != Kind::Info && F::LABELS.iter().any(is_capped))
            .then(|| own.overflow(&descriptor.name));
        let shape = Arc::new(Shape::new(buckets.unwrap_or_default(), rejected));
        let (field, family) = F::make(FieldParts {
            descriptor,
            shape,
            overflow,
        });
        self.added.insert(family);
        Ok(field)
    }

    /// The bounds of a histogram: the registry's, the declaration's, or those of the unit.
    fn buckets(
        &self,
        name: &str,
        kind: Kind,
        unit: Option<&str>,
        declared: Option<&'static [f64]>,
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
            return Ok(Some(Arc::clone(bounds)));
        }
        let bounds = declared
            .or_else(|| crate::metric::default_buckets(unit))
            .ok_or_else(|| RegisterError::buckets(name, BucketFault::None))?;
        check_buckets(bounds).map_err(|fault| RegisterError::buckets(name, fault))?;
        Ok(Some(bounds.into()))
    }

    fn bad_name(&self, name: &str, fault: name::NameFault) -> RegisterError {
        RegisterError::Name {
            name: name.to_owned(),
            group: self.group,
            fault,
        }
    }
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
    if is_state_set {
        // The label that carries the state.
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
