//! Tokens of logins: random, opaque, and stored as their SHA-256.

use sha2::{Digest, Sha256};

/// What every token begins with, so that one that leaks is known for what it is.
const PREFIX: &str = "azora_";

/// The SHA-256 of a token. It needs no salt: a token is random itself.
pub type TokenHash = [u8; 32];

/// A new token and its hash.
///
/// # Errors
///
/// If the system has no randomness to give.
pub fn new() -> Result<(String, TokenHash), getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let mut token = PREFIX.to_owned();
    for byte in random {
        token.push_str(&format!("{byte:02x}"));
    }
    let hash = digest(&token);
    Ok((token, hash))
}

/// The hash of a token; none if it cannot be one of ours.
pub fn hash(token: &str) -> Option<TokenHash> {
    let random = token.strip_prefix(PREFIX)?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (random.len() == 64 && random.bytes().all(is_hex)).then(|| digest(token))
}

/// The SHA-256 of a text. Two hashes can be compared byte by byte: where they first differ says
/// nothing of the texts.
pub fn digest(text: &str) -> TokenHash {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash_and_nothing_else_is_one() {
        let (token, stored) = new().unwrap();
        assert_eq!(hash(&token), Some(stored));
        assert_ne!(new().unwrap().0, token);
        let upper = token.to_uppercase();
        for wrong in [
            "",
            "azora_",
            "azora_zz",
            &token[1..],
            &upper,
            &format!("{token}0"),
        ] {
            assert_eq!(hash(wrong), None, "{wrong}");
        }
    }
}
