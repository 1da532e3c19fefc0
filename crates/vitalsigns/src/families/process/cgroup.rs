//! The limits of the control group that a process is in.
//!
//! Three things have to be put together: `/proc/<pid>/cgroup` says which group it is, by a path
//! in a tree of groups; `/proc/self/mountinfo` says where that tree, or a part of it, is mounted;
//! and the files there say what the limits are. In a container, the group is often the root of
//! what is mounted.

use std::path::{Path, PathBuf};

/// What the group may use; `None` where there is no limit, or none that can be read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Limits {
    pub(super) memory_bytes: Option<u64>,
    pub(super) cpu_cores: Option<f64>,
}

/// Version 1 says "unlimited" by the largest number of whole pages below 2^63, whatever the size
/// of a page is; no machine has a mebibyte less than that.
const UNLIMITED_V1: u64 = (1 << 63) - (1 << 20);

/// The limits of the group that `cgroups` names; `file` is how files are read.
pub(super) fn limits(
    cgroups: &str,
    mounts: &str,
    file: impl Fn(&Path) -> Option<String>,
) -> Limits {
    // A controller is in one tree only: that of version 1 if `cgroups` lists it, or that of 2.
    let memory = match path_v1(cgroups, "memory") {
        Some(group) => smallest(&dirs(group, mounts, Some("memory")), |dir| {
            let limit = parse_bytes(&file(&dir.join("memory.limit_in_bytes"))?)?;
            (limit < UNLIMITED_V1).then_some(limit)
        }),
        None => smallest(&dirs_v2(cgroups, mounts), |dir| {
            parse_bytes(&file(&dir.join("memory.max"))?)
        }),
    };
    let cpu = match path_v1(cgroups, "cpu") {
        Some(group) => smallest(&dirs(group, mounts, Some("cpu")), |dir| {
            let quota = file(&dir.join("cpu.cfs_quota_us"))?;
            let period = file(&dir.join("cpu.cfs_period_us"))?;
            parse_cores(&quota, &period)
        }),
        None => smallest(&dirs_v2(cgroups, mounts), |dir| {
            let text = file(&dir.join("cpu.max"))?;
            let (quota, period) = text.trim().split_once(' ')?;
            parse_cores(quota, period)
        }),
    };
    Limits {
        memory_bytes: memory,
        cpu_cores: cpu,
    }
}

/// The smallest limit on the way: a group has what the groups around it have at the most.
fn smallest<T: PartialOrd>(dirs: &[PathBuf], limit: impl Fn(&Path) -> Option<T>) -> Option<T> {
    dirs.iter()
        .filter_map(|dir| limit(dir))
        .reduce(|least, next| if next < least { next } else { least })
}

/// A line of `/proc/<pid>/cgroup`: a number, controllers, and a path that may have colons.
fn lines(cgroups: &str) -> impl Iterator<Item = (&str, &str)> {
    cgroups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    })
}

fn path_v1<'a>(cgroups: &'a str, controller: &str) -> Option<&'a str> {
    lines(cgroups)
        .find(|(controllers, _)| controllers.split(',').any(|known| known == controller))
        .map(|(_, path)| path)
}

fn dirs_v2(cgroups: &str, mounts: &str) -> Vec<PathBuf> {
    lines(cgroups)
        .find(|(controllers, _)| controllers.is_empty())
        .map(|(_, path)| dirs(path, mounts, None))
        .unwrap_or_default()
}

/// The directory of a group and those of the groups around it, as far as they are mounted.
fn dirs(group: &str, mounts: &str, controller: Option<&str>) -> Vec<PathBuf> {
    let mut found: Vec<(PathBuf, PathBuf)> = mounts
        .lines()
        .filter_map(|line| parse_mount(line, controller))
        .collect();
    // The same tree can be mounted more than once; one that has the group is better than another.
    found.sort_by_key(|(root, _)| !Path::new(group).starts_with(root));
    let Some((root, point)) = found.into_iter().next() else {
        return Vec::new();
    };
    // A group that is outside of what is mounted meets the limits of the mounted part at least.
    let inside = Path::new(group)
        .strip_prefix(&root)
        .unwrap_or(Path::new(""));
    point
        .join(inside)
        .ancestors()
        .take_while(|dir| dir.starts_with(&point))
        .map(Path::to_owned)
        .collect()
}

/// The root and the place of a mount of control groups: of version 1 with this controller, or of
/// version 2.
fn parse_mount(line: &str, controller: Option<&str>) -> Option<(PathBuf, PathBuf)> {
    // Before the lone dash there are as many optional fields as there like to be.
    let (mount, of) = line.split_once(" - ")?;
    let mut of = of.split(' ');
    let is_wanted = match (of.next()?, controller) {
        ("cgroup2", None) => true,
        ("cgroup", Some(controller)) => of.nth(1)?.split(',').any(|option| option == controller),
        _ => false,
    };
    let mut fields = mount.split(' ').skip(3);
    let (root, point) = (fields.next()?, fields.next()?);
    is_wanted.then(|| (unescape(root).into(), unescape(point).into()))
}

/// Paths in `mountinfo` have blanks and backslashes as three octal digits.
fn unescape(path: &str) -> String {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(start) = rest.find('\\') {
        let (before, escaped) = rest.split_at(start);
        text.push_str(before);
        match escapes.iter().find(|(code, _)| escaped.starts_with(code)) {
            Some((code, char)) => {
                text.push_str(char);
                rest = &escaped[code.len()..];
            }
            None => {
                text.push('\\');
                rest = &escaped[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// A number; `max` is no limit.
fn parse_bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// Time that may be used up in each period; `max` and -1 are no limit.
fn parse_cores(quota: &str, period: &str) -> Option<f64> {
    let quota: u64 = quota.trim().parse().ok()?;
    let period: u64 = period.trim().parse().ok()?;
    (period > 0).then(|| quota as f64 / period as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V2: &str = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 master:1 - cgroup2 cgroup2 \
                      rw,nsdelegate\n";
    const V1: &str = "\
31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";

    fn read(cgroups: &str, mounts: &str, files: &[(&str, &str)]) -> Limits {
        limits(cgroups, mounts, |path| {
            files
                .iter()
                .find(|(name, _)| Path::new(name) == path)
                .map(|(_, text)| (*text).to_owned())
        })
    }

    fn of(memory_bytes: impl Into<Option<u64>>, cpu_cores: impl Into<Option<f64>>) -> Limits {
        Limits {
            memory_bytes: memory_bytes.into(),
            cpu_cores: cpu_cores.into(),
        }
    }

    #[test]
    fn version_2_in_a_container() {
        let files = [
            ("/sys/fs/cgroup/memory.max", "536870912\n"),
            ("/sys/fs/cgroup/cpu.max", "150000 100000\n"),
        ];
        assert_eq!(read("0::/\n", V2, &files), of(536_870_912, 1.5));
    }

    #[test]
    fn version_2_without_limits() {
        let files = [
            ("/sys/fs/cgroup/app/memory.max", "max\n"),
            ("/sys/fs/cgroup/app/cpu.max", "max 100000\n"),
        ];
        assert_eq!(read("0::/app\n", V2, &files), of(None, None));
    }

    #[test]
    fn the_groups_around_a_group_limit_it_too() {
        let files = [
            ("/sys/fs/cgroup/pods/one/app/memory.max", "max\n"),
            ("/sys/fs/cgroup/pods/one/memory.max", "1000\n"),
            ("/sys/fs/cgroup/pods/memory.max", "5000\n"),
            ("/sys/fs/cgroup/pods/one/app/cpu.max", "400000 100000\n"),
            ("/sys/fs/cgroup/pods/cpu.max", "50000 200000\n"),
            ("/sys/fs/memory.max", "1\n"),
        ];
        let limits = read("0::/pods/one/app\n", V2, &files);
        assert_eq!(limits, of(1000, 0.25));
    }

    #[test]
    fn version_1_on_a_host_with_a_hybrid_tree() {
        let cgroups = "9:name=systemd:/\n4:memory:/app\n2:cpu,cpuacct:/app\n0::/app\n";
        let files = [
            (
                "/sys/fs/cgroup/memory/app/memory.limit_in_bytes",
                "268435456\n",
            ),
            (
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712\n",
            ),
            ("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "50000\n"),
            (
                "/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us",
                "100000\n",
            ),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/unified/app/memory.max", "1\n"),
        ];
        assert_eq!(read(cgroups, V1, &files), of(268_435_456, 0.5));
    }

    #[test]
    fn version_1_unlimited_by_pages_of_any_size() {
        for unlimited in [
            "9223372036854771712",
            "9223372036854710272",
            "9223372036854775807",
        ] {
            let files = [("/sys/fs/cgroup/memory/memory.limit_in_bytes", unlimited)];
            assert_eq!(read("4:memory:/\n", V1, &files), of(None, None));
        }
    }

    #[test]
    fn a_container_may_see_its_group_as_the_root_of_the_mount() {
        let mounts = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let files = [("/sys/fs/cgroup/memory/memory.limit_in_bytes", "4096\n")];
        let limits = read("4:memory:/docker/abc\n", mounts, &files);
        assert_eq!(limits, of(4096, None));
        // A name that only begins alike is another group; the mounted one is all that is seen.
        let limits = read("4:memory:/docker/abcdef\n", mounts, &files);
        assert_eq!(limits, of(4096, None));
        let limits = read("4:memory:/../elsewhere\n", mounts, &files);
        assert_eq!(limits, of(4096, None));
    }

    #[test]
    fn of_two_mounts_the_one_that_has_the_group_is_read() {
        let mounts = format!(
            "50 23 0:28 /other /mnt/other rw - cgroup2 cgroup2 rw\n{}",
            V2
        );
        let files = [
            ("/mnt/other/memory.max", "1\n"),
            ("/sys/fs/cgroup/app/memory.max", "2\n"),
        ];
        assert_eq!(read("0::/app\n", &mounts, &files), of(2, None));
    }

    #[test]
    fn paths_may_have_blanks_and_colons() {
        let mounts = "31 23 0:28 / /sys/fs/my\\040\\134groups rw - cgroup2 cgroup2 rw\n";
        let files = [("/sys/fs/my \\groups/a:b c/memory.max", "7\n")];
        assert_eq!(read("0::/a:b c\n", mounts, &files), of(7, None));
    }

    #[test]
    fn what_cannot_be_read_is_no_limit() {
        let none = of(None, None);
        assert_eq!(read("", "", &[]), none);
        assert_eq!(read("0::/app\n", "", &[]), none);
        assert_eq!(read("4:memory:/app\n2:cpu:/app\n", V1, &[]), none);
        assert_eq!(read("nonsense\n0:\n", "nonsense - cgroup2\n", &[]), none);
        let files = [
            ("/sys/fs/cgroup/memory.max", "lots\n"),
            ("/sys/fs/cgroup/cpu.max", "100000 0\n"),
        ];
        assert_eq!(read("0::/\n", V2, &files), none);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(cgroups in "(?s).*", mounts in "(?s).*", file in "(?s).*") {
            let _ = limits(&cgroups, &mounts, |_| Some(file.clone()));
            let _ = limits("0::/a/b\n4:memory:/c\n", &format!("{V2}{V1}{mounts}"), |_| {
                Some(file.clone())
            });
            let _ = unescape(&mounts);
        }
    }
}
