//! Tables as text: in columns for a terminal, with bars for Markdown.

use std::fmt::Write as _;

use crate::report::{Kind, Table};

/// The cells, headings first.
fn cells(table: &Table) -> Vec<Vec<String>> {
    let headings = table.columns.iter().map(|column| column.heading.clone());
    let mut rows = vec![
        ["subject".to_owned(), "class".to_owned()]
            .into_iter()
            .chain(headings)
            .collect::<Vec<_>>(),
    ];
    for row in &table.rows {
        let cell = |(value, kind): (&Option<f64>, Kind)| match value {
            Some(value) => written(*value, kind),
            None => "-".to_owned(),
        };
        let kinds = table.columns.iter().map(|column| column.kind);
        let values = row.values.iter().zip(kinds).map(cell);
        rows.push(
            [row.subject.clone(), row.class.word().to_owned()]
                .into_iter()
                .chain(values)
                .collect(),
        );
    }
    rows
}

/// For a terminal.
pub(crate) fn text(table: &Table) -> String {
    let mut text = format!("\n{}  [{}]\n", table.title, table.id);
    for row in padded(cells(table)) {
        let _ = writeln!(text, "  {}", row.join("  ").trim_end());
    }
    if !table.checked.is_empty() {
        let _ = writeln!(text, "  ({})", table.checked);
    }
    text
}

/// For a page of documentation.
pub(crate) fn markdown(table: &Table) -> String {
    let mut text = format!("### {}\n\n", table.title);
    let rows = padded(cells(table));
    for (index, row) in rows.iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            let rule = |(place, cell): (usize, &String)| {
                let dashes = "-".repeat(cell.chars().count());
                match place {
                    0 | 1 => format!("-{dashes}-"),
                    _ => format!("-{dashes}:"),
                }
            };
            let rules: Vec<_> = row.iter().enumerate().map(rule).collect();
            let _ = writeln!(text, "|{}|", rules.join("|"));
        }
    }
    if !table.checked.is_empty() {
        let _ = write!(text, "\nChecked: {}.\n", table.checked);
    }
    text
}

/// Words to the left, numbers to the right.
fn padded(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let columns = rows.first().map_or(0, Vec::len);
    for place in 0..columns {
        let widths = rows.iter().map(|row| row[place].chars().count());
        let width = widths.max().unwrap_or(0);
        for row in &mut rows {
            let cell = &mut row[place];
            *cell = match place {
                0 | 1 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            };
        }
    }
    rows
}

fn written(value: f64, kind: Kind) -> String {
    match kind {
        Kind::Number => number(value),
        Kind::Ratio => format!("{value:.2}"),
        Kind::Spread => format!("±{:.0} %", value * 100.0),
    }
}

/// With three digits; above a thousand, all of its whole ones, in groups of three.
fn number(value: f64) -> String {
    if value < 0.0 {
        return format!("-{}", number(-value));
    }
    match value {
        0.0 => "0".to_owned(),
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => grouped(value.round() as u64),
    }
}

fn grouped(value: u64) -> String {
    match value {
        0..1000 => value.to_string(),
        value => format!("{},{:03}", grouped(value / 1000), value % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Class;

    #[test]
    fn numbers_keep_three_digits() {
        let numbers = [0.0, 0.0123, 4.567, 45.67, 456.7, 45_678.0, -1.5].map(number);
        assert_eq!(
            numbers,
            ["0", "0.012", "4.57", "45.7", "457", "45,678", "-1.50"]
        );
    }

    #[test]
    fn a_table_is_markdown_with_aligned_bars() {
        let mut table = Table::new("A", "A. It", [("one", Class::Ours), ("other", Class::Peer)]);
        table.column("ns/op", Kind::Number, [Some(1234.0), None]);
        assert_eq!(
            markdown(&table),
            "### A. It\n\n\
             | subject | class | ns/op |\n\
             |---------|-------|------:|\n\
             | one     | ours  | 1,234 |\n\
             | other   | peer  |     - |\n"
        );
    }
}
