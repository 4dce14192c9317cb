//! Exact forms with their words beside them, `{"exact": …, "text": "country is one of DE, AT"}`: how documents are
//! shown to people. What is stored has no words, and what is written with them is read without.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use yardarm_eval::ruleset::{Bucket, Condition, Serve};

use super::SHOWN;
use super::exact::Words;
use crate::document::Kind;

/// Writes the words beside every exact form of a document as it is stored: a configuration or a segment. Other kinds
/// have none, and a form that this version cannot read stays without.
pub fn word(kind: Kind, document: &mut Value) {
    if !matches!(kind, Kind::Configuration | Kind::Segment) {
        return;
    }
    let buckets: BTreeMap<String, Bucket> = document.get("buckets").and_then(read).unwrap_or_default();
    let words = Words::new(SHOWN, &buckets);
    for rule in items(document, "rules") {
        if kind == Kind::Segment {
            condition(rule, words);
            continue;
        }
        rule.get_mut("if").into_iter().for_each(|authored| condition(authored, words));
        rule.get_mut("serve").into_iter().for_each(|served| serve(served, words));
    }
    for name in ["default", "off", "cycle"] {
        document.get_mut(name).into_iter().for_each(|served| serve(served, words));
    }
}

fn condition(authored: &mut Value, words: Words<'_>) {
    for name in ["all", "any"] {
        for operand in items(authored, name) {
            condition(operand, words);
        }
    }
    authored.get_mut("not").into_iter().for_each(|operand| condition(operand, words));
    say(authored, |exact: &Condition| words.condition(exact));
}

fn serve(served: &mut Value, words: Words<'_>) {
    say(served, |exact: &Serve| words.serve(exact));
}

fn say<T: DeserializeOwned>(form: &mut Value, words: impl Fn(&T) -> String) {
    let text = form.get("exact").and_then(read).map(|exact| words(&exact));
    if let (Some(text), Value::Object(members)) = (text, form) {
        members.insert("text".to_owned(), text.into());
    }
}

fn items<'v>(value: &'v mut Value, name: &str) -> &'v mut [Value] {
    value.get_mut(name).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}
