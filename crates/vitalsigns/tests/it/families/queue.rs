//! Work queues: what waits, what becomes of it, who works.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use vitalsigns::families::WorkQueues;
use vitalsigns::{LabelValue, Registry, testing};

use super::counts::counts;
use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Queue {
    Render,
    Mail,
}

fn queues() -> (Registry, WorkQueues<Queue>) {
    let registry = Registry::new();
    let queues = WorkQueues::register(&registry).unwrap();
    (registry, queues)
}

fn render(registry: &Registry, name: &str) -> f64 {
    testing::value(registry, name, &[("queue", "render")]).unwrap()
}

#[test]
fn a_typical_hour() {
    let (registry, queues) = queues();
    let workers = [queues.worker(Queue::Render), queues.worker(Queue::Render)];
    let mut line = VecDeque::new();
    for minute in 0..60 {
        for _ in 0..3 {
            if line.len() < 100 {
                line.push_back(queues.enqueue(Queue::Render));
            } else {
                queues.reject(Queue::Render);
            }
        }
        for worker in &workers {
            let Some(ticket) = line.pop_front() else {
                continue;
            };
            let task = ticket.take().by(worker);
            match minute {
                10 => task.failed(),
                20 => {
                    task.retried();
                    line.push_back(queues.enqueue(Queue::Render));
                }
                _ => task.done(),
            }
        }
        if minute % 15 == 0 {
            let sent = SystemTime::now() - Duration::from_secs(20);
            queues.receive(Queue::Mail, sent).done();
        }
    }
    drop(line.pop_back()); // Somebody left.
    let task = line.pop_front().unwrap().take().by(&workers[0]);
    testing::assert_family(
        &registry,
        "queue_tasks_total",
        "queue_tasks_total{queue=\"render\",outcome=\"success\"} 116\n\
         queue_tasks_total{queue=\"render\",outcome=\"failed\"} 2\n\
         queue_tasks_total{queue=\"render\",outcome=\"retried\"} 2\n\
         queue_tasks_total{queue=\"render\",outcome=\"rejected\"} 0\n\
         queue_tasks_total{queue=\"render\",outcome=\"cancelled\"} 1\n\
         queue_tasks_total{queue=\"render\",outcome=\"panicked\"} 0\n\
         queue_tasks_total{queue=\"mail\",outcome=\"success\"} 4\n\
         queue_tasks_total{queue=\"mail\",outcome=\"failed\"} 0\n\
         queue_tasks_total{queue=\"mail\",outcome=\"retried\"} 0\n\
         queue_tasks_total{queue=\"mail\",outcome=\"rejected\"} 0\n\
         queue_tasks_total{queue=\"mail\",outcome=\"cancelled\"} 0\n\
         queue_tasks_total{queue=\"mail\",outcome=\"panicked\"} 0\n",
    );
    for (name, expected) in [
        (
            "queue_tasks_enqueued_total",
            vec![r#"{queue="render"} 182"#, r#"{queue="mail"} 4"#],
        ),
        ("queue_depth", vec![r#"{queue="render"} 60"#]),
        ("queue_tasks_in_progress", vec![r#"{queue="render"} 1"#]),
        ("queue_workers", vec![r#"{queue="render"} 2"#]),
        ("queue_workers_busy", vec![r#"{queue="render"} 1"#]),
        ("queue_tasks_from_future_total", vec![]),
        ("queue_workers_ended_total", vec![]),
    ] {
        assert_eq!(nonzero(&registry, name), expected, "{name}");
    }
    assert_eq!(
        counts(&registry, "queue_wait_duration_seconds"),
        [r#"{queue="render"} 121"#, r#"{queue="mail"} 4"#]
    );
    assert_eq!(
        counts(&registry, "queue_processing_duration_seconds"),
        [r#"{queue="render"} 120"#, r#"{queue="mail"} 4"#]
    );
    let waits = testing::samples(&registry, "queue_wait_duration_seconds");
    for line in [
        "{queue=\"mail\",le=\"10.0\"} 0\n",
        "{queue=\"mail\",le=\"60.0\"} 4\n",
    ] {
        assert!(waits.contains(line), "{line}--- is not in\n{waits}");
    }
    task.done();
    for worker in workers {
        worker.stop();
    }
    assert_eq!(
        nonzero(&registry, "queue_workers_ended_total"),
        [r#"{queue="render",outcome="stopped"} 2"#]
    );
    assert!(nonzero(&registry, "queue_workers_busy").is_empty());
    assert!(nonzero(&registry, "queue_workers").is_empty());
}

#[test]
fn the_oldest_task_shows_whoever_leaves() {
    let (registry, queues) = queues();
    let pause = || std::thread::sleep(Duration::from_millis(2));
    let since = || render(&registry, "queue_oldest_enqueued_timestamp_seconds");
    assert!(since().is_nan());
    let first = queues.enqueue(Queue::Render);
    let begun = since();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!((now.as_secs_f64() - begun).abs() < 5.0);
    pause();
    // Registered again, it is the same line.
    let again = WorkQueues::<Queue>::register(&registry).unwrap();
    let second = again.enqueue(Queue::Render);
    pause();
    let third = queues.enqueue(Queue::Render);
    let other = queues.enqueue(Queue::Mail);
    drop(second);
    assert_eq!(since(), begun);
    let task = first.take();
    assert!(since() > begun);
    drop((third, task, other));
    assert!(since().is_nan());
}

#[test]
fn the_worker_that_is_silent_shows() {
    let (registry, queues) = queues();
    let pause = || std::thread::sleep(Duration::from_millis(2));
    let silent_since = || {
        render(
            &registry,
            "queue_workers_oldest_heartbeat_timestamp_seconds",
        )
    };
    assert!(silent_since().is_nan());
    let (hangs, lives) = (queues.worker(Queue::Render), queues.worker(Queue::Render));
    let begun = silent_since();
    pause();
    lives.heartbeat();
    let task = queues.enqueue(Queue::Render).take().by(&lives);
    assert_eq!(silent_since(), begun);
    pause();
    hangs.heartbeat();
    assert!(silent_since() > begun);
    // A worker with two tasks is one worker that is busy, until both ended.
    let more = queues.enqueue(Queue::Render).take().by(&lives);
    assert_eq!(render(&registry, "queue_workers_busy"), 1.0);
    task.done();
    lives.stop();
    assert_eq!(render(&registry, "queue_workers_busy"), 1.0);
    more.done();
    assert_eq!(render(&registry, "queue_workers_busy"), 0.0);
    hangs.stop();
    assert!(silent_since().is_nan());
}

#[test]
fn what_is_dropped_is_cancelled_and_what_panics_is_panicked() {
    let (registry, queues) = queues();
    // A channel that is dropped with what is in it.
    let (sender, receiver) = mpsc::channel();
    sender.send(queues.enqueue(Queue::Render)).unwrap();
    sender.send(queues.enqueue(Queue::Render)).unwrap();
    let worker = queues.worker(Queue::Render);
    let task = receiver.recv().unwrap().take().by(&worker);
    drop((sender, receiver));
    drop((worker, task));
    assert_eq!(
        nonzero(&registry, "queue_tasks_total"),
        [r#"{queue="render",outcome="cancelled"} 2"#]
    );
    let result = catch_unwind(AssertUnwindSafe(|| {
        let worker = queues.worker(Queue::Mail);
        let _ticket = queues.enqueue(Queue::Mail);
        let _task = queues.enqueue(Queue::Mail).take().by(&worker);
        panic!("the task panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "queue_tasks_total"),
        [
            r#"{queue="render",outcome="cancelled"} 2"#,
            r#"{queue="mail",outcome="panicked"} 2"#,
        ]
    );
    assert_eq!(
        nonzero(&registry, "queue_workers_ended_total"),
        [
            r#"{queue="render",outcome="cancelled"} 1"#,
            r#"{queue="mail",outcome="panicked"} 1"#,
        ]
    );
    for name in [
        "queue_depth",
        "queue_tasks_in_progress",
        "queue_workers",
        "queue_workers_busy",
    ] {
        assert!(nonzero(&registry, name).is_empty(), "{name}");
    }
}

#[test]
fn bad_input_is_kept_and_shows() {
    let (registry, queues) = queues();
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    queues.receive(Queue::Render, tomorrow).done();
    queues.receive(Queue::Render, UNIX_EPOCH).done();
    assert_eq!(render(&registry, "queue_tasks_from_future_total"), 1.0);
    assert_eq!(render(&registry, "queue_wait_duration_seconds"), 1.0);
    assert_eq!(render(&registry, "queue_processing_duration_seconds"), 2.0);
    assert_eq!(render(&registry, "queue_tasks_enqueued_total"), 2.0);
}

#[test]
fn many_threads_leave_nothing_behind() {
    let (registry, queues) = queues();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let queues = queues.clone();
            scope.spawn(move || {
                let worker = queues.worker(Queue::Render);
                let mut tickets = VecDeque::new();
                for step in 0..1000 {
                    tickets.push_back(queues.enqueue(Queue::Render));
                    if step % 3 > 0 {
                        tickets.pop_front().unwrap().take().by(&worker).done();
                    }
                }
                worker.stop();
            });
        }
    });
    assert_eq!(testing::total(&registry, "queue_tasks_total"), 4000.0);
    assert_eq!(render(&registry, "queue_depth"), 0.0);
    assert_eq!(render(&registry, "queue_workers_busy"), 0.0);
    assert!(render(&registry, "queue_oldest_enqueued_timestamp_seconds").is_nan());
    assert!(
        render(
            &registry,
            "queue_workers_oldest_heartbeat_timestamp_seconds"
        )
        .is_nan()
    );
}

proptest! {
    #[test]
    fn what_was_enqueued_ended_or_waits_or_is_worked_on(
        steps in prop::collection::vec((0..9usize, 0..10usize), 0..120),
    ) {
        let (registry, queues) = queues();
        let total = |name| testing::total(&registry, name) as usize;
        let (mut tickets, mut tasks) = (Vec::new(), Vec::new());
        let (mut enqueued, mut rejected) = (0, 0);
        for (verb, which) in steps {
            let ticket = which.min(tickets.len().saturating_sub(1));
            match verb {
                0..=2 => {
                    enqueued += 1;
                    tickets.push(queues.enqueue(Queue::Render));
                }
                3 => {
                    rejected += 1;
                    queues.reject(Queue::Render);
                }
                4 if !tickets.is_empty() => drop(tickets.remove(ticket)),
                5 if !tickets.is_empty() => tasks.push(tickets.remove(ticket).take()),
                6 => tasks.pop().into_iter().for_each(|task| task.done()),
                7 => tasks.pop().into_iter().for_each(|task| task.retried()),
                8 => drop(tasks.pop()),
                _ => {}
            }
            prop_assert_eq!(total("queue_tasks_enqueued_total"), enqueued);
            prop_assert_eq!(total("queue_depth"), tickets.len());
            prop_assert_eq!(total("queue_tasks_in_progress"), tasks.len());
            let ended = total("queue_tasks_total") - rejected;
            prop_assert_eq!(ended + tickets.len() + tasks.len(), enqueued);
            let oldest = render(&registry, "queue_oldest_enqueued_timestamp_seconds");
            prop_assert_eq!(oldest.is_nan(), tickets.is_empty());
        }
    }
}
