//! The rules for names, in one place for both judges of them: the compiler, which evaluates these
//! functions for the names that a derive sees, and registration, which calls them for names that
//! are put together at run time.

use std::fmt;

use crate::kind::Kind;

/// Why a name was refused, and what would be right.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Kind, NameFault};
/// use vitalsigns::name::check_metric;
///
/// assert_eq!(check_metric("jobs", Kind::Counter), Err(NameFault::CounterWithoutTotal));
/// assert_eq!(check_metric("jobs_total", Kind::Counter), Ok(()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameFault {
    /// There is nothing in it.
    Empty,
    /// Something else than `a`–`z`, `0`–`9` and `_`, or a digit in front.
    NotSnakeCase,
    /// Two underscores in a row, or one at an end.
    StrayUnderscore,
    /// A counter whose name does not end in `_total`.
    CounterWithoutTotal,
    /// `_total` on something that is not a counter.
    TotalOnOther,
    /// An info metric whose name does not end in `_info`.
    InfoWithoutSuffix,
    /// `_info` on something that is not an info metric.
    InfoOnOther,
    /// A suffix that histograms and counters add to their own samples.
    ReservedSuffix,
    /// The kind is said in the name.
    KindInName,
    /// A unit of time that is not the second.
    TimeUnit,
    /// A unit of size that is not the byte.
    SizeUnit,
    /// A percentage.
    Percent,
    /// The unit that was declared is not the end of the name.
    UnitNotSuffix,
    /// An info metric or a state set has no unit.
    UnitOnUnitless,
    /// A label that Prometheus keeps for itself.
    ReservedLabel,
    /// A label that identifies a person or a request.
    Identifying,
}

impl NameFault {
    /// The fault in words, with what would be right.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::NameFault;
    ///
    /// assert!(NameFault::Percent.message().contains("_ratio"));
    /// ```
    pub const fn message(self) -> &'static str {
        match self {
            NameFault::Empty => "a name has at least one letter",
            NameFault::NotSnakeCase => {
                "a name is snake_case: a letter, then `a`-`z`, `0`-`9` and `_`"
            }
            NameFault::StrayUnderscore => {
                "a name has single underscores, and none at its start or end"
            }
            NameFault::CounterWithoutTotal => {
                "the name of a counter ends in `_total`, as in `orders_total`"
            }
            NameFault::TotalOnOther => {
                "only a counter's name ends in `_total`; name what is measured, without the suffix"
            }
            NameFault::InfoWithoutSuffix => {
                "the name of an info metric ends in `_info`, as in `build_info`"
            }
            NameFault::InfoOnOther => {
                "only an info metric's name ends in `_info`; name what is measured, without the suffix"
            }
            NameFault::ReservedSuffix => {
                "`_bucket`, `_count`, `_sum` and `_created` are added by histograms and counters to \
                 their samples, and `_total` and `_info` stand once; use another word"
            }
            NameFault::KindInName => {
                "the kind of a metric is not part of its name; leave `counter`, `gauge`, \
                 `histogram` or `summary` out"
            }
            NameFault::TimeUnit => {
                "time is measured in seconds; record seconds and end the name in `_seconds`"
            }
            NameFault::SizeUnit => {
                "size is measured in bytes; record bytes and end the name in `_bytes`"
            }
            NameFault::Percent => {
                "a share is a ratio from 0 to 1; record the ratio and end the name in `_ratio`"
            }
            NameFault::UnitNotSuffix => {
                "the unit is the last word of the name (before `_total`), as in `output_frames`"
            }
            NameFault::UnitOnUnitless => "info metrics and state sets have no unit; leave it out",
            NameFault::ReservedLabel => {
                "`le` and `quantile` belong to histograms and summaries, `__` to Prometheus, and \
                 `job` and `instance` to the scrape; use another word"
            }
            NameFault::Identifying => {
                "it identifies a person or a request and would make a series for each; use a \
                 closed enum, or say `allow = \"reason\"`"
            }
        }
    }
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// Checks the complete name of a metric.
///
/// The rules are those of the Prometheus and OpenMetrics naming conventions: snake case, `_total`
/// on counters and nowhere else, base units, no kind in the name.
///
/// # Errors
///
/// The first [`NameFault`] found.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Kind, NameFault, name::check_metric};
///
/// const _: () = assert!(check_metric("checkout_order_duration_seconds", Kind::Histogram).is_ok());
/// assert_eq!(check_metric("latency_ms", Kind::Histogram), Err(NameFault::TimeUnit));
/// ```
pub const fn check_metric(name: &str, kind: Kind) -> Result<(), NameFault> {
    if let Err(fault) = check_words(name) {
        return Err(fault);
    }
    match (kind, ends_with(name, "_total")) {
        (Kind::Counter, false) => return Err(NameFault::CounterWithoutTotal),
        (Kind::Counter, true) => {}
        (_, true) => return Err(NameFault::TotalOnOther),
        (_, false) => {}
    }
    match (kind, ends_with(name, "_info")) {
        (Kind::Info, false) => return Err(NameFault::InfoWithoutSuffix),
        (Kind::Info, true) => {}
        (_, true) => return Err(NameFault::InfoOnOther),
        (_, false) => {}
    }
    let base = base_name(name, kind);
    if check_words(base).is_err() {
        return Err(NameFault::StrayUnderscore);
    }
    if contains(RESERVED_LAST_WORDS, last_word(base)) {
        return Err(NameFault::ReservedSuffix);
    }
    check_each_word(base)
}

/// Checks a prefix or a namespace: words that stand in front of metric names.
///
/// # Errors
///
/// The first [`NameFault`] found.
///
/// # Examples
///
/// ```
/// use vitalsigns::{NameFault, name::check_prefix};
///
/// assert_eq!(check_prefix("checkout"), Ok(()));
/// assert_eq!(check_prefix("Checkout"), Err(NameFault::NotSnakeCase));
/// ```
pub const fn check_prefix(prefix: &str) -> Result<(), NameFault> {
    match check_words(prefix) {
        Ok(()) => check_each_word(prefix),
        fault => fault,
    }
}

/// Checks the name of a label, other than for whom it identifies: see [`identifies`].
///
/// # Errors
///
/// The first [`NameFault`] found.
///
/// # Examples
///
/// ```
/// use vitalsigns::{NameFault, name::check_label};
///
/// assert_eq!(check_label("route"), Ok(()));
/// assert_eq!(check_label("le"), Err(NameFault::ReservedLabel));
/// ```
pub const fn check_label(name: &str) -> Result<(), NameFault> {
    if contains(RESERVED_LABELS, name) || starts_with(name, "__") {
        return Err(NameFault::ReservedLabel);
    }
    check_words(name)
}

/// Checks that `unit` is the last word of a metric's name.
///
/// # Errors
///
/// [`NameFault::UnitNotSuffix`], or [`NameFault::UnitOnUnitless`] for info metrics and state sets.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Kind, name::check_unit};
///
/// assert!(check_unit("output_frames_total", Kind::Counter, "frames").is_ok());
/// assert!(check_unit("output_total", Kind::Counter, "frames").is_err());
/// ```
pub const fn check_unit(name: &str, kind: Kind, unit: &str) -> Result<(), NameFault> {
    if matches!(kind, Kind::Info | Kind::StateSet) {
        return Err(NameFault::UnitOnUnitless);
    }
    if equal(last_word(base_name(name, kind)), unit) {
        Ok(())
    } else {
        Err(NameFault::UnitNotSuffix)
    }
}

/// Whether a label of this name identifies a person or a request, so that it would make a series
/// for each of them.
///
/// # Examples
///
/// ```
/// use vitalsigns::name::identifies;
///
/// assert!(identifies("user_id"));
/// assert!(identifies("customer_email"));
/// assert!(!identifies("route"));
/// ```
pub const fn identifies(label: &str) -> bool {
    if contains(IDENTIFYING_NAMES, label) || contains(IDENTIFYING_WORDS, label) {
        return true;
    }
    // `customer_email`, `billing_phone`: the last word decides.
    contains(IDENTIFYING_WORDS, last_word(label)) && !equal(last_word(label), label)
}

/// The name of the family in OpenMetrics: without `_total` and `_info`.
pub(crate) const fn base_name(name: &str, kind: Kind) -> &str {
    let suffix = kind.suffix();
    if suffix.is_empty() || !ends_with(name, suffix) {
        return name;
    }
    name.split_at(name.len() - suffix.len()).0
}

/// The base unit that a name ends in, if it ends in one that is known here.
pub(crate) const fn unit_of(name: &str, kind: Kind) -> Option<&str> {
    if matches!(kind, Kind::Info | Kind::StateSet) {
        return None;
    }
    let base = base_name(name, kind);
    let word = last_word(base);
    if contains(BASE_UNITS, word) && word.len() < base.len() {
        Some(word)
    } else {
        None
    }
}

const BASE_UNITS: &[&str] = &[
    "seconds", "bytes", "ratio", "celsius", "meters", "volts", "amperes", "joules", "grams",
    "hertz",
];

const TIME_UNITS: &[&str] = &[
    "s",
    "ms",
    "us",
    "ns",
    "sec",
    "secs",
    "m",
    "h",
    "d",
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "millis",
    "micros",
    "nanos",
    "minutes",
    "hours",
    "days",
    "weeks",
    "msec",
];

const SIZE_UNITS: &[&str] = &[
    "b",
    "kb",
    "mb",
    "gb",
    "tb",
    "pb",
    "kib",
    "mib",
    "gib",
    "tib",
    "bits",
    "kilobytes",
    "megabytes",
    "gigabytes",
    "terabytes",
    "kibibytes",
    "mebibytes",
    "gibibytes",
];

const RESERVED_LAST_WORDS: &[&str] = &["bucket", "count", "sum", "created", "total", "info"];
const KIND_WORDS: &[&str] = &["counter", "gauge", "histogram", "summary"];
const RESERVED_LABELS: &[&str] = &["le", "quantile", "job", "instance"];

/// Words that identify somebody, alone or at the end of a name.
const IDENTIFYING_WORDS: &[&str] = &[
    "email",
    "phone",
    "ip",
    "ssn",
    "iban",
    "uuid",
    "guid",
    "username",
    "ipaddress",
];

const IDENTIFYING_NAMES: &[&str] = &[
    "user_id",
    "userid",
    "user",
    "user_name",
    "user_id_hash",
    "customer",
    "customer_id",
    "account_id",
    "person_id",
    "patient_id",
    "device_id",
    "member_id",
    "subscriber_id",
    "session",
    "session_id",
    "sessionid",
    "cookie",
    "token",
    "api_key",
    "request_id",
    "requestid",
    "correlation_id",
    "trace_id",
    "traceid",
    "span_id",
    "task_id",
    "job_id",
    "order_id",
    "payment_id",
    "transaction_id",
    "invoice_id",
    "message_id",
    "event_id",
    "video_id",
    "ip_address",
    "client_ip",
    "remote_addr",
    "remote_address",
    "user_agent",
    "full_name",
    "path",
    "url",
    "uri",
    "query",
    "query_string",
];

const fn check_words(name: &str) -> Result<(), NameFault> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Err(NameFault::Empty);
    }
    if bytes[0].is_ascii_digit() {
        return Err(NameFault::NotSnakeCase);
    }
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err(NameFault::NotSnakeCase);
        }
        if byte == b'_' && (index == 0 || index + 1 == bytes.len() || bytes[index + 1] == b'_') {
            return Err(NameFault::StrayUnderscore);
        }
        index += 1;
    }
    Ok(())
}

const fn check_each_word(name: &str) -> Result<(), NameFault> {
    let mut rest = name;
    let mut is_first = true;
    loop {
        let (word, after) = split_word(rest);
        // A unit stands behind what it is of: `bits` alone, or `h_index`, is no unit.
        if !is_first && contains(TIME_UNITS, word) {
            return Err(NameFault::TimeUnit);
        }
        if !is_first && contains(SIZE_UNITS, word) {
            return Err(NameFault::SizeUnit);
        }
        if equal(word, "percent") || equal(word, "percentage") || equal(word, "pct") {
            return Err(NameFault::Percent);
        }
        if contains(KIND_WORDS, word) {
            return Err(NameFault::KindInName);
        }
        match after {
            Some(after) => rest = after,
            None => return Ok(()),
        }
        is_first = false;
    }
}

const fn split_word(name: &str) -> (&str, Option<&str>) {
    let bytes = name.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'_' {
            let (word, rest) = name.split_at(index);
            return (word, Some(rest.split_at(1).1));
        }
        index += 1;
    }
    (name, None)
}

const fn last_word(name: &str) -> &str {
    let bytes = name.as_bytes();
    let mut index = bytes.len();
    while index > 0 {
        if bytes[index - 1] == b'_' {
            return name.split_at(index).1;
        }
        index -= 1;
    }
    name
}

const fn contains(words: &[&str], word: &str) -> bool {
    let mut index = 0;
    while index < words.len() {
        if equal(words[index], word) {
            return true;
        }
        index += 1;
    }
    false
}

const fn equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && starts_with(a, b)
}

const fn starts_with(name: &str, start: &str) -> bool {
    has_at(name, start, 0)
}

const fn ends_with(name: &str, end: &str) -> bool {
    name.len() >= end.len() && has_at(name, end, name.len() - end.len())
}

const fn has_at(name: &str, part: &str, offset: usize) -> bool {
    let (name, part) = (name.as_bytes(), part.as_bytes());
    if name.len() < offset + part.len() {
        return false;
    }
    let mut index = 0;
    while index < part.len() {
        if name[offset + index] != part[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_that_breaks_it() {
        for (name, kind, fault) in [
            ("", Kind::Gauge, NameFault::Empty),
            ("9_lives", Kind::Gauge, NameFault::NotSnakeCase),
            ("queueDepth", Kind::Gauge, NameFault::NotSnakeCase),
            ("queue:depth", Kind::Gauge, NameFault::NotSnakeCase),
            ("tiefe_ä", Kind::Gauge, NameFault::NotSnakeCase),
            ("queue__depth", Kind::Gauge, NameFault::StrayUnderscore),
            ("_depth", Kind::Gauge, NameFault::StrayUnderscore),
            ("depth_", Kind::Gauge, NameFault::StrayUnderscore),
            ("_total", Kind::Counter, NameFault::StrayUnderscore),
            ("jobs", Kind::Counter, NameFault::CounterWithoutTotal),
            ("total", Kind::Counter, NameFault::CounterWithoutTotal),
            ("jobs_total", Kind::Gauge, NameFault::TotalOnOther),
            ("jobs_total_total", Kind::Counter, NameFault::ReservedSuffix),
            ("build", Kind::Info, NameFault::InfoWithoutSuffix),
            ("build_info", Kind::Gauge, NameFault::InfoOnOther),
            ("jobs_count", Kind::Gauge, NameFault::ReservedSuffix),
            (
                "jobs_created_total",
                Kind::Counter,
                NameFault::ReservedSuffix,
            ),
            (
                "request_histogram_seconds",
                Kind::Histogram,
                NameFault::KindInName,
            ),
            ("latency_ms", Kind::Histogram, NameFault::TimeUnit),
            ("wait_minutes_total", Kind::Counter, NameFault::TimeUnit),
            ("page_kb", Kind::Gauge, NameFault::SizeUnit),
            ("cpu_usage_percent", Kind::Gauge, NameFault::Percent),
        ] {
            assert_eq!(check_metric(name, kind), Err(fault), "{name}");
        }
    }

    #[test]
    fn a_unit_is_one_behind_what_it_is_of_only() {
        for name in ["bits", "h_index", "d_latches", "minutes_written_down"] {
            assert_eq!(check_metric(name, Kind::Gauge), Ok(()), "{name}");
        }
    }

    #[test]
    fn units_come_from_the_last_word_before_the_suffix() {
        assert_eq!(unit_of("cpu_seconds_total", Kind::Counter), Some("seconds"));
        assert_eq!(
            unit_of("request_duration_seconds", Kind::Histogram),
            Some("seconds")
        );
        assert_eq!(unit_of("seconds", Kind::Gauge), None);
        assert_eq!(unit_of("queue_depth", Kind::Gauge), None);
        assert_eq!(unit_of("memory_bytes", Kind::StateSet), None);
    }
}
