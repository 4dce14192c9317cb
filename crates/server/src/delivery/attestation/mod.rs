//! A client key's context, signed by the application's server (`spec/sdk.md` S15.3 to S15.5): who a browser may ask for is
//! then the server's word and not the browser's. Verified in memory; nothing of it is logged.

mod merge;
mod token;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Map, Value};
use yardarm_hub::KeyGrant;
use yardarm_model::document::Audience;

use super::caller::Caller;
use crate::app::App;
use crate::problem::Problem;

/// The header that carries it.
pub(super) const ATTESTATION: HeaderName = HeaderName::from_static("x-yardarm-attestation");

const REQUIRED: &str = "This client key gets answers only for contexts that the application's server has signed: send \
    X-Yardarm-Attestation.";
const MISMATCH: &str = "The context has another targeting key than the attestation that was sent with it. Ask for an \
    attestation of this context.";

/// Whoever may have contexts evaluated: the holder of an SDK key, with what was signed of the context. An extractor: there
/// is none for a key that wants signed contexts and was sent no attestation.
pub(crate) struct Asker {
    pub(crate) caller: Caller,
    attested: Option<Map<String, Value>>,
}

impl FromRequestParts<App> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let attested = attested(&caller.grant, &parts.headers, app.now())?;
        Ok(Self { caller, attested })
    }
}

impl Asker {
    /// The context to evaluate: the one that was asked for, with the signed members over it.
    pub(super) fn context(&self, asked: Value) -> Result<Value, Problem> {
        let Some(attested) = &self.attested else { return Ok(asked) };
        merge::over(asked, attested).ok_or_else(|| refused("attestation_mismatch", MISMATCH))
    }

    /// What was signed, as text that is the same for the same members: a part of what an answer depends on.
    pub(super) fn attested(&self) -> Option<String> {
        self.attested.as_ref().and_then(|attested| serde_json::to_string(attested).ok())
    }
}

/// What is signed of the context. A key that does not need an attestation has it verified all the same.
fn attested(grant: &KeyGrant, headers: &HeaderMap, now: i64) -> Result<Option<Map<String, Value>>, Problem> {
    let mut given = headers.get_all(ATTESTATION).iter();
    let Some(value) = given.next() else {
        if grant.attested && grant.audience == Audience::Client {
            return Err(refused("attestation_required", REQUIRED));
        }
        return Ok(None);
    };
    if given.next().is_some() {
        return Err(refused("attestation_malformed", "X-Yardarm-Attestation was sent twice."));
    }
    let text = value.to_str().map_err(|_| refused("attestation_malformed", token::NO_TOKEN))?;
    token::verify(text.trim(), grant, now).map(Some)
}

fn refused(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail)
}
