use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use vitalsigns::families::Database;
use vitalsigns::families::database::{AcquireError, Main, Operation, PoolState, QueryError};
use vitalsigns::testing::{assert_family, total};
use vitalsigns::{LabelValue, Registry};

use super::nonzero;

#[derive(LabelValue, Clone, Copy)]
enum Pool {
    Primary,
    Replica,
}

fn database() -> (Registry, Database<Main>) {
    let registry = Registry::new();
    let database = Database::register(&registry, Main::Main).unwrap();
    (registry, database)
}

#[test]
fn a_typical_hour() {
    let registry = Registry::new();
    let primary = Database::<Pool>::register(&registry, Pool::Primary).unwrap();
    let replica = Database::<Pool>::register(&registry, Pool::Replica).unwrap();
    for minute in 0..60 {
        for _page in 0..10 {
            let _connection = replica.acquire().acquired();
            replica.query(Operation::Select).rows(25).succeed();
        }
        // An order; every tenth minute the last statement meets a lock.
        let connection = primary.acquire().acquired();
        primary.query(Operation::Begin).succeed();
        primary.query(Operation::Insert).rows(3).succeed();
        let update = primary.query(Operation::Update);
        if minute % 10 == 0 {
            update.fail(QueryError::Timeout);
            primary.query(Operation::Rollback).succeed();
        } else {
            update.rows(1).succeed();
            primary.query(Operation::Commit).succeed();
        }
        if minute == 59 {
            primary.acquire().fail(AcquireError::Timeout);
            primary.pool(PoolState {
                open: 1,
                idle: 0,
                max: 1,
            });
        }
        drop(connection);
    }
    replica.pool(PoolState {
        open: 4,
        idle: 4,
        max: 10,
    });
    assert_eq!(
        nonzero(&registry, "database_queries_total"),
        [
            "{database=\"primary\",operation=\"insert\",outcome=\"success\"} 60",
            "{database=\"primary\",operation=\"update\",outcome=\"success\"} 54",
            "{database=\"primary\",operation=\"update\",outcome=\"timeout\"} 6",
            "{database=\"primary\",operation=\"begin\",outcome=\"success\"} 60",
            "{database=\"primary\",operation=\"commit\",outcome=\"success\"} 54",
            "{database=\"primary\",operation=\"rollback\",outcome=\"success\"} 6",
            "{database=\"replica\",operation=\"select\",outcome=\"success\"} 600",
        ]
    );
    assert_eq!(
        nonzero(&registry, "database_rows_total"),
        [
            "{database=\"primary\",operation=\"insert\"} 180",
            "{database=\"primary\",operation=\"update\"} 54",
            "{database=\"replica\",operation=\"select\"} 15000",
        ]
    );
    assert_family(
        &registry,
        "database_pool_acquires_total",
        "database_pool_acquires_total{database=\"primary\",outcome=\"success\"} 60\n\
         database_pool_acquires_total{database=\"primary\",outcome=\"timeout\"} 1\n\
         database_pool_acquires_total{database=\"primary\",outcome=\"error\"} 0\n\
         database_pool_acquires_total{database=\"primary\",outcome=\"cancelled\"} 0\n\
         database_pool_acquires_total{database=\"primary\",outcome=\"panicked\"} 0\n\
         database_pool_acquires_total{database=\"replica\",outcome=\"success\"} 600\n\
         database_pool_acquires_total{database=\"replica\",outcome=\"timeout\"} 0\n\
         database_pool_acquires_total{database=\"replica\",outcome=\"error\"} 0\n\
         database_pool_acquires_total{database=\"replica\",outcome=\"cancelled\"} 0\n\
         database_pool_acquires_total{database=\"replica\",outcome=\"panicked\"} 0\n",
    );
    for (gauge, primary, replica) in [
        ("waiting", 0, 0),
        ("connections_in_use", 0, 0),
        ("connections_open", 1, 4),
        ("connections_idle", 0, 4),
        ("connections_max", 1, 10),
    ] {
        let name = format!("database_pool_{gauge}");
        let expected = format!(
            "{name}{{database=\"primary\"}} {primary}\n{name}{{database=\"replica\"}} {replica}\n"
        );
        assert_family(&registry, &name, &expected);
    }
    assert!(nonzero(&registry, "database_queries_in_flight").is_empty());
    assert_eq!(total(&registry, "database_query_duration_seconds"), 840.0);
    let waits = total(&registry, "database_pool_acquire_duration_seconds");
    assert_eq!(waits, 661.0);
}

#[test]
fn who_waits_then_has_a_connection() {
    let (registry, database) = database();
    let waiting = database.acquire();
    let also = database.acquire();
    assert_eq!(
        nonzero(&registry, "database_pool_waiting"),
        ["{database=\"main\"} 2"]
    );
    let connection = waiting.acquired();
    assert_eq!(
        nonzero(&registry, "database_pool_waiting"),
        ["{database=\"main\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "database_pool_connections_in_use"),
        ["{database=\"main\"} 1"]
    );
    drop((connection, also));
    assert!(nonzero(&registry, "database_pool_waiting").is_empty());
    assert!(nonzero(&registry, "database_pool_connections_in_use").is_empty());
    assert_eq!(
        nonzero(&registry, "database_pool_acquires_total"),
        [
            "{database=\"main\",outcome=\"success\"} 1",
            "{database=\"main\",outcome=\"cancelled\"} 1",
        ]
    );
}

#[test]
fn what_is_dropped_is_cancelled_and_its_rows_count() {
    let (registry, database) = database();
    // What a future owns goes with it.
    let future = (
        database.acquire().acquired(),
        database.query(Operation::Select).rows(7),
    );
    assert_eq!(
        nonzero(&registry, "database_queries_in_flight"),
        ["{database=\"main\",operation=\"select\"} 1"]
    );
    drop(Some(future));
    assert_eq!(
        nonzero(&registry, "database_queries_total"),
        ["{database=\"main\",operation=\"select\",outcome=\"cancelled\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "database_rows_total"),
        ["{database=\"main\",operation=\"select\"} 7"]
    );
    assert!(nonzero(&registry, "database_queries_in_flight").is_empty());
    assert!(nonzero(&registry, "database_pool_connections_in_use").is_empty());
}

#[test]
fn what_a_panic_drops_is_panicked() {
    let (registry, database) = database();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _connection = database.acquire().acquired();
        let _waiting = database.acquire();
        let _query = database.query(Operation::Delete);
        panic!("the query panics, as the test wants it");
    }));
    assert!(result.is_err());
    assert_eq!(
        nonzero(&registry, "database_queries_total"),
        ["{database=\"main\",operation=\"delete\",outcome=\"panicked\"} 1"]
    );
    assert_eq!(
        nonzero(&registry, "database_pool_acquires_total"),
        [
            "{database=\"main\",outcome=\"success\"} 1",
            "{database=\"main\",outcome=\"panicked\"} 1",
        ]
    );
    for gauge in [
        "queries_in_flight",
        "pool_waiting",
        "pool_connections_in_use",
    ] {
        assert!(nonzero(&registry, &format!("database_{gauge}")).is_empty());
    }
}

#[test]
fn a_statement_that_is_none_is_another_operation() {
    for statement in [
        "",
        " ",
        ";",
        "selection",
        "-- select",
        "WITH a AS (SELECT 1) SELECT 1",
        "sélect",
        "ſelect",
        "(SELECT 1)",
        "\u{0}select",
    ] {
        assert_eq!(Operation::of(statement), Operation::Other, "{statement}");
    }
    assert_eq!(Operation::of("SeLeCt*FROM a"), Operation::Select);
}

#[test]
fn a_pool_that_contradicts_itself_is_shown_as_it_is() {
    let (registry, database) = database();
    database.pool(PoolState {
        open: 1,
        idle: u32::MAX,
        max: 0,
    });
    assert_family(
        &registry,
        "database_pool_connections_idle",
        "database_pool_connections_idle{database=\"main\"} 4294967295\n",
    );
    assert_family(
        &registry,
        "database_pool_connections_max",
        "database_pool_connections_max{database=\"main\"} 0\n",
    );
}

proptest! {
    #[test]
    fn attempts_are_outcomes_plus_what_is_in_flight(
        steps in prop::collection::vec((0usize..8, 0u8..6, 0u64..1000), 0..60)
    ) {
        let (registry, database) = database();
        let (mut queries, mut waiting, mut connections) = (Vec::new(), Vec::new(), Vec::new());
        let mut sent_rows = 0;
        for (attempt, (operation, step, rows)) in steps.into_iter().enumerate() {
            let operation = Operation::from_index(operation).unwrap();
            queries.push(database.query(operation).rows(rows));
            sent_rows += rows;
            waiting.push(database.acquire());
            match step {
                0 => drop((queries.pop(), waiting.pop())),
                1 => {
                    queries.swap_remove(0).succeed();
                    connections.push(waiting.swap_remove(0).acquired());
                }
                2 => {
                    queries.swap_remove(0).fail(QueryError::Error);
                    waiting.swap_remove(0).fail(AcquireError::Error);
                }
                3 => drop(connections.pop()),
                _ => {}
            }
            let attempts = (attempt + 1) as f64;
            let ended = total(&registry, "database_queries_total");
            prop_assert_eq!(ended + total(&registry, "database_queries_in_flight"), attempts);
            prop_assert_eq!(total(&registry, "database_query_duration_seconds"), ended);
            let acquired = total(&registry, "database_pool_acquires_total");
            prop_assert_eq!(acquired + total(&registry, "database_pool_waiting"), attempts);
            let in_use = total(&registry, "database_pool_connections_in_use");
            prop_assert_eq!(in_use, connections.len() as f64);
            prop_assert_eq!(total(&registry, "database_rows_total"), sent_rows as f64);
        }
    }
}
