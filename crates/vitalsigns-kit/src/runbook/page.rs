//! A page as HTML without anything from elsewhere.

use std::collections::BTreeMap;

use crate::alert::{Alert, AlertGroup};
use crate::query::{QueryError, promql_duration};
use crate::rules::in_lines;
use crate::system::System;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:52em;margin:2em auto;padding:0 1em}\
                     pre{background:#f4f4f4;padding:.7em;overflow:auto}\
                     table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em .6em;\
                     text-align:left;vertical-align:top}";

/// The page about the alerts of one name.
pub(super) fn page(
    system: &System,
    name: &str,
    alerts: &[(&AlertGroup, &Alert)],
) -> Result<String, QueryError> {
    let mut body = String::new();
    let Some((_, first)) = alerts.first() else {
        return Ok(body);
    };
    let runbook = &first.runbook;
    section(&mut body, "Meaning", &paragraph(&runbook.meaning));
    section(&mut body, "Impact", &paragraph(&runbook.impact));

    let mut when = String::new();
    for (group, alert) in alerts {
        let expression = in_lines(&alert.expression(&group.rendering()?));
        let hold = match alert.hold.is_zero() {
            true => "at once".to_owned(),
            false => format!("after {}", promql_duration(alert.hold)),
        };
        let severity = alert.severity.as_str();
        when.push_str(&paragraph(&format!(
            "With severity {severity}, {hold}, where:"
        )));
        when.push_str(&code(&expression));
    }
    section(&mut body, "When it fires", &when);

    let mut questions: Vec<&(String, String)> = Vec::new();
    for (_, alert) in alerts {
        for question in &alert.runbook.questions {
            if !questions.contains(&question) {
                questions.push(question);
            }
        }
    }
    let mut diagnosis = String::new();
    for (question, expression) in questions {
        diagnosis.push_str(&paragraph(question));
        diagnosis.push_str(&code(&in_lines(expression)));
    }
    section(&mut body, "Diagnosis", &diagnosis);

    let steps = runbook.mitigation.iter();
    let steps: String = steps
        .map(|step| format!("<li>{}</li>\n", escaped(step)))
        .collect();
    section(&mut body, "Mitigation", &format!("<ol>\n{steps}</ol>\n"));
    body.push_str("<p><a href=\"index.html\">All alerts</a></p>\n");
    Ok(document(&format!("{name}: {}", system.title), name, &body))
}

/// The page that leads to the others.
pub(super) fn index(system: &System, pages: &BTreeMap<&str, Vec<(&AlertGroup, &Alert)>>) -> String {
    let mut body =
        String::from("<table>\n<tr><th>alert</th><th>severity</th><th>meaning</th></tr>\n");
    for (name, alerts) in pages {
        let mut severities: Vec<&str> = Vec::new();
        for (_, alert) in alerts {
            if !severities.contains(&alert.severity.as_str()) {
                severities.push(alert.severity.as_str());
            }
        }
        let meaning = alerts
            .first()
            .map(|(_, alert)| alert.runbook.meaning.as_str());
        body.push_str(&format!(
            "<tr><td><a href=\"{name}.html\">{name}</a></td><td>{}</td><td>{}</td></tr>\n",
            severities.join(", "),
            escaped(meaning.unwrap_or_default()),
        ));
    }
    body.push_str("</table>\n");
    let title = format!("Alerts of {}", system.title);
    document(&title, &title, &body)
}

fn document(title: &str, heading: &str, body: &str) -> String {
    let (title, heading) = (escaped(title), escaped(heading));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{heading}</h1>\n{body}</body>\n</html>\n"
    )
}

fn section(out: &mut String, heading: &str, content: &str) {
    out.push_str(&format!("<h2>{heading}</h2>\n{content}"));
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

fn code(text: &str) -> String {
    format!("<pre>{}</pre>\n", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
