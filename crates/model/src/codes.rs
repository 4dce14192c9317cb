//! The catalogue of problem codes: stable names that clients may switch on, each with its meaning.

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code with its meaning, for the reference page.
        pub const CATALOGUE: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    NOT_FOUND = "not_found", "There is no such object.";
    JSON_INVALID = "json_invalid", "The text is not JSON.";
    DUPLICATE_MEMBER = "duplicate_member", "A JSON object names the same member twice.";
    NESTING_TOO_DEEP = "nesting_too_deep", "The JSON, or a condition, is nested too deeply.";
    NUL_CHARACTER = "nul_character", "A text contains the NUL character.";
    UNSEEN_CHARACTER = "unseen_character", "A text contains control characters, or such as turn the direction of writing.";
    NUMBER_NOT_EXACT = "number_not_exact", "An integer beyond 2^53 would be rounded by SDKs.";
    UNKNOWN_FIELD = "unknown_field", "The body has a member that means nothing here.";
    REQUIRED = "required", "A member is missing.";
    WRONG_TYPE = "wrong_type", "A value has the wrong JSON type.";
    FIELD_FIXED = "field_fixed", "A member cannot be changed after creation.";
    KEY_INVALID = "key_invalid", "A key does not match the pattern of keys.";
    KEY_TAKEN = "key_taken", "The key is in use, perhaps in another case.";
    KEY_ARCHIVED = "key_archived", "The key belongs to an archived flag and is never reused.";
    DUPLICATE = "duplicate", "The same thing is listed twice.";
    EMPTY = "empty", "A text or list must not be empty.";
    TOO_LONG = "too_long", "A text is too long.";
    TOO_MANY = "too_many", "A list has too many items.";
    TOO_LARGE = "too_large", "A value takes too many bytes.";
    OUT_OF_RANGE = "out_of_range", "A number is outside its bounds.";
    PERCENT_RANGE = "percent_range", "A percentage is not between 0 and 100.";
    PERCENT_PRECISION = "percent_precision", "A percentage has more than three decimals.";
    PERCENT_SUM = "percent_sum", "The percentages of a split do not add up to 100.";
    RANGES_INVALID = "ranges_invalid", "Bucket ranges overlap, are empty or leave the bucket.";
    CONDITION_SHAPE = "condition_shape", "A condition is not exactly one of the known shapes.";
    EXACT_INVALID = "exact_invalid", "An exact form is not one that the evaluator knows.";
    SERVE_SHAPE = "serve_shape", "What is served is not exactly one of variant, rollout, split and exact.";
    OTHERWISE_IN_RULE = "otherwise_in_rule", "Only the default rule's rollout has an otherwise.";
    OPERATOR_UNKNOWN = "operator_unknown", "There is no such operator.";
    OPERATOR_VALUES = "operator_values", "The operator takes another number of values.";
    IGNORE_CASE_NOT_TEXT = "ignore_case_not_text", "The operator does not compare text without regard to case.";
    ATTRIBUTE_INVALID = "attribute_invalid", "An attribute name is not usable.";
    REGEX_INVALID = "regex_invalid", "A regular expression is not valid or too large.";
    VERSION_INVALID = "version_invalid", "A version is not SemVer.";
    DATE_INVALID = "date_invalid", "An instant is neither RFC 3339 nor milliseconds since 1970.";
    CIDR_INVALID = "cidr_invalid", "A network is not an address or an address with a prefix length.";
    VALUE_TYPE = "value_type", "A variant's value is not of the flag's type.";
    VARIANT_MISSING = "variant_missing", "There is no such variant.";
    VARIANT_IN_USE = "variant_in_use", "A variant is still served or needed somewhere.";
    FLAG_MISSING = "flag_missing", "There is no such flag.";
    FLAG_ARCHIVED = "flag_archived", "The flag is archived.";
    FLAG_NEEDED = "flag_needed", "Other flags need this one.";
    SEGMENT_MISSING = "segment_missing", "There is no such segment.";
    SEGMENT_IN_USE = "segment_in_use", "The segment is still used.";
    SEGMENT_CYCLE = "segment_cycle", "Segments refer to each other in a circle.";
    ENVIRONMENT_MISSING = "environment_missing", "There is no such environment.";
    PREREQUISITE_CYCLE = "prerequisite_cycle", "Flags need each other in a circle.";
    CHAIN_TOO_LONG = "chain_too_long", "Too many flags need each other in a row, or segments contain each other.";
    FORMAT_UNKNOWN = "format_unknown", "The export has a format that this version does not read.";
    DOCUMENT_INVALID = "document_invalid", "A stored document cannot be put back.";
    ENVIRONMENT_IN_USE = "environment_in_use", "The environment is named by a policy.";
    TIME_ZONE_UNKNOWN = "time_zone_unknown", "There is no such IANA time zone.";
    LOCAL_TIME_INVALID = "local_time_invalid", "A local time is not one of the known forms, or ends before it begins.";
    POLICY_EMPTY = "policy_empty", "A policy has no rules.";
    POLICY_FREEZE = "policy_freeze", "A policy lets nothing change at this time.";
    POLICY_LARGEST_STEP = "policy_largest_step", "More people would get a variant than a policy allows in one change.";
    POLICY_OWNER = "policy_owner", "A policy wants the flag to have an owner.";
    POLICY_REASON = "policy_reason", "A policy wants a reason for the change.";
    POLICY_ATTRIBUTE = "policy_attribute", "A policy forbids the attribute.";
    POLICY_SOAK = "policy_soak", "A policy wants it to be tried for longer.";
    NOT_COMPILED = "not_compiled", "The evaluator refuses the flag.";
    TOO_MANY_PROBLEMS = "too_many_problems", "There are more problems than are listed.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> = CATALOGUE.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), CATALOGUE.len());
    }
}
