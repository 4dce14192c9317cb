//! Flags as the server writes them, compiled in one pass over their text. Whatever is not written in that way makes
//! `None`: the flag is then read by serde, which decides what it means and what is wrong with it.
//!
//! Members that no type here has, errors and everything rare are left to serde: a part at a time where a part can be
//! told, else the whole flag.

use serde::de::{Deserialize, IntoDeserializer, value};

use super::{Names, Place, Scope, Unread, compile_test_at, fits, outcome, shared_variants, split_ends};
use crate::buckets::CompiledBucket;
use crate::compiled::{
    CompiledCondition, CompiledOutcome, CompiledRule, CompiledServe, CompiledSplit, CompiledTest, FlagBody, ListTest,
    Part, Reference,
};
use crate::json::Cursor;
use crate::limits::MAX_CONDITION_DEPTH;
use crate::path::Path;
use crate::ruleset::{Bucket, Hash, Reader, Reason, Serve, Test, Truth, ValueType};
use crate::tables::Symbols;

/// Longer attribute paths are left to serde.
const MAX_NAMES: usize = 8;

/// Brackets in a part that is left to serde: with more of them the whole flag is, whose limit on nesting counts from the
/// flag's own beginning.
const MAX_BRACKETS: usize = 48;

/// A flag as it is written.
#[derive(Clone, Copy)]
pub(crate) struct FlagText<'w> {
    pub(crate) text: &'w str,
    /// Nothing when there are members that serde should see.
    parts: Option<Parts<'w>>,
}

/// Members of a flag as text: variants and buckets have to be known before what names them.
#[derive(Clone, Copy, Default)]
struct Parts<'w> {
    on: Option<&'w str>,
    value_type: Option<&'w str>,
    variants: Option<&'w str>,
    buckets: Option<&'w str>,
    off: Option<&'w str>,
    rules: Option<&'w str>,
    default: Option<&'w str>,
}

impl<'w> FlagText<'w> {
    pub(crate) fn new(text: &'w str) -> Self {
        Self { text, parts: whole(text, Parts::read) }
    }

    /// Any value: it may not be JSON inside.
    pub(crate) fn read(at: &mut Cursor<'w>) -> Option<Self> {
        at.peek()?;
        let start = *at;
        let parts = Parts::read(at);
        if parts.is_some() {
            return Some(Self { text: at.since(&start)?, parts });
        }
        *at = start;
        Some(Self { text: at.value()?, parts: None })
    }
}

impl<'w> Parts<'w> {
    fn read(at: &mut Cursor<'w>) -> Option<Self> {
        let mut parts = Self::default();
        at.members(|name, at| {
            let place = match name {
                "on" => &mut parts.on,
                "type" => &mut parts.value_type,
                "variants" => &mut parts.variants,
                "buckets" => &mut parts.buckets,
                "off" => &mut parts.off,
                "rules" => &mut parts.rules,
                "default" => &mut parts.default,
                _ => return None,
            };
            once(place, at.value()?)
        })?;
        Some(parts)
    }
}

pub(super) fn flag_body<'w>(
    key: &str,
    flag: &FlagText<'w>,
    symbols: &mut Symbols<'w>,
    references: &mut Vec<Reference>,
) -> Option<FlagBody> {
    let parts = flag.parts?;
    let on = whole(parts.on?, Cursor::bool)?;
    let value_type: ValueType = whole(parts.value_type?, word)?;
    let variants = shared_variants(parts.variants?, &mut symbols.shared).ok()?;
    if !variants.iter().all(|variant| fits(value_type, &variant.value)) {
        return None;
    }
    let (names, buckets) = parts.buckets.map_or_else(|| Some(Default::default()), |text| whole(text, buckets))?;
    let names = Names { flag: key, variants: &variants, buckets: &names, compiled: &buckets };
    let mut scope = Scope { names, symbols, references };
    let off = whole(parts.off?, |at| scope.read_outcome(at, Reason::Disabled))?;
    let rules = parts.rules.map_or_else(|| Some(Vec::new()), |text| whole(text, |at| scope.read_rules(at)))?;
    let usual = if rules.is_empty() { Reason::Static } else { Reason::Default };
    let default = whole(parts.default?, |at| scope.read_outcome(at, usual))?;
    let rules = rules.into();
    Some(FlagBody { on, value_type, variants, off, rules, default, buckets, unknown_is_error: false, cycle: None })
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
    Some((names, compiled.into()))
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
            "arg" => once(&mut arg, serde_json::from_str(at.value()?).ok()?),
            "missing" => once(&mut missing, word(at)?),
            "invalid" => once(&mut invalid, word(at)?),
            "each" => once(&mut each, at.bool()?),
            "null" => once(&mut null, at.bool()?),
            _ => None,
        })
    })?;
    let test = Test {
        attr: Vec::new(),
        reader: reader.unwrap_or(Reader::Any),
        op: op?,
        arg: arg.unwrap_or_default(),
        missing: missing.unwrap_or(Truth::Unknown),
        invalid: invalid.unwrap_or(Truth::Unknown),
        each: each.unwrap_or_default(),
        null: null.unwrap_or_default(),
    };
    compile_test_at(path?, &test).ok()
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

    fn read_outcome(&mut self, at: &mut Cursor<'w>, usual: Reason) -> Option<CompiledOutcome> {
        let (mut serve, mut reason) = (None, None);
        at.members(|name, at| match name {
            "serve" => once(&mut serve, self.read_serve(at, 0)?),
            "reason" => once(&mut reason, word(at)?),
            _ => None,
        })?;
        Some(outcome(serve?, reason, usual))
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
        Some(parts.into())
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
        Some(ListTest { path: path?, lists: lists?.into() })
    }
}
