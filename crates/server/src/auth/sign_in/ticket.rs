//! What a browser has shown so far of a sign-in, in its own hands: sealed, bound to one kind of step, short-lived.
//!
//! Any node can read a ticket, and none has to remember it. Where taking a step twice would matter, the ticket is used up
//! in the database.

use serde::Serialize;
use serde::de::DeserializeOwned;
use yardarm_store::Millis;

use super::refusal::step_over;
use crate::app::App;
use crate::auth::refusal::internal;
use crate::keys;
use crate::problem::Problem;
use crate::sealer::Place;
use crate::webauthn;

/// Kinds of steps. A ticket of one is none of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::auth) enum Step {
    /// The password was right; a second factor is still to be shown.
    SecondFactor,
    /// A secret is shown to an authenticator app that has not given a code yet.
    TotpEnrolment,
    /// On the way to an identity provider and back.
    Sso,
    /// An authenticator is asked for a new passkey.
    PasskeyEnrolment,
    /// A passkey is asked for, in place of everything else.
    Passkey,
    /// A passkey is asked for after the password.
    SecondPasskey,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::TotpEnrolment => "totp_enrolment",
            Self::Sso => "sso",
            Self::PasskeyEnrolment => "passkey_enrolment",
            Self::Passkey => "passkey",
            Self::SecondPasskey => "second_passkey",
        }
    }

    /// How long it may take, milliseconds.
    pub(in crate::auth) fn lifetime(self) -> Millis {
        match self {
            Self::SecondFactor => 5 * 60 * 1_000,
            Self::PasskeyEnrolment | Self::Passkey | Self::SecondPasskey => webauthn::TIMEOUT,
            Self::TotpEnrolment | Self::Sso => 15 * 60 * 1_000,
        }
    }
}

#[derive(Serialize, serde::Deserialize)]
struct Sealed<T> {
    expires_at: Millis,
    content: T,
}

/// An opened ticket.
pub(in crate::auth) struct Ticket<T> {
    pub(in crate::auth) content: T,
    expires_at: Millis,
    hash: String,
}

fn place(step: Step) -> Place<'static> {
    Place { owner: "", row: step.name(), column: "ticket" }
}

impl App {
    /// Makes a ticket.
    pub(in crate::auth) fn issue_ticket<T: Serialize>(&self, step: Step, content: T) -> Result<String, Problem> {
        let sealed = Sealed { expires_at: self.now() + step.lifetime(), content };
        let bytes = serde_json::to_vec(&sealed).map_err(internal)?;
        self.sealer.seal(&place(step), &bytes).map_err(internal)
    }

    /// Reads one that is of this step and not too old.
    pub(in crate::auth) fn open_ticket<T: DeserializeOwned>(
        &self,
        step: Step,
        ticket: &str,
    ) -> Result<Ticket<T>, Problem> {
        let bytes = self.sealer.open(&place(step), ticket).map_err(|_| step_over())?;
        let Sealed { expires_at, content } = serde_json::from_slice(&bytes).map_err(|_| step_over())?;
        if expires_at <= self.now() {
            return Err(step_over());
        }
        Ok(Ticket { content, expires_at, hash: keys::hash_hex(ticket) })
    }
}

impl<T> Ticket<T> {
    /// Takes the step: nobody takes it again, here or on another node.
    pub(in crate::auth) async fn use_up(self, app: &App) -> Result<T, Problem> {
        if app.store.sign_in().use_ticket(&self.hash, self.expires_at, app.now()).await? {
            Ok(self.content)
        } else {
            Err(step_over())
        }
    }
}
