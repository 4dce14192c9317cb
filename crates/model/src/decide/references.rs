//! What documents say about each other: variants, flags, segments, and circles among them.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::World;
use crate::document::{Condition, Configuration, Flag, Segment};
use crate::reading::{At, Problems, did_you_mean};
use crate::uses::{flags_of, segments_of, variants_of};
use crate::{codes, limits};

/// Everything a configuration refers to must be there. Empty names were reported when they were read.
pub(super) fn check_configuration(
    world: &World<'_>,
    problems: &mut Problems,
    at: &At,
    (environment, key): (&str, &str),
    flag: &Flag,
    configuration: &Configuration,
) {
    for (pointer, variant) in variants_of(configuration) {
        check_variant(problems, &at.below(&pointer), key, flag, variant);
    }
    for (index, needed) in configuration.prerequisites.iter().enumerate() {
        let at = at.field("prerequisites").index(index);
        if needed.flag == key {
            let message = format!("the flag {key:?} needs itself");
            problems.add(&at.field("flag"), codes::PREREQUISITE_CYCLE, message);
            continue;
        }
        let Some(other) = world.flags.get(needed.flag.as_str()) else {
            if !needed.flag.is_empty() {
                let hint = did_you_mean(&needed.flag, world.flags.iter().map(|(key, _)| key.as_str()));
                let message = format!("there is no flag {:?}{hint}", needed.flag);
                problems.add(&at.field("flag"), codes::FLAG_MISSING, message);
            }
            continue;
        };
        if other.archived {
            let message = format!("the flag {:?} is archived; restore it first", needed.flag);
            problems.add(&at.field("flag"), codes::FLAG_ARCHIVED, message);
        }
        for (index, variant) in needed.variants.iter().enumerate() {
            check_variant(problems, &at.field("variants").index(index), &needed.flag, other, variant);
        }
    }
    for (index, rule) in configuration.rules.iter().enumerate() {
        check_condition(world, problems, &at.field("rules").index(index).field("if"), &rule.condition);
    }
    if let Some(path) = prerequisite_cycle(world, environment, key) {
        let message = format!("these flags would need each other in {environment}: {}", path.join(" → "));
        problems.add(&at.field("prerequisites"), codes::PREREQUISITE_CYCLE, message);
    } else if !configuration.prerequisites.is_empty() {
        let pairs = world.configurations.iter().filter(|((place, _), _)| place == environment);
        let pairs =
            pairs.flat_map(|((_, key), config)| config.prerequisites.iter().map(|p| (key.as_str(), p.flag.as_str())));
        check_chain(problems, &at.field("prerequisites"), key, pairs, "flags would need each other");
    }
}

/// The evaluator follows references only so far: the longest chain through a document is bounded when it is saved.
fn check_chain<'w>(
    problems: &mut Problems,
    at: &At,
    key: &str,
    pairs: impl Iterator<Item = (&'w str, &'w str)>,
    what: &str,
) {
    let (mut down, mut up) = (Edges::new(), Edges::new());
    // A document that refers to itself is reported where it says so.
    for (from, to) in pairs.filter(|(from, to)| from != to) {
        down.entry(from).or_default().push(to);
        up.entry(to).or_default().push(from);
    }
    let length = longest(key, &down, &mut BTreeMap::new(), 0) + longest(key, &up, &mut BTreeMap::new(), 0) - 1;
    if length > limits::CHAIN {
        let message = format!("{length} {what} in a row; at most {} are allowed", limits::CHAIN);
        problems.add(at, codes::CHAIN_TOO_LONG, message);
    }
}

type Edges<'w> = BTreeMap<&'w str, Vec<&'w str>>;

/// Documents on the longest way from one; `depth` ends it where a circle that is reported elsewhere would not.
fn longest<'w>(key: &'w str, edges: &Edges<'w>, known: &mut BTreeMap<&'w str, usize>, depth: usize) -> usize {
    if let Some(length) = known.get(key) {
        return *length;
    }
    if depth > 2 * limits::CHAIN {
        return 1;
    }
    let next = edges.get(key).map(Vec::as_slice).unwrap_or_default();
    let length = 1 + next.iter().map(|next| longest(next, edges, known, depth + 1)).max().unwrap_or(0);
    known.insert(key, length);
    length
}

fn check_variant(problems: &mut Problems, at: &At, key: &str, flag: &Flag, variant: &str) {
    let mut variants = flag.variants.iter().map(|variant| variant.key.as_str());
    if variant.is_empty() || variants.clone().any(|known| known == variant) {
        return;
    }
    let hint = did_you_mean(variant, variants.clone());
    let known = variants.by_ref().take(10).collect::<Vec<_>>().join(", ");
    let message = format!("the flag {key:?} has no variant {variant:?}{hint}; it has {known}");
    problems.add(at, codes::VARIANT_MISSING, message);
}

fn check_condition(world: &World<'_>, problems: &mut Problems, at: &At, condition: &Condition) {
    match condition {
        Condition::All(group) => check_conditions(world, problems, &at.field("all"), &group.all),
        Condition::Any(group) => check_conditions(world, problems, &at.field("any"), &group.any),
        Condition::Not(group) => check_condition(world, problems, &at.field("not"), &group.not),
        Condition::Segment(reference) => {
            let segment = reference.segment.as_str();
            if !segment.is_empty() && world.segments.get(segment).is_none() {
                let hint = did_you_mean(segment, world.segments.iter().map(|(key, _)| key.as_str()));
                let message = format!("there is no segment {segment:?}{hint}");
                problems.add(&at.field("segment"), codes::SEGMENT_MISSING, message);
            }
        }
        // An exact form may name what is not there: the system it came from said what that means, and so does the
        // evaluator. What is there and named cannot be removed, as anywhere.
        Condition::Attribute(_) | Condition::Exact(_) => {}
    }
}

fn check_conditions(world: &World<'_>, problems: &mut Problems, at: &At, conditions: &[Condition]) {
    for (index, condition) in conditions.iter().enumerate() {
        check_condition(world, problems, &at.index(index), condition);
    }
}

/// Everything a segment refers to must be there, and not in a circle.
pub(super) fn check_segment(world: &World<'_>, problems: &mut Problems, at: &At, key: &str, segment: &Segment) {
    check_conditions(world, problems, &at.field("rules"), &segment.rules);
    let next = |key: &str| {
        let segment = world.segments.get(key);
        segment.map(|segment| segments_of(segment).into_iter().map(str::to_owned).collect()).unwrap_or_default()
    };
    if let Some(path) = cycle_from(key, &next) {
        let message = format!("these segments would contain each other: {}", path.join(" → "));
        problems.add(&at.field("rules"), codes::SEGMENT_CYCLE, message);
    } else if !segments_of(segment).is_empty() {
        let pairs = world.segments.iter();
        let pairs = pairs.flat_map(|(key, other)| segments_of(other).into_iter().map(|named| (key.as_str(), named)));
        check_chain(problems, &at.field("rules"), key, pairs, "segments would contain each other");
    }
}

/// The circle of prerequisites that a flag is part of, beginning and ending with it. A flag that needs itself is
/// reported where it says so.
fn prerequisite_cycle(world: &World<'_>, environment: &str, key: &str) -> Option<Vec<String>> {
    let next = |key: &str| {
        let configuration = world.configuration(environment, key);
        configuration.map(|c| c.prerequisites.iter().map(|needed| needed.flag.clone()).collect()).unwrap_or_default()
    };
    cycle_from(key, &next).filter(|path| path.len() > 2)
}

/// A shortest way from `start` back to `start`.
fn cycle_from(start: &str, next: &dyn Fn(&str) -> Vec<String>) -> Option<Vec<String>> {
    let mut seen = BTreeSet::from([start.to_owned()]);
    let mut front = vec![vec![start.to_owned()]];
    while !front.is_empty() {
        let mut further = Vec::new();
        for path in front {
            for key in path.last().map(|key| next(key)).unwrap_or_default() {
                let mut longer = path.clone();
                longer.push(key.clone());
                if key == start {
                    return Some(longer);
                }
                if seen.insert(key) {
                    further.push(longer);
                }
            }
        }
        front = further;
    }
    None
}

/// Where flags that are not archived need `key`: (environment, flag that needs it).
pub(super) fn needed_by(world: &World<'_>, key: &str) -> Vec<(String, String)> {
    let others = world.configurations.iter().filter(|((_, other), config)| {
        other != key
            && flags_of(config).contains(&key)
            && world.flags.get(other.as_str()).is_some_and(|flag| !flag.archived)
    });
    others.map(|(place, _)| place.clone()).collect()
}
