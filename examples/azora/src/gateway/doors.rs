//! Which paths there are, and who may go through.
//!
//! What is not in this table is not there: the gateway lets nobody through to it.

use crate::metrics::Upstream;

/// Who may ask for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Everybody, as often as they like: the service itself answers.
    Open,
    /// Everybody, within the limits.
    Public(Upstream),
    /// Who has a login.
    Account(Upstream),
    /// The payment provider.
    Provider(Upstream),
}

/// All paths, by their patterns.
pub const DOORS: [(&str, Door); 20] = [
    ("/", Door::Open),
    ("/metrics", Door::Open),
    ("/livez", Door::Open),
    ("/readyz", Door::Open),
    ("/startupz", Door::Open),
    ("/healthz", Door::Open),
    ("/users", Door::Public(Upstream::Users)),
    ("/users/me", Door::Account(Upstream::Users)),
    ("/sessions", Door::Public(Upstream::Users)),
    ("/sessions/current", Door::Account(Upstream::Users)),
    ("/plans", Door::Public(Upstream::Payments)),
    ("/payments", Door::Account(Upstream::Payments)),
    ("/payments/{payment}", Door::Account(Upstream::Payments)),
    (
        "/payments/{payment}/refunds",
        Door::Account(Upstream::Payments),
    ),
    ("/provider/chargebacks", Door::Provider(Upstream::Payments)),
    ("/courses", Door::Public(Upstream::Lessons)),
    ("/courses/{course}", Door::Public(Upstream::Lessons)),
    (
        "/courses/{course}/enrolment",
        Door::Account(Upstream::Lessons),
    ),
    (
        "/courses/{course}/lessons/{lesson}",
        Door::Account(Upstream::Lessons),
    ),
    (
        "/courses/{course}/progress",
        Door::Account(Upstream::Lessons),
    ),
];

/// The door of a path, by the pattern that it matches.
pub fn door(pattern: Option<&str>) -> Option<Door> {
    let pattern = pattern?;
    let found = DOORS.iter().find(|(known, _)| *known == pattern);
    found.map(|(_, door)| *door)
}
