//! Passwords: rules and argon2id, away from the runtime's threads and a few at a time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use super::refusal;
use crate::app::App;
use crate::problem::Problem;

/// Shortest password, characters.
pub(super) const SHORTEST: usize = 12;
/// Longest password, bytes: beyond it hashing is somebody's attack.
pub(super) const LONGEST: usize = 1_024;

/// A hash of nothing anybody knows, so that an unknown e-mail takes as long as a wrong password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2hpamtsbW5vcA$Sct4GCZXtjvSs2mVYPzPzwcZiRjV2uFLUVjXZVsHDOc";

/// Why a password is not acceptable.
pub(super) fn complaint(password: &str, email: &str) -> Option<String> {
    if password.chars().count() < SHORTEST {
        return Some(format!("must have at least {SHORTEST} characters; a sentence is a good one"));
    }
    if password.len() > LONGEST {
        return Some(format!("must have at most {LONGEST} bytes"));
    }
    let lower = password.to_lowercase();
    let name = email.split('@').next().unwrap_or_default();
    if lower == email.to_lowercase() || lower == name.to_lowercase() {
        return Some("must not be your e-mail address".to_owned());
    }
    let mut characters = password.chars();
    let first = characters.next();
    if characters.all(|character| Some(character) == first) {
        return Some("must not be one character repeated".to_owned());
    }
    None
}

impl App {
    /// PHC string of a password.
    pub(super) async fn hash_password(&self, password: String) -> Result<String, Problem> {
        let _permit = self.api.hashing.acquire().await.map_err(refusal::internal)?;
        tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        })
        .await
        .map_err(refusal::internal)?
        .map_err(refusal::internal)
    }

    /// Whether the password is the one that was hashed. Takes the same time without a hash.
    pub(super) async fn verify_password(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let _permit = self.api.hashing.acquire().await.map_err(refusal::internal)?;
        tokio::task::spawn_blocking(move || {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| NOBODY.to_owned());
            let parsed = PasswordHash::new(&text).map_err(refusal::internal)?;
            let equal = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(known && equal)
        })
        .await
        .map_err(refusal::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_rules() {
        let cases = [
            ("short", false),
            ("elevenchars", false),
            ("twelve chars", true),
            ("ana.longname@example.com", false),
            ("ANA.Longname@example.com", false),
            ("ana.longname", false),
            ("aaaaaaaaaaaaaaaa", false),
            ("correct horse battery", true),
        ];
        for (password, fine) in cases {
            assert_eq!(complaint(password, "ana.longname@example.com").is_none(), fine, "{password}");
        }
        assert!(complaint(&"ab".repeat(LONGEST), "ana@example.com").is_some());
    }

    #[test]
    fn the_hash_of_nobody_is_a_hash() {
        PasswordHash::new(NOBODY).unwrap();
    }
}
