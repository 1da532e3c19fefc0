//! Databases and caches: as services see them, and as their exporters do.

use super::Made;
use super::patterns::{Call, Grows, Level, Part, Share, Than};
use super::scope::{Scope, hours, minutes};
use crate::alert::{Alert, Severity, Track, Words};

const DATABASE_DOWN: Words = Words {
    summary: "The database is down, says {job}",
    description: "{job} cannot log in to the database, or nothing tells of it any more.",
    meaning: "The exporter does not get into the database, a service's own check of it fails, or \
              the exporter tells nothing. That the exporter answers does not mean that the database \
              does.",
    impact: "Services that need the database fail.",
    mitigation: &[
        "Try to log in by hand with the rights of the exporter: `psql -c 'select 1'`.",
        "Refused: the server does not run or does not listen there; read its log.",
        "Too many connections: see PostgresTooManyConnections.",
        "Only the exporter says so: look at its password and its rights.",
        "A full disk stops the server too: look at DiskSpaceLow. Never delete files of the \
         database to make space.",
    ],
};

const REDIS_DOWN: Words = Words {
    summary: "Redis is down, says {job}",
    description: "{job} cannot reach Redis, or nothing tells of it any more.",
    meaning: "The exporter does not get into Redis, a service's own check of it fails, or the \
              exporter tells nothing.",
    impact: "Caches and queues that live there are gone for now.",
    mitigation: &[
        "Try by hand: `redis-cli ping`.",
        "Refused: it does not run; read its log. It may have been killed for its memory.",
        "LOADING: it reads its data after a start; wait.",
        "NOAUTH: the password of whoever asks is wrong.",
    ],
};

const CONNECTIONS: Words = Words {
    summary: "PostgreSQL {instance} has few connections left",
    description: "{value} of the connections that it allows are open, more than {threshold}.",
    meaning: "The server approaches max_connections.",
    impact: "At the limit nobody else gets in, and services fail.",
    mitigation: &[
        "Look at the states below: many `idle in transaction` point to a service that does not end \
         its transactions, many `idle` to pools that are too large.",
        "Make pools smaller, or put a pooler in front.",
        "End single sessions with pg_terminate_backend if nobody gets in.",
    ],
};

const DEADLOCKS: Words = Words {
    summary: "Transactions in {datname} lock each other out",
    description: "{value} deadlocks in an hour, more than {threshold}.",
    meaning: "Transactions take the same locks in different orders; PostgreSQL ends one of them \
              each time.",
    impact: "These transactions fail, and are tried again at best.",
    mitigation: &[
        "Read the server log: it has both statements of each deadlock.",
        "Take rows in the same order everywhere, and keep transactions short.",
    ],
};

const REPLICA: Words = Words {
    summary: "The replica {instance} is behind",
    description: "It is {value} behind its primary, more than {threshold}.",
    meaning: "What was written to the primary is not on the replica yet.",
    impact: "Reads are old; if the primary is lost now, so is what the replica has not got.",
    mitigation: &[
        "Look at the network between both and at the disk of the replica.",
        "A long query on the replica holds it back: look for it, and end it if need be.",
        "Do not fail over before it has caught up, unless the primary is gone for good.",
    ],
};

const REDIS_MEMORY: Words = Words {
    summary: "Redis {instance} is nearly full",
    description: "{value} of its maximum are used, more than {threshold}.",
    meaning: "Redis approaches maxmemory. Where there is no maximum this alert is silent.",
    impact: "At the limit keys are evicted or writes refused, as maxmemory-policy says.",
    mitigation: &[
        "Look whether keys without an end of life grow: `redis-cli --bigkeys`.",
        "Raise maxmemory if the machine has the memory, or give keys an end of life.",
    ],
};

const REDIS_CLIENTS: Words = Words {
    summary: "Redis {instance} has few connections left",
    description: "{value} of the clients that it allows are connected, more than {threshold}.",
    meaning: "Redis approaches maxclients.",
    impact: "At the limit nobody else gets in.",
    mitigation: &[
        "Look who is connected: `redis-cli client list`.",
        "Make pools smaller; set `timeout` so that idle clients are let go of.",
    ],
};

const REDIS_REJECTED: Words = Words {
    summary: "Redis {instance} refuses connections",
    description: "{value} connections were refused in ten minutes.",
    meaning: "maxclients was reached.",
    impact: "Services that wanted to connect failed.",
    mitigation: &[
        "Look who is connected: `redis-cli client list`.",
        "Raise maxclients, if the limit of file descriptors allows it, or make pools smaller.",
    ],
};

const POOL: Words = Words {
    summary: "The pool of {job} for {database} is nearly used up",
    description: "{value} of the connections of the pool are lent out, more than {threshold}.",
    meaning: "Almost all connections of the pool are in use. That none is in use is normal, and no \
              fault.",
    impact: "Requests begin to wait for a connection.",
    mitigation: &[
        "Look at the time of queries: slow ones keep their connections.",
        "Look for connections that are held while something else is waited for.",
        "Make the pool larger, if the server has connections left.",
    ],
};

const WAITS: Words = Words {
    summary: "{job} gets no connections for {database}",
    description: "{value} of the waits for a connection fail, more than {threshold}.",
    meaning: "Whoever wants a connection of the pool waits until its time is over, or cannot \
              connect.",
    impact: "Requests that need the database fail.",
    mitigation: &[
        "timeout: the pool is used up; see DatabasePoolSaturated.",
        "error: the database refuses or is not reached; see DatabaseDown.",
    ],
};

const QUERIES: Words = Words {
    summary: "Queries of {job} to {database} fail",
    description: "{value} of the queries fail, more than {threshold}.",
    meaning: "Too many queries end with an error or out of time.",
    impact: "What needed them fails.",
    mitigation: &[
        "Look which operation fails, by the query above, and at the errors in the log of the service.",
        "If it began with a deployment or a migration, go back to the version before.",
        "timeout: look for long locks in the database.",
    ],
};

const CACHE: Words = Words {
    summary: "The cache {cache} of {job} fails",
    description: "{value} of the requests to the cache end with an error, more than {threshold}.",
    meaning: "The cache itself fails; a miss is no failure.",
    impact: "Everything is fetched from behind the cache, which may not bear it.",
    mitigation: &[
        "Look at the store of the cache: see RedisDown.",
        "Look whether what is behind the cache bears the load; hold requests back if it does not.",
    ],
};

pub(super) fn alerts(scope: &Scope<'_>) -> Made {
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let (warning, critical) = (Severity::Warning, Severity::Critical);
    let main: &[(&str, &str)] = &[("database", "main")];
    let mut alerts = Part {
        call: call("DatabasePoolSaturated", warning, minutes(5), &POOL),
        used: "database_pool_connections_in_use",
        whole: "database_pool_connections_max",
        by: main,
        percent: 80.0,
        may_be_unlimited: true,
    }
    .alert(scope)?;
    let waits = Share {
        call: call("DatabasePoolTimeouts", critical, minutes(2), &WAITS),
        family: "database_pool_acquires_total",
        label: "outcome",
        bad: &["timeout", "error", "panicked"],
        ignored: &["cancelled"],
        good: "success",
        by: main,
        percent: 1.0,
        at_least: 100.0,
        window: minutes(5),
    };
    alerts.extend(waits.alert(scope)?);
    let queries = Share {
        call: call("DatabaseQueriesFailing", warning, minutes(5), &QUERIES),
        family: "database_queries_total",
        label: "outcome",
        bad: &["error", "timeout", "panicked"],
        ignored: &["cancelled"],
        good: "success",
        by: main,
        percent: 5.0,
        at_least: 20.0,
        window: minutes(5),
    };
    alerts.extend(queries.alert(scope)?);
    let cache = Share {
        call: call("CacheFailing", warning, minutes(5), &CACHE),
        family: "cache_requests_total",
        label: "outcome",
        bad: &["error"],
        ignored: &[],
        good: "hit",
        by: &[("cache", "pages")],
        percent: 5.0,
        at_least: 20.0,
        window: minutes(5),
    };
    alerts.extend(cache.alert(scope)?);
    Ok(alerts)
}

/// What the exporters say.
pub(super) fn exported(scope: &Scope<'_>) -> Made {
    let call = |name, severity, hold, words| Call {
        name,
        severity,
        hold,
        words,
    };
    let (warning, critical) = (Severity::Warning, Severity::Critical);
    let instance: &[(&str, &str)] = &[("instance", "")];
    let down = call("DatabaseDown", critical, minutes(1), &DATABASE_DOWN);
    let mut alerts = down_by(scope, down, "pg_up", "postgres")?;
    alerts.extend(connections(scope)?);
    let deadlocks = Grows {
        call: call("PostgresDeadlocks", warning, minutes(0), &DEADLOCKS),
        family: "pg_stat_database_deadlocks",
        only: None,
        by: &[("datname", "shop")],
        more_than: 5.0,
        window: hours(1),
    };
    alerts.extend(deadlocks.alert(scope)?);
    let replica = Level {
        call: call("PostgresReplicaBehind", warning, minutes(5), &REPLICA),
        family: "pg_replication_lag_seconds",
        is_states: false,
        only: &[],
        by: instance,
        than: Than::Above(30.0),
        values: (31.0, 29.0),
    };
    alerts.extend(replica.alert(scope)?);
    let down = call("RedisDown", critical, minutes(1), &REDIS_DOWN);
    alerts.extend(down_by(scope, down, "redis_up", "redis")?);
    for (name, used, whole, percent, words) in [
        (
            "RedisMemoryHigh",
            "redis_memory_used_bytes",
            "redis_memory_max_bytes",
            90.0,
            &REDIS_MEMORY,
        ),
        (
            "RedisTooManyConnections",
            "redis_connected_clients",
            "redis_config_maxclients",
            80.0,
            &REDIS_CLIENTS,
        ),
    ] {
        let part = Part {
            call: call(name, warning, minutes(5), words),
            used,
            whole,
            by: instance,
            percent,
            may_be_unlimited: true,
        };
        alerts.extend(part.alert(scope)?);
    }
    let rejected = Grows {
        call: call(
            "RedisRejectsConnections",
            warning,
            minutes(0),
            &REDIS_REJECTED,
        ),
        family: "redis_rejected_connections_total",
        only: None,
        by: instance,
        more_than: 0.0,
        window: minutes(10),
    };
    alerts.extend(rejected.alert(scope)?);
    Ok(alerts)
}

/// The exporter says that it does not get in, or says nothing.
fn down_by(scope: &Scope<'_>, call: Call<'_>, family: &str, exporter: &str) -> Made {
    let mut alerts: Vec<Alert> = Vec::new();
    if let Some(up) = scope.gauge(family, &[])? {
        let job = scope.job(family);
        let of_job = up.with("job", &job)?;
        let down = of_job.value().max_by(["job"])?.equals(0.0)?;
        let condition = down.or(&of_job.absent())?;
        let scenario = scope
            .story(family)
            .series(family, &[], Track::Level(0.0), Track::Level(1.0))
            .by(&[("job", "")])
            .fires_on_absence();
        let alert = call
            .made(scope, condition, scenario)?
            .label("source", exporter);
        alerts.push(alert.ask("What does the exporter say?", scope.text(&up.value())));
    }
    Ok(alerts)
}

/// What services say of the same, by their own checks.
pub(super) fn checked(scope: &Scope<'_>) -> Made {
    let mut alerts = Vec::new();
    let database: &[&str] = &["database", "postgres", "postgresql"];
    for (name, words, checks) in [
        ("DatabaseDown", &DATABASE_DOWN, database),
        ("RedisDown", &REDIS_DOWN, &["redis", "cache"]),
    ] {
        let check = Level {
            call: Call {
                name,
                severity: Severity::Critical,
                hold: minutes(1),
                words,
            },
            family: "health_check_state",
            is_states: true,
            only: &[("check", checks), ("health_check_state", &["down"])],
            by: &[],
            than: Than::Is(1.0),
            values: (1.0, 0.0),
        };
        let check = check.alert(scope)?.into_iter();
        alerts.extend(check.map(|alert| alert.label("source", "service")));
    }
    Ok(alerts)
}

fn connections(scope: &Scope<'_>) -> Made {
    let (count, most) = ("pg_stat_activity_count", "pg_settings_max_connections");
    let gauges = (scope.gauge(count, &["state"])?, scope.gauge(most, &[])?);
    let (Some(open), Some(most_allowed)) = gauges else {
        return Ok(Vec::new());
    };
    let by = ["job", "instance"];
    let share = open
        .value()
        .sum_by(by)?
        .ratio_to(&most_allowed.value().max_by(by)?)?;
    let condition = share.above(crate::query::Quantity::percent(80.0))?;
    let state = |state| [("state", state), ("datname", "shop")];
    let scenario = scope
        .story(count)
        .always(count, &state("active"), Track::Level(40.0))
        .series(
            count,
            &state("idle"),
            Track::Level(41.0),
            Track::Level(39.0),
        )
        .always(most, &[("server", "localhost:5432")], Track::Level(100.0))
        .by(&[("job", ""), ("instance", "")])
        .shows(0.81, 0.79);
    let call = Call {
        name: "PostgresTooManyConnections",
        severity: Severity::Warning,
        hold: minutes(5),
        words: &CONNECTIONS,
    };
    let alert = call.made(scope, condition, scenario)?;
    let states = open.value().sum_by(["instance", "state"])?;
    Ok(vec![
        alert.ask("In which state are they?", scope.text(&states)),
    ])
}
