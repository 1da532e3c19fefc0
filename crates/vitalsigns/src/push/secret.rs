//! What a push shows to be let in.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::PushError;

/// What makes the `Authorization` header.
#[derive(Clone)]
pub(super) enum Secret {
    Bearer(Source),
    Basic { user: String, password: Source },
}

/// Where a token or a password is.
#[derive(Clone)]
pub(super) enum Source {
    Text(String),
    /// Read for each push, so that a new one needs no restart.
    File(PathBuf),
}

impl Secret {
    /// The value of the header.
    pub(super) fn header(&self) -> Result<String, PushError> {
        match self {
            Secret::Bearer(token) => Ok(format!("Bearer {}", token.read()?)),
            Secret::Basic { user, password } => {
                let pair = format!("{user}:{}", password.read()?);
                Ok(format!("Basic {}", STANDARD.encode(pair)))
            }
        }
    }
}

impl Source {
    fn read(&self) -> Result<String, PushError> {
        let (text, file) = match self {
            Source::Text(text) => (text.clone(), None),
            Source::File(file) => match fs::read_to_string(file) {
                Ok(text) => (text, Some(file)),
                Err(error) => {
                    return Err(PushError::SecretFile {
                        file: file.clone(),
                        error: error.kind(),
                    });
                }
            },
        };
        // Editors put a line feed behind it.
        let text = text.trim_matches(['\r', '\n', ' ', '\t']);
        let reason = if text.is_empty() {
            "is empty"
        } else if text.contains(|character: char| character.is_control()) {
            "has more than one line, or other control characters"
        } else {
            return Ok(text.to_owned());
        };
        Err(PushError::Secret {
            file: file.cloned(),
            reason,
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Secret::Bearer(token) => write!(f, "a token: {token:?}"),
            Secret::Basic { user, password } => write!(f, "password of {user:?}: {password:?}"),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Text(_) => f.write_str("a text"),
            Source::File(file) => file.fmt(f),
        }
    }
}
