//! The Ed25519 key of this installation, and what it signs. The key is made at the first need and lies sealed in the
//! database, so that every node has the same one. `crates/verify` checks the signatures with code of its own.

use std::sync::Arc;

use ed25519_dalek::{Signer as _, SigningKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use yardarm_store::{Head, Prunable, SignedHead, StoreError};

use crate::app::App;
use crate::keys::hex;
use crate::sealer::{Place, SealError};

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignerError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be sealed or opened.
    #[error("the signing key of the log: {0}")]
    Seal(#[from] SealError),
}

pub(super) struct Signer {
    id: String,
    key: SigningKey,
}

/// What the signature of a head is made over, and with the signature added what is shipped: one line of JSON, members in
/// alphabetical order, without spaces.
#[derive(Serialize)]
struct HeadLine<'a> {
    at: i64,
    epoch: &'a str,
    format: u32,
    hash: &'a str,
    key: &'a str,
    rev: u64,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    r#type: &'a str,
}

impl<'a> HeadLine<'a> {
    fn of(head: &'a Head, at: i64, key: &'a str, signature: Option<&'a str>) -> Self {
        let Head { tenant_id: _, scope_id, epoch, rev, hash } = head;
        Self { at, epoch, format: 1, hash, key, rev: *rev, scope: scope_id, signature, r#type: "head" }
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("strings and integers always serialise")
    }
}

/// A head as it is shipped and exported.
pub(crate) fn head_line(signed: &SignedHead) -> String {
    HeadLine::of(&signed.head, signed.at, &signed.key_id, Some(&signed.signature)).text()
}

/// The same for a prune mark.
#[derive(Serialize)]
struct MarkLine<'a> {
    base: &'a str,
    count: u64,
    format: u32,
    hash: &'a str,
    key: &'a str,
    scope: &'a str,
    through: u64,
    r#type: &'a str,
}

impl Signer {
    fn of(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let id = hex(&Sha256::digest(key.verifying_key().as_bytes())[..8]);
        Self { id, key }
    }

    fn sign(&self, text: &str) -> String {
        hex(&self.key.sign(text.as_bytes()).to_bytes())
    }

    pub(super) fn head(&self, head: Head, at: i64) -> SignedHead {
        let signature = self.sign(&HeadLine::of(&head, at, &self.id, None).text());
        SignedHead { head, at, key_id: self.id.clone(), signature }
    }

    /// The body of a `prune_mark` document.
    pub(super) fn mark(&self, scope_id: &str, plan: &Prunable) -> Value {
        let Prunable { through, hash, count, base } = plan;
        let line = MarkLine {
            base,
            count: *count,
            format: 1,
            hash,
            key: &self.id,
            scope: scope_id,
            through: *through,
            r#type: "prune",
        };
        let text = serde_json::to_string(&line).expect("strings and integers always serialise");
        json!({
            "through": through, "hash": hash, "count": count, "base": base, "key": self.id,
            "signature": self.sign(&text),
            "keeps": "what each document was at this revision; what was before it cannot be shown or put back",
        })
    }
}

fn place(id: &str) -> Place<'_> {
    Place { owner: "", row: id, column: "signing_key.sealed" }
}

impl App {
    /// The key, made when there is none yet.
    pub(super) async fn signer(&self) -> Result<Arc<Signer>, SignerError> {
        self.audit.signer.get_or_try_init(|| self.find_signer()).await.cloned()
    }

    async fn find_signer(&self) -> Result<Arc<Signer>, SignerError> {
        let mut keys = self.store.signing_keys().await?;
        if keys.is_empty() {
            let seed = self.random();
            let made = Signer::of(&seed);
            let key = yardarm_store::SigningKey {
                sealed: self.sealer.seal(&place(&made.id), &seed)?,
                public: hex(made.key.verifying_key().as_bytes()),
                id: made.id,
                created_at: self.now(),
            };
            self.store.insert_signing_key(&key).await?;
            tracing::info!(key = key.id, public = key.public, "made the key that the log's heads are signed with");
            // Another node may have been as quick; the first of them is everybody's.
            keys = self.store.signing_keys().await?;
        }
        let first = keys.first().ok_or(SealError::Broken)?;
        let seed = self.sealer.open(&place(&first.id), &first.sealed)?;
        let seed: [u8; 32] = seed.try_into().map_err(|_| SealError::Broken)?;
        Ok(Arc::new(Signer::of(&seed)))
    }
}
