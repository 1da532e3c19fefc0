//! Passwords that everybody knows, or that stand where everybody can read them.

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is one that comes with a program, or a placeholder.
    Known,
    /// It stands in the file.
    InPlace,
}

impl Fault {
    pub(super) fn told(self, name: &str) -> String {
        match self {
            Fault::Known => format!("`{name}` is a password that everybody knows"),
            Fault::InPlace => format!("`{name}` stands in the file"),
        }
    }
}

/// Passwords that come with programs, and what stands where one should.
const KNOWN: &[&str] = &[
    "admin",
    "admin123",
    "administrator",
    "password",
    "password123",
    "passw0rd",
    "secret",
    "changeme",
    "change_me",
    "change-me",
    "default",
    "grafana",
    "postgres",
    "root",
    "test",
    "example",
    "letmein",
    "123456",
    "12345678",
    "qwerty",
    "guest",
];

/// Beginnings of placeholders.
const PLACEHOLDERS: &[&str] = &["your_", "your-", "<", "xxx", "todo", "replace", "insert"];

/// What is wrong with a variable, if it is a password at all.
pub(super) fn fault(name: &str, value: &str) -> Option<Fault> {
    let upper = name.to_uppercase();
    // Where it is, and what is done with it, is no secret.
    let is_path = upper.ends_with("_FILE") || upper.ends_with("_PATH");
    let is_secret = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY"]
        .iter()
        .any(|word| upper.ends_with(word) || upper.ends_with(&format!("{word}S")))
        || upper.ends_with("SECRET_KEY")
        || upper.ends_with("WEBHOOK_URL");
    let value = value.trim().trim_matches(['"', '\'']);
    if is_path || value.is_empty() {
        return None;
    }
    if !is_secret {
        return of_address(value);
    }
    if let Some(fallback) = fallback(value) {
        return (!fallback.is_empty()).then_some(Fault::Known);
    }
    let is_elsewhere = value.starts_with('$') || value.starts_with('/');
    match is_elsewhere {
        true => None,
        false => Some(of_value(value)),
    }
}

fn of_value(value: &str) -> Fault {
    let lower = value.to_lowercase();
    let is_known = KNOWN.contains(&lower.as_str())
        || PLACEHOLDERS.iter().any(|start| lower.starts_with(start))
        || lower.ends_with("_here")
        || lower.contains("hooks.slack.com/services/your");
    match is_known {
        true => Fault::Known,
        false => Fault::InPlace,
    }
}

/// The password of an address with a user.
fn of_address(value: &str) -> Option<Fault> {
    let (_, rest) = value.split_once("://")?;
    let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    if let Some(fallback) = fallback(password) {
        return (!fallback.is_empty()).then_some(Fault::Known);
    }
    let is_elsewhere = password.is_empty() || password.starts_with('$');
    (!is_elsewhere).then(|| of_value(password))
}

/// What stands in for a variable that is not set: `${NAME:-this}`.
fn fallback(value: &str) -> Option<&str> {
    let inside = value.strip_prefix("${")?.strip_suffix('}')?;
    let (_, fallback) = inside.split_once(":-").or_else(|| inside.split_once('-'))?;
    Some(fallback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_told_from_what_is_none() {
        for (name, value, expected) in [
            ("GF_SECURITY_ADMIN_PASSWORD", "admin123", Some(Fault::Known)),
            (
                "GF_SECURITY_ADMIN_PASSWORD",
                "azora2025!",
                Some(Fault::InPlace),
            ),
            ("GF_SECURITY_ADMIN_PASSWORD", "${GRAFANA_PASSWORD:?}", None),
            (
                "GF_SECURITY_ADMIN_PASSWORD",
                "${P:-admin}",
                Some(Fault::Known),
            ),
            ("GF_SECURITY_ADMIN_PASSWORD__FILE", "/run/secrets/p", None),
            ("GF_USERS_ALLOW_SIGN_UP", "false", None),
            ("SMTP_PASSWORD", "your_smtp_password", Some(Fault::Known)),
            (
                "DATA_SOURCE_NAME",
                "postgresql://u:hunter2@db:5432/x",
                Some(Fault::InPlace),
            ),
            (
                "DATA_SOURCE_NAME",
                "postgresql://u:${PASSWORD}@db:5432/x",
                None,
            ),
            ("DATA_SOURCE_URI", "db:5432/x?sslmode=disable", None),
            ("GRAFANA_SECRET_KEY", "", None),
        ] {
            assert_eq!(fault(name, value), expected, "{name}={value}");
        }
    }
}
