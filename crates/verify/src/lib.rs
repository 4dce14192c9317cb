//! Verifies an exported audit log, offline. It shares no code with what wrote the log: the format is said in
//! `crates/store/src/chain.rs` and in `docs/guides/audit.md`, and read here from nothing but that.
//!
//! What is read is NDJSON, one object a line, told apart by `type`:
//! - `export`: first; the public keys that the server says are its own, and whether all logs are there;
//! - `head`: where a log stood, signed; also what the server ships out;
//! - `log`: the entries of one log follow, from the beginning or from a prune mark on;
//! - `base`: a document that lived at that prune mark;
//! - `entry`: a change;
//! - `end`: last; without it the export was cut off on its way.

mod line;
mod signature;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use line::Line;
pub use line::SignedHead;
pub use signature::PublicKey;
use walk::Walk;

/// What is wrong, with the first entry that is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{what}", place(.scope.as_deref(), *.rev))]
pub struct Finding {
    /// Line of the export; 0 when it is about something that is not there.
    pub line: u64,
    /// Which log.
    pub scope: Option<String>,
    /// Which entry of it.
    pub rev: Option<u64>,
    /// What.
    pub what: What,
}

fn place(scope: Option<&str>, rev: Option<u64>) -> String {
    match (scope, rev) {
        (Some(scope), Some(rev)) => format!("{scope} revision {rev}: "),
        (Some(scope), None) => format!("{scope}: "),
        _ => String::new(),
    }
}

/// Kinds of damage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// Not a line of an export.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// A text is not the one that was hashed.
    #[error("edited: {0} is not what was hashed")]
    Edited(String),
    /// Something else of the entry is not what was hashed.
    #[error("edited: the entry is not what its hash was made of")]
    Altered,
    /// Entries are missing before this one.
    #[error("deleted: the entries after revision {0} and before this one are missing")]
    Deleted(u64),
    /// It should have come earlier, or is there twice.
    #[error("swapped or doubled: revision {0} was read before it")]
    Swapped(u64),
    /// It does not continue the one before it.
    #[error("swapped or replaced: it does not continue the entry before it")]
    Broken,
    /// A signed head says that there was more.
    #[error("cut off: a head that was signed at {at} says that the log went on to revision {rev}")]
    CutOff {
        /// When, milliseconds since 1970.
        at: i64,
        /// How far.
        rev: u64,
    },
    /// A signed head says that this entry was another one.
    #[error("rewritten: a head that was signed at {0} says that this entry had another hash")]
    Rewritten(i64),
    /// A signature is not good.
    #[error("wrong signature of a {0}")]
    Signature(&'static str),
    /// Signed with a key that nobody vouched for.
    #[error("a {0} is signed with the unknown key {1}")]
    UnknownKey(&'static str, String),
    /// A text is gone and no redaction in the log says so.
    #[error("removed: {0} is gone, and no redaction in the log says so")]
    Unsaid(String),
    /// The beginning is gone and no good prune mark says so.
    #[error("deleted: the log begins after revision {0}, and no prune mark in it says so")]
    Unmarked(u64),
    /// A document that was left at a prune mark is not what the mark says.
    #[error("edited: the documents that lived at the prune mark are not what the mark says")]
    Base,
    /// A whole log is not there.
    #[error("deleted: the tenant's log names this project's log, which is not in the export")]
    MissingLog,
    /// The file ends too early.
    #[error("the file ends before the export did; continue it with its last cursor")]
    Truncated,
}

/// What was looked at, when nothing was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Logs.
    pub logs: u64,
    /// Entries.
    pub entries: u64,
    /// Texts that were redacted, each of them said so in the log.
    pub redacted: u64,
    /// Logs that begin at a prune mark.
    pub pruned: u64,
    /// Signed heads that agree with the entries.
    pub heads: u64,
    /// Heads of logs, or of revisions, that are not in what was read.
    pub heads_elsewhere: u64,
    /// Signatures were checked with keys that the export itself names.
    pub keys_of_the_export: bool,
}

/// What the verifier goes by.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Keys to trust; without any, those that the export names.
    pub keys: Vec<PublicKey>,
    /// Accept logs that begin in the middle: an export that goes on from a cursor, without the one before it.
    pub partial: bool,
}

/// Reads an export line by line.
pub struct Verifier {
    options: Options,
    line: u64,
    trusted: Vec<PublicKey>,
    heads: BTreeMap<String, Vec<SignedHead>>,
    walk: Option<Walk>,
    seen: BTreeSet<String>,
    named: BTreeSet<String>,
    all_logs: bool,
    ended: bool,
    report: Report,
}

impl Verifier {
    /// Nothing read yet.
    pub fn new(options: Options) -> Self {
        Self {
            trusted: options.keys.clone(),
            options,
            line: 0,
            heads: BTreeMap::new(),
            walk: None,
            seen: BTreeSet::new(),
            named: BTreeSet::new(),
            all_logs: false,
            ended: false,
            report: Report::default(),
        }
    }

    /// A line of a file of heads. Read these first: they are the anchor outside of the database.
    pub fn head(&mut self, text: &str) -> Result<(), Finding> {
        if text.trim().is_empty() {
            return Ok(());
        }
        match Line::read(text) {
            Ok(Line::Head(head)) => {
                self.heads.entry(head.scope.clone()).or_default().push(head);
                Ok(())
            }
            Ok(_) => Err(self.finding(None, None, What::Unreadable("not a head".to_owned()))),
            Err(why) => Err(self.finding(None, None, What::Unreadable(why))),
        }
    }

    /// The next line of the export.
    pub fn line(&mut self, text: &str) -> Result<(), Finding> {
        self.line += 1;
        if text.trim().is_empty() {
            return Ok(());
        }
        match Line::read(text).map_err(|why| self.finding(None, None, What::Unreadable(why)))? {
            Line::Export(export) => {
                if self.options.keys.is_empty() {
                    self.trusted = export.keys.iter().filter_map(|key| PublicKey::parse(&key.public)).collect();
                    self.report.keys_of_the_export = true;
                }
                self.all_logs = export.complete;
                self.ended = false;
                Ok(())
            }
            Line::Head(head) => {
                self.heads.entry(head.scope.clone()).or_default().push(head);
                Ok(())
            }
            Line::Log(log) => {
                let goes_on = self.walk.as_ref().is_some_and(|walk| walk.scope() == log.scope);
                if goes_on {
                    return Ok(());
                }
                self.close()?;
                if !self.seen.insert(log.scope.clone()) {
                    let twice = What::Unreadable("the log is there twice".to_owned());
                    return Err(self.finding(Some(&log.scope), None, twice));
                }
                self.report.logs += 1;
                let heads = self.heads.remove(&log.scope).unwrap_or_default();
                for head in &heads {
                    signature::head(head, &self.trusted)
                        .map_err(|what| self.finding(Some(&head.scope), Some(head.rev), what))?;
                }
                self.walk = Some(Walk::begin(log, heads, self.options.partial));
                Ok(())
            }
            Line::Base(document) => {
                let scope = document.scope.clone();
                let walk = self.walk.as_mut().filter(|walk| walk.scope() == scope);
                let done = walk.ok_or(What::Unreadable("a document outside of its log".to_owned()));
                done.and_then(|walk| walk.base(&document)).map_err(|what| self.finding(Some(&scope), None, what))
            }
            Line::Entry(entry) => {
                let (scope, rev) = (entry.scope.clone(), entry.rev);
                let walk = self.walk.as_mut().filter(|walk| walk.scope() == scope);
                let done = walk.ok_or(What::Unreadable("an entry outside of its log".to_owned()));
                let trusted = &self.trusted;
                done.and_then(|walk| walk.entry(&entry, trusted))
                    .map_err(|what| self.finding(Some(&scope), Some(rev), what))?;
                self.named.extend(walk::projects_named_by(&entry));
                self.report.entries += 1;
                Ok(())
            }
            Line::End => {
                self.ended = true;
                Ok(())
            }
        }
    }

    /// After the last line.
    pub fn finish(mut self) -> Result<Report, Finding> {
        if !self.ended {
            return Err(self.finding(None, None, What::Truncated));
        }
        self.close()?;
        if self.all_logs
            && !self.options.partial
            && let Some(missing) = self.named.iter().find(|named| !self.seen.contains(*named))
        {
            return Err(Finding { line: 0, scope: Some(missing.clone()), rev: None, what: What::MissingLog });
        }
        self.report.heads_elsewhere += self.heads.values().map(|heads| heads.len() as u64).sum::<u64>();
        Ok(self.report)
    }

    fn close(&mut self) -> Result<(), Finding> {
        let Some(walk) = self.walk.take() else { return Ok(()) };
        let scope = walk.scope().to_owned();
        let ended = walk.end().map_err(|(rev, what)| self.finding(Some(&scope), rev, what))?;
        self.report.redacted += ended.redacted;
        self.report.pruned += u64::from(ended.pruned);
        self.report.heads += ended.heads;
        self.report.heads_elsewhere += ended.heads_elsewhere;
        Ok(())
    }

    fn finding(&self, scope: Option<&str>, rev: Option<u64>, what: What) -> Finding {
        Finding { line: self.line, scope: scope.map(str::to_owned), rev, what }
    }
}

/// Verifies an export that is in memory, with a file of heads (or nothing).
pub fn verify(export: &str, heads: &str, options: Options) -> Result<Report, Finding> {
    let mut verifier = Verifier::new(options);
    for line in heads.lines() {
        verifier.head(line)?;
    }
    for line in export.lines() {
        verifier.line(line)?;
    }
    verifier.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rubbish_is_a_finding_and_never_a_panic() {
        for rubbish in [
            "",
            "{",
            "[]",
            "{\"type\":7}",
            "{\"type\":\"other\"}",
            "{\"type\":\"entry\"}",
            "{\"type\":\"head\",\"scope\":\"s\",\"epoch\":\"e\",\"rev\":1,\"hash\":\"h\",\"at\":0,\"key\":\"k\",\"signature\":\"é\"}",
            "{\"type\":\"log\",\"scope\":\"s\"}",
            "{\"type\":\"base\",\"scope\":\"s\",\"kind\":\"k\",\"key\":\"k\",\"rev\":1,\"body\":{\"hash\":\"\"}}",
        ] {
            assert!(verify(rubbish, "", Options::default()).is_err(), "{rubbish}");
            assert!(verify(rubbish, rubbish, Options::default()).is_err(), "{rubbish}");
        }
        assert!(PublicKey::parse("").is_none() && PublicKey::parse(&"zz".repeat(32)).is_none());
        assert!(PublicKey::parse(&"é".repeat(32)).is_none());
    }

    /// RFC 8032, section 7.1, test 1: the key is read as it is written there, and its id is the server's.
    #[test]
    fn a_key_is_told_by_its_id() {
        let key = PublicKey::parse("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        assert_eq!(key.id(), "21fe31dfa154a261");
    }

    #[test]
    fn an_empty_export_that_ended_is_whole() {
        let lines = "{\"type\":\"export\",\"format\":1,\"keys\":[],\"complete\":true}\n{\"type\":\"end\"}";
        assert_eq!(verify(lines, "", Options::default()).unwrap().entries, 0);
        let twice = "{\"type\":\"log\",\"scope\":\"a\"}\n{\"type\":\"log\",\"scope\":\"b\"}\n{\"type\":\"log\",\"scope\":\"a\"}";
        assert!(verify(twice, "", Options::default()).unwrap_err().to_string().contains("there twice"));
    }
}
