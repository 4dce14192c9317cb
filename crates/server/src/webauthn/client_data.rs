//! What the browser says (Web Authentication, 5.8.1): which page asked for what.

use serde::Deserialize;

use super::{Flaw, RelyingParty};

/// Members that a browser may add are not read (5.8.1).
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// Checks it: 7.1, steps 5 to 9, and 7.2, steps 9 to 13. Token binding (steps 10 and 14) is in no browser and no longer in
/// Level 3.
pub(super) fn check(bytes: &[u8], purpose: &str, challenge: &str, rp: &RelyingParty) -> Result<(), Flaw> {
    // "UTF-8 decode" takes a byte order mark away.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let data: ClientData = serde_json::from_slice(text).map_err(|_| Flaw::Form("the client data"))?;
    if data.r#type != purpose {
        return Err(Flaw::Purpose);
    }
    if !crate::keys::same(data.challenge.as_bytes(), challenge.as_bytes()) {
        return Err(Flaw::Challenge);
    }
    if data.origin != rp.origin {
        return Err(Flaw::Origin);
    }
    // Level 3: the console is in no frame.
    if data.cross_origin || data.top_origin.is_some() {
        return Err(Flaw::Framed);
    }
    Ok(())
}
