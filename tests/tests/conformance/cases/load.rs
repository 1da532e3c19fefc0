//! Many at once.

use std::time::Duration;

use crate::case::{Case, case};
use crate::client::At;
use crate::difference::Change::{Incomplete, Panic, Request};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.below(1);
        dice
    }

    fn below(&mut self, end: usize) -> usize {
        // Xorshift, by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

const PATHS: &[&str] = &[
    "/things", "/never", "/forever", "/panic", "/fail", "/chunked", "/nowhere", "/half", "/slow",
];

/// Asks for any path, waits for any time, and leaves; now and then in the middle of its request.
async fn leave_some_time(at: At, mut dice: Dice) {
    let path = PATHS[dice.below(PATHS.len())];
    let mut request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
    if dice.below(10) == 0 {
        request.truncate(dice.below(request.len()));
    }
    let patience = Duration::from_micros(dice.below(1_000_000) as u64);
    // Not a part of its patience: a thousand connections at once may have to wait for theirs.
    let mut client = at.send(&request).await;
    let _ = tokio::time::timeout(patience, client.rest()).await;
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "a thousand clients that leave at any time",
            |at: At| async move {
                let clients: Vec<_> = (1..=1000)
                    .map(|seed| {
                        tokio::task::spawn_local(leave_some_time(at.clone(), Dice::new(seed)))
                    })
                    .collect();
                for client in clients {
                    client.await.expect("a client that leaves does not fail");
                }
            },
        )
        .makes_some(
            [
                Request("GET", "/things", 200),
                Request("GET", "/things", 499),
                Request("GET", "/never", 499),
                Request("GET", "/forever", 200),
                Request("GET", "/forever", 499),
                Incomplete("GET", "/forever", "cancelled"),
                Request("GET", "/panic", 500),
                Request("GET", "/panic", 499),
                Panic("GET", "/panic"),
                Request("GET", "/fail", 200),
                Request("GET", "/fail", 499),
                Incomplete("GET", "/fail", "error"),
                Incomplete("GET", "/fail", "cancelled"),
                Request("GET", "/chunked", 200),
                Request("GET", "/chunked", 499),
                Incomplete("GET", "/chunked", "cancelled"),
                Request("GET", "unmatched", 404),
                Request("GET", "unmatched", 499),
                Incomplete("GET", "/things", "cancelled"),
                Incomplete("GET", "unmatched", "cancelled"),
                Request("GET", "/half", 200),
                Request("GET", "/half", 499),
                Incomplete("GET", "/half", "cancelled"),
                Request("GET", "/slow", 200),
                Request("GET", "/slow", 499),
                Incomplete("GET", "/slow", "cancelled"),
            ],
            // On a busy machine many leave before the server has looked at them.
            300,
        ),
        case("a hundred clients at once", |at: At| async move {
            let clients: Vec<_> = (0..100)
                .map(|_| {
                    let at = at.clone();
                    tokio::task::spawn_local(async move {
                        at.expect("GET", "/chunked", 200).await;
                    })
                })
                .collect();
            for client in clients {
                client.await.expect("all are served");
            }
        })
        .makes([Request("GET", "/chunked", 200); 100]),
    ]
}
