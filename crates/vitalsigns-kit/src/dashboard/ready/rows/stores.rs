//! Databases and caches: as their clients see them, and as they see themselves.

use super::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Target, Visual};

/// Databases as their clients see them.
pub(crate) fn databases(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Databases, as the services see them",
        [
            maker.share(
                (
                    "Failed queries",
                    "Which share of the queries of each database failed or took too long. Look at \
                     the locks and the log of the server.",
                ),
                maker.counted("database_queries_total", "outcome", &["error", "timeout"]),
                maker.counter("database_queries_total"),
                &["database"],
            ),
            maker.rate(
                (
                    "Queries",
                    "Queries that ended, by what they do. A burst of one kind is a loop that asks \
                     for each row.",
                ),
                maker.counter("database_queries_total"),
                &["operation"],
            ),
            maker.slowest(
                (
                    "Query duration (p95)",
                    "The time that 95 of 100 queries stay below. When it rises with the rows: an \
                     index is missing.",
                ),
                maker.histogram("database_query_duration_seconds"),
                &["database", "operation"],
            ),
            pool(maker),
            maker.level(
                (
                    "Waits for a connection",
                    "Who waits for a connection of the pool just now. More than 0 for long: the \
                     pool is too small, or queries are too slow.",
                ),
                maker.gauge("database_pool_waiting"),
                &["database"],
            ),
            maker.slowest(
                (
                    "Wait for a connection (p95)",
                    "How long 95 of 100 waited at most for a connection of the pool.",
                ),
                maker.histogram("database_pool_acquire_duration_seconds"),
                &["database"],
            ),
        ],
    )
}

fn pool(maker: &Maker<'_>) -> Made {
    let by = ["job", "database"];
    let used = maker.gauge("database_pool_connections_in_use")?.value();
    let most = maker.gauge("database_pool_connections_max")?.value();
    let share = used.sum_by(by)?.ratio_to(&most.sum_by(by)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Pool in use",
            "Which share of the connections of each pool is lent out. At 1 everybody waits: find \
             who keeps connections for long before making the pool larger.",
        ),
        [Target::new(&share, "{{job}} {{database}}")?],
    )?;
    Ok(panel.range(0.0, 1.0).limits(0.8, 0.95))
}

/// Caches as their clients see them.
pub(crate) fn caches(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Caches",
        [
            maker.share(
                (
                    "Hits",
                    "Which share of what was asked for was in the cache. A fall after a roll-out \
                     is a key that was changed.",
                ),
                maker.counted("cache_requests_total", "outcome", &["hit"]),
                maker.counter("cache_requests_total"),
                &["cache"],
            ),
            maker.rate(
                (
                    "Evictions",
                    "Entries that were let go of, by reason. Many for `capacity`: the cache is too \
                     small for what is asked.",
                ),
                maker.counter("cache_evictions_total"),
                &["reason"],
            ),
            maker.slowest(
                (
                    "Load duration (p95)",
                    "How long it took at most, for 95 of 100, to fetch what was missed.",
                ),
                maker.histogram("cache_load_duration_seconds"),
                &["cache"],
            ),
        ],
    )
}

/// PostgreSQL as it sees itself, by its exporter.
pub(crate) fn database_servers(maker: &Maker<'_>) -> MaybeRow {
    let by = ["datname"];
    let connections = || -> Made {
        let used = maker
            .gauge("pg_stat_database_numbackends")?
            .value()
            .sum_by(["instance"])?;
        let most = maker.gauge("pg_settings_max_connections")?.value();
        let share = used.ratio_to(&most.sum_by(["instance"])?)?;
        let panel = maker.panel(
            Visual::TimeSeries,
            (
                "PostgreSQL connections of the limit",
                "Which share of the connections that the server allows is open. At 1 nobody gets \
                 in, not even to look: close what is idle.",
            ),
            [Target::new(&share, "{{instance}}")?],
        )?;
        Ok(panel.range(0.0, 1.0).limits(0.8, 0.95))
    };
    maker.row(
        "PostgreSQL",
        [
            maker.greatest(
                (
                    "PostgreSQL answers",
                    "1 where the exporter could log in. At 0 the server is down, or its password \
                     was changed.",
                ),
                maker.gauge("pg_up"),
                &["instance"],
            ),
            connections(),
            maker.level(
                (
                    "PostgreSQL connections",
                    "Connections by what they do. Many `idle in transaction` hold locks that \
                     others wait for.",
                ),
                maker.gauge("pg_stat_activity_count"),
                &["state"],
            ),
            maker.rate(
                (
                    "Transactions",
                    "Transactions that were committed, by database.",
                ),
                maker.counter("pg_stat_database_xact_commit"),
                &by,
            ),
            maker.rate(
                (
                    "Rollbacks",
                    "Transactions that were taken back. A rise is an error in a service, or a \
                     conflict between two.",
                ),
                maker.counter("pg_stat_database_xact_rollback"),
                &by,
            ),
            block_hits(maker),
            maker.rate(
                (
                    "Deadlocks",
                    "Transactions that waited for each other. Any is a fault: lock in the same \
                     order everywhere.",
                ),
                maker.counter("pg_stat_database_deadlocks"),
                &by,
            ),
            maker.level(
                (
                    "Database size",
                    "What each database takes on disk. See when the disk will be full.",
                ),
                maker.gauge("pg_database_size_bytes"),
                &by,
            ),
        ],
    )
}

/// What was read from memory, of all blocks that were asked for.
fn block_hits(maker: &Maker<'_>) -> Made {
    let by = ["datname"];
    let hits = maker
        .counter("pg_stat_database_blks_hit")?
        .rate()
        .sum_by(by)?;
    let reads = maker
        .counter("pg_stat_database_blks_read")?
        .rate()
        .sum_by(by)?;
    let share = hits.ratio_to(&hits.plus(&reads)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Blocks from memory",
            "Which share of the blocks that queries needed was in memory. A fall means that the \
             data in use has outgrown it.",
        ),
        [maker.quality(&share, "{{datname}}")?],
    )?;
    Ok(panel.range(0.0, 1.0))
}

/// Redis as it sees itself, by its exporter.
pub(crate) fn redis(maker: &Maker<'_>) -> MaybeRow {
    let by = ["instance"];
    maker.row(
        "Redis",
        [
            maker.greatest(
                (
                    "Redis answers",
                    "1 where the exporter could log in. At 0 the server is down, or its password \
                     was changed.",
                ),
                maker.gauge("redis_up"),
                &by,
            ),
            memory_of_most(maker),
            maker.level(
                (
                    "Redis clients",
                    "Connections of clients. A steady rise is a client that opens one for each \
                     request.",
                ),
                maker.gauge("redis_connected_clients"),
                &by,
            ),
            maker.rate(
                (
                    "Redis commands",
                    "Commands that were carried out, per second.",
                ),
                maker.counter("redis_commands_processed_total"),
                &by,
            ),
            key_hits(maker),
            maker.rate(
                (
                    "Redis evictions",
                    "Keys that were let go of because memory was full. Any is data that somebody \
                     may still want, unless Redis is a cache alone.",
                ),
                maker.counter("redis_evicted_keys_total"),
                &by,
            ),
        ],
    )
}

/// 0 is no limit: a share of that would be infinite.
fn memory_of_most(maker: &Maker<'_>) -> Made {
    let used = maker
        .gauge("redis_memory_used_bytes")?
        .value()
        .sum_by(["instance"])?;
    let most = maker
        .gauge("redis_memory_max_bytes")?
        .value()
        .sum_by(["instance"])?;
    let share = used
        .ratio_to(&most)?
        .when(&most.above(crate::query::Quantity::bytes(0.0))?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Redis memory of the limit",
            "Which share of the memory that Redis may use it uses; none where it has no limit. \
             Near 1 it evicts keys, or refuses to write.",
        ),
        [Target::new(&share, "{{instance}}")?],
    )?;
    Ok(panel.or_says("no limit").range(0.0, 1.0).limits(0.85, 0.9))
}

fn key_hits(maker: &Maker<'_>) -> Made {
    let by = ["instance"];
    let hits = maker
        .counter("redis_keyspace_hits_total")?
        .rate()
        .sum_by(by)?;
    let misses = maker
        .counter("redis_keyspace_misses_total")?
        .rate()
        .sum_by(by)?;
    let share = hits.ratio_to(&hits.plus(&misses)?)?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            "Redis hits",
            "Which share of the keys that were asked for was there.",
        ),
        [maker.quality(&share, "{{instance}}")?],
    )?;
    Ok(panel.range(0.0, 1.0))
}
