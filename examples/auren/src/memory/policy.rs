//! What belongs where: a function of what there is, and nothing else.

use std::time::Duration;

use vitalsigns::{
    LabelValue,
    families::memory::{Decision, Reason, Tier},
};

use super::{
    books::{Placed, uses_at},
    decisions::Decided,
    item::{Millis, millis},
};

/// Uses of an item that was remembered once and recalled once, a moment ago at the most.
const RECALLED: f64 = 1.5;

/// What the policy goes by.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How many bytes each tier may hold, warmest first.
    pub capacity: [u64; 3],
    /// After this time, each use counts half.
    pub half_life: Duration,
    /// Uses that make an item worth a warmer tier.
    pub promote_at: f64,
    /// Without use for so long, an item leaves the hot tier.
    pub hot_idle: Duration,
    /// Without use for so long, an item is archived.
    pub warm_idle: Duration,
    /// An archived item that nobody has used for so long is given up.
    pub retention: Duration,
    /// At this share of its capacity a tier is under pressure.
    pub pressure: f64,
    /// To this share it is then relieved.
    pub relief: f64,
    /// How many decisions are made at once.
    pub most: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            capacity: [256 << 20, 4 << 30, 64 << 30],
            half_life: Duration::from_secs(10 * 60),
            promote_at: 3.0,
            hot_idle: Duration::from_secs(30 * 60),
            warm_idle: Duration::from_secs(24 * 60 * 60),
            retention: Duration::from_secs(365 * 24 * 60 * 60),
            pressure: 0.9,
            relief: 0.7,
            most: 200,
        }
    }
}

impl Policy {
    /// With minutes in place of days, and little room, so that all of it can be watched.
    pub fn brisk() -> Self {
        Self {
            capacity: [24 << 10, 64 << 10, 96 << 10],
            half_life: Duration::from_secs(10),
            hot_idle: Duration::from_secs(6),
            warm_idle: Duration::from_secs(15),
            retention: Duration::from_secs(90),
            ..Self::default()
        }
    }

    pub(super) fn capacity_of(&self, tier: Tier) -> u64 {
        self.capacity[tier.index()]
    }

    /// What is to be done, the most pressing first.
    pub fn decide(&self, placed: &[Placed], now: Millis) -> Vec<Decided> {
        let mut plan = Plan::new(self, placed, now);
        plan.relieve(Tier::Cold);
        plan.relieve(Tier::Warm);
        plan.relieve(Tier::Hot);
        plan.age();
        plan.raise();
        plan.decided.truncate(self.most);
        plan.decided
    }
}

/// The plan while it is made.
struct Plan<'a> {
    policy: &'a Policy,
    /// Each with its uses at this time; the least valuable first.
    placed: Vec<(&'a Placed, f64)>,
    /// Whether something is planned for it.
    taken: Vec<bool>,
    bytes: [u64; 3],
    now: Millis,
    decided: Vec<Decided>,
}

/// Where an item goes if it must leave a tier.
fn colder(tier: Tier) -> (Decision, Option<Tier>) {
    match tier {
        Tier::Hot => (Decision::Demote, Some(Tier::Warm)),
        Tier::Warm => (Decision::Archive, Some(Tier::Cold)),
        Tier::Cold => (Decision::Evict, None),
    }
}

impl<'a> Plan<'a> {
    fn new(policy: &'a Policy, placed: &'a [Placed], now: Millis) -> Self {
        let half_life = millis(policy.half_life).max(1);
        let with_uses = |item: &'a Placed| (item, uses_at(&item.entry, now, half_life));
        let mut worth: Vec<_> = placed.iter().map(with_uses).collect();
        worth.sort_by(|(one, uses), (other, others)| {
            let older = one.entry.used.cmp(&other.entry.used);
            let by_name = one.entry.key.cmp(&other.entry.key);
            uses.total_cmp(others).then(older).then(by_name)
        });
        let mut bytes = [0; 3];
        for item in placed {
            bytes[item.tier.index()] += item.entry.bytes;
        }
        Self {
            policy,
            taken: vec![false; worth.len()],
            placed: worth,
            bytes,
            now,
            decided: Vec::new(),
        }
    }

    fn plan(
        &mut self,
        index: usize,
        to: (Decision, Option<Tier>),
        reason: Reason,
        because: String,
    ) {
        let (item, _) = self.placed[index];
        self.taken[index] = true;
        self.bytes[item.tier.index()] -= item.entry.bytes;
        if let Some(tier) = to.1 {
            self.bytes[tier.index()] += item.entry.bytes;
        }
        self.decided.push(Decided {
            decision: to.0,
            key: item.entry.key.clone(),
            from: item.tier,
            to: to.1,
            reason,
            because,
        });
    }

    /// Whether so many bytes more leave a tier below pressure.
    fn has_room(&self, tier: Tier, bytes: u64) -> bool {
        let limit = self.policy.capacity_of(tier) as f64 * self.policy.pressure;
        (self.bytes[tier.index()] + bytes) as f64 <= limit
    }

    /// A tier that is too full gives away what is worth least.
    fn relieve(&mut self, tier: Tier) {
        if self.has_room(tier, 0) {
            return;
        }
        let capacity = self.policy.capacity_of(tier) as f64;
        let wanted = capacity * self.policy.relief;
        let percent = 100.0 * self.bytes[tier.index()] as f64 / capacity.max(1.0);
        for index in 0..self.placed.len() {
            if self.bytes[tier.index()] as f64 <= wanted {
                return;
            }
            let (item, uses) = self.placed[index];
            if item.tier == tier && !self.taken[index] {
                let name = tier.as_label();
                let because = format!("the {name} tier is {percent:.0} % full, {uses:.1} uses");
                self.plan(index, colder(tier), Reason::SpacePressure, because);
            }
        }
    }

    /// What nobody uses goes down.
    fn age(&mut self) {
        for index in 0..self.placed.len() {
            let (item, _) = self.placed[index];
            let limit = match item.tier {
                Tier::Hot => self.policy.hot_idle,
                Tier::Warm => self.policy.warm_idle,
                Tier::Cold => self.policy.retention,
            };
            let idle = self.now.saturating_sub(item.entry.used);
            if !self.taken[index] && idle > millis(limit) {
                let because = format!("without use for {:.1} s", idle as f64 / 1000.0);
                self.plan(index, colder(item.tier), Reason::Age, because);
            }
        }
    }

    /// What is used often goes up, as far as there is room.
    fn raise(&mut self) {
        for index in (0..self.placed.len()).rev() {
            let (item, uses) = self.placed[index];
            let up = match item.tier {
                Tier::Hot => continue,
                Tier::Warm => (Decision::Promote, Some(Tier::Hot)),
                Tier::Cold => (Decision::Restore, Some(Tier::Warm)),
            };
            let recent = self.now.saturating_sub(item.entry.used) <= millis(self.policy.hot_idle);
            // One recall is enough to leave the archive.
            let reason = match item.tier {
                _ if uses >= self.policy.promote_at => Reason::Frequency,
                Tier::Cold if recent && uses >= RECALLED => Reason::Recency,
                _ => continue,
            };
            let (Some(to), false) = (up.1, self.taken[index]) else {
                continue;
            };
            let because = format!("{uses:.1} uses of late");
            if self.has_room(to, item.entry.bytes) {
                self.plan(index, up, reason, because);
            } else {
                let because = format!("{because}, but the {} tier has no room", to.as_label());
                self.taken[index] = true;
                self.decided.push(Decided {
                    decision: Decision::Keep,
                    key: item.entry.key.clone(),
                    from: item.tier,
                    to: Some(item.tier),
                    reason: Reason::SpacePressure,
                    because,
                });
                // The next ones are worth less.
                return;
            }
        }
    }
}
