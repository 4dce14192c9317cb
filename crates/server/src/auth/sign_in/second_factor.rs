//! The second step of a sign-in.

use serde::{Deserialize, Serialize};
use yardarm_store::{SecondFactors, SignInMethod, User};

use super::refusal;
use super::ticket::Step;
use crate::auth::cookie;
use crate::auth::refusal::too_many_attempts;
use crate::auth::session::{Proof, SignedIn, Visitor};
use crate::keys;
use crate::problem::Problem;
use crate::rates::Secret;

/// Where a first step led.
pub(crate) enum Entered {
    /// In.
    In(Box<SignedIn>),
    /// To the second step.
    Needs(SecondFactorNeeded),
}

/// What is still to be shown.
pub(crate) struct SecondFactorNeeded {
    /// What there is.
    pub(crate) factors: SecondFactors,
    /// `Set-Cookie` of the ticket.
    pub(crate) cookie: String,
}

/// What the ticket says.
#[derive(Serialize, Deserialize)]
struct Halfway {
    user_id: String,
    method: String,
    /// Another password ends sign-ins that are halfway.
    password: String,
}

/// Says which password it was without saying anything about it.
fn fingerprint(user: &User) -> String {
    keys::hash_hex(user.password_hash.as_deref().unwrap_or_default())
}

impl Visitor {
    /// The first factor was right: in, when there is no second one.
    pub(in crate::auth) async fn pass_first(&self, user: User, method: SignInMethod) -> Result<Entered, Problem> {
        let factors = self.gate.store.sign_in().second_factors(&user.id).await?;
        if !factors.any() {
            let proof = Proof { method, second_factor: false, connection_id: None };
            return Ok(Entered::In(Box::new(self.enter(user, proof).await?)));
        }
        let password = fingerprint(&user);
        let halfway = Halfway { user_id: user.id, method: method.as_str().to_owned(), password };
        let ticket = self.gate.issue_ticket(Step::SecondFactor, halfway)?;
        let seconds = Step::SecondFactor.lifetime() / 1_000;
        let cookie = cookie::open_step(&ticket, seconds, self.gate.settings.secure());
        Ok(Entered::Needs(SecondFactorNeeded { factors, cookie }))
    }

    /// A code of the authenticator app, or a recovery code.
    pub(crate) async fn show_code(&self, code: &str) -> Result<SignedIn, Problem> {
        let (user, method) = self.begin_second().await?;
        self.gate.take_code(&user, code).await?;
        self.enter_by_second(user, method).await
    }

    /// Counts a try at a second factor before it is looked at. What is refused from here on is told to the account's tenant.
    pub(super) async fn begin_second(&self) -> Result<(User, SignInMethod), Problem> {
        let (user, method) = self.halfway().await?;
        if let Some(caller) = &self.caller {
            caller.is("", format!("user:{}", user.id));
        }
        let (attempts, address) = (&self.gate.api.attempts, self.address.0);
        attempts.take(Secret::Code, &user.id, address, self.gate.now()).map_err(too_many_attempts)?;
        self.gate.count_try(&user).await?;
        Ok((user, method))
    }

    /// The second factor was right.
    pub(super) async fn enter_by_second(&self, user: User, method: SignInMethod) -> Result<SignedIn, Problem> {
        self.gate.store.sign_in().clear_second_factor_tries(&user.id).await?;
        self.gate.api.attempts.right(Secret::Code, &user.id, self.address.0, self.gate.now());
        self.enter(user, Proof { method, second_factor: true, connection_id: None }).await
    }

    /// Who has done the first step in this browser.
    pub(super) async fn halfway(&self) -> Result<(User, SignInMethod), Problem> {
        let ticket = self.step.as_deref().ok_or_else(refusal::step_over)?;
        let halfway = self.gate.open_ticket::<Halfway>(Step::SecondFactor, ticket)?.content;
        let user = self.gate.store.user(&halfway.user_id).await?.ok_or_else(refusal::step_over)?;
        if halfway.password != fingerprint(&user) {
            return Err(refusal::step_over());
        }
        let method = match halfway.method.as_str() {
            "link" => SignInMethod::Link,
            _ => SignInMethod::Password,
        };
        Ok((user, method))
    }
}
