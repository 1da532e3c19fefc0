//! A set of labels as a type.

use std::sync::{Mutex, PoisonError};

/// One value of a label set, as a [`LabelSet`] hands it out.
///
/// # Examples
///
/// ```
/// use vitalsigns::Label;
///
/// assert_ne!(Label::Closed(0), Label::Open("0"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label<'a> {
    /// The index into the closed values of the label.
    Closed(usize),
    /// The text of a capped label.
    Open(&'a str),
}

/// The values that a label can take.
///
/// # Examples
///
/// ```
/// use vitalsigns::LabelValues;
///
/// assert_ne!(LabelValues::Closed(&["free", "team"]), LabelValues::Capped(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelValues {
    /// These and no others.
    Closed(&'static [&'static str]),
    /// Any text, but no more than this many at a time; the rest becomes [`OVERFLOW`](crate::OVERFLOW).
    Capped(usize),
}

/// A label's name and the values that it can take.
///
/// # Examples
///
/// ```
/// use vitalsigns::{LabelSpec, LabelValues};
///
/// let plan = LabelSpec { name: "plan", values: LabelValues::Closed(&["free", "team"]) };
/// assert_eq!(plan.name, "plan");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelSpec {
    /// The name, checked when the set is derived.
    pub name: &'static str,
    /// The values it can take.
    pub values: LabelValues,
}

/// The labels of a family as a struct: `derive(LabelSet)`.
///
/// Each field is a label; its type says which values are possible. A field of a closed type
/// ([`LabelValue`](crate::LabelValue)) needs nothing else; text needs `#[label(cap = N)]`.
/// `#[label(name = "…")]` gives the label another name than the field, and
/// `#[label(allow = "reason")]` is needed for names that identify a person or a request.
///
/// A set may borrow: a family of `Order<'static>` is looked up with an `Order<'_>`, so recording
/// never has to own a string.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Counter, Family, LabelSet, LabelValue, MetricGroup, Registry};
///
/// #[derive(LabelValue)]
/// enum Plan {
///     Free,
///     Team,
/// }
///
/// #[derive(LabelSet)]
/// struct Order<'a> {
///     plan: Plan,
///     #[label(cap = 50)]
///     campaign: &'a str,
/// }
///
/// #[derive(MetricGroup)]
/// struct Shop {
///     /// Orders placed, by plan and campaign.
///     orders_total: Family<Order<'static>, Counter>,
/// }
///
/// let registry = Registry::new();
/// let shop = Shop::register(&registry)?;
/// let campaign = String::from("spring");
/// shop.orders_total.with(&Order { plan: Plan::Team, campaign: &campaign }).inc();
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of labels",
    note = "put `#[derive(LabelSet)]` on the struct whose fields are the labels"
)]
pub trait LabelSet: Sized {
    /// The same set with every lifetime `'static`: what the family is declared with.
    type Schema: LabelSet<Schema = Self::Schema> + 'static;

    /// The labels in the order of the fields.
    const LABELS: &'static [LabelSpec];

    /// The value of the label at `index` of [`LABELS`](Self::LABELS).
    fn label(&self, index: usize) -> Label<'_>;

    /// How many labels there are, for sets whose labels are chosen at run time.
    #[doc(hidden)]
    #[inline]
    fn count(&self) -> usize {
        Self::LABELS.len()
    }
}

/// Values of labels that are chosen at run time: what the options of a group ask for.
#[derive(Clone, Copy)]
pub(crate) struct Chosen<'a>(pub(crate) &'a [Label<'a>]);

impl LabelSet for Chosen<'_> {
    type Schema = Chosen<'static>;
    const LABELS: &'static [LabelSpec] = &[];

    fn label(&self, index: usize) -> Label<'_> {
        self.0[index]
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// Labels that were chosen at run time, kept for ever: the same choice is kept once, so that there
/// are as many as a program has configurations.
pub(crate) fn keep(labels: Vec<LabelSpec>) -> &'static [LabelSpec] {
    static KEPT: Mutex<Vec<&'static [LabelSpec]>> = Mutex::new(Vec::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.iter().find(|known| **known == labels) {
        Some(known) => known,
        None => {
            let labels: &'static [LabelSpec] = labels.leak();
            kept.push(labels);
            labels
        }
    }
}

impl LabelSet for () {
    type Schema = ();
    const LABELS: &'static [LabelSpec] = &[];

    fn label(&self, _: usize) -> Label<'_> {
        Label::Closed(0)
    }
}

/// The number of combinations if all labels are closed.
pub(crate) const fn combinations(labels: &[LabelSpec]) -> Option<usize> {
    let mut product: usize = 1;
    let mut index = 0;
    while index < labels.len() {
        match labels[index].values {
            LabelValues::Closed(values) => match product.checked_mul(values.len()) {
                Some(next) => product = next,
                None => return None,
            },
            LabelValues::Capped(_) => return None,
        }
        index += 1;
    }
    Some(product)
}

/// The position of a closed set among all combinations, the last label changing fastest.
pub(crate) fn position<Q: LabelSet>(labels: &Q) -> usize {
    let mut position = 0;
    for (index, spec) in Q::LABELS.iter().enumerate() {
        if let (LabelValues::Closed(values), Label::Closed(value)) =
            (spec.values, labels.label(index))
        {
            // Beyond the last, a value that was implemented by hand counts as the last.
            position = position * values.len() + value.min(values.len().saturating_sub(1));
        }
    }
    position
}
