//! One line of a page.

use super::scan::{Fault, Scan, start};
use super::{Dialect, Sample};

/// Names and values in the order of the page.
pub(crate) type Labels = Vec<(String, String)>;

/// What a line says.
#[derive(Debug)]
pub(crate) enum Line {
    /// A comment, or an empty line where there may be one.
    Nothing,
    /// `# EOF`.
    End,
    Metadata {
        /// `HELP`, `TYPE` or `UNIT`.
        word: &'static str,
        name: String,
        text: String,
    },
    Sample(Sample),
}

/// How many characters the labels of an exemplar may have altogether.
const EXEMPLAR_LIMIT: usize = 128;

pub(crate) fn parse(raw: &str, dialect: Dialect) -> Result<Line, Fault> {
    if raw.ends_with('\r') {
        return Err(Fault::new(
            "the line ends in a carriage return",
            "lines end in a line feed alone",
        ));
    }
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    let line = match is_open_metrics {
        true => raw,
        false => raw.trim_start_matches([' ', '\t']),
    };
    if line.is_empty() {
        return match is_open_metrics {
            true => Err(Fault::new(
                "the line is empty",
                "OpenMetrics has no empty lines",
            )),
            false => Ok(Line::Nothing),
        };
    }
    match (line.strip_prefix('#'), is_open_metrics) {
        (Some(comment), true) => open_metrics_comment(comment, dialect),
        (Some(comment), false) => text_comment(comment, dialect),
        (None, _) => sample(line, dialect),
    }
}

fn open_metrics_comment(comment: &str, dialect: Dialect) -> Result<Line, Fault> {
    if comment == " EOF" {
        return Ok(Line::End);
    }
    let found = ["HELP", "TYPE", "UNIT"].into_iter().find_map(|word| {
        let rest = comment.strip_prefix(' ')?.strip_prefix(word)?;
        Some((word, rest.strip_prefix(' ')?))
    });
    let Some((word, rest)) = found else {
        return Err(Fault::new(
            format!("`#{}` is no line of OpenMetrics", start(comment)),
            "there are `# HELP`, `# TYPE`, `# UNIT` and `# EOF`, with single spaces, and no other \
             comments",
        ));
    };
    metadata(word, rest, dialect, false)
}

fn text_comment(comment: &str, dialect: Dialect) -> Result<Line, Fault> {
    let mut scan = Scan { rest: comment };
    scan.blanks();
    let word = match scan.until(&[' ', '\t']) {
        "HELP" => "HELP",
        "TYPE" => "TYPE",
        _ => return Ok(Line::Nothing),
    };
    scan.blanks();
    match scan.rest.is_empty() {
        true => Ok(Line::Nothing),
        false => metadata(word, scan.rest, dialect, true),
    }
}

fn metadata(
    word: &'static str,
    rest: &str,
    dialect: Dialect,
    has_blanks: bool,
) -> Result<Line, Fault> {
    let mut scan = Scan { rest };
    let name = match rest.starts_with('"') && dialect != Dialect::Text0 {
        true => scan.quoted()?,
        false => metric_name(scan.until(&[' ', '\t']))?,
    };
    match has_blanks {
        true => scan.blanks(),
        false if scan.rest.is_empty() => {}
        false if !scan.take(" ") => {
            return Err(Fault::new(
                format!("there is no space behind `{name}`"),
                "words are separated by one space",
            ));
        }
        false => {}
    }
    let text = match word {
        "HELP" => help(scan.rest, dialect)?,
        "TYPE" => kind(scan.rest.trim_end_matches([' ', '\t']), dialect)?,
        _ => scan.rest.to_owned(),
    };
    Ok(Line::Metadata { word, name, text })
}

fn help(text: &str, dialect: Dialect) -> Result<String, Fault> {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('\\') => out.push('\\'),
            Some('n') => out.push('\n'),
            Some('"') if dialect == Dialect::OpenMetrics => out.push('"'),
            other => {
                let shown = other.map(String::from).unwrap_or_default();
                return Err(Fault::new(
                    format!("`\\{shown}` is no escape in a HELP line"),
                    "a backslash is written as two, a line feed as `\\n`",
                ));
            }
        }
    }
    Ok(out)
}

fn kind(text: &str, dialect: Dialect) -> Result<String, Fault> {
    let known: &[&str] = match dialect {
        Dialect::OpenMetrics => &[
            "counter",
            "gauge",
            "histogram",
            "summary",
            "info",
            "stateset",
            "gaugehistogram",
            "unknown",
        ],
        _ => &["counter", "gauge", "histogram", "summary", "untyped"],
    };
    match known.contains(&text) {
        // One word for the same, whatever the dialect.
        true if text == "untyped" => Ok("unknown".to_owned()),
        true => Ok(text.to_owned()),
        false => Err(Fault::new(
            format!("`{}` is no type", start(text)),
            format!("the types are {}", known.join(", ")),
        )),
    }
}

fn sample(line: &str, dialect: Dialect) -> Result<Line, Fault> {
    let mut scan = Scan { rest: line };
    let is_quoted = line.starts_with('{') && dialect != Dialect::Text0;
    let mut name = match is_quoted {
        true => String::new(),
        false => metric_name(scan.until(&[' ', '\t', '{', '#']))?,
    };
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    if !is_open_metrics {
        scan.blanks();
    }
    let mut all = Vec::new();
    if scan.take("{") {
        all = labels(&mut scan, dialect, is_quoted.then_some(&mut name))?;
    }
    separated(&mut scan, is_open_metrics, "the value")?;
    let value = number(scan.until(&[' ', '\t']), "a value")?;
    let mut timestamp = None;
    let mut exemplar = None;
    if is_open_metrics {
        if scan.rest.starts_with(' ') && !scan.rest.starts_with(" #") {
            scan.take(" ");
            let text = scan.until(&[' ']);
            number(text, "a timestamp")?;
            timestamp = Some(text.to_owned());
        }
        if scan.take(" # {") {
            exemplar = Some(self::exemplar(&mut scan)?);
        }
    } else {
        scan.blanks();
        let text = scan.until(&[' ', '\t']);
        if !text.is_empty() {
            if text.parse::<i64>().is_err() {
                return Err(Fault::new(
                    format!("`{}` is no timestamp", start(text)),
                    "a timestamp is a whole number of milliseconds; exemplars are for OpenMetrics",
                ));
            }
            timestamp = Some(text.to_owned());
        }
        scan.blanks();
    }
    if !scan.rest.is_empty() {
        return Err(Fault::new(
            format!("`{}` is left at the end of the line", start(scan.rest)),
            "a sample is a name, labels, a value and perhaps a timestamp",
        ));
    }
    Ok(Line::Sample(Sample {
        line: 0,
        name,
        labels: all,
        value,
        timestamp,
        exemplar,
    }))
}

fn separated(scan: &mut Scan<'_>, is_open_metrics: bool, what: &str) -> Result<(), Fault> {
    if is_open_metrics && !scan.take(" ") {
        return Err(Fault::new(
            format!("there is no space in front of {what}"),
            "words are separated by one space",
        ));
    }
    if !is_open_metrics {
        scan.blanks();
    }
    Ok(())
}

/// What stands in braces, behind the first.
fn labels(
    scan: &mut Scan<'_>,
    dialect: Dialect,
    mut quoted_name: Option<&mut String>,
) -> Result<Labels, Fault> {
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    let blanks = |scan: &mut Scan<'_>| {
        if !is_open_metrics {
            scan.blanks();
        }
    };
    let mut labels: Labels = Vec::new();
    blanks(scan);
    let mut is_closed = scan.take("}");
    while !is_closed {
        let is_quoted = scan.rest.starts_with('"') && dialect != Dialect::Text0;
        let name = match is_quoted {
            true => scan.quoted()?,
            false => label_name(scan.until(&['=', ' ', '\t', ',', '}', '"']))?,
        };
        blanks(scan);
        let is_name = is_quoted && !scan.rest.starts_with('=');
        if let (true, Some(metric)) = (is_name, quoted_name.take()) {
            *metric = name;
        } else {
            if !scan.take("=") {
                return Err(Fault::new(
                    format!("there is no `=` behind label `{name}`"),
                    "a label is written as `name=\"value\"`",
                ));
            }
            blanks(scan);
            let value = scan.quoted()?;
            if labels.iter().any(|(known, _)| *known == name) {
                return Err(Fault::new(
                    format!("label `{name}` stands twice"),
                    "a sample has each label once",
                ));
            }
            if name == "__name__" {
                return Err(Fault::new(
                    "label `__name__` is the name of the metric",
                    "write the name in front of the labels",
                ));
            }
            labels.push((name, value));
        }
        blanks(scan);
        let goes_on = scan.take(",");
        blanks(scan);
        // Behind a comma, text may end all the same.
        if !goes_on || !is_open_metrics && scan.rest.starts_with('}') {
            is_closed = scan.take("}");
            if !is_closed {
                return Err(Fault::new(
                    format!("`{}` stands where labels go on or end", start(scan.rest)),
                    "labels are separated by commas and end with `}`",
                ));
            }
        }
    }
    if quoted_name.is_some_and(|name| name.is_empty()) {
        return Err(Fault::new(
            "the sample has no name",
            "write the name in front of the labels",
        ));
    }
    Ok(labels)
}

/// What stands behind `# {`.
fn exemplar(scan: &mut Scan<'_>) -> Result<Labels, Fault> {
    let labels = labels(scan, Dialect::OpenMetrics, None)?;
    let length = |(name, value): &(String, String)| name.chars().count() + value.chars().count();
    let length: usize = labels.iter().map(length).sum();
    if length > EXEMPLAR_LIMIT {
        return Err(Fault::new(
            format!("the labels of an exemplar have {length} characters"),
            format!("they may have {EXEMPLAR_LIMIT}, names and values together"),
        ));
    }
    separated(scan, true, "the value of the exemplar")?;
    number(scan.until(&[' ']), "the value of an exemplar")?;
    if scan.take(" ") {
        number(scan.until(&[' ']), "the timestamp of an exemplar")?;
    }
    Ok(labels)
}

fn number(text: &str, what: &str) -> Result<f64, Fault> {
    let number = text.parse::<f64>().ok();
    // Go refuses what is too large to be finite, so Prometheus does.
    let is_said =
        |number: &f64| !number.is_infinite() || !text.contains(|c: char| c.is_ascii_digit());
    number.filter(is_said).ok_or_else(|| {
        Fault::new(
            format!("`{}` is no number, where {what} is expected", start(text)),
            "numbers are written as `1`, `0.5`, `1e+06`, `NaN`, `+Inf` and `-Inf`",
        )
    })
}

fn metric_name(name: &str) -> Result<String, Fault> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    let mut characters = name.chars();
    let is_classic = characters.next().is_some_and(is_first)
        && characters.all(|c| is_first(c) || c.is_ascii_digit());
    match is_classic {
        true => Ok(name.to_owned()),
        false if name.is_empty() => Err(Fault::new(
            "there is no name where the name of a metric is expected",
            "a line starts with the name of a metric, or with `#`",
        )),
        false => Err(Fault::new(
            format!("`{}` is no name of a metric", start(name)),
            "a name is a letter or `_`, then letters, digits and `_`",
        )),
    }
}

fn label_name(name: &str) -> Result<String, Fault> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let mut characters = name.chars();
    let is_classic = characters.next().is_some_and(is_first)
        && characters.all(|c| is_first(c) || c.is_ascii_digit());
    match is_classic {
        true => Ok(name.to_owned()),
        false => Err(Fault::new(
            format!("`{}` is no name of a label", start(name)),
            "a name is a letter or `_`, then letters, digits and `_`",
        )),
    }
}
