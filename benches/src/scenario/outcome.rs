//! One HTTP request that has ended, told by label texts: a counter by method, route and status and
//! a histogram of durations by method and route, with 300 series each, which exist already.

use std::sync::Arc;

use super::{Bench, Fault, Recorded, has_lines, of_libraries};
use crate::floors;
use crate::ours;
use crate::subject::Subject;
use crate::traffic::{CYCLE, Traffic};

pub(crate) fn run(bench: &mut Bench) -> Result<(), Fault> {
    let traffic = Traffic::new();
    let recorded = Recorded {
        id: "A",
        title: "A. An HTTP outcome by label texts",
        one: ("outcome", 2 * CYCLE),
        threads: &[1, 2, 8],
        warm_up: CYCLE,
        operations: 40_000,
        beyond_first: false,
        checked: "each page has the count and the sum of each series, but for the empty loop, \
                  which holds nothing, and for sums of durations that `HttpServer` measured itself",
    };
    recorded.run(
        bench,
        || subjects(None),
        |subjects, load| {
            let lines = traffic.expected(load);
            has_lines(subjects, &lines, |subject, line| match subject.name {
                floors::EMPTY_LOOP => false,
                ours::HTTP_SERVER => !line.contains("_sum{"),
                _ => true,
            })
        },
    )
}

pub(crate) fn subjects(only: Option<&str>) -> Vec<Subject> {
    let traffic = Arc::new(Traffic::new());
    of_libraries(only, |library| {
        library.outcome.map(|make| make(Arc::clone(&traffic)))
    })
}
