//! A project as a value: every document by key, and the revision that wrote it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use yardarm_eval::ruleset::Unknown;

use crate::change_request::ChangeRequest;
use crate::document::{Configuration, Environment, Flag, Kind, Policy, Project, SdkKey, Segment, SegmentList, Serve};

/// Documents that speak of the log itself (what was redacted, what was pruned, what was let
/// through in an emergency): part of its history, not of the project.
pub const EVIDENCE: [&str; 3] = ["redaction", "prune_mark", "bypass"];

/// A project's documents by key: what `decide` reads and what a ruleset is compiled from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The project document.
    pub project: Option<Project>,
    /// By key.
    pub environments: BTreeMap<String, Environment>,
    /// By key.
    pub segments: BTreeMap<String, Arc<Segment>>,
    /// By chunk key.
    pub lists: BTreeMap<String, Arc<SegmentList>>,
    /// By key.
    pub flags: BTreeMap<String, Arc<Flag>>,
    /// By (environment, flag).
    pub configurations: BTreeMap<(String, String), Arc<Configuration>>,
    /// By id.
    pub sdk_keys: BTreeMap<String, SdkKey>,
    /// By key.
    pub policies: BTreeMap<String, Arc<Policy>>,
    /// By id.
    pub change_requests: BTreeMap<String, Arc<ChangeRequest>>,
    /// Revision at which each document was last written: its `ETag`.
    pub revisions: BTreeMap<(Kind, String), u64>,
}

impl State {
    /// Builds a state from stored documents (kind, key, rev, body). Fails on a kind, a key or a body we never wrote.
    pub fn from_documents<'a>(
        documents: impl IntoIterator<Item = (&'a str, &'a str, u64, &'a str)>,
    ) -> Result<Self, serde_json::Error> {
        let mut state = Self::default();
        for (kind, key, rev, body) in documents {
            state.write(rev, kind, key, Some(body))?;
        }
        Ok(state)
    }

    /// Applies a change's documents (kind, key, body; `None` removes) written at `rev`. On an error the state is
    /// partly changed: throw it away.
    pub fn apply<'a>(
        &mut self,
        rev: u64,
        documents: impl IntoIterator<Item = (&'a str, &'a str, Option<&'a str>)>,
    ) -> Result<(), serde_json::Error> {
        for (kind, key, body) in documents {
            self.write(rev, kind, key, body)?;
        }
        Ok(())
    }

    fn write(&mut self, rev: u64, kind: &str, key: &str, body: Option<&str>) -> Result<(), serde_json::Error> {
        if EVIDENCE.contains(&kind) {
            return Ok(());
        }
        let Some(kind) = Kind::parse(kind) else {
            return Err(serde_json::Error::custom(format!("unknown kind of document {kind:?}")));
        };
        match kind {
            Kind::Project => self.project = body.map(serde_json::from_str).transpose()?,
            Kind::Environment => put(&mut self.environments, key.to_owned(), body)?,
            Kind::Segment => put_shared(&mut self.segments, key.to_owned(), body)?,
            Kind::SegmentList => put_shared(&mut self.lists, key.to_owned(), body)?,
            Kind::Flag => put_shared(&mut self.flags, key.to_owned(), body)?,
            Kind::Configuration => {
                let Some((environment, flag)) = key.split_once('/') else {
                    return Err(serde_json::Error::custom(format!("key of a configuration without a slash: {key:?}")));
                };
                put_shared(&mut self.configurations, (environment.to_owned(), flag.to_owned()), body)?;
            }
            Kind::SdkKey => put(&mut self.sdk_keys, key.to_owned(), body)?,
            Kind::Policy => put_shared(&mut self.policies, key.to_owned(), body)?,
            Kind::ChangeRequest => put_shared(&mut self.change_requests, key.to_owned(), body)?,
        }
        let place = (kind, key.to_owned());
        match body {
            Some(_) => self.revisions.insert(place, rev),
            None => self.revisions.remove(&place),
        };
        Ok(())
    }

    /// The project's key: the key of its document.
    pub fn project_key(&self) -> Option<&str> {
        let first = (Kind::Project, String::new());
        let (place, _) = self.revisions.range(first..).next()?;
        (place.0 == Kind::Project).then_some(place.1.as_str())
    }

    /// Revision at which a document was last written; `None` when it was never stored.
    pub fn revision(&self, kind: Kind, key: &str) -> Option<u64> {
        self.revisions.get(&(kind, key.to_owned())).copied()
    }

    /// Configuration of a flag in an environment: the stored one, or off. `None` when either does not exist.
    pub fn configuration(&self, environment: &str, flag: &str) -> Option<Configuration> {
        if !self.environments.contains_key(environment) {
            return None;
        }
        let document = self.flags.get(flag)?;
        match self.stored_configuration(environment, flag) {
            Some(stored) => Some(Configuration::clone(stored)),
            None => Some(Configuration::off(document)),
        }
    }

    /// The stored configuration, if there is one.
    pub fn stored_configuration(&self, environment: &str, flag: &str) -> Option<&Arc<Configuration>> {
        self.configurations.get(&(environment.to_owned(), flag.to_owned()))
    }

    /// Keys in one of a segment's lists, sorted; `which` is `included` or `excluded`. `None`: no such segment or list.
    pub fn segment_keys(&self, segment: &str, which: &str) -> Option<Vec<&str>> {
        let document = self.segments.get(segment)?;
        let chunks = match which {
            "included" => &document.included,
            "excluded" => &document.excluded,
            _ => return None,
        };
        let mut keys: Vec<&str> =
            chunks.iter().filter_map(|id| self.lists.get(id)).flat_map(|list| &list.keys).map(String::as_str).collect();
        keys.sort_unstable();
        Some(keys)
    }

    /// How many keys a segment's lists have: (included, excluded).
    pub fn segment_counts(&self, segment: &Segment) -> (usize, usize) {
        let count = |chunks: &[String]| chunks.iter().filter_map(|id| self.lists.get(id)).map(|l| l.keys.len()).sum();
        (count(&segment.included), count(&segment.excluded))
    }
}

impl Configuration {
    /// What a flag without a configuration has: off, serving its last variant (`off` for boolean flags).
    pub fn off(flag: &Flag) -> Self {
        let last = flag.variants.last().map(|variant| variant.key.clone()).unwrap_or_default();
        Self {
            on: false,
            prerequisites: Vec::new(),
            targets: Vec::new(),
            rules: Vec::new(),
            default: Serve::Variant(flag.variants.first().map(|variant| variant.key.clone()).unwrap_or_default()),
            off_variant: last,
            off: None,
            buckets: BTreeMap::new(),
            unknown: Unknown::Skip,
            cycle: None,
        }
    }
}

/// Key of a configuration's document.
pub fn configuration_key(environment: &str, flag: &str) -> String {
    format!("{environment}/{flag}")
}

fn put<K: Ord, T: DeserializeOwned>(
    map: &mut BTreeMap<K, T>,
    key: K,
    body: Option<&str>,
) -> Result<(), serde_json::Error> {
    match body {
        Some(body) => map.insert(key, serde_json::from_str(body)?),
        None => map.remove(&key),
    };
    Ok(())
}

fn put_shared<K: Ord, T: DeserializeOwned>(
    map: &mut BTreeMap<K, Arc<T>>,
    key: K,
    body: Option<&str>,
) -> Result<(), serde_json::Error> {
    match body {
        Some(body) => map.insert(key, Arc::new(serde_json::from_str(body)?)),
        None => map.remove(&key),
    };
    Ok(())
}
