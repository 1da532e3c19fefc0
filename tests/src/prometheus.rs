//! A real Prometheus server.

use std::ffi::OsStr;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::program::{Program, beside};
use crate::scrape::{Api, Target, configuration};
use crate::temp::TempDir;

/// How long the server may take until it is ready.
const START: Duration = Duration::from_secs(30);

/// A Prometheus that scrapes some targets once a second; ended when dropped. Its questions are
/// those of [`Api`].
///
/// The first scrape comes five to six seconds after the start, whatever the interval, so a test
/// with many questions starts one server for all of them.
#[derive(Debug)]
pub struct Prometheus {
    api: Api,
    program: Program,
    /// Removed after the program has ended.
    _dir: TempDir,
}

impl Prometheus {
    /// Starts it with these targets and waits until it is ready, not until it has scraped.
    ///
    /// Exemplars are stored.
    #[track_caller]
    pub fn start(targets: &[Target]) -> Self {
        Self::start_with(targets, &[])
    }

    /// [`Prometheus::start`] with these flags added.
    #[track_caller]
    pub fn start_with(targets: &[Target], flags: &[&str]) -> Self {
        Self::start_program("prometheus".as_ref(), targets, flags)
    }

    /// [`Prometheus::start_with`] with Prometheus 3, which lies beside the system.
    #[track_caller]
    pub fn start_newest(targets: &[Target], flags: &[&str]) -> Self {
        Self::start_beside("prometheus-3", targets, flags)
    }

    /// [`Prometheus::start_with`] with Prometheus 2.53, which lies beside the system.
    #[track_caller]
    pub fn start_2_53(targets: &[Target], flags: &[&str]) -> Self {
        Self::start_beside("prometheus-2.53", targets, flags)
    }

    #[track_caller]
    fn start_beside(folder: &str, targets: &[Target], flags: &[&str]) -> Self {
        let program = beside(folder, "prometheus");
        Self::start_program(program.as_os_str(), targets, flags)
    }

    #[track_caller]
    fn start_program(program: &OsStr, targets: &[Target], flags: &[&str]) -> Self {
        let dir = TempDir::new();
        let configuration = dir.write("prometheus.yml", configuration(targets));
        let flags = [&["--enable-feature=exemplar-storage"], flags].concat();
        Self::serve(program, |_| configuration.clone(), dir, &flags)
    }

    /// Starts it with a configuration that is written for it when its port is known, and waits
    /// until it is ready. Alerts are sent again after a second.
    #[track_caller]
    pub fn start_configured(configuration: impl Fn(u16) -> PathBuf) -> Self {
        let flags = ["--rules.alert.resend-delay=1s"];
        Self::serve("prometheus".as_ref(), configuration, TempDir::new(), &flags)
    }

    #[track_caller]
    fn serve(
        program: &OsStr,
        configuration: impl Fn(u16) -> PathBuf,
        dir: TempDir,
        flags: &[&str],
    ) -> Self {
        let server = Program::serve("/-/ready", START, |port| {
            let configuration = configuration(port);
            let mut command = Command::new(program);
            command
                .arg(format!("--config.file={}", configuration.display()))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    dir.path().join("data").display()
                ))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg(format!("--web.external-url=http://127.0.0.1:{port}"))
                .args(flags);
            command
        });
        Self {
            api: Api::new(server.url(""), None),
            program: server,
            _dir: dir,
        }
    }

    /// The running program, for its log and its address.
    pub fn program(&self) -> &Program {
        &self.program
    }
}

impl Deref for Prometheus {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
