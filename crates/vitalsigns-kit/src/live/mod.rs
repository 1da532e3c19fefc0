//! A chain that runs, from the pages of services to where alerts go: what of it cannot work.
//!
//! Prometheus is asked for its targets, its rules and what it has stored; the pages of its targets
//! and the Alertmanagers are asked themselves, as far as they can be reached from here. Nothing is
//! changed, and nothing is restarted.

mod alertmanager;
mod api;
mod expressions;
mod rules;
mod services;
mod targets;

use vitalsigns::Catalogue;

use crate::client::{Client, ClientError};
use crate::finding::{Finding, Place, Rule};
use crate::union;
use crate::verify::{self, Folder};
use api::Api;
use expressions::Stored;
use targets::Up;

static UNREACHABLE: Rule = Rule::error("unreachable", "A program of the chain does not answer.");

/// What is looked for, by code.
///
/// # Examples
///
/// ```
/// let rules = vitalsigns_kit::live::rules();
/// assert!(rules.iter().any(|rule| rule.code == "endpoint-placeholder"));
/// ```
pub fn rules() -> Vec<&'static Rule> {
    let mut rules = vec![
        &UNREACHABLE,
        &alertmanager::FAILING,
        &alertmanager::NONE,
        &alertmanager::UNREACHABLE,
        &expressions::NEVER_TOGETHER,
        &expressions::NO_LABEL,
        &expressions::NO_METRIC,
        &expressions::NO_VALUE,
        &expressions::UNREADABLE,
        &rules::FAILING,
        &rules::NO_RULES,
        &rules::NO_WATCHDOG,
        &rules::SLOW,
        &targets::DOWN,
        &targets::EMPTY,
        &targets::NO_TARGETS,
        &targets::PLACEHOLDER,
        &targets::SLOW,
        &targets::UNSCRAPED,
    ];
    rules.sort_by_key(|rule| rule.code);
    rules
}

/// An expression that somebody asks Prometheus, and where it stands.
///
/// # Examples
///
/// ```
/// use vitalsigns_kit::finding::Place;
/// use vitalsigns_kit::live::Asked;
///
/// let panel = Asked::new(Place::of("http.json").in_part("panel 3"), "sum(rate(a_total[5m]))");
/// assert_eq!(panel.expression, "sum(rate(a_total[5m]))");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// Where it stands.
    pub place: Place,
    /// What is asked, without variables.
    pub expression: String,
}

impl Asked {
    /// An expression and where it stands.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(place: Place, expression: impl Into<String>) -> Self {
        Asked {
            place,
            expression: expression.into(),
        }
    }
}

/// A chain that runs.
///
/// # Examples
///
/// ```no_run
/// use vitalsigns_kit::client::Client;
/// use vitalsigns_kit::live::Chain;
///
/// let chain = Chain::new(Client::new(), "http://127.0.0.1:9090");
/// for finding in chain.verify() {
///     println!("{}: {}", finding.place, finding.cause);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Chain {
    client: Client,
    prometheus: String,
    alertmanager: Option<String>,
    services: Vec<(String, String)>,
    declared: Catalogue,
    asked: Vec<Asked>,
}

impl Chain {
    /// The chain of a Prometheus at this address.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(client: Client, prometheus: impl Into<String>) -> Self {
        Chain {
            client,
            prometheus: prometheus.into(),
            alertmanager: None,
            services: Vec::new(),
            declared: union::nothing(),
            asked: Vec::new(),
        }
    }

    /// Says where Alertmanager is, seen from here.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::{client::Client, live::Chain};
    /// let chain = Chain::new(Client::new(), "http://127.0.0.1:9090")
    ///     .alertmanager("http://127.0.0.1:9093");
    /// ```
    #[must_use]
    pub fn alertmanager(mut self, address: impl Into<String>) -> Self {
        self.alertmanager = Some(address.into());
        self
    }

    /// Adds a page that has to answer here, whatever Prometheus says of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::{client::Client, live::Chain};
    /// let chain = Chain::new(Client::new(), "http://127.0.0.1:9090")
    ///     .service("shop", "http://127.0.0.1:8080/metrics");
    /// ```
    #[must_use]
    pub fn service(mut self, job: impl Into<String>, page: impl Into<String>) -> Self {
        self.services.push((job.into(), page.into()));
        self
    }

    /// Adds what is exported, so that a metric without series yet is not said to be missing.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::{client::Client, live::Chain};
    /// let catalogue = vitalsigns::Registry::new().catalogue();
    /// let chain = Chain::new(Client::new(), "http://127.0.0.1:9090").declares(&catalogue);
    /// ```
    #[must_use]
    pub fn declares(mut self, catalogue: &Catalogue) -> Self {
        union::add(&mut self.declared, catalogue);
        self
    }

    /// Adds what else is asked of Prometheus, as by panels.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::{client::Client, finding::Place, live::{Asked, Chain}};
    /// let panel = Asked::new(Place::of("http.json"), "sum(rate(a_total[5m]))");
    /// let chain = Chain::new(Client::new(), "http://127.0.0.1:9090").asks([panel]);
    /// ```
    #[must_use]
    pub fn asks(mut self, asked: impl IntoIterator<Item = Asked>) -> Self {
        self.asked.extend(asked);
        self
    }

    /// Adds what is in a folder: what its panels ask, and what its catalogues
    /// (`catalogue/<job>.json`) say that is exported.
    ///
    /// # Examples
    ///
    /// ```
    /// # use vitalsigns_kit::{client::Client, live::Chain};
    /// use vitalsigns_kit::verify::Folder;
    ///
    /// let chain = Chain::new(Client::new(), "http://127.0.0.1:9090").folder(&Folder::default());
    /// ```
    #[must_use]
    pub fn folder(mut self, folder: &Folder) -> Self {
        for (place, expression) in verify::asked(folder) {
            self.asked.push(Asked { place, expression });
        }
        for catalogue in folder.catalogues() {
            union::add(&mut self.declared, catalogue);
        }
        self
    }

    /// Everything that cannot work, in the order of the chain: services, targets, rules, panels,
    /// Alertmanager.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn verify(&self) -> Vec<Finding> {
        let mut found = Found::default();
        let mut declared = self.declared.clone();
        for (job, url) in &self.services {
            let service = Up {
                job: job.clone(),
                url: url.clone(),
            };
            if let Some(catalogue) = services::look_at(&service, &self.client, &mut found) {
                union::add(&mut declared, &catalogue);
            }
        }
        let api = Api::new(&self.client, &self.prometheus);
        let mut up = targets::look(&api, &mut found);
        up.retain(|target| !self.services.iter().any(|(_, url)| *url == target.url));
        union::add(
            &mut declared,
            &services::look(&up, &self.client, &mut found),
        );
        if let Ok(mut stored) = Stored::new(&api, declared) {
            rules::look(&api, &mut stored, &mut found);
            for asked in &self.asked {
                stored.look(&asked.expression, &asked.place, &mut found);
            }
        }
        let alertmanager = self.alertmanager.as_deref();
        alertmanager::look(&api, &self.client, alertmanager, &mut found);
        found.findings
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<Finding>,
}

impl Found {
    fn add(
        &mut self,
        rule: &'static Rule,
        place: Place,
        cause: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let finding = Finding {
            rule,
            place,
            cause: cause.into(),
            hint: hint.into(),
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    fn unreachable(&mut self, what: &str, url: &str, error: &ClientError) {
        self.add(
            &UNREACHABLE,
            Place::of(url),
            format!("{what} cannot be asked: {error}"),
            "start it, or say where it is; nothing behind it could be looked at",
        );
    }
}
