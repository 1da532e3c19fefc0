//! A tokio runtime, read while it works.

use tokio::runtime::Builder;
use vitalsigns::families::tokio::TokioRuntime;
use vitalsigns::{Registry, testing};

#[test]
fn a_runtime_at_work() {
    let registry = Registry::builder().namespace("shop").build().unwrap();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    TokioRuntime::register(&registry, runtime.handle().clone()).unwrap();
    TokioRuntime::register(&registry, runtime.handle().clone()).unwrap();
    let value = |name: &str| testing::value(&registry, name, &[]).unwrap();
    // The names are the same in every service.
    assert_eq!(value("tokio_workers"), 2.0);
    assert_eq!(value("tokio_alive_tasks"), 0.0);

    let tasks: Vec<_> = (0..5)
        .map(|_| runtime.spawn(std::future::pending::<()>()))
        .collect();
    assert_eq!(value("tokio_alive_tasks"), 5.0);
    let busy = value("tokio_workers_busy_seconds_total");
    let work = runtime.spawn(async {
        let started = std::time::Instant::now();
        while started.elapsed().as_millis() < 50 {
            std::hint::spin_loop();
        }
    });
    runtime.block_on(work).unwrap();
    tasks.iter().for_each(|task| task.abort());
    for task in tasks {
        assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    }
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while value("tokio_workers_busy_seconds_total") < busy + 0.05
        || value("tokio_alive_tasks") > 0.0
        || value("tokio_workers_parked_total") == 0.0
    {
        let page = registry.render(vitalsigns::Format::Text);
        assert!(std::time::Instant::now() < deadline, "{page}");
    }
    let collected = testing::value(
        &registry,
        "vitalsigns_collector_up",
        &[("collector", "RuntimeGroup")],
    );
    assert_eq!(collected, Some(1.0));
    assert_eq!(
        testing::samples(&registry, "vitalsigns_collector_up")
            .lines()
            .count(),
        1
    );
}
