//! Who may read the page.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use constant_time_eq::constant_time_eq;

/// How long a token that was read from a file is taken for the one that is in it.
const FRESH: Duration = Duration::from_secs(10);

/// The token that clients must have to read something: the metrics page, the details of health.
///
/// Clones share it, so a token that is read from a file is read once for all of them.
///
/// # Examples
///
/// ```
/// use vitalsigns::BearerToken;
///
/// let token = BearerToken::new("a long secret")?;
/// assert!(token.allows(Some(b"Bearer a long secret")));
/// assert!(!token.allows(Some(b"Bearer a long guess")) && !token.allows(None));
/// # Ok::<(), vitalsigns::EndpointError>(())
/// ```
#[derive(Clone)]
pub struct BearerToken {
    inner: Arc<Inner>,
}

struct Inner {
    file: Option<PathBuf>,
    token: Mutex<Known>,
}

struct Known {
    token: Vec<u8>,
    read: Instant,
}

impl BearerToken {
    fn with(file: Option<PathBuf>, token: Vec<u8>) -> Self {
        let read = Instant::now();
        BearerToken {
            inner: Arc::new(Inner {
                file,
                token: Mutex::new(Known { token, read }),
            }),
        }
    }

    /// This token.
    ///
    /// # Errors
    ///
    /// [`EndpointError::EmptyToken`] if there is nothing but white space.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn new(token: &str) -> Result<Self, EndpointError> {
        let token = trimmed(token.as_bytes()).ok_or(EndpointError::EmptyToken { file: None })?;
        Ok(BearerToken::with(None, token))
    }

    /// The token in this file, which is read again every ten seconds.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] if the file cannot be read or is empty.
    ///
    /// # Examples
    ///
    /// ```
    /// let error = vitalsigns::BearerToken::file("/nowhere/token").unwrap_err();
    /// assert!(error.to_string().ends_with("cannot be read: entity not found"));
    /// ```
    pub fn file(file: impl Into<PathBuf>) -> Result<Self, EndpointError> {
        let file = file.into();
        let bytes = fs::read(&file).map_err(|error| EndpointError::TokenFile {
            file: file.clone(),
            error: error.kind(),
        })?;
        let token = trimmed(&bytes).ok_or_else(|| EndpointError::EmptyToken {
            file: Some(file.clone()),
        })?;
        Ok(BearerToken::with(Some(file), token))
    }

    /// Whether this `Authorization` header has the token. They are compared in constant time.
    ///
    /// # Examples
    ///
    /// See the [type](Self).
    pub fn allows(&self, authorization: Option<&[u8]>) -> bool {
        let Some(given) = authorization.and_then(bearer) else {
            return false;
        };
        let mut known = self
            .inner
            .token
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.inner.file
            && known.read.elapsed() > FRESH
        {
            // A file that is gone or empty for a moment changes nothing.
            if let Some(token) = fs::read(file).ok().and_then(|bytes| trimmed(&bytes)) {
                known.token = token;
            }
            known.read = Instant::now();
        }
        constant_time_eq(given, &known.token)
    }
}

/// The token of an `Authorization` header.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(6)?;
    let token = token.strip_prefix(b" ")?.trim_ascii();
    scheme.eq_ignore_ascii_case(b"bearer").then_some(token)
}

/// A token without the line feed that editors put behind it.
fn trimmed(bytes: &[u8]) -> Option<Vec<u8>> {
    let token = bytes.trim_ascii();
    (!token.is_empty()).then(|| token.to_vec())
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken")
            .field("file", &self.inner.file)
            .finish_non_exhaustive()
    }
}

/// An endpoint could not be made as it was asked for.
///
/// # Examples
///
/// ```
/// use vitalsigns::{Endpoint, Registry};
///
/// let endpoint = Endpoint::builder(&Registry::new()).bearer_token("").build();
/// assert_eq!(endpoint.unwrap_err().to_string(), "the bearer token is empty");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The file with the token cannot be read.
    #[non_exhaustive]
    TokenFile {
        /// The file.
        file: PathBuf,
        /// Why not.
        error: io::ErrorKind,
    },
    /// There is no token where there should be one.
    #[non_exhaustive]
    EmptyToken {
        /// The file that is empty, if it is one.
        file: Option<PathBuf>,
    },
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EndpointError::TokenFile { file, error } => write!(
                f,
                "the file with the bearer token, `{}`, cannot be read: {error}",
                file.display()
            ),
            EndpointError::EmptyToken { file: None } => f.write_str("the bearer token is empty"),
            EndpointError::EmptyToken { file: Some(file) } => {
                write!(
                    f,
                    "the file with the bearer token, `{}`, is empty",
                    file.display()
                )
            }
        }
    }
}

impl std::error::Error for EndpointError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_token_in_the_file_takes_over() {
        let file = std::env::temp_dir().join(format!("vitalsigns-rotated-{}", std::process::id()));
        fs::write(&file, "old").unwrap();
        let access = BearerToken::file(file.clone()).unwrap();
        let age = |by| {
            let mut known = access.inner.token.lock().unwrap();
            known.read = known.read.checked_sub(by).unwrap();
        };
        let who = || {
            (
                access.allows(Some(b"Bearer old")),
                access.allows(Some(b"Bearer new")),
            )
        };
        fs::write(&file, "new\n").unwrap();
        assert_eq!(who(), (true, false));
        age(FRESH + Duration::from_millis(1));
        assert_eq!(who(), (false, true));
        // Half-written, or gone for a moment.
        for content in [Some(""), Some(" \n"), None] {
            match content {
                Some(content) => fs::write(&file, content).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            age(FRESH + Duration::from_millis(1));
            assert_eq!(who(), (false, true));
            assert!(!access.allows(Some(b"Bearer ")));
        }
    }
}
