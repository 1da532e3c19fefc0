//! Facts about the program.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, PoisonError, RwLock};

use crate::label::{Key, LabelSet};

/// Facts about the program as the labels of a sample that is always 1: a version, a renderer.
///
/// The name of its field ends in `_info`. Until [`set`](Self::set) is called there is no sample;
/// setting it again replaces the facts, so there is never more than one. A text label of an info
/// metric needs a cap like any other; `#[label(cap = 1)]` says what is true here.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Info, LabelSet, MetricGroup, Registry};
///
/// #[derive(LabelSet)]
/// struct Build<'a> {
///     #[label(cap = 1)]
///     version: &'a str,
/// }
///
/// #[derive(MetricGroup)]
/// struct App {
///     /// The version that is running.
///     build_info: Info<Build<'static>>,
/// }
///
/// let registry = Registry::new();
/// let app = App::register(&registry)?;
/// app.build_info.set(&Build { version: env!("CARGO_PKG_VERSION") });
/// # Ok::<(), vitalsigns::RegisterError>(())
/// ```
pub struct Info<L> {
    cell: Arc<InfoCell>,
    labels: PhantomData<fn(L)>,
}

/// The facts, if any were set.
#[derive(Debug)]
pub(crate) struct InfoCell {
    constant: Arc<[(String, String)]>,
    facts: RwLock<Option<Arc<Key>>>,
}

impl InfoCell {
    pub(crate) fn facts(&self) -> Option<Arc<Key>> {
        self.facts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, facts: Option<Arc<Key>>) {
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = facts;
    }
}

impl<L: LabelSet<Schema = L>> Info<L> {
    pub(crate) fn make(constant: Arc<[(String, String)]>) -> (Self, Arc<InfoCell>) {
        let cell = Arc::new(InfoCell {
            constant,
            facts: RwLock::new(None),
        });
        (
            Info {
                cell: Arc::clone(&cell),
                labels: PhantomData,
            },
            cell,
        )
    }

    /// Sets the facts, in place of those that were set before.
    ///
    /// Unlike recording, this allocates and takes a short lock: facts change seldom.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Info, LabelSet, MetricGroup, Registry};
    /// # #[derive(LabelSet)]
    /// # struct Renderer { hardware: bool }
    /// # #[derive(MetricGroup)]
    /// # struct App {
    /// #     /// Renderer.
    /// #     renderer_info: Info<Renderer>,
    /// # }
    /// # let app = App::register(&Registry::new())?;
    /// app.renderer_info.set(&Renderer { hardware: false });
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn set<Q: LabelSet<Schema = L>>(&self, facts: &Q) {
        let labels = (0..Q::LABELS.len()).map(|index| facts.label(index));
        let key = Key::new(&self.cell.constant, Q::LABELS, labels);
        self.cell.replace(Some(Arc::new(key)));
    }

    /// Takes the sample off the page until facts are set again.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns::{Info, LabelSet, MetricGroup, Registry};
    /// # #[derive(LabelSet)]
    /// # struct Renderer { hardware: bool }
    /// # #[derive(MetricGroup)]
    /// # struct App {
    /// #     /// Renderer.
    /// #     renderer_info: Info<Renderer>,
    /// # }
    /// # let app = App::register(&Registry::new())?;
    /// app.renderer_info.clear();
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    pub fn clear(&self) {
        self.cell.replace(None);
    }
}

impl<L> Clone for Info<L> {
    fn clone(&self) -> Self {
        Info {
            cell: Arc::clone(&self.cell),
            labels: PhantomData,
        }
    }
}

impl<L> fmt::Debug for Info<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.cell.facts();
        f.debug_tuple("Info")
            .field(&facts.as_ref().map(|key| key.labels().rendered().to_owned()))
            .finish()
    }
}
