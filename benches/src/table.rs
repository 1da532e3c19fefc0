//! Prints what was measured: one table for each scenario.

use std::fmt::Write as _;

use crate::measure::{Spread, Summary};
use crate::subject::Subject;

/// A column: its heading and what stands in it.
pub(crate) struct Column {
    heading: &'static str,
    cells: Vec<String>,
}

pub(crate) fn column<T>(
    heading: &'static str,
    of: impl IntoIterator<Item = T>,
    cell: impl Fn(T) -> String,
) -> Column {
    Column {
        heading,
        cells: of.into_iter().map(cell).collect(),
    }
}

/// `unit` of CPU time, with the ratio to the first subject, which is prometheus-client.
pub(crate) fn time(heading: &'static str, unit: f64, summaries: &[Summary]) -> [Column; 2] {
    let first = summaries
        .first()
        .map_or(0.0, |summary| summary.cpu_ns.median);
    [
        column(heading, summaries, |summary| {
            let Spread { median, half_iqr } = summary.cpu_ns;
            format!("{} ± {}", number(median / unit), number(half_iqr / unit))
        }),
        column("ratio", summaries, |summary| {
            format!("{:.2}", summary.cpu_ns.median / first)
        }),
    ]
}

pub(crate) fn print(title: &str, subjects: &[Subject], columns: impl IntoIterator<Item = Column>) {
    let names = column("", subjects, |subject| subject.name.to_owned());
    let columns: Vec<Column> = [names].into_iter().chain(columns).collect();
    let mut table = format!("\n{title}\n");
    for row in 0..=subjects.len() {
        for (index, column) in columns.iter().enumerate() {
            let cell = |row: usize| match row {
                0 => column.heading,
                _ => column.cells[row - 1].as_str(),
            };
            let rows = 0..=column.cells.len();
            let width = rows.map(|row| cell(row).chars().count()).max().unwrap_or(0);
            let _ = match index {
                0 => write!(table, "  {:<width$}", cell(row)),
                _ => write!(table, "  {:>width$}", cell(row)),
            };
        }
        table.push('\n');
    }
    print!("{table}");
}

/// With three digits; above a thousand, all of its whole ones.
pub(crate) fn number(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_keep_three_digits() {
        let numbers = [0.0, 0.0123, 4.567, 45.67, 456.7, 45_678.0].map(number);
        assert_eq!(numbers, ["0", "0.012", "4.57", "45.7", "457", "45678"]);
    }
}
