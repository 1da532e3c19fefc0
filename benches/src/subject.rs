//! What is measured: a library doing one operation over and over, and the page that proves it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

pub(crate) const PROMETHEUS_CLIENT: &str = "prometheus-client";
pub(crate) const VITALSIGNS: &str = "vitalsigns";

/// A library with the metrics of one scenario.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    run: Box<dyn Fn(Range<u64>) + Send + Sync>,
    page: Box<dyn Fn() -> String + Send + Sync>,
}

impl Subject {
    /// Runs `operation` once for each number; `page` is its scrape.
    pub(crate) fn recording(
        name: &'static str,
        operation: impl Fn(u64) + Send + Sync + 'static,
        page: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        let run = move |range: Range<u64>| range.for_each(&operation);
        Subject {
            name,
            run: Box::new(run),
            page: Box::new(page),
        }
    }

    /// The operation is the scrape itself.
    pub(crate) fn scraping(
        name: &'static str,
        page: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        let page = Arc::new(page);
        let scrape = Arc::clone(&page);
        Subject::recording(
            name,
            move |_| {
                std::hint::black_box(scrape());
            },
            move || page(),
        )
    }

    /// The loop that is measured, under a name of its own for profilers.
    #[inline(never)]
    pub(crate) fn measured(&self, range: Range<u64>) {
        (self.run)(range);
    }

    pub(crate) fn warm_up(&self, operations: u64) {
        (self.run)(0..operations);
    }

    /// The page as it comes.
    pub(crate) fn scrape(&self) -> String {
        (self.page)()
    }

    pub(crate) fn page(&self) -> Page {
        Page::read(&(self.page)())
    }
}

/// The samples of a page in one spelling.
///
/// What is evened out: the order of the lines, the order of the labels in a line (prometheus-client
/// has `le` first, vitalsigns last), the last digit of floats (both read back as the same float, but
/// prometheus-client's digits are not always those nearest to it), and vitalsigns's metrics of
/// itself, which are left out.
/// Comment lines are no samples; there, prometheus-client puts a full stop behind every help.
#[derive(PartialEq, Eq)]
pub(crate) struct Page {
    samples: BTreeSet<String>,
    pub(crate) bytes: usize,
}

impl Page {
    fn read(text: &str) -> Self {
        let samples = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("vitalsigns_"))
            .map(spell)
            .collect();
        Page {
            samples,
            bytes: text.len(),
        }
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    /// The first of these lines that the page has not.
    pub(crate) fn lacks<'a>(&self, expected: &'a [String]) -> Option<&'a String> {
        expected
            .iter()
            .find(|line| !self.samples.contains(&spell(line)))
    }

    /// The values of some of the samples, added.
    pub(crate) fn total(&self, which: impl Fn(&str) -> bool) -> f64 {
        let value = |line: &String| line.rsplit(' ').next()?.parse::<f64>().ok();
        self.samples
            .iter()
            .filter(|line| which(line))
            .filter_map(value)
            .sum()
    }

    /// FNV-1a over the sorted samples.
    pub(crate) fn digest(&self) -> u64 {
        let bytes = self
            .samples
            .iter()
            .flat_map(|line| line.bytes().chain([b'\n']));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

/// The line with its labels sorted and its value read and written anew; no label value of the
/// scenarios has a brace or a comma.
fn spell(line: &str) -> String {
    let (series, value) = line.rsplit_once(' ').unwrap_or((line, ""));
    let value = value.parse::<f64>().unwrap_or(f64::NAN);
    let labels = series
        .strip_suffix('}')
        .and_then(|series| series.split_once('{'));
    let Some((name, labels)) = labels else {
        return format!("{series} {value}");
    };
    let mut labels: Vec<&str> = labels.split(',').collect();
    labels.sort_unstable();
    format!("{name}{{{}}} {value}", labels.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_lines_and_labels_does_not_count_but_values_do() {
        let one = Page::read("# HELP a A.\na{x=\"1\",le=\"2\"} 3\nb 1\nvitalsigns_z 1\n");
        let two = Page::read("b 1\n# HELP a A\na{le=\"2\",x=\"1\"} 3\n");
        assert_eq!((one.digest(), one.len()), (two.digest(), 2));
        assert_ne!(
            one.digest(),
            Page::read("b 1\na{le=\"2\",x=\"1\"} 4\n").digest()
        );
        assert_eq!(
            two.lacks(&["a{x=\"1\",le=\"2\"} 3".into(), "b 2".into()])
                .unwrap(),
            "b 2"
        );
    }
}
