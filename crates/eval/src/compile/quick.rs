//! Flags as the server writes them, compiled in one pass over their text. Whatever is not written in that way makes
//! `None`: the flag is then read by serde, which decides what it means and what is wrong with it.
//!
//! Members that no type here has, errors and everything rare are left to serde: a part at a time where a part can be
//! told, else the whole flag.

use std::sync::Arc;

use serde::de::{Deserialize, IntoDeserializer, value};
use serde_json::Value;

use super::{
    Names, Place, Scope, Unread, compile_test_at, exact, fits, label, outcome, prepared, shared_variants, split_ends,
    usual_of_default,
};
use crate::buckets::CompiledBucket;
use crate::compiled::{
    CompiledCondition, CompiledRule, CompiledServe, CompiledSplit, CompiledTest, FlagBody, ListTest, Part, Reference,
    Variant,
};
use crate::context::Attribute;
use crate::json::Cursor;
use crate::limits::MAX_CONDITION_DEPTH;
use crate::members::Members;
use crate::operators::Operator;
use crate::path::Path;
use crate::ruleset::{Bucket, Hash, Reader, Reason, Serve, Test, Truth, ValueType};
use crate::tables::Symbols;

/// Longer attribute paths are left to serde.
const MAX_NAMES: usize = 8;

/// Brackets in a part that is left to serde: with more of them the whole flag is, whose limit on nesting counts from the
/// flag's own beginning.
const MAX_BRACKETS: usize = 48;

/// Members of a flag that have been read. Variants and buckets have to be known before what names them.
#[derive(Default)]
struct Parts<'w> {
    on: Option<bool>,
    value_type: Option<ValueType>,
    variants: Option<Arc<[Variant]>>,
    buckets: Option<(Vec<&'w str>, Box<[CompiledBucket]>)>,
    off: Option<(CompiledServe, Option<Reason>)>,
    rules: Option<Vec<CompiledRule>>,
    default: Option<(CompiledServe, Option<Reason>)>,
}

/// How many members a flag can have here.
const MEMBERS: usize = 7;

/// The flag at the cursor.
pub(super) fn flag_body<'w>(
    key: &str,
    at: &mut Cursor<'w>,
    symbols: &mut Symbols<'w>,
    references: &mut Vec<Reference>,
) -> Option<FlagBody> {
    let start = *at;
    let mut flag = Parts::default();
    let in_one_pass = at.members(|name, at| flag.read(key, name, at, symbols, references));
    if in_one_pass.is_none() {
        *at = start;
        references.clear();
        flag = Parts::in_any_order(key, at, symbols, references)?;
    }
    flag.finish()
}

impl<'w> Parts<'w> {
    /// Where names come before what they mean: looks for the ends of all members first.
    fn in_any_order(
        key: &str,
        at: &mut Cursor<'w>,
        symbols: &mut Symbols<'w>,
        references: &mut Vec<Reference>,
    ) -> Option<Self> {
        let (mut members, mut len) = ([("", ""); MEMBERS], 0);
        at.members(|name, at| {
            *members.get_mut(len)? = (name, at.value()?);
            len += 1;
            Some(())
        })?;
        let members = members.get(..len)?;
        let is_early = |name: &str| matches!(name, "variants" | "buckets");
        let early = members.iter().filter(|(name, _)| is_early(name));
        let late = members.iter().filter(|(name, _)| !is_early(name));
        let mut flag = Self::default();
        for (name, text) in early.chain(late) {
            whole(text, |at| flag.read(key, name, at, symbols, references))?;
        }
        Some(flag)
    }

    fn read(
        &mut self,
        key: &str,
        name: &str,
        at: &mut Cursor<'w>,
        symbols: &mut Symbols<'w>,
        references: &mut Vec<Reference>,
    ) -> Option<()> {
        match name {
            "on" => return once(&mut self.on, at.bool()?),
            "type" => return once(&mut self.value_type, word(at)?),
            "variants" => {
                return once(&mut self.variants, shared_variants(at.value()?, &mut symbols.shared).ok()?);
            }
            "buckets" => return once(&mut self.buckets, buckets(at)?),
            _ => {}
        }
        let (names, compiled) =
            self.buckets.as_ref().map(|(names, compiled)| (&**names, &**compiled)).unwrap_or_default();
        let names = Names { flag: key, variants: self.variants.as_deref()?, buckets: names, compiled };
        let mut scope = Scope { names, symbols, references };
        match name {
            "off" => once(&mut self.off, scope.read_outcome(at)?),
            "rules" => once(&mut self.rules, scope.read_rules(at)?),
            "default" => once(&mut self.default, scope.read_outcome(at)?),
            _ => None,
        }
    }

    fn finish(self) -> Option<FlagBody> {
        let (value_type, variants) = (self.value_type?, self.variants?);
        if !variants.iter().all(|variant| fits(value_type, &variant.value)) {
            return None;
        }
        let rules = self.rules.unwrap_or_default();
        let ((off, off_reason), (default, default_reason)) = (self.off?, self.default?);
        Some(FlagBody {
            on: self.on?,
            value_type,
            variants,
            off: outcome(off, off_reason, Reason::Disabled),
            default: outcome(default, default_reason, usual_of_default(rules.is_empty())),
            rules: exact(rules),
            buckets: self.buckets.map(|(_, compiled)| compiled).unwrap_or_default(),
            unknown_is_error: false,
            cycle: None,
        })
    }
}

/// A text to its end.
#[inline]
fn whole<'w, T>(text: &'w str, read: impl FnOnce(&mut Cursor<'w>) -> Option<T>) -> Option<T> {
    let mut cursor = Cursor::new(text);
    let found = read(&mut cursor)?;
    cursor.end()?;
    Some(found)
}

/// A member that is there twice is an error to serde.
#[inline]
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// By `quickly`, else by serde and `thoroughly`.
#[inline]
fn either<'w, R: Deserialize<'w>, T>(
    at: &mut Cursor<'w>,
    quickly: impl FnOnce(&mut Cursor<'w>) -> Option<T>,
    thoroughly: impl FnOnce(&R) -> Result<T, String>,
) -> Option<T> {
    let start = *at;
    let found = quickly(at);
    if found.is_some() {
        return found;
    }
    *at = start;
    thoroughly(&by_serde(at)?).ok()
}

/// A part that is written in a rare way.
fn by_serde<'w, R: Deserialize<'w>>(at: &mut Cursor<'w>) -> Option<R> {
    let text = at.value()?;
    let brackets = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    (brackets <= MAX_BRACKETS).then(|| serde_json::from_str(text).ok())?
}

/// Variants in key order whose values are no texts, lists or objects.
pub(super) fn read_variants(text: &str) -> Option<Arc<[Variant]>> {
    let mut variants: Vec<Variant> = Vec::with_capacity(USUAL_VARIANTS);
    whole(text, |at| {
        at.members(|key, at| {
            if variants.last().is_some_and(|last| *last.key >= *key) {
                return None;
            }
            let value = match at.peek()? {
                b't' | b'f' => at.bool()?.into(),
                _ => at.number()?.into(),
            };
            variants.push(Variant { key: key.into(), value });
            Some(())
        })
    })?;
    Some(variants.into())
}

/// Most flags have no more.
const USUAL_VARIANTS: usize = 2;

/// Names and buckets. They come in the order of their names, or are left to serde.
fn buckets<'w>(at: &mut Cursor<'w>) -> Option<(Vec<&'w str>, Box<[CompiledBucket]>)> {
    let (mut names, mut compiled) = (Vec::new(), Vec::new());
    at.members(|name, at| {
        if names.last().is_some_and(|last| *last >= name) {
            return None;
        }
        names.push(name);
        compiled.push(either(at, native_bucket, |bucket: &Bucket| CompiledBucket::new(bucket))?);
        Some(())
    })?;
    Some((names, exact(compiled)))
}

fn native_bucket(at: &mut Cursor<'_>) -> Option<CompiledBucket> {
    let (mut hash, mut prefix, mut unit) = (None, None, None);
    at.members(|name, at| match name {
        "hash" => once(&mut hash, word::<Hash>(at)?),
        "prefix" => once(&mut prefix, at.text()?),
        "unit" => once(&mut unit, read_path(at, false)?),
        _ => None,
    })?;
    (hash? == Hash::Murmur3).then_some(CompiledBucket::native(unit?, 0, prefix.unwrap_or_default()))
}

fn read_path(at: &mut Cursor<'_>, in_some: bool) -> Option<Path> {
    let (mut names, mut len) = ([""; MAX_NAMES], 0);
    at.elements(|at| {
        *names.get_mut(len)? = at.text()?;
        len += 1;
        Some(())
    })?;
    Path::new(names.get(..len)?, in_some).ok()
}

/// One of the words of a type.
fn word<'w, T: Deserialize<'w>>(at: &mut Cursor<'w>) -> Option<T> {
    let word: value::StrDeserializer<'_, value::Error> = at.text()?.into_deserializer();
    T::deserialize(word).ok()
}

pub(super) fn read_test(written: &str, in_some: bool) -> Option<CompiledTest> {
    let (mut path, mut reader, mut op, mut arg) = (None, None, None, None);
    let (mut missing, mut invalid, mut each, mut null) = (None, None, None, None);
    whole(written, |at| {
        at.members(|name, at| match name {
            "attr" => once(&mut path, read_path(at, in_some)?),
            "as" => once(&mut reader, word(at)?),
            "op" => once(&mut op, word(at)?),
            "arg" => once(&mut arg, at.value()?),
            "missing" => once(&mut missing, word(at)?),
            "invalid" => once(&mut invalid, word(at)?),
            "each" => once(&mut each, at.bool()?),
            "null" => once(&mut null, at.bool()?),
            _ => None,
        })
    })?;
    let mut test = Test {
        attr: Vec::new(),
        reader: reader.unwrap_or(Reader::Any),
        op: op?,
        arg: Value::Null,
        missing: missing.unwrap_or(Truth::Unknown),
        invalid: invalid.unwrap_or(Truth::Unknown),
        each: each.unwrap_or_default(),
        null: null.unwrap_or_default(),
    };
    if Operator::is_in(test.op, test.reader)
        && let Some((is_list, members)) = arg.and_then(scalars)
    {
        let label = label(test.op, is_list, members.iter().map(|(text, _)| text));
        let members = Members::of(test.reader, members.into_iter().map(|(_, value)| value)).ok()?;
        return Some(prepared(path?, &test, Operator::In(members), &label));
    }
    if let Some(arg) = arg {
        test.arg = serde_json::from_str(arg).ok()?;
    }
    compile_test_at(path?, &test).ok()
}

/// Whether it is a list; its members as they are written and what they are. A scalar is a list of one.
fn scalars<'w>(argument: &'w str) -> Option<(bool, Vec<(&'w str, Attribute<'w>)>)> {
    let mut members = Vec::with_capacity(1 + argument.bytes().filter(|byte| *byte == b',').count());
    let mut scalar = |at: &mut Cursor<'w>| {
        let first = at.peek()?;
        let start = *at;
        let value = match first {
            b'"' => Attribute::Text(at.text()?),
            b't' | b'f' => Attribute::Bool(at.bool()?),
            #[expect(clippy::cast_precision_loss, reason = "the nearest double is what a number in JSON is")]
            _ => Attribute::Number(at.number()? as f64),
        };
        members.push((at.since(&start)?, value));
        Some(())
    };
    let is_list = argument.starts_with('[');
    whole(argument, |at| if is_list { at.elements(scalar) } else { scalar(at) })?;
    Some((is_list, members))
}

impl<'w> Scope<'_, 'w> {
    fn read_rules(&mut self, at: &mut Cursor<'w>) -> Option<Vec<CompiledRule>> {
        let mut rules = Vec::new();
        at.elements(|at| {
            let (mut id, mut condition, mut serve, mut reason) = (None, None, None, None);
            at.members(|name, at| match name {
                "id" => once(&mut id, at.text()?),
                "if" => once(&mut condition, self.read_condition(at, Place::TOP)?),
                "serve" => once(&mut serve, self.read_serve(at, 0)?),
                "reason" => once(&mut reason, word(at)?),
                _ => None,
            })?;
            let outcome = outcome(serve?, reason, Reason::TargetingMatch);
            rules.push(CompiledRule { id: id?.into(), condition: condition?, outcome });
            Some(())
        })?;
        Some(rules)
    }

    fn read_outcome(&mut self, at: &mut Cursor<'w>) -> Option<(CompiledServe, Option<Reason>)> {
        let (mut serve, mut reason) = (None, None);
        at.members(|name, at| match name {
            "serve" => once(&mut serve, self.read_serve(at, 0)?),
            "reason" => once(&mut reason, word(at)?),
            _ => None,
        })?;
        Some((serve?, reason))
    }

    fn read_serve(&mut self, at: &mut Cursor<'w>, depth: usize) -> Option<CompiledServe> {
        if depth >= MAX_CONDITION_DEPTH {
            return None;
        }
        let mut serve = None;
        let start = *at;
        let read = at.members(|name, at| {
            let one = match name {
                "variant" => CompiledServe::Variant(self.variant(at.text()?).ok()?),
                "split" => CompiledServe::Split(Box::new(self.read_split(at, depth + 1)?)),
                _ => return None,
            };
            once(&mut serve, one)
        });
        if let (Some(()), Some(serve)) = (read, serve) {
            return Some(serve);
        }
        *at = start;
        self.serve(&by_serde::<Serve>(at)?, depth).ok()
    }

    fn read_split(&mut self, at: &mut Cursor<'w>, depth: usize) -> Option<CompiledSplit> {
        let (mut bucket, mut parts, mut rest, mut missing) = (None, None, None, None);
        at.members(|name, at| match name {
            "bucket" => once(&mut bucket, self.bucket(at.text()?).ok()?),
            "ranges" => once(&mut parts, self.read_ranges(at)?),
            "rest" => once(&mut rest, self.read_serve(at, depth)?),
            "missing" => once(&mut missing, self.read_serve(at, depth)?),
            _ => None,
        })?;
        let (bucket, size) = bucket?;
        Some(CompiledSplit {
            bucket,
            ends: split_ends(parts?, size).ok()?,
            serves: Box::new([]),
            ramps: Box::new([]),
            rest: rest.unwrap_or(CompiledServe::Next),
            missing: missing.unwrap_or(CompiledServe::Next),
        })
    }

    fn read_ranges(&self, at: &mut Cursor<'w>) -> Option<Vec<(u64, u64, Part)>> {
        let mut parts = Vec::new();
        at.elements(|at| {
            let (mut ends, mut part) = ([0; 2], None);
            let mut position = 0..;
            at.elements(|at| {
                match position.next() {
                    Some(place @ (0 | 1)) => *ends.get_mut(place)? = at.number()?,
                    Some(2) => part = Some(Part::Variant(self.variant(at.text()?).ok()?)),
                    _ => return None,
                }
                Some(())
            })?;
            let [lo, hi] = ends;
            parts.push((lo, hi, part?));
            Some(())
        })?;
        Some(parts)
    }

    fn read_condition(&mut self, at: &mut Cursor<'w>, place: Place) -> Option<CompiledCondition> {
        if place.depth >= MAX_CONDITION_DEPTH {
            return None;
        }
        let inner = Place { depth: place.depth + 1, ..place };
        let mut condition = None;
        let start = *at;
        let read = at.members(|name, at| {
            let one = match name {
                "test" => CompiledCondition::Test(self.test(at.value()?, place.in_some).ok()?),
                "all" => CompiledCondition::All(self.read_conditions(at, inner)?),
                "any" => CompiledCondition::Any(self.read_conditions(at, inner)?),
                "not" => CompiledCondition::Not(Box::new(self.read_condition(at, inner)?)),
                "const" => CompiledCondition::Const(at.bool()?),
                "segment" => CompiledCondition::Segment(self.segment(at.text()?)),
                "list" => CompiledCondition::List(Box::new(self.read_list_test(at, place.in_some)?)),
                _ => return None,
            };
            once(&mut condition, one)
        });
        if let (Some(()), Some(condition)) = (read, condition) {
            return Some(condition);
        }
        *at = start;
        self.condition(&by_serde::<Unread<'w>>(at)?, place).ok()
    }

    fn read_conditions(&mut self, at: &mut Cursor<'w>, place: Place) -> Option<Box<[CompiledCondition]>> {
        let mut parts = Vec::new();
        at.elements(|at| {
            parts.push(self.read_condition(at, place)?);
            Some(())
        })?;
        Some(exact(parts))
    }

    fn read_list_test(&mut self, at: &mut Cursor<'w>, in_some: bool) -> Option<ListTest> {
        let (mut path, mut lists) = (None, None);
        at.members(|name, at| match name {
            "attr" => once(&mut path, read_path(at, in_some)?),
            "lists" => {
                let mut found = Vec::new();
                at.elements(|at| {
                    found.push(self.list(at.text()?));
                    Some(())
                })?;
                once(&mut lists, found)
            }
            _ => None,
        })?;
        Some(ListTest { path: path?, lists: exact(lists?) })
    }
}
