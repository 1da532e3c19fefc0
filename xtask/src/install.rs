//! `cargo xtask install`: the programs that the tests start, a Python environment with what judges
//! pages and dashboards, and newer versions of some.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::newer;
use crate::run::{Failure, output_of, root, run, succeeds};

/// A Python package that judges what is written here: its name, its version, and what of it is
/// used.
struct Judge {
    package: &'static str,
    version: &'static str,
    module: &'static str,
}

const JUDGES: [Judge; 2] = [
    // Pages of metrics.
    Judge {
        package: "prometheus_client",
        version: "0.26.0",
        module: "prometheus_client.openmetrics.parser",
    },
    // Dashboards: the model of Grafana 11.6, of the day that the number in front counts the
    // seconds to.
    Judge {
        package: "grafana_foundation_sdk",
        version: "1769699379!11.6.0",
        module: "grafana_foundation_sdk.models.dashboard",
    },
];

/// A program, the word that makes it print its version, and the Debian package that it comes with.
struct Program {
    name: &'static str,
    version: &'static str,
    package: &'static str,
}

const PROGRAMS: [Program; 16] = [
    Program {
        name: "prometheus",
        version: "--version",
        package: "prometheus",
    },
    Program {
        name: "promtool",
        version: "--version",
        package: "prometheus",
    },
    Program {
        name: "prometheus-pushgateway",
        version: "--version",
        package: "prometheus-pushgateway",
    },
    Program {
        name: "amtool",
        version: "--version",
        package: "prometheus-alertmanager",
    },
    Program {
        name: "prometheus-node-exporter",
        version: "--version",
        package: "prometheus-node-exporter",
    },
    Program {
        name: "prometheus-redis-exporter",
        version: "--version",
        package: "prometheus-redis-exporter",
    },
    Program {
        name: "prometheus-postgres-exporter",
        version: "--version",
        package: "prometheus-postgres-exporter",
    },
    Program {
        name: "prometheus-blackbox-exporter",
        version: "--version",
        package: "prometheus-blackbox-exporter",
    },
    Program {
        name: "docker-compose",
        version: "--version",
        package: "docker-compose",
    },
    Program {
        name: "victoria-metrics",
        version: "--version",
        package: "victoria-metrics",
    },
    Program {
        name: "ffmpeg",
        version: "-version",
        package: "ffmpeg",
    },
    Program {
        name: "postgres",
        version: "--version",
        package: "postgresql",
    },
    Program {
        name: "redis-server",
        version: "--version",
        package: "redis-server",
    },
    Program {
        name: "curl",
        version: "--version",
        package: "curl",
    },
    Program {
        name: "chromium",
        version: "--version",
        package: "chromium",
    },
    Program {
        name: "valgrind",
        version: "--version",
        package: "valgrind",
    },
];

/// Packages that make a service of their program.
const SERVICES: [&str; 10] = [
    "prometheus",
    "prometheus-pushgateway",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "prometheus-redis-exporter",
    "prometheus-postgres-exporter",
    "prometheus-blackbox-exporter",
    "victoria-metrics",
    "postgresql",
    "redis-server",
];

/// Where Debian has programs of PostgreSQL that are not on the `PATH`, by version.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// Where to look for a Python that can make environments: the one that the user has chosen may be
/// unable to, and installing Debian's packages does not change which one `python3` is.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];

/// Installs what is missing.
pub(crate) fn install() -> Result<(), Failure> {
    let missing = missing_packages(answers, can_make_environments().is_some(), has_compiler());
    if missing.is_empty() {
        println!("All programs are there.");
    } else {
        install_packages(&missing)?;
    }
    verify()?;
    install_judges()?;
    newer::install()
}

/// The Python of the environment in `target/tools/python`.
///
/// The folder is the workspace's own even where cargo builds elsewhere: the tests find it from
/// their package.
pub(crate) fn python() -> PathBuf {
    environment().join("bin/python")
}

fn environment() -> PathBuf {
    root().join("target/tools/python")
}

/// The Debian packages to install, each once.
fn missing_packages(
    mut answers: impl FnMut(&Program) -> bool,
    python: bool,
    compiler: bool,
) -> Vec<&'static str> {
    let mut packages = Vec::new();
    for program in &PROGRAMS {
        if !packages.contains(&program.package) && !answers(program) {
            packages.push(program.package);
        }
    }
    if !python {
        packages.extend(["python3", "python3-venv"]);
    }
    if !compiler {
        // It brings the compiler for C, too.
        packages.push("g++");
    }
    packages
}

fn answers(program: &Program) -> bool {
    succeeds(Command::new(path_of(program)).arg(program.version))
}

/// Where the program is, as the tests look for it.
fn path_of(program: &Program) -> PathBuf {
    if program.package != "postgresql" {
        return program.name.into();
    }
    let versions = fs::read_dir(POSTGRESQL).into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let file = entry.path().join("bin").join(program.name);
            file.is_file().then_some((version, file))
        })
        .max();
    newest.map_or_else(|| program.name.into(), |(_, file)| file)
}

fn has_compiler() -> bool {
    // zstd is C, libFuzzer C++.
    ["cc", "c++"]
        .into_iter()
        .all(|compiler| succeeds(Command::new(compiler).arg("--version")))
}

/// The Python to make the environment with. Debian's has no `ensurepip` without the package
/// `python3-venv`.
fn can_make_environments() -> Option<&'static str> {
    PYTHONS
        .into_iter()
        .find(|python| succeeds(Command::new(python).args(["-c", "import venv, ensurepip"])))
}

fn install_packages(packages: &[&str]) -> Result<(), Failure> {
    let list = packages.join(" ");
    println!("Missing Debian packages: {list}");
    let by_hand = by_hand(&list);
    if !succeeds(Command::new("apt-get").arg("--version")) {
        return Err(Failure::new(
            "programs are missing, and there is no apt-get here: this machine is no Debian",
        )
        .hint(&format!("Install what these Debian packages hold: {list}")));
    }
    let root = output_of(Command::new("id").arg("-u"))?.trim() == "0";
    if !root && !succeeds(Command::new("sudo").args(["-n", "true"])) {
        return Err(Failure::new(
            "packages are missing, and only root may install them (`sudo -n` does not work)",
        )
        .hint(&by_hand));
    }
    let apt_get = |words: &[&str]| {
        let mut command = Command::new(if root { "env" } else { "sudo" });
        if !root {
            command.args(["-n", "env"]);
        }
        command
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"])
            .args(["-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"])
            .args(words);
        run(&mut command).map_err(|failure| failure.hint(&by_hand))
    };
    if packages.iter().any(|package| SERVICES.contains(package)) {
        println!(
            "Where systemd runs, Debian starts them as services as well; the tests do not use those."
        );
    }
    apt_get(&["update"])?;
    let mut words = vec!["install", "--yes", "--no-install-recommends"];
    words.extend(packages);
    apt_get(&words)
}

/// What to type as root. A machine that is new knows no packages before the update.
fn by_hand(list: &str) -> String {
    format!(
        "Install them by hand, as root: \
         apt-get update && apt-get install --yes --no-install-recommends {list}"
    )
}

/// Every program must answer when it is asked for its version.
fn verify() -> Result<(), Failure> {
    for program in &PROGRAMS {
        let Program {
            name,
            version,
            package,
        } = program;
        let why = match Command::new(path_of(program))
            .arg(version)
            .stdin(Stdio::null())
            .output()
        {
            Ok(answer) if answer.status.success() => {
                // Some print it on stderr, and Debian's victoria-metrics prints nothing.
                let text = String::from_utf8_lossy(&answer.stdout)
                    + String::from_utf8_lossy(&answer.stderr);
                let line = text.lines().find(|line| !line.trim().is_empty());
                println!("{name}: {}", line.unwrap_or("works, but names no version"));
                continue;
            }
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.to_string(),
        };
        return Err(Failure::new(format!("`{name} {version}` fails: {why}")).hint(&format!(
            "The Debian package {package} is installed, so another `{name}` may come first on PATH."
        )));
    }
    if !has_compiler() {
        return Err(Failure::new("there is no working `cc` or `c++`")
            .hint("Install the Debian package g++."));
    }
    Ok(())
}

/// Makes the environment, unless it is there with the right versions of the judges.
fn install_judges() -> Result<(), Failure> {
    let folder = environment();
    if !JUDGES.iter().all(Judge::is_there) {
        if folder.exists() {
            println!("{} is broken or outdated: making it anew", folder.display());
            fs::remove_dir_all(&folder).map_err(|error| {
                Failure::new(format!("cannot remove {}: {error}", folder.display()))
            })?;
        }
        let maker = can_make_environments().ok_or_else(|| {
            Failure::new("there is no Python that can make virtual environments")
                .hint("Install the Debian packages python3 and python3-venv; `python3 -c 'import venv, ensurepip'` must work.")
        })?;
        run(Command::new(maker).args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(python())
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
            ])
            .args(["--retries=3", "--only-binary=:all:"])
            .args(JUDGES.iter().map(Judge::requirement)))
        .map_err(|failure| {
            failure
                .hint("pip must be able to fetch it from PyPI, or from the index it is set to use.")
        })?;
    }
    for judge in &JUDGES {
        if !judge.is_there() {
            let requirement = judge.requirement();
            let why = format!("{requirement} was installed but cannot be used");
            let hint = format!(
                "Remove {} and run `cargo xtask install` again.",
                folder.display()
            );
            return Err(Failure::new(why).hint(&hint));
        }
        println!(
            "{}: {} in {}",
            judge.package,
            judge.version,
            folder.display()
        );
    }
    Ok(())
}

impl Judge {
    /// As pip wants it.
    fn requirement(&self) -> String {
        format!("{}=={}", self.package, self.version)
    }

    fn is_there(&self) -> bool {
        let Judge {
            package,
            version,
            module,
        } = self;
        let check = format!(
            "import importlib.metadata as m, {module}; assert m.version('{package}') == '{version}'"
        );
        succeeds(Command::new(python()).args(["-I", "-c", &check]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_missing_where_all_answers() {
        assert_eq!(missing_packages(|_| true, true, true), [""; 0]);
    }

    #[test]
    fn a_package_is_listed_once() {
        let missing = missing_packages(|_| false, false, false);
        assert_eq!(
            missing,
            [
                "prometheus",
                "prometheus-pushgateway",
                "prometheus-alertmanager",
                "prometheus-node-exporter",
                "prometheus-redis-exporter",
                "prometheus-postgres-exporter",
                "prometheus-blackbox-exporter",
                "docker-compose",
                "victoria-metrics",
                "ffmpeg",
                "postgresql",
                "redis-server",
                "curl",
                "chromium",
                "valgrind",
                "python3",
                "python3-venv",
                "g++"
            ]
        );
    }

    #[test]
    fn by_hand_works_where_apt_knows_no_packages() {
        assert_eq!(
            by_hand("ffmpeg curl"),
            "Install them by hand, as root: \
             apt-get update && apt-get install --yes --no-install-recommends ffmpeg curl"
        );
    }

    #[test]
    fn only_what_is_missing_is_listed() {
        assert_eq!(
            missing_packages(|program| program.name != "promtool", true, true),
            ["prometheus"]
        );
        assert_eq!(
            missing_packages(|_| true, false, true),
            ["python3", "python3-venv"]
        );
        assert_eq!(missing_packages(|_| true, true, false), ["g++"]);
    }
}
