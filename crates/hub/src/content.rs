//! What an environment serves, piece by piece: the text of each flag, segment and list. A change replaces the texts it
//! touches; the whole is put together only when somebody downloads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use yardarm_eval::ruleset::{FORMAT, Ruleset, Version};

/// Texts by key.
type Texts = BTreeMap<Arc<str>, Arc<RawValue>>;

/// The texts of an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    flags: Texts,
    segments: Texts,
    lists: Texts,
    sum: Sum,
}

/// Which map a text is in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Flags,
    Segments,
    Lists,
}

impl Content {
    /// Takes a compiled ruleset apart.
    pub(crate) fn of(ruleset: &Ruleset) -> Self {
        let mut content = Self::default();
        for (key, text) in &ruleset.flags {
            content.set(Part::Flags, key, Some(text.clone()));
        }
        for (key, text) in &ruleset.segments {
            content.set(Part::Segments, key, Some(text.clone()));
        }
        for (key, list) in &ruleset.lists {
            content.set(Part::Lists, key, Some(list_text(list)));
        }
        content
    }

    fn texts(&mut self, part: Part) -> &mut Texts {
        match part {
            Part::Flags => &mut self.flags,
            Part::Segments => &mut self.segments,
            Part::Lists => &mut self.lists,
        }
    }

    /// Replaces, adds or (`None`) removes one text.
    pub(crate) fn set(&mut self, part: Part, key: &str, text: Option<Box<RawValue>>) {
        let added = text.as_deref().map(|text| Sum::of(part, key, text));
        let removed = match text {
            Some(text) => self.texts(part).insert(key.into(), text.into()),
            None => self.texts(part).remove(key),
        };
        if let Some(removed) = removed {
            self.sum.subtract(&Sum::of(part, key, &removed));
        }
        if let Some(added) = added {
            self.sum.add(&added);
        }
    }

    /// Strong `ETag`, quotes included: the same for the same texts, whatever the version.
    pub(crate) fn etag(&self, project: &str, environment: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(FORMAT.to_le_bytes());
        hash.update(project);
        hash.update([0]);
        hash.update(environment);
        hash.update([0]);
        for lane in self.sum.0 {
            hash.update(lane.to_le_bytes());
        }
        let mut etag = String::with_capacity(34);
        etag.push('"');
        for byte in &hash.finalize()[..16] {
            for digit in [byte >> 4, byte & 15] {
                etag.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        etag.push('"');
        etag
    }

    /// The `Ruleset` as JSON.
    pub(crate) fn json(&self, project: &str, environment: &str, version: &Version) -> Vec<u8> {
        #[derive(Serialize)]
        struct Whole<'a> {
            format: u32,
            project: &'a str,
            environment: &'a str,
            version: &'a Version,
            flags: &'a Texts,
            segments: &'a Texts,
            lists: &'a Texts,
        }
        let Self { flags, segments, lists, sum: _ } = self;
        let whole = Whole { format: FORMAT, project, environment, version, flags, segments, lists };
        serde_json::to_vec(&whole).expect("keys are text and every value is JSON already")
    }
}

/// Text of a list.
pub(crate) fn list_text(keys: &[String]) -> Box<RawValue> {
    to_raw_value(keys).expect("a list of text is JSON")
}

/// A hash of a set that changes in the time of what is changed: the lane-wise sum of its members' SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sum([u64; 4]);

impl Sum {
    fn of(part: Part, key: &str, text: &RawValue) -> Self {
        let mut hash = Sha256::new();
        hash.update([part as u8]);
        hash.update((key.len() as u64).to_le_bytes());
        hash.update(key);
        hash.update(text.get());
        let mut lanes = [0; 4];
        for (lane, bytes) in lanes.iter_mut().zip(hash.finalize().chunks_exact(8)) {
            *lane = bytes.iter().fold(0, |lane, byte| (lane << 8) | u64::from(*byte));
        }
        Self(lanes)
    }

    fn add(&mut self, other: &Self) {
        for (lane, other) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_add(other);
        }
    }

    fn subtract(&mut self, other: &Self) {
        for (lane, other) in self.0.iter_mut().zip(other.0) {
            *lane = lane.wrapping_sub(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn the_etag_follows_the_texts_and_nothing_else() {
        let mut content = Content::default();
        let empty = content.etag("web", "production");
        assert_eq!(empty.len(), 34);
        content.set(Part::Flags, "a", Some(text("1")));
        content.set(Part::Flags, "b", Some(text("2")));
        let two = content.etag("web", "production");
        assert_ne!(two, empty);
        assert_ne!(two, content.etag("web", "staging"));
        assert_ne!(two, content.etag("webp", "roduction"));

        let mut other = Content::default();
        other.set(Part::Flags, "b", Some(text("3")));
        other.set(Part::Flags, "a", Some(text("1")));
        assert_ne!(other.etag("web", "production"), two);
        other.set(Part::Flags, "b", Some(text("2")));
        assert_eq!(other.etag("web", "production"), two, "the way there does not matter");

        other.set(Part::Flags, "b", None);
        other.set(Part::Segments, "b", Some(text("2")));
        assert_ne!(other.etag("web", "production"), two, "the same text elsewhere");
        other.set(Part::Segments, "b", None);
        other.set(Part::Flags, "a", None);
        other.set(Part::Flags, "a", None);
        assert_eq!(other.etag("web", "production"), empty);
    }

    #[test]
    fn the_whole_is_a_ruleset() {
        let mut content = Content::default();
        content.set(Part::Flags, "a", Some(text(r#"{"on":true}"#)));
        content.set(Part::Lists, "s/included/1", Some(list_text(&["u1".to_owned()])));
        let version = Version { epoch: "e".into(), rev: 7 };
        let json = content.json("web", "production", &version);
        let ruleset: Ruleset = serde_json::from_slice(&json).unwrap();
        assert_eq!((ruleset.project.as_str(), ruleset.environment.as_str()), ("web", "production"));
        assert_eq!(ruleset.version, version);
        assert_eq!(ruleset.flags["a"].get(), r#"{"on":true}"#);
        assert_eq!(ruleset.lists["s/included/1"], ["u1"]);
        assert_eq!(Content::of(&ruleset).json("web", "production", &version), json);
    }
}
