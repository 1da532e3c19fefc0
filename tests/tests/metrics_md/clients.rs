//! The tests that `docs/clients.md` names: what is in backticks in the last column.

use std::fs;

use super::{read, root};

/// What is wrong with the page. `source` gives the text of a file of tests.
fn wrong(page: &str, source: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_end_matches(" |").split(" | ").collect();
        let [client, .., tests] = cells[..] else {
            wrong.push(format!("no columns: {line}"));
            continue;
        };
        let client = client.trim_start_matches("| ");
        if client == "Client" {
            continue;
        }
        rows += 1;
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            wrong.push(format!("{client}: no test"));
        }
        for name in names {
            let is_there = name.split_once(": ").is_some_and(|(file, test)| {
                let test = format!("#[test]\nfn {test}() {{");
                source(file).is_some_and(|source| source.contains(&test))
            });
            if !is_there {
                wrong.push(format!("{client}: there is no `{name}`"));
            }
        }
    }
    if rows == 0 {
        wrong.push("no rows".to_owned());
    }
    wrong
}

#[test]
fn every_row_about_a_client_has_its_test() {
    let source = |file: &str| fs::read_to_string(root().join("tests/tests").join(file)).ok();
    assert_eq!(wrong(&read("docs/clients.md"), source), [""; 0]);
}

#[test]
fn rows_without_a_test_are_found() {
    let source = |file: &str| {
        (file == "live/it.rs")
            .then(|| String::from("#[test]\nfn it_is_read() {\n}\nfn helper() {\n}\n"))
    };
    let row = |tests: &str| {
        wrong(
            &format!("| Client | Test |\n|---|---|\n| it | {tests} |\n"),
            source,
        )
    };
    assert_eq!(row("`live/it.rs: it_is_read`"), [""; 0]);
    assert_eq!(row("seen by hand"), ["it: no test"]);
    for name in [
        "live/it.rs: helper",
        "live/it.rs: it_is",
        "live/no.rs: it_is_read",
        "it_is_read",
    ] {
        assert_eq!(
            row(&format!("`{name}`")),
            [format!("it: there is no `{name}`")]
        );
    }
    assert_eq!(wrong("", source), ["no rows"]);
}
