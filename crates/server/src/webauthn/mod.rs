//! Passkeys: what a relying party checks (Web Authentication, Level 2, section 7, and what Level 3 adds to it). Functions over
//! what browsers send; no clock, no randomness, no database.
//!
//! Step numbers in comments are those of Level 2 (<https://www.w3.org/TR/webauthn-2/>). We ask for no attestation and trust none:
//! whatever statement comes is not looked at, so a passkey is worth what its owner's session was worth when it was added.

mod authenticator_data;
mod ceremony;
mod client_data;
mod cose;
mod wire;

use url::{Host, Url};

pub(crate) use ceremony::{Verification, assertion, register};
use cose::PublicKey;
pub(crate) use wire::{Asserted, Created, CreationOptions, RequestOptions, handle_of};

/// How long a browser may take over it, milliseconds.
pub(crate) const TIMEOUT: i64 = 5 * 60 * 1_000;

/// Whom passkeys are for: this server, as browsers call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    /// RP ID: the host's name.
    pub(crate) id: String,
    /// Scheme, host and port as pages are served from.
    pub(crate) origin: String,
}

impl RelyingParty {
    /// Of a server's address. `None` where browsers make no passkeys: at an IP address, and without TLS other than on
    /// `localhost`.
    pub(crate) fn of(base_url: &str) -> Option<Self> {
        let url = Url::parse(base_url).ok()?;
        let Some(Host::Domain(host)) = url.host() else { return None };
        let local = host == "localhost" || host.ends_with(".localhost");
        let secure = url.scheme() == "https" || (url.scheme() == "http" && local);
        secure.then(|| Self { id: host.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

/// Why what a browser sent is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// Not base64url, or too long.
    #[error("{0} is no base64url of a length that there can be")]
    Text(&'static str),
    /// Not the form that it must have.
    #[error("{0} cannot be read")]
    Form(&'static str),
    /// For another kind of ceremony.
    #[error("it is for another purpose")]
    Purpose,
    /// An answer to something else.
    #[error("it answers another challenge")]
    Challenge,
    /// Made on another page.
    #[error("it was made on a page of another address than this server's base URL")]
    Origin,
    /// Made in a frame of another site.
    #[error("it was made in a frame of another site")]
    Framed,
    /// For another server.
    #[error("it is for another server")]
    RelyingParty,
    /// Nobody was there.
    #[error("nobody confirmed it")]
    NotPresent,
    /// It is not known who was there.
    #[error("the authenticator did not verify who is using it, by a PIN or a biometric")]
    NotVerified,
    /// A backup of what cannot be backed up.
    #[error("its backup flags contradict each other")]
    Backup,
    /// Not one of those that were offered.
    #[error("its algorithm was not offered")]
    Algorithm,
    /// Not a point, not a modulus.
    #[error("its public key is none")]
    Key,
    /// Not the key's.
    #[error("its signature is not right")]
    Signature,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_passkeys() {
        let of = |url| RelyingParty::of(url).map(|rp| (rp.id, rp.origin));
        let some = |id: &str, origin: &str| Some((id.to_owned(), origin.to_owned()));
        assert_eq!(of("https://flags.example.com"), some("flags.example.com", "https://flags.example.com"));
        assert_eq!(of("https://Flags.example.com:443/x/"), some("flags.example.com", "https://flags.example.com"));
        assert_eq!(of("https://flags.example.com:8443"), some("flags.example.com", "https://flags.example.com:8443"));
        assert_eq!(of("http://localhost:3524"), some("localhost", "http://localhost:3524"));
        for none in
            ["http://flags.example.com", "http://127.0.0.1:3524", "https://[::1]:1", "https://10.0.0.1", "flags", ""]
        {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
