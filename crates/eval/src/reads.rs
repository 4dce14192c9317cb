//! What an evaluation may look at in a context: for callers on whose side of a boundary every attribute costs time to
//! hand over (WebAssembly), so that they hand over these and no more.
//!
//! It is read off the wire form and says rather too much than too little: whatever it names may be looked at, and nothing
//! else is.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::ruleset::{Bucket, Condition, Flag, MissingUnit, Op, Outcome, Reader, Ruleset, Segment, Serve, Test};

/// What an evaluation wants to know of an attribute that is a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Whether it is one of these, and which: all others are the same to it.
    Among(BTreeSet<String>),
    /// All of it.
    Whole,
}

/// What a flag or segment looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Top-level attributes, those of `user` among them. Not the targeting key.
    pub attributes: BTreeMap<String, Look>,
    /// The targeting key, under any of its names.
    pub key: bool,
    /// The clock.
    pub now: bool,
    /// Anything: computations find paths while they run.
    pub everything: bool,
    /// Flags whose answers it asks for.
    pub flags: BTreeSet<String>,
    /// Segments it asks for.
    pub segments: BTreeSet<String>,
}

impl Reads {
    /// What a flag itself looks at; what its flags and segments do comes on top.
    pub fn of_flag(flag: &Flag) -> Self {
        let mut reads = Self::default();
        reads.outcome(&flag.off);
        reads.outcome(&flag.default);
        for rule in &flag.rules {
            reads.condition(&rule.condition, false);
            reads.outcome(&rule.outcome);
        }
        for bucket in flag.buckets.values() {
            reads.bucket(bucket);
        }
        reads
    }

    /// What a segment itself looks at.
    pub fn of_segment(segment: &Segment) -> Self {
        let mut reads = Self::default();
        reads.condition(&segment.condition, false);
        for bucket in segment.buckets.values() {
            reads.bucket(bucket);
        }
        reads
    }

    /// What the evaluation of a flag looks at, through all the flags and segments it leads to. `None` when there is no
    /// such flag. `local` gives the reads of one flag or segment by key ([`Reads::local_flag`] or a cache of it); what is
    /// absent or unusable reads nothing.
    pub fn through(
        flag: &str,
        mut local_flag: impl FnMut(&str) -> Option<Self>,
        mut local_segment: impl FnMut(&str) -> Option<Self>,
    ) -> Option<Self> {
        let mut all = local_flag(flag)?;
        let mut seen_flags = BTreeSet::from([flag.to_owned()]);
        let mut seen_segments = BTreeSet::new();
        loop {
            let next_flag = all.flags.iter().find(|key| !seen_flags.contains(*key)).cloned();
            if let Some(key) = next_flag {
                all.add(local_flag(&key).unwrap_or_default());
                seen_flags.insert(key);
                continue;
            }
            let Some(key) = all.segments.iter().find(|key| !seen_segments.contains(*key)).cloned() else {
                return Some(all);
            };
            all.add(local_segment(&key).unwrap_or_default());
            seen_segments.insert(key);
        }
    }

    /// [`Reads::of_flag`] of a flag of a ruleset; `None` when it is absent, nothing when it is unusable.
    pub fn local_flag(ruleset: &Ruleset, key: &str) -> Option<Self> {
        let raw = ruleset.flags.get(key)?;
        Some(serde_json::from_str::<Flag>(raw.get()).map_or_else(|_| Self::default(), |flag| Self::of_flag(&flag)))
    }

    /// [`Reads::of_segment`] of a segment of a ruleset; `None` when it is absent, nothing when it is unusable.
    pub fn local_segment(ruleset: &Ruleset, key: &str) -> Option<Self> {
        let raw = ruleset.segments.get(key)?;
        let segment = serde_json::from_str::<Segment>(raw.get());
        Some(segment.map_or_else(|_| Self::default(), |segment| Self::of_segment(&segment)))
    }

    fn add(&mut self, other: Self) {
        for (name, look) in other.attributes {
            self.attribute(name, look);
        }
        self.flags.extend(other.flags);
        self.segments.extend(other.segments);
        self.key |= other.key;
        self.now |= other.now;
        self.everything |= other.everything;
    }

    fn outcome(&mut self, outcome: &Outcome) {
        self.serve(&outcome.serve);
    }

    fn serve(&mut self, serve: &Serve) {
        match serve {
            Serve::Variant(_) | Serve::Next | Serve::CallerDefault | Serve::Error(_) => {}
            Serve::Flag(key) => {
                self.flags.insert(key.clone());
            }
            Serve::Compute(_) => self.everything = true,
            Serve::Split(split) => {
                self.now |= !split.ramps.is_empty();
                for (_, _, serve) in &split.serves {
                    self.serve(serve);
                }
                self.serve(&split.rest);
                self.serve(&split.missing);
            }
        }
    }

    /// `element`: paths start at an element or at another flag's value, not at the context.
    fn condition(&mut self, condition: &Condition, element: bool) {
        match condition {
            Condition::Const(_) => {}
            Condition::All(parts) | Condition::Any(parts) | Condition::Seq(parts) => {
                for part in parts {
                    self.condition(part, element);
                }
            }
            Condition::Not(part) | Condition::IsTrue(part) => self.condition(part, element),
            Condition::Segment(key) => {
                self.segments.insert(key.clone());
            }
            Condition::Flag { key, .. } => {
                self.flags.insert(key.clone());
            }
            Condition::Answer { key, condition, .. } => {
                self.flags.insert(key.clone());
                self.condition(condition, true);
            }
            Condition::Compute(_) => self.everything = true,
            Condition::Bucket { ramps, .. } => self.now |= !ramps.is_empty(),
            Condition::List { attr, .. } => self.path(attr, element),
            Condition::Some { attr, condition } => {
                self.path(attr, element);
                self.condition(condition, true);
            }
            Condition::Test(test) => {
                self.path_with(&test.attr, element, || look(test));
                // `{"now": "-7d"}`, and what is written by type in an object, among which it may be.
                self.now |= test.arg.is_object();
            }
        }
    }

    fn bucket(&mut self, bucket: &Bucket) {
        self.path(&bucket.unit, false);
        for path in &bucket.or {
            self.path(path, false);
        }
        if bucket.missing == MissingUnit::Random {
            self.random();
        }
    }

    fn path(&mut self, names: &[String], element: bool) {
        self.path_with(names, element, || Look::Whole);
    }

    /// As [`crate::path`] understands it; `look` is of the attribute itself, when that is where it leads.
    fn path_with(&mut self, names: &[String], element: bool, look: impl FnOnce() -> Look) {
        if element {
            return;
        }
        match names {
            [] => {}
            [user, rest @ ..] if user == "user" && !rest.is_empty() => self.path_with(rest, false, look),
            [name, below @ ..] => match (name.as_str(), below) {
                ("key" | "targetingKey", []) => self.key = true,
                // Nothing is below the key, and no attribute has its names.
                ("key" | "targetingKey", _) => {}
                ("$now", []) => self.now = true,
                ("$random", []) => self.random(),
                (name, []) => self.attribute(name.to_owned(), look()),
                (name, _) => self.attribute(name.to_owned(), Look::Whole),
            },
        }
    }

    /// Whoever looks at more has the say.
    fn attribute(&mut self, name: String, look: Look) {
        match self.attributes.entry(name) {
            Entry::Vacant(place) => {
                place.insert(look);
            }
            Entry::Occupied(mut place) => match (place.get_mut(), look) {
                (Look::Among(texts), Look::Among(more)) => texts.extend(more),
                (known, _) => *known = Look::Whole,
            },
        }
    }

    /// The context's own random number, else one that follows from the clock.
    fn random(&mut self) {
        self.attribute("$random".to_owned(), Look::Whole);
        self.now = true;
    }
}

/// What a test wants to know of a text.
fn look(test: &Test) -> Look {
    match (test.op, test.reader) {
        (Op::Present, _) => Look::Among(BTreeSet::new()),
        (Op::Eq | Op::In, Reader::Any | Reader::String) => {
            let members = test.arg.as_array().map_or(std::slice::from_ref(&test.arg), Vec::as_slice);
            Look::Among(members.iter().filter_map(|member| member.as_str()).map(str::to_owned).collect())
        }
        _ => Look::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn ruleset() -> Ruleset {
        let serve = json!({"serve": {"variant": "v"}});
        let flag = |rules: Value, buckets: Value| {
            json!({"on": true, "type": "boolean", "variants": {"v": true}, "off": serve, "rules": rules, "default": serve,
                "buckets": buckets})
        };
        let rule = |condition: Value| json!({"id": "r", "if": condition, "serve": {"variant": "v"}});
        let test = |path: Value| json!({"test": {"attr": path, "op": "present"}});
        let ruleset = json!({
            "format": 1, "project": "p", "environment": "e", "version": {"epoch": "x", "rev": 1},
            "flags": {
                "plain": flag(json!([]), json!({})),
                "tests": flag(
                    json!([
                        rule(json!({"all": [test(json!(["country"])), {"not": test(json!(["user", "plan"]))}]})),
                        rule(json!({"some": {"attr": ["groups"], "if": test(json!(["name"]))}})),
                        rule(json!({"list": {"attr": ["user", "key"], "lists": ["l"]}})),
                    ]),
                    json!({}),
                ),
                "clock": flag(json!([rule(test(json!(["$now"])))]), json!({})),
                "relative": flag(
                    json!([rule(json!({"test": {"attr": ["seen"], "as": "date:rfc3339", "op": "gt", "arg": {"now": "-7d"}}}))]),
                    json!({}),
                ),
                "random": flag(json!([rule(test(json!(["$random"])))]), json!({})),
                "below the key": flag(json!([rule(test(json!(["key", "x"])))]), json!({})),
                "bucket": flag(json!([]), json!({"b": {"hash": "murmur3_32", "unit": ["account", "key"], "or": [["key"]]}})),
                "through": flag(
                    json!([
                        rule(json!({"flag": {"key": "through", "variants": ["v"]}})),
                        rule(json!({"answer": {"key": "tests", "if": test(json!(["inside"]))}})),
                        rule(json!({"segment": "s"})),
                        rule(json!({"segment": "absent"})),
                    ]),
                    json!({}),
                ),
                "computed": flag(json!([rule(json!({"compute": {"var": "x"}}))]), json!({})),
                "damaged": {"on": 1},
            },
            "segments": {
                "s": {"if": {"any": [test(json!(["email"])), {"segment": "t"}]}},
                "t": {"if": {"all": [test(json!(["tenant"])), {"segment": "s"}]}},
            },
        });
        serde_json::from_str(&ruleset.to_string()).unwrap()
    }

    fn reads(key: &str) -> Option<Reads> {
        let ruleset = ruleset();
        Reads::through(key, |key| Reads::local_flag(&ruleset, key), |key| Reads::local_segment(&ruleset, key))
    }

    #[test]
    fn attributes_are_found_through_flags_and_segments() {
        for (flag, attributes, key, now, everything) in [
            ("plain", &[] as &[&str], false, false, false),
            ("tests", &["country", "groups", "plan"], true, false, false),
            ("clock", &[], false, true, false),
            ("relative", &["seen"], false, true, false),
            ("random", &["$random"], false, true, false),
            ("below the key", &[], false, false, false),
            ("bucket", &["account"], true, false, false),
            ("through", &["country", "email", "groups", "plan", "tenant"], true, false, false),
            ("computed", &[], false, false, true),
            ("damaged", &[], false, false, false),
        ] {
            let found = reads(flag).unwrap();
            assert!(found.attributes.keys().eq(attributes), "{flag}: {:?}", found.attributes);
            assert_eq!((found.key, found.now, found.everything), (key, now, everything), "{flag}");
        }
        assert_eq!(reads("absent"), None);
    }

    #[test]
    fn texts_that_are_only_compared_are_known() {
        let among = |texts: &[&str]| Look::Among(texts.iter().map(|text| (*text).to_owned()).collect());
        let test = |path: Value, reader: &str, op: &str, arg: Value| {
            let test = json!({"test": {"attr": path, "as": reader, "op": op, "arg": arg}});
            let condition = serde_json::from_value(test).unwrap();
            let mut reads = Reads::default();
            reads.condition(&condition, false);
            reads
        };
        let country = |reader: &str, op: &str, arg: Value| test(json!(["user", "country"]), reader, op, arg);
        let looks = |reads: &[&Reads]| {
            let mut all = Reads::default();
            for reads in reads {
                all.add((*reads).clone());
            }
            all.attributes.remove("country").unwrap()
        };
        let (present, list) = (country("any", "present", json!(null)), country("any", "in", json!(["NO", 1, "SE"])));
        let (one, lower) = (country("string", "eq", json!("DE")), country("string+lower", "in", json!(["no"])));
        let below = test(json!(["country", "code"]), "any", "eq", json!("NO"));
        assert_eq!(looks(&[&present]), among(&[]));
        assert_eq!(looks(&[&present, &list, &one]), among(&["DE", "NO", "SE"]));
        for whole in [lower, below, country("any", "starts", json!(["N"])), country("version:loose", "eq", json!("1"))]
        {
            assert_eq!(looks(&[&whole]), Look::Whole);
            assert_eq!(looks(&[&list, &whole]), Look::Whole);
            assert_eq!(looks(&[&whole, &one]), Look::Whole);
        }
    }

    /// Every vector answers the same when only what the flag reads is handed over, and when a text that it does not know
    /// is another one.
    #[test]
    fn nothing_else_is_looked_at() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors");
        let (mut narrowed, mut replaced) = (0, 0);
        for entry in std::fs::read_dir(folder).unwrap() {
            let file: Value = serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
            let ruleset: Ruleset = serde_json::from_str(&file["ruleset"].to_string()).unwrap();
            let snapshot = crate::Snapshot::compile(&ruleset);
            for case in file["cases"].as_array().unwrap() {
                let (Some(flag), Ok(context)) = (case["flag"].as_str(), crate::Context::from_json(&case["context"]))
                else {
                    continue;
                };
                let now = case["now"].as_i64().unwrap_or(0);
                let (of_flag, of_segment) =
                    (|key: &str| Reads::local_flag(&ruleset, key), |key: &str| Reads::local_segment(&ruleset, key));
                let Some(reads) = Reads::through(flag, of_flag, of_segment) else { continue };
                if reads.everything {
                    continue;
                }
                let names = ["targetingKey", "key"];
                let kept = |name: &String| {
                    reads.attributes.contains_key(name) || (reads.key && names.contains(&name.as_str()))
                };
                let mut less = case["context"].as_object().unwrap().clone();
                if let Some(user) = less.get_mut("user").and_then(Value::as_object_mut) {
                    user.retain(|name, _| kept(name));
                }
                less.retain(|name, _| kept(name) || name == "user");
                let mut replace = |members: &mut serde_json::Map<String, Value>| {
                    for (name, value) in members {
                        if let (Some(Look::Among(texts)), Value::String(text)) = (reads.attributes.get(name), value)
                            && !texts.contains(text)
                        {
                            "\0".clone_into(text);
                            replaced += 1;
                        }
                    }
                };
                less.get_mut("user").and_then(Value::as_object_mut).into_iter().for_each(&mut replace);
                replace(&mut less);
                narrowed += usize::from(less.len() < case["context"].as_object().unwrap().len());
                let less = Value::Object(less);
                let less = crate::Context::from_json(&less).unwrap();
                let seen_now = if reads.now { now } else { now + 1_000_000_007 };
                let (expected, found) =
                    (snapshot.evaluate(flag, &context, now), snapshot.evaluate(flag, &less, seen_now));
                assert_eq!(found, expected, "{flag}: {}", case["name"]);
            }
        }
        assert!(narrowed > 5, "only {narrowed} contexts had more than was read");
        assert!(replaced > 5, "only {replaced} texts were none that the flag knows");
    }
}
