//! What an evaluation may look at in a context: for callers on whose side of a boundary every attribute costs time to
//! hand over (WebAssembly), so that they hand over these and no more.
//!
//! It is read off the wire form and says rather too much than too little: whatever it names may be looked at, and nothing
//! else is.

use std::collections::BTreeSet;

use crate::ruleset::{Bucket, Condition, Flag, MissingUnit, Outcome, Ruleset, Segment, Serve};

/// What a flag or segment looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Top-level attributes, those of `user` among them. Not the targeting key.
    pub attributes: BTreeSet<String>,
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
        flag.buckets.values().for_each(|bucket| reads.bucket(bucket));
        reads
    }

    /// What a segment itself looks at.
    pub fn of_segment(segment: &Segment) -> Self {
        let mut reads = Self::default();
        reads.condition(&segment.condition, false);
        segment.buckets.values().for_each(|bucket| reads.bucket(bucket));
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
        self.attributes.extend(other.attributes);
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
                parts.iter().for_each(|part| self.condition(part, element));
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
                // `{"now": "-7d"}`: an instant relative to the clock.
                self.now |= test.arg.get("now").is_some();
                self.path(&test.attr, element);
            }
        }
    }

    fn bucket(&mut self, bucket: &Bucket) {
        self.path(&bucket.unit, false);
        bucket.or.iter().for_each(|path| self.path(path, false));
        if bucket.missing == MissingUnit::Random {
            self.random();
        }
    }

    /// As [`crate::path`] understands it.
    fn path(&mut self, names: &[String], element: bool) {
        if element {
            return;
        }
        match names {
            [] => {}
            [user, rest @ ..] if user == "user" && !rest.is_empty() => self.path(rest, false),
            [name, below @ ..] => match (name.as_str(), below) {
                ("key" | "targetingKey", []) => self.key = true,
                // Nothing is below the key, and no attribute has its names.
                ("key" | "targetingKey", _) => {}
                ("$now", []) => self.now = true,
                ("$random", []) => self.random(),
                (name, _) => {
                    self.attributes.insert(name.to_owned());
                }
            },
        }
    }

    /// The context's own random number, else one that follows from the clock.
    fn random(&mut self) {
        self.attributes.insert("$random".to_owned());
        self.now = true;
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
        let text = json!({
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
                    json!([rule(json!({"test": {"attr": ["at"], "as": "date:rfc3339_or_ms", "op": "lt", "arg": {"now": "-7d"}}}))]),
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
        serde_json::from_str(&text.to_string()).unwrap()
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
            ("relative", &["at"], false, true, false),
            ("random", &["$random"], false, true, false),
            ("below the key", &[], false, false, false),
            ("bucket", &["account"], true, false, false),
            ("through", &["country", "email", "groups", "plan", "tenant"], true, false, false),
            ("computed", &[], false, false, true),
            ("damaged", &[], false, false, false),
        ] {
            let found = reads(flag).unwrap();
            assert!(found.attributes.iter().eq(attributes), "{flag}: {:?}", found.attributes);
            assert_eq!((found.key, found.now, found.everything), (key, now, everything), "{flag}");
        }
        assert_eq!(reads("absent"), None);
    }

    /// Every vector answers the same when only what the flag reads is handed over.
    #[test]
    fn nothing_else_is_looked_at() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors");
        let mut narrowed = 0;
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
                let kept =
                    |name: &String| reads.attributes.contains(name) || (reads.key && names.contains(&name.as_str()));
                let mut less = case["context"].as_object().unwrap().clone();
                if let Some(user) = less.get_mut("user").and_then(Value::as_object_mut) {
                    user.retain(|name, _| kept(name));
                }
                less.retain(|name, _| kept(name) || name == "user");
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
    }
}
