//! One log, entry after entry.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::What;
use crate::line::{Base, Entry, Log, Salted, SignedHead};
use crate::signature::{self, Mark, PublicKey, hex};

/// `prev_hash` of the first entry.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where the walk through a log stands.
pub(crate) struct Walk {
    log: Log,
    heads: Vec<SignedHead>,
    partial: bool,
    /// Revision and hash of the last entry.
    last: Option<(u64, String)>,
    /// `prev_hash` of the first entry: what a prune mark has to name.
    before_first: Option<String>,
    marks: Vec<Mark>,
    /// Over the documents that lived at the prune mark.
    base: Sha256,
    /// Texts that are gone, by entry.
    gone: BTreeSet<(u64, String)>,
    /// Texts that redactions took, by entry.
    said: BTreeSet<(u64, String)>,
    agreed: u64,
}

/// What a log had in it.
pub(crate) struct Ended {
    pub(crate) redacted: u64,
    pub(crate) pruned: bool,
    pub(crate) heads: u64,
    pub(crate) heads_elsewhere: u64,
}

/// The body of a `redaction` document.
#[derive(Deserialize)]
struct Redaction {
    rev: u64,
    #[serde(default)]
    actor_name: bool,
    #[serde(default)]
    reason: bool,
    #[serde(default)]
    documents: Vec<RedactedDocument>,
}

#[derive(Deserialize)]
struct RedactedDocument {
    kind: String,
    key: String,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    action: &'a str,
    actor: &'a str,
    actor_name: &'a str,
    at: i64,
    documents: Vec<DocumentLine<'a>>,
    format: u32,
    prev_hash: &'a str,
    reason: &'a str,
    rev: u64,
    scope: &'a str,
    trace_id: &'a str,
    via: &'a str,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    body: Option<&'a str>,
    key: &'a str,
    kind: &'a str,
}

/// Ids of the projects' logs that an entry of a tenant's log names.
pub(crate) fn projects_named_by(entry: &Entry) -> Vec<String> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    if !entry.scope.starts_with("tnt_") {
        return Vec::new();
    }
    let texts = entry.documents.iter().filter(|d| d.kind == "project").filter_map(|d| d.body.as_ref()?.text.as_deref());
    texts.filter_map(|text| Some(serde_json::from_str::<Named>(text).ok()?.id)).collect()
}

impl Walk {
    pub(crate) fn begin(log: Log, heads: Vec<SignedHead>, partial: bool) -> Self {
        Self {
            log,
            heads,
            partial,
            last: None,
            before_first: None,
            marks: Vec::new(),
            base: Sha256::new(),
            gone: BTreeSet::new(),
            said: BTreeSet::new(),
            agreed: 0,
        }
    }

    pub(crate) fn scope(&self) -> &str {
        &self.log.scope
    }

    pub(crate) fn base(&mut self, document: &Base) -> Result<(), What> {
        let Base { kind, key, rev, body, .. } = document;
        self.text(*rev, &format!("{kind} {key}"), body)?;
        let line = serde_json::to_string(&(kind, key, rev, &body.hash))
            .map_err(|error| What::Unreadable(error.to_string()))?;
        self.base.update(line.as_bytes());
        self.base.update(b"\n");
        self.note(kind, body, &[])
    }

    pub(crate) fn entry(&mut self, entry: &Entry, trusted: &[PublicKey]) -> Result<(), What> {
        self.place(entry)?;
        self.text(entry.rev, "actor_name", &entry.actor_name)?;
        self.text(entry.rev, "reason", &entry.reason)?;
        for document in &entry.documents {
            if let Some(body) = &document.body {
                self.text(entry.rev, &format!("{} {}", document.kind, document.key), body)?;
            }
        }
        if hash_of(entry)? != entry.hash {
            return Err(What::Altered);
        }
        for head in self.heads.iter().filter(|head| head.rev == entry.rev) {
            if head.hash != entry.hash {
                return Err(What::Rewritten(head.at));
            }
            self.agreed += 1;
        }
        for document in &entry.documents {
            if let Some(body) = &document.body {
                self.note(&document.kind, body, trusted)?;
            }
        }
        self.last = Some((entry.rev, entry.hash.clone()));
        Ok(())
    }

    /// It comes after the one before it, and continues it.
    fn place(&mut self, entry: &Entry) -> Result<(), What> {
        let Some((last, hash)) = &self.last else {
            let first = self.log.pruned + 1;
            if entry.rev != first && !(self.partial && entry.rev > first) {
                return Err(What::Deleted(self.log.pruned));
            }
            if entry.rev == 1 && entry.prev_hash != GENESIS {
                return Err(What::Broken);
            }
            self.before_first = Some(entry.prev_hash.clone());
            return Ok(());
        };
        if entry.rev <= *last {
            return Err(What::Swapped(*last));
        }
        if entry.rev > last + 1 {
            return Err(What::Deleted(*last));
        }
        if entry.prev_hash == *hash { Ok(()) } else { Err(What::Broken) }
    }

    /// A text is the one that was hashed, or is wholly gone.
    fn text(&mut self, rev: u64, name: &str, salted: &Salted) -> Result<(), What> {
        match (&salted.salt, &salted.text) {
            (Some(salt), Some(text)) => {
                let digest = Sha256::new().chain_update(salt).chain_update(":").chain_update(text).finalize();
                if hex(&digest) == salted.hash { Ok(()) } else { Err(What::Edited(name.to_owned())) }
            }
            (None, None) => {
                self.gone.insert((rev, name.to_owned()));
                Ok(())
            }
            _ => Err(What::Edited(name.to_owned())),
        }
    }

    /// Redactions and prune marks speak of the log itself. Those in `base` were verified by the mark that covers them.
    fn note(&mut self, kind: &str, body: &Salted, trusted: &[PublicKey]) -> Result<(), What> {
        let Some(text) = &body.text else { return Ok(()) };
        let unreadable = |error: serde_json::Error| What::Unreadable(format!("{kind}: {error}"));
        match kind {
            "redaction" => {
                let redaction: Redaction = serde_json::from_str(text).map_err(unreadable)?;
                let fields = [(redaction.actor_name, "actor_name"), (redaction.reason, "reason")];
                let fields = fields.into_iter().filter(|(taken, _)| *taken).map(|(_, name)| name.to_owned());
                let documents = redaction.documents.into_iter().map(|d| format!("{} {}", d.kind, d.key));
                self.said.extend(fields.chain(documents).map(|name| (redaction.rev, name)));
            }
            "prune_mark" if !trusted.is_empty() => {
                let mark: Mark = serde_json::from_str(text).map_err(unreadable)?;
                signature::mark(&self.log.scope, &mark, trusted)?;
                self.marks.push(mark);
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn end(self) -> Result<Ended, (Option<u64>, What)> {
        let last = self.last.as_ref().map_or(self.log.pruned, |(rev, _)| *rev);
        if self.log.pruned > 0 {
            let mark = self.marks.iter().find(|mark| mark.through == self.log.pruned);
            let mark = mark.ok_or((Some(self.log.pruned + 1), What::Unmarked(self.log.pruned)))?;
            if self.before_first.as_ref() != Some(&mark.hash) {
                return Err((Some(self.log.pruned + 1), What::Broken));
            }
            if hex(&self.base.clone().finalize()) != mark.base {
                return Err((None, What::Base));
            }
        }
        if let Some((rev, name)) = self.gone.iter().find(|gone| !self.said.contains(*gone)) {
            // In the middle of a log the redaction may be in the part that is not here.
            if !self.partial {
                return Err((Some(*rev), What::Unsaid(name.clone())));
            }
        }
        if let Some(head) = self.heads.iter().filter(|head| head.rev > last).max_by_key(|head| head.rev) {
            return Err((Some(last), What::CutOff { at: head.at, rev: head.rev }));
        }
        let elsewhere = self.heads.len() as u64 - self.agreed.min(self.heads.len() as u64);
        Ok(Ended {
            redacted: self.gone.len() as u64,
            pruned: self.log.pruned > 0,
            heads: self.agreed,
            heads_elsewhere: elsewhere,
        })
    }
}

fn hash_of(entry: &Entry) -> Result<String, What> {
    let mut documents: Vec<DocumentLine<'_>> = entry
        .documents
        .iter()
        .map(|d| DocumentLine { body: d.body.as_ref().map(|body| body.hash.as_str()), key: &d.key, kind: &d.kind })
        .collect();
    // Sorted here, and none dropped: a document that is there twice makes another hash.
    documents.sort_by_key(|document| (document.kind, document.key));
    let line = EntryLine {
        action: &entry.action,
        actor: &entry.actor,
        actor_name: &entry.actor_name.hash,
        at: entry.at,
        documents,
        format: 1,
        prev_hash: &entry.prev_hash,
        reason: &entry.reason.hash,
        rev: entry.rev,
        scope: &entry.scope,
        trace_id: &entry.trace_id,
        via: &entry.via,
    };
    let text = serde_json::to_vec(&line).map_err(|error| What::Unreadable(error.to_string()))?;
    Ok(hex(&Sha256::digest(text)))
}
