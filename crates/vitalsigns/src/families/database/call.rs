//! A function that is a query.

use super::{Database, Query, QueryError};
use crate::LabelValue;
use crate::instrument::{Instrument, InstrumentGuard, call_labels};

call_labels! {
    /// The label of a query in `#[instrument_metrics(on = database, operation = …)]`.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::Database;
    /// use vitalsigns::families::database::{Main, Operation, QueryError};
    /// use vitalsigns::{Registry, instrument_metrics};
    ///
    /// struct Store {
    ///     database: Database<Main>,
    /// }
    ///
    /// impl Store {
    ///     #[instrument_metrics(
    ///         on = self.database,
    ///         operation = Operation::Select,
    ///         error = |_| QueryError::Error,
    ///     )]
    ///     async fn orders(&self) -> Result<Vec<u64>, std::io::Error> {
    ///         Ok(Vec::new())
    ///     }
    /// }
    /// # let database = Database::register(&Registry::new(), Main::Main)?;
    /// # drop(Store { database }.orders());
    /// # Ok::<(), vitalsigns::RegisterError>(())
    /// ```
    CallLabels {
        /// What the query does.
        ///
        /// # Examples
        ///
        /// ```
        /// use vitalsigns::families::database::{CallLabels, Operation};
        ///
        /// let labels = CallLabels::default().operation(Operation::Select);
        /// ```
        operation: O is LabelValue,
    }
}

impl<D: LabelValue, O: LabelValue> Instrument for Database<D, O> {
    type Unlabelled = CallLabels;
    type Labels = CallLabels<O>;
    type Guard = Query<D, O>;

    fn start(&self, labels: CallLabels<O>) -> Query<D, O> {
        self.query(labels.operation)
    }
}

impl<D: LabelValue, O: LabelValue> InstrumentGuard for Query<D, O> {
    type Success = ();
    type Failure = QueryError;

    fn succeed(self, (): ()) {
        Query::succeed(self);
    }

    fn fail(self, why: QueryError) {
        Query::fail(self, why);
    }
}
