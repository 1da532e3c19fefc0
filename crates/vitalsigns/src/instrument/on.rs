//! A family of the service or of a domain as the place where a function records.

use std::rc::Rc;
use std::sync::Arc;

use super::label::IsResult;
use super::watch::{Begin, Running};

/// A family that `#[instrument_metrics(on = …)]` can name: a call starts a guard.
///
/// The domain families implement it, as the [module](crate::instrument) lists; a group of the service
/// can as well. Labels are given by name
/// in the attribute, and each is a call of the method of that name: first on the default of
/// [`Unlabelled`](Self::Unlabelled), then on what the method before gave; the last gives
/// [`Labels`](Self::Labels). `()` is a set without labels.
///
/// # Examples
///
/// ```
/// use vitalsigns::instrument::{Instrument, InstrumentGuard};
/// use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup, Registry};
/// use vitalsigns::{RegisterError, instrument_metrics};
///
/// #[derive(LabelValue, Clone, Copy)]
/// enum Plan {
///     Free,
///     Team,
/// }
///
/// #[derive(LabelSet)]
/// struct Order {
///     plan: Plan,
///     placed: bool,
/// }
///
/// #[derive(MetricGroup)]
/// struct Orders {
///     /// Orders that ended, by plan and by whether they were placed.
///     orders_total: Family<Order, Counter>,
/// }
///
/// #[derive(Default)]
/// struct NoPlan;
///
/// impl NoPlan {
///     fn plan(self, plan: Plan) -> Plan {
///         plan
///     }
/// }
///
/// /// An order that is neither placed nor refused counts as refused when it is dropped.
/// struct Ordering {
///     orders: Family<Order, Counter>,
///     order: Order,
/// }
///
/// impl Drop for Ordering {
///     fn drop(&mut self) {
///         self.orders.with(&self.order).inc();
///     }
/// }
///
/// impl InstrumentGuard for Ordering {
///     type Success = ();
///     type Failure = ();
///
///     fn succeed(mut self, (): ()) {
///         self.order.placed = true;
///     }
///
///     fn fail(self, (): ()) {}
/// }
///
/// impl Instrument for Orders {
///     type Unlabelled = NoPlan;
///     type Labels = Plan;
///     type Guard = Ordering;
///
///     fn start(&self, plan: Plan) -> Ordering {
///         let order = Order { plan, placed: false };
///         Ordering { orders: self.orders_total.clone(), order }
///     }
/// }
///
/// struct Shop {
///     orders: Orders,
/// }
///
/// impl Shop {
///     #[instrument_metrics(on = self.orders, plan = Plan::Team)]
///     fn order(&self, amount: u32) -> Result<u32, String> {
///         if amount == 0 {
///             return Err("nothing was ordered".to_owned());
///         }
///         Ok(amount)
///     }
/// }
///
/// let registry = Registry::new();
/// let shop = Shop { orders: Orders::register(&registry)? };
/// shop.order(3).unwrap();
/// shop.order(0).unwrap_err();
/// let placed = Order { plan: Plan::Team, placed: true };
/// assert_eq!(shop.orders.orders_total.with(&placed).get(), 1);
/// # Ok::<(), RegisterError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how a call is recorded",
    label = "no family that a call can be recorded on",
    note = "`on = …` is a domain family with something to start, as `VideoGeneration`, or a type \
            that implements `vitalsigns::instrument::Instrument`"
)]
pub trait Instrument {
    /// What takes the first label.
    type Unlabelled: Default;
    /// All labels.
    type Labels;
    /// What a call owns while it lasts.
    type Guard: InstrumentGuard;

    /// A call begins.
    fn start(&self, labels: Self::Labels) -> Self::Guard;
}

macro_rules! by_pointer {
    ($($pointer:ty),+) => {$(
        impl<I: Instrument + ?Sized> Instrument for $pointer {
            type Unlabelled = I::Unlabelled;
            type Labels = I::Labels;
            type Guard = I::Guard;

            fn start(&self, labels: I::Labels) -> I::Guard {
                I::start(self, labels)
            }
        }
    )+};
}

by_pointer!(&I, Box<I>, Rc<I>, Arc<I>);

/// What a call owns while it lasts. Dropped without an answer, it knows what that means, as the
/// guards of the domain families do: cancelled, or panicked if the thread unwinds. The
/// [module](crate::instrument) says when that is.
///
/// # Examples
///
/// ```
/// use vitalsigns::instrument::InstrumentGuard;
///
/// struct Shown;
///
/// impl InstrumentGuard for Shown {
///     type Success = u32;
///     type Failure = ();
///
///     fn succeed(self, views: u32) {
///         println!("shown {views} times");
///     }
///
///     fn fail(self, (): ()) {}
/// }
/// ```
pub trait InstrumentGuard: Sized {
    /// What is recorded of a call that succeeded.
    type Success;
    /// What is recorded of a call that failed.
    type Failure;

    /// The call ended well.
    fn succeed(self, success: Self::Success);
    /// The call ended with an error.
    fn fail(self, failure: Self::Failure);
}

/// What a guard records of a value or an error that a function returned, if the attribute does not
/// say it by `ok = …` or `error = …`.
///
/// `()` follows from everything.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::video::ErrorKind;
/// use vitalsigns::instrument::FromReturned;
///
/// enum RenderError {
///     TooSlow,
///     NoFont,
/// }
///
/// impl FromReturned<RenderError> for ErrorKind {
///     fn from_returned(error: &RenderError) -> Self {
///         match error {
///             RenderError::TooSlow => ErrorKind::Timeout,
///             RenderError::NoFont => ErrorKind::Internal,
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "what `{Self}` is to record does not follow from a returned `{T}`",
    label = "not known for `{T}`",
    note = "say it in the attribute, `ok = |value| …` or `error = |error| …`, or implement \
            `vitalsigns::instrument::FromReturned<{T}>` for `{Self}`"
)]
pub trait FromReturned<T: ?Sized>: Sized {
    /// What is recorded of `returned`.
    fn from_returned(returned: &T) -> Self;
}

impl<T: ?Sized> FromReturned<T> for () {
    fn from_returned(_: &T) -> Self {}
}

/// All the labels of a family; there is nothing to implement.
///
/// # Examples
///
/// ```
/// use vitalsigns::instrument::{Instrument, LabelsOf};
///
/// fn start<I: Instrument>(family: &I, labels: impl LabelsOf<I::Labels>) -> I::Guard {
///     family.start(labels.labels())
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a label has no value, or one of another type: `{L}` is needed, this is `{Self}`",
    label = "not all labels of the family",
    note = "each label stands in the attribute by its name: \
            `#[instrument_metrics(on = …, label = value)]`"
)]
pub trait LabelsOf<L> {
    /// The labels.
    fn labels(self) -> L;
}

impl<L> LabelsOf<L> for L {
    fn labels(self) -> L {
        self
    }
}

/// A guard that was started, as the call that it is.
#[doc(hidden)]
pub struct On<G>(pub G);

impl<G> Begin for On<G> {
    type Call = Self;

    #[inline]
    fn begin(self) -> Self {
        self
    }
}

impl<G> Running for On<G> {
    #[inline]
    fn enter(&mut self) {}

    #[inline]
    fn leave(&mut self) {}
}

#[doc(hidden)]
pub fn unlabelled<I: Instrument>(_: &I) -> I::Unlabelled {
    I::Unlabelled::default()
}

#[doc(hidden)]
pub fn start_on<I: Instrument, L: LabelsOf<I::Labels>>(family: &I, labels: L) -> On<I::Guard> {
    On(family.start(labels.labels()))
}

#[doc(hidden)]
pub fn finish_result<G: InstrumentGuard, R: IsResult>(
    guard: On<G>,
    returned: &R,
    ok: impl FnOnce(&R::Value) -> G::Success,
    error: impl FnOnce(&R::Error) -> G::Failure,
) {
    match returned.as_result() {
        Ok(value) => guard.0.succeed(ok(value)),
        Err(why) => guard.0.fail(error(why)),
    }
}

#[doc(hidden)]
pub fn finish_error<G: InstrumentGuard, R: IsResult>(
    guard: On<G>,
    returned: &R,
    error: impl FnOnce(&R::Error) -> G::Failure,
) where
    G::Success: FromReturned<R::Value>,
{
    finish_result(guard, returned, G::Success::from_returned, error);
}

#[doc(hidden)]
pub fn finish_outcome<G: InstrumentGuard, T>(
    guard: On<G>,
    returned: &T,
    outcome: impl FnOnce(&T) -> Result<G::Success, G::Failure>,
) {
    match outcome(returned) {
        Ok(success) => guard.0.succeed(success),
        Err(failure) => guard.0.fail(failure),
    }
}
