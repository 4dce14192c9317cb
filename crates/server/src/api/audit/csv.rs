//! CSV for spreadsheets, in which nothing is a formula, a new row or a terminal's command.

use std::fmt::Write as _;

use yardarm_store::chain::Entry;

use crate::auth::AuditLog;

/// The first row.
pub(super) const HEADER: &str =
    "time,project,scope,rev,actor,actor_name,via,action,reason,documents,trace_id,hash,cursor\r\n";
/// Documents named in a row.
const NAMED: usize = 50;

/// A change as a row.
pub(super) fn row(log: &AuditLog, entry: &Entry, cursor: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(entry.at).map(|at| at.to_string()).unwrap_or_default();
    let mut documents = String::new();
    for document in entry.documents.iter().take(NAMED) {
        let _ = write!(documents, "{}{} {}", if documents.is_empty() { "" } else { "; " }, document.kind, document.key);
    }
    if entry.documents.len() > NAMED {
        let _ = write!(documents, "; and {} more", entry.documents.len() - NAMED);
    }
    let rev = entry.rev.to_string();
    let cells = [
        time.as_str(),
        log.project.as_deref().unwrap_or_default(),
        &entry.scope_id,
        &rev,
        &entry.actor,
        entry.actor_name.text.as_deref().unwrap_or("(redacted)"),
        &entry.via,
        &entry.action,
        entry.reason.text.as_deref().unwrap_or("(redacted)"),
        &documents,
        &entry.trace_id,
        &entry.hash,
        cursor,
    ];
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

/// Quoted; a text that a spreadsheet would compute has an apostrophe before it; control characters are written out.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len() + 3);
    cell.push('"');
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        cell.push('\'');
    }
    for letter in text.chars() {
        match letter {
            '"' => cell.push_str("\"\""),
            '\n' => cell.push_str("\\n"),
            '\r' => cell.push_str("\\r"),
            '\t' => cell.push_str("\\t"),
            // Terminals obey these, and some of these turn a line around.
            letter if letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                let _ = write!(cell, "\\u{{{:x}}}", u32::from(letter));
            }
            letter => cell.push(letter),
        }
    }
    cell.push('"');
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text_and_nothing_else() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("a \"quoted\", b", "\"a \"\"quoted\"\", b\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\\t=1\""),
            ("\r=1", "\"'\\r=1\""),
            ("a\r\nb", "\"a\\r\\nb\""),
            ("\u{1b}[2J", "\"\\u{1b}[2J\""),
            ("\u{9b}2J", "\"\\u{9b}2J\""),
            ("\u{202e}evil", "\"\\u{202e}evil\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
