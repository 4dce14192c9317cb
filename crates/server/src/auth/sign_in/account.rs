//! One's own account: password, authenticator app, recovery codes, sessions.
//!
//! An account belongs to a person and not to a tenant, so what happens to it is told in the log of each of their tenants.
//! Whoever came by a tenant's identity provider may touch none of this: the provider speaks for its tenant only.

use serde_json::{Value, json};
use yardarm_store::{Commit, DocumentWrite, RowWrite, SecondFactors, Session, SignInMethod, SignInRow, Totp};

use super::factors::seed_place;
use super::rules::SignInRules;
use super::ticket::Step;
use super::{refusal, totp};
use crate::auth::access::TenantAccess;
use crate::auth::refusal::{internal, invalid, not_a_session, not_found, wrong};
use crate::auth::right::Right;
use crate::auth::session::{Proof, SignedIn, reopen};
use crate::auth::{fresh, password};
use crate::problem::Problem;

/// How long after signing in one may change how one signs in, milliseconds.
const FRESH: i64 = 10 * 60 * 1_000;

/// A secret for an authenticator app, before the app has given a code.
pub(crate) struct Enrolment {
    /// As people type it.
    pub(crate) secret: String,
    /// As a QR code says it.
    pub(crate) uri: String,
    /// To be given back with the first code.
    pub(crate) ticket: String,
}

/// A factor was added: a new session, and recovery codes when there were none.
pub(crate) struct Enabled {
    pub(crate) session: SignedIn,
    pub(crate) recovery_codes: Vec<String>,
}

impl<R: Right> TenantAccess<R> {
    /// The caller's session; tokens have none.
    pub(in crate::auth) fn session(&self) -> Result<&Session, Problem> {
        self.request.who.session.as_ref().ok_or_else(not_a_session)
    }

    /// A session that speaks for the whole account.
    pub(super) fn own_session(&self) -> Result<&Session, Problem> {
        let session = self.session()?;
        if session.method == SignInMethod::Sso { Err(refusal::managed_elsewhere()) } else { Ok(session) }
    }

    /// A session that may change how its owner signs in.
    pub(super) fn fresh_session(&self) -> Result<&Session, Problem> {
        let session = self.own_session()?;
        self.signed_in_lately()?;
        Ok(session)
    }

    /// Not a session that was left open: what it makes would outlive it. Tokens have been given to whoever has them.
    pub(in crate::auth) fn signed_in_lately(&self) -> Result<(), Problem> {
        match &self.request.who.session {
            Some(session) if session.authenticated_at + FRESH <= self.now() => {
                Err(refusal::reauthentication_required(FRESH / 60_000))
            }
            _ => Ok(()),
        }
    }

    /// What the open tenant demands and the caller has not shown: `second_factor` or `sso`.
    pub(crate) async fn unmet(&self) -> Result<Option<&'static str>, Problem> {
        let unmet = self.request.gate.unmet_rule(&self.request.who).await?;
        Ok(unmet.map(super::rules::Unmet::as_str))
    }

    /// The caller's second factors.
    pub(crate) async fn second_factors(&self) -> Result<SecondFactors, Problem> {
        Ok(self.request.gate.store.sign_in().second_factors(&self.user().id).await?)
    }

    /// The caller's sessions; of one who came by a tenant's identity provider, those of that tenant.
    pub(crate) async fn sessions(&self) -> Result<Vec<Session>, Problem> {
        let mine = self.session()?;
        let mut sessions = self.request.gate.store.sign_in().sessions(&self.user().id, self.now()).await?;
        if mine.method == SignInMethod::Sso {
            sessions.retain(|session| session.connection_id == mine.connection_id);
        }
        Ok(sessions)
    }

    /// Whether a session is the one that asks.
    pub(crate) fn is_current(&self, session: &Session) -> bool {
        self.session().is_ok_and(|mine| mine.hash == session.hash)
    }

    /// Ends one of the caller's sessions.
    pub(crate) async fn end_session(&self, id: &str) -> Result<(), Problem> {
        let sessions = self.sessions().await?;
        let session = sessions.into_iter().find(|session| session.id == id).ok_or_else(not_found)?;
        let row = SignInRow::EndSession { user_id: self.user().id.clone(), id: session.id };
        self.commit_account(Vec::new(), vec![RowWrite::SignIn(row)]).await
    }

    /// Ends all of the caller's sessions but the one that asks.
    pub(crate) async fn end_other_sessions(&self) -> Result<(), Problem> {
        let keep = Some(self.own_session()?.hash.clone());
        let row = SignInRow::EndOtherSessions { user_id: self.user().id.clone(), keep };
        self.commit_account(Vec::new(), vec![RowWrite::SignIn(row)]).await
    }

    /// Sets the password; every session ends, and the caller gets a new one.
    pub(crate) async fn set_password(&self, new: String) -> Result<SignedIn, Problem> {
        let session = self.fresh_session()?.clone();
        if let Some(complaint) = password::complaint(&new, &self.user().email) {
            return Err(invalid(vec![wrong("/password", "password_weak", complaint)]));
        }
        let gate = &self.request.gate;
        let password_hash = gate.hash_password(new).await?;
        let row = RowWrite::SetPassword { user_id: self.user().id.clone(), password_hash };
        self.commit_account(Vec::new(), vec![row]).await?;
        reopen(self, &session, Proof::of(&session)).await
    }

    /// A secret for an authenticator app. Nothing is stored until the app has given a code.
    pub(crate) fn enrol_totp(&self) -> Result<Enrolment, Problem> {
        self.fresh_session()?;
        if self.user().password_hash.is_none() {
            return Err(refusal::no_password());
        }
        let gate = &self.request.gate;
        let random = gate.random();
        let secret = &random[..totp::SECRET];
        let host = gate.settings.base_url.split("://").nth(1).unwrap_or_default();
        let host = host.split([':', '/']).next().unwrap_or_default();
        let uri = totp::uri(secret, &format!("Yardarm {host}"), &self.user().email);
        let text = totp::text(secret);
        let ticket = gate.issue_ticket(Step::TotpEnrolment, (self.user().id.clone(), text.clone()))?;
        Ok(Enrolment { secret: text, uri, ticket })
    }

    /// The app's first code: from now on each sign-in asks for one. The session has shown two factors now, so it gets a
    /// new id.
    pub(crate) async fn enable_totp(&self, ticket: &str, code: &str) -> Result<Enabled, Problem> {
        let session = self.fresh_session()?.clone();
        let gate = &self.request.gate;
        let user = self.user();
        let opened = gate.open_ticket::<(String, String)>(Step::TotpEnrolment, ticket)?;
        let secret = data_encoding::BASE32_NOPAD.decode(opened.content.1.as_bytes()).map_err(internal)?;
        if opened.content.0 != user.id {
            return Err(refusal::step_over());
        }
        gate.count_try(user).await?;
        let last_step = totp::verify(&secret, code, self.now()).ok_or_else(refusal::wrong_code)?;
        opened.use_up(gate).await?;
        gate.store.sign_in().clear_second_factor_tries(&user.id).await?;
        let sealed = gate.sealer.seal(&seed_place(&user.id), &secret).map_err(internal)?;
        let app = Totp { user_id: user.id.clone(), secret: sealed, last_step, created_at: self.now() };
        let mut rows = vec![RowWrite::SignIn(SignInRow::SetTotp(app))];
        let recovery_codes = self.first_recovery_codes(&mut rows).await?;
        let mut document = self.factors_document().await?;
        document["totp"] = Value::Bool(true);
        self.commit_account(vec![self.factors_write(&document)], rows).await?;
        let proof = Proof { second_factor: true, ..Proof::of(&session) };
        Ok(Enabled { session: reopen(self, &session, proof).await?, recovery_codes })
    }

    /// Recovery codes for the first factor; none when there are some.
    pub(super) async fn first_recovery_codes(&self, rows: &mut Vec<RowWrite>) -> Result<Vec<String>, Problem> {
        if self.second_factors().await?.recovery_codes > 0 {
            return Ok(Vec::new());
        }
        Ok(self.new_recovery_codes(rows))
    }

    fn new_recovery_codes(&self, rows: &mut Vec<RowWrite>) -> Vec<String> {
        let user_id = self.user().id.clone();
        let (codes, hashes) = self.request.gate.recovery_codes(&user_id);
        rows.push(RowWrite::SignIn(SignInRow::SetRecoveryCodes { user_id, hashes }));
        codes
    }

    /// Takes the authenticator app away. Without it there is one factor less to show, so the session gets a new id, too.
    pub(crate) async fn disable_totp(&self) -> Result<SignedIn, Problem> {
        let session = self.fresh_session()?.clone();
        let factors = self.second_factors().await?;
        if !factors.totp {
            return Err(not_found());
        }
        let mut rows = vec![RowWrite::SignIn(SignInRow::RemoveTotp { user_id: self.user().id.clone() })];
        let mut document = self.factors_document().await?;
        document["totp"] = Value::Bool(false);
        let left = SecondFactors { totp: false, ..factors };
        self.lose_factor(&session, left, &document, &mut rows).await
    }

    /// Writes the loss of a factor. With the last one the recovery codes and the other sessions go; while a tenant asks for
    /// one, it stays.
    pub(super) async fn lose_factor(
        &self,
        session: &Session,
        left: SecondFactors,
        document: &Value,
        rows: &mut Vec<RowWrite>,
    ) -> Result<SignedIn, Problem> {
        let user_id = self.user().id.clone();
        if !left.any() {
            self.may_be_without_factors().await?;
            let keep = Some(session.hash.clone());
            rows.push(RowWrite::SignIn(SignInRow::SetRecoveryCodes { user_id: user_id.clone(), hashes: Vec::new() }));
            rows.push(RowWrite::SignIn(SignInRow::EndOtherSessions { user_id, keep }));
        }
        self.commit_account(vec![self.factors_write(document)], std::mem::take(rows)).await?;
        let proof = Proof { second_factor: session.second_factor && left.any(), ..Proof::of(session) };
        reopen(self, session, proof).await
    }

    /// Refuses while one of the caller's tenants asks for a second factor of theirs. One that takes people by its identity
    /// provider only asks that for it.
    async fn may_be_without_factors(&self) -> Result<(), Problem> {
        for membership in &self.request.who.memberships {
            let state = self.request.gate.tenant_state(&membership.tenant_id).await?;
            let rules = state.as_ref().map(|state| SignInRules::of(state)).unwrap_or_default();
            if rules.second_factor && !rules.sso {
                let tenant = self.request.gate.store.tenant(&membership.tenant_id).await?;
                let name = tenant.map(|tenant| tenant.name).unwrap_or_default();
                return Err(refusal::second_factor_demanded(&name));
            }
        }
        Ok(())
    }

    /// New recovery codes instead of those before.
    pub(crate) async fn renew_recovery_codes(&self) -> Result<Vec<String>, Problem> {
        self.fresh_session()?;
        if !self.second_factors().await?.any() {
            return Err(not_found());
        }
        let mut rows = Vec::new();
        let codes = self.new_recovery_codes(&mut rows);
        self.commit_account(Vec::new(), rows).await?;
        Ok(codes)
    }

    /// How the caller signs in, as the log tells it: no secret, no hash.
    pub(super) async fn factors_document(&self) -> Result<Value, Problem> {
        let factors = self.second_factors().await?;
        let passkeys = self.request.gate.store.sign_in().passkeys(&self.user().id).await?;
        let passkeys: Vec<Value> =
            passkeys.into_iter().map(|passkey| json!({ "id": passkey.id, "name": passkey.name })).collect();
        Ok(json!({ "totp": factors.totp, "passkeys": passkeys }))
    }

    pub(super) fn factors_write(&self, document: &Value) -> DocumentWrite {
        let kind = "second_factors".to_owned();
        DocumentWrite { kind, key: self.user().id.clone(), body: Some(document.to_string()) }
    }

    /// A commit in the open tenant's log. The person's other tenants are told afterwards, in logs of their own: a
    /// transaction reaches one tenant.
    pub(super) async fn commit_account(
        &self,
        documents: Vec<DocumentWrite>,
        rows: Vec<RowWrite>,
    ) -> Result<(), Problem> {
        let who = &self.request.who;
        let mut commit = Commit {
            tenant_id: who.tenant.id.clone(),
            scope_id: who.tenant.id.clone(),
            expected: None,
            attribution: self.request.attribution()?,
            documents,
            rows,
        };
        let gate = &self.request.gate;
        gate.store.commit(commit.clone()).await?;
        commit.rows.clear();
        let others = who.memberships.iter().filter(|membership| membership.tenant_id != who.tenant.id);
        gate.tell(commit, others.map(|membership| membership.tenant_id.clone()).collect()).await;
        Ok(())
    }
}

impl crate::app::App {
    /// Tells tenants of a change to an account of one of their members. It is made already, so a log that cannot be
    /// written now is missed and not a failure.
    async fn tell(&self, commit: Commit, tenants: Vec<String>) {
        if commit.documents.is_empty() {
            return;
        }
        for tenant_id in tenants {
            let told = Commit { tenant_id: tenant_id.clone(), scope_id: tenant_id, ..commit.clone() };
            if let Err(error) = self.store.commit(told).await {
                tracing::warn!(%error, action = commit.attribution.action, "a tenant was not told of a member's factors");
            }
        }
    }

    /// Takes every second factor of somebody away and ends their sessions; false when nobody has this address. For the
    /// operator, at the database, when app, passkeys and codes are lost.
    pub async fn reset_second_factors(&self, email: &str) -> Result<bool, yardarm_store::CommitError> {
        let Some(user) = self.store.user_by_email(&email.to_lowercase()).await? else { return Ok(false) };
        let user_id = user.id.clone();
        let mut rows = vec![
            RowWrite::SignIn(SignInRow::RemoveTotp { user_id: user_id.clone() }),
            RowWrite::SignIn(SignInRow::SetRecoveryCodes { user_id: user_id.clone(), hashes: Vec::new() }),
            RowWrite::SignIn(SignInRow::EndOtherSessions { user_id: user_id.clone(), keep: None }),
        ];
        for passkey in self.store.sign_in().passkeys(&user.id).await? {
            rows.push(RowWrite::SignIn(SignInRow::RemovePasskey { user_id: user_id.clone(), id: passkey.id }));
        }
        let documents = vec![DocumentWrite { kind: "second_factors".to_owned(), key: user_id, body: None }];
        let mut tenants: Vec<_> =
            self.store.memberships(&user.id).await?.into_iter().map(|membership| membership.tenant_id).collect();
        let Some(first) = tenants.pop() else { return Ok(false) };
        let attribution = yardarm_store::Attribution {
            actor: "system:operator".to_owned(),
            actor_name: "operator".to_owned(),
            via: "command line".to_owned(),
            action: "second_factors.reset".to_owned(),
            reason: String::new(),
            trace_id: fresh::trace_id(self),
            at: self.now(),
        };
        let mut commit =
            Commit { tenant_id: first.clone(), scope_id: first, expected: None, attribution, documents, rows };
        self.store.commit(commit.clone()).await?;
        commit.rows.clear();
        self.tell(commit, tenants).await;
        Ok(true)
    }
}
