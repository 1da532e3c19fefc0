//! The names that `docs/coverage.md` says are ours: what is in backticks in the third column.

use vitalsigns::Catalogue;

/// What the page says that the catalogue does not.
pub(crate) fn wrong(page: &str, catalogue: &Catalogue) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        if cells.len() != 4 {
            wrong.push(format!("not four columns: {line}"));
            continue;
        }
        let (id, ours) = (cells[0].trim_start_matches("| "), cells[2].trim());
        if id == "Id" {
            continue;
        }
        let names: Vec<&str> = ours.split('`').skip(1).step_by(2).collect();
        if names.is_empty() && !ours.starts_with("not yet") && ours != "none" {
            wrong.push(format!(
                "{id}: names nothing, and is neither `not yet` nor `none`"
            ));
        }
        for name in names {
            checked += 1;
            wrong.extend(wrong_name(name, catalogue).map(|why| format!("{id}: `{name}`: {why}")));
        }
    }
    if checked == 0 {
        wrong.push("no name is said to be ours".to_owned());
    }
    wrong
}

/// What is wrong with `name{label,label="value"}`.
pub(crate) fn wrong_name(name: &str, catalogue: &Catalogue) -> Option<String> {
    let (name, labels) = match name.split_once('{') {
        Some((name, labels)) => match labels.strip_suffix('}') {
            Some(labels) => (name, labels),
            None => return Some("the brace is not closed".to_owned()),
        },
        None => (name, ""),
    };
    let Some(family) = catalogue.family(name) else {
        return Some("no such family".to_owned());
    };
    for label in labels.split(',').filter(|label| !label.is_empty()) {
        let (label, value) = match label.split_once('=') {
            Some((label, value)) => (label, Some(value.trim_matches('"'))),
            None => (label, None),
        };
        let Some(entry) = family.labels.iter().find(|entry| entry.name == label) else {
            return Some(format!("it has no label {label}"));
        };
        if let (Some(value), Some(values)) = (value, &entry.values)
            && !values.iter().any(|known| known == value)
        {
            return Some(format!("{label} is never {value}"));
        }
    }
    None
}

#[test]
fn names_that_nobody_exports_are_found() {
    let catalogue = super::everything();
    let row = |ours: &str| wrong(&format!("| 1 | it | {ours} | why |"), &catalogue);
    assert_eq!(row("`http_requests_total{method}`"), [""; 0]);
    assert_eq!(row("`nobody_total`"), ["1: `nobody_total`: no such family"]);
    assert_eq!(
        row("`http_requests_total{user}`"),
        ["1: `http_requests_total{user}`: it has no label user"]
    );
    assert_eq!(
        row("`queue_tasks_total{outcome=\"lost\"}`"),
        ["1: `queue_tasks_total{outcome=\"lost\"}`: outcome is never lost"]
    );
    assert_eq!(
        row("`http_requests_total{route`"),
        ["1: `http_requests_total{route`: the brace is not closed"]
    );
    assert_eq!(row("it is there").len(), 2);
}
