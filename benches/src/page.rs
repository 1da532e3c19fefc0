//! What a scrape said, in one spelling.

use std::collections::HashSet;

/// The samples of a page.
///
/// What is evened out: the order of the lines, the order of the labels in a line, how a number is
/// written, in values and in `le`, and the library's metrics of itself, which are left out. Comment
/// lines are no samples. No label value of the scenarios has a brace, a comma or a quote.
#[derive(Clone)]
pub(crate) struct Page {
    text: String,
}

/// How many samples, and a number that is another one for other samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(crate) samples: u64,
    sum: u64,
}

impl Page {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Page {
            text: String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| {
            !line.is_empty() && !line.starts_with('#') && !line.starts_with("vitalsigns_")
        })
    }

    /// The first of these lines that the page has not.
    pub(crate) fn lacks<'a>(&self, expected: &'a [String]) -> Option<&'a String> {
        let samples: HashSet<String> = self.lines().map(spell).collect();
        expected.iter().find(|line| !samples.contains(&spell(line)))
    }

    /// The values of some of the samples, added; they are told as they stand on the page.
    pub(crate) fn total(&self, which: impl Fn(&str) -> bool) -> f64 {
        let value = |line: &str| line.rsplit(' ').next()?.parse::<f64>().ok();
        self.lines()
            .filter(|line| which(line))
            .filter_map(value)
            .sum()
    }

    /// The hashes of all samples, added, so that their order does not count.
    pub(crate) fn digest(&self) -> Digest {
        let mut digest = Digest { samples: 0, sum: 0 };
        for line in self.lines() {
            digest.samples += 1;
            digest.sum = digest.sum.wrapping_add(fnv(&spell(line)));
        }
        digest
    }
}

/// FNV-1a, and a last mixing because hashes are added.
fn fnv(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The line with its labels sorted, and its value and its `le` read and written anew.
fn spell(line: &str) -> String {
    let (series, value) = line.rsplit_once(' ').unwrap_or((line, ""));
    let value = value.parse::<f64>().unwrap_or(f64::NAN);
    let labels = series
        .strip_suffix('}')
        .and_then(|series| series.split_once('{'));
    let Some((name, labels)) = labels else {
        return format!("{series} {value}");
    };
    let mut bound = String::new();
    let mut labels: Vec<&str> = labels.split(',').collect();
    for label in &mut labels {
        let text = label
            .strip_prefix("le=\"")
            .and_then(|text| text.strip_suffix('"'));
        if let Some(le) = text.and_then(|text| text.parse::<f64>().ok()) {
            bound = format!("le=\"{le}\"");
            *label = "";
        }
    }
    labels.sort_unstable();
    format!("{name}{{{}{bound}}} {value}", labels.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_lines_and_labels_does_not_count_but_values_do() {
        let one = Page::read(b"# HELP a A.\na{x=\"1\",le=\"2.0\"} 3\nb 1\nvitalsigns_z 1\n");
        let two = Page::read(b"b 1.0\n# HELP a A\na{le=\"2\",x=\"1\"} 3\n");
        assert_eq!((one.digest(), one.digest().samples), (two.digest(), 2));
        assert_ne!(
            one.digest(),
            Page::read(b"b 1\na{le=\"2\",x=\"1\"} 4\n").digest()
        );
        assert_eq!(
            two.lacks(&["a{x=\"1\",le=\"2\"} 3".into(), "b 2".into()])
                .unwrap(),
            "b 2"
        );
    }
}
