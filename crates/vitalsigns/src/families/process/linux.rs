//! Reading `/proc`. The parsers are functions of text; only `read` opens files.

use std::path::{Path, PathBuf};
use std::{fs, process};

use super::{ProcessStats, ReadError, cgroup};

/// The ticks of a second in `/proc/<pid>/stat`, where the kernel does not say: it is part of the
/// interface to programs, and 100 on every architecture that Rust's standard library runs on.
const TICKS_PER_SECOND: u64 = 100;

/// The key of the ticks of a second among what the kernel hands to a program at its start.
const AT_CLKTCK: usize = 17;

/// `None` is this process.
pub(super) fn read(pid: Option<u32>) -> Result<ProcessStats, ReadError> {
    let dir = match pid {
        None => PathBuf::from("/proc/self"),
        Some(pid) => PathBuf::from(format!("/proc/{pid}")),
    };
    let stat = parse(&dir.join("stat"), parse_stat)?;
    let status = parse(&dir.join("status"), parse_status)?;
    let max_fds = parse(&dir.join("limits"), |text| {
        parse_limit(text, "Max open files")
    })?;
    let virtual_memory_max_bytes = parse(&dir.join("limits"), |text| {
        parse_limit(text, "Max address space")
    })?;
    let booted = parse(Path::new("/proc/stat"), parse_boot_time)?;

    let ticks_per_second = fs::read("/proc/self/auxv")
        .ok()
        .and_then(|bytes| parse_auxv(&bytes, AT_CLKTCK))
        .filter(|ticks| *ticks > 0)
        .unwrap_or(TICKS_PER_SECOND);
    let seconds = |ticks: u64| ticks as f64 / ticks_per_second as f64;

    let cgroups = text(&dir.join("cgroup")).unwrap_or_default();
    let mounts = text(Path::new("/proc/self/mountinfo")).unwrap_or_default();
    let limits = cgroup::limits(&cgroups, &mounts, |path| text(path).ok());

    Ok(ProcessStats {
        cpu_seconds: seconds(stat.user_ticks.saturating_add(stat.system_ticks)),
        resident_memory_bytes: status.resident_bytes,
        virtual_memory_bytes: status.virtual_bytes,
        virtual_memory_max_bytes,
        open_fds: open_fds(&dir, pid.is_none_or(|pid| pid == process::id())),
        max_fds,
        start_time_seconds: booted as f64 + seconds(stat.start_ticks),
        threads: status.threads,
        cgroup_memory_limit_bytes: limits.memory_bytes,
        cgroup_cpu_limit_cores: limits.cpu_cores,
    })
}

/// Names of processes and paths are bytes, so a file need not be UTF-8; what is read of it is.
fn text(path: &Path) -> Result<String, ReadError> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(source) => Err(ReadError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

fn parse<T>(path: &Path, parser: impl Fn(&str) -> Result<T, &'static str>) -> Result<T, ReadError> {
    parser(&text(path)?).map_err(|missing| ReadError::Format {
        path: path.to_owned(),
        missing,
    })
}

fn open_fds(dir: &Path, is_self: bool) -> Option<u64> {
    let entries = fs::read_dir(dir.join("fd")).ok()?;
    let mut open: u64 = 0;
    for entry in entries {
        entry.ok()?;
        open += 1;
    }
    // Reading the directory takes a descriptor of its own.
    Some(open.saturating_sub(u64::from(is_self)))
}

#[derive(Debug, PartialEq)]
struct Stat {
    user_ticks: u64,
    system_ticks: u64,
    start_ticks: u64,
}

/// `/proc/<pid>/stat`: one line, whose second field is the name of the program in parentheses, as
/// it is: with spaces, parentheses and line breaks. The fields count from the last parenthesis.
fn parse_stat(text: &str) -> Result<Stat, &'static str> {
    let (_, after) = text.rsplit_once(')').ok_or("a name in parentheses")?;
    let fields: Vec<&str> = after.split_ascii_whitespace().collect();
    // The first field here is the third of the line.
    let field = |number: usize, missing| {
        let field = fields.get(number - 3).ok_or(missing)?;
        field.parse().map_err(|_| missing)
    };
    Ok(Stat {
        user_ticks: field(14, "a user time in field 14")?,
        system_ticks: field(15, "a system time in field 15")?,
        start_ticks: field(22, "a start time in field 22")?,
    })
}

#[derive(Debug, PartialEq)]
struct Status {
    resident_bytes: u64,
    virtual_bytes: u64,
    threads: u64,
}

/// `/proc/<pid>/status`: lines of a key and a value. What has no memory has no line for it.
fn parse_status(text: &str) -> Result<Status, &'static str> {
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
            .map(str::trim)
    };
    let bytes = |key, missing| match value(key) {
        None => Ok(0),
        Some(value) => value
            .strip_suffix("kB")
            .and_then(|kibibytes| kibibytes.trim().parse::<u64>().ok())
            .and_then(|kibibytes| kibibytes.checked_mul(1024))
            .ok_or(missing),
    };
    Ok(Status {
        resident_bytes: bytes("VmRSS", "a size in kB at `VmRSS`")?,
        virtual_bytes: bytes("VmSize", "a size in kB at `VmSize`")?,
        threads: value("Threads")
            .and_then(|threads| threads.parse().ok())
            .ok_or("a number at `Threads`")?,
    })
}

/// The soft limit of this name in `/proc/<pid>/limits`; `None` if it is `unlimited`.
fn parse_limit(text: &str, name: &str) -> Result<Option<u64>, &'static str> {
    let soft = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|columns| columns.split_ascii_whitespace().next());
    match soft {
        Some("unlimited") => Ok(None),
        Some(limit) => limit
            .parse()
            .map(Some)
            .map_err(|_| "a limit that is a number"),
        None => Err("`Max open files` and `Max address space`"),
    }
}

/// When the machine was started, in seconds since 1970, from `/proc/stat`.
fn parse_boot_time(text: &str) -> Result<u64, &'static str> {
    text.lines()
        .find_map(|line| line.strip_prefix("btime "))
        .and_then(|seconds| seconds.trim().parse().ok())
        .ok_or("a number at `btime`")
}

/// The value of `key` in `/proc/<pid>/auxv`: pairs of machine words, up to a key of 0.
fn parse_auxv(bytes: &[u8], key: usize) -> Option<u64> {
    const WORD: usize = size_of::<usize>();
    let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
    for pair in bytes.chunks_exact(2 * WORD) {
        let (found, value) = pair.split_at(WORD);
        match word(found)? {
            0 => return None,
            found if found == key => return word(value)?.try_into().ok(),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AFTER_NAME: &str = " S 1 7394 7394 34816 7497 4194304 101 0 0 0 250 75 4 5 20 0 3 0 \
                              649188 3133440 380 18446744073709551615 1 1 0\n";

    #[test]
    fn the_name_of_a_program_may_have_anything_in_it() {
        let expected = Stat {
            user_ticks: 250,
            system_ticks: 75,
            start_ticks: 649188,
        };
        for name in [
            "cat",
            "",
            "a b",
            "tmux: server",
            ")",
            "((",
            "a) R 1 2 3",
            "a\nb) 1",
        ] {
            let stat = format!("7497 ({name}){AFTER_NAME}");
            assert_eq!(parse_stat(&stat).as_ref(), Ok(&expected), "{name}");
        }
    }

    #[test]
    fn a_stat_that_is_cut_off_says_what_is_missing() {
        assert_eq!(parse_stat(""), Err("a name in parentheses"));
        assert_eq!(parse_stat("7497 (cat"), Err("a name in parentheses"));
        let cut = "7497 (cat) S 1 7394 7394 34816 7497 4194304 101 0 0 0";
        assert_eq!(parse_stat(cut), Err("a user time in field 14"));
        let cut = format!("{cut} 250 -75");
        assert_eq!(parse_stat(&cut), Err("a system time in field 15"));
        let cut = format!("{}75", cut.trim_end_matches("-75"));
        assert_eq!(parse_stat(&cut), Err("a start time in field 22"));
    }

    #[test]
    fn sizes_are_kibibytes_and_may_be_missing() {
        let status = "Name:\tVmRSS:\\n\nState:\tS (sleeping)\nVmPeak:\t    9999 kB\n\
                      VmSize:\t    3896 kB\nVmRSS:\t    2196 kB\nThreads:\t12\n";
        assert_eq!(
            parse_status(status),
            Ok(Status {
                resident_bytes: 2_248_704,
                virtual_bytes: 3_989_504,
                threads: 12,
            })
        );
        assert_eq!(
            parse_status("Name:\tgone\nState:\tZ (zombie)\nThreads:\t1\n"),
            Ok(Status {
                resident_bytes: 0,
                virtual_bytes: 0,
                threads: 1,
            })
        );
        assert_eq!(parse_status("VmRSS:\t1 kB\n"), Err("a number at `Threads`"));
        for size in ["1 MB", "", "-1 kB", "18446744073709551615 kB"] {
            let status = format!("VmSize:\t{size}\nThreads:\t1\n");
            assert_eq!(parse_status(&status), Err("a size in kB at `VmSize`"));
        }
    }

    #[test]
    fn limits_are_soft_and_may_be_unlimited() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             96365                96365                processes \n\
                      Max open files            1024                 unlimited            files     \n\
                      Max address space         unlimited            unlimited            bytes     \n\
                      Max file locks            lots                 unlimited            locks     \n";
        assert_eq!(parse_limit(limits, "Max open files"), Ok(Some(1024)));
        assert_eq!(parse_limit(limits, "Max address space"), Ok(None));
        assert!(parse_limit(limits, "Max file locks").is_err());
        assert!(parse_limit("", "Max open files").is_err());
        assert!(parse_limit("Max open files", "Max open files").is_err());
    }

    #[test]
    fn the_boot_time_is_a_line_of_its_own() {
        let stat = "cpu  1 2 3\nintr 9 btime 8\nctxt 5\nbtime 1795241576\nprocesses 7\n";
        assert_eq!(parse_boot_time(stat), Ok(1_795_241_576));
        assert!(parse_boot_time("cpu 1\nbtime soon\n").is_err());
        assert!(parse_boot_time("").is_err());
    }

    #[test]
    fn auxv_is_pairs_of_words_up_to_zero() {
        let auxv = |words: &[usize]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_ne_bytes()).collect()
        };
        assert_eq!(parse_auxv(&auxv(&[6, 4096, 17, 100, 0, 0]), 17), Some(100));
        assert_eq!(parse_auxv(&auxv(&[6, 17, 0, 0, 17, 100]), 17), None);
        assert_eq!(parse_auxv(&auxv(&[6, 4096, 17]), 17), None);
        assert_eq!(parse_auxv(b"", 17), None);
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        // No process has this number: the kernel's limit is 2^22.
        let error = read(Some(u32::MAX)).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot read `/proc/4294967295/stat`: "),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in "(?s).*") {
            let _ = parse_stat(&text);
            let _ = parse_status(&text);
            let _ = parse_limit(&text, "Max open files");
            let _ = parse_boot_time(&text);
            let _ = parse_auxv(text.as_bytes(), AT_CLKTCK);
        }

        #[test]
        fn every_name_gives_the_same_times(name in "(?s).*") {
            let stat = parse_stat(&format!("1 ({name}){AFTER_NAME}")).unwrap();
            prop_assert_eq!(stat.start_ticks, 649188);
        }
    }
}
