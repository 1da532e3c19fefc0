//! The registry of functions that are handed none.

use std::sync::{Arc, OnceLock, Weak};

use super::{Inner, Registry};
use crate::catalogue::ObjectiveEntry;
use crate::error::RegisterError;
use crate::families::Functions;
use crate::instrument;

static GLOBAL: OnceLock<Registry> = OnceLock::new();

/// The registry into which functions with
/// [`#[instrument_metrics]`](macro@crate::instrument_metrics) record if they name no other.
///
/// It is a registry like any other, and nothing else in this library records into it by itself.
/// The first call decides: it is the one that [`Registry::make_global`] was called on before, or a
/// new one without a namespace. From then on it has all such functions of the program, each at 0
/// (with the feature `inventory`; without it, each from its first call).
///
/// # Examples
///
/// ```
/// use vitalsigns::{Format, instrument_metrics};
///
/// #[instrument_metrics]
/// fn charge() {}
///
/// assert!(vitalsigns::global().render(Format::Text).contains("outcome=\"ok\"} 0\n"));
/// charge();
/// assert!(vitalsigns::global().render(Format::Text).contains("outcome=\"ok\"} 1\n"));
/// ```
pub fn global() -> &'static Registry {
    GLOBAL.get_or_init(|| {
        let registry = Registry::new();
        instrument::announce(&registry);
        registry
    })
}

impl Registry {
    /// Makes this registry the one that [`global`] gives, with all instrumented functions of the
    /// program on its page.
    ///
    /// It is called once, at the start of the program. Calling it again on the same registry
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`RegisterError::GlobalIsSet`] if there is another one already, because it was made so or
    /// because an instrumented function was called before; and as for [`MetricGroup::register`],
    /// if names of the families of functions are taken.
    ///
    /// [`MetricGroup::register`]: crate::MetricGroup::register
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::{Format, Registry, instrument_metrics};
    ///
    /// #[instrument_metrics]
    /// fn charge() {}
    ///
    /// let registry = Registry::builder().namespace("shop").build()?;
    /// registry.make_global()?;
    /// charge();
    /// assert!(registry.render(Format::Text).contains("shop_function_calls_total{"));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn make_global(&self) -> Result<(), RegisterError> {
        Functions::register(self)?;
        let global = GLOBAL.get_or_init(|| {
            instrument::announce(self);
            self.clone()
        });
        if Arc::ptr_eq(&global.inner, &self.inner) {
            Ok(())
        } else {
            Err(RegisterError::GlobalIsSet)
        }
    }

    pub(crate) fn id(&self) -> RegistryId {
        RegistryId(Arc::downgrade(&self.inner))
    }

    /// Adds an objective that the catalogue does not have.
    pub(crate) fn add_objective(&self, objective: ObjectiveEntry) {
        let objectives = &mut self.state().objectives;
        if !objectives.contains(&objective) {
            objectives.push(objective);
            objectives.sort_by(|a, b| a.key().cmp(&b.key()));
        }
    }
}

/// Which registry it is; it does not keep it alive. It is known by its address, which no other one
/// gets as long as this is held.
pub(crate) struct RegistryId(Weak<Inner>);

impl RegistryId {
    #[inline]
    pub(crate) fn is(&self, registry: &Registry) -> bool {
        self.0.as_ptr() == Arc::as_ptr(&registry.inner)
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}
