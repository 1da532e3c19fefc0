//! What was written into a folder, so that what somebody else wrote is known.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The file that says what was written beside it.
pub const MANIFEST: &str = ".vitalsigns.json";

/// The files that were written, with what was in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) files: BTreeMap<String, String>,
}

impl Manifest {
    pub(super) fn from_json(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let files = value.get("files").and_then(Value::as_object);
        let files = files.ok_or("it has no `files`")?;
        let files = files.iter().map(|(path, hash)| {
            let hash = hash
                .as_str()
                .ok_or("`files` has something other than text")?;
            Ok((path.clone(), hash.to_owned()))
        });
        let files = files.collect::<Result<_, &str>>()?;
        Ok(Manifest { files })
    }

    pub(super) fn to_json(&self) -> String {
        let about =
            "What `vitalsigns generate` has written here: it leaves alone what was edited since.";
        let value = json!({ "about": about, "files": self.files });
        format!("{value:#}\n")
    }
}

/// What tells an edited file: FNV-1a of 64 bits, the same everywhere and for ever. It is no
/// protection against somebody who means to deceive, and there is nothing to be gained by that.
pub(super) fn hash(text: &[u8]) -> String {
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_its_authors_published() {
        assert_eq!(hash(b""), "cbf29ce484222325");
        assert_eq!(hash(b"a"), "af63dc4c8601ec8c");
        assert_eq!(hash(b"foobar"), "85944171f73967e8");
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let files = [("compose.yml", "1"), ("a/b", "2")];
        let files = files.map(|(path, hash)| (path.to_owned(), hash.to_owned()));
        let manifest = Manifest {
            files: files.into(),
        };
        assert_eq!(Manifest::from_json(&manifest.to_json()), Ok(manifest));
        for broken in ["", "[]", "{}", "{\"files\": []}", "{\"files\": {\"a\": 1}}"] {
            assert!(Manifest::from_json(broken).is_err(), "{broken}");
        }
    }
}
