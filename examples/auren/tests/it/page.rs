//! A page of metrics, read without the library.

use visitor::client::Response;

/// The samples of a page.
#[derive(Debug)]
pub(crate) struct Page {
    samples: Vec<(String, f64)>,
}

impl Page {
    #[track_caller]
    pub(crate) fn parse(response: &Response) -> Self {
        assert_eq!(response.status, 200);
        let text = std::str::from_utf8(&response.body).expect("text");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            Some((series.to_owned(), value.parse().ok()?))
        });
        Self {
            samples: samples.collect(),
        }
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = f64> {
        let parts: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        let name = name.to_owned();
        self.samples.iter().filter_map(move |(series, value)| {
            let (family, rest) = series.split_once('{').unwrap_or((series, ""));
            let fits = family == name && parts.iter().all(|part| rest.contains(part.as_str()));
            fits.then_some(*value)
        })
    }

    /// The sum of the series that have these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).sum()
    }

    /// Whether there is such a series.
    pub(crate) fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.matching(name, labels).next().is_some()
    }
}
