//! Policies: what a change must keep to before it is published.

use serde::{Deserialize, Serialize};

/// Rules for changes of what is served, in some environments and for some flags. A policy changes nothing of what is
/// served by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// For people.
    pub name: String,
    /// Why it exists.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Keys of the environments it is for, sorted (absent: every one that is marked `production`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environments: Option<Vec<String>>,
    /// The flags it is for (absent: all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<FlagSelection>,
    /// Others must consent first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
    /// Times at which nothing may change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
    /// Percentage points, above 0 and at most 100, three decimals: by so much one change may widen who is served a variant.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "points")]
    pub largest_step: Option<f64>,
    /// Flags must have an owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_owner: bool,
    /// Changes must say why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_reason: bool,
    /// Attributes that nothing new may look at, sorted: `user.email`; what is below one is meant too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_attributes: Vec<String>,
    /// What is served must have been tried for a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_soak: Option<MinSoak>,
    /// Approvals, freezes and reasons are for turning a flag off, too. Without this, turning a flag off is held up by
    /// nothing in this policy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold_kills: bool,
    /// Milliseconds since 1970.
    pub created_at: i64,
}

#[expect(clippy::ref_option, reason = "serde passes a reference")]
fn points<S: serde::Serializer>(points: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match points {
        Some(points) => crate::normal::without_fraction(points, serializer),
        None => serializer.serialize_none(),
    }
}

/// Which flags a policy is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagSelection {
    /// Those with any of these tags, before or after the change; sorted, at least one.
    pub tags: Vec<String>,
}

/// Who must consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// How many people, 1 to 10.
    pub required: u8,
    /// Whoever holds one of these roles (keys) in the environment may consent; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Whoever is in one of these groups (keys) may consent; sorted. Neither roles nor groups: whoever may approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The author's own consent counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub author_may_approve: bool,
}

/// A time at which nothing may change. Wall clocks of a time zone: where a clock is put back and a time is there twice,
/// `from` is the first and `until` the second; where it is put forward and a time is not there, `from` is as much before
/// the gap and `until` as much after it as the time is inside. So in doubt it is frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// For people: `Christmas`.
    pub name: String,
    /// Weekdays on which it begins, every week, in the order of the week (absent: once, and `from` and `until` have a date).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<Weekday>>,
    /// `2026-12-20T00:00`, or `18:00` each week.
    pub from: String,
    /// The first moment that is not frozen any more: `2027-01-04T09:00`; each week `08:00` or `24:00`, on the next day
    /// when it is not after `from`.
    pub until: String,
    /// IANA time zone: `Europe/Berlin`.
    pub time_zone: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are named after what they are")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// For how long something must have been tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinSoak {
    /// 1 to 8,760.
    pub hours: u32,
    /// The same rules must have served the same variants in this environment, percentages aside (absent: what the flag
    /// serves here must not have changed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}
