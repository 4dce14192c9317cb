//! Which way a request wants its change to go.

use http::HeaderMap;
use http::request::Parts;

use super::refusals;
use crate::auth::access::{LONGEST_REASON, percent_decoded};
use crate::auth::route::Route;
use crate::problem::Problem;

/// Header that puts a change into a change request.
const CHANGE_REQUEST: &str = "x-yardarm-change-request";
/// What a new one is called.
const TITLE: &str = "x-yardarm-change-request-title";
/// Header of an emergency.
const BYPASS: &str = "x-yardarm-bypass";

/// Which way a change goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::auth) enum Way {
    /// To the log, if the policies let it.
    Straight,
    /// Into a change request: this one, or a new one.
    Draft {
        /// Its id; `None`: a new one.
        into: Option<String>,
        /// What a new one is called; may be empty.
        title: String,
    },
    /// To the log in an emergency, whatever consent it lacks.
    Bypass,
}

impl Way {
    /// What the headers say. Where it means nothing it is refused: a change that somebody believes to be a draft must not
    /// happen.
    pub(in crate::auth) fn of(parts: &Parts, route: Option<&Route>, reason: &str) -> Result<Self, Problem> {
        let draft = text(&parts.headers, CHANGE_REQUEST)?;
        let title = text(&parts.headers, TITLE)?;
        let bypass = text(&parts.headers, BYPASS)?;
        // What writes nothing has no way to choose.
        let Some(route) = route.filter(|route| route.action.is_some()) else { return Ok(Self::Straight) };
        match (draft, bypass.as_deref()) {
            (None, None | Some("false")) => Ok(Self::Straight),
            (Some(_), Some(_)) => Err(refusals::two_ways()),
            (None, Some("true")) if reason.is_empty() => Err(refusals::bypass_without_reason()),
            (None, Some("true")) if route.may_be_bypassed() => Ok(Self::Bypass),
            (None, Some("true")) => Err(refusals::not_here(BYPASS)),
            (None, Some(_)) => Err(refusals::bad_bypass()),
            (Some(_), None) if !route.may_be_drafted() => Err(refusals::not_here(CHANGE_REQUEST)),
            (Some(name), None) => {
                let into = match name.as_str() {
                    "new" => None,
                    id if id.starts_with("chr_") && id.len() <= 64 => Some(id.to_owned()),
                    _ => return Err(refusals::bad_change_request()),
                };
                Ok(Self::Draft { into, title: title.unwrap_or_default() })
            }
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(name).iter();
    let Some(header) = given.next() else { return Ok(None) };
    // Of two it is not known which one was meant.
    let text = percent_decoded(header.as_bytes())
        .filter(|text| text.chars().count() <= LONGEST_REASON && !text.chars().any(yardarm_model::label::is_unseen));
    match (text, given.next()) {
        (Some(text), None) => Ok(Some(text.trim().to_owned())),
        _ => Err(refusals::header_unreadable(name)),
    }
}

impl Route {
    fn of_a_project(&self) -> bool {
        self.path == "/api/v1/projects/{project}" || self.path.starts_with("/api/v1/projects/{project}/")
    }

    /// Whether what it leaves can wait in a change request. A secret that is shown once cannot.
    pub(crate) fn may_be_drafted(&self) -> bool {
        let inside = self.path.strip_prefix("/api/v1/projects/{project}/").unwrap_or_default();
        self.of_a_project() && !inside.starts_with("change-requests") && !inside.starts_with("keys")
    }

    /// Whether policies may hold up what it leaves.
    pub(crate) fn may_be_bypassed(&self) -> bool {
        let applies = self.path.ends_with("/change-requests/{change_request}/apply");
        self.of_a_project() && (applies || !self.path.contains("/change-requests"))
    }
}
