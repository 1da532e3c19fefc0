//! What is made by this crate has no fault: neither what is generated for systems, nor any
//! expression that its queries let through.

use std::time::Instant;

use proptest::prelude::*;
use vitalsigns_kit::artefact::Artefact;
use vitalsigns_kit::finding::{Finding, Output, Place, render};
use vitalsigns_kit::generate::artefacts;
use vitalsigns_kit::system::{Email, Receivers, System};
use vitalsigns_kit::verify::{Folder, Knowledge, Purpose, expression, verify};

use crate::random::{self, Choices};
use crate::systems::{bakery, whole};

/// The files of a system, with the catalogues of its services.
fn folder(system: &System) -> Folder {
    let mut files = artefacts(system).unwrap();
    files.extend(system.services.iter().map(|service| {
        let path = format!("catalogue/{}.json", service.job);
        Artefact::new(path, service.catalogue.to_json())
    }));
    Folder::of(files)
}

fn told(findings: &[Finding]) -> String {
    render(findings, Output::Text)
}

#[test]
fn what_is_generated_has_no_fault() {
    let mail = Email::new(
        "smtp.example.org:587",
        "alerts@example.org",
        "team@example.org",
    );
    for system in [whole(), bakery()] {
        let system = system.receivers(Receivers::new().email(mail.clone()));
        let findings = verify(&folder(&system), &Knowledge::new());
        assert!(findings.is_empty(), "{}", told(&findings));
    }
}

#[test]
fn who_has_nobody_to_tell_is_told_so() {
    let findings = verify(&folder(&bakery()), &Knowledge::new());
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code()).collect();
    assert_eq!(codes, ["empty-receiver"], "{}", told(&findings));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_that_queries_let_through_has_a_fault(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        thread_local! {
            static KNOWN: (vitalsigns::Catalogue, Knowledge) = {
                let catalogue = random::catalogue();
                let knowledge = Knowledge::new().catalogue(&catalogue);
                (catalogue, knowledge)
            };
        }
        let found = KNOWN.with(|(catalogue, knowledge)| {
            let text = random::expression(catalogue, &mut Choices::new(&bytes)).ok()?;
            let place = Place::of(text.as_str());
            let mut findings = expression(&text, knowledge, &place, Purpose::Alert);
            // Thresholds are drawn by lot, and whoever queries may compare a rate with -1.
            findings.retain(|finding| !["never-true", "always-true"].contains(&finding.code()));
            // So are jobs: those of a selector by itself, and those of the whole rendering.
            findings.retain(|finding| !finding.cause.contains("the label `job`"));
            // And so are windows: one that was chosen may be that of the rendering, so that both
            // sides of a division are the same after all.
            findings.retain(|finding| finding.code() != "self-division");
            Some(findings)
        });
        if let Some(findings) = found {
            prop_assert!(findings.is_empty(), "{}", told(&findings));
        }
    }
}

/// How long it takes is told, not asserted: other programs run beside the tests.
#[test]
fn many_rules_and_dashboards_are_judged() {
    let mut files: Vec<Artefact> = Vec::new();
    let system = whole();
    let made = artefacts(&system).unwrap();
    let dashboards: Vec<&Artefact> = made
        .iter()
        .filter(|file| file.text.contains("\"panels\""))
        .collect();
    for number in 0..50 {
        let dashboard = dashboards[number % dashboards.len()];
        files.push(Artefact::new(
            format!("{number}.json"),
            dashboard.text.as_str(),
        ));
    }
    let mut rules = "groups:\n  - name: many\n    rules:\n".to_owned();
    for number in 0..200 {
        rules.push_str(&format!(
            "      - alert: Alert{number}\n        expr: sum by (job) (rate(http_requests_total\
             {{status=~\"5..\"}}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05\n"
        ));
    }
    files.push(Artefact::new("rules.yml", rules));
    let panels: usize = files
        .iter()
        .map(|file| file.text.matches("\"expr\"").count())
        .sum();
    let knowledge = Knowledge::new().catalogue(&system.catalogue());
    let begun = Instant::now();
    let folder = Folder::of(files);
    let read = begun.elapsed();
    let findings = verify(&folder, &knowledge);
    println!(
        "200 rules and 50 dashboards with {panels} expressions: read in {read:?}, judged in {:?}",
        begun.elapsed() - read
    );
    // The same dashboard twice has the same uid twice.
    assert!(
        findings
            .iter()
            .any(|finding| finding.code() == "duplicate-uid")
    );
}
