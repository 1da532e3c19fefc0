//! Every input of the corpus, and every one that once found a fault, passes.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{TARGETS, Target};

fn inputs(folder: &str, target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let Ok(entries) = fs::read_dir(folder.join(target.name)) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_input_passes() {
    for target in TARGETS {
        let corpus = inputs("corpus", target);
        assert!(!corpus.is_empty(), "{} has no corpus", target.name);
        for input in corpus.into_iter().chain(inputs("regressions", target)) {
            // A failure is told by its panic; this says of which input.
            println!("{}", input.display());
            (target.run)(&fs::read(&input).unwrap());
        }
    }
}

#[test]
fn every_folder_has_a_target() {
    for folder in ["corpus", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name();
            let is_known = TARGETS.iter().any(|target| name == target.name);
            assert!(is_known, "no target {}", name.display());
        }
    }
}
