//! What `#[instrument_metrics]` counts: every call, once, whatever way it ends.

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use vitalsigns::instrument::Capped;
use vitalsigns::{
    Format, LabelValue, RegisterError, Registry, families::Functions, instrument_metrics,
};

/// The value of the sample with this name and these labels.
fn value(registry: &Registry, name: &str, labels: &[(&str, &str)]) -> f64 {
    let page = registry.render(Format::Text);
    let wanted: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    let line = page.lines().find(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('{'))
            && wanted.iter().all(|label| line.contains(label))
    });
    let line = line.unwrap_or_else(|| panic!("{name} {labels:?} is not on the page\n{page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Calls by outcome: ok, error, cancelled, panicked; then what was observed, and what is in flight.
fn calls(registry: &Registry, function: &str) -> [u64; 6] {
    let of = |name, more: &[(&str, &str)]| {
        let mut labels = vec![("function", function), ("module", module_path!())];
        labels.extend(more);
        value(registry, name, &labels) as u64
    };
    let ended = |outcome| of("function_calls_total", &[("outcome", outcome)]);
    [
        ended("ok"),
        ended("error"),
        ended("cancelled"),
        ended("panicked"),
        of("function_duration_seconds_count", &[]),
        of("function_calls_in_flight", &[]),
    ]
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Pending once.
#[derive(Default)]
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        cx.waker().wake_by_ref();
        match std::mem::replace(&mut self.0, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

#[instrument_metrics(registry = registry)]
fn sync(registry: &Registry, ends: &str) -> Result<u32, String> {
    assert_ne!(ends, "panics");
    assert_eq!(calls(registry, "sync")[5], 1);
    if ends == "early" {
        return Ok(2);
    }
    let value: u32 = ends.parse().map_err(|_| ends.to_owned())?;
    Ok(value)
}

#[test]
fn a_call_ends_in_one_of_the_ways() {
    let registry = Registry::new();
    assert_eq!(sync(&registry, "1"), Ok(1));
    assert_eq!(sync(&registry, "early"), Ok(2));
    assert_eq!(sync(&registry, "error"), Err("error".to_owned()));
    catch_unwind(AssertUnwindSafe(|| sync(&registry, "panics"))).unwrap_err();
    assert_eq!(calls(&registry, "sync"), [2, 1, 0, 1, 4, 0]);
}

#[instrument_metrics(registry = registry)]
async fn later(registry: Registry, panics: bool) -> Result<(), ()> {
    Later::default().await;
    assert!(!panics);
    Later::default().await;
    Err(())
}

#[test]
fn a_future_that_was_never_polled_was_never_called() {
    let registry = Registry::new();
    Functions::register(&registry).unwrap();
    drop(later(registry.clone(), false));
    let page = registry.render(Format::Text);
    assert!(!page.contains("function=\"later\""), "{page}");
}

#[test]
fn a_future_that_is_dropped_between_two_polls_was_cancelled() {
    let registry = Registry::new();
    {
        let mut future = pin!(later(registry.clone(), false));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(calls(&registry, "later"), [0, 0, 0, 0, 0, 1]);
    }
    assert_eq!(calls(&registry, "later"), [0, 0, 1, 0, 1, 0]);
    {
        let mut future = pin!(later(registry.clone(), false));
        assert!(poll(future.as_mut()).is_pending());
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(poll(future.as_mut()), Poll::Ready(Err(())));
        // It is there, though the future is not dropped yet.
        assert_eq!(calls(&registry, "later"), [0, 1, 1, 0, 2, 0]);
    }
    assert_eq!(calls(&registry, "later"), [0, 1, 1, 0, 2, 0]);
}

#[test]
fn a_poll_that_unwinds_has_panicked_even_if_the_future_is_dropped_later() {
    let registry = Registry::new();
    let mut future = Box::pin(later(registry.clone(), true));
    assert!(poll(future.as_mut()).is_pending());
    catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).unwrap_err();
    drop(future);
    assert_eq!(calls(&registry, "later"), [0, 0, 0, 1, 1, 0]);
}

#[test]
fn a_future_that_somebody_elses_panic_drops_was_cancelled() {
    let registry = Registry::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut future = Box::pin(later(registry.clone(), false));
        assert!(poll(future.as_mut()).is_pending());
        panic!("of somebody else");
    }));
    unwound.unwrap_err();
    assert_eq!(calls(&registry, "later"), [0, 0, 1, 0, 1, 0]);
}

struct CallsWhenDropped<'a>(&'a Registry);

impl Drop for CallsWhenDropped<'_> {
    fn drop(&mut self) {
        sync(self.0, "early").unwrap();
    }
}

#[test]
fn a_call_that_returns_while_its_thread_unwinds_has_not_panicked() {
    let registry = Registry::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _calls = CallsWhenDropped(&registry);
        panic!("outside");
    }));
    unwound.unwrap_err();
    assert_eq!(calls(&registry, "sync"), [1, 0, 0, 0, 1, 0]);
}

#[instrument_metrics(registry = registry)]
fn recursive(registry: &Registry, depth: u64) -> u64 {
    assert_eq!(calls(registry, "recursive")[5], 10 - depth + 1);
    match depth {
        0 => 0,
        depth => 1 + recursive(registry, depth - 1),
    }
}

#[test]
fn a_recursive_function_is_in_flight_as_often_as_it_is_entered() {
    let registry = Registry::new();
    assert_eq!(recursive(&registry, 10), 10);
    assert_eq!(calls(&registry, "recursive"), [11, 0, 0, 0, 11, 0]);
}

// What the attribute calls at the end of a call is a call of the function itself.
#[instrument_metrics(registry = registry, error = |_| reentrant(registry, false).is_ok())]
fn reentrant(registry: &Registry, fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[test]
fn a_function_may_be_entered_while_a_call_of_it_is_judged() {
    let registry = Registry::new();
    reentrant(&registry, true).unwrap_err();
    assert_eq!(calls(&registry, "reentrant"), [1, 1, 0, 0, 2, 0]);
}

#[instrument_metrics(registry = registry)]
fn later_opaque(registry: Registry, panics: bool) -> impl Future<Output = ()> {
    async move {
        Later::default().await;
        assert!(!panics);
    }
}

#[test]
fn a_call_that_unwinds_ends_there_and_not_where_its_future_is_dropped() {
    let registry = Registry::new();
    let mut future = Box::pin(later_opaque(registry.clone(), true));
    assert!(poll(future.as_mut()).is_pending());
    catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).unwrap_err();
    assert_eq!(calls(&registry, "later_opaque"), [0, 0, 0, 1, 1, 0]);
    drop(future);
    assert_eq!(calls(&registry, "later_opaque"), [0, 0, 0, 1, 1, 0]);
}

#[instrument_metrics(registry = registry)]
fn generic<T: Send>(registry: &Registry, value: T) -> T {
    value
}

#[test]
fn all_instances_of_a_generic_function_are_one_in_each_registry() {
    let (one, two) = (Registry::new(), Registry::new());
    generic(&one, 1_u8);
    generic(&one, "text");
    generic(&two, 1_u8);
    generic(&one, 1_u64);
    assert_eq!(calls(&one, "generic"), [3, 0, 0, 0, 3, 0]);
    assert_eq!(calls(&two, "generic"), [1, 0, 0, 0, 1, 0]);
}

#[test]
fn a_function_keeps_no_registry_alive_but_its_first_series() {
    let function = |registry: Registry| generic(&registry, 1);
    for _ in 0..10 {
        function(Registry::new());
    }
    let registry = Registry::new();
    function(registry.clone());
    assert_eq!(calls(&registry, "generic"), [1, 0, 0, 0, 1, 0]);
}

#[derive(LabelValue, Clone, Copy, Debug)]
enum Declined {
    NoMoney,
    Stolen,
}

#[instrument_metrics(registry = registry, error = |why: &Declined| *why)]
fn closed_error(registry: &Registry, why: Option<Declined>) -> Result<(), Declined> {
    why.map_or(Ok(()), Err)
}

#[instrument_metrics(registry = registry, error = |error| Capped(error.clone()))]
async fn capped_error(registry: &Registry, error: String) -> Result<(), String> {
    ready(Err(error)).await
}

#[test]
fn an_error_has_a_label_if_the_attribute_gives_one() {
    let registry = Registry::new();
    closed_error(&registry, None).unwrap();
    closed_error(&registry, Some(Declined::NoMoney)).unwrap_err();
    closed_error(&registry, Some(Declined::Stolen)).unwrap_err();
    closed_error(&registry, Some(Declined::Stolen)).unwrap_err();
    assert_eq!(calls(&registry, "closed_error"), [1, 3, 0, 0, 4, 0]);
    let errors = |function, error| {
        let labels = [("function", function), ("error", error)];
        value(&registry, "function_errors_total", &labels)
    };
    assert_eq!(errors("closed_error", "no_money"), 1.0);
    assert_eq!(errors("closed_error", "stolen"), 2.0);

    for number in 0..300 {
        let mut future = pin!(capped_error(&registry, format!("E{number}")));
        assert!(poll(future.as_mut()).is_ready());
    }
    assert_eq!(errors("capped_error", "E7"), 1.0);
    // The two closed ones have their places as well.
    assert_eq!(errors("capped_error", "other"), 102.0);
    let overflow = [("metric", "function_errors_total")];
    assert_eq!(
        value(&registry, "vitalsigns_series_overflow_total", &overflow),
        102.0
    );
}

#[instrument_metrics(registry = registry, outcome = |found| found.is_some())]
fn found(registry: &Registry, value: Option<u32>) -> Option<u32> {
    value
}

#[instrument_metrics(registry = registry, error = |_| -> bool { panic!("in the label") })]
fn label_panics(registry: &Registry) -> Result<(), ()> {
    Err(())
}

#[test]
fn the_outcome_of_any_type_can_be_said() {
    let registry = Registry::new();
    found(&registry, Some(1));
    found(&registry, None);
    assert_eq!(calls(&registry, "found"), [1, 1, 0, 0, 2, 0]);
    catch_unwind(AssertUnwindSafe(|| label_panics(&registry))).unwrap_err();
    assert_eq!(calls(&registry, "label_panics"), [0, 1, 0, 0, 1, 0]);
}

#[instrument_metrics(registry = registry)]
async fn task(registry: Registry, number: u32) -> Result<u32, u32> {
    tokio::task::yield_now().await;
    match number % 4 {
        0 => Ok(number),
        1 => Err(number),
        2 => pending().await,
        _ => panic!("on purpose"),
    }
}

#[test]
fn a_thousand_tasks_at_once_leave_nothing_in_flight() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let registry = Registry::new();
    runtime.block_on(async {
        let spawn = |number| tokio::spawn(task(registry.clone(), number));
        let tasks: Vec<_> = (0..1000).map(spawn).collect();
        // Every task has ended or waits for ever.
        while calls_or_none(&registry)
            .is_none_or(|calls| calls[4] + calls[5] < 1000 || calls[4] < 750)
        {
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.abort();
            let _ = task.await;
        }
    });
    assert_eq!(calls(&registry, "task"), [250, 250, 250, 250, 1000, 0]);
}

fn calls_or_none(registry: &Registry) -> Option<[u64; 6]> {
    let page = registry.render(Format::Text);
    page.contains("function=\"task\"")
        .then(|| calls(registry, "task"))
}

#[test]
fn a_sibling_that_is_first_cancels() {
    let registry = Registry::new();
    {
        // What `select!` does: both are polled, the first one wins, the other is dropped.
        let mut one = pin!(later(registry.clone(), false));
        let mut two = Box::pin(later(registry.clone(), false));
        for _ in 0..2 {
            assert!(poll(one.as_mut()).is_pending());
        }
        assert!(poll(two.as_mut()).is_pending());
        assert!(poll(one.as_mut()).is_ready());
    }
    assert_eq!(calls(&registry, "later"), [0, 1, 1, 0, 2, 0]);
}

#[instrument_metrics]
fn global(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[cfg(feature = "inventory")]
#[instrument_metrics(slo = "global", success = 99.5, latency = (123ms, 99.9))]
#[allow(dead_code)]
fn never_called<T>(_: T) {}

#[test]
#[cfg(feature = "inventory")]
fn functions_are_on_the_global_page_before_they_are_called() {
    let registry = vitalsigns::global();
    assert_eq!(calls(registry, "never_called"), [0; 6]);
    let catalogue = registry.catalogue();
    let objective = &catalogue.objectives[0];
    assert_eq!(
        (&*objective.name, &*objective.function, &*objective.module),
        ("global", "never_called", module_path!())
    );
    assert_eq!(objective.success_ratio, Some(0.995));
    let latency = objective.latency.unwrap();
    assert_eq!((latency.seconds, latency.ratio), (0.123, 0.999));
    let histogram = catalogue.family("function_duration_seconds").unwrap();
    assert!(histogram.buckets.as_ref().unwrap().contains(&0.123));
    #[cfg(feature = "json")]
    assert_eq!(
        vitalsigns::Catalogue::from_json(&catalogue.to_json()).as_ref(),
        Ok(&catalogue)
    );
}

#[cfg(feature = "inventory")]
#[instrument_metrics(registry = registry, slo = "kept", latency = (77 ms, 90))]
fn promised(registry: &Registry) {}

#[test]
#[cfg(feature = "inventory")]
fn no_choice_of_buckets_takes_away_the_bound_of_an_objective() {
    let registry = |bounds: &[f64]| {
        let name = "shop_function_duration_seconds";
        let registry = Registry::builder()
            .namespace("shop")
            .buckets(name, bounds.iter().copied())
            .build()
            .unwrap();
        Functions::register(&registry).unwrap();
        let catalogue = registry.catalogue();
        let bounds = catalogue.family(name).unwrap().buckets.clone();
        (registry, bounds.unwrap())
    };
    // Before, between and behind them, and one that is there already.
    assert_eq!(registry(&[0.1, 1.0]).1, [0.077, 0.1, 0.123, 1.0]);
    assert_eq!(registry(&[0.001]).1, [0.001, 0.077, 0.123]);
    assert_eq!(registry(&[0.05, 0.123]).1, [0.05, 0.077, 0.123]);

    let (registry, _) = registry(&[1.0]);
    promised(&registry);
    let page = registry.render(Format::Text);
    for bound in ["0.077", "0.123"] {
        let labels = format!(
            "{{function=\"promised\",module=\"{}\",le=\"{bound}\"}}",
            module_path!()
        );
        let bucket = format!("\nshop_function_duration_seconds_bucket{labels} ");
        assert!(page.contains(&bucket), "{bucket}{page}");
    }
    assert_eq!(registry.catalogue().objectives[0].name, "kept");
    // Without objectives or with: the order of the bounds is still checked.
    let unsorted = Registry::builder().buckets("function_duration_seconds", [1.0, 0.1]);
    assert!(matches!(
        unsorted.build(),
        Err(RegisterError::Buckets { .. })
    ));
}

#[test]
fn a_function_that_is_told_nothing_records_globally() {
    global(false).unwrap();
    global(true).unwrap_err();
    assert_eq!(calls(vitalsigns::global(), "global"), [1, 1, 0, 0, 2, 0]);
}

#[test]
fn there_is_one_global_registry() {
    let global = vitalsigns::global();
    assert_eq!(global.make_global(), Ok(()));
    let error = Registry::new().make_global().unwrap_err();
    assert_eq!(error, RegisterError::GlobalIsSet);
    assert!(error.to_string().contains("before the first call"));
}

#[test]
fn functions_in_a_registry_that_has_their_names_already_run_all_the_same() {
    #[derive(vitalsigns::MetricGroup)]
    struct Own {
        /// Calls.
        function_calls_total: vitalsigns::Counter,
    }

    let registry = Registry::new();
    let own = <Own as vitalsigns::MetricGroup>::register(&registry).unwrap();
    assert!(Functions::register(&registry).is_err());
    assert_eq!(generic(&registry, 3), 3);
    assert_eq!(own.function_calls_total.get(), 0);
}

#[instrument_metrics(registry = registry)]
fn sleeps(registry: &Registry) {
    std::thread::sleep(Duration::from_millis(20));
}

#[test]
fn the_duration_is_in_seconds() {
    let registry = Registry::new();
    sleeps(&registry);
    let labels = [("function", "sleeps")];
    let sum = value(&registry, "function_duration_seconds_sum", &labels);
    assert!((0.02..5.0).contains(&sum), "{sum}");
}

mod futures {
    use super::*;

    #[instrument_metrics(name = "measured")]
    async fn measured(x: &[u8; 100]) -> u8 {
        let buffer = [x[0]; 1000];
        Later::default().await;
        buffer[999]
    }

    async fn bare(x: &[u8; 100]) -> u8 {
        let buffer = [x[0]; 1000];
        Later::default().await;
        buffer[999]
    }

    #[instrument_metrics]
    async fn local(x: Rc<u8>) -> u8 {
        Later::default().await;
        *x
    }

    fn is_send<T: Send>(value: T) -> T {
        value
    }

    #[test]
    fn a_future_is_what_it_was_and_little_more() {
        let input = [7; 100];
        let (with, without) = (is_send(measured(&input)), is_send(bare(&input)));
        let grown = size_of_val(&with) - size_of_val(&without);
        assert!(grown <= 64, "{grown}");
        let mut with = pin!(with);
        assert!(poll(with.as_mut()).is_pending());
        assert_eq!(poll(with), Poll::Ready(7));
        // Not `Send` is allowed as well.
        assert_eq!(poll(pin!(local(Rc::new(1)))), Poll::Pending);
    }
}
