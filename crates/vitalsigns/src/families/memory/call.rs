//! Functions that ask a tier, change it, or move items.

use std::fmt;
use std::sync::Arc;

use super::labels::{Operation, Reason};
use super::{Access, Change, MemoryMetrics, MemoryTiers, Move};
use crate::LabelValue;
use crate::families::Known;
use crate::instrument::{FromReturned, Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of an operation in `#[instrument_metrics(on = memory.reads(), tier = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::{MemoryTiers, memory::Tier};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// // An option is a hit or a miss, what is changed is said by its number.
    /// #[instrument_metrics(on = memory.reads(), tier = Tier::Hot)]
    /// async fn read(memory: &MemoryTiers, key: u64) -> Result<Option<String>, std::io::Error> {
    ///     Ok(None)
    /// }
    ///
    /// #[instrument_metrics(on = memory.writes(), tier = Tier::Hot, ok = |()| 1)]
    /// async fn write(memory: &MemoryTiers, key: u64) -> Result<(), std::io::Error> {
    ///     Ok(())
    /// }
    /// # let memory = MemoryTiers::register(&Registry::new())?;
    /// # drop((read(&memory, 1), write(&memory, 1)));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// The tier.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::memory::{CallLabels, Tier};
        ///
        /// let labels = CallLabels::default().tier(Tier::Hot);
        /// ```
        tier: T is LabelValue,
    }
}

call_labels! {
    /// The labels of a move in `#[instrument_metrics(on = memory.moves(reason), from = …, to = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::{MemoryTiers, memory::{Reason, Tier}};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// #[instrument_metrics(
    ///     on = memory.moves(Reason::Age),
    ///     from = Tier::Warm,
    ///     to = Tier::Cold,
    ///     ok = |items| *items,
    /// )]
    /// async fn archive(memory: &MemoryTiers) -> Result<u64, std::io::Error> {
    ///     Ok(250)
    /// }
    /// # drop(archive(&MemoryTiers::register(&Registry::new())?));
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    MoveCallLabels {
        /// Where the items are.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::memory::{MoveCallLabels, Tier};
        ///
        /// let labels = MoveCallLabels::default().from(Tier::Hot);
        /// ```
        from: F is LabelValue,
        /// Where they go.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::memory::{MoveCallLabels, Tier};
        ///
        /// let labels = MoveCallLabels::default().to(Tier::Warm);
        /// ```
        to: T is LabelValue,
    }
}

/// Whether a function found what it asked a tier for: it follows from an `Option`, and from a `Vec`
/// that is empty or is not.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::{MemoryTiers, memory::{Found, Tier}};
/// use vitalsigns::{Registry, instrument_metrics};
///
/// #[instrument_metrics(
///     on = memory.searches(),
///     tier = Tier::Cold,
///     ok = |text| if text.is_empty() { Found::Miss } else { Found::Hit },
/// )]
/// fn search(memory: &MemoryTiers) -> Result<String, std::io::Error> {
///     Ok(String::new())
/// }
///
/// search(&MemoryTiers::register(&Registry::new())?).unwrap();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// As [`Access::hit`].
    Hit,
    /// As [`Access::miss`].
    Miss,
}

impl Found {
    fn when(hit: bool) -> Self {
        if hit { Found::Hit } else { Found::Miss }
    }
}

impl<V> FromReturned<Option<V>> for Found {
    fn from_returned(value: &Option<V>) -> Self {
        Found::when(value.is_some())
    }
}

impl<V> FromReturned<Vec<V>> for Found {
    fn from_returned(values: &Vec<V>) -> Self {
        Found::when(!values.is_empty())
    }
}

macro_rules! named {
    ($($(#[doc = $doc:literal])+ $name:ident of $what:ident: $of:ty;)+) => {$(
        $(#[doc = $doc])+
        pub struct $name<T: LabelValue> {
            metrics: Arc<MemoryMetrics<T>>,
            $what: $of,
        }

        impl<T: LabelValue> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field(stringify!($what), &self.$what.as_label())
                    .finish_non_exhaustive()
            }
        }
    )+};
}

named! {
    /// What functions that read or search record on: [`MemoryTiers::reads`],
    /// [`MemoryTiers::searches`].
    ///
    /// # Examples
    ///
    /// See [`CallLabels`].
    Accesses of operation: Operation;
    /// What functions that write, update or delete record on: [`MemoryTiers::writes`],
    /// [`MemoryTiers::updates`], [`MemoryTiers::deletions`].
    ///
    /// # Examples
    ///
    /// See [`CallLabels`].
    Changes of operation: Operation;
    /// What functions that move items record on: [`MemoryTiers::moves`].
    ///
    /// # Examples
    ///
    /// See [`MoveCallLabels`].
    Moves of reason: Reason;
}

impl<T: LabelValue> MemoryTiers<T> {
    /// What functions that read an item record on.
    ///
    /// # Examples
    ///
    /// See [`CallLabels`].
    pub fn reads(&self) -> Accesses<T> {
        self.accesses(Operation::Read)
    }

    /// What functions that search a tier record on.
    ///
    /// # Examples
    ///
    /// See [`Found`].
    pub fn searches(&self) -> Accesses<T> {
        self.accesses(Operation::Search)
    }

    /// What functions that write new items record on.
    ///
    /// # Examples
    ///
    /// See [`CallLabels`].
    pub fn writes(&self) -> Changes<T> {
        self.changes(Operation::Write)
    }

    /// What functions that change items record on.
    ///
    /// # Examples
    ///
    /// As with [writes](CallLabels).
    pub fn updates(&self) -> Changes<T> {
        self.changes(Operation::Update)
    }

    /// What functions that delete items record on.
    ///
    /// # Examples
    ///
    /// As with [writes](CallLabels).
    pub fn deletions(&self) -> Changes<T> {
        self.changes(Operation::Delete)
    }

    /// What functions that move items for this reason record on.
    ///
    /// # Examples
    ///
    /// See [`MoveCallLabels`].
    pub fn moves(&self, reason: Reason) -> Moves<T> {
        Moves {
            metrics: Arc::clone(&self.metrics),
            reason,
        }
    }

    fn accesses(&self, operation: Operation) -> Accesses<T> {
        Accesses {
            metrics: Arc::clone(&self.metrics),
            operation,
        }
    }

    fn changes(&self, operation: Operation) -> Changes<T> {
        Changes {
            metrics: Arc::clone(&self.metrics),
            operation,
        }
    }
}

impl<T: LabelValue> Instrument for Accesses<T> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<T>;
    type Guard = Access<T>;

    fn start(&self, labels: CallLabels<T>) -> Access<T> {
        Access::start(&self.metrics, Known::new(labels.tier), self.operation)
    }
}

impl<T: LabelValue> InstrumentGuard for Access<T> {
    type Success = Found;
    type Failure = ();

    fn succeed(self, found: Found) {
        match found {
            Found::Hit => self.hit(),
            Found::Miss => self.miss(),
        }
    }

    fn fail(self, (): ()) {
        Access::fail(self);
    }
}

impl<T: LabelValue> Instrument for Changes<T> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<T>;
    type Guard = Change<T>;

    fn start(&self, labels: CallLabels<T>) -> Change<T> {
        Change::start(&self.metrics, Known::new(labels.tier), self.operation)
    }
}

impl<T: LabelValue> InstrumentGuard for Change<T> {
    type Success = u64;
    type Failure = ();

    fn succeed(self, items: u64) {
        Change::succeed(self, items);
    }

    fn fail(self, (): ()) {
        Change::fail(self);
    }
}

impl<T: LabelValue> Instrument for Moves<T> {
    type Unlabelled = MoveCallLabels;
    type Labels = MoveCallLabels<T, T>;
    type Guard = Move<T>;

    fn start(&self, labels: MoveCallLabels<T, T>) -> Move<T> {
        let (from, to) = (Known::new(labels.from), Known::new(labels.to));
        Move::start(&self.metrics, from, to, self.reason)
    }
}

impl<T: LabelValue> InstrumentGuard for Move<T> {
    type Success = u64;
    type Failure = ();

    fn succeed(self, items: u64) {
        Move::succeed(self, items);
    }

    fn fail(self, (): ()) {
        Move::fail(self);
    }
}
