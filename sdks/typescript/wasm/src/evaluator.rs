//! The ruleset that is held and what is remembered about it.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use yardarm_eval::reads::{Look, Reads};
use yardarm_eval::ruleset::{ErrorCode, Patch, Reason, Ruleset, ValueType};
use yardarm_eval::{Answer, Attribute, AttributeName, Context, Snapshot};

use crate::answers::Answers;
use crate::arguments::{Input, SLOTS, Slot, parsed};

/// One environment.
pub struct Evaluator {
    /// What JavaScript writes into.
    pub input: Input,
    /// What the latest call wrote.
    pub output: Vec<u8>,
    ruleset: Option<Ruleset>,
    /// Read, not yet taken.
    offered: Option<Ruleset>,
    offered_patch: Option<Patch>,
    snapshot: Snapshot,
    answers: Answers,
    /// What flags and segments read themselves, as far as somebody asked.
    flags: HashMap<String, Reads>,
    segments: HashMap<String, Reads>,
    /// Empty between calls; kept because making one costs as much as an evaluation.
    context: Context<'static>,
    /// By position of the flag, as far as somebody asked.
    plans: Vec<Option<Box<Plan>>>,
}

/// What crosses for a flag: the targeting key, then these, slot by slot.
struct Plan {
    key: bool,
    attributes: Box<[PlannedAttribute]>,
}

/// An attribute that crosses.
struct PlannedAttribute {
    name: AttributeName,
    /// Texts that cross by position: the first stands for all that are none of the others. None: every text is written.
    known: Box<[Box<str>]>,
}

impl PlannedAttribute {
    fn new(name: &str, look: &Look) -> Self {
        let known = match look {
            Look::Among(texts) if texts.len() <= MAX_KNOWN => {
                let other = (1..=texts.len() + 1).map(|length| "\0".repeat(length)).find(|text| !texts.contains(text));
                other.into_iter().chain(texts.iter().cloned()).map(String::into_boxed_str).collect()
            }
            _ => Box::default(),
        };
        Self { name: AttributeName::new(name), known }
    }

    #[inline]
    fn text(&self, at: usize) -> &str {
        self.known.get(at).map_or("", |text| text)
    }
}

/// Of more texts than these, JavaScript keeps no copy.
const MAX_KNOWN: usize = 256;

/// What JavaScript is told of a flag.
#[derive(Serialize)]
struct PlanText<'p> {
    index: u32,
    #[serde(rename = "type")]
    value_type: Option<ValueType>,
    key: bool,
    names: Vec<&'p str>,
    /// For each name the texts that cross by position, if any do; position 0 is for all others.
    known: Vec<Option<&'p [Box<str>]>>,
    now: bool,
    /// The context crosses as JSON.
    whole: bool,
}

#[derive(Serialize)]
struct AnswerText<'a> {
    value: Option<&'a RawValue>,
    variant: Option<&'a str>,
    reason: Reason,
    rule: Option<&'a str>,
    error: Option<ErrorCode>,
}

impl Default for Evaluator {
    fn default() -> Self {
        Self::new()
    }
}

impl Evaluator {
    /// One that knows no flag.
    pub fn new() -> Self {
        Self {
            input: Input::new(),
            output: Vec::new(),
            ruleset: None,
            offered: None,
            offered_patch: None,
            context: Context::new(),
            snapshot: Snapshot::compile(&nothing()),
            answers: Answers::new(),
            flags: HashMap::new(),
            segments: HashMap::new(),
            plans: Vec::new(),
        }
    }

    /// Reads the ruleset in the text area and writes which one it is. `false`: it cannot be read, and the output says why.
    /// What is held stays until [`Evaluator::take`].
    pub fn read(&mut self, length: usize) -> bool {
        let read = serde_json::from_str::<Ruleset>(self.input.text(length));
        self.input.shrink();
        match read {
            Ok(ruleset) => {
                let Ruleset { project, environment, version, .. } = &ruleset;
                let identity = serde_json::json!({"project": project, "environment": environment, "version": version});
                self.write(&identity);
                self.offered = Some(ruleset);
                true
            }
            Err(error) => self.unreadable(&error),
        }
    }

    /// Takes what was read last in place of what is held; `false` when nothing was.
    pub fn take(&mut self) -> bool {
        let Some(ruleset) = self.offered.take() else { return false };
        self.snapshot = Snapshot::compile(&ruleset);
        self.flags = HashMap::new();
        self.segments = HashMap::new();
        self.ruleset = Some(ruleset);
        self.changed();
        true
    }

    /// Forgets what was read last.
    pub fn leave(&mut self) {
        self.offered = None;
        self.offered_patch = None;
    }

    /// Reads the patch in the text area and writes its versions. `false`: it cannot be read, and the output says why.
    pub fn read_patch(&mut self, length: usize) -> bool {
        let read = serde_json::from_str::<Patch>(self.input.text(length));
        self.input.shrink();
        match read {
            Ok(patch) => {
                self.write(&serde_json::json!({"from": patch.from, "to": patch.to}));
                self.offered_patch = Some(patch);
                true
            }
            Err(error) => self.unreadable(&error),
        }
    }

    /// Applies the patch that was read last; `false` when it does not start from what is held.
    pub fn apply(&mut self) -> bool {
        let Some(patch) = self.offered_patch.take() else { return false };
        let (Some(ruleset), Some(snapshot)) = (&mut self.ruleset, self.snapshot.apply(&patch)) else { return false };
        if !ruleset.patched(&patch) {
            return false;
        }
        self.snapshot = snapshot;
        for key in patch.flags.keys() {
            self.flags.remove(key);
        }
        for key in patch.segments.keys() {
            self.segments.remove(key);
        }
        self.changed();
        true
    }

    fn unreadable(&mut self, error: &serde_json::Error) -> bool {
        self.output = error.to_string().into_bytes();
        false
    }

    fn changed(&mut self) {
        self.answers.clear();
        self.plans.clear();
        self.plans.resize_with(self.snapshot.positions(), || None);
    }

    /// Writes the ruleset that is held.
    pub fn write_ruleset(&mut self) -> usize {
        let ruleset = self.ruleset.take();
        let written = self.write(&ruleset);
        self.ruleset = ruleset;
        written
    }

    /// Writes all keys in order.
    pub fn write_keys(&mut self) -> usize {
        let keys: Vec<String> = self.snapshot.keys().map(str::to_owned).collect();
        self.write(&keys)
    }

    /// Writes what crosses for the flag whose key is in the text area; `null` when there is no such flag.
    pub fn plan(&mut self, length: usize) -> usize {
        let key = self.input.text(length).to_owned();
        let found = self.reads(&key).zip(self.snapshot.flag(&key).map(|flag| (flag.index, flag.value_type)));
        let Some((reads, (index, value_type))) = found else { return self.write(&()) };
        let whole = reads.everything || reads.attributes.len() + 1 > SLOTS;
        // `user` first: its members become attributes, and those of the context itself come over them.
        let (user, others): (Vec<_>, Vec<_>) = reads.attributes.iter().partition(|(name, _)| *name == "user");
        let attributes: Box<[PlannedAttribute]> = if whole {
            Box::new([])
        } else {
            user.into_iter().chain(others).map(|(name, look)| PlannedAttribute::new(name, look)).collect()
        };
        let names = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        let known = attributes.iter().map(|attribute| attribute.known.get(1..)).collect();
        let text = PlanText { index, value_type, key: reads.key, names, known, now: reads.now || whole, whole };
        let written = self.write(&text);
        if let Some(place) = self.plans.get_mut(index as usize) {
            *place = Some(Box::new(Plan { key: reads.key, attributes }));
        }
        written
    }

    fn reads(&mut self, key: &str) -> Option<Reads> {
        let Self { ruleset: Some(ruleset), flags, segments, .. } = self else { return None };
        Reads::through(
            key,
            |key| kept(flags, key, |key| Reads::local_flag(ruleset, key)),
            |key| kept(segments, key, |key| Reads::local_segment(ruleset, key)),
        )
    }

    /// The number of the answer for what is in the slots.
    pub fn evaluate(&mut self, flag: u32, now_ms: f64) -> u32 {
        let Self { input, snapshot, answers, plans, context, .. } = self;
        let Some(Some(plan)) = plans.get(flag as usize) else {
            return answers.number(flag, &Answer::error(ErrorCode::FlagNotFound));
        };
        let now_ms = instant(now_ms);
        borrowed(context, |context| {
            let mut slots = input.slots();
            let key = if plan.key { slots.next() } else { None };
            for attribute in &plan.attributes {
                let name = &attribute.name;
                // Each kind goes its own way into the context, not through one value for all: see `Context::set_new`.
                match slots.next() {
                    Some(Slot::Known(at)) => context.set_new(name, attribute.text(at)),
                    Some(Slot::Text(text)) => context.set_new(name, text),
                    Some(Slot::Number(number)) => context.set_new(name, number),
                    Some(Slot::Bool(value)) => context.set_new(name, value),
                    Some(Slot::Null) => context.set_new(name, None::<&str>),
                    Some(Slot::Json(_)) => {
                        return with_json(input, plan, |context| {
                            answers.number(flag, &snapshot.evaluate_at(flag, context, now_ms))
                        });
                    }
                    Some(Slot::Absent) | None => {}
                }
            }
            // After `user`, whose members may name a key of their own.
            if let Some(key) = key {
                context.set_key(key.key());
            }
            answers.number(flag, &snapshot.evaluate_at(flag, context, now_ms))
        })
    }

    /// The number of the answer for a whole context as JSON.
    pub fn evaluate_json(&mut self, flag: u32, length: usize, now_ms: f64) -> u32 {
        let context = parsed(self.input.text(length));
        let answer = match Context::from_json(&context) {
            Ok(context) => self.snapshot.evaluate_at(flag, &context, instant(now_ms)),
            Err(_) => Answer::error(ErrorCode::InvalidContext),
        };
        self.answers.number(flag, &answer)
    }

    /// Writes the numbers of all answers, in key order.
    pub fn evaluate_all(&mut self, length: usize, now_ms: f64) -> u32 {
        let context = parsed(self.input.text(length));
        let Ok(context) = Context::from_json(&context) else { return u32::MAX };
        let Self { snapshot, answers, output, .. } = self;
        output.clear();
        let mut count = 0;
        snapshot.evaluate_all(&context, instant(now_ms), |flag, answer| {
            output.extend_from_slice(&answers.number(flag.index, answer).to_le_bytes());
            count += 1;
        });
        count
    }

    /// Writes what a number means; `null` for one that was never given.
    pub fn answer(&mut self, number: u32) -> usize {
        let Self { answers, output, .. } = self;
        output.clear();
        let text = answers.get(number).map(|known| AnswerText {
            value: known.value.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            variant: known.variant.as_deref(),
            reason: known.reason,
            rule: known.rule.as_deref(),
            error: known.error,
        });
        // Texts and numbers are always JSON.
        let _ = serde_json::to_writer(&mut *output, &text);
        output.len()
    }

    fn write(&mut self, value: &impl Serialize) -> usize {
        self.output.clear();
        let _ = serde_json::to_writer(&mut self.output, value);
        self.output.len()
    }
}

/// With lists and objects among the attributes: they are parsed for the time of the call.
#[cold]
fn with_json(input: &Input, plan: &Plan, evaluate: impl FnOnce(&Context<'_>) -> u32) -> u32 {
    let skip = usize::from(plan.key);
    let values: Vec<Value> = input
        .slots()
        .skip(skip)
        .take(plan.attributes.len())
        .map(|slot| match slot {
            Slot::Json(text) => parsed(text),
            _ => Value::Null,
        })
        .collect();
    let mut context = Context::new();
    for ((attribute, slot), value) in plan.attributes.iter().zip(input.slots().skip(skip)).zip(&values) {
        let name = attribute.name.as_str();
        match slot {
            Slot::Known(at) => context.set(name, attribute.text(at)),
            Slot::Text(text) => context.set(name, text),
            Slot::Number(number) => context.set(name, number),
            Slot::Bool(value) => context.set(name, value),
            Slot::Null => context.set(name, Attribute::Null),
            Slot::Json(_) => context.set(name, Attribute::from(value)),
            Slot::Absent => {}
        }
    }
    // After `user`, whose members may name a key of their own.
    if plan.key {
        context.set_key(input.slots().next().map_or(Attribute::Null, Slot::key));
    }
    evaluate(&context)
}

/// Lends the kept context for one call and empties it again.
#[expect(unsafe_code, reason = "nothing that is put in outlives the call: the context is emptied before and after it")]
#[inline]
fn borrowed<'c, R>(context: &'c mut Context<'static>, call: impl FnOnce(&mut Context<'c>) -> R) -> R {
    context.clear();
    // SAFETY: a `Context` of any lifetime has the same shape; what `call` puts in is gone before `'c` ends, and `clear`
    // looks at nothing that was put in. A trap in between ends in the next call's `clear`.
    let lent = unsafe { &mut *std::ptr::from_mut(context).cast::<Context<'c>>() };
    let result = call(lent);
    context.clear();
    result
}

fn kept(cache: &mut HashMap<String, Reads>, key: &str, read: impl FnOnce(&str) -> Option<Reads>) -> Option<Reads> {
    if let Some(reads) = cache.get(key) {
        return Some(reads.clone());
    }
    let reads = read(key)?;
    cache.insert(key.to_owned(), reads.clone());
    Some(reads)
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 are far below 2^53")]
fn instant(now_ms: f64) -> i64 {
    now_ms as i64
}

fn nothing() -> Ruleset {
    Ruleset {
        format: yardarm_eval::ruleset::FORMAT,
        project: String::new(),
        environment: String::new(),
        version: yardarm_eval::ruleset::Version::default(),
        flags: std::collections::BTreeMap::new(),
        segments: std::collections::BTreeMap::new(),
        lists: std::collections::BTreeMap::new(),
    }
}
