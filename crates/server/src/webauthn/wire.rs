//! Options and answers as JSON (Web Authentication, Level 3, 5.1.8 to 5.1.10): what browsers' `parse…FromJSON` take and
//! `toJSON` gives.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_store::{Passkey, User};

use super::cose::OFFERED;
use super::{Flaw, RelyingParty, TIMEOUT, Verification};

/// Most bytes of what a browser sends: many times what there is.
const CLIENT_DATA: usize = 8 << 10;
const ATTESTATION_OBJECT: usize = 64 << 10;
const AUTHENTICATOR_DATA: usize = 8 << 10;
const SIGNATURE: usize = 2 << 10;
const CREDENTIAL_ID: usize = 1_023;
/// Of a user handle (5.4.3).
const HANDLE: usize = 64;

/// How an account is called in passkeys: its id, which says nothing about the person (14.6.1).
pub(crate) fn handle_of(user_id: &str) -> String {
    URL_SAFE_NO_PAD.encode(user_id)
}

/// `PublicKeyCredentialCreationOptionsJSON`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreationOptions {
    rp: OfServer,
    user: OfAccount,
    /// base64url.
    challenge: String,
    pub_key_cred_params: Vec<Offered>,
    /// Milliseconds.
    timeout: i64,
    /// The passkeys there are: the same authenticator is not added twice.
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: Selection,
    /// `none`.
    attestation: &'static str,
}

/// This server.
#[derive(Serialize, ToSchema)]
struct OfServer {
    /// RP ID.
    id: String,
    /// For people.
    name: String,
}

/// Whose passkey it becomes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfAccount {
    /// User handle, base64url.
    id: String,
    /// E-mail address.
    name: String,
    /// For people.
    display_name: String,
}

/// An algorithm.
#[derive(Serialize, ToSchema)]
struct Offered {
    /// `public-key`.
    r#type: &'static str,
    /// COSE number.
    alg: i64,
}

/// A passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct Descriptor {
    /// `public-key`.
    r#type: &'static str,
    /// Credential id, base64url.
    id: String,
}

/// What kind of authenticator is wanted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Selection {
    /// `preferred`: a key that cannot be found without an address still is a second factor.
    resident_key: &'static str,
    /// `preferred`.
    user_verification: &'static str,
}

/// `PublicKeyCredentialRequestOptionsJSON`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RequestOptions {
    /// base64url.
    challenge: String,
    /// Milliseconds.
    timeout: i64,
    /// RP ID.
    rp_id: String,
    /// Any, when empty.
    allow_credentials: Vec<Descriptor>,
    /// `required` or `discouraged`.
    user_verification: &'static str,
}

fn descriptors(passkeys: &[Passkey]) -> Vec<Descriptor> {
    let all = passkeys.iter();
    all.map(|passkey| Descriptor { r#type: "public-key", id: passkey.credential_id.clone() }).collect()
}

impl CreationOptions {
    /// For one more passkey of somebody.
    pub(crate) fn of(rp: &RelyingParty, user: &User, challenge: &str, passkeys: &[Passkey]) -> Self {
        Self {
            rp: OfServer { id: rp.id.clone(), name: format!("Yardarm {}", rp.id) },
            user: OfAccount { id: handle_of(&user.id), name: user.email.clone(), display_name: user.name.clone() },
            challenge: challenge.to_owned(),
            pub_key_cred_params: OFFERED.into_iter().map(|alg| Offered { r#type: "public-key", alg }).collect(),
            timeout: TIMEOUT,
            exclude_credentials: descriptors(passkeys),
            authenticator_selection: Selection { resident_key: "preferred", user_verification: "preferred" },
            attestation: "none",
        }
    }
}

impl RequestOptions {
    /// For one of these passkeys; for any that is for this server, when there are none.
    pub(crate) fn of(rp: &RelyingParty, challenge: &str, passkeys: &[Passkey], verification: Verification) -> Self {
        Self {
            challenge: challenge.to_owned(),
            timeout: TIMEOUT,
            rp_id: rp.id.clone(),
            allow_credentials: descriptors(passkeys),
            user_verification: match verification {
                Verification::Required => "required",
                Verification::Discouraged => "discouraged",
            },
        }
    }
}

/// A new passkey, as a browser sends it.
pub(crate) struct Created {
    pub(super) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
}

/// A passkey that is shown, as a browser sends it.
pub(crate) struct Asserted {
    /// Credential id, base64url without padding.
    pub(crate) id: String,
    /// Whose it is, base64url without padding; authenticators that know it say it.
    pub(crate) user_handle: Option<String>,
    pub(super) client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Credential<R> {
    #[serde(default)]
    id: String,
    r#type: String,
    response: R,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

/// Browsers add members as the standard grows, so those that are not known are not read.
fn credential<R: serde::de::DeserializeOwned>(value: Value) -> Result<Credential<R>, Flaw> {
    const WHAT: &str = "the credential";
    let read: Credential<R> = serde_json::from_value(value).map_err(|_| Flaw::Form(WHAT))?;
    if read.r#type == "public-key" { Ok(read) } else { Err(Flaw::Form(WHAT)) }
}

fn bytes(text: &str, longest: usize, what: &'static str) -> Result<Vec<u8>, Flaw> {
    if text.is_empty() || text.len() > longest.div_ceil(3) * 4 {
        return Err(Flaw::Text(what));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Flaw::Text(what))?;
    if bytes.len() > longest { Err(Flaw::Text(what)) } else { Ok(bytes) }
}

impl Created {
    /// Reads a `RegistrationResponseJSON`.
    pub(crate) fn read(value: Value) -> Result<Self, Flaw> {
        let AttestationResponse { client_data_json, attestation_object } = credential(value)?.response;
        Ok(Self {
            client_data: bytes(&client_data_json, CLIENT_DATA, "clientDataJSON")?,
            attestation_object: bytes(&attestation_object, ATTESTATION_OBJECT, "attestationObject")?,
        })
    }
}

impl Asserted {
    /// Reads an `AuthenticationResponseJSON`.
    pub(crate) fn read(value: Value) -> Result<Self, Flaw> {
        let Credential::<AssertionResponse> { id, response, .. } = credential(value)?;
        bytes(&id, CREDENTIAL_ID, "id")?;
        // An empty handle is none.
        let user_handle = response.user_handle.filter(|handle| !handle.is_empty());
        if let Some(handle) = &user_handle {
            bytes(handle, HANDLE, "userHandle")?;
        }
        Ok(Self {
            id,
            user_handle,
            client_data: bytes(&response.client_data_json, CLIENT_DATA, "clientDataJSON")?,
            authenticator_data: bytes(&response.authenticator_data, AUTHENTICATOR_DATA, "authenticatorData")?,
            signature: bytes(&response.signature, SIGNATURE, "signature")?,
        })
    }
}
