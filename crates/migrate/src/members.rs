//! Nothing is dropped in silence: values are read into types, and every member that no type has is remembered with its
//! place and told in the report, once for all places.
//!
//! A type that is read here has no `#[serde(flatten)]`, which would swallow what is not known.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Report;

/// Places that are named in one line of the report.
const NAMED: usize = 3;

/// Members that were not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// Name → places.
    unread: BTreeMap<String, BTreeSet<String>>,
}

/// Something that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {why}")]
pub(crate) struct Wrong {
    /// Where, as a JSON pointer into the file.
    pub(crate) pointer: String,
    /// What is wrong.
    pub(crate) why: String,
}

impl Members {
    /// Reads a value. `place`: for the report; `pointer`: where the value is in its file.
    pub(crate) fn read<T: DeserializeOwned>(&mut self, value: &Value, place: &str, pointer: &str) -> Result<T, Wrong> {
        let mut found = Vec::new();
        let mut callback = |path: serde_ignored::Path<'_>| found.push(steps(&path));
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(value, &mut track);
        let read = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut callback));
        let read = read.map_err(|error| Wrong {
            pointer: format!("{pointer}{}", wrong_at(&track.path())),
            why: error.to_string(),
        })?;
        for steps in found {
            self.note(value, &steps, place);
        }
        Ok(read)
    }

    /// Remembers the members of an object that are not among the known ones.
    pub(crate) fn others(&mut self, value: &Value, known: &[&str], place: &str) {
        let members = value.as_object().into_iter().flatten().map(|(name, _)| name);
        for name in members.filter(|name| !known.contains(&name.as_str())) {
            self.note(value, std::slice::from_ref(name), place);
        }
    }

    /// What is null or empty says nothing.
    fn note(&mut self, value: &Value, steps: &[String], place: &str) {
        let said = value.pointer(&pointer(steps)).is_some_and(|value| match value {
            Value::Null => false,
            Value::Array(list) => !list.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        });
        let Some((name, above)) = steps.split_last().filter(|_| said) else { return };
        let place = if above.is_empty() { place.to_owned() } else { format!("{place} at {}", pointer(above)) };
        self.unread.entry(name.clone()).or_default().insert(place);
    }

    /// Tells all of it. `silent`: members that are known not to change an answer, and why.
    pub(crate) fn tell(&self, silent: &[(&str, &str)], report: &mut Report) {
        for (name, places) in &self.unread {
            let named: Vec<&str> = places.iter().take(NAMED).map(String::as_str).collect();
            let more = places.len() - named.len();
            let place = match more {
                0 => named.join(", "),
                _ => format!("{} and {more} more", named.join(", ")),
            };
            match silent.iter().find(|(known, _)| known == name) {
                Some((_, why)) => report.mapped(place, format!("`{name}` is left out: {why}")),
                None => report.attention(
                    place,
                    format!("`{name}`"),
                    "it is not known here and was left out",
                    "check that no answer depends on it",
                ),
            }
        }
    }
}

/// A JSON pointer.
pub(crate) fn pointer(steps: &[String]) -> String {
    steps.iter().fold(String::new(), |pointer, step| pointer + "/" + &step.replace('~', "~0").replace('/', "~1"))
}

fn steps(path: &serde_ignored::Path<'_>) -> Vec<String> {
    use serde_ignored::Path;
    let (parent, step) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => (parent, None),
    };
    let mut steps = steps(parent);
    steps.extend(step);
    steps
}

fn wrong_at(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let steps: Vec<String> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    pointer(&steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Rule {
        clauses: Vec<Clause>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Clause {
        op: String,
    }

    #[test]
    fn every_member_that_is_not_read_is_told() {
        let mut members = Members::default();
        let value = json!({"version": 3, "clauses": [{"op": "in"}, {"op": "in", "a/b": 1, "empty": [], "null": null}]});
        let rule: Rule = members.read(&value, "flag a", "/flags/a").unwrap();
        assert_eq!(rule.clauses[1].op, "in");
        for n in 0..4 {
            members.others(&json!({"known": 1, "odd": 2}), &["known"], &format!("flag {n}"));
        }
        let mut report = Report::default();
        members.tell(&[("version", "it counts changes")], &mut report);
        let told = report.to_string();
        for line in [
            "flag a: `version` is left out: it counts changes",
            "flag a at /clauses/1: `a/b`: it is not known here",
            "flag 0, flag 1, flag 2 and 1 more: `odd`: ",
        ] {
            assert!(told.contains(line), "{line}: {told}");
        }
        assert!(!told.contains("empty") && !told.contains("null") && !told.contains("`op`"), "{told}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let wrong =
            Members::default().read::<Rule>(&json!({"clauses": [{"op": 1}]}), "flag a", "/flags/a").unwrap_err();
        assert_eq!(wrong.pointer, "/flags/a/clauses/0/op");
        assert!(wrong.why.contains("expected a string"), "{wrong}");
    }
}
