//! Putting what a command leaves into a change request, instead of into the project.

use std::collections::BTreeSet;
use std::sync::Arc;

use yardarm_hub::LiveProject;
use yardarm_model::authority::Permission;
use yardarm_model::change_request::{self, ChangeRequest, Item, Stage};
use yardarm_model::command::{Command, Documents, decide};
use yardarm_model::document::{Kind, State};
use yardarm_model::limits;
use yardarm_model::plan;

use super::book::{document, found, still_going};
use super::consent;
use super::gate::Passage;
use super::refusals;
use crate::auth::access::ProjectAccess;
use crate::auth::change::{Precondition, TRIES};
use crate::auth::right::Writes;
use crate::auth::{fresh, refusal};
use crate::problem::Problem;

/// Actions in the audit log, whatever route the change came by.
const CREATE: &str = "change_request.create";
const EDIT: &str = "change_request.edit";

/// A change that waits.
#[derive(Debug)]
pub(crate) struct Drafted {
    /// Id of the change request.
    pub(crate) id: String,
    /// As it is now.
    pub(crate) request: ChangeRequest,
    /// The project that it is in.
    pub(crate) live: Arc<LiveProject>,
}

/// What a command made of a request's content.
struct Content {
    items: Vec<Item>,
    depends: Vec<change_request::Dependency>,
    /// What the command left on top of what was there.
    left: Documents,
}

impl<R: Writes> ProjectAccess<R> {
    /// Decides a command on the project as the request would leave it, and keeps what comes out in the request.
    pub(in crate::auth) async fn draft(
        &self,
        into: Option<&str>,
        title: &str,
        command: Command,
        precondition: &Precondition,
    ) -> Result<Drafted, Problem> {
        let _turn = self.turn().await?;
        let new = fresh::id("chr");
        for _ in 0..TRIES {
            let live = self.newest().await?;
            self.request.check(precondition, &live)?;
            let before = match into {
                Some(id) => {
                    let before = found(&live.state, id)?;
                    still_going(before)?;
                    Some(ChangeRequest::clone(before))
                }
                None => None,
            };
            let items = before.as_ref().map(|request| request.items.clone()).unwrap_or_default();
            let content = self.content(&live, items, command.clone()).await?;
            // A plan is shown of the project as it is; on top of a request there is something else under it.
            if let Precondition::Planned(shown) = precondition
                && into.is_none()
                && !content.left.is_empty()
                && plan::fingerprint(&shown.digest, &live.scope.epoch, &live.state, &content.left) != shown.fingerprint
            {
                return Err(refusal::plan_moved());
            }
            let id = into.unwrap_or(&new);
            let request = match before {
                Some(request) if content.left.is_empty() => return Ok(Drafted { id: id.to_owned(), request, live }),
                None if content.items.is_empty() => return Err(refusals::nothing_to_draft()),
                before => self.filled(before, content, title),
            };
            check(&live.state, id, &request)?;
            let touched: Documents = request.documents();
            let verdict = self.judge(&live, &Arc::new(touched), &request.title).await?;
            let (authority, permission) = (self.request.authority_now().await?, Permission::ChangeRequestCreate);
            if !consent::allows(&authority, permission, self.key(), &verdict.environments) {
                return Err(refusal::forbidden(permission));
            }
            let mut documents: Documents = vec![document(id, &request)];
            if into.is_none() {
                documents.extend(forgotten(&live.state));
            }
            let passage = Passage { action: Some(if into.is_some() { EDIT } else { CREATE }), ..Passage::default() };
            if let Some(made) = self.commit(&live, documents, passage).await? {
                return Ok(Drafted { id: id.to_owned(), request, live: made.live });
            }
        }
        Err(refusal::busy())
    }

    async fn content(&self, live: &Arc<LiveProject>, items: Vec<Item>, command: Command) -> Result<Content, Problem> {
        let (state, inputs) = (Arc::clone(&live.state), self.request.inputs());
        // An import of thousands of flags is compiled here: not on a runtime thread.
        let made = tokio::task::spawn_blocking(move || {
            let draft = change_request::apply_to(&state, &items).map_err(refusal::internal)?;
            let left = decide(&draft, &command, &inputs)?;
            let items = change_request::grown(&state, &items, &left);
            let depends = change_request::depends(&state, &items).map_err(refusal::internal)?;
            Ok::<_, Problem>(Content { items, depends, left })
        });
        made.await.map_err(refusal::internal)?
    }

    /// A request with another content. Whatever was approved was another one.
    fn filled(&self, before: Option<ChangeRequest>, content: Content, title: &str) -> ChangeRequest {
        let now = self.now();
        let mut request = before.unwrap_or_else(|| ChangeRequest {
            title: self.title(title, &content.items),
            description: String::new(),
            author: self.request.person(),
            editors: BTreeSet::new(),
            created_at: now,
            stage: Stage::Draft,
            stage_at: now,
            items: Vec::new(),
            depends: Vec::new(),
            touches: Vec::new(),
            hash: String::new(),
            schedule: None,
            approvals: Vec::new(),
            comments: Vec::new(),
            outcome: None,
        });
        if matches!(request.stage, Stage::Rejected | Stage::Failed) {
            request.stage = Stage::Draft;
            request.stage_at = now;
        }
        request.editors.extend(self.request.behind());
        fill(&mut request, content.items, content.depends);
        request
    }

    /// What a new request is called: as its author says, their reason, or what it touches.
    fn title(&self, given: &str, items: &[Item]) -> String {
        let first_line = self.request.reason.lines().next().unwrap_or_default();
        let said = [given, first_line].into_iter().find(|text| !text.is_empty()).map(str::to_owned);
        let title = said.unwrap_or_else(|| {
            let told = items.iter().filter(|item| item.kind != Kind::SegmentList);
            let names: Vec<String> = told.map(|item| format!("{} {}", item.kind, item.key)).collect();
            match &names[..] {
                [] => "Lists of a segment".to_owned(),
                [one] => format!("Change {one}"),
                [first, rest @ ..] => format!("Change {first} and {} more", rest.len()),
            }
        });
        title.chars().take(limits::NAME).collect()
    }
}

/// Puts a content into a request and pins it.
pub(super) fn fill(request: &mut ChangeRequest, items: Vec<Item>, depends: Vec<change_request::Dependency>) {
    request.hash = change_request::hash(&items, &depends, request.schedule.as_ref());
    request.touches = items.iter().map(|item| (item.kind, item.key.clone())).collect();
    request.items = items;
    request.depends = depends;
}

/// Whether there is room for it, and whether all of it can wait.
pub(super) fn check(state: &State, id: &str, request: &ChangeRequest) -> Result<(), Problem> {
    if let Some(key) = request.items.iter().find(|item| item.kind == Kind::SdkKey && item.body.is_some()) {
        return Err(refusals::keys_cannot_wait(&key.key));
    }
    if request.items.len() > limits::CHANGE_REQUEST_DOCUMENTS {
        return Err(refusals::too_large("documents", limits::CHANGE_REQUEST_DOCUMENTS));
    }
    let size = change_request::size(&request.items);
    if size > limits::CHANGE_REQUEST_BYTES {
        return Err(refusals::too_large("bytes", limits::CHANGE_REQUEST_BYTES));
    }
    let others = || state.change_requests.iter().filter(|(other, one)| *other != id && !one.stage.is_over());
    if others().count() >= limits::CHANGE_REQUESTS {
        return Err(refusals::too_many("change requests that are not over", limits::CHANGE_REQUESTS));
    }
    let all: usize = others().map(|(_, one)| change_request::size(&one.items)).sum();
    if all + size > limits::CHANGE_REQUESTS_BYTES {
        return Err(refusals::too_many("bytes in change requests that are not over", limits::CHANGE_REQUESTS_BYTES));
    }
    Ok(())
}

/// The oldest of those that are over, when there are too many to keep in memory. The log has them.
fn forgotten(state: &State) -> Documents {
    let mut over: Vec<(i64, &String)> = state
        .change_requests
        .iter()
        .filter(|(_, request)| request.stage.is_over())
        .map(|(id, request)| (request.stage_at, id))
        .collect();
    over.sort_unstable();
    let most = over.len().saturating_sub(limits::CHANGE_REQUESTS_KEPT);
    over.into_iter().take(most).map(|(_, id)| (Kind::ChangeRequest, id.clone(), None)).collect()
}
