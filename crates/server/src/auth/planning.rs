//! What a command would do: nothing is written, and whoever may read may ask.

use std::sync::Arc;

use yardarm_hub::LiveProject;
use yardarm_model::command::{Command, decide};
use yardarm_model::plan::{self, Entry};

use super::access::ProjectAccess;
use super::refusal;
use super::right::Right;
use crate::problem::Problem;

/// What a command would do to a project.
pub(crate) struct Plan {
    /// The project that it was decided on.
    pub(crate) live: Arc<LiveProject>,
    /// Document by document.
    pub(crate) entries: Vec<Entry>,
    /// What `apply` must find again: [`plan::fingerprint`].
    pub(crate) fingerprint: String,
}

impl<R: Right> ProjectAccess<R> {
    /// Decides a command on the newest state and tells what it would do. `digest`: of the request.
    pub(crate) async fn plan(&self, command: Command, digest: String) -> Result<Plan, Problem> {
        let request = &self.request;
        let live = self.newest().await?;
        let inputs = request.inputs();
        let decided_on = Arc::clone(&live);
        // Thousands of flags are compiled and compared: not on a runtime thread.
        let made = tokio::task::spawn_blocking(move || {
            let (state, epoch) = (&decided_on.state, &decided_on.scope.epoch);
            let documents = decide(state, &command, &inputs)?;
            Ok::<_, Problem>((plan::plan(state, &documents), plan::fingerprint(&digest, epoch, state, &documents)))
        });
        let (entries, fingerprint) = made.await.map_err(refusal::internal)??;
        Ok(Plan { live, entries, fingerprint })
    }
}
