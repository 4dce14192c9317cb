//! What policies say about a change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::attributes;
use super::exposure::{self, Served};
use super::freeze::frozen_until;
use super::local::time_zone;
use super::reach::{self, Reach, Spot, Touch};
use super::ruling::{Note, Requirement, Rule, Touched, Verdict, Violation};
use super::soak::has_tried;
use crate::command::Documents;
use crate::document::{Configuration, Flag, Kind, Policy, State};
use crate::{codes, configuration_key, limits};

/// What else a verdict depends on.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// When the change is to be made: milliseconds since 1970.
    pub now: i64,
    /// When documents of the state were last written, milliseconds since 1970: those that [`ages_needed`] names. One that
    /// is asked for and not here counts as written just now.
    pub changed_at: BTreeMap<(Kind, String), i64>,
    /// The author's words.
    pub reason: String,
}

/// Documents of the state whose times of writing a verdict on these documents may ask for ([`Circumstances::changed_at`]).
/// Empty unless a policy asks for a soak.
///
/// # Errors
/// As [`verdict`].
pub fn ages_needed(state: &State, documents: &Documents) -> Result<BTreeSet<(Kind, String)>, serde_json::Error> {
    if state.policies.values().all(|policy| policy.min_soak.is_none()) {
        return Ok(BTreeSet::new());
    }
    let change = Change::of(state, documents)?;
    let mut needed = BTreeSet::new();
    for policy in state.policies.values() {
        let Some(soak) = &policy.min_soak else { continue };
        for ((environment, flag), _) in change.rolled_out(policy) {
            let place = soak.environment.as_deref().filter(|other| other != environment).unwrap_or(environment);
            let key = configuration_key(place, flag);
            if state.revision(Kind::Configuration, &key).is_some() {
                needed.insert((Kind::Configuration, key));
            }
        }
    }
    Ok(needed)
}

/// What the policies of a state say about documents that were decided on it. Those count that are there before the
/// change: one that the change makes is not for it, and one that it changes or removes still is. In one environment,
/// whoever is served something else is looked at as far as documents say; see [`Policy`] for each rule.
///
/// # Errors
/// A document cannot be read. `decide` makes none of those; whoever has one must not commit it unjudged.
pub fn verdict(
    state: &State,
    documents: &Documents,
    circumstances: &Circumstances,
) -> Result<Verdict, serde_json::Error> {
    let change = Change::of(state, documents)?;
    let mut verdict = Verdict::default();
    verdict.environments.extend(change.reach.flags.keys().map(|(environment, _)| environment.clone()));
    verdict.environments.extend(change.reach.weakened.iter().cloned());
    let touched = change.reach.flags.iter().take(limits::VERDICT_ITEMS);
    verdict.touched = touched
        .map(|((environment, flag), touch)| Touched {
            environment: environment.clone(),
            flag: flag.clone(),
            kill: touch.kill,
        })
        .collect();
    let mut steps = BTreeMap::new();
    for (key, policy) in &state.policies {
        let held = change.held(key, policy);
        verdict.environments.extend(held.keys().filter(|environment| !environment.is_empty()).cloned());
        let mut told = Told { policy: key, rule: policy, circumstances, verdict: &mut verdict };
        told.hold(&held);
        told.owners(&change);
        for (spot, touch) in change.rolled_out(policy) {
            told.steps(&change, spot, touch, &mut steps);
            told.attributes(&change, spot);
            told.soak(&change, spot);
        }
    }
    Ok(verdict)
}

/// A change with both sides of it, and what it touches.
struct Change<'s> {
    before: &'s State,
    after: State,
    reach: Reach,
}

/// By environment (empty: none), a document to point at.
type Held = BTreeMap<String, (Kind, String)>;

impl<'s> Change<'s> {
    fn of(before: &'s State, documents: &Documents) -> Result<Self, serde_json::Error> {
        let after = reach::after(before, documents)?;
        let reach = reach::reach(before, &after, documents);
        Ok(Self { before, after, reach })
    }

    /// Whether a policy is for an environment, before the change or after it.
    fn covers(&self, policy: &Policy, environment: &str) -> bool {
        match &policy.environments {
            Some(named) => named.iter().any(|named| named == environment),
            None => [self.before, &self.after]
                .iter()
                .any(|state| state.environments.get(environment).is_some_and(|environment| environment.production)),
        }
    }

    /// Whether a policy is for a flag, as it is before the change or after it.
    fn selects(&self, policy: &Policy, flag: &str) -> bool {
        [self.before, &self.after].iter().any(|state| selects(policy, state, flag))
    }

    /// What a policy is for and the change does more than turn off: flags whose own documents or segments change.
    fn rolled_out(&self, policy: &Policy) -> impl Iterator<Item = (&Spot, &Touch)> {
        self.reach.flags.iter().filter(|((environment, flag), touch)| {
            touch.own && !touch.kill && self.covers(policy, environment) && self.selects(policy, flag)
        })
    }

    /// Where approvals, freezes and reasons of a policy hold the change up.
    fn held(&self, key: &str, policy: &Policy) -> Held {
        let mut held = Held::new();
        for ((environment, flag), touch) in &self.reach.flags {
            let free = touch.kill && !policy.hold_kills;
            if !free && self.covers(policy, environment) && self.selects(policy, flag) {
                held.entry(environment.clone()).or_insert_with(|| (touch.kind, touch.key.clone()));
            }
        }
        for environment in self.reach.weakened.iter().filter(|environment| self.covers(policy, environment)) {
            held.entry(environment.clone()).or_insert_with(|| (Kind::Environment, environment.clone()));
        }
        // A flag that leaves a policy by its tags would be free from then on.
        for (environment, flag) in self.before.configurations.keys() {
            let leaves = || selects(policy, self.before, flag) && !selects(policy, &self.after, flag);
            let removed = !self.after.flags.contains_key(flag);
            if policy.flags.is_some() && self.covers(policy, environment) && !removed && leaves() {
                held.entry(environment.clone()).or_insert_with(|| (Kind::Flag, flag.clone()));
            }
        }
        // What a policy asks for is asked for its own changes, and those of others that are for the same environments.
        for changed in &self.reach.policies {
            let Some(other) = self.before.policies.get(changed) else { continue };
            let common = self.before.environments.keys().filter(|environment| {
                policy.flags.is_none() && self.covers(policy, environment) && self.covers(other, environment)
            });
            for environment in common {
                held.entry(environment.clone()).or_insert_with(|| (Kind::Policy, changed.clone()));
            }
            if changed == key {
                held.entry(String::new()).or_insert_with(|| (Kind::Policy, changed.clone()));
            }
        }
        held
    }
}

fn selects(policy: &Policy, state: &State, flag: &str) -> bool {
    let Some(selection) = &policy.flags else { return true };
    state.flags.get(flag).is_some_and(|flag| flag.tags.iter().any(|tag| selection.tags.contains(tag)))
}

/// What one policy says.
struct Told<'c> {
    policy: &'c str,
    rule: &'c Policy,
    circumstances: &'c Circumstances,
    verdict: &'c mut Verdict,
}

/// Steps by (environment, flag): computed once for all policies.
type Steps = BTreeMap<Spot, Vec<(String, f64)>>;

/// Points below this are rounding of buckets: a hundred-thousandth of a percent.
const NOBODY: f64 = 1e-5;

impl Told<'_> {
    fn violation(&mut self, rule: Rule, (kind, key): (Kind, &str), environment: &str, message: String) {
        let code = match rule {
            Rule::Freeze => codes::POLICY_FREEZE,
            Rule::LargestStep => codes::POLICY_LARGEST_STEP,
            Rule::RequireOwner => codes::POLICY_OWNER,
            Rule::RequireReason => codes::POLICY_REASON,
            Rule::ForbiddenAttributes => codes::POLICY_ATTRIBUTE,
            Rule::MinSoak => codes::POLICY_SOAK,
        };
        self.violate(Violation {
            policy: self.policy.to_owned(),
            rule,
            code,
            environment: environment.to_owned(),
            kind,
            key: key.to_owned(),
            pointer: String::new(),
            message,
            // An emergency is over in a day; what an attribute gave away is not, and a bypass says why.
            may_bypass: !matches!(rule, Rule::ForbiddenAttributes | Rule::RequireReason),
            clears_at: None,
        });
    }

    fn violate(&mut self, violation: Violation) {
        if self.verdict.violations.len() < limits::VERDICT_ITEMS {
            self.verdict.violations.push(violation);
        }
    }

    fn note(&mut self, code: &'static str, (kind, key): (Kind, &str), environment: &str, message: String) {
        if self.verdict.notes.len() < limits::VERDICT_ITEMS {
            let (policy, environment, key) = (self.policy.to_owned(), environment.to_owned(), key.to_owned());
            self.verdict.notes.push(Note { policy, code, environment, kind, key, message });
        }
    }

    /// Sets the rest of the violation that was told last.
    fn last(&mut self, set: impl FnOnce(&mut Violation)) {
        if let Some(last) = self.verdict.violations.last_mut() {
            set(last);
        }
    }

    /// Approvals, freezes and reasons.
    fn hold(&mut self, held: &Held) {
        let Some((first, place)) = held.iter().next() else { return };
        let name = &self.rule.name;
        if let Some(approvals) = &self.rule.approvals {
            self.verdict.approvals.push(Requirement {
                policy: self.policy.to_owned(),
                name: name.clone(),
                environments: held.keys().filter(|environment| !environment.is_empty()).cloned().collect(),
                required: approvals.required,
                roles: approvals.roles.clone(),
                groups: approvals.groups.clone(),
                author_may_approve: approvals.author_may_approve,
            });
        }
        if self.rule.require_reason && self.circumstances.reason.trim().is_empty() {
            let message = format!("the policy {name:?} wants a reason for this change; say why");
            let environment = if held.len() == 1 { first.as_str() } else { "" };
            self.violation(Rule::RequireReason, (place.0, &place.1), environment, message);
        }
        for freeze in &self.rule.freeze {
            let Some(until) = frozen_until(freeze, self.circumstances.now) else { continue };
            let end = end_text(until, &freeze.time_zone);
            for (environment, (kind, key)) in held {
                // With its environments, the policy itself need not be told again.
                if environment.is_empty() && held.len() > 1 {
                    continue;
                }
                let place = if environment.is_empty() { "this policy".to_owned() } else { environment.clone() };
                let message = format!(
                    "the policy {name:?} lets nothing change in {place} until {end} ({}); wait, or schedule it for then",
                    freeze.name
                );
                self.violation(Rule::Freeze, (*kind, key), environment, message);
                self.last(|violation| violation.clears_at = Some(until));
            }
        }
    }

    /// Flags that are touched, or lose their owner, have none.
    fn owners(&mut self, change: &Change<'_>) {
        if !self.rule.require_owner {
            return;
        }
        let mut asked: BTreeMap<&str, &str> = BTreeMap::new();
        for ((environment, flag), _) in change.rolled_out(self.rule) {
            asked.entry(flag).or_insert(environment);
        }
        for (environment, flag) in change.before.configurations.keys() {
            let owned = |state: &State| state.flags.get(flag).is_some_and(|flag| flag.owner.is_some());
            let there = change.after.flags.get(flag).is_some_and(|flag| !flag.archived);
            let loses = owned(change.before) && !owned(&change.after);
            if there && loses && change.covers(self.rule, environment) && change.selects(self.rule, flag) {
                asked.entry(flag).or_insert(environment);
            }
        }
        let name = &self.rule.name;
        for (flag, environment) in asked {
            if change.after.flags.get(flag).is_some_and(|flag| flag.owner.is_none() && !flag.archived) {
                let message = format!(
                    "the policy {name:?} wants flags that are served in {environment} to have an owner, and {flag:?} has \
                     none; say who answers for it"
                );
                self.violation(Rule::RequireOwner, (Kind::Flag, flag), environment, message);
                self.last(|violation| "/owner".clone_into(&mut violation.pointer));
            }
        }
    }

    fn steps(&mut self, change: &Change<'_>, spot: &Spot, touch: &Touch, known: &mut Steps) {
        let Some(most) = self.rule.largest_step else { return };
        let (environment, flag) = spot;
        let name = &self.rule.name;
        if let Some(segment) = &touch.segment {
            let message = format!(
                "how many are in the segment {segment:?} is not known here, so the policy {name:?} cannot say by how much \
                 {flag:?} is widened in {environment}"
            );
            self.note("step_unknown", (Kind::Segment, segment), environment, message);
        }
        let steps = known.entry(spot.clone()).or_insert_with(|| change.steps(environment, flag));
        let before = change.before.configuration(environment, flag);
        let after = change.after.configuration(environment, flag);
        for (variant, points) in steps.iter().filter(|(_, points)| *points > most + NOBODY) {
            let whom = variant_text(variant);
            let points = (points * 1000.0).round() / 1000.0;
            let message = format!(
                "{whom} would be served to {points} percentage points more in {environment} (of those who match, where a \
                 rule decides), and the policy {name:?} allows {most} in one change; go in smaller steps, or target people \
                 one by one"
            );
            let key = configuration_key(environment, flag);
            self.violation(Rule::LargestStep, (Kind::Configuration, &key), environment, message);
            let pointer = widened_at(before.as_ref(), after.as_ref());
            self.last(|violation| violation.pointer = pointer);
        }
    }

    fn attributes(&mut self, change: &Change<'_>, (environment, flag): &Spot) {
        if self.rule.forbidden_attributes.is_empty() {
            return;
        }
        let before = attributes::read_by(change.before, environment, flag);
        let after = attributes::read_by(&change.after, environment, flag);
        let name = &self.rule.name;
        for (attribute, (kind, key, pointer)) in after {
            let mut rules = self.rule.forbidden_attributes.iter();
            let Some(forbidden) = rules.find(|forbidden| attributes::is_forbidden(&attribute, forbidden)) else {
                continue;
            };
            if before.contains_key(&attribute) {
                let message = format!(
                    "{flag:?} in {environment} looks at {forbidden}, which the policy {name:?} forbids, and did so before"
                );
                self.note("attribute_used_before", (kind, &key), environment, message);
                continue;
            }
            let message = format!(
                "the policy {name:?} forbids to look at {forbidden} in {environment}, and {flag:?} would; decide by \
                 something else"
            );
            self.violation(Rule::ForbiddenAttributes, (kind, &key), environment, message);
            self.last(|violation| violation.pointer = pointer);
        }
    }

    fn soak(&mut self, change: &Change<'_>, (environment, flag): &Spot) {
        let Some(soak) = &self.rule.min_soak else { return };
        let key = configuration_key(environment, flag);
        let after = change.after.stored_configuration(environment, flag);
        // Only what is served must have been tried, and only where the configuration is what changes.
        let Some(wanted) = after.filter(|after| after.on) else { return };
        if change.before.stored_configuration(environment, flag) == Some(wanted) {
            return;
        }
        let (name, hours) = (&self.rule.name, soak.hours);
        let other = soak.environment.as_deref().filter(|other| other != environment);
        let place = other.unwrap_or(environment);
        let tried = change.before.stored_configuration(place, flag);
        if let Some(other) = other
            && !tried.is_some_and(|tried| has_tried(tried, wanted))
        {
            let message = format!(
                "the policy {name:?} wants this to be served in {other} for {hours} h before it is in {environment}, and \
                 {flag:?} does not serve the same there; try it there first"
            );
            return self.violation(Rule::MinSoak, (Kind::Configuration, &key), environment, message);
        }
        if tried.is_none() {
            return;
        }
        let now = self.circumstances.now;
        let place_key = configuration_key(place, flag);
        let since = self.circumstances.changed_at.get(&(Kind::Configuration, place_key)).copied().unwrap_or(now);
        let clears_at = since.saturating_add(i64::from(hours) * 3_600_000);
        if now < clears_at {
            let ago = now.saturating_sub(since).max(0) / 3_600_000;
            let end = end_text(clears_at, "UTC");
            let message = format!(
                "the policy {name:?} wants {flag:?} to be unchanged in {place} for {hours} h, and it was changed there {ago} h \
                 ago; wait until {end}"
            );
            self.violation(Rule::MinSoak, (Kind::Configuration, &key), environment, message);
            self.last(|violation| violation.clears_at = Some(clears_at));
        }
    }
}

impl Change<'_> {
    fn steps(&self, environment: &str, flag: &str) -> Vec<(String, f64)> {
        let served = |state: &State| -> Option<(Arc<Flag>, Configuration)> {
            let document = state.flags.get(flag).filter(|flag| !flag.archived)?;
            Some((Arc::clone(document), state.configuration(environment, flag)?))
        };
        let (old, new) = (served(self.before), served(&self.after));
        exposure::widened(
            old.as_ref().map(|(flag, configuration)| Served { flag, configuration }),
            new.as_ref().map(|(flag, configuration)| Served { flag, configuration }),
        )
    }
}

/// Where a configuration widens, as near as one pointer says it.
fn widened_at(before: Option<&Configuration>, after: Option<&Configuration>) -> String {
    let Some(after) = after else { return String::new() };
    let Some(before) = before else { return String::new() };
    if !before.on && after.on {
        return "/on".to_owned();
    }
    let known = |id: &str| before.rules.iter().find(|rule| rule.id == id);
    let rules = after.rules.iter().enumerate();
    let rule = rules
        .into_iter()
        .find(|(_, rule)| known(&rule.id).is_none_or(|old| old.serve != rule.serve || old.condition != rule.condition));
    if before.off_variant != after.off_variant {
        "/off_variant".to_owned()
    } else if before.default != after.default {
        "/default".to_owned()
    } else if let Some((index, _)) = rule {
        format!("/rules/{index}")
    } else if before.rules != after.rules {
        "/rules".to_owned()
    } else if before.prerequisites != after.prerequisites {
        "/prerequisites".to_owned()
    } else {
        String::new()
    }
}

fn variant_text(outcome: &str) -> String {
    if outcome.starts_with("exact ") { "an exact form".to_owned() } else { format!("{outcome:?}") }
}

/// `2027-01-04 09:00 (Europe/Berlin)`.
fn end_text(until: i64, zone: &str) -> String {
    let instant = jiff::Timestamp::from_millisecond(until).unwrap_or_default();
    match time_zone(zone) {
        Some(found) => format!("{} ({zone})", instant.to_zoned(found).strftime("%Y-%m-%d %H:%M")),
        None => instant.to_string(),
    }
}
