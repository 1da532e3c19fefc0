//! The mix of visits.

use std::sync::Arc;

use visitor::random::Random;

use super::{Visitor, owner::Phase};

/// What a visitor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// A device sends what it has measured.
    Measure,
    /// A device sends the same thing twice at the same time, and then again.
    Repeat,
    /// A device sends what has lain about for too long.
    Late,
    /// Somebody who is no device sends something.
    Forge,
    /// A device sends something that cannot be read.
    Garble,
    /// A device was away and sends all at once.
    Burst,
    /// Somebody looks at what is remembered.
    Look,
    /// Somebody writes a note, reads it again, and perhaps deletes it.
    Note,
    /// Somebody asks for what there is not.
    Mistake,
    /// Somebody hangs up.
    HangUp,
}

impl Visit {
    /// The visit of this number: rare ones come in turn, the others by chance.
    pub(super) fn choose(number: u64, random: &mut Random) -> Self {
        match number % 100 {
            49 => Self::Burst,
            _ => match random.below(100) {
                0..52 => Self::Measure,
                52..58 => Self::Repeat,
                58..61 => Self::Late,
                61..64 => Self::Forge,
                64..67 => Self::Garble,
                67..82 => Self::Look,
                82..94 => Self::Note,
                94..97 => Self::Mistake,
                _ => Self::HangUp,
            },
        }
    }

    /// Makes the visit; what the service answers is the service's to count.
    pub(super) async fn make(self, visitor: Arc<Visitor>, number: u64, mut random: Random) {
        let (phase, random) = (Phase::at(number), &mut random);
        let result = match self {
            Self::Measure => visitor.measure(phase, random).await,
            Self::Repeat => visitor.repeat(phase, random).await,
            Self::Late => visitor.late(phase, random).await,
            Self::Forge => visitor.forge(phase, random).await,
            Self::Garble => visitor.garble(random).await,
            Self::Burst => visitor.burst(phase, random).await,
            Self::Look => visitor.look(random).await,
            Self::Note => visitor.note(random).await,
            Self::Mistake => visitor.mistake(random).await,
            Self::HangUp => visitor.hang_up(phase, random).await,
        };
        // A connection that breaks is part of the mix (a shutdown breaks some).
        drop(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_has_every_kind_of_visit() {
        let mut random = Random::new(20);
        let visits: Vec<_> = (0..300).map(|n| Visit::choose(n, &mut random)).collect();
        for visit in [
            Visit::Measure,
            Visit::Repeat,
            Visit::Late,
            Visit::Forge,
            Visit::Garble,
            Visit::Burst,
            Visit::Look,
            Visit::Note,
            Visit::Mistake,
            Visit::HangUp,
        ] {
            assert!(visits.contains(&visit), "{visit:?} is missing");
        }
    }
}
