//! What the operating system says of a process: CPU, memory, file descriptors, threads, limits.
//!
//! [`ProcessMetrics`] puts it on the page; [`ProcessStats::read`] reads it once, at the moment of the
//! call. Nothing is measured in between. The fields are the metrics that Prometheus's own clients
//! export, under the names that dashboards ask for:
//!
//! | field | metric | from, below `/proc` |
//! |---|---|---|
//! | `cpu_seconds` | `process_cpu_seconds_total` | `self/stat`: user and system time |
//! | `resident_memory_bytes` | `process_resident_memory_bytes` | `self/status`: `VmRSS` |
//! | `virtual_memory_bytes` | `process_virtual_memory_bytes` | `self/status`: `VmSize` |
//! | `virtual_memory_max_bytes` | `process_virtual_memory_max_bytes` | `self/limits`: `Max address space` |
//! | `open_fds` | `process_open_fds` | `self/fd` |
//! | `max_fds` | `process_max_fds` | `self/limits`: `Max open files` |
//! | `start_time_seconds` | `process_start_time_seconds` | `self/stat` and `stat`: `btime` |
//! | `threads` | `process_threads` | `self/status`: `Threads` |
//! | `cgroup_memory_limit_bytes` | `process_cgroup_memory_limit_bytes` | the control group, version 1 or 2 |
//! | `cgroup_cpu_limit_cores` | `process_cgroup_cpu_limit_cores` | the control group, version 1 or 2 |
//!
//! CPU time is kept in ticks of a hundredth of a second; what is shorter is not seen. Children
//! are not included: a program that the process has started is another process. The limits of a
//! control group are those that it meets first, its own or that of a group around it; soft limits,
//! as `memory.high`, are not read.
//!
//! What is `None` has no sample: no number means "no limit". So a query with a limit, as
//! `process_open_fds / process_max_fds`, has no result where there is none.
//!
//! Only Linux is read; elsewhere [`ProcessStats::read`] says [`ReadError::Unsupported`].

#[cfg(target_os = "linux")]
mod cgroup;
#[cfg(target_os = "linux")]
mod linux;
mod metrics;

use std::path::PathBuf;
use std::{error, fmt, io};

#[cfg(target_os = "linux")]
use linux::read as read_process;
pub use metrics::ProcessMetrics;

#[cfg(not(target_os = "linux"))]
fn read_process(_: Option<u32>) -> Result<ProcessStats, ReadError> {
    Err(ReadError::Unsupported)
}

/// What the operating system says of a process, at one moment.
///
/// # Examples
///
/// ```
/// # #[cfg(target_os = "linux")] {
/// use vitalsigns::families::process::ProcessStats;
///
/// let stats = ProcessStats::read()?;
/// println!("{} MB in {} threads", stats.resident_memory_bytes / 1_000_000, stats.threads);
/// # }
/// # Ok::<(), vitalsigns::families::process::ReadError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProcessStats {
    /// CPU time used since the start, of the user and of the system, in seconds.
    pub cpu_seconds: f64,
    /// Memory that is in RAM, in bytes. 0 for a process that has ended and was not waited for.
    pub resident_memory_bytes: u64,
    /// Address space that is in use, in bytes; most of it is often never touched. 0 for a process
    /// that has ended and was not waited for.
    pub virtual_memory_bytes: u64,
    /// Address space that may be in use, in bytes; `None` if there is no limit.
    pub virtual_memory_max_bytes: Option<u64>,
    /// File descriptors that are open; `None` if the process may not see them, as when it has
    /// dropped privileges or asks for a process of somebody else.
    pub open_fds: Option<u64>,
    /// File descriptors that may be open, by the soft limit; `None` if there is no limit.
    pub max_fds: Option<u64>,
    /// When the process was started, in seconds since 1970. The time at which the machine was
    /// started is part of it and known to a second only, and moves when the clock is set.
    pub start_time_seconds: f64,
    /// Threads that are alive, the main one included.
    pub threads: u64,
    /// Memory that the control group may use, in bytes; `None` if it has no limit or none that
    /// can be read.
    pub cgroup_memory_limit_bytes: Option<u64>,
    /// CPU cores that the control group may keep busy: 1.5 is one and a half; `None` if it has no
    /// limit or none that can be read.
    pub cgroup_cpu_limit_cores: Option<f64>,
}

impl ProcessStats {
    /// Reads what there is to know of this process.
    ///
    /// It opens a dozen files of `/proc` and counts the open file descriptors one by one, so it
    /// belongs into a scrape, not into a request. The fields are read one after the other, not in
    /// one moment.
    ///
    /// # Errors
    ///
    /// [`ReadError::Unsupported`] if this is not Linux, [`ReadError::File`] if a file cannot be
    /// read, as without a `/proc`, and [`ReadError::Format`] if one does not have what it should.
    ///
    /// # Examples
    ///
    /// ```
    /// use vitalsigns::families::process::ProcessStats;
    ///
    /// match ProcessStats::read() {
    ///     Ok(stats) => println!("{:.2} s of CPU time", stats.cpu_seconds),
    ///     Err(error) => eprintln!("nothing is known of this process: {error}"),
    /// }
    /// ```
    pub fn read() -> Result<Self, ReadError> {
        read_process(None)
    }

    /// Reads what there is to know of another process, as one that this one has started.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read); [`ReadError::File`] also if there is no such process.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// use vitalsigns::families::process::ProcessStats;
    ///
    /// let mut child = std::process::Command::new("sleep").arg("60").spawn()?;
    /// let stats = ProcessStats::of(child.id())?;
    /// assert_eq!(stats.threads, 1);
    /// child.kill()?;
    /// child.wait()?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(pid: u32) -> Result<Self, ReadError> {
        read_process(Some(pid))
    }
}

/// Why nothing is known of a process.
///
/// # Examples
///
/// ```
/// use vitalsigns::families::process::ReadError;
///
/// let error = ReadError::Unsupported;
/// assert_eq!(error.to_string(), "processes are read on Linux only");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// This is not Linux.
    Unsupported,
    /// A file could not be read.
    #[non_exhaustive]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not have what it should.
    #[non_exhaustive]
    Format {
        /// Which one.
        path: PathBuf,
        /// What it should have.
        missing: &'static str,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Unsupported => f.write_str("processes are read on Linux only"),
            ReadError::File { path, source } => {
                write!(f, "cannot read `{}`: {source}", path.display())
            }
            ReadError::Format { path, missing } => {
                write!(f, "`{}` does not have {missing}", path.display())
            }
        }
    }
}

impl error::Error for ReadError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            ReadError::File { source, .. } => Some(source),
            ReadError::Unsupported | ReadError::Format { .. } => None,
        }
    }
}
