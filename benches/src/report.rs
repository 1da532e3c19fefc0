//! What was measured, as data: printed, written as JSON, and made into `docs/performance.md`.

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::subject::Class;

/// One run.
#[derive(Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) tables: Vec<Table>,
    /// What is not in the tables, and why.
    pub(crate) left_out: Vec<String>,
}

/// One scenario, or one size of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Table {
    /// A letter for the scenario and what tells the tables of one scenario apart.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    /// What was checked.
    pub(crate) checked: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) heading: String,
    pub(crate) kind: Kind,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// With three digits; above a thousand, all of its whole ones.
    Number,
    /// With two digits behind the point.
    Ratio,
    /// A share, as percents with a `±` in front.
    Spread,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) subject: String,
    pub(crate) class: Class,
    /// One for each column; `None` where a subject has no such number.
    pub(crate) values: Vec<Option<f64>>,
}

impl Table {
    /// One without columns, with a row for each subject.
    pub(crate) fn new<'a>(
        id: impl Into<String>,
        title: impl Into<String>,
        subjects: impl IntoIterator<Item = (&'a str, Class)>,
    ) -> Self {
        let row = |(subject, class): (&str, Class)| Row {
            subject: subject.to_owned(),
            class,
            values: Vec::new(),
        };
        Table {
            id: id.into(),
            title: title.into(),
            columns: Vec::new(),
            rows: subjects.into_iter().map(row).collect(),
            checked: String::new(),
        }
    }

    /// Adds a column; one value for each row, in their order.
    pub(crate) fn column<V: Into<Option<f64>>>(
        &mut self,
        heading: &str,
        kind: Kind,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        self.columns.push(Column {
            heading: heading.to_owned(),
            kind,
        });
        for (row, value) in self.rows.iter_mut().zip(values) {
            row.values.push(value.into());
        }
        self
    }

    /// Adds the ratio of a column's values to that of the best peer, if there is a peer.
    pub(crate) fn times_best_peer(&mut self, heading: &str) -> &mut Self {
        let Some(values) = self.values(heading) else {
            return self;
        };
        let peers = self.rows.iter().zip(&values);
        let best = peers
            .filter(|(row, _)| row.class == Class::Peer)
            .filter_map(|(_, value)| *value)
            .min_by(f64::total_cmp);
        match best {
            Some(best) => {
                let ratio = |value: Option<f64>| value.map(|value| value / best);
                let ratios: Vec<_> = values.into_iter().map(ratio).collect();
                self.column("x best peer", Kind::Ratio, ratios)
            }
            None => self,
        }
    }

    /// Adds how much more each has in a column than the first row has.
    pub(crate) fn added(&mut self, heading: &str, added: &str) -> &mut Self {
        let Some(values) = self.values(heading) else {
            return self;
        };
        let first = values.first().copied().flatten();
        let more = |value: Option<f64>| Some(value? - first?);
        let differences: Vec<_> = values.into_iter().map(more).collect();
        self.column(added, Kind::Number, differences)
    }

    fn values(&self, heading: &str) -> Option<Vec<Option<f64>>> {
        let mut columns = self.columns.iter();
        let place = columns.position(|column| column.heading == heading)?;
        Some(self.rows.iter().map(|row| row.values[place]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_peer_is_neither_a_floor_nor_ours() {
        let subjects = [
            ("floor", Class::Floor),
            ("ours", Class::Ours),
            ("slow", Class::Peer),
            ("fast", Class::Peer),
            ("handles", Class::Aside),
        ];
        let mut table = Table::new("A", "A", subjects);
        table
            .column("ns", Kind::Number, [1.0, 2.0, 8.0, 4.0, 1.0])
            .times_best_peer("ns")
            .added("ns", "added ns");
        let ours = &table.rows[1].values;
        assert_eq!(ours[..], [Some(2.0), Some(0.5), Some(1.0)]);
    }
}
