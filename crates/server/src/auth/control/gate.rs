//! The gate: nothing is committed to a project before the policies were asked about it.

use std::sync::Arc;

use serde_json::json;
use yardarm_hub::LiveProject;
use yardarm_model::authority::{Authority, Permission};
use yardarm_model::change_request::ChangeRequest;
use yardarm_model::command::Documents;
use yardarm_model::control::{self, Circumstances, Verdict};
use yardarm_model::document::Kind;
use yardarm_store::DocumentWrite;

use super::consent::{self, NeededApproval};
use super::{Way, refusals};
use crate::auth::access::ProjectAccess;
use crate::auth::right::Right;
use crate::auth::{fresh, refusal};
use crate::problem::Problem;

/// Action in the audit log of what passed in an emergency, whatever it was; the document beside it says what was asked for.
const BYPASS_ACTION: &str = "change_request.bypass";
/// Kind of that document. It speaks of the log and is no part of the project.
const BYPASS_KIND: &str = "bypass";

/// The right to commit what was looked at, and what is committed with it.
#[derive(Debug, Default)]
pub(in crate::auth) struct Passage {
    /// Written beside the change.
    pub(super) beside: Vec<DocumentWrite>,
    /// Another action than the route's.
    pub(super) action: Option<&'static str>,
}

impl Passage {
    /// What is committed with the change, and under which action.
    pub(in crate::auth) fn into_parts(self) -> (Vec<DocumentWrite>, Option<&'static str>) {
        (self.beside, self.action)
    }
}

impl<R: Right> ProjectAccess<R> {
    /// What the policies say about documents, at this moment. Where they cannot say it, nothing is changed.
    pub(super) async fn judge(
        &self,
        live: &Arc<LiveProject>,
        documents: &Arc<Documents>,
        reason: &str,
    ) -> Result<Verdict, Problem> {
        let needed = control::ages_needed(&live.state, documents).map_err(refusal::internal)?;
        let changed_at = self.ages(&live.state, needed).await;
        let circumstances = Circumstances { now: self.now(), changed_at, reason: reason.to_owned() };
        let (live, documents) = (Arc::clone(live), Arc::clone(documents));
        // An import touches thousands of flags: not on a runtime thread.
        let judged =
            tokio::task::spawn_blocking(move || control::verdict(&live.state, &documents, &circumstances)).await;
        judged.map_err(refusal::internal)?.map_err(refusal::internal)
    }

    /// Whether documents that are to be written straight away may be.
    pub(in crate::auth) async fn pass(
        &self,
        live: &Arc<LiveProject>,
        documents: &Arc<Documents>,
    ) -> Result<Passage, Problem> {
        if live.state.policies.is_empty() && !documents.iter().any(|(kind, ..)| *kind == Kind::Policy) {
            return Ok(Passage::default());
        }
        let verdict = self.judge(live, documents, &self.request.reason).await?;
        let authority = self.request.authority_now().await?;
        self.heed(&authority, &verdict, &consent::unasked(&verdict), None)
    }

    /// Heeds a verdict with the consent that was given.
    pub(super) fn heed(
        &self,
        authority: &Authority,
        verdict: &Verdict,
        needed: &[NeededApproval],
        request: Option<(&str, &ChangeRequest)>,
    ) -> Result<Passage, Problem> {
        if verdict.violations.is_empty() && needed.iter().all(NeededApproval::is_given) {
            return Ok(Passage::default());
        }
        if self.request.way != Way::Bypass {
            return Err(refusals::held(verdict, needed, request.is_some()));
        }
        let permission = Permission::ChangeRequestBypass;
        let may = if verdict.environments.is_empty() {
            authority.allows(permission, yardarm_model::authority::Place::project(self.key()))
        } else {
            consent::allows(authority, permission, self.key(), &verdict.environments)
        };
        if !may {
            return Err(refusal::forbidden(permission));
        }
        if !verdict.may_bypass() {
            return Err(refusals::beyond_bypass(verdict));
        }
        self.request.notice("bypass");
        let missing: Vec<_> = needed.iter().filter(|one| !one.is_given()).map(|one| &one.requirement).collect();
        let body = json!({
            "action": self.request.action,
            "reason": self.request.reason,
            "environments": verdict.environments,
            "approvals_missing": missing,
            "violations": verdict.violations,
            "change_request": request.map(|(id, _)| id),
        });
        let marker =
            DocumentWrite { kind: BYPASS_KIND.to_owned(), key: fresh::id("byp"), body: Some(body.to_string()) };
        Ok(Passage { beside: vec![marker], action: Some(BYPASS_ACTION) })
    }
}
