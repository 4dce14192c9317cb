//! Passkeys: adding, naming and taking them away, and signing in with them.
//!
//! A challenge is in a sealed [`super::ticket`] that the browser gives back with the answer. It is used up once the answer is
//! right, so an answer counts once, on all nodes together.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use yardarm_store::{Passkey, RowWrite, SecondFactors, SignInMethod, SignInRow, User};

use super::refusal;
use super::ticket::{Step, Ticket};
use crate::app::App;
use crate::auth::access::TenantAccess;
use crate::auth::fresh;
use crate::auth::refusal::{not_found, too_many_attempts};
use crate::auth::right::Right;
use crate::auth::session::{Proof, SignedIn, Visitor, reopen};
use crate::problem::Problem;
use crate::rates::Secret;
use crate::webauthn::{self, Asserted, Created, CreationOptions, RelyingParty, RequestOptions, Verification};

/// Most passkeys of an account.
const MOST: usize = 20;

/// What an authenticator is asked, and the ticket to be given back with its answer.
pub(crate) struct Asked<O> {
    pub(crate) options: O,
    pub(crate) ticket: String,
}

/// A passkey was added: a new session, and recovery codes when there were none.
pub(crate) struct Enrolled {
    pub(crate) passkey: Passkey,
    pub(crate) session: SignedIn,
    pub(crate) recovery_codes: Vec<String>,
}

/// What the ticket says.
#[derive(Serialize, Deserialize)]
struct Challenge {
    /// Who is asked; empty when that is to be found out.
    user_id: String,
    /// base64url.
    challenge: String,
}

impl App {
    fn relying_party(&self) -> Result<RelyingParty, Problem> {
        RelyingParty::of(&self.settings.base_url).ok_or_else(refusal::passkeys_unavailable)
    }

    fn ask<O>(&self, step: Step, user_id: &str, options: impl FnOnce(&str) -> O) -> Result<Asked<O>, Problem> {
        let challenge = URL_SAFE_NO_PAD.encode(self.random());
        let options = options(&challenge);
        let ticket = self.issue_ticket(step, Challenge { user_id: user_id.to_owned(), challenge })?;
        Ok(Asked { options, ticket })
    }

    fn asked(&self, step: Step, user_id: &str, ticket: &str) -> Result<Ticket<Challenge>, Problem> {
        let opened = self.open_ticket::<Challenge>(step, ticket)?;
        if opened.content.user_id == user_id { Ok(opened) } else { Err(refusal::step_over()) }
    }

    /// Checks what a passkey answered, and notes its use: an answer to a challenge counts once.
    async fn take_passkey(
        &self,
        passkey: &Passkey,
        asked: Ticket<Challenge>,
        verification: Verification,
        asserted: &Asserted,
    ) -> Result<(), Problem> {
        let rp = self.relying_party()?;
        let challenge = &asked.content.challenge;
        let count = webauthn::assertion(&rp, challenge, verification, &passkey.public_key, asserted);
        let count = count.map_err(|flaw| {
            tracing::info!(passkey = passkey.id, user = passkey.user_id, %flaw, "a passkey was not taken");
            refusal::wrong_passkey()
        })?;
        asked.use_up(self).await?;
        // Web Authentication 7.2, step 21: a count that does not grow is a copy of the key, or may be one.
        if !self.store.sign_in().use_passkey(&passkey.credential_id, i64::from(count), self.now()).await? {
            tracing::warn!(passkey = passkey.id, user = passkey.user_id, count, "a passkey's count went back");
            return Err(refusal::wrong_passkey());
        }
        Ok(())
    }

    /// A passkey of this user, if it says so itself or says nothing (Web Authentication 7.2, steps 5 to 7).
    async fn passkey_of(&self, user: &User, asserted: &Asserted) -> Result<Passkey, Problem> {
        let passkey = self.store.sign_in().passkey(&asserted.id).await?;
        let theirs = passkey.filter(|passkey| passkey.user_id == user.id);
        let says = asserted.user_handle.as_ref().is_none_or(|handle| *handle == webauthn::handle_of(&user.id));
        theirs.filter(|_| says).ok_or_else(refusal::wrong_passkey)
    }
}

impl<R: Right> TenantAccess<R> {
    /// Whether browsers make passkeys for this server.
    pub(crate) fn passkeys_available(&self) -> bool {
        self.request.gate.relying_party().is_ok()
    }

    /// The caller's passkeys, oldest first.
    pub(crate) async fn passkeys(&self) -> Result<Vec<Passkey>, Problem> {
        self.own_session()?;
        Ok(self.request.gate.store.sign_in().passkeys(&self.user().id).await?)
    }

    async fn passkey(&self, id: &str) -> Result<Passkey, Problem> {
        self.passkeys().await?.into_iter().find(|passkey| passkey.id == id).ok_or_else(not_found)
    }

    /// What the browser asks an authenticator for a new passkey. Nothing is stored.
    pub(crate) async fn ask_for_passkey(&self) -> Result<Asked<CreationOptions>, Problem> {
        self.fresh_session()?;
        let gate = &self.request.gate;
        let rp = gate.relying_party()?;
        let passkeys = self.passkeys().await?;
        if passkeys.len() >= MOST {
            return Err(refusal::too_many_passkeys(MOST));
        }
        let user = self.user();
        gate.ask(Step::PasskeyEnrolment, &user.id, |challenge| CreationOptions::of(&rp, user, challenge, &passkeys))
    }

    /// A new passkey. The session has shown two factors now, so it gets a new id.
    pub(crate) async fn add_passkey(&self, ticket: &str, name: String, created: &Created) -> Result<Enrolled, Problem> {
        let session = self.fresh_session()?.clone();
        let (gate, user) = (&self.request.gate, self.user());
        let asked = gate.asked(Step::PasskeyEnrolment, &user.id, ticket)?;
        let made = webauthn::register(&gate.relying_party()?, &asked.content.challenge, created);
        let made = made.map_err(refusal::passkey_unusable)?;
        if user.password_hash.is_none() && !made.user_verified {
            return Err(refusal::no_password());
        }
        if self.passkeys().await?.len() >= MOST {
            return Err(refusal::too_many_passkeys(MOST));
        }
        // Step 22 of 7.1; whoever comes in between is refused by the store.
        if gate.store.sign_in().passkey(&made.credential_id).await?.is_some() {
            return Err(refusal::passkey_known());
        }
        asked.use_up(gate).await?;
        let passkey = Passkey {
            id: fresh::id("pky"),
            user_id: user.id.clone(),
            credential_id: made.credential_id,
            public_key: made.public_key,
            sign_count: i64::from(made.sign_count),
            name,
            created_at: gate.now(),
            last_used_at: None,
        };
        let mut rows = vec![RowWrite::SignIn(SignInRow::InsertPasskey(passkey.clone()))];
        let recovery_codes = self.first_recovery_codes(&mut rows).await?;
        let mut document = self.factors_document().await?;
        if let Some(passkeys) = document["passkeys"].as_array_mut() {
            passkeys.push(json!({ "id": passkey.id, "name": passkey.name }));
        }
        self.commit_account(vec![self.factors_write(&document)], rows).await?;
        let proof = Proof { second_factor: true, ..Proof::of(&session) };
        Ok(Enrolled { passkey, session: reopen(self, &session, proof).await?, recovery_codes })
    }

    /// Another name for a passkey.
    pub(crate) async fn rename_passkey(&self, id: &str, name: String) -> Result<Passkey, Problem> {
        let passkey = Passkey { name, ..self.passkey(id).await? };
        let mut document = self.factors_document().await?;
        for there in document["passkeys"].as_array_mut().into_iter().flatten() {
            if there["id"] == passkey.id.as_str() {
                there["name"] = Value::String(passkey.name.clone());
            }
        }
        let user_id = passkey.user_id.clone();
        let row = SignInRow::RenamePasskey { user_id, id: passkey.id.clone(), name: passkey.name.clone() };
        self.commit_account(vec![self.factors_write(&document)], vec![RowWrite::SignIn(row)]).await?;
        Ok(passkey)
    }

    /// Takes a passkey away; the session gets a new id.
    pub(crate) async fn remove_passkey(&self, id: &str) -> Result<SignedIn, Problem> {
        let session = self.fresh_session()?.clone();
        let passkey = self.passkey(id).await?;
        let factors = self.second_factors().await?;
        let left = SecondFactors { passkeys: factors.passkeys.saturating_sub(1), ..factors };
        if left.passkeys == 0 && self.user().password_hash.is_none() {
            return Err(refusal::only_way_in());
        }
        let row = SignInRow::RemovePasskey { user_id: passkey.user_id, id: passkey.id.clone() };
        let mut document = self.factors_document().await?;
        if let Some(passkeys) = document["passkeys"].as_array_mut() {
            passkeys.retain(|there| there["id"] != passkey.id.as_str());
        }
        self.lose_factor(&session, left, &document, &mut vec![RowWrite::SignIn(row)]).await
    }
}

impl Visitor {
    /// What the browser asks an authenticator: for any passkey of this server.
    pub(crate) fn ask_for_any_passkey(&self) -> Result<Asked<RequestOptions>, Problem> {
        let rp = self.gate.relying_party()?;
        self.gate.ask(Step::Passkey, "", |challenge| RequestOptions::of(&rp, challenge, &[], Verification::Required))
    }

    /// A passkey in place of everything else: what one has, and by its PIN or biometric who one is.
    pub(crate) async fn show_passkey(&self, ticket: &str, asserted: &Asserted) -> Result<SignedIn, Problem> {
        let gate = &self.gate;
        gate.api.attempts.take(Secret::Passkey, "", self.address.0, gate.now()).map_err(too_many_attempts)?;
        let asked = gate.asked(Step::Passkey, "", ticket)?;
        // Web Authentication 7.2, step 6: nobody is known yet, so the authenticator must say who it is.
        let passkey = gate.store.sign_in().passkey(&asserted.id).await?.ok_or_else(refusal::wrong_passkey)?;
        if let Some(caller) = &self.caller {
            caller.is("", format!("user:{}", passkey.user_id));
        }
        if asserted.user_handle.as_deref() != Some(webauthn::handle_of(&passkey.user_id).as_str()) {
            return Err(refusal::wrong_passkey());
        }
        gate.take_passkey(&passkey, asked, Verification::Required, asserted).await?;
        let user = gate.store.user(&passkey.user_id).await?.ok_or_else(refusal::wrong_passkey)?;
        let proof = Proof { method: SignInMethod::Passkey, second_factor: true, connection_id: None };
        self.enter(user, proof).await
    }

    /// What the browser asks an authenticator after the password: for one of the account's passkeys.
    pub(crate) async fn ask_for_second_passkey(&self) -> Result<Asked<RequestOptions>, Problem> {
        let (user, _) = self.halfway().await?;
        let rp = self.gate.relying_party()?;
        let passkeys = self.gate.store.sign_in().passkeys(&user.id).await?;
        if passkeys.is_empty() {
            return Err(refusal::wrong_passkey());
        }
        let options = |challenge: &str| RequestOptions::of(&rp, challenge, &passkeys, Verification::Discouraged);
        self.gate.ask(Step::SecondPasskey, &user.id, options)
    }

    /// A passkey after the password.
    pub(crate) async fn show_second_passkey(&self, ticket: &str, asserted: &Asserted) -> Result<SignedIn, Problem> {
        let (user, method) = self.begin_second().await?;
        let asked = self.gate.asked(Step::SecondPasskey, &user.id, ticket)?;
        let passkey = self.gate.passkey_of(&user, asserted).await?;
        self.gate.take_passkey(&passkey, asked, Verification::Discouraged, asserted).await?;
        self.enter_by_second(user, method).await
    }
}
