//! Many series to few.

use super::labels::given;
use super::node::Grouping;
use super::{QueryError, Vector};

/// Each aggregation in its three forms.
macro_rules! aggregations {
    ($($operator:literal, $what:literal: $whole:ident, $by:ident, $without:ident;)*) => {
        /// Aggregations. With labels that are not there, [`QueryError::UnknownLabel`] or
        /// [`QueryError::LabelAggregatedAway`]; where the result would mean nothing,
        /// [`QueryError::Meaningless`].
        impl Vector {
            $(
                #[doc = concat!($what, " of all.")]
                ///
                /// # Errors
                ///
                /// See above.
                ///
                /// # Examples
                ///
                /// ```
                /// # use vitalsigns_kit::query::{Queries, Rendering};
                /// let catalogue = vitalsigns::Registry::new().catalogue();
                /// let up = Queries::new(&catalogue).gauge("up")?.value();
                /// assert_eq!(
                #[doc = concat!("    up.", stringify!($whole), "()?.promql(&Rendering::dashboard().job(\"x\")),")]
                #[doc = concat!("    \"", $operator, "(up{job=\\\"x\\\"})\"")]
                /// );
                /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
                /// ```
                pub fn $whole(&self) -> Result<Self, QueryError> {
                    self.aggregate($operator, Grouping::All)
                }

                #[doc = concat!($what, " of those with the same values of these labels.")]
                ///
                /// # Errors
                ///
                /// See above.
                ///
                /// # Examples
                ///
                /// ```
                /// # use vitalsigns_kit::query::{Queries, Rendering};
                /// let catalogue = vitalsigns::Registry::new().catalogue();
                /// let up = Queries::new(&catalogue).gauge("up")?.value();
                /// assert_eq!(
                #[doc = concat!("    up.", stringify!($by), "([\"job\"])?.promql(&Rendering::dashboard().job(\"x\")),")]
                #[doc = concat!("    \"", $operator, " by (job) (up{job=\\\"x\\\"})\"")]
                /// );
                /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
                /// ```
                pub fn $by<L: AsRef<str>>(
                    &self,
                    labels: impl IntoIterator<Item = L>,
                ) -> Result<Self, QueryError> {
                    self.aggregate($operator, Grouping::By(given(labels)?))
                }

                #[doc = concat!($what, " of those that differ in these labels only.")]
                ///
                /// # Errors
                ///
                /// See above.
                ///
                /// # Examples
                ///
                /// ```
                /// # use vitalsigns_kit::query::{Queries, Rendering};
                /// let catalogue = vitalsigns::Registry::new().catalogue();
                /// let up = Queries::new(&catalogue).gauge("up")?.value();
                #[doc = concat!("let all = up.", stringify!($without), "([\"instance\"])?;")]
                /// assert_eq!(all.labels(), ["job"]);
                /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
                /// ```
                pub fn $without<L: AsRef<str>>(
                    &self,
                    labels: impl IntoIterator<Item = L>,
                ) -> Result<Self, QueryError> {
                    self.aggregate($operator, Grouping::Without(given(labels)?))
                }
            )*
        }
    };
}

aggregations! {
    "sum", "The sum": sum, sum_by, sum_without;
    "avg", "The mean": mean, mean_by, mean_without;
    "max", "The greatest": max, max_by, max_without;
    "min", "The least": min, min_by, min_without;
    "count", "The number": count, count_by, count_without;
}

impl Vector {
    /// The `most` greatest values.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] for none.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn topk(&self, most: u32) -> Result<Self, QueryError> {
        self.ranked("topk", most)
    }

    /// The `most` least values.
    ///
    /// # Errors
    ///
    /// [`QueryError::BadNumber`] for none.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn bottomk(&self, most: u32) -> Result<Self, QueryError> {
        self.ranked("bottomk", most)
    }
}
