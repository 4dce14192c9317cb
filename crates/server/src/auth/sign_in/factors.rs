//! Checking a second factor, and making recovery codes.

use yardarm_store::User;

use super::{refusal, totp};
use crate::app::App;
use crate::auth::refusal::internal;
use crate::keys;
use crate::problem::Problem;
use crate::sealer::Place;

/// Tries at a second factor within [`WINDOW`], on all nodes together. Whoever tries knows the password already.
const TRIES: u32 = 10;
/// How long a try counts, milliseconds.
const WINDOW: i64 = 15 * 60 * 1_000;
/// Recovery codes made at a time.
const CODES: usize = 10;
/// Base32 characters of a recovery code: 80 bits, so that a plain hash of it tells nothing.
const CODE: usize = 16;

/// Where a seed is sealed.
pub(super) fn seed_place(user_id: &str) -> Place<'_> {
    Place { owner: user_id, row: user_id, column: "totp.secret" }
}

impl App {
    /// Whether this is a good code of theirs: of the authenticator app, or a recovery code. It works once.
    pub(super) async fn take_code(&self, user: &User, code: &str) -> Result<(), Problem> {
        let digits = code.chars().all(|character| character.is_ascii_digit() || character.is_whitespace());
        let good = if digits { self.take_totp(user, code).await? } else { self.take_recovery(user, code).await? };
        if !good {
            tracing::info!(user = user.id, "a wrong second factor");
            return Err(refusal::wrong_code());
        }
        Ok(())
    }

    /// Counts a try before it is looked at.
    pub(super) async fn count_try(&self, user: &User) -> Result<(), Problem> {
        if self.store.sign_in().try_second_factor(&user.id, self.now(), WINDOW, TRIES).await? {
            return Ok(());
        }
        Err(refusal::too_many_codes(WINDOW / 60_000))
    }

    async fn take_totp(&self, user: &User, code: &str) -> Result<bool, Problem> {
        let Some(app) = self.store.sign_in().totp(&user.id).await? else { return Ok(false) };
        let secret = self.sealer.open(&seed_place(&user.id), &app.secret).map_err(internal)?;
        match totp::verify(&secret, code, self.now()) {
            Some(step) => Ok(self.store.sign_in().use_totp_step(&user.id, step).await?),
            None => Ok(false),
        }
    }

    async fn take_recovery(&self, user: &User, code: &str) -> Result<bool, Problem> {
        let good = self.store.sign_in().use_recovery_code(&user.id, &recovery_hash(&user.id, code)).await?;
        if good {
            tracing::info!(user = user.id, "a recovery code was used");
        }
        Ok(good)
    }

    /// New recovery codes, and their hashes.
    pub(super) fn recovery_codes(&self, user_id: &str) -> (Vec<String>, Vec<String>) {
        let code = |_| {
            let text = data_encoding::BASE32_NOPAD.encode(&self.random()).to_lowercase();
            let groups: Vec<&str> = (0..CODE).step_by(4).filter_map(|at| text.get(at..at + 4)).collect();
            groups.join("-")
        };
        let codes: Vec<String> = (0..CODES).map(code).collect();
        let hashes = codes.iter().map(|code| recovery_hash(user_id, code)).collect();
        (codes, hashes)
    }
}

/// However it is typed: with or without dashes, in any case of letters.
fn recovery_hash(user_id: &str, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    keys::hash_hex(&format!("{user_id}:{}", plain.to_ascii_lowercase()))
}
