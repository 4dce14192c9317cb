//! Answers written straight into a buffer: no value is copied, no tree is built.

use yardarm_eval::Answer;
use yardarm_eval::ruleset::{ErrorCode, Reason};
use yardarm_hub::{KeyGrant, Published};

/// `"name":"text"`, escaped.
pub(super) fn member(out: &mut Vec<u8>, name: &str, text: &str) {
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    string(out, text);
}

fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string into memory always serialises");
}

/// `"metadata":{"flagSetId":…,"version":…` without the closing brace: the same for all flags of a ruleset. The names are
/// those that OpenFeature's telemetry reads.
pub(super) fn metadata(grant: &KeyGrant, published: &Published) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    out.extend_from_slice(b"\"metadata\":{");
    member(&mut out, "flagSetId", &format!("{}/{}", grant.project, grant.environment));
    out.push(b',');
    member(&mut out, "version", &format!("{}:{}", published.version.epoch, published.version.rev));
    out
}

/// OpenFeature's word for a reason. `DEFAULT` is one of them, although the enumeration in OFREP's schema leaves it out
/// (ADR 0006 of the protocol uses it). OpenFeature has no word for an unmet prerequisite: the flag is off for this
/// context, so it is `DISABLED`, and `ruleId` in the metadata names the prerequisite.
pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Static => "STATIC",
        Reason::Default => "DEFAULT",
        Reason::TargetingMatch => "TARGETING_MATCH",
        Reason::Split => "SPLIT",
        Reason::Disabled | Reason::PrerequisiteFailed => "DISABLED",
        // Errors are answered as failures; without an error code there is nothing better to say.
        Reason::Error => "UNKNOWN",
    }
}

/// OFREP's error code, and words for people.
pub(super) const fn failure(code: ErrorCode) -> (&'static str, &'static str) {
    match code {
        ErrorCode::FlagNotFound => ("FLAG_NOT_FOUND", "This environment serves no such flag."),
        ErrorCode::ParseError => ("PARSE_ERROR", "The flag uses something that this server cannot evaluate."),
        ErrorCode::TargetingKeyMissing => {
            ("TARGETING_KEY_MISSING", "The flag splits by a key that the context does not have; send targetingKey.")
        }
        ErrorCode::InvalidContext => ("INVALID_CONTEXT", "The flag cannot use this context."),
        ErrorCode::TypeMismatch => ("GENERAL", "The flag's value has another type than it promises."),
        ErrorCode::ProviderNotReady => ("GENERAL", "The environment is not loaded yet."),
        ErrorCode::General => ("GENERAL", "The flag could not be evaluated."),
    }
}

/// One flag's success or failure as an object. Returns the error code when it is a failure.
pub(super) fn write(out: &mut Vec<u8>, key: &str, answer: &Answer<'_>, metadata: &[u8]) -> Option<ErrorCode> {
    out.push(b'{');
    member(out, "key", key);
    if let Some(code) = answer.error {
        let (word, details) = failure(code);
        out.push(b',');
        member(out, "errorCode", word);
        out.push(b',');
        member(out, "errorDetails", details);
    } else {
        // Without a value the caller's own default is meant.
        if let Some(value) = answer.value {
            out.extend_from_slice(b",\"value\":");
            serde_json::to_writer(&mut *out, value).expect("a JSON value into memory always serialises");
        }
        out.extend_from_slice(b",\"reason\":\"");
        out.extend_from_slice(reason(answer.reason).as_bytes());
        out.extend_from_slice(b"\",");
        member(out, "variant", answer.variant.unwrap_or_default());
    }
    out.push(b',');
    out.extend_from_slice(metadata);
    if let Some(rule) = answer.rule {
        out.push(b',');
        member(out, "ruleId", rule);
    }
    out.extend_from_slice(b"}}");
    answer.error
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const METADATA: &[u8] = br#""metadata":{"flagSetId":"shop/production","version":"e:7""#;

    fn written(answer: &Answer<'_>) -> (Value, String) {
        let mut out = Vec::new();
        write(&mut out, "f", answer, METADATA);
        let text = String::from_utf8(out).unwrap();
        (serde_json::from_str(&text).unwrap(), text)
    }

    fn success(value: Option<&Value>) -> Answer<'_> {
        Answer {
            value,
            variant: Some("on"),
            variant_index: Some(1),
            reason: Reason::TargetingMatch,
            rule: Some("r\"1"),
            error: None,
        }
    }

    #[test]
    fn a_success_has_everything_clients_look_for() {
        let value = json!(true);
        let (answer, _) = written(&success(Some(&value)));
        let metadata = json!({"flagSetId": "shop/production", "version": "e:7", "ruleId": "r\"1"});
        let expected =
            json!({"key": "f", "value": true, "reason": "TARGETING_MATCH", "variant": "on", "metadata": metadata});
        assert_eq!(answer, expected);
    }

    #[test]
    fn numbers_keep_their_kind() {
        for (value, text) in
            [("42", "42"), ("42.0", "42.0"), ("-0.5", "-0.5"), ("9007199254740991", "9007199254740991")]
        {
            let value: Value = serde_json::from_str(value).unwrap();
            assert!(written(&success(Some(&value))).1.contains(&format!("\"value\":{text},")));
        }
    }

    #[test]
    fn the_code_default_is_a_success_without_a_value() {
        let (answer, _) = written(&Answer { variant: None, rule: None, ..success(None) });
        assert_eq!((answer.get("value"), &answer["variant"]), (None, &json!("")));
        assert!(answer["metadata"].get("ruleId").is_none());
    }

    #[test]
    fn failures_have_details_and_only_codes_of_the_protocol() {
        let codes = [
            ErrorCode::FlagNotFound,
            ErrorCode::ParseError,
            ErrorCode::TypeMismatch,
            ErrorCode::TargetingKeyMissing,
            ErrorCode::InvalidContext,
            ErrorCode::ProviderNotReady,
            ErrorCode::General,
        ];
        for code in codes {
            let failed = Answer {
                value: None,
                variant: None,
                variant_index: None,
                reason: Reason::Error,
                rule: None,
                error: Some(code),
            };
            let (answer, _) = written(&failed);
            let word = answer["errorCode"].as_str().unwrap();
            let known = ["FLAG_NOT_FOUND", "PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"];
            assert!(known.contains(&word), "{word}");
            assert!(!answer["errorDetails"].as_str().unwrap().is_empty());
            assert!(answer.get("value").is_none() && answer.get("reason").is_none());
        }
    }
}
