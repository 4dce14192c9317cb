//! Wire form → compiled form, one flag or segment at a time. A failure stays with the flag or segment it is in.

mod quick;

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::buckets::{CompiledBucket, CompiledRamp, sorted_ranges};
use crate::compiled::{
    AnswerTest, BucketTest, CompiledCondition, CompiledFlag, CompiledOutcome, CompiledRule, CompiledSegment,
    CompiledServe, CompiledSplit, CompiledTest, FlagBody, FlagTest, ListTest, Part, Reasons, Reference, SegmentBody,
    SomeTest, Variant,
};
use crate::compute::Logic;
use crate::json::Cursor;
use crate::limits::{MAX_CONDITION_DEPTH, MAX_REASON_BYTES};
use crate::members::members;
use crate::operators::{Operator, Word};
use crate::path::Path;
use crate::ruleset::{
    Bucket, Condition, Flag, Op, Outcome, Ramp, Reason, Segment, Serve, Split, Test, Unknown, ValueType,
};
use crate::tables::{Shared, Symbols};

/// Compiles one flag.
pub(crate) fn compile_flag<'w>(key: &str, text: &'w str, symbols: &mut Symbols<'w>) -> CompiledFlag {
    let mut cursor = Cursor::new(text);
    let quickly = read_flag(key, &mut cursor, symbols).filter(|_| cursor.end().is_some());
    quickly.unwrap_or_else(|| thoroughly(key, text, symbols))
}

/// Compiles the flag at the cursor if it is written as the server writes it. `None` says nothing about it.
pub(crate) fn read_flag<'w>(key: &str, at: &mut Cursor<'w>, symbols: &mut Symbols<'w>) -> Option<CompiledFlag> {
    let mut references = Vec::new();
    let body = quick::flag_body(key, at, symbols, &mut references)?;
    Some(CompiledFlag { references: unique(true, references), body: Ok(body) })
}

/// By serde, which decides what a text means.
pub(crate) fn thoroughly<'w>(key: &str, text: &'w str, symbols: &mut Symbols<'w>) -> CompiledFlag {
    let mut references = Vec::new();
    let body = serde_json::from_str::<Flag<&'w RawValue, &'w RawValue>>(text)
        .map_err(|error| error.to_string())
        .and_then(|flag| flag_body(key, &flag, symbols, &mut references))
        .map_err(shortened);
    CompiledFlag { references: unique(body.is_ok(), references), body }
}

/// Compiles one segment.
pub(crate) fn compile_segment<'w>(text: &'w str, symbols: &mut Symbols<'w>) -> CompiledSegment {
    let mut references = Vec::new();
    let body = serde_json::from_str::<Segment<&'w RawValue>>(text)
        .map_err(|error| error.to_string())
        .and_then(|segment| segment_body(&segment, symbols, &mut references))
        .map_err(shortened);
    CompiledSegment { references: unique(body.is_ok(), references), body }
}

/// A reason that quotes something long says how it begins and how it ends.
fn shortened(reason: String) -> String {
    if reason.len() <= MAX_REASON_BYTES {
        return reason;
    }
    let half = MAX_REASON_BYTES / 2;
    let (begin, end) = (reason.floor_char_boundary(half), reason.ceil_char_boundary(reason.len() - half));
    format!("{}…{}", reason.get(..begin).unwrap_or_default(), reason.get(end..).unwrap_or_default())
}

/// What is unusable anyway is not followed and closes no circle.
fn unique(usable: bool, mut references: Vec<Reference>) -> Box<[Reference]> {
    if !usable {
        return Box::new([]);
    }
    references.sort_unstable();
    references.dedup();
    references.into()
}

fn flag_body<'w>(
    key: &str,
    flag: &Flag<&'w RawValue, &'w RawValue>,
    symbols: &mut Symbols<'w>,
    references: &mut Vec<Reference>,
) -> Result<FlagBody, String> {
    let variants = shared_variants(flag.variants.get(), &mut symbols.shared)?;
    if let Some(Variant { key, .. }) = variants.iter().find(|variant| !fits(flag.value_type, &variant.value)) {
        return Err(format!("the value of variant `{key}` is not a {:?}", flag.value_type).to_lowercase());
    }
    let buckets = compile_buckets(&flag.buckets)?;
    let bucket_names: Vec<&str> = flag.buckets.keys().map(String::as_str).collect();
    let names = Names { flag: key, variants: &variants, buckets: &bucket_names, compiled: &buckets };
    let mut scope = Scope { names, symbols, references };
    let off = scope.outcome(&flag.off, Reason::Disabled)?;
    let mut rules = Vec::with_capacity(flag.rules.len());
    for rule in &flag.rules {
        let in_rule = |error| format!("rule `{}`: {error}", rule.id);
        rules.push(CompiledRule {
            id: rule.id.as_str().into(),
            condition: scope.condition(&rule.condition, Place::TOP).map_err(in_rule)?,
            outcome: scope.outcome(&rule.outcome, Reason::TargetingMatch).map_err(in_rule)?,
        });
    }
    let default = scope.outcome(&flag.default, usual_of_default(rules.is_empty()))?;
    let cycle = match &flag.cycle {
        None => None,
        // Whatever leads on could lead around.
        Some(Outcome { serve: Serve::Variant(_) | Serve::CallerDefault | Serve::Error(_), .. }) => {
            flag.cycle.as_ref().map(|outcome| scope.outcome(outcome, Reason::Default).map(Box::new)).transpose()?
        }
        Some(_) => return Err("`cycle` serves a variant, `caller_default` or an error".to_owned()),
    };
    let unknown_is_error = flag.unknown == Unknown::Error;
    let (on, value_type) = (flag.on, flag.value_type);
    Ok(FlagBody { on, value_type, variants, off, rules: exact(rules), default, buckets, unknown_is_error, cycle })
}

fn segment_body<'w>(
    segment: &Segment<&'w RawValue>,
    symbols: &mut Symbols<'w>,
    references: &mut Vec<Reference>,
) -> Result<SegmentBody, String> {
    let buckets = compile_buckets(&segment.buckets)?;
    let names: Vec<&str> = segment.buckets.keys().map(String::as_str).collect();
    let names = Names { flag: "", variants: &[], buckets: &names, compiled: &buckets };
    let condition = Scope { names, symbols, references }.condition(&segment.condition, Place::TOP)?;
    Ok(SegmentBody { condition, buckets })
}

/// Whether a value is of the type of its flag.
fn fits(value_type: ValueType, value: &Value) -> bool {
    match value_type {
        ValueType::Boolean => value.is_boolean(),
        ValueType::String => value.is_string(),
        ValueType::Number => value.is_number(),
        ValueType::Json => true,
    }
}

/// In key order.
fn shared_variants<'w>(variants: &'w str, shared: &mut Shared<'w>) -> Result<Arc<[Variant]>, String> {
    if let Some(same) = shared.variants.get(variants) {
        return Ok(Arc::clone(same));
    }
    let compiled: Arc<[Variant]> = if let Some(compiled) = quick::read_variants(variants) {
        compiled
    } else {
        let read: BTreeMap<String, Value> =
            serde_json::from_str(variants).map_err(|error| format!("variants: {error}"))?;
        read.into_iter().map(|(key, value)| Variant { key: key.into_boxed_str(), value }).collect()
    };
    if variants.len() <= SHARED_TEXT {
        shared.variants.insert(variants, Arc::clone(&compiled));
    }
    Ok(compiled)
}

fn compile_buckets(buckets: &BTreeMap<String, Bucket>) -> Result<Box<[CompiledBucket]>, String> {
    buckets
        .iter()
        .map(|(name, bucket)| CompiledBucket::new(bucket).map_err(|error| format!("bucket `{name}`: {error}")))
        .collect()
}

/// Where a condition stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    in_some: bool,
}

impl Place {
    const TOP: Self = Self { depth: 0, in_some: false };
}

/// Names inside one flag or segment.
#[derive(Clone, Copy)]
struct Names<'n> {
    flag: &'n str,
    variants: &'n [Variant],
    buckets: &'n [&'n str],
    compiled: &'n [CompiledBucket],
}

/// What names mean, in a text that lives for `'w`.
struct Scope<'n, 'w> {
    names: Names<'n>,
    symbols: &'n mut Symbols<'w>,
    references: &'n mut Vec<Reference>,
}

/// A condition whose tests are still text.
type Unread<'w> = Condition<&'w RawValue>;

impl<'w> Scope<'_, 'w> {
    fn condition(&mut self, condition: &Unread<'w>, place: Place) -> Result<CompiledCondition, String> {
        if place.depth >= MAX_CONDITION_DEPTH {
            return Err(format!("conditions are nested deeper than {MAX_CONDITION_DEPTH} levels"));
        }
        let inner = Place { depth: place.depth + 1, ..place };
        Ok(match condition {
            Condition::Const(value) => CompiledCondition::Const(*value),
            Condition::All(parts) => CompiledCondition::All(self.conditions(parts, inner)?),
            Condition::Any(parts) => CompiledCondition::Any(self.conditions(parts, inner)?),
            Condition::Seq(parts) => CompiledCondition::Seq(self.conditions(parts, inner)?),
            Condition::Not(part) => CompiledCondition::Not(Box::new(self.condition(part, inner)?)),
            Condition::IsTrue(part) => CompiledCondition::IsTrue(Box::new(self.condition(part, inner)?)),
            Condition::Segment(key) => CompiledCondition::Segment(self.segment(key)),
            Condition::Flag { key, variants, on } => CompiledCondition::Flag(Box::new(FlagTest {
                flag: self.flag(key),
                variants: variants.iter().map(|variant| variant.as_str().into()).collect(),
                must_be_on: *on,
            })),
            Condition::Answer { key, condition, failing } => CompiledCondition::Answer(Box::new(AnswerTest {
                flag: self.flag(key),
                condition: self.condition(condition, Place { in_some: true, ..inner })?,
                failing: *failing,
            })),
            Condition::Compute(rule) => CompiledCondition::Compute(Box::new(Logic::new(self.names.flag, rule)?)),
            Condition::Bucket { bucket, ranges, ramps, missing } => {
                let (bucket, size) = self.bucket(bucket)?;
                let ranges = sorted_ranges(ranges.iter().map(|(lo, hi)| (*lo, *hi, ())).collect(), size)?;
                CompiledCondition::Bucket(Box::new(BucketTest {
                    bucket,
                    ranges: ranges.into_iter().map(|(lo, hi, ())| (lo, hi)).collect(),
                    ramps: ramps.iter().map(|ramp| CompiledRamp::new(ramp, 0, size)).collect::<Result<_, _>>()?,
                    missing: *missing,
                }))
            }
            Condition::List { attr, lists } => CompiledCondition::List(Box::new(ListTest {
                path: Path::new(attr, place.in_some)?,
                lists: lists.iter().map(|list| self.list(list)).collect(),
            })),
            Condition::Some { attr, condition } => CompiledCondition::Some(Box::new(SomeTest {
                path: Path::new(attr, place.in_some)?,
                condition: self.condition(condition, Place { in_some: true, ..inner })?,
            })),
            Condition::Test(test) => CompiledCondition::Test(self.test(test.get(), place.in_some)?),
        })
    }

    fn conditions(&mut self, parts: &[Unread<'w>], place: Place) -> Result<Box<[CompiledCondition]>, String> {
        parts.iter().map(|part| self.condition(part, place)).collect()
    }

    /// Rules ask the same things again and again: what is written the same way is read and prepared once.
    fn test(&mut self, test: &'w str, in_some: bool) -> Result<Arc<CompiledTest>, String> {
        let shared = if in_some { &mut self.symbols.shared.tests_in_some } else { &mut self.symbols.shared.tests };
        if let Some(same) = shared.get(test) {
            return Ok(Arc::clone(same));
        }
        let compiled = Arc::new(if let Some(compiled) = quick::read_test(test, in_some) {
            compiled
        } else {
            let read: Test = serde_json::from_str(test).map_err(|error| format!("test: {error}"))?;
            compile_test_at(Path::new(&read.attr, in_some)?, &read)?
        });
        if test.len() <= SHARED_TEXT {
            shared.insert(test, Arc::clone(&compiled));
        }
        Ok(compiled)
    }

    fn outcome(&mut self, one: &Outcome, usual: Reason) -> Result<CompiledOutcome, String> {
        Ok(outcome(self.serve(&one.serve, 0)?, one.reason, usual))
    }

    fn serve(&mut self, serve: &Serve, depth: usize) -> Result<CompiledServe, String> {
        if depth >= MAX_CONDITION_DEPTH {
            return Err(format!("splits are nested deeper than {MAX_CONDITION_DEPTH} levels"));
        }
        Ok(match serve {
            Serve::Variant(key) => CompiledServe::Variant(self.variant(key)?),
            Serve::Split(split) => CompiledServe::Split(Box::new(self.split(split, depth + 1)?)),
            Serve::Next => CompiledServe::Next,
            Serve::Flag(key) => CompiledServe::Flag(self.flag(key)),
            Serve::CallerDefault => CompiledServe::CallerDefault,
            Serve::Error(code) => CompiledServe::Error(*code),
            Serve::Compute(rule) => CompiledServe::Compute(Box::new(Logic::new(self.names.flag, rule)?)),
        })
    }

    fn split(&mut self, split: &Split, depth: usize) -> Result<CompiledSplit, String> {
        let (bucket, size) = self.bucket(&split.bucket)?;
        let mut parts = Vec::with_capacity(split.ranges.len() + split.serves.len());
        for (lo, hi, variant) in &split.ranges {
            parts.push((*lo, *hi, Part::Variant(self.variant(variant)?)));
        }
        let mut serves = Vec::with_capacity(split.serves.len());
        for ((lo, hi, serve), at) in split.serves.iter().zip(0..) {
            parts.push((*lo, *hi, Part::Serve(at)));
            serves.push(self.serve(serve, depth)?);
        }
        let ends = split_ends(parts, size)?;
        let ramps = split.ramps.iter().map(|ramp| self.ramp(ramp, size)).collect::<Result<_, _>>()?;
        Ok(CompiledSplit {
            bucket,
            ends,
            serves: serves.into(),
            ramps,
            rest: self.serve(&split.rest, depth)?,
            missing: self.serve(&split.missing, depth)?,
        })
    }

    fn ramp(&self, ramp: &Ramp, size: u128) -> Result<CompiledRamp, String> {
        let variant = ramp.variant.as_deref().ok_or("a ramp of a split serves a variant")?;
        CompiledRamp::new(ramp, self.variant(variant)?, size)
    }

    fn variant(&self, key: &str) -> Result<u32, String> {
        let at = self.names.variants.binary_search_by(|variant| (*variant.key).cmp(key)).ok();
        at.and_then(|at| u32::try_from(at).ok()).ok_or_else(|| format!("there is no variant `{key}`"))
    }

    /// Position and size.
    fn bucket(&self, key: &str) -> Result<(u32, u128), String> {
        let at = self.names.buckets.binary_search(&key).ok().and_then(|at| u32::try_from(at).ok());
        let bucket = at.and_then(|at| self.names.compiled.get(at as usize));
        at.zip(bucket.map(CompiledBucket::size)).ok_or_else(|| format!("there is no bucket `{key}`"))
    }

    fn flag(&mut self, key: &str) -> u32 {
        let at = self.symbols.flags.position(key);
        self.references.push(Reference::Flag(at));
        at
    }

    fn segment(&mut self, key: &str) -> u32 {
        let at = self.symbols.segments.position(key);
        self.references.push(Reference::Segment(at));
        at
    }

    fn list(&mut self, key: &str) -> u32 {
        let at = self.symbols.lists.position(key);
        self.references.push(Reference::List(at));
        at
    }
}

/// What is served, under the reason that is written or else the usual one.
fn outcome(serve: CompiledServe, reason: Option<Reason>, usual: Reason) -> CompiledOutcome {
    let reasons = Reasons { direct: reason.unwrap_or(usual), by_bucket: reason.unwrap_or(Reason::Split) };
    CompiledOutcome { serve, reasons, usual }
}

/// The reason of the default rule where none is written.
fn usual_of_default(no_rules: bool) -> Reason {
    if no_rules { Reason::Static } else { Reason::Default }
}

/// Half-open ranges as the ends of parts without gaps.
fn split_ends(parts: Vec<(u64, u64, Part)>, size: u128) -> Result<Box<[(u64, Part)]>, String> {
    let mut ends = Vec::with_capacity(parts.len());
    let mut reached = 0;
    for (lo, hi, part) in sorted_ranges(parts, size)? {
        if reached < lo {
            ends.push((lo, Part::Rest));
        }
        ends.push((hi, part));
        reached = hi;
    }
    Ok(exact(ends))
}

/// In room of its own size. Shrinking the room that a list grew in would leave the allocator with the rest of it, in sizes
/// that nothing asks for: in a heap that has seen much, that is most of what a change costs.
fn exact<T>(mut list: Vec<T>) -> Box<[T]> {
    let mut exact = Vec::with_capacity(list.len());
    exact.append(&mut list);
    exact.into()
}

/// With the path of its attribute.
fn compile_test_at(path: Path, test: &Test) -> Result<CompiledTest, String> {
    let operator = Operator::new(test.op, test.reader, &test.arg).map_err(|error| format!("{path}: {error}"))?;
    let label = label(test.op, test.arg.is_array(), members(&test.arg).iter());
    Ok(prepared(path, test, operator, &label))
}

fn prepared(path: Path, test: &Test, operator: Operator, label: &str) -> CompiledTest {
    CompiledTest {
        path,
        reader: test.reader,
        operator,
        missing: test.missing,
        invalid: test.invalid,
        each: test.each,
        null: test.null,
        label: label.into(),
    }
}

/// Bytes up to which equal tests and variants are looked for: longer ones are hardly the same twice.
const SHARED_TEXT: usize = 1024;

/// Members of an argument that an explanation shows.
const SHOWN: usize = 5;

/// Bytes that most labels have room in.
const LABEL: usize = 64;

/// `in ["DE","AT"]`.
fn label(op: Op, is_list: bool, members: impl ExactSizeIterator<Item = impl Display>) -> String {
    let mut label = String::with_capacity(LABEL);
    // Writing to a String cannot fail.
    let _ = write!(label, "{}", Word(op));
    if op == Op::Present {
        return label;
    }
    label.push_str(if is_list { " [" } else { " " });
    let more = members.len().saturating_sub(SHOWN);
    let gap = if more > 0 { ", " } else { "," };
    for (at, member) in members.take(SHOWN).enumerate() {
        let _ = write!(label, "{}{member}", if at == 0 { "" } else { gap });
    }
    if more > 0 {
        let _ = write!(label, ", … {more} more");
    }
    label.push_str(if is_list { "]" } else { "" });
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruleset::Ruleset;
    use crate::tables::{Positions, Table};

    fn symbols<'w>() -> Symbols<'w> {
        let positions = || Positions::new(&Table::<()>::default().names, Vec::new());
        Symbols { shared: Shared::default(), flags: positions(), segments: positions(), lists: positions() }
    }

    /// The short way, where it is taken, and the long one come to the same.
    #[test]
    fn both_ways_to_read_a_flag_agree_on_the_vectors() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors");
        let (mut short_ways, mut flags) = (0, 0);
        for entry in std::fs::read_dir(folder).unwrap() {
            let file: Value = serde_json::from_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
            let ruleset: Ruleset = serde_json::from_str(&file["ruleset"].to_string()).unwrap();
            for (key, raw) in &ruleset.flags {
                flags += 1;
                let Some(short) = read_flag(key, &mut Cursor::new(raw.get()), &mut symbols()) else { continue };
                short_ways += 1;
                let long = thoroughly(key, raw.get(), &mut symbols());
                assert_eq!(format!("{short:?}"), format!("{long:?}"), "{key}: {raw}");
            }
        }
        assert!(short_ways * 2 > flags, "{short_ways} of {flags} flags are read the short way");
    }
}
