//! Checks that misbehave, beside one that does not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tests::poll;
use vitalsigns::Registry;
use vitalsigns_health::{Cause, Check, Group, Health, Outcome, State};

use crate::support::{DEADLINE, Dial, quick, wait_for};

/// Holds threads until it is opened, at the latest when the test ends.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn pass(&self) {
        let is_open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(is_open, |is_open| !*is_open).unwrap());
    }

    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

/// A panic with its backtrace takes more time than most checks.
fn unhurried(check: Check) -> Check {
    let interval = Duration::from_secs(2);
    quick(check).interval(interval).timeout(interval)
}

#[test]
fn checks_that_panic_block_or_never_end_harm_only_themselves() {
    let gate = Gate::default();
    let good = Dial::default();
    let blocking = |name: &str| {
        let gate = gate.clone();
        quick(Check::blocking(name, move || gate.pass()))
    };
    let blocking_async = |name: &str| {
        let gate = gate.clone();
        quick(Check::new(name, move || {
            let gate = gate.clone();
            async move { gate.pass() }
        }))
    };
    #[expect(unreachable_code, reason = "a closure has to return something")]
    let health = Health::builder(&Registry::new())
        .check(unhurried(Check::new("panics", || async {
            panic!("as it should") as ()
        })))
        .check(unhurried(Check::new("panics_early", || {
            panic!("as it should");
            async {}
        })))
        .check(unhurried(Check::blocking("panics_blocking", || -> () {
            panic!("as it should")
        })))
        .check(quick(Check::new("never_ends", || {
            std::future::pending::<()>()
        })))
        .check(blocking("blocks"))
        .check(blocking_async("blocks_a_runtime"))
        .check(good.check("good").critical())
        .build()
        .unwrap();
    let probes = health.probes();
    let expected = [
        ("panics", Cause::Panicked),
        ("panics_early", Cause::Panicked),
        ("panics_blocking", Cause::Panicked),
        ("never_ends", Cause::Timeout),
        ("blocks", Cause::Timeout),
        ("blocks_a_runtime", Cause::Timeout),
    ];
    for (name, cause) in expected {
        poll::until_ok(DEADLINE, name, || match probes.check(name) {
            Some(check) if (check.state, check.cause) == (State::Down, Some(cause)) => Ok(()),
            check => Err(format!("{check:?}")),
        });
    }
    // The good one goes on as if nothing were.
    for state in [State::Up, State::Down, State::Up] {
        good.set(state);
        wait_for(&probes, "good", state);
    }
    // The age of what is stuck is told.
    let stuck = probes.check("blocks").unwrap();
    assert!(stuck.running_for > Some(Duration::from_millis(20)));
    gate.open();
    wait_for(&probes, "blocks", State::Up);
    wait_for(&probes, "blocks_a_runtime", State::Up);
}

#[test]
fn a_check_is_not_started_while_it_runs() {
    let (runs, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let finished = Arc::new(AtomicUsize::new(0));
    struct Run(Arc<AtomicUsize>, Arc<AtomicUsize>);
    impl Drop for Run {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let (runs_in, most_in, finished_in) = (runs.clone(), most.clone(), finished.clone());
    // It is over its time each time, and blocks besides.
    let check = quick(Check::new("slow", move || {
        let run = Run(runs_in.clone(), finished_in.clone());
        most_in.fetch_max(runs_in.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        async move {
            let _run = run;
            std::thread::sleep(Duration::from_millis(30));
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }));
    let health = Health::builder(&Registry::new())
        .check(check)
        .build()
        .unwrap();
    poll::until(DEADLINE, "five runs", || {
        (finished.load(Ordering::SeqCst) >= 5).then_some(())
    });
    assert_eq!(most.load(Ordering::SeqCst), 1);
    assert_eq!(health.probes().check("slow").unwrap().state, State::Down);
}

#[test]
fn a_check_on_a_runtime_that_is_stuck_or_gone_is_not_up() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let check = quick(Check::new("pool", || async { Outcome::up() })).on(runtime.handle().clone());
    let health = Health::builder(&Registry::new())
        .check(check.critical())
        .build()
        .unwrap();
    let probes = health.probes();
    wait_for(&probes, "pool", State::Up);
    let gate = Gate::default();
    let held = gate.clone();
    runtime.spawn(async move { held.pass() });
    wait_for(&probes, "pool", State::Down);
    assert_eq!(probes.check("pool").unwrap().cause, Some(Cause::Timeout));
    gate.open();
    wait_for(&probes, "pool", State::Up);
    runtime.shutdown_background();
    wait_for(&probes, "pool", State::Unknown);
    assert!(!probes.group(Group::Ready).is_passing);
}

#[test]
fn checks_end_with_their_owner() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let blocking = Check::blocking("blocking", move || drop(Arc::clone(&held)));
    let held = Arc::clone(&alive);
    let waiting = Check::new("waiting", move || {
        let held = Arc::clone(&held);
        async move { drop(held) }
    });
    // An interval that nobody waits for.
    let long = |check: Check| check.interval(Duration::from_secs(3600));
    let health = Health::builder(&Registry::new())
        .checks([long(blocking), long(waiting)])
        .build()
        .unwrap();
    let probes = health.probes();
    wait_for(&probes, "blocking", State::Up);
    wait_for(&probes, "waiting", State::Up);
    health.shutdown();
    poll::until(DEADLINE, "the threads to end", || {
        (Arc::strong_count(&alive) == 1).then_some(())
    });
}

#[test]
fn probes_answer_while_every_check_is_stuck() {
    let gate = Gate::default();
    let checks = (0..8).map(|index| {
        let gate = gate.clone();
        quick(Check::blocking(format!("stuck{index}"), move || gate.pass()).critical())
    });
    let health = Health::builder(&Registry::new())
        .checks(checks)
        .build()
        .unwrap();
    let probes = health.probes();
    wait_for(&probes, "stuck7", State::Down);
    for group in Group::ALL {
        let (status, _) = crate::support::ask(&probes, group, &[]);
        assert_eq!(status == 200, matches!(group, Group::Live | Group::Startup));
    }
    gate.open();
}
