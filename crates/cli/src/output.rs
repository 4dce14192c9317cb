//! Everything on stdout: tables for people, JSON for programs. Colours follow `NO_COLOR`, `CLICOLOR` and pipes.

use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Reset, Style};
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;
use yardarm_model::label::is_unseen;

use crate::failure::Failure;

pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const OFF: Reset = Reset;

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// Only JSON on stdout, exactly what the API answered.
    pub(crate) json: bool,
}

impl Output {
    /// One line for people; silent with `--json`.
    pub(crate) fn say(self, text: impl AsRef<str>) -> Result<(), Failure> {
        if self.json { Ok(()) } else { line(text) }
    }

    /// A result as JSON; silent without `--json`.
    pub(crate) fn json(self, value: &Value) -> Result<(), Failure> {
        if self.json { line(serde_json::to_string_pretty(value)?) } else { Ok(()) }
    }

    /// A result: JSON, or a line for people. What went into a change request is told as that, whatever was asked for.
    pub(crate) fn result(self, value: &Value, words: impl AsRef<str>) -> Result<(), Failure> {
        self.json(value)?;
        match drafted(value) {
            Some(id) => self.say(format!(
                "nothing is changed yet: it waits in {id} ({}, {})\nsubmit it: yardarm changes submit {id}",
                text(&value["change_request"]["title"]),
                text(&value["change_request"]["state"]),
            )),
            None => self.say(words),
        }
    }

    /// A list: JSON, or a table with one row for each item, or `none` when there is none.
    pub(crate) fn list(
        self,
        list: &Value,
        headers: &[&str],
        none: &str,
        row: impl Fn(&Value) -> Vec<String>,
    ) -> Result<(), Failure> {
        if self.json {
            return self.json(list);
        }
        let items = items(list);
        if items.is_empty() {
            return note(none);
        }
        table(headers, items.iter().map(row))
    }
}

/// Id of the change request that an answer says a change went into.
pub(crate) fn drafted(answer: &Value) -> Option<&str> {
    let only = answer.as_object().is_some_and(|members| members.len() == 1);
    answer["change_request"]["id"].as_str().filter(|_| only)
}

/// The items of a list answer.
pub(crate) fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map_or(&[], Vec::as_slice)
}

/// A table without rules, readable and greppable.
pub(crate) fn table(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers.iter().map(|h| h.to_uppercase()));
    // Into a pipe, each row stays one line whatever its width.
    table.set_content_arrangement(if std::io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.add_rows(rows);
    line(table.trim_fmt())
}

/// A line on stdout. A reader that went away ends the command quietly.
pub(crate) fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}", text.as_ref())?;
    out.flush()?;
    Ok(())
}

/// A remark on stderr.
pub(crate) fn note(text: impl AsRef<str>) -> Result<(), Failure> {
    writeln!(anstream::stderr().lock(), "{}", text.as_ref())?;
    Ok(())
}

/// Progress on stderr, on a terminal only: `Evaluating 1200 of 5000`, rewritten in place.
pub(crate) struct Progress {
    what: &'static str,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str, as_json: bool) -> Self {
        Self { what, shown: !as_json && std::io::stderr().is_terminal() }
    }

    pub(crate) fn at(&self, done: u64, total: Option<u64>) {
        if self.shown {
            let total = total.map_or_else(String::new, |total| format!(" of {total}"));
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K{} {done}{total}", self.what);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[2K");
        }
    }
}

/// A member as text: strings bare, nothing for null, else JSON. Control characters, and those that turn the direction of
/// writing, are written out: a text must not move the cursor, forge a row or show another name.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.contains(is_unseen) => {
            let shown =
                |letter: char| if is_unseen(letter) { letter.escape_default().to_string() } else { letter.into() };
            text.chars().map(shown).collect()
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An instant in milliseconds as local RFC 3339 to the minute.
pub(crate) fn instant(value: &Value) -> String {
    let Some(at) = value.as_i64().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) else {
        return text(value);
    };
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Strings of a list, comma-separated.
pub(crate) fn joined(value: &Value) -> String {
    value.as_array().map_or_else(String::new, |list| list.iter().map(text).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_moves_no_cursor_and_forges_no_row() {
        for (given, shown) in [
            ("plain", "plain"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}gpj.exe", "\\u{202e}gpj.exe"),
            ("a\u{2028}b\u{2066}", "a\\u{2028}b\\u{2066}"),
            ("שלום\u{200f} 🏳 =1+1", "שלום\u{200f} 🏳 =1+1"),
        ] {
            assert_eq!(text(&Value::from(given)), shown, "{given:?}");
        }
    }
}
