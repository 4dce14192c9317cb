//! By how much a change widens who is served a variant: the largest step, computed from the documents alone.
//!
//! What a flag serves is a list of entries: a condition, and what those who meet it get (all of them, or some by their
//! bucket). Who meets a condition is not known here, so the step is looked for among all contexts that the documents allow:
//! it is the share of buckets that may be served a variant after the change by contexts that were served something else
//! before. Conditions count as independent of each other, except that one which only lost values is part of what it was.
//! So a rule that is new, or wider, counts with the whole share that it serves to those who match; a step that is too
//! large for some group is too large. Individual targets do not count.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yardarm_eval::ruleset::Serve as Exact;

use crate::allocation::BUCKETS;
use crate::compile::attribute_path;
use crate::document::{Condition, Configuration, Flag, Serve};
use crate::normal_form;

/// Cells of buckets that are looked at; beyond, a step counts as the whole.
const CELLS: usize = 20_000;
/// Entries compared in all cells together; beyond, a step counts as the whole.
const WORK: usize = 20_000_000;

/// What a flag is served by in an environment.
#[derive(Clone, Copy)]
pub(super) struct Served<'d> {
    pub(super) flag: &'d Flag,
    pub(super) configuration: &'d Configuration,
}

/// Percentage points by which each variant is served to more than before, the largest first. Not among them is the off
/// variant, unless it is another than before: then it counts as served to everyone, because turning the flag off is free.
/// `None`: the flag was not there, or is archived.
pub(super) fn widened(before: Option<Served<'_>>, after: Option<Served<'_>>) -> Vec<(String, f64)> {
    let Some(after) = after else { return Vec::new() };
    let changed_values: BTreeSet<&str> = before.map_or_else(BTreeSet::new, |before| changed(before.flag, after.flag));
    let mut table = Table::default();
    let old = before.map_or_else(Vec::new, |before| table.entries(before, &changed_values));
    let new = table.entries(after, &BTreeSet::new());
    let off = off_outcome(after.configuration);
    let old_off = before.map(|before| renamed(&off_outcome(before.configuration), &changed_values));
    let mut steps = table.steps(&old, &new);
    if old_off.is_none_or(|old| old == off) {
        steps.remove(&off);
    } else {
        steps.insert(off, 100.0);
    }
    let mut steps: Vec<(String, f64)> = steps.into_iter().collect();
    steps.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    steps
}

/// Variants whose value is another.
fn changed<'d>(before: &Flag, after: &'d Flag) -> BTreeSet<&'d str> {
    let differs = |key: &str, value: &Value| before.variants.iter().any(|old| old.key == key && old.value != *value);
    after.variants.iter().filter(|new| differs(&new.key, &new.value)).map(|new| new.key.as_str()).collect()
}

/// A variant whose value was another is another outcome.
fn renamed(outcome: &str, changed: &BTreeSet<&str>) -> String {
    if changed.contains(outcome) { format!("{outcome} as it was") } else { outcome.to_owned() }
}

fn off_outcome(configuration: &Configuration) -> String {
    configuration
        .off
        .as_ref()
        .map_or_else(|| configuration.off_variant.clone(), |off| exact_outcome(&off.exact, configuration))
}

/// What an exact form serves: a variant, or something of its own that only itself is equal to.
fn exact_outcome(serve: &Exact, configuration: &Configuration) -> String {
    match serve {
        Exact::Variant(variant) => variant.clone(),
        other => format!("exact {} {}", normal_form(other), normal_form(&configuration.buckets)),
    }
}

/// Always true: what nobody has to meet.
const ALWAYS: usize = 0;

struct Entry {
    condition: usize,
    serve: Pieces,
}

enum Pieces {
    Whole(usize),
    /// `rest`: what the others get; `None`: the next entry.
    Drawn {
        axis: usize,
        parts: Vec<(u64, u64, usize)>,
        rest: Option<usize>,
    },
}

/// Conditions, outcomes and buckets by number.
#[derive(Default)]
struct Table {
    conditions: Vec<String>,
    outcomes: Vec<String>,
    axes: Vec<String>,
    /// Conditions that are part of another one, by the id of the rule and the parts.
    parts_of: BTreeMap<usize, usize>,
    by_rule: BTreeMap<String, (usize, Condition)>,
}

fn number(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

impl Table {
    fn entries(&mut self, served: Served<'_>, changed: &BTreeSet<&str>) -> Vec<Entry> {
        number(&mut self.conditions, String::new());
        let configuration = served.configuration;
        let off = number(&mut self.outcomes, renamed(&off_outcome(configuration), changed));
        let whole = |condition, outcome| Entry { condition, serve: Pieces::Whole(outcome) };
        if !configuration.on {
            return vec![whole(ALWAYS, off)];
        }
        let mut entries = Vec::new();
        if let Some(cycle) = &configuration.cycle {
            let outcome = number(&mut self.outcomes, exact_outcome(&cycle.exact, configuration));
            entries.push(whole(number(&mut self.conditions, "cycle".to_owned()), outcome));
        }
        for needed in &configuration.prerequisites {
            let name = format!("unmet {}", normal_form(needed));
            entries.push(whole(number(&mut self.conditions, name), off));
        }
        for rule in &configuration.rules {
            let Some(mut condition) = self.condition(&rule.id, &rule.condition, configuration) else { continue };
            // An exact form may leave the decision to the next rule.
            if let Serve::Exact(exact) = &rule.serve
                && !matches!(**exact, Exact::Variant(_))
            {
                let name = format!("{} decided by {}", self.conditions[condition], exact_outcome(exact, configuration));
                condition = number(&mut self.conditions, name);
            }
            let serve = self.serve(&rule.serve, None, served, changed);
            entries.push(Entry { condition, serve });
        }
        let unknown = normal_form(&configuration.unknown);
        if unknown != "skip" {
            let outcome = number(&mut self.outcomes, format!("unknown {unknown}"));
            entries.push(whole(number(&mut self.conditions, "unknown".to_owned()), outcome));
        }
        let serve = self.serve(&configuration.default, Some(off), served, changed);
        entries.push(Entry { condition: ALWAYS, serve });
        entries
    }

    /// The number of a condition; `None` for one that nobody meets.
    fn condition(&mut self, rule: &str, condition: &Condition, configuration: &Configuration) -> Option<usize> {
        match condition {
            Condition::All(group) if group.all.is_empty() => return Some(ALWAYS),
            Condition::Any(group) if group.any.is_empty() => return None,
            _ => {}
        }
        let mut name = normal_form(condition).to_string();
        if name.contains("\"exact\"") {
            name = format!("{name} {}", normal_form(&configuration.buckets));
        }
        let found = number(&mut self.conditions, name);
        // Seen first with the rule as it was, then as it is.
        match self.by_rule.get(rule) {
            Some((old, before)) if *old != found && implies(condition, before) => {
                self.parts_of.insert(found, *old);
            }
            Some((old, before)) if *old != found && implies(before, condition) => {
                self.parts_of.insert(*old, found);
            }
            Some(_) => {}
            None => drop(self.by_rule.insert(rule.to_owned(), (found, condition.clone()))),
        }
        Some(found)
    }

    fn serve(&mut self, serve: &Serve, rest: Option<usize>, served: Served<'_>, changed: &BTreeSet<&str>) -> Pieces {
        let outcomes = &mut self.outcomes;
        let mut outcome = |variant: &str| number(outcomes, renamed(variant, changed));
        match serve {
            Serve::Variant(variant) => Pieces::Whole(outcome(variant)),
            Serve::Exact(exact) => Pieces::Whole(outcome(&exact_outcome(exact, served.configuration))),
            Serve::Rollout(rollout) => {
                let variant = outcome(&rollout.variant);
                let parts = rollout.ranges.iter().map(|(lo, hi)| (*lo, *hi, variant)).collect();
                let rest = rest.map(|off| rollout.otherwise.as_deref().map_or(off, outcome));
                Pieces::Drawn { axis: self.axis(&rollout.bucket_by, served.flag), parts, rest }
            }
            Serve::Split(split) => {
                let mut parts = Vec::new();
                for share in &split.shares {
                    let variant = outcome(&share.variant);
                    parts.extend(share.ranges.iter().map(|(lo, hi)| (*lo, *hi, variant)));
                }
                Pieces::Drawn { axis: self.axis(&split.bucket_by, served.flag), parts, rest }
            }
        }
    }

    fn axis(&mut self, bucket_by: &str, flag: &Flag) -> usize {
        number(&mut self.axes, format!("{} {}", flag.salt, attribute_path(bucket_by).join(".")))
    }

    /// Points by outcome, of all that may be served to contexts that were served something else.
    fn steps(&self, old: &[Entry], new: &[Entry]) -> BTreeMap<String, f64> {
        let cuts = self.cuts(old, new);
        let cells = cuts.iter().map(|cuts| cuts.len() - 1).try_fold(1_usize, usize::checked_mul);
        let work = old.len().max(1) * new.len().max(1);
        if cells.is_none_or(|cells| cells > CELLS || cells.saturating_mul(work) > WORK) {
            let all = new.iter().flat_map(|entry| match &entry.serve {
                Pieces::Whole(outcome) => vec![*outcome],
                Pieces::Drawn { parts, rest, .. } => parts.iter().map(|part| part.2).chain(*rest).collect(),
            });
            return all.map(|outcome| (self.outcomes[outcome].clone(), 100.0)).collect();
        }
        let mut sizes: BTreeMap<usize, f64> = BTreeMap::new();
        let mut cell = vec![0_usize; cuts.len()];
        loop {
            let place: Vec<u64> = cell.iter().zip(&cuts).map(|(index, cuts)| cuts[*index]).collect();
            #[expect(clippy::cast_precision_loss, reason = "2^32 is exact")]
            let size: f64 = cell.iter().zip(&cuts).map(|(i, cuts)| (cuts[i + 1] - cuts[*i]) as f64).product();
            for outcome in self.gained(&decided(old, &place), &decided(new, &place)) {
                *sizes.entry(outcome).or_default() += size;
            }
            // The next cell, the last axis first.
            let Some(axis) = (0..cell.len()).rev().find(|axis| cell[*axis] + 2 < cuts[*axis].len()) else { break };
            cell[axis] += 1;
            cell[axis + 1..].fill(0);
        }
        #[expect(clippy::cast_precision_loss, reason = "2^32 is exact")]
        let whole: f64 = cuts.iter().map(|_| BUCKETS as f64).product();
        sizes.into_iter().map(|(outcome, size)| (self.outcomes[outcome].clone(), size / whole * 100.0)).collect()
    }

    /// Where what is served changes, along each axis: from 0 to the number of buckets.
    fn cuts(&self, old: &[Entry], new: &[Entry]) -> Vec<Vec<u64>> {
        let mut cuts = vec![BTreeSet::from([0, BUCKETS]); self.axes.len()];
        for entry in old.iter().chain(new) {
            if let Pieces::Drawn { axis, parts, .. } = &entry.serve {
                cuts[*axis].extend(parts.iter().flat_map(|(lo, hi, _)| [*lo, *hi]));
            }
        }
        cuts.into_iter().map(|cuts| cuts.into_iter().collect()).collect()
    }

    /// Outcomes that some context may have after and not have before.
    fn gained(&self, old: &[(usize, usize)], new: &[(usize, usize)]) -> BTreeSet<usize> {
        if old == new {
            return BTreeSet::new();
        }
        let places = |list: &[(usize, usize)]| -> BTreeMap<usize, usize> {
            list.iter().enumerate().map(|(index, (condition, _))| (*condition, index)).collect()
        };
        let (in_old, in_new) = (places(old), places(new));
        // Nobody is in what both lists have in front, without a difference.
        let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let before = |condition: usize, (i, j): (usize, usize)| {
            in_new.get(&condition).is_some_and(|place| *place < i)
                || in_old.get(&condition).is_some_and(|place| *place < j)
        };
        // Whoever meets a condition did not meet those that were tried before, nor any that it is a part of.
        let possible = |condition: usize, at: (usize, usize)| {
            !before(condition, at) && !self.parts_of.get(&condition).is_some_and(|whole| before(*whole, at))
        };
        let mut gained = BTreeSet::new();
        for (i, (condition, outcome)) in new.iter().enumerate().skip(same) {
            if gained.contains(outcome) {
                continue;
            }
            let mut others = old.iter().enumerate().skip(same).filter(|(_, (_, other))| other != outcome);
            let found = old.is_empty()
                || others.any(|(j, (other, _))| possible(*condition, (i, j)) && possible(*other, (i, j)));
            if found {
                gained.insert(*outcome);
            }
        }
        gained
    }
}

/// The entries that decide for a bucket on each axis: each condition once, up to the one that everybody meets.
fn decided(entries: &[Entry], place: &[u64]) -> Vec<(usize, usize)> {
    let mut decided: Vec<(usize, usize)> = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries {
        let outcome = match &entry.serve {
            Pieces::Whole(outcome) => Some(*outcome),
            Pieces::Drawn { axis, parts, rest } => {
                let here = place[*axis];
                parts.iter().find(|(lo, hi, _)| (*lo..*hi).contains(&here)).map(|part| part.2).or(*rest)
            }
        };
        let Some(outcome) = outcome else { continue };
        if seen.insert(entry.condition) {
            decided.push((entry.condition, outcome));
        }
        if entry.condition == ALWAYS {
            break;
        }
    }
    decided
}

/// Whether everyone who meets `a` meets `b`, as far as the words say.
fn implies(a: &Condition, b: &Condition) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (_, Condition::All(group)) => group.all.iter().all(|b| implies(a, b)),
        (Condition::Any(group), _) => group.any.iter().all(|a| implies(a, b)),
        (Condition::All(group), _) if group.all.iter().any(|a| implies(a, b)) => true,
        (_, Condition::Any(group)) => group.any.iter().any(|b| implies(a, b)),
        (Condition::Attribute(a), Condition::Attribute(b)) => {
            let alike = (&a.attribute, a.operator, a.negate, a.ignore_case)
                == (&b.attribute, b.operator, b.negate, b.ignore_case);
            let has_all = a.operator == crate::document::Operator::HasAll;
            let texts = |values: &[Value]| -> BTreeSet<String> { values.iter().map(Value::to_string).collect() };
            let (few, many) = if a.negate == has_all { (a, b) } else { (b, a) };
            alike && texts(&few.values).is_subset(&texts(&many.values))
        }
        _ => false,
    }
}
