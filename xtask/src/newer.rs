//! Prometheus 2.53 and 3, and what goes with them, which the Debian that the tests run on does not
//! have yet: packages of newer Debians, unpacked beside the system. Nothing of them is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failure, output_of, root, run};

/// What Debian signs its archive with.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A version of Prometheus, and programs of the same time.
struct Release {
    /// The Debian release that has it.
    suite: &'static str,
    /// The folder of `target/tools` in which it lies unpacked; the tests know it as well.
    folder: &'static str,
    /// From this version on, and below that one.
    versions: [[u32; 2]; 2],
    /// The packages, each with a program that it brings.
    packages: &'static [(&'static str, &'static str)],
}

const PROMETHEUS: (&str, &str) = ("prometheus", "usr/bin/prometheus");
const PROMTOOL: (&str, &str) = ("promtool", "usr/bin/promtool");
const ALERTMANAGER: (&str, &str) = ("prometheus-alertmanager", "usr/bin/amtool");

const RELEASES: [Release; 2] = [
    Release {
        suite: "trixie",
        folder: "prometheus-2.53",
        versions: [[2, 53], [2, 54]],
        packages: &[PROMETHEUS, PROMTOOL, ALERTMANAGER],
    },
    Release {
        suite: "forky",
        folder: "prometheus-3",
        versions: [[3, 0], [u32::MAX, 0]],
        packages: &[
            PROMETHEUS,
            PROMTOOL,
            ALERTMANAGER,
            (
                "docker-compose",
                "usr/libexec/docker/cli-plugins/docker-compose",
            ),
        ],
    },
];

/// Unpacks all of them, unless they are there.
pub(crate) fn install() -> Result<(), Failure> {
    RELEASES.iter().try_for_each(Release::install)
}

impl Release {
    fn folder(&self) -> PathBuf {
        root().join("target/tools").join(self.folder)
    }

    fn program(&self) -> PathBuf {
        self.folder().join("root/usr/bin/prometheus")
    }

    fn install(&self) -> Result<(), Failure> {
        if self.version().is_none() || self.missing().is_some() {
            self.unpack().map_err(|failure| {
                let program = self.program();
                failure.hint(&format!(
                    "The tests look for a Prometheus of Debian {} at {}: put one there by hand.",
                    self.suite,
                    program.display()
                ))
            })?;
        }
        if let Some(program) = self.missing() {
            return Err(Failure::new(format!("{} is not there", program.display())));
        }
        match self.version() {
            Some(version) => {
                println!("{version}, in {}", self.folder().display());
                Ok(())
            }
            None => Err(Failure::new(format!(
                "{} is not there, does not run or has another version",
                self.program().display()
            ))),
        }
    }

    /// A program that should be there and is not.
    fn missing(&self) -> Option<PathBuf> {
        let programs = self.packages.iter();
        let mut paths = programs.map(|(_, program)| self.folder().join("root").join(program));
        paths.find(|path| !path.exists())
    }

    fn unpack(&self) -> Result<(), Failure> {
        let packages: Vec<&str> = self.packages.iter().map(|(package, _)| *package).collect();
        unpack(self.suite, &packages, &self.folder())
    }

    /// The line in which it names its version, if that is the right one.
    fn version(&self) -> Option<String> {
        let text = output_of(Command::new(self.program()).arg("--version")).ok()?;
        let line = text.lines().next()?;
        self.is(line).then(|| line.to_owned())
    }

    /// Whether `prometheus, version 3.5.3 (…)` is this.
    fn is(&self, line: &str) -> bool {
        let version = line.split("version ").nth(1).unwrap_or_default();
        let mut words = version.split('.').map(|word| word.parse().ok());
        let (Some(Some(major)), Some(Some(minor))) = (words.next(), words.next()) else {
            return false;
        };
        let [from, below] = self.versions;
        (from..below).contains(&[major, minor])
    }
}

fn unpack(suite: &str, packages: &[&str], folder: &Path) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("cannot fill {}: {error}", folder.display()));
    println!(
        "Unpacking {} of Debian {suite} in {}",
        packages.join(", "),
        folder.display()
    );
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    for inside in ["lists/partial", "cache/archives/partial", "deb", "root"] {
        fs::create_dir_all(folder.join(inside)).map_err(failed)?;
    }
    let archive = machines_archive()?;
    let line = format!("deb [signed-by={KEYRING}] {archive} {suite} main\n");
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
    let downloads = folder.join("deb");
    run(apt_get()
        .arg("download")
        .args(packages)
        .current_dir(&downloads))?;
    for package in fs::read_dir(&downloads).map_err(failed)? {
        let package = package.map_err(failed)?.path();
        run(Command::new("dpkg-deb")
            .arg("-x")
            .arg(package)
            .arg(folder.join("root")))?;
    }
    Ok(())
}

/// The archive that this machine's own packages come from; it has the other releases as well.
fn machines_archive() -> Result<String, Failure> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let targets = output_of(Command::new("apt-get").args([
        "indextargets",
        // What the sources say: a machine that is new has no lists of packages yet.
        "--no-release-info",
        "--format",
        "$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)",
    ]))?;
    let found = codename.and_then(|codename| archive(&targets, codename.trim_matches('"')));
    found.map(str::to_owned).ok_or_else(|| {
        Failure::new(format!(
            "apt knows no archive that has packages for {}",
            codename.unwrap_or("this system, which is no Debian release")
        ))
    })
}

/// The first archive for the release among lines of apt's targets; one that is called as Debian's
/// are goes before others that happen to have a release of that name.
fn archive<'a>(targets: &'a str, codename: &str) -> Option<&'a str> {
    let of_release = || {
        targets.lines().filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let [rest @ .., uri] = words.as_slice() else {
                return None;
            };
            (rest == ["Packages", codename, "main"]).then_some(*uri)
        })
    };
    let debians = of_release().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    debians.or_else(|| of_release().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let [older, newest] = RELEASES;
        for (line, is_older, is_newest) in [
            (
                "prometheus, version 3.5.3+ds1 (branch: debian/sid)",
                false,
                true,
            ),
            ("prometheus, version 10.0.0", false, true),
            (
                "prometheus, version 2.53.3+ds1 (branch: debian/sid)",
                true,
                false,
            ),
            ("prometheus, version 2.42.0+ds", false, false),
            ("prometheus, version 2.54.0", false, false),
            ("prometheus, version 3", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                (older.is(line), newest.is(line)),
                (is_older, is_newest),
                "{line}"
            );
        }
    }

    #[test]
    fn the_archive_is_that_of_the_machine() {
        let targets = "DEP-11 bookworm main http://metadata.example/debian/\n\
                       Packages nodistro main https://node.example/\n\
                       Packages bookworm main https://other.example/\n\
                       Packages bookworm-updates main http://updates.example/debian/\n\
                       Packages bookworm main http://mirror.example/debian/\n";
        let mirror = Some("http://mirror.example/debian/");
        assert_eq!(archive(targets, "bookworm"), mirror);
        let only = "Packages bookworm main http://mirror.example/\n";
        assert_eq!(archive(only, "bookworm"), Some("http://mirror.example/"));
        assert_eq!(archive(targets, "trixie"), None);
        assert_eq!(archive("", "bookworm"), None);
    }
}
