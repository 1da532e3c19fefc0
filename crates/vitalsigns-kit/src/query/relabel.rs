//! Values with labels that are made from others.

use super::labels::given;
use super::node::{Node, Operator};
use super::{QueryError, Unit, Vector};

impl Vector {
    /// The same with the values of label `from` in label `to` as well.
    ///
    /// # Errors
    ///
    /// [`QueryError::UnknownLabel`] if there is no `from`, [`QueryError::ReservedLabel`].
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value().copy_label("job", "title")?;
    /// assert_eq!(up.labels(), ["instance", "job", "title"]);
    /// assert_eq!(
    ///     up.promql(&Rendering::everywhere()),
    ///     r#"label_replace(up, "title", "$1", "job", "(?s:(.*))")"#
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn copy_label(&self, from: &str, to: &str) -> Result<Self, QueryError> {
        given([from, to])?;
        let mut labels = self.labels.clone();
        labels.copy(from, to)?;
        // `.` is no line feed, unless asked to be.
        let words = [to, "$1", from, "(?s:(.*))"];
        Ok(Vector {
            node: Node::Labelled {
                function: "label_replace",
                of: Box::new(self.node.clone()),
                words: words.map(str::to_owned).to_vec(),
            },
            labels,
            source: None,
            ..self.clone()
        })
    }

    /// The same with the values of several labels as one, in label `to`.
    ///
    /// # Errors
    ///
    /// As [`copy_label`](Self::copy_label).
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Queries, Rendering};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let up = Queries::new(&catalogue).gauge("up")?.value();
    /// assert_eq!(
    ///     up.join_labels(["job", "instance"], " at ", "id")?.promql(&Rendering::everywhere()),
    ///     r#"label_join(up, "id", " at ", "job", "instance")"#
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn join_labels<L: AsRef<str>>(
        &self,
        from: impl IntoIterator<Item = L>,
        separator: &str,
        to: &str,
    ) -> Result<Self, QueryError> {
        let from = given(from)?;
        given([to])?;
        let mut labels = self.labels.clone();
        labels.make(&from, to)?;
        let mut words = vec![to.to_owned(), separator.to_owned()];
        words.extend(from);
        Ok(Vector {
            node: Node::Labelled {
                function: "label_join",
                of: Box::new(self.node.clone()),
                words,
            },
            labels,
            source: None,
            ..self.clone()
        })
    }

    /// How many in each minute, of what is counted per second.
    ///
    /// # Errors
    ///
    /// [`QueryError::OtherUnit`] if it is not a number per second.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns_kit::query::{Queries, Rendering, Unit};
    ///
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let overflow = Queries::new(&catalogue).counter("vitalsigns_series_overflow_total")?;
    /// let overflow = overflow.rate().sum()?.per_minute()?;
    /// assert_eq!(overflow.unit(), &Unit::PER_MINUTE);
    /// assert_eq!(
    ///     overflow.promql(&Rendering::everywhere()),
    ///     "60 * sum(rate(vitalsigns_series_overflow_total[$__rate_interval]))"
    /// );
    /// # Ok::<(), vitalsigns_kit::query::QueryError>(())
    /// ```
    pub fn per_minute(&self) -> Result<Self, QueryError> {
        let per_second = Unit::NUMBER.per_second();
        if self.unit != per_second {
            return Err(self.other_unit(&per_second));
        }
        let node = Node::with_number(Operator::TIMES, Node::Number(60.0), self.node.clone());
        Ok(Vector {
            node,
            unit: Unit::PER_MINUTE,
            source: None,
            ..self.clone()
        })
    }
}
