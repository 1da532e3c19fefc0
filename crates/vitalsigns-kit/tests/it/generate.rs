//! `vitalsigns generate` as a program: what it writes, and what it leaves alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vitalsigns::families::HttpServer;
use vitalsigns::{Endpoint, Listener, Registry};

/// A folder of its own, empty.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// With a description and its catalogue.
    fn described(name: &str) -> Self {
        let folder = Folder::new(name);
        folder.write("vitalsigns.yml", DESCRIPTION);
        let catalogue = Registry::new().catalogue().to_json();
        folder.write("api.json", &catalogue);
        folder
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }

    /// Runs `vitalsigns generate` here; its exit code, stdout and stderr.
    fn generate(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_vitalsigns"))
            .arg("generate")
            .args(words)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    /// All files, with what is in them.
    fn all(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files.push((path.clone(), fs::read(path).unwrap())),
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is looked at when a test has failed.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

const DESCRIPTION: &str = "\
system: shop
services:
  shop-api:
    target: api:8080
    catalogue: api.json
exporters: [blackbox]
";

const ONE: &[&str] = &["vitalsigns.yml"];

#[test]
fn again_changes_nothing() {
    let folder = Folder::described("generate-again");
    let (code, out, err) = folder.generate(ONE);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("written: compose.yml\n"), "{out}");
    let files = folder.all();
    assert_eq!(
        folder.generate(ONE),
        (Some(0), String::new(), String::new())
    );
    assert_eq!(folder.generate(&["--check", "vitalsigns.yml"]).0, Some(0));
    assert_eq!(folder.all(), files);
    // No file of the writing is left.
    assert!(
        !files
            .iter()
            .any(|(path, _)| path.to_string_lossy().ends_with(".new"))
    );
}

#[test]
fn what_was_edited_is_left_and_told_and_the_rest_is_written() {
    let folder = Folder::described("generate-edited");
    folder.generate(ONE);
    folder.write("compose.yml", "services: {}\n");
    let new = DESCRIPTION.replace("api:8080", "api:9090");
    folder.write("vitalsigns.yml", &new);
    for _ in 0..2 {
        let (code, out, err) = folder.generate(ONE);
        assert_eq!(code, Some(1), "{out}{err}");
        assert!(out.contains("edited by hand: compose.yml\n"), "{out}");
        assert!(err.contains("--force"), "{err}");
        assert_eq!(folder.read("compose.yml"), "services: {}\n");
        assert!(
            folder
                .read("prometheus/prometheus.yml")
                .contains("api:9090")
        );
    }
    let (code, out, _) = folder.generate(&["--force", "vitalsigns.yml"]);
    assert_eq!((code, out.as_str()), (Some(0), "written: compose.yml\n"));
    assert!(folder.read("compose.yml").contains("prom/prometheus"));
}

#[test]
fn what_others_wrote_is_theirs() {
    let folder = Folder::described("generate-others");
    folder.write("compose.yml", "services: {}\n");
    let (code, out, _) = folder.generate(ONE);
    assert_eq!(code, Some(1));
    assert!(out.contains("edited by hand: compose.yml\n"), "{out}");
    assert_eq!(folder.read("compose.yml"), "services: {}\n");
    assert!(folder.has("prometheus/prometheus.yml"));
}

#[test]
fn what_is_no_longer_made_goes_unless_it_was_edited() {
    for is_edited in [false, true] {
        let folder = Folder::described("generate-gone");
        folder.generate(ONE);
        if is_edited {
            folder.write("blackbox/blackbox.yml", "modules: {}\n");
        }
        folder.write("vitalsigns.yml", &DESCRIPTION.replace("[blackbox]", "[]"));
        let (code, out, _) = folder.generate(ONE);
        assert_eq!(folder.has("blackbox/blackbox.yml"), is_edited);
        // The folder is gone with its last file.
        assert_eq!(folder.has("blackbox"), is_edited);
        let told = if is_edited {
            "edited by hand"
        } else {
            "removed"
        };
        assert!(
            out.contains(&format!("{told}: blackbox/blackbox.yml\n")),
            "{out}"
        );
        assert_eq!(code, Some(i32::from(is_edited)));
        fs::remove_dir_all(&folder.0).unwrap();
    }
}

#[test]
fn a_check_writes_nothing() {
    let folder = Folder::described("generate-check");
    let before = folder.all();
    let (code, out, err) = folder.generate(&["--check", "vitalsigns.yml"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("differs: compose.yml\n"), "{out}");
    assert!(err.contains("files differ"), "{err}");
    assert_eq!(folder.all(), before);

    folder.generate(ONE);
    folder.write("vitalsigns.yml", &DESCRIPTION.replace("[blackbox]", "[]"));
    let (code, out, _) = folder.generate(&["--check", "vitalsigns.yml"]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("no longer made: blackbox/blackbox.yml\n"),
        "{out}"
    );
    assert!(folder.has("blackbox/blackbox.yml"));
}

#[test]
fn files_go_where_they_are_told_to() {
    let folder = Folder::described("generate-out");
    let (code, _, err) = folder.generate(&["--out", "kit/shop", "vitalsigns.yml"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(folder.has("kit/shop/compose.yml") && !folder.has("compose.yml"));
}

#[test]
fn a_catalogue_can_be_asked_of_a_service() {
    let registry = Registry::new();
    HttpServer::register(&registry).unwrap();
    let listener = Listener::bind(Endpoint::new(&registry), "127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/metrics",
        listener.address().socket_addr().unwrap()
    );
    let folder = Folder::new("generate-asked");
    folder.write("vitalsigns.yml", &DESCRIPTION.replace("api.json", &url));
    let (code, _, err) = folder.generate(ONE);
    assert_eq!(code, Some(0), "{err}");
    assert!(
        folder
            .read("catalogue/shop-api.json")
            .contains("http_requests_total")
    );
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let folder = Folder::described("generate-wrong");
    for (text, told) in [
        (
            "system: shop\nteem: a\n",
            "vitalsigns.yml:2: there is no key `teem`",
        ),
        ("system: [\n", "vitalsigns.yml:"),
        (
            &DESCRIPTION.replace("api.json", "nowhere.json"),
            "vitalsigns.yml:5: ",
        ),
        (
            &DESCRIPTION.replace("api.json", "http://127.0.0.1:9/metrics"),
            "does not answer",
        ),
    ] {
        folder.write("vitalsigns.yml", text);
        let (code, out, err) = folder.generate(ONE);
        assert_eq!((code, out.as_str()), (Some(3), ""), "{text}{err}");
        assert!(err.contains(told), "{err}");
        assert!(!folder.has("compose.yml"));
    }
    for words in [&["nowhere.yml"][..], &["."]] {
        assert_eq!(folder.generate(words).0, Some(3));
    }
    for words in [
        &[][..],
        &["--chek", "a"],
        &["--check", "--force", "a"],
        &["a", "b"],
    ] {
        assert_eq!(folder.generate(words).0, Some(2), "{words:?}");
    }
}

#[test]
fn a_broken_list_of_what_was_written_is_told() {
    let folder = Folder::described("generate-list");
    folder.generate(ONE);
    folder.write(".vitalsigns.json", "<<<<<<< ours\n");
    let (code, _, err) = folder.generate(ONE);
    assert_eq!(code, Some(3));
    assert!(err.contains("`.vitalsigns.json` is broken"), "{err}");
    // Nothing differs, so all is as before without it.
    fs::remove_file(folder.0.join(".vitalsigns.json")).unwrap();
    assert_eq!(folder.generate(ONE).0, Some(0));
    assert!(folder.has(".vitalsigns.json"));
    // As after a merge, when the files are made again whatever was edited.
    folder.write(".vitalsigns.json", "<<<<<<< ours\n");
    folder.write("compose.yml", "services: {}\n");
    assert_eq!(folder.generate(&["--force", "vitalsigns.yml"]).0, Some(0));
    assert_eq!(folder.generate(&["--check", "vitalsigns.yml"]).0, Some(0));
}

#[test]
fn a_list_that_names_files_elsewhere_removes_nothing() {
    let folder = Folder::described("generate-elsewhere");
    folder.write("precious", "");
    folder.write("kit/.keep", "");
    // The hash of nothing.
    let list =
        r#"{"files": {"../precious": "cbf29ce484222325", "/etc/hostname": "cbf29ce484222325"}}"#;
    folder.write("kit/.vitalsigns.json", list);
    let (code, out, _) = folder.generate(&["--force", "--out", "kit", "vitalsigns.yml"]);
    assert_eq!(code, Some(0));
    assert!(!out.contains("removed"), "{out}");
    assert!(folder.has("precious"));
}

#[test]
fn what_stands_in_the_way_is_told() {
    let folder = Folder::described("generate-way");
    folder.write("compose.yml/file", "");
    let (code, _, err) = folder.generate(ONE);
    assert_eq!(code, Some(3));
    assert!(err.contains("compose.yml` cannot be read"), "{err}");
    folder.write("out", "a file");
    let (code, _, err) = folder.generate(&["--out", "out", "vitalsigns.yml"]);
    assert_eq!(code, Some(3), "{err}");
}
