//! The context that is evaluated: what was signed over what was asked for.
//!
//! A context can say one thing in several ways (`targetingKey`, `key` and `user.key`; `plan` and `user.plan`), and the
//! evaluator takes the first of them. So whatever names what was signed goes, in each of its forms, before the signed
//! members come.

use serde_json::{Map, Value};

/// The names of the targeting key, beside the one that is signed.
const KEYS: [&str; 2] = ["targetingKey", "key"];

/// `asked` with `attested` over it; `None` when the two are about different units. What is signed is whole: no member of a
/// signed object is taken from elsewhere.
pub(super) fn over(asked: Value, attested: &Map<String, Value>) -> Option<Value> {
    let Value::Object(mut asked) = asked else { return Some(Value::Object(attested.clone())) };
    let signed_user = attested.get("user").and_then(Value::as_object);
    // A `user` that is no object is an attribute like others.
    let mut user = match asked.get_mut("user") {
        Some(Value::Object(members)) => Some(std::mem::take(members)),
        _ => None,
    };
    let key = attested.get("targetingKey");
    let claimed =
        KEYS.map(|name| asked.remove(name)).into_iter().chain([user.as_mut().and_then(|user| user.remove("key"))]);
    if claimed.flatten().any(|claimed| !claimed.is_null() && claimed != "" && Some(&claimed) != key) {
        return None;
    }
    let names = || attested.keys().chain(signed_user.into_iter().flat_map(Map::keys)).filter(|name| *name != "user");
    for name in names() {
        asked.remove(name);
        if let Some(user) = &mut user {
            user.remove(name);
        }
    }
    if let Some(user) = user {
        asked.insert("user".to_owned(), Value::Object(user));
    }
    asked.extend(attested.iter().filter(|(name, _)| *name != "key").map(|(name, value)| (name.clone(), value.clone())));
    Some(Value::Object(asked))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(asked: Value, attested: Value) -> Option<Value> {
        let Value::Object(attested) = attested else { panic!("{attested}") };
        over(asked, &attested)
    }

    #[test]
    fn the_signed_members_are_over_the_others() {
        for (asked, attested, expected) in [
            (json!(null), json!({"targetingKey": "u"}), json!({"targetingKey": "u"})),
            (json!({"page": "cart"}), json!({"targetingKey": "u"}), json!({"targetingKey": "u", "page": "cart"})),
            (
                json!({"targetingKey": "u", "plan": "pro", "page": "cart"}),
                json!({"targetingKey": "u", "plan": "free"}),
                json!({"targetingKey": "u", "plan": "free", "page": "cart"}),
            ),
            // An object is signed as a whole.
            (
                json!({"account": {"key": "a2", "role": "owner"}}),
                json!({"targetingKey": "u", "account": {"key": "a1"}}),
                json!({"targetingKey": "u", "account": {"key": "a1"}}),
            ),
            // That there is none can be signed, too.
            (
                json!({"plan": "pro"}),
                json!({"targetingKey": "u", "plan": null}),
                json!({"targetingKey": "u", "plan": null}),
            ),
            (json!({"user": "x"}), json!({"targetingKey": "u"}), json!({"targetingKey": "u", "user": "x"})),
        ] {
            assert_eq!(merged(asked.clone(), attested.clone()), Some(expected), "{asked} {attested}");
        }
    }

    #[test]
    fn no_other_name_of_a_signed_member_stays() {
        for (asked, attested, expected) in [
            // The top level would win over the members of `user`.
            (
                json!({"plan": "pro", "page": "cart"}),
                json!({"targetingKey": "u", "user": {"plan": "free"}}),
                json!({"targetingKey": "u", "user": {"plan": "free"}, "page": "cart"}),
            ),
            (
                json!({"user": {"plan": "pro", "page": "cart"}}),
                json!({"targetingKey": "u", "plan": "free"}),
                json!({"targetingKey": "u", "plan": "free", "user": {"page": "cart"}}),
            ),
            (
                json!({"user": {"plan": "pro"}}),
                json!({"targetingKey": "u", "user": {"page": "cart"}}),
                json!({"targetingKey": "u", "user": {"page": "cart"}}),
            ),
            (
                json!({"key": "u", "user": {"key": "u"}}),
                json!({"targetingKey": "u"}),
                json!({"targetingKey": "u", "user": {}}),
            ),
            (json!({}), json!({"targetingKey": "u", "key": "v"}), json!({"targetingKey": "u"})),
        ] {
            assert_eq!(merged(asked.clone(), attested.clone()), Some(expected), "{asked} {attested}");
        }
    }

    #[test]
    fn another_unit_is_refused_whatever_it_is_called() {
        let attested = json!({"targetingKey": "u"});
        for asked in [
            json!({"targetingKey": "v"}),
            json!({"key": "v"}),
            json!({"user": {"key": "v"}}),
            json!({"targetingKey": "u", "key": "v"}),
            json!({"targetingKey": ["u"]}),
        ] {
            assert_eq!(merged(asked.clone(), attested.clone()), None, "{asked}");
        }
        for asked in
            [json!({"targetingKey": null}), json!({"targetingKey": "", "key": "u"}), json!({"user": {"key": "u"}})]
        {
            assert!(merged(asked.clone(), attested.clone()).is_some(), "{asked}");
        }
    }
}
