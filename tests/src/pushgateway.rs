//! A real Pushgateway.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::program::Program;
use crate::scrape::Labels;
use crate::{http, poll};

/// How long the server may take until it is ready.
const START: Duration = Duration::from_secs(30);

/// A Pushgateway that keeps what it is told in memory; ended when dropped.
#[derive(Debug)]
pub struct Pushgateway {
    program: Program,
    address: String,
}

/// What the gateway has of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The grouping key, the job among it.
    pub labels: Labels,
    /// Whether the last push of this group was taken.
    pub is_good: bool,
    families: Value,
}

impl Group {
    /// Whether there is a family of this name.
    pub fn has(&self, family: &str) -> bool {
        !self.families[family].is_null()
    }

    /// The value of the only series of a counter or gauge.
    #[track_caller]
    pub fn value(&self, family: &str) -> f64 {
        match self.families[family]["metrics"]
            .as_array()
            .map(Vec::as_slice)
        {
            Some([series]) => match series["value"].as_str().map(str::parse) {
                Some(Ok(value)) => value,
                _ => panic!("`{family}` has no value: {series}"),
            },
            _ => panic!("`{family}` is not one series: {}", self.families[family]),
        }
    }
}

impl Pushgateway {
    /// Starts it and waits until it is ready.
    #[track_caller]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// [`Pushgateway::start`] with these flags added.
    #[track_caller]
    pub fn start_with(flags: &[&str]) -> Self {
        let program = Program::serve("/-/ready", START, |port| {
            let mut command = command(&format!("127.0.0.1:{port}"));
            command.args(flags);
            command
        });
        let address = program.address();
        Self { program, address }
    }

    /// Starts it where another one was, with nothing of what that one was told.
    #[track_caller]
    pub fn start_at(address: &str) -> Self {
        Self::start_at_with(address, &[])
    }

    /// [`Pushgateway::start_at`] with these flags added. It is ready when it asks for a password.
    #[track_caller]
    pub fn start_at_with(address: &str, flags: &[&str]) -> Self {
        let mut command = command(address);
        command.args(flags);
        let program = Program::start(command);
        let gateway = Self {
            program,
            address: address.to_owned(),
        };
        poll::until_ok(START, "the Pushgateway to be ready", || {
            match http::get(&gateway.url("/-/ready"), &[]) {
                Ok(response) if [200, 401].contains(&response.status) => Ok(()),
                Ok(response) => Err(format!("status {}", response.status)),
                Err(error) => Err(format!("{error}\n{}", gateway.program.log())),
            }
        });
        gateway
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The URL of this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The running program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Ends it at once.
    #[track_caller]
    pub fn kill(mut self) {
        self.program.signal("KILL");
        self.program.wait(START);
    }

    /// What it has, by group.
    #[track_caller]
    pub fn groups(&self) -> Vec<Group> {
        let url = self.url("/api/v1/metrics");
        let response = http::get(&url, &[]).unwrap_or_else(|error| panic!("{url}: {error}"));
        let mut json: Value = serde_json::from_slice(&response.body)
            .unwrap_or_else(|error| panic!("{url}: {error}: {:?}", response.body));
        let Value::Array(groups) = json["data"].take() else {
            panic!("{url}: no list of groups");
        };
        groups.into_iter().map(group).collect()
    }

    /// What it has of the only group of this job.
    #[track_caller]
    pub fn group(&self, job: &str) -> Group {
        let mut groups = self.groups();
        groups.retain(|group| group.labels["job"] == job);
        match groups.pop() {
            Some(group) if groups.is_empty() => group,
            Some(_) => panic!("job `{job}` has several groups"),
            None => panic!("job `{job}` has no group"),
        }
    }
}

fn command(address: &str) -> Command {
    let mut command = Command::new("prometheus-pushgateway");
    command.arg(format!("--web.listen-address={address}"));
    // Debian's keeps what it is told in a file that all would share.
    command.arg("--persistence.file=");
    command
}

fn group(families: Value) -> Group {
    let labels = families["labels"].as_object().into_iter().flatten();
    let labels = labels.map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        (name.clone(), value.to_owned())
    });
    Group {
        labels: labels.collect(),
        is_good: families["last_push_successful"] == true,
        families,
    }
}
