//! Keys that a reader knows; all others make it refuse the file.

use super::folder::File;
use super::rules::UNKNOWN_KEY;
use super::sheet::Sheet;
use crate::nearest::nearest;
use crate::yaml::Node;

/// Whether a map has only known keys. `reader` is who refuses others.
pub(super) fn check(
    file: &File,
    node: &Node,
    what: &str,
    known: &[&str],
    reader: &str,
    sheet: &mut Sheet,
) {
    for (key, _) in node.entries() {
        let Some(name) = key.text() else { continue };
        if known.contains(&name.as_str()) || name == "<<" {
            continue;
        }
        let hint = match nearest(&name, known.iter().copied()) {
            Some(near) => format!("there is `{near}`"),
            None => format!("there are {}", known.join(", ")),
        };
        sheet.add(
            &UNKNOWN_KEY,
            &file.at(key.line),
            format!("{reader} knows no `{name}` in {what}, and refuses the file"),
            hint,
        );
    }
}
