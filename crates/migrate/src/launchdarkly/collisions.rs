//! Attributes of users whose name means something else at the top of our contexts: there a user's attributes stand beside
//! the other kinds, under their own names.

use std::collections::BTreeSet;

use super::reference::components;
use super::source::{Clause, Rollout, Segment, Setting, kind_of};
use crate::Report;

/// Names of ours at the top of a context.
const TAKEN: [&str; 2] = ["user", "targetingKey"];

/// Kinds of context, and attributes of users, that the files speak of.
#[derive(Default)]
pub(super) struct Names {
    kinds: BTreeSet<String>,
    attributes: BTreeSet<String>,
}

impl Names {
    /// Adds what a flag speaks of.
    pub(super) fn of_setting(&mut self, setting: &Setting) {
        self.kinds.extend(setting.context_targets.iter().map(|one| kind_of(one.context_kind.as_deref()).to_owned()));
        setting.rules.iter().flat_map(|rule| &rule.clauses).for_each(|one| self.of_clause(one));
        let rollouts = setting.rules.iter().filter_map(|rule| rule.rollout.as_ref());
        let last = setting.fallthrough.iter().filter_map(|answer| answer.rollout.as_ref());
        rollouts.chain(last).for_each(|one| self.of_rollout(one));
    }

    /// Adds what a segment speaks of.
    pub(super) fn of_segment(&mut self, segment: &Segment) {
        let lists = segment.included_contexts.iter().chain(&segment.excluded_contexts);
        self.kinds.extend(lists.map(|one| kind_of(one.context_kind.as_deref()).to_owned()));
        for rule in &segment.rules {
            rule.clauses.iter().for_each(|one| self.of_clause(one));
            self.add(rule.rollout_context_kind.as_deref(), rule.bucket_by.as_deref());
        }
    }

    fn of_clause(&mut self, clause: &Clause) {
        if clause.op != "segmentMatch" {
            self.add(clause.context_kind.as_deref(), clause.attribute.as_deref());
        }
    }

    fn of_rollout(&mut self, rollout: &Rollout) {
        self.add(rollout.context_kind.as_deref(), rollout.bucket_by.as_deref());
    }

    fn add(&mut self, kind: Option<&str>, attribute: Option<&str>) {
        self.kinds.insert(kind_of(kind).to_owned());
        let components = attribute.and_then(|name| components(kind, name).ok());
        if let (Some(name), "user") = (components.and_then(|all| all.into_iter().next()), kind_of(kind)) {
            self.attributes.insert(name);
        }
    }

    /// Reports the attributes that collide.
    pub(super) fn tell(&self, report: &mut Report) {
        let kinds = self.kinds.iter().filter(|kind| *kind != "user");
        let taken: BTreeSet<&str> = TAKEN.into_iter().chain(kinds.map(String::as_str)).collect();
        for name in self.attributes.iter().filter(|name| taken.contains(name.as_str())) {
            let why = match name.as_str() {
                "targetingKey" => "that is the name of the user's key here",
                "user" => "that is where the user's own attributes are here",
                _ => "there is a kind of context of that name, and both would be at the top of a context here",
            };
            let to_do = "pass the attribute by another name, and change the conditions on it";
            report.attention("contexts", format!("the user's attribute `{name}`"), why, to_do);
        }
    }
}
