//! What users enter, checked.

use serde::Deserialize;

use super::password;
use crate::{config::Secret, error::ApiError};

/// The longest e-mail address, in bytes.
const LONGEST_EMAIL: usize = 254;
/// The longest name, in characters.
const LONGEST_NAME: usize = 80;

/// The body of `POST /users`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    email: String,
    name: String,
    password: String,
}

/// A registration that will do.
#[derive(Debug)]
pub(super) struct Applicant {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password: Secret,
}

impl Registration {
    pub(super) fn check(self) -> Result<Applicant, ApiError> {
        let name = self.name.trim();
        let characters = name.chars().count();
        if characters == 0 || characters > LONGEST_NAME || name.chars().any(char::is_control) {
            let message = format!("a name has 1 to {LONGEST_NAME} printable characters");
            return Err(ApiError::invalid("invalid_name", message));
        }
        let enough = self.password.chars().count() >= password::SHORTEST;
        if !enough || self.password.len() > password::LONGEST {
            let message = format!(
                "a password has at least {} characters, and at most {} bytes",
                password::SHORTEST,
                password::LONGEST
            );
            return Err(ApiError::invalid("invalid_password", message));
        }
        Ok(Applicant {
            email: email(&self.email)?,
            name: name.to_owned(),
            password: Secret(self.password),
        })
    }
}

/// The body of `POST /sessions`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    pub(super) email: String,
    pub(super) password: String,
}

/// The body of `DELETE /users/me`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    pub(super) password: String,
}

/// An e-mail address as accounts have it.
pub(super) fn email(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_address = text.len() <= LONGEST_EMAIL
        && !text
            .chars()
            .any(|char| char.is_control() || char.is_whitespace())
        && text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !host.contains('@')
        });
    if is_address {
        Ok(text.to_lowercase())
    } else {
        let message = "an e-mail address is of the form somebody@somewhere";
        Err(ApiError::invalid("invalid_email", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case() {
        assert_eq!(email(" Ada@Example.org ").unwrap(), "ada@example.org");
        let long = format!("{}@example.org", "a".repeat(300));
        for wrong in ["", "ada", "@", "a@", "@b", "a@b@c", "a b@c", "a\0@b", &long] {
            assert_eq!(email(wrong).unwrap_err().code(), "invalid_email", "{wrong}");
        }
    }
}
