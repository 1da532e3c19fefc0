//! A page as it was written, line by line: read strictly, and to its end, so that one fault does
//! not hide the next.

mod line;
mod scan;

use std::collections::BTreeMap;

pub(crate) use line::{Labels, Line, parse};

use crate::finding::{Report, Rule};

pub(crate) static SYNTAX: Rule = Rule::error(
    "syntax",
    "A line cannot be read, so that Prometheus refuses the whole page.",
);
pub(crate) static DUPLICATE_METADATA: Rule = Rule::error(
    "duplicate-metadata",
    "A family has a second HELP, TYPE or UNIT line.",
);
pub(crate) static METADATA_ORDER: Rule = Rule::error(
    "metadata-order",
    "HELP, TYPE or UNIT of a family stands behind samples of it.",
);

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Text, with classic names only.
    Text0,
    /// Text in which names can be quoted.
    Text1,
    OpenMetrics,
}

/// What a page has, in its order.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) dialect: Dialect,
    pub(crate) families: Vec<Family>,
}

/// A family, as far as the page says it.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) name: String,
    /// Where it is first spoken of.
    pub(crate) line: usize,
    pub(crate) kind: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) samples: Vec<Sample>,
    /// The first sample that has samples of another family before it, and others of this one before
    /// those.
    pub(crate) torn: Option<usize>,
}

impl Family {
    pub(crate) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("unknown")
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) line: usize,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    pub(crate) timestamp: Option<String>,
    pub(crate) exemplar: Option<Labels>,
}

impl Sample {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The labels but for one, as text that is the same for the same labels.
    pub(crate) fn key_without(&self, left_out: &str) -> String {
        let mut labels: Vec<&(String, String)> = self.labels.iter().collect();
        labels.retain(|(name, _)| name != left_out);
        labels.sort();
        labels
            .iter()
            .map(|(name, value)| format!("{name}={value:?},"))
            .collect()
    }
}

/// Reads a page, and tells what cannot be read.
pub(crate) fn read(text: &str, dialect: Dialect, report: &mut Report) -> Page {
    let mut reader = Reader {
        families: Vec::new(),
        by_name: BTreeMap::new(),
        last: None,
    };
    let mut ended = None;
    for (index, raw) in text.split_terminator('\n').enumerate() {
        let number = index + 1;
        if let Some(end) = ended {
            report.add(
                &SYNTAX,
                number,
                format!("there is more behind `# EOF` in line {end}"),
                "`# EOF` is the last line of a page",
            );
            break;
        }
        match parse(raw, dialect) {
            Ok(Line::Nothing) => {}
            Ok(Line::End) => ended = Some(number),
            Ok(Line::Metadata { word, name, text }) => {
                reader.metadata(word, name, text, number, report);
            }
            Ok(Line::Sample(mut sample)) => {
                sample.line = number;
                reader.sample(sample, dialect);
            }
            Err(fault) => report.add(&SYNTAX, number, fault.cause, fault.hint),
        }
    }
    Page {
        dialect,
        families: reader.families,
    }
}

struct Reader {
    families: Vec<Family>,
    by_name: BTreeMap<String, usize>,
    /// The family of the last sample.
    last: Option<usize>,
}

impl Reader {
    fn metadata(
        &mut self,
        word: &'static str,
        name: String,
        text: String,
        line: usize,
        report: &mut Report,
    ) {
        let index = self.index(&name, line);
        let family = &mut self.families[index];
        if !family.samples.is_empty() {
            report.add(
                &METADATA_ORDER,
                line,
                format!("{word} of `{name}` stands behind samples of it"),
                "write HELP and TYPE of a family in front of its samples",
            );
        }
        let place = match word {
            "HELP" => &mut family.help,
            "TYPE" => &mut family.kind,
            _ => &mut family.unit,
        };
        if place.is_some() {
            report.add(
                &DUPLICATE_METADATA,
                line,
                format!("`{name}` has a second {word} line"),
                "write it once; two libraries that export the same name need different ones",
            );
            return;
        }
        *place = Some(text);
    }

    fn sample(&mut self, sample: Sample, dialect: Dialect) {
        let name = self.family_of(&sample.name, dialect);
        let index = self.index(&name, sample.line);
        let family = &mut self.families[index];
        let is_torn = !family.samples.is_empty() && self.last != Some(index);
        if is_torn && family.torn.is_none() {
            family.torn = Some(sample.line);
        }
        family.samples.push(sample);
        self.last = Some(index);
    }

    fn index(&mut self, name: &str, line: usize) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.families.push(Family {
            name: name.to_owned(),
            line,
            ..Family::default()
        });
        let index = self.families.len() - 1;
        self.by_name.insert(name.to_owned(), index);
        index
    }

    /// The family that a sample of this name belongs to, as the types say.
    fn family_of(&self, name: &str, dialect: Dialect) -> String {
        let kind = |base: &str| {
            let index = self.by_name.get(base)?;
            self.families[*index].kind.as_deref()
        };
        // A family of just this name comes first, unless it is part of another.
        for (suffix, kinds) in suffixes(dialect) {
            if let Some(base) = name.strip_suffix(suffix)
                && kind(base).is_some_and(|kind| kinds.contains(&kind))
            {
                return base.to_owned();
            }
        }
        name.to_owned()
    }
}

/// What kinds of families have samples with these endings.
fn suffixes(dialect: Dialect) -> &'static [(&'static str, &'static [&'static str])] {
    match dialect {
        Dialect::OpenMetrics => &[
            ("_total", &["counter"]),
            ("_created", &["counter", "histogram", "summary"]),
            ("_bucket", &["histogram", "gaugehistogram"]),
            ("_sum", &["histogram", "summary"]),
            ("_count", &["histogram", "summary"]),
            ("_gsum", &["gaugehistogram"]),
            ("_gcount", &["gaugehistogram"]),
            ("_info", &["info"]),
        ],
        Dialect::Text0 | Dialect::Text1 => &[
            ("_bucket", &["histogram"]),
            ("_sum", &["histogram", "summary"]),
            ("_count", &["histogram", "summary"]),
        ],
    }
}
