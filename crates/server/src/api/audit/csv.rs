//! CSV for spreadsheets, in which nothing is a formula, a new row or a terminal's command.

use std::fmt::Write as _;

use yardarm_model::label::is_unseen;

use super::rows::Row;

/// The first row.
pub(super) const HEADER: &str = "time,project,scope,rev,id,parent,actor,actor_name,via,action,reason,objects,kind,key,\
    removed,trace_id,hash,cursor\r\n";

/// A row as a line.
pub(super) fn line(row: &Row<'_>) -> String {
    let (rev, objects) = (row.rev.to_string(), row.objects.to_string());
    let cells = [
        row.time.as_str(),
        row.project.unwrap_or_default(),
        row.scope,
        &rev,
        &row.id,
        row.parent.as_deref().unwrap_or_default(),
        row.actor,
        row.actor_name.unwrap_or("(redacted)"),
        row.via,
        row.action,
        row.reason.unwrap_or("(redacted)"),
        &objects,
        row.kind.unwrap_or_default(),
        row.key.unwrap_or_default(),
        row.removed.map_or("", |removed| if removed { "true" } else { "false" }),
        row.trace_id,
        row.hash.unwrap_or_default(),
        row.cursor.unwrap_or_default(),
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
            letter if is_unseen(letter) => {
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
            ("a\u{2028}=b", "\"a\\u{2028}=b\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
