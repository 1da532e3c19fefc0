//! Prometheus 3, which the Debian that the tests run on does not have yet: its package of a newer
//! Debian, unpacked beside the system. Nothing of it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failure, output_of, root, run};

/// The Debian release that has it.
const SUITE: &str = "forky";
const PACKAGE: &str = "prometheus";

/// Where Debian's packages come from if this machine does not say.
const ARCHIVE: &str = "http://deb.debian.org/debian";

/// The folder in which the package lies unpacked; the tests know it as well.
fn folder() -> PathBuf {
    root().join("target/tools/prometheus-3")
}

fn program() -> PathBuf {
    folder().join("root/usr/bin/prometheus")
}

/// Unpacks it, unless it is there.
pub(crate) fn install() -> Result<(), Failure> {
    if version().is_none() {
        unpack(&folder()).map_err(|failure| {
            failure.hint(&format!(
                "The tests look for Prometheus 3 at {}: put one there by hand.",
                program().display()
            ))
        })?;
    }
    match version() {
        Some(version) => {
            println!("{version}, in {}", folder().display());
            Ok(())
        }
        None => Err(Failure::new(format!(
            "{} is not there, does not run or is older than version 3",
            program().display()
        ))),
    }
}

/// The line in which it names its version, if that is 3 or above.
fn version() -> Option<String> {
    let text = output_of(Command::new(program()).arg("--version")).ok()?;
    let line = text.lines().next()?;
    is_new_enough(line).then(|| line.to_owned())
}

/// Whether `prometheus, version 3.5.3 (…)` is new enough.
fn is_new_enough(line: &str) -> bool {
    let version = line.split("version ").nth(1).unwrap_or_default();
    let major = version.split('.').next().and_then(|word| word.parse().ok());
    major.is_some_and(|major: u32| major >= 3)
}

fn unpack(folder: &Path) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("cannot fill {}: {error}", folder.display()));
    println!(
        "Unpacking {PACKAGE} of Debian {SUITE} in {}",
        folder.display()
    );
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    for inside in ["lists/partial", "cache/archives/partial", "deb", "root"] {
        fs::create_dir_all(folder.join(inside)).map_err(failed)?;
    }
    let sources = fs::read_to_string("/etc/apt/sources.list.d/debian.sources").unwrap_or_default();
    let archive = archive(&sources);
    let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let line = format!("deb [signed-by={key}] {archive} {SUITE} main\n");
    fs::write(folder.join("sources.list"), line).map_err(failed)?;

    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.args(["-q", "-o", "Acquire::Retries=3"]);
        // Lists and sources of its own: the machine's stay as they are.
        for (option, inside) in [
            ("Dir::Etc::sourcelist", "sources.list"),
            ("Dir::State::lists", "lists"),
            ("Dir::Cache", "cache"),
        ] {
            let path = folder.join(inside);
            command.args(["-o", &format!("{option}={}", path.display())]);
        }
        command.args(["-o", "Dir::Etc::sourceparts=/dev/null"]);
        command.args(["-o", "APT::Sandbox::User=root"]);
        command.args(["-o", "Acquire::Languages=none"]);
        command.args([
            "-o",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
        ]);
        command
    };
    run(apt_get().arg("update"))?;
    let packages = folder.join("deb");
    run(apt_get().args(["download", PACKAGE]).current_dir(&packages))?;
    for package in fs::read_dir(&packages).map_err(failed)? {
        let package = package.map_err(failed)?.path();
        run(Command::new("dpkg-deb")
            .arg("-x")
            .arg(package)
            .arg(folder.join("root")))?;
    }
    Ok(())
}

/// The archive that this machine's packages come from, so that a mirror is used where there is one.
fn archive(sources: &str) -> &str {
    let uris = sources.lines().find_map(|line| line.strip_prefix("URIs:"));
    let first = uris.and_then(|uris| uris.split_whitespace().next());
    first.unwrap_or(ARCHIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert!(is_new_enough(
            "prometheus, version 3.5.3+ds1 (branch: debian/sid)"
        ));
        assert!(is_new_enough("prometheus, version 10.0.0"));
        assert!(!is_new_enough("prometheus, version 2.42.0+ds"));
        assert!(!is_new_enough(""));
    }

    #[test]
    fn the_mirror_is_that_of_the_machine() {
        let sources =
            "Types: deb\nURIs: http://mirror.example/debian http://other\nSuites: bookworm\n";
        assert_eq!(archive(sources), "http://mirror.example/debian");
        assert_eq!(archive(""), ARCHIVE);
    }
}
