use super::*;
use serde_json::json;

fn get<'a>(context: &Context<'a>, name: &str) -> Attribute<'a> {
    *context.get(text_key(name), name)
}

#[test]
fn the_key_has_three_names() {
    for (json, key) in [
        (json!({"targetingKey": "a", "key": "b", "user": {"key": "c"}}), Some("a")),
        (json!({"targetingKey": null, "key": "b", "user": {"key": "c"}}), Some("c")),
        (json!({"key": "b", "user": "c"}), Some("b")),
        (json!({"targetingKey": ""}), None),
        (json!({}), None),
    ] {
        assert_eq!(Context::from_json(&json).unwrap().targeting_key(), key, "{json}");
    }
}

#[test]
fn what_is_not_a_context_says_where() {
    for (json, pointer) in [
        (json!([]), ""),
        (json!({"targetingKey": 1.5}), "/targetingKey"),
        (json!({"user": {"key": true}}), "/user/key"),
        (json!({"key": {}}), "/key"),
    ] {
        assert_eq!(Context::from_json(&json).unwrap_err().pointer, pointer, "{json}");
    }
}

#[test]
fn members_of_user_are_top_level_and_the_top_level_wins() {
    let json = json!({"user": {"country": "NO", "plan": "pro"}, "country": "DE"});
    let read = Context::from_json(&json).unwrap();
    let built = Context::builder().set("country", "DE").set("user", &json["user"]).build();
    for context in [read, built] {
        assert_eq!(get(&context, "country"), Attribute::Text("DE"));
        assert_eq!(get(&context, "plan"), Attribute::Text("pro"));
    }
}

#[test]
fn more_attributes_than_fit_inline_are_all_found() {
    let names: Vec<String> = (0..40).map(|n| format!("attribute{n}")).collect();
    let mut context = Context::new();
    for (name, n) in names.iter().zip(0..) {
        context.set(name, n);
        context.set(name, n + 1);
    }
    for (name, n) in names.iter().zip(0..) {
        assert_eq!(get(&context, name), Attribute::from(n + 1));
    }
    context.clear();
    assert_eq!(get(&context, "attribute1"), Attribute::Null);
}

#[test]
fn units_are_texts_and_integers() {
    for (attribute, unit) in [
        (Attribute::from("ü"), Some("ü")),
        (Attribute::from(""), None),
        (Attribute::from(-42), Some("-42")),
        (Attribute::from(-0.0), Some("0")),
        (Attribute::from(9_007_199_254_740_993_i64), Some("9007199254740992")),
        (Attribute::from(i64::MIN), None),
        (Attribute::from(-9_223_372_036_854_774_784_i64), Some("-9223372036854774784")),
        (Attribute::from(1.5), None),
        (Attribute::from(1e300), None),
        (Attribute::from(f64::NAN), None),
        (Attribute::from(true), None),
        (Attribute::Null, None),
    ] {
        attribute.with_unit(|text| assert_eq!(text, unit, "{attribute:?}"));
    }
}
