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
            Secret::Bearer(token) => {
                let text = token.read()?;
                if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(token.wrong("has a space in it, or a letter that is not ASCII"));
                }
                Ok(format!("Bearer {text}"))
            }
            Secret::Basic { user, password } => {
                if user.contains(':') {
                    return Err(password.wrong("is of a user with a colon, which cannot be said"));
                }
                let pair = format!("{user}:{}", password.read()?);
                Ok(format!("Basic {}", STANDARD.encode(pair)))
            }
        }
    }
}

impl Source {
    fn read(&self) -> Result<String, PushError> {
        let text = match self {
            Source::Text(text) => text.clone(),
            Source::File(file) => {
                fs::read_to_string(file).map_err(|error| PushError::SecretFile {
                    file: file.clone(),
                    error: error.kind(),
                })?
            }
        };
        // Editors put a line feed behind it.
        let text = text.trim_matches(['\r', '\n', ' ', '\t']);
        if text.is_empty() {
            Err(self.wrong("is empty"))
        } else if text.contains(|character: char| character.is_control()) {
            Err(self.wrong("has more than one line, or other control characters"))
        } else {
            Ok(text.to_owned())
        }
    }

    fn wrong(&self, reason: &'static str) -> PushError {
        let file = match self {
            Source::Text(_) => None,
            Source::File(file) => Some(file.clone()),
        };
        PushError::Secret { file, reason }
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
