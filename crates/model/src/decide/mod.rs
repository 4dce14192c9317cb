//! Decisions: a command on a state gives documents, or a refusal with every problem.
//!
//! Each command edits a [`Draft`]: the state with an overlay of what is written. References are checked on the result,
//! the flags that changed are compiled with the evaluator, and only documents that really differ come out.

mod configuration;
mod draft;
mod flag;
mod import;
mod policy;
mod project;
mod promote;
mod references;
mod restore;
mod rule_ids;
mod segment;

use serde_json::Value;

use crate::command::{Command, Documents, Inputs, Refusal};
use crate::document::State;
use crate::reading::{At, scan};
use draft::Draft;
use import::Terms;

pub(crate) fn decide(state: &State, command: &Command, inputs: &Inputs) -> Result<Documents, Refusal> {
    let mut draft = Draft::new(state, inputs);
    if let Some(body) = body_of(command) {
        scan(&mut draft.problems, &At::root(), body);
    }
    match command {
        Command::UpdateProject { body } => project::update(&mut draft, body),
        Command::CreateEnvironment { body } => project::create_environment(&mut draft, body),
        Command::UpdateEnvironment { key, patch } => project::update_environment(&mut draft, key, patch)?,
        Command::DeleteEnvironment { key } => project::delete_environment(&mut draft, key)?,
        Command::CreateSdkKey { id, body, hash, hint } => project::create_sdk_key(&mut draft, id, body, hash, hint),
        Command::UpdateSdkKey { id, patch } => project::update_sdk_key(&mut draft, id, patch)?,
        Command::RotateSdkKey { id, new_id, hash, hint, until } => {
            project::rotate_sdk_key(&mut draft, id, new_id, (hash, hint), *until)?;
        }
        Command::RevokeSdkKey { id } => project::revoke_sdk_key(&mut draft, id)?,
        Command::CreateFlag { body } => flag::create(&mut draft, body),
        Command::UpdateFlag { key, patch } => flag::update(&mut draft, key, patch)?,
        Command::ArchiveFlag { key } => flag::archive(&mut draft, key)?,
        Command::RestoreFlag { key } => flag::restore(&mut draft, key)?,
        Command::PutConfiguration { flag, environment, body } => {
            configuration::put(&mut draft, flag, environment, body)?;
        }
        Command::UpdateConfiguration { flag, environment, patch } => {
            configuration::update(&mut draft, flag, environment, patch)?;
        }
        Command::CopyConfiguration { flag, from, to } => configuration::copy(&mut draft, flag, from, to)?,
        Command::CreateSegment { body } => segment::create(&mut draft, body),
        Command::UpdateSegment { key, patch } => segment::update(&mut draft, key, patch)?,
        Command::EditSegmentLists { key, body } => segment::edit_lists(&mut draft, key, body)?,
        Command::DeleteSegment { key } => segment::delete(&mut draft, key)?,
        Command::CreatePolicy { body } => policy::create(&mut draft, body),
        Command::UpdatePolicy { key, patch } => policy::update(&mut draft, key, patch)?,
        Command::DeletePolicy { key } => policy::delete(&mut draft, key)?,
        Command::RestoreDocuments { documents } => restore::restore(&mut draft, documents),
        Command::Import { body, replace } => import::import(&mut draft, body, Terms::Import, *replace),
        Command::Apply { body, prune } => import::import(&mut draft, body, Terms::Apply, *prune),
        Command::Promote { from, to, flags, with_state } => {
            promote::promote(&mut draft, (from, to), flags.as_deref(), *with_state)?;
        }
    }
    policy::check_all(&mut draft);
    draft.finish()
}

fn body_of(command: &Command) -> Option<&Value> {
    match command {
        Command::UpdateProject { body }
        | Command::CreateEnvironment { body }
        | Command::CreateFlag { body }
        | Command::PutConfiguration { body, .. }
        | Command::CreateSegment { body }
        | Command::EditSegmentLists { body, .. }
        | Command::CreateSdkKey { body, .. }
        | Command::CreatePolicy { body }
        | Command::Import { body, .. }
        | Command::Apply { body, .. } => Some(body),
        Command::UpdateEnvironment { patch, .. }
        | Command::UpdateFlag { patch, .. }
        | Command::UpdateConfiguration { patch, .. }
        | Command::UpdateSegment { patch, .. }
        | Command::UpdateSdkKey { patch, .. }
        | Command::UpdatePolicy { patch, .. } => Some(patch),
        Command::DeleteEnvironment { .. }
        | Command::ArchiveFlag { .. }
        | Command::RestoreFlag { .. }
        | Command::CopyConfiguration { .. }
        | Command::DeleteSegment { .. }
        | Command::RotateSdkKey { .. }
        | Command::RevokeSdkKey { .. }
        | Command::DeletePolicy { .. }
        | Command::RestoreDocuments { .. }
        | Command::Promote { .. } => None,
    }
}
