//! Disk space, memory and CPU.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use vitalsigns::families::process::{ProcessStats, ReadError};

use super::by_share;
use crate::cell::lock;
use crate::check::Check;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::state::Cause;

/// How full the file system of a path is: blocks and inodes, whichever is fuller, as far as this
/// user may fill them. Degraded at 80 %, down at 90 %.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::DiskSpace;
///
/// let check = DiskSpace::of("/var/lib/app").limits(0.85, 0.95).check("disk");
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct DiskSpace {
    path: PathBuf,
    limits: (f64, f64),
}

impl DiskSpace {
    /// That of this path.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn of(path: impl Into<PathBuf>) -> Self {
        DiskSpace {
            path: path.into(),
            limits: (0.8, 0.9),
        }
    }

    /// The shares at which it is degraded and down.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn limits(mut self, degraded: f64, down: f64) -> Self {
        self.limits = (degraded, down);
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let (degraded, down) = self.limits;
        let look = move || {
            let found = rustix::fs::statvfs(&self.path).map_err(std::io::Error::from)?;
            let used = |all: u64, free: u64, available: u64| {
                let used = all.saturating_sub(free) as f64;
                // What is kept for root is neither used nor available.
                match used + available as f64 {
                    0.0 => 0.0,
                    of => used / of,
                }
            };
            let blocks = used(found.f_blocks, found.f_bfree, found.f_bavail);
            let inodes = used(found.f_files, found.f_ffree, found.f_favail);
            let outcome = by_share(blocks.max(inodes), degraded, down)
                .detail("used_ratio", rounded(blocks))
                .detail("inodes_used_ratio", rounded(inodes))
                .detail(
                    "available_bytes",
                    found.f_bavail.saturating_mul(found.f_frsize),
                );
            Ok::<_, std::io::Error>(
                match found.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
                    true => outcome.detail("read_only", true),
                    false => outcome,
                },
            )
        };
        Check::blocking(name, look)
            .interval(Duration::from_secs(30))
            .component("system")
    }
}

/// How much memory is used: of what the control group may have, by this process; where there is no
/// such limit, of what the machine has, by everybody. Degraded at 85 %, down at 95 %.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::Memory;
///
/// let check = Memory::new().limits(0.8, 0.97).check("memory");
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is checked before `check`"]
pub struct Memory {
    limits: (f64, f64),
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            limits: (0.85, 0.95),
        }
    }
}

impl Memory {
    /// With the usual limits.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        Memory::default()
    }

    /// The shares at which it is degraded and down.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn limits(mut self, degraded: f64, down: f64) -> Self {
        self.limits = (degraded, down);
        self
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let (degraded, down) = self.limits;
        let look = move || {
            let stats = ProcessStats::read()?;
            let (used, limit, of) = match stats.cgroup_memory_limit_bytes {
                Some(limit) => (stats.resident_memory_bytes, limit, "control group"),
                None => {
                    let text = fs::read_to_string("/proc/meminfo")?;
                    let (used, all) = meminfo(&text).ok_or(Failure::new(Cause::Protocol))?;
                    (used, all, "machine")
                }
            };
            let share = used as f64 / limit.max(1) as f64;
            Ok::<_, Failure>(
                by_share(share, degraded, down)
                    .detail("used_ratio", rounded(share))
                    .detail("used_bytes", used)
                    .detail("limit_bytes", limit)
                    .detail("limit_of", of),
            )
        };
        Check::blocking(name, look).component("system")
    }
}

/// Bytes that are used and bytes that there are.
fn meminfo(text: &str) -> Option<(u64, u64)> {
    let field = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kibibytes.checked_mul(1024)
    };
    let (all, available) = (field("MemTotal:")?, field("MemAvailable:")?);
    Some((all.saturating_sub(available), all))
}

/// How much of the CPU time that it may have this process uses, from one run to the next: degraded
/// at 95 %, never down. It is informational: who works hard is not ill.
///
/// # Examples
///
/// ```
/// use vitalsigns_health::checks::Cpu;
///
/// let check = Cpu::new().check("cpu");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is checked before `check`"]
pub struct Cpu(());

impl Cpu {
    /// Of this process.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new() -> Self {
        Cpu::default()
    }

    /// The check.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn check(self, name: impl Into<String>) -> Check {
        let last: Mutex<Option<(Instant, f64)>> = Mutex::new(None);
        let look = move || {
            let stats = ProcessStats::read()?;
            let machine = std::thread::available_parallelism().map_or(1, usize::from) as f64;
            let cores = stats
                .cgroup_cpu_limit_cores
                .map_or(machine, |cores| cores.min(machine));
            let now = (Instant::now(), stats.cpu_seconds);
            let outcome = match lock(&last).replace(now) {
                None => Outcome::up(),
                Some((then, seconds)) => {
                    let time = now.0.saturating_duration_since(then).as_secs_f64() * cores;
                    let share = (now.1 - seconds) / time.max(0.001);
                    by_share(share, 0.95, f64::INFINITY).detail("used_ratio", rounded(share))
                }
            };
            Ok::<_, ReadError>(outcome.detail("cores", cores))
        };
        Check::blocking(name, look)
            .informational()
            .component("system")
    }
}

fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meminfo_is_read_or_not_there() {
        let text = "MemTotal:       1000 kB\nMemFree: 5 kB\nMemAvailable:    250 kB\n";
        assert_eq!(meminfo(text), Some((750 * 1024, 1000 * 1024)));
        assert_eq!(meminfo("MemTotal: 1000 kB\n"), None);
        assert_eq!(meminfo("MemTotal: x kB\nMemAvailable: 1 MB\n"), None);
    }
}
