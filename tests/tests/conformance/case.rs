//! One case: what a client does, and what that makes of the page.

use std::pin::Pin;

use crate::client::At;
use crate::difference::Change;
use crate::subjects::{ALL, With};

type Script = Box<dyn Fn(At) -> Pin<Box<dyn Future<Output = ()>>>>;

/// A row of the table.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What is around the app.
    pub(crate) with: Vec<With>,
    pub(crate) script: Script,
    pub(crate) expected: Expected,
    /// Subjects that cannot do what the case needs, and why.
    pub(crate) exceptions: Vec<(&'static str, &'static str)>,
}

/// The difference that a case must make.
pub(crate) enum Expected {
    /// These changes, each once, and no other.
    Exactly(Vec<Change>),
    /// Any number of each of these, at least so many requests, and no other.
    Among(Vec<Change>, i64),
}

/// A case that makes no difference until it is told which.
pub(crate) fn case<F>(name: &'static str, script: impl Fn(At) -> F + 'static) -> Case
where
    F: Future<Output = ()> + 'static,
{
    Case {
        name,
        with: Vec::new(),
        script: Box::new(move |at| Box::pin(script(at))),
        expected: Expected::Exactly(Vec::new()),
        exceptions: Vec::new(),
    }
}

impl Case {
    /// Something is around the app; the first of several is the innermost.
    pub(crate) fn with(mut self, with: With) -> Self {
        self.with.push(with);
        self
    }

    /// Exactly these changes.
    pub(crate) fn makes(mut self, changes: impl Into<Vec<Change>>) -> Self {
        self.expected = Expected::Exactly(changes.into());
        self
    }

    /// Any number of these changes, and at least so many requests.
    pub(crate) fn makes_some(mut self, changes: impl Into<Vec<Change>>, requests: i64) -> Self {
        self.expected = Expected::Among(changes.into(), requests);
        self
    }

    /// Not for this subject, and why.
    pub(crate) fn except(mut self, subject: &'static str, reason: &'static str) -> Self {
        self.exceptions.push((subject, reason));
        self
    }

    /// For this subject alone, and why.
    pub(crate) fn only(mut self, subject: &'static str, reason: &'static str) -> Self {
        let others = ALL.iter().filter(|other| other.name != subject);
        self.exceptions
            .extend(others.map(|other| (other.name, reason)));
        self
    }
}
