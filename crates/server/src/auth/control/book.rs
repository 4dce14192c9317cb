//! Keeping a change request: everything that is done to one, short of applying it. None of it changes what is served, so no
//! policy holds it up; all of it is in the log.

use std::sync::Arc;

use yardarm_hub::LiveProject;
use yardarm_model::authority::{AccessTokenDocument, MemberDocument, Permission, tenant_kind};
use yardarm_model::change_request::{self, Approval, ChangeRequest, Comment, Conflict, Outcome, Person, Remark, Stage};
use yardarm_model::command::Documents;
use yardarm_model::control::Verdict;
use yardarm_model::document::{Kind, State};
use yardarm_model::plan::{self, Entry};
use yardarm_model::{limits, normal_form};

use super::consent::{self, Consent, NeededApproval};
use super::gate::Passage;
use super::refusals;
use crate::auth::access::{ProjectAccess, Request};
use crate::auth::change::{Changed, TRIES, revision};
use crate::auth::refusal;
use crate::auth::right::{Right, Writes, can};
use crate::problem::Problem;

/// A change request with everything that somebody needs to judge it.
pub(crate) struct Reviewed {
    /// The project it was looked at in.
    pub(crate) live: Arc<LiveProject>,
    /// The request.
    pub(crate) request: Arc<ChangeRequest>,
    /// Revision of its document: its `ETag`.
    pub(crate) revision: u64,
    /// What it would do, document by document.
    pub(crate) entries: Vec<Entry>,
    /// What the policies say about it now.
    pub(crate) verdict: Verdict,
    /// Whose consent it has.
    pub(crate) standing: Consent,
    /// What was changed under it.
    pub(crate) moved: Vec<(Kind, String)>,
    /// What a rebase would ask.
    pub(crate) conflicts: Vec<Conflict>,
    /// The reader may approve it, and their approval is missing.
    pub(crate) waits_for_me: bool,
}

/// A change request at a glance, for lists; empty when it is over.
#[derive(Default)]
pub(crate) struct Glance {
    /// Nobody's consent is missing.
    pub(crate) approved: bool,
    /// The reader may approve it, and their approval is missing.
    pub(crate) waits_for_me: bool,
    /// Consent that policies want, when somebody is asked.
    pub(crate) needed: Vec<NeededApproval>,
    /// What was changed under it.
    pub(crate) moved: Vec<(Kind, String)>,
}

impl Request {
    /// Who asks, as a change request names them.
    pub(super) fn person(&self) -> Person {
        Person { id: self.who.user.id.clone(), name: self.who.user.name.clone() }
    }

    /// Ids of whoever is behind this request: the one who asks, and who made a service account's token.
    pub(super) fn behind(&self) -> Vec<String> {
        let token =
            self.who.token().and_then(|id| self.who.state.read::<AccessTokenDocument>(tenant_kind::ACCESS_TOKEN, id));
        let maker = token.and_then(|token| token.created_by);
        std::iter::once(self.who.user.id.clone()).chain(maker).collect()
    }
}

/// A change request that is there.
pub(super) fn found<'s>(state: &'s State, id: &str) -> Result<&'s Arc<ChangeRequest>, Problem> {
    state.change_requests.get(id).ok_or_else(refusal::not_found)
}

/// The document of a change request.
pub(super) fn document(id: &str, request: &ChangeRequest) -> (Kind, String, Option<serde_json::Value>) {
    (Kind::ChangeRequest, id.to_owned(), Some(normal_form(request)))
}

/// Not one that is over.
pub(super) fn still_going(request: &ChangeRequest) -> Result<(), Problem> {
    if request.stage.is_over() { Err(refusals::wrong_stage(request.stage, "not over")) } else { Ok(()) }
}

impl<R: Right> ProjectAccess<R> {
    /// A change request as it is now, with what it would do.
    pub(crate) async fn review(&self, id: &str) -> Result<Reviewed, Problem> {
        let live = self.newest().await?;
        self.review_in(live, id).await
    }

    /// The same in a project that was just read.
    pub(crate) async fn review_in(&self, live: Arc<LiveProject>, id: &str) -> Result<Reviewed, Problem> {
        let request = Arc::clone(found(&live.state, id)?);
        let documents = Arc::new(request.documents());
        let moved = change_request::moved(&live.state, &request);
        let verdict = self.judge(&live, &documents, &reason_of(&request, &self.request.reason)).await?;
        let standing = self.standing(&request, &verdict, !moved.is_empty());
        let inputs = self.request.inputs();
        let (state, asked, drifted) = (Arc::clone(&live.state), Arc::clone(&request), !moved.is_empty());
        // Thousands of documents are compared: not on a runtime thread.
        let compared = tokio::task::spawn_blocking(move || {
            let entries = plan::plan(&state, &documents);
            let choices = change_request::Choices::new();
            let rebased = drifted.then(|| change_request::rebase(&state, &asked.items, &choices, &inputs));
            // What a merge makes invalid is told by the rebase itself.
            let conflicts = rebased.and_then(Result::ok).map(|rebased| rebased.conflicts).unwrap_or_default();
            (entries, conflicts)
        });
        let (entries, conflicts) = compared.await.map_err(refusal::internal)?;
        let waits_for_me = moved.is_empty() && self.is_asked(&request, &verdict, &standing);
        let revision = revision(&live.state, Kind::ChangeRequest, id);
        Ok(Reviewed { live, request, revision, entries, verdict, standing, moved, conflicts, waits_for_me })
    }

    /// What a list says about a request.
    pub(crate) async fn glance(&self, live: &Arc<LiveProject>, request: &ChangeRequest) -> Result<Glance, Problem> {
        if request.stage.is_over() {
            return Ok(Glance::default());
        }
        let moved = change_request::moved(&live.state, request);
        if request.stage != Stage::Open {
            return Ok(Glance { moved, ..Glance::default() });
        }
        let documents = Arc::new(request.documents());
        let verdict = self.judge(live, &documents, &reason_of(request, "")).await?;
        let standing = self.standing(request, &verdict, !moved.is_empty());
        Ok(Glance {
            approved: moved.is_empty() && standing.is_complete(),
            waits_for_me: moved.is_empty() && self.is_asked(request, &verdict, &standing),
            needed: standing.needed,
            moved,
        })
    }

    pub(super) fn standing(&self, request: &ChangeRequest, verdict: &Verdict, moved: bool) -> Consent {
        consent::standing(&self.request.who.state, self.key(), request, verdict, moved)
    }

    fn is_asked(&self, request: &ChangeRequest, verdict: &Verdict, standing: &Consent) -> bool {
        let me = &self.request.who.user.id;
        let tenant = &self.request.who.state;
        let authority = &self.request.who.authority;
        request.stage == Stage::Open
            && tenant.document(tenant_kind::MEMBER, me).is_some()
            && consent::allows(authority, Permission::ChangeRequestApprove, self.key(), &verdict.environments)
            && standing.needed.iter().any(|needed| {
                !needed.is_given()
                    && !needed.given.contains(me)
                    && consent::asks(tenant, &needed.requirement, me, request)
            })
    }
}

/// Words for policies that want a reason: the caller's, or the request's own.
pub(super) fn reason_of(request: &ChangeRequest, given: &str) -> String {
    if given.is_empty() { request.title.clone() } else { given.to_owned() }
}

impl<R: Writes> ProjectAccess<R> {
    /// Changes a change request on the newest state and commits that; when somebody was faster, all of it again.
    pub(super) async fn book(
        &self,
        id: &str,
        change: impl Fn(&LiveProject, &mut ChangeRequest) -> Result<(), Problem> + Send + Sync,
    ) -> Result<Changed, Problem> {
        let _turn = self.turn().await?;
        for _ in 0..TRIES {
            let live = self.newest().await?;
            let before = found(&live.state, id)?;
            self.request.check_revision(revision(&live.state, Kind::ChangeRequest, id))?;
            let mut after = ChangeRequest::clone(before);
            change(&live, &mut after)?;
            if after == **before {
                return Ok(Changed { live, change: None });
            }
            let documents: Documents = vec![document(id, &after)];
            if let Some(made) = self.commit(&live, documents, Passage::default()).await? {
                return Ok(made);
            }
        }
        Err(refusal::busy())
    }

    /// Environments that a request touches, with what the caller must hold in them.
    async fn touching(&self, id: &str, permission: Permission) -> Result<Verdict, Problem> {
        let live = self.newest().await?;
        let request = found(&live.state, id)?;
        let verdict = self.judge(&live, &Arc::new(request.documents()), &reason_of(request, "")).await?;
        let authority = self.request.authority_now().await?;
        if consent::allows(&authority, permission, self.key(), &verdict.environments) {
            Ok(verdict)
        } else {
            Err(refusal::forbidden(permission))
        }
    }

    /// What the caller must hold for a request that they do something to, where it is about environments.
    pub(super) async fn may(&self, id: &str, permission: Permission) -> Result<(), Problem> {
        self.touching(id, permission).await.map(drop)
    }

    fn note(&self, remark: Remark, text: String, request: &mut ChangeRequest) -> Result<(), Problem> {
        if request.comments.len() >= limits::CHANGE_REQUEST_COMMENTS {
            return Err(refusals::too_large("comments", limits::CHANGE_REQUEST_COMMENTS));
        }
        request.comments.push(Comment { by: self.request.person(), at: self.now(), remark, text });
        Ok(())
    }
}

impl ProjectAccess<can::ChangeRequestCreate> {
    /// Changes what a request is called, and why it is asked for.
    pub(crate) async fn describe_change_request(
        &self,
        id: &str,
        title: Option<String>,
        description: Option<String>,
    ) -> Result<Changed, Problem> {
        self.may(id, Permission::ChangeRequestCreate).await?;
        self.book(id, |_, request| {
            still_going(request)?;
            if let Some(title) = &title {
                request.title.clone_from(title);
            }
            if let Some(description) = &description {
                request.description.clone_from(description);
            }
            Ok(())
        })
        .await
    }

    /// Asks others.
    pub(crate) async fn submit_change_request(&self, id: &str) -> Result<Changed, Problem> {
        self.may(id, Permission::ChangeRequestCreate).await?;
        self.book(id, |_, request| self.submitted(request)).await
    }

    /// Takes a request back.
    pub(crate) async fn withdraw_change_request(&self, id: &str) -> Result<Changed, Problem> {
        self.book(id, |_, request| {
            still_going(request)?;
            if !request.editors.contains(&self.request.who.user.id) {
                return Err(refusals::not_the_author());
            }
            request.end(Stage::Withdrawn, self.outcome());
            Ok(())
        })
        .await
    }

    /// Says something.
    pub(crate) async fn comment_on_change_request(&self, id: &str, text: String) -> Result<Changed, Problem> {
        self.book(id, |_, request| {
            still_going(request)?;
            self.note(Remark::Comment, text.clone(), request)
        })
        .await
    }
}

impl<R: Writes> ProjectAccess<R> {
    pub(super) fn submitted(&self, request: &mut ChangeRequest) -> Result<(), Problem> {
        still_going(request)?;
        if request.items.is_empty() {
            return Err(refusals::empty());
        }
        if request.stage != Stage::Open {
            request.stage = Stage::Open;
            request.stage_at = self.now();
            request.outcome = None;
        }
        Ok(())
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome { by: self.request.person(), at: self.now(), revision: None, reason: String::new() }
    }
}

impl ProjectAccess<can::ChangeRequestApprove> {
    /// Consents to one content of a request.
    pub(crate) async fn approve_change_request(
        &self,
        id: &str,
        hash: &str,
        comment: String,
    ) -> Result<Changed, Problem> {
        let tenant = &self.request.who.state;
        let me = self.request.person();
        // Four eyes are of people; whoever holds a program's token would have two pairs.
        if tenant.read::<MemberDocument>(tenant_kind::MEMBER, &me.id).is_none() {
            return Err(refusals::not_a_person());
        }
        let verdict = self.touching(id, Permission::ChangeRequestApprove).await?;
        self.book(id, |live, request| {
            if request.stage != Stage::Open {
                return Err(refusals::wrong_stage(request.stage, "open"));
            }
            if request.hash != hash {
                return Err(refusals::other_content(&request.hash));
            }
            let moved = change_request::moved(&live.state, request);
            if !moved.is_empty() {
                return Err(refusals::moved(&moved));
            }
            let own = request.editors.contains(&me.id);
            if own && !verdict.approvals.iter().any(|requirement| requirement.author_may_approve) {
                return Err(refusals::own_work());
            }
            let asked = |requirement| consent::asks(tenant, requirement, &me.id, request);
            if !verdict.approvals.is_empty() && !verdict.approvals.iter().any(asked) {
                return Err(refusals::not_asked());
            }
            request.approvals.retain(|approval| approval.by.id != me.id);
            if request.approvals.len() >= limits::CHANGE_REQUEST_APPROVALS {
                return Err(refusals::too_large("approvals", limits::CHANGE_REQUEST_APPROVALS));
            }
            let (by, hash) = (me.clone(), request.hash.clone());
            request.approvals.push(Approval { by, at: self.now(), hash, comment: comment.clone() });
            Ok(())
        })
        .await
    }

    /// Asks for something else.
    pub(crate) async fn reject_change_request(&self, id: &str, text: String) -> Result<Changed, Problem> {
        self.may(id, Permission::ChangeRequestApprove).await?;
        self.book(id, |_, request| {
            if request.stage != Stage::Open {
                return Err(refusals::wrong_stage(request.stage, "open"));
            }
            self.note(Remark::Rejection, text.clone(), request)?;
            request.end(Stage::Rejected, self.outcome());
            request.approvals.clear();
            Ok(())
        })
        .await
    }
}
