//! A system as a file that people write: `vitalsigns.yml`.
//!
//! ```yaml
//! system: shop
//! title: The Shop
//! team: platform
//! interval: 15s
//! services:
//!   shop-api:
//!     target: api:8080
//!     interval: 5s
//!     catalogue: http://127.0.0.1:8080/metrics # Or a file, beside this one.
//!     build: ..
//!     needs: [redis]
//! beside:
//!   redis:
//!     image: redis:7.4.2-alpine
//!     data: /data
//!     healthcheck: [redis-cli, ping]
//! exporters: [node, cadvisor, redis: "redis:6379"]
//! receivers:
//!   email:
//!     smarthost: smtp.example.org:587
//!     from: alerts@example.org
//!     to: team@example.org
//!   slack:
//!     critical: "#alerts-critical"
//!   dead_man: secret # Its address is in the file `secrets/dead_man_url`.
//!   audiences:
//!     team:
//!       video:
//!         slack: "#video-generation"
//! ```

mod read;
mod reader;
mod receivers;
mod write;

use std::fmt;

use vitalsigns::Catalogue;

pub use write::write;

use super::System;

/// Reads a description. `load` gives the catalogue that a service names as its `catalogue`: an
/// address or a file.
///
/// # Errors
///
/// [`DescriptionError`] has everything that is wrong, with its lines.
///
/// # Examples
///
/// ```
/// use vitalsigns::Registry;
/// use vitalsigns_kit::system::description::read;
///
/// let text = "system: shop\nservices:\n  shop-api:\n    target: api:8080\n    catalogue: api.json\n";
/// let system = read(text, |source| {
///     assert_eq!(source, "api.json");
///     Ok(Registry::new().catalogue())
/// })?;
/// assert_eq!(system.services[0].job, "shop-api");
///
/// let error = read("system: shop\nteem: platform\n", |_| unreachable!()).unwrap_err();
/// assert_eq!(error.to_string(), "2: there is no key `teem`; did you mean `team`?");
/// # Ok::<(), vitalsigns_kit::system::description::DescriptionError>(())
/// ```
pub fn read(
    text: &str,
    load: impl FnMut(&str) -> Result<Catalogue, String>,
) -> Result<System, DescriptionError> {
    read::read(text, load)
}

/// Everything that is wrong with a description.
///
/// # Examples
///
/// See [`read`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescriptionError(
    /// In order of lines; at least one.
    pub Vec<DescriptionFault>,
);

/// Something that is wrong with a description.
///
/// # Examples
///
/// ```
/// let error = vitalsigns_kit::system::description::read("system: [shop]\n", |_| unreachable!());
/// let fault = &error.unwrap_err().0[0];
/// assert_eq!((fault.line, fault.reason.as_str()), (1, "`system` is a list, and it has to be text"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct DescriptionFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, and what would be right.
    pub reason: String,
}

impl fmt::Display for DescriptionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.reason)
    }
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for DescriptionError {}
