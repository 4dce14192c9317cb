//! Rules written without an id, in a file: which rule of the project each of them is.
//!
//! The id keeps a rule's place in history and its ranges, so an edited rule should stay the rule that it was. The surest
//! likeness counts first: the same condition and description, the same condition, the same description, and at last the
//! same answer for other people.

use crate::compile::attribute_path;
use crate::document::{Rule, Serve};

/// Gives rules without an id the ids of stored rules that they are like; those like none stay without.
pub(super) fn adopt(rules: &mut [Rule], stored: &[Rule]) {
    type Likeness = fn(&Rule, &Rule) -> bool;
    const LIKENESSES: [Likeness; 4] = [
        |a, b| a.condition == b.condition && a.description == b.description,
        |a, b| a.condition == b.condition,
        |a, b| !a.description.is_empty() && a.description == b.description,
        |a, b| same_answer(&a.serve, &b.serve),
    ];
    let mut free: Vec<&Rule> = stored.iter().filter(|old| rules.iter().all(|rule| rule.id != old.id)).collect();
    for alike in LIKENESSES {
        for rule in rules.iter_mut().filter(|rule| rule.id.is_empty()) {
            if let Some(place) = free.iter().position(|old| alike(rule, old)) {
                rule.id.clone_from(&free.remove(place).id);
            }
        }
    }
}

/// The same variants, drawn by the same attribute; percentages may differ.
fn same_answer(a: &Serve, b: &Serve) -> bool {
    match (a, b) {
        (Serve::Variant(a), Serve::Variant(b)) => a == b,
        (Serve::Rollout(a), Serve::Rollout(b)) => {
            a.variant == b.variant && attribute_path(&a.bucket_by) == attribute_path(&b.bucket_by)
        }
        (Serve::Split(a), Serve::Split(b)) => {
            a.shares.len() == b.shares.len()
                && a.shares.iter().zip(&b.shares).all(|(a, b)| a.variant == b.variant)
                && attribute_path(&a.bucket_by) == attribute_path(&b.bucket_by)
        }
        (Serve::Exact(a), Serve::Exact(b)) => a == b,
        (Serve::Variant(_) | Serve::Rollout(_) | Serve::Split(_) | Serve::Exact(_), _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rules(list: Value) -> Vec<Rule> {
        serde_json::from_value(list).unwrap()
    }

    fn rule(id: &str, country: &str, description: &str, variant: &str) -> Value {
        json!({"id": id, "description": description, "serve": {"variant": variant},
            "if": {"attribute": "country", "operator": "in", "values": [country]}})
    }

    #[test]
    fn the_surest_likeness_counts_first() {
        let stored = rules(json!([
            rule("de", "DE", "", "on"),
            rule("at", "AT", "pilot", "on"),
            rule("fr", "FR", "", "off"),
            rule("es", "ES", "", "x"),
        ]));
        for (what, written, expected) in [
            (
                "as they were, in another order",
                json!([rule("", "ES", "", "x"), rule("", "AT", "pilot", "on"), rule("", "DE", "", "on")]),
                ["es", "at", "de"],
            ),
            (
                "a condition edited",
                json!([rule("", "NL", "pilot", "x"), rule("", "CH", "", "off"), rule("", "DE", "", "on")]),
                ["at", "fr", "de"],
            ),
            (
                "an answer edited",
                json!([rule("", "FR", "", "on"), rule("", "PL", "", "on"), rule("", "IT", "", "new")]),
                ["fr", "de", ""],
            ),
            (
                "an id that is written counts",
                json!([rule("de", "AT", "pilot", "x"), rule("", "DE", "", "y"), rule("n", "ES", "", "x")]),
                ["de", "", "n"],
            ),
            (
                "the same twice",
                json!([rule("", "DE", "", "on"), rule("", "DE", "", "on"), rule("", "DE", "", "on")]),
                ["de", "at", ""],
            ),
        ] {
            let mut written = rules(written);
            adopt(&mut written, &stored);
            let ids: Vec<&str> = written.iter().map(|rule| rule.id.as_str()).collect();
            assert_eq!(ids, expected, "{what}");
        }
    }
}
