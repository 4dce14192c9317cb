//! Attribute references: `name`, `/address/city`, `/a~1b` (LaunchDarkly's dialect of JSON pointers), and where what they
//! mean is found in one of our contexts.

/// Why a reference cannot be used; the flag is malformed when it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Components of a reference. Only a clause that names its context kind speaks pointers; without one the text is the
/// attribute's name, whatever is in it.
pub(super) fn components(context_kind: Option<&str>, reference: &str) -> Result<Vec<String>, Malformed> {
    let pointers = context_kind.is_some_and(|kind| !kind.is_empty());
    match reference.strip_prefix('/') {
        _ if reference.is_empty() => Err(Malformed),
        Some(path) if pointers => path.split('/').map(unescaped).collect(),
        _ => Ok(vec![reference.to_owned()]),
    }
}

fn unescaped(component: &str) -> Result<String, Malformed> {
    if component.is_empty() {
        return Err(Malformed);
    }
    let mut text = String::with_capacity(component.len());
    let mut letters = component.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '~' => match letters.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err(Malformed),
            },
            letter => letter,
        });
    }
    Ok(text)
}

/// Path into our context: the kind `user` is the top level and its key is the targeting key.
pub(super) fn path(kind: &str, components: &[String]) -> Vec<String> {
    match (kind, components) {
        ("user", [key]) if key == "key" => vec!["targetingKey".to_owned()],
        ("user", _) => components.to_vec(),
        _ => std::iter::once(kind.to_owned()).chain(components.iter().cloned()).collect(),
    }
}

/// Path of a kind's key.
pub(super) fn key_path(kind: &str) -> Vec<String> {
    path(kind, &["key".to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_names_or_pointers() {
        #[expect(clippy::type_complexity, reason = "a table of cases")]
        let table: &[(Option<&str>, &str, Result<&[&str], Malformed>)] = &[
            (None, "plan", Ok(&["plan"])),
            (None, "/plan/tier", Ok(&["/plan/tier"])),
            (Some("user"), "plan/tier", Ok(&["plan/tier"])),
            (Some("user"), "/plan/tier", Ok(&["plan", "tier"])),
            (Some("org"), "/a~1b~0", Ok(&["a/b~"])),
            (None, "", Err(Malformed)),
            (Some("user"), "/", Err(Malformed)),
            (Some("user"), "/a//b", Err(Malformed)),
            (Some("user"), "/a~2", Err(Malformed)),
            (Some("user"), "/a~", Err(Malformed)),
        ];
        for (kind, text, expected) in table {
            let expected = expected.map(|parts| parts.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(components(*kind, text), expected, "{text}");
        }
    }

    #[test]
    fn the_kind_user_is_the_top_level() {
        assert_eq!(path("user", &["plan".to_owned()]), ["plan"]);
        assert_eq!(key_path("user"), ["targetingKey"]);
        assert_eq!(key_path("org"), ["org", "key"]);
    }
}
