//! A real Alertmanager.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::program::{Program, beside};
use crate::temp::TempDir;

/// How long the server may take until it is ready.
const START: Duration = Duration::from_secs(30);

/// An Alertmanager on loopback, of the version that goes with Prometheus 3; ended when dropped.
#[derive(Debug)]
pub struct Alertmanager {
    program: Program,
    /// Removed after the program has ended.
    _dir: TempDir,
}

impl Alertmanager {
    /// Starts it with this configuration and waits until it is ready.
    #[track_caller]
    pub fn start(configuration: &Path) -> Self {
        let dir = TempDir::new();
        let program = Program::serve("/-/ready", START, |port| {
            let mut command = Command::new(beside("prometheus-3", "prometheus-alertmanager"));
            command
                .arg(format!("--config.file={}", configuration.display()))
                .arg(format!(
                    "--storage.path={}",
                    dir.path().join("data").display()
                ))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg(format!("--web.external-url=http://127.0.0.1:{port}"))
                .arg("--cluster.listen-address=");
            command
        });
        Alertmanager { program, _dir: dir }
    }

    /// The running program, for its log and its address.
    pub fn program(&self) -> &Program {
        &self.program
    }
}
