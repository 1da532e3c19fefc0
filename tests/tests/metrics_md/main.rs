//! `METRICS.md` is what the catalogue says, and `docs/coverage.md` names what the catalogue has.
//! What `docs/clients.md` says of clients, tests show.

mod clients;
mod coverage;
mod modules;
mod render;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use vitalsigns::{Catalogue, Registry};

use modules::MODULES;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The catalogue of a registry that has everything.
fn everything() -> Catalogue {
    let registry = Registry::new();
    for module in MODULES {
        (module.register)(&registry).unwrap_or_else(|error| panic!("{}: {error}", module.name));
    }
    registry.catalogue()
}

#[test]
fn the_page_is_what_the_catalogue_says() {
    let page = render::page();
    let path = root().join("METRICS.md");
    if fs::read_to_string(&path).unwrap_or_default() == page {
        return;
    }
    if env::var("CI").is_ok_and(|ci| ci == "true") {
        panic!("METRICS.md is not what the catalogue says: run this test locally and commit it");
    }
    fs::write(&path, page).expect("METRICS.md can be written");
    panic!(
        "METRICS.md was not what the catalogue says; it was rewritten: look at it and commit it"
    );
}

#[test]
fn every_family_is_listed_once() {
    let page = render::page();
    for family in everything().families {
        let row = format!("| `{}` | {} |", family.name, family.kind);
        assert_eq!(
            page.matches(&row).count(),
            1,
            "{} in METRICS.md",
            family.name
        );
    }
}

#[test]
fn every_module_has_its_words() {
    for module in MODULES {
        for words in [module.about, module.starts, module.ends, module.unseen] {
            assert!(
                !words.trim().is_empty(),
                "{}: words are missing",
                module.name
            );
        }
    }
    let source = read("crates/vitalsigns/src/families/mod.rs");
    let declared = source.lines().filter_map(|line| {
        let name = line.strip_prefix("pub mod ")?.strip_suffix(';')?;
        Some(name.to_owned())
    });
    let told = MODULES.iter().map(|module| module.name.to_owned());
    let mut told: BTreeSet<_> = told.collect();
    for elsewhere in [modules::OWN, modules::HEALTH] {
        assert!(told.remove(elsewhere), "{elsewhere} is told");
    }
    assert_eq!(
        told,
        declared.collect::<BTreeSet<_>>(),
        "modules with words, modules that exist"
    );
}

#[test]
fn what_replaces_a_documented_name_exists() {
    let catalogue = everything();
    for module in MODULES {
        for (documented, here) in module.replaces {
            // A label alone, such as `reason` or `outcome="hit"`, is no metric.
            let names = here.split('`').skip(1).step_by(2);
            let names = names.filter(|name| name.contains('{') || !name.contains('='));
            for name in names.filter(|name| name.contains('_')) {
                let wrong = coverage::wrong_name(name, &catalogue);
                assert_eq!(wrong, None, "in place of {documented}: {name}");
            }
        }
    }
}

#[test]
fn every_exported_family_is_registered() {
    let source = read("crates/vitalsigns/src/families/mod.rs");
    for line in source.lines() {
        let Some(path) = line
            .strip_prefix("pub use ")
            .and_then(|l| l.strip_suffix(';'))
        else {
            continue;
        };
        let (module, types) = path.split_once("::").expect("`module::Type`");
        let row = MODULES.iter().find(|row| row.name == module);
        let row = row.unwrap_or_else(|| panic!("{module} has no row in modules.rs"));
        for name in types.trim_matches(['{', '}']).split(", ") {
            assert!(
                row.types.contains(&name),
                "{path}: {name} is not in its row of modules.rs"
            );
        }
    }
}

#[test]
fn what_is_said_to_be_covered_is() {
    let catalogue = everything();
    let wrong = coverage::wrong(&read("docs/coverage.md"), &catalogue);
    assert!(wrong.is_empty(), "docs/coverage.md:\n{}", wrong.join("\n"));
}
