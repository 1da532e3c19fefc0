//! Somebody who asks for everything all the time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tests::http;

/// Longer than that, only what hangs takes.
const HANGS: Duration = Duration::from_secs(5);

const PATHS: [&str; 5] = ["/livez", "/readyz", "/startupz", "/healthz", "/metrics"];

/// Asks for the probes and the page, one after the other, until it is dropped.
pub(crate) struct Watch {
    asked: Arc<Asked>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Asked {
    is_over: AtomicBool,
    probes: Mutex<Vec<Duration>>,
    pages: Mutex<Vec<Duration>>,
    wrong: Mutex<Vec<String>>,
}

impl Watch {
    pub(crate) fn start(address: String) -> Self {
        let asked = Arc::new(Asked::default());
        let asking = Arc::clone(&asked);
        let thread = thread::spawn(move || {
            while !asking.is_over.load(Ordering::Relaxed) {
                PATHS.iter().for_each(|path| asking.ask(&address, path));
                thread::sleep(Duration::from_millis(2));
            }
        });
        Watch {
            asked,
            thread: Some(thread),
        }
    }

    /// Prints how long answers took since the last time; all of them came, and in their form.
    #[track_caller]
    pub(crate) fn judge(&self, state: &str) {
        let wrong = take(&self.asked.wrong);
        assert!(wrong.is_empty(), "{state}: {wrong:?}");
        for (what, times) in [("probes", &self.asked.probes), ("pages", &self.asked.pages)] {
            let mut times = take(times);
            times.sort_unstable();
            let Some(last) = times.last() else {
                panic!("{state}: nobody asked for {what}");
            };
            let part = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            println!(
                "{state:>18}, {:5} {what:>6}: p50 {:?}, p99 {:?}, longest {last:?}",
                times.len(),
                part(0.5),
                part(0.99)
            );
        }
    }
}

impl Asked {
    fn ask(&self, address: &str, path: &str) {
        let started = Instant::now();
        let answer = http::request("GET", &format!("http://{address}{path}"), &[], b"", HANGS);
        let took = started.elapsed();
        let is_page = path == "/metrics";
        let is_right = answer.as_ref().is_ok_and(|answer| match path {
            "/metrics" => answer.status == 200 && answer.text().contains("health_check_state"),
            "/livez" | "/startupz" => answer.status == 200,
            _ => matches!(answer.status, 200 | 503),
        });
        if !is_right {
            let wrong = format!("{path} after {took:?}: {answer:?}");
            lock(&self.wrong).push(wrong);
        }
        lock(if is_page { &self.pages } else { &self.probes }).push(took);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.asked.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take<T>(list: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *lock(list))
}
