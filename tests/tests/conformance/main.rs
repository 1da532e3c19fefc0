//! Conformance: what traffic does to the page, over real sockets and for every framework alike.
//!
//! There is one table of cases ([`cases`]). A case is what a client does and the difference of the
//! page that it must make. Each case is driven against each [subject](subjects): the same routes
//! served by one framework with the middleware for it. That all frameworks count alike follows
//! from there being one expectation for all of them; where a framework cannot do what a case
//! needs, the case says so, and why.
//!
//! `CASE=words cargo test -p tests --test conformance` runs the cases whose name has the words.

mod body;
mod case;
mod cases;
mod client;
mod difference;
mod reply;
mod routes;
mod run;
mod subjects;

use std::collections::HashSet;

#[test]
fn axum_conforms() {
    run::every_case(&subjects::AXUM);
}

#[test]
fn hyper_conforms() {
    run::every_case(&subjects::HYPER);
}

#[test]
fn actix_conforms() {
    run::every_case(&subjects::ACTIX);
}

#[test]
fn the_table_has_a_case_for_each_name_and_a_reason_for_each_exception() {
    let table = cases::table();
    let mut names = HashSet::new();
    for case in &table {
        assert!(names.insert(case.name), "`{}` is there twice", case.name);
        for (subject, reason) in &case.exceptions {
            let is_known = subjects::ALL.iter().any(|known| known.name == *subject);
            assert!(is_known, "`{}`: who is `{subject}`?", case.name);
            assert!(reason.len() > 10, "`{}`: why not {subject}?", case.name);
        }
    }
    assert!(table.len() >= 60, "only {} cases", table.len());
}
