//! Rate limits: a bucket for each client, that fills with time.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::config::Limit;

/// How many clients have a bucket of their own; those beyond share one.
const MOST_BUCKETS: usize = 10_000;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(limit: Limit, now: Instant) -> Self {
        Self {
            left: limit.burst,
            at: now,
        }
    }

    /// What is in it by now.
    fn refilled(self, limit: Limit, now: Instant) -> f64 {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left + since * limit.per_second).min(limit.burst)
    }

    /// Takes one request out of it, or says how long there is none.
    fn take(&mut self, limit: Limit, now: Instant) -> Result<(), Duration> {
        self.left = self.refilled(limit, now);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.left) / limit.per_second.max(1e-3);
        Err(Duration::from_secs_f64(wait))
    }
}

#[derive(Debug)]
struct Buckets<K> {
    own: HashMap<K, Bucket>,
    shared: Bucket,
    /// When full buckets may be looked for again, which takes a while.
    sweep_at: Instant,
}

/// The limit of one kind of client.
#[derive(Debug)]
pub struct RateLimiter<K> {
    limit: Limit,
    most: usize,
    buckets: Mutex<Buckets<K>>,
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// Nobody has asked for anything yet.
    pub fn new(limit: Limit) -> Self {
        Self::with_most(limit, MOST_BUCKETS)
    }

    fn with_most(limit: Limit, most: usize) -> Self {
        let now = Instant::now();
        Self {
            limit,
            most,
            buckets: Mutex::new(Buckets {
                own: HashMap::new(),
                shared: Bucket::full(limit, now),
                sweep_at: now,
            }),
        }
    }

    /// Whether a client may go on, or how long it has to wait.
    pub fn ask(&self, client: K) -> Result<(), Duration> {
        self.ask_at(client, Instant::now())
    }

    fn ask_at(&self, client: K, now: Instant) -> Result<(), Duration> {
        let limit = self.limit;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.own.get_mut(&client) {
            return bucket.take(limit, now);
        }
        if buckets.own.len() >= self.most && now >= buckets.sweep_at {
            // A full bucket is as good as none.
            buckets
                .own
                .retain(|_, bucket| bucket.refilled(limit, now) < limit.burst);
            buckets.sweep_at = now + Duration::from_secs(1);
        }
        if buckets.own.len() >= self.most {
            return buckets.shared.take(limit, now);
        }
        let mut bucket = Bucket::full(limit, now);
        let result = bucket.take(limit, now);
        buckets.own.insert(client, bucket);
        result
    }
}

/// What addresses are told apart by: of IPv6, the half that names the network.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit {
        burst: 3.0,
        per_second: 2.0,
    };

    #[test]
    fn a_burst_then_the_rate() {
        let limiter = RateLimiter::new(LIMIT);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limiter.ask_at("a", start), Ok(()));
        }
        let half = Duration::from_millis(500);
        assert_eq!(limiter.ask_at("a", start), Err(half));
        assert_eq!(limiter.ask_at("b", start), Ok(()), "another client");
        assert_eq!(limiter.ask_at("a", start + half), Ok(()));
        assert!(limiter.ask_at("a", start + half).is_err());
        let later = start + Duration::from_secs(3600);
        assert_eq!(
            (0..9)
                .filter(|_| limiter.ask_at("a", later).is_ok())
                .count(),
            3
        );
    }

    #[test]
    fn a_limit_of_nothing_lets_nobody_wait_for_ever() {
        let limiter = RateLimiter::new(Limit {
            burst: 0.0,
            per_second: 0.0,
        });
        assert_eq!(limiter.ask("a"), Err(Duration::from_secs(1000)));
    }

    #[test]
    fn strangers_beyond_the_bound_share_a_bucket() {
        let limiter = RateLimiter::with_most(LIMIT, 2);
        let start = Instant::now();
        let allowed = (0..100).filter(|client| limiter.ask_at(*client, start).is_ok());
        assert_eq!(allowed.count(), 2 + 3);
        // Once the buckets of the first are full again, others get theirs.
        let later = start + Duration::from_secs(10);
        assert_eq!(
            (100..102)
                .filter(|c| limiter.ask_at(*c, later).is_ok())
                .count(),
            2
        );
        assert_eq!(limiter.buckets.lock().unwrap().own.len(), 2);
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
