//! A real VictoriaMetrics server.

use std::ops::Deref;
use std::process::Command;
use std::time::Duration;

use crate::program::Program;
use crate::scrape::{Api, Target, configuration};
use crate::temp::TempDir;

/// How long the server may take until it is ready.
const START: Duration = Duration::from_secs(30);

/// A VictoriaMetrics that scrapes some targets once a second; ended when dropped. Its questions are
/// those of [`Api`].
///
/// It asks for the text format where Prometheus asks for OpenMetrics.
#[derive(Debug)]
pub struct VictoriaMetrics {
    api: Api,
    program: Program,
    /// Removed after the program has ended.
    _dir: TempDir,
}

impl VictoriaMetrics {
    /// Starts it with these targets and waits until it is ready, not until it has scraped.
    #[track_caller]
    pub fn start(targets: &[Target]) -> Self {
        Self::start_with(targets, &[])
    }

    /// [`VictoriaMetrics::start`] with these flags added.
    #[track_caller]
    pub fn start_with(targets: &[Target], flags: &[&str]) -> Self {
        let dir = TempDir::new();
        let configuration = dir.write("scrape.yml", configuration(targets));
        let program = Program::serve("/health", START, |port| {
            let mut command = Command::new("victoria-metrics");
            command
                .arg(format!("-promscrape.config={}", configuration.display()))
                .arg(format!(
                    "-storageDataPath={}",
                    dir.path().join("data").display()
                ))
                .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
                // In months.
                .arg("-retentionPeriod=1")
                // Otherwise what is newer than 30 s is not seen.
                .arg("-search.latencyOffset=0s")
                .args(flags);
            command
        });
        Self {
            api: Api::new(program.url(""), Some("/internal/force_flush")),
            program,
            _dir: dir,
        }
    }

    /// The running program, for its log and its address.
    pub fn program(&self) -> &Program {
        &self.program
    }
}

impl Deref for VictoriaMetrics {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
