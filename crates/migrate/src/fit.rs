//! Names, descriptions, owners and tags as long as they may be here: what is too long is cut and told, so that it costs no
//! flag.

use std::collections::BTreeSet;

use serde_json::Value;
use yardarm_model::label::{is_unseen, is_unseen_in_prose};
use yardarm_model::limits;

use crate::{Imported, Report};

/// The import with every text as long as it may be.
pub(crate) fn fitted(mut imported: Imported) -> Imported {
    let Imported { document, report } = &mut imported;
    for (list, kind) in [("environments", "environment"), ("segments", "segment"), ("flags", "flag")] {
        for item in document.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let place = format!("{kind} {}", item["key"].as_str().unwrap_or_default());
            for (name, most) in [("name", limits::NAME), ("description", limits::DESCRIPTION), ("owner", limits::OWNER)]
            {
                cut(item, name, most, &place, report);
            }
            tags(item, &place, report);
            for variant in item.get_mut("variants").and_then(Value::as_array_mut).into_iter().flatten() {
                let place = format!("{place}, variant {}", variant["key"].as_str().unwrap_or_default());
                cut(variant, "description", limits::DESCRIPTION, &place, report);
            }
            let environments = item.get_mut("environments").and_then(Value::as_object_mut);
            let configurations = environments.into_iter().flat_map(|all| all.values_mut());
            for rule in configurations.filter_map(|one| one.get_mut("rules")?.as_array_mut()).flatten() {
                let place = format!("{place}, rule {}", rule["id"].as_str().unwrap_or_default());
                cut(rule, "description", limits::DESCRIPTION, &place, report);
            }
        }
    }
    imported
}

fn cut(item: &mut Value, name: &str, most: usize, place: &str, report: &mut Report) {
    let Some(Value::String(text)) = item.get_mut(name) else { return };
    let unseen: fn(char) -> bool = if name == "description" { is_unseen_in_prose } else { is_unseen };
    if text.contains(unseen) {
        text.retain(|character| !unseen(character));
        let why = "it has control characters, or such as turn the direction of writing";
        report.attention(place, format!("its {name} goes without what cannot be seen"), why, "look at it");
    }
    if let Some((at, _)) = text.char_indices().nth(most) {
        let whole = text.chars().count();
        text.truncate(at);
        let why = format!("it has {whole} characters, and at most {most} are allowed");
        report.attention(place, format!("its {name} is cut"), why, "shorten it by hand");
    }
}

fn tags(item: &mut Value, place: &str, report: &mut Report) {
    let Some(Value::Array(tags)) = item.get_mut("tags") else { return };
    let mut kept: BTreeSet<String> = BTreeSet::new();
    let mut lost = Vec::new();
    for tag in tags.iter().filter_map(Value::as_str).filter(|tag| !tag.is_empty()) {
        if !tag.contains(is_unseen) && tag.chars().count() <= limits::TAG && kept.len() < limits::TAGS {
            kept.insert(tag.to_owned());
        } else if !kept.contains(tag) {
            lost.push(tag.to_owned());
        }
    }
    if !lost.is_empty() {
        let why = format!("a flag has at most {} tags of {} characters", limits::TAGS, limits::TAG);
        report.attention(
            place,
            format!("without the tags {}", lost.join(", ")),
            why,
            "write them into its description",
        );
    }
    *tags = kept.into_iter().map(Value::from).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_too_long_is_cut_and_told() {
        let flag = json!({
            "key": "f", "name": "ü".repeat(300), "description": "fits", "tags": ["a", "a", "", "x".repeat(70)],
            "variants": [{"key": "on", "description": "y".repeat(5_000)}],
            "environments": {"production": {"rules": [{"id": "r", "description": "z".repeat(5_000)}]}},
        });
        let imported = Imported { document: json!({"flags": [flag]}), report: Report::default() };
        let Imported { document, report } = fitted(imported);
        let flag = &document["flags"][0];
        assert_eq!(flag["name"].as_str().unwrap(), "ü".repeat(limits::NAME));
        assert_eq!((&flag["description"], &flag["tags"]), (&json!("fits"), &json!(["a"])));
        assert_eq!(report.needs_attention.len(), 4, "{report}");
    }
}
