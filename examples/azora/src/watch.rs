//! What is done from time to time: active users are counted, old logins and lessons swept away.

use std::{sync::Arc, time::Duration};

use vitalsigns::families::{Users, users::Window};

use crate::{
    lessons::Lessons,
    metrics::Plan,
    storage::{Storage, StorageError},
    time::now,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far back each window goes, in milliseconds.
const WINDOWS: [(Window, i64); 5] = [
    (Window::FiveMinutes, 5 * MINUTE),
    (Window::Hour, HOUR),
    (Window::Day, DAY),
    (Window::Week, 7 * DAY),
    (Window::Month, 30 * DAY),
];

/// Counts and sweeps, until the future is dropped.
pub async fn run(
    storage: Arc<Storage>,
    lessons: Arc<Lessons>,
    users: Users<Plan>,
    every: Duration,
) {
    loop {
        // A count that fails stays what it was: its timestamp on the page says how old it is.
        if let Ok(counted) = count(&storage).await {
            for (window, active) in counted {
                users.active(window, active);
            }
        }
        drop(sweep(&storage).await);
        lessons.sweep();
        tokio::time::sleep(every).await;
    }
}

/// How many users did something within each window.
async fn count(storage: &Storage) -> Result<Vec<(Window, u64)>, StorageError> {
    storage
        .read(|db| {
            let now = now();
            let count = |(window, length): &(Window, i64)| {
                let sql = "SELECT count(*) FROM users WHERE seen_at > ?1";
                let active = db.number(sql, [now - length])?;
                Ok((*window, u64::try_from(active).unwrap_or(0)))
            };
            WINDOWS.iter().map(count).collect()
        })
        .await
}

/// Removes logins that have expired a day ago; until then, their users are told so.
async fn sweep(storage: &Storage) -> Result<usize, StorageError> {
    storage
        .write(|db| db.execute("DELETE FROM tokens WHERE expires_at < ?1", [now() - DAY]))
        .await
}
