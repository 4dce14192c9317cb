//! What a command would do to a project, told before it is done: document by document, member by member, in sentences, and
//! who would be served something else.
//!
//! A plan is made from what `decide` gives, so what is applied is what was shown. Its [`fingerprint`] names the command and
//! the revisions it was decided on: where it is the same, so is the result.

mod lists;
mod moves;
mod pointers;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::command::Documents;
use crate::document::{Configuration, Flag, Kind, Segment, State};
use crate::reading::At;
use crate::sentence::{self, Difference};
use crate::uses::uses_segment;
use crate::{limits, normal_form};

pub use lists::ListChange;
pub use pointers::Change;

/// What becomes of one document. Chunks of a list belong to their segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Kind of document.
    pub kind: Kind,
    /// Unique in the kind; `environment/flag` for configurations.
    pub key: String,
    /// What becomes of it.
    pub action: Action,
    /// Revision that wrote it; 0 for a new one.
    pub revision: u64,
    /// It is in a production environment, or is one.
    pub production: bool,
    /// Member by member; empty beyond the first [`limits::PLAN_DETAILS`] entries.
    pub changes: Vec<Change>,
    /// Of a segment: what comes into its lists and leaves them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListChange>,
    /// In words, both sides.
    pub sentences: Vec<Difference>,
    /// Who is affected, in words.
    pub effects: Vec<String>,
}

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Create,
    /// It becomes another.
    Update,
    /// A flag that is served nowhere any more.
    Archive,
    /// A flag that was archived.
    Restore,
    /// It goes.
    Remove,
}

/// The plan of documents that were decided on a state, in the order of kinds and keys.
pub fn plan(state: &State, documents: &Documents) -> Vec<Entry> {
    let mut after: BTreeMap<(Kind, &str), Option<&Value>> = BTreeMap::new();
    let mut segments: BTreeSet<&str> = BTreeSet::new();
    for (kind, key, body) in documents {
        if *kind == Kind::SegmentList {
            segments.extend(key.split('/').next());
        } else {
            after.insert((*kind, key), body.as_ref());
        }
    }
    // A segment whose chunks alone differ has an entry too.
    let stored: BTreeMap<&str, Value> = segments
        .into_iter()
        .filter(|key| !after.contains_key(&(Kind::Segment, *key)))
        .filter_map(|key| Some((key, normal_form(&**state.segments.get(key)?))))
        .collect();
    after.extend(stored.iter().map(|(key, body)| ((Kind::Segment, *key), Some(body))));
    let told = after.into_iter().enumerate();
    told.map(|(index, ((kind, key), body))| {
        let before = stored_body(state, kind, key);
        let mut entry = Entry {
            kind,
            key: key.to_owned(),
            action: action(kind, before.as_ref(), body),
            revision: state.revision(kind, key).unwrap_or_default(),
            production: is_production(state, kind, key, body),
            changes: Vec::new(),
            lists: Vec::new(),
            sentences: Vec::new(),
            effects: Vec::new(),
        };
        if index < limits::PLAN_DETAILS {
            detail(&mut entry, state, documents, before.as_ref(), body);
        }
        entry
    })
    .collect()
}

fn detail(entry: &mut Entry, state: &State, documents: &Documents, before: Option<&Value>, after: Option<&Value>) {
    entry.changes = pointers::changes(&shown(entry.kind, before), &shown(entry.kind, after));
    match entry.kind {
        Kind::Configuration => {
            let (before, after): (Option<Configuration>, Option<Configuration>) = (read(before), read(after));
            entry.sentences = sentence::between(before.as_ref(), after.as_ref());
            entry.effects = moves::effects(before.as_ref(), after.as_ref());
        }
        Kind::Segment => {
            entry.lists = lists::changes(state, documents, &entry.key);
            entry.sentences = segment_sentences(read(before), read(after));
            entry.effects = segment_effects(state, &entry.key);
        }
        Kind::Flag => entry.effects = flag_effects(entry.action, read(before), read(after)),
        Kind::Project | Kind::Environment | Kind::SegmentList | Kind::SdkKey | Kind::Policy | Kind::ChangeRequest => {}
    }
}

fn read<T: serde::de::DeserializeOwned>(body: Option<&Value>) -> Option<T> {
    T::deserialize(body?).ok()
}

/// How a document looks in a plan: the chunks of a list are how it is kept, not what people wrote.
fn shown(kind: Kind, body: Option<&Value>) -> Value {
    let mut body = body.cloned().unwrap_or(Value::Null);
    if let (Kind::Segment, Value::Object(members)) = (kind, &mut body) {
        members.remove("included");
        members.remove("excluded");
    }
    without_hash(kind, body)
}

/// Without the hash of an SDK key, which signs contexts and tickets: who may read what became of a key may not do that.
pub fn without_hash(kind: Kind, mut body: Value) -> Value {
    if let (Kind::SdkKey, Value::Object(members)) = (kind, &mut body) {
        members.remove("hash");
    }
    body
}

/// A document as it is stored.
pub(crate) fn stored_body(state: &State, kind: Kind, key: &str) -> Option<Value> {
    match kind {
        Kind::Project => state.project.as_ref().map(normal_form),
        Kind::Environment => state.environments.get(key).map(normal_form),
        Kind::Segment => state.segments.get(key).map(|segment| normal_form(&**segment)),
        Kind::SegmentList => state.lists.get(key).map(|list| normal_form(&**list)),
        Kind::Flag => state.flags.get(key).map(|flag| normal_form(&**flag)),
        Kind::Configuration => {
            let (environment, flag) = key.split_once('/')?;
            state.stored_configuration(environment, flag).map(|configuration| normal_form(&**configuration))
        }
        Kind::SdkKey => state.sdk_keys.get(key).map(normal_form),
        Kind::Policy => state.policies.get(key).map(|policy| normal_form(&**policy)),
        Kind::ChangeRequest => state.change_requests.get(key).map(|request| normal_form(&**request)),
    }
}

fn action(kind: Kind, before: Option<&Value>, after: Option<&Value>) -> Action {
    let archived = |body: &Value| kind == Kind::Flag && body["archived"] == true;
    match (before, after) {
        (_, None) => Action::Remove,
        (None, Some(_)) => Action::Create,
        (Some(before), Some(after)) => match (archived(before), archived(after)) {
            (false, true) => Action::Archive,
            (true, false) => Action::Restore,
            (true, true) | (false, false) => Action::Update,
        },
    }
}

fn is_production(state: &State, kind: Kind, key: &str, after: Option<&Value>) -> bool {
    let stored = |environment: &str| state.environments.get(environment).is_some_and(|e| e.production);
    match kind {
        Kind::Configuration => key.split_once('/').is_some_and(|(environment, _)| stored(environment)),
        Kind::Environment => stored(key) || after.is_some_and(|after| after["production"] == true),
        Kind::Project
        | Kind::Segment
        | Kind::SegmentList
        | Kind::Flag
        | Kind::SdkKey
        | Kind::Policy
        | Kind::ChangeRequest => false,
    }
}

/// Rules of a segment that came or went; their order means nothing.
fn segment_sentences(before: Option<Segment>, after: Option<Segment>) -> Vec<Difference> {
    let said = |segment: Option<Segment>| -> Vec<String> {
        let Some(segment) = segment else { return Vec::new() };
        let rules = segment.rules.iter();
        rules.map(|rule| format!("Whoever has {}.", sentence::condition_with(rule, &segment.buckets))).collect()
    };
    let (before, after) = (said(before), said(after));
    let gone = before.iter().filter(|line| !after.contains(line)).cloned();
    let came = after.iter().filter(|line| !before.contains(line)).cloned();
    let gone = gone.map(|line| Difference { before: Some(line), after: None });
    gone.chain(came.map(|line| Difference { before: None, after: Some(line) })).collect()
}

fn segment_effects(state: &State, key: &str) -> Vec<String> {
    let asks =
        |configuration: &Configuration| configuration.rules.iter().any(|rule| uses_segment(&rule.condition, key));
    let served = |flag: &str| state.flags.get(flag).is_some_and(|flag| !flag.archived);
    let users = state.configurations.iter().filter(|((_, flag), configuration)| served(flag) && asks(configuration));
    let users: Vec<String> = users.map(|((environment, flag), _)| format!("{flag} in {environment}")).collect();
    match &users[..] {
        [] => Vec::new(),
        [first] => vec![format!("It decides for {first}.")],
        [first, second] => vec![format!("It decides for {first} and {second}.")],
        [first, rest @ ..] => vec![format!("It decides for {first} and {} more.", rest.len())],
    }
}

fn flag_effects(action: Action, before: Option<Flag>, after: Option<Flag>) -> Vec<String> {
    match action {
        Action::Archive | Action::Remove => {
            return vec![
                "It is served nowhere any more: programs that still ask get the default in their code.".into(),
            ];
        }
        Action::Restore => return vec!["It is served again, as its configurations say.".into()],
        Action::Create => return Vec::new(),
        Action::Update => {}
    }
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let mut effects = Vec::new();
    if before.salt != after.salt {
        effects.push("Its salt changes: everyone in a percentage of it is drawn anew.".to_owned());
    }
    for variant in &before.variants {
        let other = after.variants.iter().find(|other| other.key == variant.key && other.value != variant.value);
        if other.is_some() {
            effects.push(format!("Everyone who is served {} gets another value.", variant.key));
        }
    }
    effects
}

/// Names a request: the same for the same members, in any order.
pub fn digest(request: &Value) -> String {
    sha256(&normal_form(request).to_string())
}

/// What a plan is of: the same for the same request ([`digest`]) decided on the same revisions of the documents that it
/// touches, in the same `epoch` of the project.
pub fn fingerprint(digest: &str, epoch: &str, state: &State, documents: &Documents) -> String {
    let touched: BTreeSet<(Kind, &str, u64, bool)> = documents
        .iter()
        .map(|(kind, key, body)| (*kind, key.as_str(), state.revision(*kind, key).unwrap_or_default(), body.is_none()))
        .collect();
    sha256(&json!([digest, epoch, touched]).to_string())
}

fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is in the project and not named by a file: nobody's, as far as the file goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unnamed {
    /// Flags that are not archived; the first [`limits::PLAN_UNNAMED`] keys.
    pub flags: Vec<String>,
    /// Keys of segments.
    pub segments: Vec<String>,
    /// Keys of environments.
    pub environments: Vec<String>,
    /// How many there are of all three.
    pub total: usize,
}

/// What a file does not name.
pub fn unnamed(state: &State, file: &Value) -> Unnamed {
    let named = |list: &str| -> BTreeSet<&str> {
        file[list].as_array().into_iter().flatten().filter_map(|item| item["key"].as_str()).collect()
    };
    let mut total = 0;
    let mut rest = |named: BTreeSet<&str>, keys: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        let others: Vec<&String> = keys.filter(|key| !named.contains(key.as_str())).collect();
        total += others.len();
        others.into_iter().take(limits::PLAN_UNNAMED).cloned().collect()
    };
    let flags = rest(named("flags"), &mut state.flags.iter().filter(|(_, flag)| !flag.archived).map(|(key, _)| key));
    let segments = rest(named("segments"), &mut state.segments.keys());
    let environments = rest(named("environments"), &mut state.environments.keys());
    Unnamed { flags, segments, environments, total }
}

/// A pointer of a member below a document.
fn member(at: &str, name: &str) -> String {
    At::root().below(at).field(name).into_text()
}
