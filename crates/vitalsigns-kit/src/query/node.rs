//! An expression as a tree, and the tree as text.

use std::time::Duration;

use super::matcher::{Matcher, write_string};
use super::rendering::{Rendering, promql_duration};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// The series of a name.
    Series(Series),
    /// A function of a series over time, as `rate`.
    OverTime {
        function: &'static str,
        series: Series,
        /// Over what time, where the rendering does not say it.
        window: Option<Duration>,
        /// A number behind the series.
        argument: Option<f64>,
    },
    /// `sum by (…)` and its like.
    Aggregate {
        operator: &'static str,
        /// The number of `topk`.
        parameter: Option<u32>,
        grouping: Grouping,
        of: Box<Node>,
    },
    /// A function with numbers in front, as `histogram_quantile`.
    Function {
        name: &'static str,
        numbers: Vec<f64>,
        of: Box<Node>,
    },
    Binary {
        operator: Operator,
        matching: Matching,
        sides: Box<(Node, Node)>,
    },
    Number(f64),
    /// A function that makes labels, with words behind, as `label_replace`.
    Labelled {
        function: &'static str,
        of: Box<Node>,
        words: Vec<String>,
    },
    /// The time of evaluation.
    Now,
    /// The same, some time ago.
    Ago {
        time: Duration,
        of: Box<Node>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) matchers: Vec<Matcher>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    All,
    By(Vec<String>),
    Without(Vec<String>),
}

/// Which series of two sides belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// Those with the same labels.
    Same,
    /// Those with the same values of these labels.
    On {
        labels: Vec<String>,
        /// Which side has several of one of the other, and what it takes over from there.
        many: Option<(Side, Vec<String>)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) text: &'static str,
    /// What binds more tightly has more.
    strength: u8,
}

impl Operator {
    pub(super) const OR: Operator = Operator::new("or", 1);
    pub(super) const AND: Operator = Operator::new("and", 2);
    pub(super) const UNLESS: Operator = Operator::new("unless", 2);
    pub(super) const ABOVE: Operator = Operator::new(">", 3);
    pub(super) const AT_LEAST: Operator = Operator::new(">=", 3);
    pub(super) const BELOW: Operator = Operator::new("<", 3);
    pub(super) const AT_MOST: Operator = Operator::new("<=", 3);
    pub(super) const EQUAL: Operator = Operator::new("==", 3);
    pub(super) const NOT_EQUAL: Operator = Operator::new("!=", 3);
    pub(super) const PLUS: Operator = Operator::new("+", 4);
    pub(super) const MINUS: Operator = Operator::new("-", 4);
    pub(super) const TIMES: Operator = Operator::new("*", 5);
    pub(super) const DIVIDED: Operator = Operator::new("/", 5);

    const fn new(text: &'static str, strength: u8) -> Self {
        Operator { text, strength }
    }
}

impl Node {
    pub(super) fn binary(operator: Operator, left: Node, right: Node, matching: Matching) -> Self {
        Node::Binary {
            operator,
            matching,
            sides: Box::new((left, right)),
        }
    }

    /// An operation of a vector and a number, where nothing has to be matched.
    pub(super) fn with_number(operator: Operator, left: Node, right: Node) -> Self {
        Node::binary(operator, left, right, Matching::Same)
    }

    pub(super) fn function(name: &'static str, numbers: &[f64], of: Node) -> Self {
        Node::Function {
            name,
            numbers: numbers.to_vec(),
            of: Box::new(of),
        }
    }

    pub(super) fn text(&self, rendering: &Rendering) -> String {
        let mut out = String::new();
        let writer = Writer {
            rendering,
            ago: Duration::ZERO,
        };
        writer.write(self, &mut out);
        out
    }

    fn strength(&self) -> u8 {
        match self {
            Node::Binary { operator, .. } => operator.strength,
            Node::Ago { of, .. } => of.strength(),
            _ => u8::MAX,
        }
    }
}

#[derive(Clone, Copy)]
struct Writer<'a> {
    rendering: &'a Rendering,
    ago: Duration,
}

impl Writer<'_> {
    fn write(self, node: &Node, out: &mut String) {
        match node {
            Node::Series(series) => {
                self.write_series(series, out);
                self.write_offset(out);
            }
            Node::OverTime {
                function,
                series,
                window,
                argument,
            } => {
                out.push_str(function);
                out.push('(');
                self.write_series(series, out);
                out.push('[');
                out.push_str(&self.rendering.window(*window));
                out.push(']');
                self.write_offset(out);
                if let Some(argument) = argument {
                    out.push_str(", ");
                    write_number(*argument, out);
                }
                out.push(')');
            }
            Node::Aggregate {
                operator,
                parameter,
                grouping,
                of,
            } => {
                out.push_str(operator);
                grouping.write(out);
                out.push('(');
                if let Some(parameter) = parameter {
                    out.push_str(&format!("{parameter}, "));
                }
                self.write(of, out);
                out.push(')');
            }
            Node::Function { name, numbers, of } => {
                out.push_str(name);
                out.push('(');
                for number in numbers {
                    write_number(*number, out);
                    out.push_str(", ");
                }
                self.write(of, out);
                out.push(')');
            }
            Node::Binary {
                operator,
                matching,
                sides,
            } => {
                let (left, right) = &**sides;
                self.write_side(left, left.strength() < operator.strength, out);
                out.push(' ');
                out.push_str(operator.text);
                matching.write(out);
                out.push(' ');
                self.write_side(right, right.strength() <= operator.strength, out);
            }
            Node::Number(number) => write_number(*number, out),
            Node::Labelled {
                function,
                of,
                words,
            } => {
                out.push_str(function);
                out.push('(');
                self.write(of, out);
                for word in words {
                    out.push_str(", ");
                    write_string(word, out);
                }
                out.push(')');
            }
            Node::Now if self.ago.is_zero() => out.push_str("time()"),
            Node::Now => {
                out.push_str("(time() - ");
                write_number(self.ago.as_secs_f64(), out);
                out.push(')');
            }
            Node::Ago { time, of } => {
                let earlier = Writer {
                    ago: self.ago.saturating_add(*time),
                    ..self
                };
                earlier.write(of, out);
            }
        }
    }

    fn write_side(self, node: &Node, needs_parentheses: bool, out: &mut String) {
        if needs_parentheses {
            out.push('(');
        }
        self.write(node, out);
        if needs_parentheses {
            out.push(')');
        }
    }

    fn write_series(self, series: &Series, out: &mut String) {
        let is_plain = is_classic(&series.name);
        if is_plain {
            out.push_str(&series.name);
        }
        let chosen = |label: &str| series.matchers.iter().any(|matcher| matcher.label == label);
        let targets = self.rendering.targets.iter();
        let targets = targets.filter(|matcher| !chosen(&matcher.label));
        let matchers: Vec<&Matcher> = targets.chain(&series.matchers).collect();
        if is_plain && matchers.is_empty() {
            return;
        }
        out.push('{');
        if !is_plain {
            out.push_str("__name__=");
            write_string(&series.name, out);
        }
        for (index, matcher) in matchers.into_iter().enumerate() {
            if index > 0 || !is_plain {
                out.push(',');
            }
            matcher.write(out);
        }
        out.push('}');
    }

    fn write_offset(self, out: &mut String) {
        if !self.ago.is_zero() {
            out.push_str(" offset ");
            out.push_str(&promql_duration(self.ago));
        }
    }
}

impl Grouping {
    pub(super) fn write(&self, out: &mut String) {
        let (word, labels) = match self {
            Grouping::All => return,
            Grouping::By(labels) => ("by", labels),
            Grouping::Without(labels) => ("without", labels),
        };
        out.push_str(&format!(" {word} ({}) ", labels.join(", ")));
    }
}

impl Matching {
    fn write(&self, out: &mut String) {
        let Matching::On { labels, many } = self else {
            return;
        };
        out.push_str(&format!(" on ({})", labels.join(", ")));
        if let Some((side, taken)) = many {
            let word = match side {
                Side::Left => "group_left",
                Side::Right => "group_right",
            };
            out.push_str(&format!(" {word} ({})", taken.join(", ")));
        }
    }
}

/// A number as the query language reads it.
fn write_number(number: f64, out: &mut String) {
    if number.is_infinite() {
        out.push_str(if number > 0.0 { "+Inf" } else { "-Inf" });
        return;
    }
    let short = format!("{number}");
    if short.len() <= 17 {
        out.push_str(&short);
    } else {
        out.push_str(&format!("{number:e}"));
    }
}

/// Whether a name can be written without quotes.
pub(super) fn is_classic(name: &str) -> bool {
    let mut characters = name.chars();
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    characters.next().is_some_and(is_first) && characters.all(|c| is_first(c) || c.is_ascii_digit())
}
