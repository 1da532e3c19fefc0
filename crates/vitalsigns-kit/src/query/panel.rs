//! What panels need of expressions beyond what can be asked.

use std::collections::BTreeSet;

use super::matcher::Matcher;
use super::node::{Matching, Node, Operator};
use super::{Condition, Distribution, QueryError, Unit, Vector};

impl Vector {
    /// `value` where there is no series at all although the condition holds: a panel says then that
    /// nothing happened, and otherwise that there is nothing to read.
    ///
    /// The series that stands for it has `word` as the value of `label`, for the legend.
    pub(crate) fn or_idle(
        &self,
        holds: &Condition,
        value: f64,
        label: Option<&str>,
        word: &str,
    ) -> Vector {
        let holds = Node::Aggregate {
            operator: "max",
            parameter: None,
            grouping: super::node::Grouping::All,
            of: Box::new(holds.node.clone()),
        };
        let zero = Node::with_number(Operator::TIMES, Node::Number(0.0), holds);
        let mut idle = match value {
            0.0 => zero,
            value => Node::with_number(Operator::PLUS, zero, Node::Number(value)),
        };
        if let Some(label) = label {
            let words = [label, word, "", ""];
            idle = Node::Labelled {
                function: "label_replace",
                of: Box::new(idle),
                words: words.map(str::to_owned).to_vec(),
            };
        }
        // Any series on the left side keeps out the one on the right.
        let nothing = Matching::On {
            labels: Vec::new(),
            many: None,
        };
        Vector {
            node: Node::binary(Operator::OR, self.node.clone(), idle, nothing),
            source: None,
            ..self.clone()
        }
    }

    /// The series of both, which have the same labels.
    pub(crate) fn or(&self, other: &Vector) -> Result<Vector, QueryError> {
        let labels = self.labels.either(&other.labels)?;
        let (left, right) = (self.node.clone(), other.node.clone());
        Ok(Vector {
            node: Node::binary(Operator::OR, left, right, Matching::Same),
            labels,
            source: None,
            ..self.clone()
        })
    }

    /// Those that `other` does not have.
    pub(crate) fn unless(&self, other: &Vector) -> Result<Vector, QueryError> {
        let matching = self.labels.filter(&other.labels, None)?;
        let (left, right) = (self.node.clone(), other.node.clone());
        Ok(Vector {
            node: Node::binary(Operator::UNLESS, left, right, matching),
            source: None,
            ..self.clone()
        })
    }

    /// 0 where `whole` is there and this is not: a part that has never been seen is none of it.
    pub(crate) fn or_none_of(&self, whole: &Vector) -> Result<Vector, QueryError> {
        self.or(&whole.times(0.0)?)
    }

    /// The same, counted in what only who asks can know.
    pub(crate) fn counted_in(self, unit: Unit) -> Vector {
        Vector { unit, ..self }
    }

    /// The names of all series that it reads.
    pub(crate) fn series_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.node.names(&mut names);
        names
    }

    /// The values of a label, where they are known, sorted.
    pub(crate) fn label_values(&self, label: &str) -> Vec<String> {
        let values = self.labels.known_values(label).into_iter().flatten();
        values.cloned().collect()
    }
}

impl Condition {
    /// The series themselves, for a panel.
    pub(crate) fn vector(&self) -> Vector {
        Vector::new(self.node.clone(), self.labels.clone(), self.unit().clone())
    }
}

impl Distribution {
    /// How many observations each bucket has, per second: what a heatmap draws.
    pub(crate) fn buckets(&self) -> Vector {
        let node = match self.is_classic() {
            true => self.by_bucket(),
            false => self.native("rate"),
        };
        Vector::new(node, self.labels().clone(), self.unit())
    }
}

/// A condition on a label, as the query language writes it.
pub(crate) fn one_of(label: &str, values: &[String]) -> String {
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let mut text = String::new();
    Matcher::any_of(label, &values).write(&mut text);
    text
}
