//! The pages of services, as they answer here.

use vitalsigns::{Catalogue, Format};

use super::targets::{DOWN, PLACEHOLDER, Up};
use super::{Found, Place};
use crate::agreement::agreement;
use crate::client::{Client, ClientError};
use crate::lint::{Subject, lint, prevents_scrapes};
use crate::union;

/// Asks a service that has to answer.
pub(super) fn look_at(service: &Up, client: &Client, found: &mut Found) -> Option<Catalogue> {
    match client.get(&service.url, Format::OpenMetrics.content_type()) {
        Ok(answer) if answer.status == 200 => {
            let kind = answer.content_type.as_deref();
            let subject = Subject::answer(&service.url, kind, &answer.body);
            judge(service, &subject, client, found)
        }
        Ok(answer) => {
            let error = ClientError::Status {
                url: service.url.clone(),
                status: answer.status,
                message: String::new(),
            };
            tell(service, &error, found);
            None
        }
        Err(error) => {
            tell(service, &error, found);
            None
        }
    }
}

fn tell(service: &Up, error: &ClientError, found: &mut Found) {
    found.add(
        &DOWN,
        Place::of(&service.url).in_part(format!("job `{}`", service.job)),
        error.to_string(),
        "start the service, or correct its address",
    );
}

/// Asks those that Prometheus can reach, as far as they can be reached from here, and returns what
/// they say that they export.
pub(super) fn look(up: &[Up], client: &Client, found: &mut Found) -> Catalogue {
    let mut declared = union::nothing();
    for target in up {
        let Ok(answer) = client.get(&target.url, Format::OpenMetrics.content_type()) else {
            continue;
        };
        if answer.status != 200 {
            // Prometheus may have a token that is not given here.
            continue;
        }
        let subject = Subject::answer(&target.url, answer.content_type.as_deref(), &answer.body);
        if let Some(catalogue) = judge(target, &subject, client, found) {
            union::add(&mut declared, &catalogue);
        }
    }
    declared
}

fn judge(
    target: &Up,
    subject: &Subject<'_>,
    client: &Client,
    found: &mut Found,
) -> Option<Catalogue> {
    let findings = lint(subject);
    if findings
        .iter()
        .any(|finding| finding.code() == "not-a-page")
    {
        found.add(
            &PLACEHOLDER,
            Place::of(&target.url).in_part(format!("job `{}`", target.job)),
            "what answers is no page of metrics",
            "serve the ready-made endpoint in place of a placeholder",
        );
        return None;
    }
    let catalogue = client.catalogue(&target.url).ok();
    // What other programs make of their metrics is not for their users to mend.
    let is_ours = catalogue.is_some();
    let findings = findings.into_iter();
    found.extend(findings.filter(|finding| is_ours || prevents_scrapes(finding)));
    if let Some(catalogue) = &catalogue {
        found.extend(agreement(catalogue, subject));
    }
    catalogue
}
