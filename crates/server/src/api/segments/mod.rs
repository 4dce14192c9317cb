//! Segments.

pub(crate) mod create;
pub(crate) mod edit_lists;
pub(crate) mod list;
pub(crate) mod list_keys;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod update;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use yardarm_model::document::{Kind, Segment, State};
use yardarm_model::{sentence, uses};

use super::answer::Answer;
use crate::auth::{refusal, revision};
use crate::problem::Problem;

/// A segment.
#[derive(Serialize, ToSchema)]
pub(crate) struct SegmentAnswer {
    /// Unique in the project.
    key: String,
    /// For people.
    name: String,
    /// What it is for.
    description: String,
    /// Context kind whose key the lists hold.
    context_kind: String,
    /// Any of these makes a member.
    #[schema(value_type = Vec<crate::api::schema::Condition>)]
    rules: Value,
    /// Buckets that exact forms in `rules` name, in the evaluator's form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Value>>)]
    buckets: Option<Value>,
    /// How many keys are members.
    included_count: usize,
    /// How many keys are not, whatever the rules say.
    excluded_count: usize,
    /// Where it is used.
    #[schema(value_type = Vec<SegmentUse>)]
    used_by: Vec<uses::SegmentUse>,
    /// Milliseconds since 1970.
    created_at: i64,
    /// Revision that wrote it: its `ETag`. An edit of a list that moves keys inside a chunk only does not change it.
    pub(crate) revision: u64,
    /// In words.
    text: String,
}

/// A place where a segment is used: `flag` and `environment`, or `segment`.
#[derive(serde::Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes model's SegmentUse, which knows nothing of OpenAPI")]
pub(crate) struct SegmentUse {
    /// Flag key.
    flag: Option<String>,
    /// Environment key.
    environment: Option<String>,
    /// Segment key.
    segment: Option<String>,
}

impl SegmentAnswer {
    pub(crate) fn of(state: &State, key: &str) -> Option<Self> {
        let segment = state.segments.get(key)?;
        let mut shown = serde_json::to_value(&**segment).ok()?;
        sentence::word(Kind::Segment, &mut shown);
        let (included_count, excluded_count) = state.segment_counts(segment);
        Some(Self {
            key: key.to_owned(),
            name: segment.name.clone(),
            description: segment.description.clone(),
            context_kind: segment.context_kind.clone(),
            rules: shown.get_mut("rules").map_or_else(|| Value::Array(Vec::new()), Value::take),
            buckets: shown.get_mut("buckets").map(Value::take),
            included_count,
            excluded_count,
            used_by: uses::segment_used_by(state, key),
            created_at: segment.created_at,
            revision: revision(state, Kind::Segment, key),
            text: text(segment, included_count, excluded_count),
        })
    }
}

/// A segment with its `ETag`.
pub(crate) fn answered(state: &State, key: &str, make: fn(&SegmentAnswer) -> Answer) -> Result<Answer, Problem> {
    let segment = SegmentAnswer::of(state, key).ok_or_else(refusal::not_found)?;
    Ok(make(&segment).etag(segment.revision))
}

/// `plan is beta, or 12 keys; not 3 keys`.
fn text(segment: &Segment, included: usize, excluded: usize) -> String {
    let mut parts: Vec<String> =
        segment.rules.iter().take(3).map(|rule| sentence::condition_with(rule, &segment.buckets)).collect();
    if segment.rules.len() > 3 {
        parts.push(format!("{} more rules", segment.rules.len() - 3));
    }
    let keys = |count: usize| if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
    if included > 0 {
        parts.push(keys(included));
    }
    let members = if parts.is_empty() { "nobody".to_owned() } else { parts.join(", or ") };
    if excluded > 0 { format!("{members}; not {}", keys(excluded)) } else { members }
}
