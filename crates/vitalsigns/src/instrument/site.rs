//! The functions that carry the attribute: what is known of them, and their handles.
//!
//! Each has a static, which is also handed to `inventory`, so that the registry can list it before
//! it was called. The handles of a function are made once; after that a call finds them without a
//! look-up.

use std::ops::Deref;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::call::Call;
use super::label::ErrorLabel;
use super::watch::Begin;
use crate::LabelValue;
use crate::catalogue::{LatencyEntry, ObjectiveEntry};
use crate::families::functions::{FunctionMetrics, Outcome};
use crate::metric::Calls;
use crate::registry::{Registry, RegistryId};

/// Whether every function of the program is known when the first registry asks.
#[doc(hidden)]
pub const COMPLETE: bool = cfg!(feature = "inventory");

/// What is known of a function when it is compiled.
#[doc(hidden)]
pub struct Function {
    /// The path of an item in it, as the compiler spells it.
    pub path: fn() -> &'static str,
    /// Its own name, in case the path is spelt in a way that is not known here.
    pub ident: &'static str,
    /// The name that the attribute gives.
    pub name: Option<&'static str>,
    pub module: &'static str,
    pub objective: Option<Target>,
}

/// An objective as the attribute declares it; shares are from 0 to 1.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub success: Option<f64>,
    /// Seconds, and the share of calls that take no longer.
    pub latency: Option<(f64, f64)>,
}

impl Function {
    fn label(&self) -> String {
        match self.name {
            Some(name) => name.to_owned(),
            None => spelt((self.path)(), self.module).unwrap_or_else(|| self.ident.to_owned()),
        }
    }

    fn objective(&self) -> Option<ObjectiveEntry> {
        let target = self.objective?;
        Some(ObjectiveEntry {
            name: target.name.to_owned(),
            function: self.label(),
            module: self.module.to_owned(),
            success_ratio: target.success,
            latency: target
                .latency
                .map(|(seconds, ratio)| LatencyEntry { seconds, ratio }),
        })
    }
}

/// `Type::method` of `krate::module::Type::method::__path`, `<Type as Trait>::method` of a method
/// of a trait; without the parameters of types, of which compilers spell some in different ways.
fn spelt(path: &str, module: &str) -> Option<String> {
    let path = path.strip_suffix("::__path")?.replace("::{{closure}}", "");
    let path = path
        .strip_prefix(module)
        .and_then(|path| path.strip_prefix("::"))
        .unwrap_or(&path);
    let (of, method) = match path.strip_prefix('<') {
        None => (None, path.strip_prefix("impl ").unwrap_or(path)),
        Some(rest) => {
            let end = closing(rest)?;
            (Some(&rest[..end]), rest[end + 1..].strip_prefix("::")?)
        }
    };
    let Some(of) = of else {
        return Some(without_parameters(method));
    };
    // `<impl Trait for Type>` where the implementation is in another module than the type.
    let of = of.strip_prefix("impl ").unwrap_or(of);
    let method = without_parameters(method);
    Some(if let Some((trait_, ty)) = of.split_once(" for ") {
        format!("<{} as {}>::{method}", short(ty), short(trait_))
    } else if let Some((ty, trait_)) = of.split_once(" as ") {
        format!("<{} as {}>::{method}", short(ty), short(trait_))
    } else {
        format!("{}::{method}", short(of))
    })
}

/// Where the `>` is that closes what `text` is the inside of.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut before = ' ';
    for (index, char) in text.char_indices() {
        match char {
            '<' => depth += 1,
            '>' if before == '-' => {}
            '>' if depth == 0 => return Some(index),
            '>' => depth -= 1,
            _ => {}
        }
        before = char;
    }
    None
}

/// The text without what stands between `<` and `>`.
fn without_parameters(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('<') {
        kept.push_str(before.strip_suffix("::").unwrap_or(before));
        let Some(end) = closing(inside) else { break };
        rest = &inside[end + 1..];
    }
    kept + rest
}

/// A type without parameters, and each path in it by its last word.
fn short(ty: &str) -> String {
    let ty = without_parameters(ty);
    let mut kept = String::new();
    let mut word = String::new();
    let mut chars = ty.chars().peekable();
    while let Some(char) = chars.next() {
        if char.is_alphanumeric() || char == '_' {
            word.push(char);
        } else if char == ':' && chars.peek() == Some(&':') {
            chars.next();
            word.clear();
        } else {
            kept.push_str(&std::mem::take(&mut word));
            kept.push(char);
        }
    }
    kept + &word
}

/// What the calls of one function record into.
#[doc(hidden)]
pub struct Handles {
    /// By outcome.
    pub(super) calls: Calls<{ Outcome::VALUES.len() }>,
    metrics: FunctionMetrics,
    function: String,
    module: &'static str,
}

impl Handles {
    fn new(registry: &Registry, function: &Function) -> Self {
        let label = function.label();
        // A registry in which the names are taken cannot have them: then calls go into one that
        // nobody sees. `Functions::register` and `Registry::make_global` say so.
        let metrics = FunctionMetrics::of(registry);
        if let Some(objective) = function.objective() {
            registry.add_objective(objective);
        }
        Handles {
            calls: Calls::new(
                metrics.in_flight(&label, function.module),
                metrics.calls(&label, function.module),
                metrics.duration(&label, function.module),
            ),
            metrics,
            function: label,
            module: function.module,
        }
    }

    #[cold]
    pub(super) fn error(&self, error: &impl ErrorLabel) {
        self.metrics
            .error(&self.function, self.module, error.text());
    }
}

/// A function that records into the global registry.
#[doc(hidden)]
pub struct Site {
    function: Function,
    handles: OnceLock<Handles>,
}

impl Site {
    pub const fn new(function: Function) -> Self {
        Site {
            function,
            handles: OnceLock::new(),
        }
    }

    #[inline]
    fn handles(&'static self) -> &'static Handles {
        match self.handles.get() {
            Some(handles) => handles,
            None => self.resolve(),
        }
    }

    #[cold]
    fn resolve(&'static self) -> &'static Handles {
        // Asked for outside: the global registry makes these very handles when it begins.
        let registry = crate::global();
        self.resolve_in(registry)
    }

    fn resolve_in(&self, registry: &Registry) -> &Handles {
        self.handles
            .get_or_init(|| Handles::new(registry, &self.function))
    }
}

// Neither type says its lifetime: futures hold them, and for a future the compiler would ask whether
// they are what they are for every lifetime.

/// A function that records into the global registry, to be called.
#[doc(hidden)]
pub struct Global(pub &'static Site);

#[doc(hidden)]
pub struct GlobalHandles(&'static Handles);

impl Deref for GlobalHandles {
    type Target = Handles;

    #[inline]
    fn deref(&self) -> &Handles {
        self.0
    }
}

impl Begin for Global {
    type Call = Call<GlobalHandles>;

    #[inline]
    fn begin(self) -> Self::Call {
        Call::begin(GlobalHandles(self.0.handles()))
    }
}

/// A function that says in which registry it records, which may be another one in each call.
#[doc(hidden)]
pub struct SiteElsewhere {
    function: Function,
    /// The registry of the first call.
    first: OnceLock<(RegistryId, Arc<Handles>)>,
    /// All others that are alive; there are several in tests, or where a program has tenants.
    others: RwLock<Vec<(RegistryId, Arc<Handles>)>>,
}

impl SiteElsewhere {
    pub const fn new(function: Function) -> Self {
        SiteElsewhere {
            function,
            first: OnceLock::new(),
            others: RwLock::new(Vec::new()),
        }
    }

    #[inline]
    pub fn of(&self, registry: &Registry) -> Arc<Handles> {
        let (id, handles) = self.first.get_or_init(|| self.resolve(registry));
        if id.is(registry) {
            return Arc::clone(handles);
        }
        self.of_another(registry)
    }

    fn of_another(&self, registry: &Registry) -> Arc<Handles> {
        let find = |known: &[(RegistryId, Arc<Handles>)]| {
            let found = known.iter().find(|(id, _)| id.is(registry));
            found.map(|(_, handles)| Arc::clone(handles))
        };
        let known = self.others.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(handles) = find(&known) {
            return handles;
        }
        drop(known);
        // Made without the lock: two that are made at once are handles on the same series.
        let made = self.resolve(registry);
        let mut known = self.others.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(id, _)| id.is_alive());
        if let Some(handles) = find(&known) {
            return handles;
        }
        let handles = Arc::clone(&made.1);
        known.push(made);
        handles
    }

    fn resolve(&self, registry: &Registry) -> (RegistryId, Arc<Handles>) {
        let handles = Arc::new(Handles::new(registry, &self.function));
        (registry.id(), handles)
    }
}

impl Begin for Arc<Handles> {
    type Call = Call<Self>;

    #[inline]
    fn begin(self) -> Self::Call {
        Call::begin(self)
    }
}

/// A function of the program, as `inventory` keeps it.
#[doc(hidden)]
#[cfg(feature = "inventory")]
pub enum Entry {
    Global(&'static Site),
    Elsewhere(&'static SiteElsewhere),
}

#[cfg(feature = "inventory")]
inventory::collect!(Entry);

#[cfg(feature = "inventory")]
fn functions() -> impl Iterator<Item = &'static Function> {
    inventory::iter::<Entry>
        .into_iter()
        .map(|entry| match entry {
            Entry::Global(site) => &site.function,
            Entry::Elsewhere(site) => &site.function,
        })
}

/// The bounds that objectives of this program need, in seconds.
pub(crate) fn declared_bounds() -> Vec<f64> {
    #[cfg(feature = "inventory")]
    {
        functions()
            .filter_map(|function| Some(function.objective?.latency?.0))
            .collect()
    }
    #[cfg(not(feature = "inventory"))]
    Vec::new()
}

/// Puts every function that records globally on the page of `registry`.
pub(crate) fn announce(registry: &Registry) {
    #[cfg(feature = "inventory")]
    for entry in inventory::iter::<Entry> {
        if let Entry::Global(site) = entry {
            site.resolve_in(registry);
        }
    }
    #[cfg(not(feature = "inventory"))]
    let _ = registry;
}

#[cfg(test)]
mod tests {
    use super::spelt;

    fn spell(path: &str) -> String {
        spelt(&format!("{path}::__path"), "shop::cart").unwrap()
    }

    #[test]
    fn a_function_is_named_as_one_would_call_it_in_its_module() {
        assert_eq!(spell("shop::cart::add"), "add");
        assert_eq!(spell("shop::cart::add::{{closure}}"), "add");
        assert_eq!(spell("shop::cart::add::{{closure}}::inner"), "add::inner");
        assert_eq!(spell("shop::cart::Cart::add"), "Cart::add");
        assert_eq!(spell("shop::cart::Cart<_>::add"), "Cart::add");
        assert_eq!(spell("shop::cart::Cart<T>::add<fn() -> U>"), "Cart::add");
        assert_eq!(spell("shop::cart::<impl shop::Cart>::add"), "Cart::add");
    }

    #[test]
    fn a_method_of_a_trait_has_both_in_its_name() {
        assert_eq!(
            spell("<shop::Cart as shop::Add<u8>>::add"),
            "<Cart as Add>::add"
        );
        assert_eq!(
            spell("<alloc::vec::Vec<(u8, [u16; 3])> as shop::Add>::add"),
            "<Vec as Add>::add"
        );
        assert_eq!(
            spell("shop::cart::<impl shop::Add<u8> for shop::Cart>::add"),
            "<Cart as Add>::add"
        );
        assert_eq!(
            spell("<dyn core::marker::Send as shop::Add<fn(u8) -> u8>>::add"),
            "<dyn Send as Add>::add"
        );
        assert_eq!(
            spell("<&(a::B, c::D<E>) as f::G>::add"),
            "<&(B, D) as G>::add"
        );
        assert_eq!(spell("shop::other::Add::add"), "shop::other::Add::add");
    }
}
