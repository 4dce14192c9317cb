//! Bringing a change request onto the project as it is now.

use std::sync::Arc;

use yardarm_model::authority::Permission;
use yardarm_model::change_request::{self, ChangeRequest, Choices};
use yardarm_model::command::Documents;

use super::book::{document, found, still_going};
use super::drafting::{check, fill};
use super::gate::Passage;
use super::refusals;
use crate::auth::access::ProjectAccess;
use crate::auth::change::{Changed, TRIES};
use crate::auth::refusal;
use crate::auth::right::can;
use crate::problem::Problem;

impl ProjectAccess<can::ChangeRequestCreate> {
    /// Merges a request with what was changed since. What both sides changed is chosen by the caller; `order` names the
    /// choices as they were sent.
    pub(crate) async fn rebase_change_request(
        &self,
        id: &str,
        choices: &Choices,
        order: &[(yardarm_model::document::Kind, String, String)],
    ) -> Result<Changed, Problem> {
        self.may(id, Permission::ChangeRequestCreate).await?;
        let _turn = self.turn().await?;
        for _ in 0..TRIES {
            let live = self.newest().await?;
            let before = Arc::clone(found(&live.state, id)?);
            still_going(&before)?;
            let (state, inputs, asked) = (Arc::clone(&live.state), self.request.inputs(), Arc::clone(&before));
            let chosen = choices.clone();
            let merged = tokio::task::spawn_blocking(move || {
                let rebased = change_request::rebase(&state, &asked.items, &chosen, &inputs)?;
                let depends = change_request::depends(&state, &rebased.items).map_err(refusal::internal)?;
                Ok::<_, Problem>((rebased, depends))
            });
            let (rebased, depends) = merged.await.map_err(refusal::internal)??;
            if let Some(place) = rebased.needless.first() {
                return Err(refusals::needless_choice(order.iter().position(|one| one == place).unwrap_or_default()));
            }
            if !rebased.conflicts.is_empty() {
                return Err(refusals::conflicts(&rebased.conflicts));
            }
            let mut after = ChangeRequest::clone(&before);
            fill(&mut after, rebased.items, depends);
            if after == *before {
                return Ok(Changed { live, change: None });
            }
            // Whoever chooses has put something into it. A merge without a choice adds nothing of its own.
            if !choices.is_empty() {
                after.editors.extend(self.request.behind());
            }
            check(&live.state, id, &after)?;
            let documents: Documents = vec![document(id, &after)];
            if let Some(made) = self.commit(&live, documents, Passage::default()).await? {
                return Ok(made);
            }
        }
        Err(refusal::busy())
    }
}
