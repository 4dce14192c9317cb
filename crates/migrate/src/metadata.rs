//! Metadata of other systems: kept in the description, where people read it, and found there again.

use serde_json::{Map, Value};
use yardarm_model::limits;

use crate::Report;

const MARK: &str = "Metadata: ";

/// A description with the metadata after it. What is too long for one is named in the report.
pub(crate) fn described(text: &str, metadata: &Map<String, Value>, place: &str, report: &mut Report) -> String {
    if metadata.is_empty() {
        return text.to_owned();
    }
    let json = Value::Object(metadata.clone()).to_string();
    let whole = if text.is_empty() { format!("{MARK}{json}") } else { format!("{text}\n{MARK}{json}") };
    if whole.chars().count() > limits::DESCRIPTION {
        let why = format!("a description has at most {} characters", limits::DESCRIPTION);
        report.attention(place, "its metadata", why, "keep it elsewhere");
        return text.to_owned();
    }
    report.mapped(place, "its metadata is in the description");
    whole
}

/// The metadata that a description holds.
pub(crate) fn of(description: &str) -> Option<Value> {
    let (_, json) = description.rsplit_once(MARK)?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn metadata_is_found_again() {
        let metadata = json!({"a": 1, "b": "Metadata"});
        let mut report = Report::default();
        let text = described("For the shop.", metadata.as_object().unwrap(), "flag a", &mut report);
        assert_eq!(of(&text), Some(metadata));
        assert_eq!(of("none"), None);
        let long = json!({"a": "x".repeat(5000)});
        assert_eq!(described("", long.as_object().unwrap(), "flag a", &mut report), "");
        assert_eq!(report.needs_attention.len(), 1);
    }
}
