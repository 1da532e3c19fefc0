//! Files of variables: what is given to containers.

use super::compose::DEFAULT_PASSWORD;
use super::folder::File;
use super::passwords::{self, Fault};
use super::sheet::Sheet;

/// A file of variables may have secrets in it, but none that everybody knows.
pub(super) fn check(file: &File, sheet: &mut Sheet) {
    for (index, line) in file.text.lines().enumerate() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.split(" #").next().unwrap_or(value);
        if passwords::fault(name.trim(), value) == Some(Fault::Known) {
            sheet.add(
                &DEFAULT_PASSWORD,
                &file.at(index + 1),
                format!(
                    "`{}` is a password or a placeholder that everybody knows",
                    name.trim()
                ),
                "leave it empty, so that nothing starts before somebody has set it",
            );
        }
    }
}
