//! What can be asked of a project, and what is answered: documents or a refusal.

use crate::document::{Kind, State};
use serde_json::Value;

/// Something to do. Bodies are raw JSON: reading them strictly, with all errors at once, is `decide`'s job.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are named after what they hold; bodies are described on each command")]
pub enum Command {
    /// JSON Merge Patch: `{name, description?}`. Also makes the project's first version; that one names the `key`.
    UpdateProject { body: Value },
    /// Body: `{key, name, position?, color?, production?}`.
    CreateEnvironment { body: Value },
    /// JSON Merge Patch (RFC 7396).
    UpdateEnvironment { key: String, patch: Value },
    /// With its configurations and keys.
    DeleteEnvironment { key: String },
    /// Body: `{key, name?, description?, type?, variants?, tags?, owner?, permanent?, salt?}`.
    CreateFlag { body: Value },
    /// JSON Merge Patch; `key`, `type` and `salt` are fixed.
    UpdateFlag { key: String, patch: Value },
    /// Refused while another flag needs it.
    ArchiveFlag { key: String },
    /// Undoes an archive.
    RestoreFlag { key: String },
    /// Replaces a flag's configuration in one environment.
    PutConfiguration { flag: String, environment: String, body: Value },
    /// JSON Merge Patch on it: `{"on": true}`.
    UpdateConfiguration { flag: String, environment: String, patch: Value },
    /// Copies a flag's configuration between environments; buckets stay, so nobody is moved.
    CopyConfiguration { flag: String, from: String, to: String },
    /// Body: `{key, name?, description?, context_kind?, rules?, included?: [keys], excluded?: [keys]}`.
    CreateSegment { body: Value },
    /// JSON Merge Patch on name, description, rules; `included` and `excluded` replace the whole lists.
    UpdateSegment { key: String, patch: Value },
    /// Adds and removes list members: `{included: {add: [], remove: []}, excluded: {…}}`; moves only the chunks that change.
    EditSegmentLists { key: String, body: Value },
    /// Refused while a flag or segment uses it.
    DeleteSegment { key: String },
    /// A key made by the caller: only its hash comes here.
    /// Body: `{name?, environment, audience, attested?}`.
    CreateSdkKey { id: String, body: Value, hash: String, hint: String },
    /// JSON Merge Patch on `name` and `attested`; `environment` and `audience` are fixed.
    UpdateSdkKey { id: String, patch: Value },
    /// Makes another key like this one, which ends at that instant: until then both open the environment.
    RotateSdkKey { id: String, new_id: String, hash: String, hint: String, until: i64 },
    /// At once.
    RevokeSdkKey { id: String },
    /// Body: `{key, name?, description?, environments?, flags?, approvals?, freeze?, largest_step?, require_owner?,
    /// require_reason?, forbidden_attributes?, min_soak?, hold_kills?}`: [`crate::document::Policy`].
    CreatePolicy { body: Value },
    /// JSON Merge Patch; `null` removes a rule.
    UpdatePolicy { key: String, patch: Value },
    /// From then on it holds nothing up.
    DeletePolicy { key: String },
    /// Puts documents back as they were: undo of a change, or revert of one document to a past revision.
    /// `None` removes. The result must still be a valid project.
    RestoreDocuments { documents: Vec<(Kind, String, Option<Value>)> },
    /// An export of ours: `{format, environments, segments, flags: [{…, environments: {production: {…}}}]}`.
    /// `replace`: also archive flags and delete segments that it does not hold.
    Import { body: Value, replace: bool },
    /// A file that says how the project should be, in the form of an export. What it names becomes as it says; salts, rule
    /// ids and bucket ranges stay those of the project, so that nobody is drawn anew. `prune`: also archive flags and
    /// delete segments that it does not name, if it names any of their kind.
    Apply { body: Value, prune: bool },
    /// Brings what flags serve in one environment to another. `flags`: only these (default: all that are configured in
    /// `from`). `with_state`: whether they are on comes along too.
    Promote { from: String, to: String, flags: Option<Vec<String>>, with_state: bool },
}

/// What a command leaves: documents by kind and key, `None` removes. Bodies are in normal form.
pub type Documents = Vec<(Kind, String, Option<Value>)>;

/// Parameters from outside: time and randomness are never taken inside.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Milliseconds since 1970.
    pub now: i64,
    /// Fresh randomness for salts and rule ids.
    pub seed: [u8; 32],
}

/// Why not. All problems at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {problems:?}")]
pub struct Refusal {
    /// What kind of refusal: decides the HTTP status.
    pub code: RefusalCode,
    /// Each with a JSON pointer into the body.
    pub problems: Vec<Problem>,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    /// The body is not acceptable (422).
    Invalid,
    /// No such object (404).
    NotFound,
    /// Its state forbids it: key taken, needed by others (409).
    Conflict,
}

impl std::fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
        })
    }
}

/// One problem: where, what, the limit, what to do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// JSON pointer (RFC 6901) into the body, empty for the whole.
    pub pointer: String,
    /// Stable code: `unknown_field`, `key_invalid`, `percent_sum`, `prerequisite_cycle`, …
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// Decides a command on a state. Pure: the same inputs give the same documents. Only documents that really differ from
/// the state are returned, so a command that changes nothing gives an empty list.
pub fn decide(state: &State, command: &Command, inputs: &Inputs) -> Result<Documents, Refusal> {
    crate::decide::decide(state, command, inputs)
}
