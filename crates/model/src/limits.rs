//! Every limit of a project, in one place: read by the validator, by the documentation and by the console.
//!
//! A limit exists so that one author cannot make an environment slow or unreadable for everybody; each is far above
//! what honest use needs. Raising one is a change of this file only.

use serde::Serialize;

/// A limit as data: `GET /api/v1/limits`, the reference page and form hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// Stable name.
    pub name: &'static str,
    /// The largest allowed value.
    pub value: u64,
    /// `characters`, `bytes`, `items`, `levels`.
    pub unit: &'static str,
    /// What it bounds, for people.
    pub description: &'static str,
}

macro_rules! limits {
    ($($name:ident = $value:expr, $unit:literal, $description:literal;)*) => {
        $(#[doc = $description] pub const $name: usize = $value;)*

        /// All limits, in the order of this file.
        pub fn all() -> Vec<Limit> {
            vec![$(Limit {
                name: stringify!($name),
                value: $value as u64,
                unit: $unit,
                description: $description,
            }),*]
        }
    };
}

limits! {
    KEY = 128, "characters", "Key of a project, environment, flag, variant, segment or rule.";
    NAME = 200, "characters", "Name of anything.";
    DESCRIPTION = 4_000, "characters", "Description of anything.";
    OWNER = 200, "characters", "Owner of a flag.";
    TAGS = 32, "items", "Tags of a flag.";
    TAG = 64, "characters", "One tag.";
    SALT = 64, "characters", "Salt of a flag.";
    ENVIRONMENTS = 50, "items", "Environments in a project.";
    FLAGS = 20_000, "items", "Flags in a project, archived ones included.";
    SEGMENTS = 5_000, "items", "Segments in a project.";
    SDK_KEYS = 1_000, "items", "SDK keys in a project, revoked ones included.";
    POLICIES = 100, "items", "Policies in a project.";
    POLICY_APPROVALS = 10, "people", "Approvals that a policy may ask for.";
    POLICY_APPROVERS = 50, "items", "Roles, and groups, that a policy may name.";
    POLICY_FREEZES = 50, "items", "Freezes of a policy.";
    POLICY_ATTRIBUTES = 200, "items", "Attributes that a policy forbids.";
    POLICY_SOAK = 8_760, "hours", "Time for which a policy may want something to be tried.";
    POLICY_REPLAY = 500, "items", "Changes of the past that a policy is tried on at once.";
    TIME_ZONE = 64, "characters", "Name of a time zone.";
    VERDICT_ITEMS = 200, "items", "Flags, violations and notes told in what policies say about a change.";
    VARIANTS = 100, "items", "Variants of a flag.";
    RULES = 200, "items", "Targeting rules of a flag in one environment, and rules of a segment.";
    PREREQUISITES = 50, "items", "Prerequisites of a flag in one environment.";
    TARGETS = 200, "items", "Groups of individual targets of a flag in one environment.";
    TARGET_KEYS = 10_000, "items", "Individually targeted keys of a flag in one environment; use a segment for more.";
    VALUES = 10_000, "items", "Values of one condition.";
    VALUE_TEXT = 1_024, "characters", "One text value of a condition.";
    CONTEXT_KEY = 512, "characters", "One context key in a target or a segment list.";
    ATTRIBUTE = 256, "characters", "Attribute name with its context kind.";
    ATTRIBUTE_DEPTH = 8, "levels", "Parts of an attribute name.";
    CONDITION_DEPTH = 10, "levels", "Conditions nested in conditions.";
    CONDITIONS = 1_000, "items", "Conditions in one targeting rule, groups included.";
    EXACT_DEPTH = 48, "levels", "Nesting of the JSON of one exact form.";
    EXACT_BYTES = 1024 * 1024, "bytes", "One exact form as JSON.";
    BUCKETS = 200, "items", "Named buckets of a configuration or a segment.";
    CHAIN = 15, "items", "Flags that need each other in a row, and segments that contain each other in a row.";
    REGEX = 1_000, "characters", "One regular expression.";
    REGEX_COMPILED = yardarm_eval::limits::MAX_REGEX_BYTES, "bytes", "One regular expression when compiled.";
    VALUE_BYTES = 64 * 1024, "bytes", "Value of one variant as JSON.";
    VALUE_DEPTH = 32, "levels", "Nesting of a JSON value.";
    LIST_KEYS = 1_000_000, "items", "Keys in one list of a segment.";
    LIST_CHUNK = 1_000, "items", "Keys in one chunk of a segment's list: what an edit of one key moves.";
    LIST_EDIT = 100_000, "items", "Keys added or removed by one edit of a segment's lists.";
    BODY = 8 * 1024 * 1024, "bytes", "Body of a request.";
    IMPORT_BODY = 128 * 1024 * 1024, "bytes", "Body of an import.";
    BODY_DEPTH = 64, "levels", "Nesting of a request's JSON.";
    PLAN_DETAILS = 5_000, "items", "Documents of a plan that are told member by member; the rest is listed.";
    PLAN_UNNAMED = 100, "items", "Keys told of what a file does not name; the rest is counted.";
    CHANGE_REQUESTS = 500, "items", "Change requests in a project that are not over.";
    CHANGE_REQUESTS_KEPT = 1_000, "items", "Change requests in a project that are over; of older ones only the log knows.";
    CHANGE_REQUEST_DOCUMENTS = 2_000, "items", "Documents that one change request leaves.";
    CHANGE_REQUEST_BYTES = 4 * 1024 * 1024, "bytes", "What one change request replaces and leaves, as JSON.";
    CHANGE_REQUESTS_BYTES = 64 * 1024 * 1024, "bytes", "The same of all change requests of a project that are not over.";
    CHANGE_REQUEST_COMMENTS = 200, "items", "Comments on one change request.";
    CHANGE_REQUEST_APPROVALS = 100, "items", "Approvals of one change request.";
    COMMENT = 4_000, "characters", "One comment, and the comment of an approval or a rejection.";
    SCIM_FILTER = 4_096, "characters", "Filter of a SCIM request.";
    SCIM_DEPTH = 10, "levels", "Parentheses, brackets and negations inside each other in a SCIM filter.";
    SCIM_PAGE = 500, "items", "Resources in one answer of SCIM.";
    SCIM_OPERATIONS = 1_000, "items", "Operations in one SCIM PATCH.";
    SCIM_MEMBERS = 5_000, "items", "Members named by one SCIM request.";
    SCIM_EMAILS = 20, "items", "E-mail addresses that a directory gives somebody.";
    SCIM_TEXT = 256, "characters", "One text that a directory gives.";
    DIRECTORY_USERS = 20_000, "items", "People that a directory keeps in a tenant, inactive ones included.";
    PROBLEMS = 100, "items", "Problems reported in one answer; the rest is counted.";
}

/// A percentage rollout moves in steps of 0.001 %: this many make the whole.
pub const MILLI_PERCENT: u32 = 100_000;

/// The largest integer that every SDK's numbers hold exactly: 2^53.
pub const EXACT_INTEGER: u64 = 1 << 53;

/// What a key looks like, as a regular expression for docs and forms; [`is_key`] decides.
pub const KEY_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";

/// Whether a text is a key: [`KEY_PATTERN`].
pub fn is_key(text: &str) -> bool {
    text.len() <= KEY
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_and_the_function_agree() {
        let pattern = regex::Regex::new(KEY_PATTERN).unwrap();
        let long = "k".repeat(128);
        let too_long = "k".repeat(129);
        for (text, good) in [
            ("a", true),
            ("0", true),
            ("new-checkout", true),
            ("a.b_c-D9", true),
            (&long, true),
            (&too_long, false),
            ("", false),
            ("../x", false),
            ("-a", false),
            ("a b", false),
            ("a/b", false),
            ("é", false),
            ("🚀", false),
            ("a\0", false),
            ("a\n", false),
        ] {
            assert_eq!(is_key(text), good, "{text:?}");
            assert_eq!(pattern.is_match(text), good, "{text:?}");
        }
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = all().into_iter().map(|limit| limit.name).collect();
        assert_eq!(names.len(), all().len());
    }
}
