//! Text that people read: names, owners, tags, descriptions. What they cannot see is refused, because it changes what they
//! see around it: line ends in a log, escape sequences in a terminal, directions that show a name as another one.

/// Whether a character has no business in a name: controls, line separators, and what overrides or isolates the writing
/// direction. Marks of the direction (U+200E, U+200F) stay: names in Hebrew and Arabic have them.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same for a text of several lines.
pub fn is_unseen_in_prose(character: char) -> bool {
    is_unseen(character) && !matches!(character, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_what_is_seen_is_unseen() {
        for character in ['\0', '\n', '\r', '\t', '\u{1b}', '\u{7f}', '\u{9b}', '\u{2028}', '\u{202e}', '\u{2066}'] {
            assert!(is_unseen(character), "{character:?}");
            assert_eq!(is_unseen_in_prose(character), !"\n\r\t".contains(character), "{character:?}");
        }
        for character in ['a', ' ', '=', '"', 'ü', 'א', '\u{200f}', '\u{200d}', '🏳'] {
            assert!(!is_unseen(character), "{character:?}");
        }
    }
}
