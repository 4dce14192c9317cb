//! The keys that the demo shows. The database holds only their hashes, so they are kept beside it in a file that only
//! its owner can read; this is for the demo alone.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;
use yardarm_model::authority::{AccessTokenDocument, Grant, tenant_kind};
use yardarm_model::command::{Command, Inputs};
use yardarm_model::document::State;
use yardarm_server::keys::{self, KeyKind, NewKey};
use yardarm_store::{AccessToken, Commit, DocumentWrite, RowWrite, Store};

use super::seed::{Seeded, by_the_demo, commit_failure, document, fresh_id};
use crate::clock::now_ms;
use crate::failure::Failure;
use crate::node::{random, store_failure};
use crate::{offline, profile};

const FILE: &str = "demo-keys.json";

/// What is shown.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Credentials {
    pub(super) token: String,
    pub(super) server_key: String,
    pub(super) client_key: String,
}

/// The kept ones, as far as they still open something, and new ones for the others.
pub(super) async fn ensure(store: &dyn Store, seeded: &Seeded, data_dir: &Path) -> Result<Credentials, Failure> {
    let path = data_dir.join(FILE);
    let mut kept: Credentials =
        std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let now = now_ms();
    let mut changed = false;

    let token = store.access_token(&keys::hash_hex(&kept.token), now).await.map_err(|error| store_failure(&error))?;
    if token.is_none() {
        kept.token = make_token(store, seeded, now).await?;
        changed = true;
    }
    for (kind, audience, slot) in
        [(KeyKind::Server, "server", &mut kept.server_key), (KeyKind::Client, "client", &mut kept.client_key)]
    {
        if !opens(&seeded.state, slot) {
            *slot = make_key(store, seeded, kind, audience, now).await?;
            changed = true;
        }
    }
    if changed {
        let text = serde_json::to_string_pretty(&kept)?;
        profile::write_private(&path, &text)
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    }
    Ok(kept)
}

fn opens(state: &State, key: &str) -> bool {
    let hash = keys::hash_hex(key);
    state.sdk_keys.values().any(|known| known.hash == hash && known.revoked_at.is_none())
}

async fn make_token(store: &dyn Store, seeded: &Seeded, now: i64) -> Result<String, Failure> {
    let NewKey { text, hash, hint } = keys::make(KeyKind::Access, &random());
    let entry = AccessTokenDocument {
        name: "Demo".to_owned(),
        user: seeded.user_id.clone(),
        role: None,
        grants: Some(vec![Grant::everything()]),
        hint,
        created_by: None,
        parent: None,
        created_at: now,
        expires_at: None,
        revoked_at: None,
    };
    let token = AccessToken {
        id: fresh_id("tok"),
        hash,
        tenant_id: seeded.tenant_id.clone(),
        user_id: seeded.user_id.clone(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let entry = serde_json::to_value(entry)?;
    let commit = Commit {
        tenant_id: seeded.tenant_id.clone(),
        scope_id: seeded.tenant_id.clone(),
        expected: None,
        attribution: by_the_demo("access_token.create", now),
        documents: vec![document(tenant_kind::ACCESS_TOKEN, &token.id, &entry)],
        rows: vec![RowWrite::InsertAccessToken(token)],
    };
    store.commit(commit).await.map_err(|error| commit_failure(&error))?;
    Ok(text)
}

async fn make_key(
    store: &dyn Store,
    seeded: &Seeded,
    kind: KeyKind,
    audience: &str,
    now: i64,
) -> Result<String, Failure> {
    let NewKey { text, hash, hint } = keys::make(kind, &random());
    let name = format!("Demo {audience}");
    let body = json!({"name": name, "environment": super::ENVIRONMENT, "audience": audience});
    let command = Command::CreateSdkKey { id: fresh_id("key"), body, hash, hint };
    let inputs = Inputs { now, seed: random() };
    let documents = offline::change(&mut seeded.state.clone(), &command, &inputs, seeded.scope.rev + 1)
        .map_err(|refusal| offline::refused(&refusal))?;
    let commit = Commit {
        tenant_id: seeded.tenant_id.clone(),
        scope_id: seeded.scope.id.clone(),
        expected: None,
        attribution: by_the_demo("sdk_key.create", now),
        documents: documents.into_iter().map(|(kind, key, body)| DocumentWrite { kind, key, body }).collect(),
        rows: Vec::new(),
    };
    store.commit(commit).await.map_err(|error| commit_failure(&error))?;
    Ok(text)
}
