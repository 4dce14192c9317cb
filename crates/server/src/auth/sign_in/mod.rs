//! Signing in beyond a password: the second step, one's own factors, and what a tenant demands.
//!
//! A sign-in is one or two steps. What a browser has shown so far is a [`ticket`]: sealed, short-lived, in a cookie of its
//! own, and worth nothing as a session. A session gets a new id each time its owner proves more.

mod account;
mod factors;
mod passkeys;
pub(super) mod refusal;
mod rules;
mod second_factor;
pub(crate) mod sso;
pub(super) mod ticket;
mod totp;

pub(crate) use passkeys::Asked;
pub(crate) use rules::SignInRules;
pub(crate) use second_factor::Entered;
