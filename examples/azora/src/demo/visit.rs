//! The kinds of visit, and how often there is each.

use std::sync::Arc;

use visitor::random::Random;

use super::Visitor;

/// The kinds of visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    /// Registers, buys a course or a plan, learns, and logs out.
    Learner,
    /// The same, and sends each payment twice.
    Impatient,
    /// Buys with sources that are declined, or that the provider fails at.
    Unlucky,
    /// Buys something and gives it back.
    Refund,
    /// Buys something, and the bank takes the money back.
    Chargeback,
    /// Enrols without paying, skips ahead, completes a lesson twice.
    Cheater,
    /// Guesses a password until the account is locked.
    Guesser,
    /// Sends something that cannot be served.
    Mistake,
    /// Tries paths that scanners try.
    Scanner,
    /// Asks far too often.
    Hasty,
    /// Hangs up before the response begins.
    HangUp,
    /// Registers and deletes the account.
    Regret,
}

impl Visit {
    /// The visit of this number: rare ones come in turn, the others by chance.
    pub(super) fn choose(number: u64, random: &mut Random) -> Self {
        match number % 60 {
            7 => Self::Chargeback,
            15 | 45 => Self::Guesser,
            30 => Self::Hasty,
            50 => Self::Regret,
            _ => match random.below(100) {
                0..36 => Self::Learner,
                36..44 => Self::Impatient,
                44..56 => Self::Unlucky,
                56..64 => Self::Refund,
                64..72 => Self::Cheater,
                72..84 => Self::Mistake,
                84..94 => Self::Scanner,
                _ => Self::HangUp,
            },
        }
    }

    /// Makes the visit; what the service answers is the service's to count.
    pub(super) async fn make(self, visitor: Arc<Visitor>, mut random: Random) {
        let random = &mut random;
        let result = match self {
            Self::Learner => visitor.learn(random, false).await,
            Self::Impatient => visitor.learn(random, true).await,
            Self::Unlucky => visitor.unlucky(random).await,
            Self::Refund => visitor.refund(random).await,
            Self::Chargeback => visitor.charge_back(random).await,
            Self::Cheater => visitor.cheat(random).await,
            Self::Guesser => visitor.guess().await,
            Self::Mistake => visitor.mistake(random).await,
            Self::Scanner => visitor.scan(random).await,
            Self::Hasty => visitor.hurry().await,
            Self::HangUp => visitor.hang_up(random).await,
            Self::Regret => visitor.regret().await,
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
        let visits: Vec<_> = (0..120).map(|n| Visit::choose(n, &mut random)).collect();
        for visit in [
            Visit::Learner,
            Visit::Impatient,
            Visit::Unlucky,
            Visit::Refund,
            Visit::Chargeback,
            Visit::Cheater,
            Visit::Guesser,
            Visit::Mistake,
            Visit::Scanner,
            Visit::Hasty,
            Visit::HangUp,
            Visit::Regret,
        ] {
            assert!(visits.contains(&visit), "{visit:?} is missing");
        }
    }
}
