//! What a condition of Flagsmith is about: a trait, or a place in the evaluation context by `JSONPath`.

use serde_json::Value;

/// What a property means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// An attribute of the caller's context.
    Attribute(Vec<String>),
    /// Known already at import: the environment's name, for example.
    Constant(Value),
    /// The key of the identity.
    IdentityKey,
    /// Never there.
    Nothing,
}

/// The path of a trait. Names that mean something else at the top of our contexts are below `traits`.
pub(super) fn trait_path(name: &str) -> Vec<String> {
    let taken = matches!(name, "key" | "targetingKey" | "user" | "identity" | "traits" | "") || name.starts_with('$');
    if taken { vec!["traits".to_owned(), name.to_owned()] } else { vec![name.to_owned()] }
}

/// What a `JSONPath` means in an environment; `None` when it is not one (then it is the name of a trait).
pub(super) fn of_path(property: &str, context: &Value) -> Option<Subject> {
    let path = names(property)?;
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    Some(match path[..] {
        ["identity", "identifier"] => Subject::Attribute(vec!["targetingKey".to_owned()]),
        ["identity", "key"] => Subject::IdentityKey,
        ["identity", "traits", name, ref below @ ..] => {
            Subject::Attribute(trait_path(name).into_iter().chain(below.iter().map(ToString::to_string)).collect())
        }
        ["identity", ..] => Subject::Nothing,
        _ => match path.iter().try_fold(context, |value, name| value.get(name)) {
            Some(value) if !(value.is_null() || value.is_array() || value.is_object()) => {
                Subject::Constant(value.clone())
            }
            _ => Subject::Nothing,
        },
    })
}

/// The names of `$.a['b c'].d`.
fn names(property: &str) -> Option<Vec<String>> {
    let mut rest = property.strip_prefix('$')?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
            let end = after.find(|c| !fits(c)).unwrap_or(after.len());
            let name = &after[..end];
            if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            names.push(name.to_owned());
            rest = &after[end..];
        } else {
            let after = rest.strip_prefix('[')?;
            let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            let inner = &after[1..];
            let (mut name, mut letters) = (String::new(), inner.char_indices());
            let end = loop {
                match letters.next()? {
                    (at, letter) if letter == quote => break at,
                    (_, '\\') => name.push(letters.next()?.1),
                    (_, letter) => name.push(letter),
                }
            };
            names.push(name);
            rest = inner[end + 1..].strip_prefix(']')?;
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_names() {
        for (property, expected) in [
            ("$.identity.traits.tamaño", Some(vec!["identity", "traits", "tamaño"])),
            ("$.a['b.[c]']", Some(vec!["a", "b.[c]"])),
            ("$.a[\"b\\\"c\"].d", Some(vec!["a", "b\"c", "d"])),
            ("$.  no path", None),
            ("$.1a", None),
            ("$.a[0]", None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(names(property), expected, "{property}");
        }
    }

    #[test]
    fn what_is_known_at_import_is_constant() {
        let context = json!({"environment": {"name": "Production"}});
        assert_eq!(of_path("$.environment.name", &context), Some(Subject::Constant(json!("Production"))));
        assert_eq!(of_path("$.environment", &context), Some(Subject::Nothing));
        assert_eq!(of_path("$.identity", &context), Some(Subject::Nothing));
        let key = vec!["traits".to_owned(), "key".to_owned()];
        assert_eq!(of_path("$.identity.traits.key", &context), Some(Subject::Attribute(key)));
    }
}
