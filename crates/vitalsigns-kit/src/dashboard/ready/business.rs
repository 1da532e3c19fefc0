//! Business Metrics: who comes, what is paid, what is learned, what is used.

use vitalsigns::families::payments::Currency;

use super::rows::MaybeRow;
use crate::dashboard::maker::{Made, Maker};
use crate::dashboard::model::{Colour, Dashboard, Step, Visual};
use crate::query::{Quantity, QueryError, Rendering, Unit, Vector};

pub(super) fn dashboard(maker: &Maker<'_>) -> Result<Option<Dashboard>, QueryError> {
    let core = [
        "user_registrations_total",
        "user_logins_total",
        "payments_processed_total",
        "learning_enrolments_total",
    ];
    if !core.iter().any(|family| maker.has(family)) {
        return Ok(None);
    }
    let made = maker.dashboard(
        "Business Metrics",
        "Who registers and comes back, what is paid in which currency, what is learned, and what \
         the plans are used for.",
        [
            users(maker)?,
            payments(maker)?,
            learning(maker)?,
            usage(maker)?,
        ],
    )?;
    Ok(made.map(|mut dashboard| {
        // Trends show over days.
        dashboard.shows = std::time::Duration::from_secs(2 * 86_400);
        match maker.has("payments_processed_total") {
            true => dashboard.variable("currency", maker.name("payments_processed_total")),
            false => dashboard,
        }
    }))
}

fn users(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Registrations and logins",
        [
            maker.rate(
                (
                    "Registrations",
                    "Registrations that were decided, by how. A fall of `success` with as many \
                     `invalid` is a form that was changed.",
                ),
                maker.counter("user_registrations_total"),
                &["outcome"],
            ),
            against_last_week(
                maker,
                "user_registrations_total",
                "Registrations against last week",
            ),
            maker.rate(
                (
                    "Logins",
                    "Logins that were decided, by how. Many `bad_credentials` at once: somebody \
                     is trying passwords.",
                ),
                maker.counter("user_logins_total"),
                &["outcome"],
            ),
            against_last_week(maker, "user_logins_total", "Logins against last week"),
            maker.share(
                (
                    "Login success",
                    "Which share of the logins succeeded, by method. A fall of one method is its \
                     provider.",
                ),
                maker.counted("user_logins_total", "outcome", &["success"]),
                maker.counter("user_logins_total"),
                &["method"],
            ),
            active(maker),
            maker.level(
                ("Sessions", "Sessions that are open, by plan."),
                maker.gauge("user_sessions_in_progress"),
                &["plan"],
            ),
        ],
    )
}

/// How many times as many as in the same hours a week ago.
fn against_last_week(maker: &Maker<'_>, family: &str, title: &str) -> Made {
    let done = maker.counted(family, "outcome", &["success"])?;
    let hours = done.increase_over(std::time::Duration::from_secs(6 * 3600))?;
    let trend = hours.sum()?.against_last_week()?;
    let panel = maker.panel(
        Visual::TimeSeries,
        (
            title,
            "How many times as many succeeded in six hours as in the same hours a week ago: 1 is \
             as many. Below a half, look at what was changed.",
        ),
        [maker.quality(&trend, "times as many")?],
    )?;
    Ok(panel.below(Colour::Bad).steps([
        Step::new(0.5, Colour::Doubtful),
        Step::new(0.8, Colour::Good),
    ]))
}

/// Each process counts all users, so that they are not added up.
fn active(maker: &Maker<'_>) -> Made {
    maker.greatest(
        (
            "Active users",
            "Users who were active in each window until now; windows overlap, so they are never \
             added up.",
        ),
        maker.gauge("active_users"),
        &["window"],
    )
}

fn payments(maker: &Maker<'_>) -> MaybeRow {
    let all = || {
        maker
            .counter("payments_processed_total")?
            .variable("currency", "currency")
    };
    let ended = |outcomes: &[&str]| all()?.any_of("outcome", outcomes);
    let asked = ["authorised", "declined", "failed", "panicked"];
    maker.row(
        "Payments",
        [
            maker
                .share(
                    (
                        "Payments that failed",
                        "Which share of the payments failed on our side or the provider's; one \
                         that was declined is an answer, and no failure.",
                    ),
                    ended(&["failed", "panicked"]),
                    ended(&asked),
                    &[],
                )
                .map(|panel| panel.limits(0.005, 0.01).size(4, 8)),
            maker.share(
                (
                    "Payment success",
                    "Which share of the payments was authorised, by method. A fall of one method \
                     is its provider.",
                ),
                ended(&["authorised"]),
                ended(&asked),
                &["method"],
            ),
            maker.rate(
                (
                    "Payments by outcome",
                    "Payments that ended, per second, by how.",
                ),
                all(),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Payments by currency",
                    "Payments that ended, per second, in each currency.",
                ),
                all(),
                &["currency"],
            ),
            money(
                maker,
                "Volume",
                "payments_amount_minor_units_total",
                "What was authorised in the time that is shown, in whole units of each currency. \
                 Currencies are never added up.",
            ),
            money(
                maker,
                "Captured",
                "payments_captured_minor_units_total",
                "What was taken in the time that is shown, in whole units of each currency.",
            ),
            money(
                maker,
                "Refunded",
                "payments_refunded_minor_units_total",
                "What was given back in the time that is shown, in whole units of each currency.",
            ),
            money(
                maker,
                "Charged back",
                "payments_charged_back_minor_units_total",
                "What banks took back in the time that is shown, in whole units of each currency. \
                 A rise is fraud, or a product that disappoints.",
            ),
            typical(maker),
            maker.rate(
                (
                    "Declined and failed by reason",
                    "Why payments were declined or failed.",
                ),
                ended(&["declined", "failed"]),
                &["reason"],
            ),
            maker.slowest(
                (
                    "Duration of the provider (p95)",
                    "How long 95 of 100 calls of each provider took at most.",
                ),
                maker.histogram("payments_provider_duration_seconds"),
                &["provider"],
            ),
        ],
    )
}

/// An amount of money in the time that is shown, by currency.
fn money(maker: &Maker<'_>, title: &str, family: &str, about: &str) -> Made {
    let amounts = maker.counter(family)?;
    let codes = amounts.increase().label_values("currency");
    let all = in_whole_units(&codes, |same| {
        let amount = amounts.any_of("currency", same)?;
        let amount = amount.variable("currency", "currency")?;
        let amount = amount.increase().sum_by(["currency"])?;
        Ok(amount.above(Quantity::number(0.0))?.vector())
    })?;
    let target = maker.traffic(&all, "{{currency}}")?;
    let target = target.rendered(Rendering::dashboard().shown());
    maker.panel(Visual::BarGauge, (title, about), [target])
}

/// What half of the payments in each currency stay below.
fn typical(maker: &Maker<'_>) -> Made {
    let amounts = maker.histogram("payment_amount_minor_units")?;
    let codes = amounts.by(["currency"])?.rate().label_values("currency");
    let all = in_whole_units(&codes, |same| {
        let amount = amounts.any_of("currency", same)?;
        let amount = amount.variable("currency", "currency")?;
        amount.by(["currency"])?.quantile(0.5)
    })?;
    maker.panel(
        Visual::TimeSeries,
        (
            "Typical payment",
            "What half of the payments in each currency stay below, in whole units of it, as far \
             as the buckets tell. A jump is a price that was changed, or a fault in a decimal \
             point.",
        ),
        [maker.quality(&all, "{{currency}}")?],
    )
}

/// By currency, from minor units, of which each currency has its own number.
fn in_whole_units(
    codes: &[String],
    of: impl Fn(&[&str]) -> Result<Vector, QueryError>,
) -> Result<Vector, QueryError> {
    let mut all: Option<Vector> = None;
    for exponent in 0..=4 {
        let same = codes.iter().map(String::as_str);
        let same: Vec<&str> = same.filter(|code| exponent_of(code) == exponent).collect();
        if same.is_empty() {
            continue;
        }
        let factor = 10_f64.powi(-i32::try_from(exponent).unwrap_or(0));
        let amount = of(&same)?.times(factor)?.counted_in(Unit::named("units"));
        all = Some(match all {
            Some(all) => all.or(&amount)?,
            None => amount,
        });
    }
    // A label that can be anything says no number of minor units.
    all.ok_or(QueryError::NothingMatches {
        label: "currency".to_owned(),
    })
}

/// How many decimal digits the minor unit of a currency has; most have two.
fn exponent_of(code: &str) -> u32 {
    Currency::from_code(code).map_or(2, Currency::exponent)
}

fn learning(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Educational engagement",
        [
            maker.rate(
                ("Enrolments", "Enrolments that were decided, by how."),
                maker.counter("learning_enrolments_total"),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Lessons by outcome",
                    "Lessons that ended. Many `abandoned`: look at which subject, and at the player.",
                ),
                maker.counter("learning_lessons_total"),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Engagement",
                    "How many learners do something at a time, on average, by subject.",
                ),
                maker.counter("learning_engagement_seconds_total"),
                &["subject"],
            ),
            maker.share(
                (
                    "Lessons completed",
                    "Which share of the lessons that ended was completed, by subject.",
                ),
                maker.counted("learning_lessons_total", "outcome", &["completed"]),
                maker.counter("learning_lessons_total"),
                &["subject"],
            ),
            maker.rate(
                ("Assessments", "Assessments that ended, by how."),
                maker.counter("learning_assessments_total"),
                &["outcome"],
            ),
            maker.heat(
                ("Scores", "How many assessments had which score."),
                maker.histogram("learning_assessment_score_ratio"),
            ),
        ],
    )
}

fn usage(maker: &Maker<'_>) -> MaybeRow {
    maker.row(
        "Usage patterns",
        [
            maker.rate(
                (
                    "API calls by plan",
                    "Calls of the API, per second, by the caller's plan.",
                ),
                maker.counter("api_calls_total"),
                &["plan"],
            ),
            maker.rate(
                (
                    "API calls by outcome",
                    "What became of the calls. Many `quota_exceeded`: offer the next plan.",
                ),
                maker.counter("api_calls_total"),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Sessions by how they ended",
                    "Sessions that ended, per second.",
                ),
                maker.counter("user_sessions_total"),
                &["outcome"],
            ),
            maker.rate(
                (
                    "Requests by service",
                    "What is used: requests that each service answered.",
                ),
                maker.counter("http_requests_total"),
                &["job"],
            ),
        ],
    )
}
