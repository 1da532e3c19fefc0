//! The names of jobs.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    str::FromStr,
};

use visitor::random::Random;

/// The name of a job: 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobId(pub u64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is not the name of any job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoJobId;

impl FromStr for JobId {
    type Err = NoJobId;

    fn from_str(text: &str) -> Result<Self, NoJobId> {
        let hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = hex.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        id.map(Self).ok_or(NoJobId)
    }
}

/// Gives out names; each run of the program starts somewhere else.
#[derive(Debug)]
pub(super) struct Ids(Random);

impl Ids {
    pub(super) fn new() -> Self {
        Self(Random::new(RandomState::new().hash_one(0)))
    }

    /// A name that was not given out before: the generator runs through all of them.
    pub(super) fn next(&mut self) -> JobId {
        JobId(self.0.bits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let id = Ids::new().next();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(JobId(5).to_string(), "0000000000000005");
        for wrong in [
            "",
            "5",
            "+000000000000005",
            "000000000000000g",
            "00000000000000055",
        ] {
            assert!(wrong.parse::<JobId>().is_err(), "{wrong}");
        }
    }
}
