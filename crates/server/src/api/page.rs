//! Lists in pages: `{"items", "next", "total"}`. A cursor says after which item to go on, so items that come and go
//! between two pages neither repeat nor hide others.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::refusal::{invalid, wrong};
use crate::problem::Problem;

/// Items in a page unless asked otherwise.
const DEFAULT: usize = 50;
/// Items in a page at most.
const MOST: usize = 500;

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// Items in order.
    pub(crate) items: Vec<T>,
    /// `cursor` of the next page; null at the end.
    pub(crate) next: Option<String>,
    /// Items in all pages.
    pub(crate) total: usize,
}

/// An item and its place: compared by `primary`, then by `key`.
pub(crate) struct Placed<T> {
    pub(crate) primary: String,
    pub(crate) key: String,
    pub(crate) item: T,
}

impl<T> Placed<T> {
    /// In the order of keys.
    pub(crate) fn by_key(key: impl Into<String>, item: T) -> Self {
        Self { primary: String::new(), key: key.into(), item }
    }

    fn place(&self) -> (&str, &str) {
        (&self.primary, &self.key)
    }
}

/// Checked `limit`.
pub(crate) fn limit(limit: Option<usize>) -> Result<usize, Problem> {
    match limit.unwrap_or(DEFAULT) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(invalid(vec![wrong("?limit", "out_of_range", format!("limit is 1 to {MOST}"))])),
    }
}

/// The opaque text after which a page goes on.
pub(crate) fn cursor(primary: &str, key: &str) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(primary, key)).unwrap_or_default())
}

/// What [`cursor`] wrote.
pub(crate) fn read_cursor(text: &str) -> Result<(String, String), Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(bad_cursor)
}

/// Cursors are taken from answers.
pub(crate) fn bad_cursor() -> Problem {
    invalid(vec![wrong(
        "?cursor",
        "cursor_invalid",
        "this is not the `next` of an earlier answer; start without a cursor",
    )])
}

/// Sorts and cuts.
pub(crate) fn page<T>(
    mut items: Vec<Placed<T>>,
    descending: bool,
    size: Option<usize>,
    after: Option<&str>,
) -> Result<Page<T>, Problem> {
    let size = limit(size)?;
    items.sort_by(|a, b| if descending { b.place().cmp(&a.place()) } else { a.place().cmp(&b.place()) });
    let total = items.len();
    let begin = match after {
        None => 0,
        Some(text) => {
            let (primary, key) = read_cursor(text)?;
            let last = (primary.as_str(), key.as_str());
            items.partition_point(|item| if descending { item.place() >= last } else { item.place() <= last })
        }
    };
    let more = total > begin + size;
    let mut taken: Vec<Placed<T>> = items.into_iter().skip(begin).take(size).collect();
    let next = if more { taken.last().map(|last| cursor(&last.primary, &last.key)) } else { None };
    Ok(Page { items: taken.drain(..).map(|placed| placed.item).collect(), next, total })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<Placed<char>> {
        text.chars().map(|letter| Placed::by_key(letter, letter)).collect()
    }

    #[test]
    fn pages_cover_everything_once_in_both_directions() {
        for (descending, expected) in [(false, "abcdefg"), (true, "gfedcba")] {
            let mut seen = String::new();
            let mut cursor = None;
            loop {
                let page = page(letters("dgbacfe"), descending, Some(3), cursor.as_deref()).unwrap();
                assert_eq!(page.total, 7);
                seen.extend(page.items);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn items_that_go_between_pages_hide_no_others() {
        let first = page(letters("abcdef"), false, Some(2), None).unwrap();
        let second = page(letters("acdef"), false, Some(2), first.next.as_deref()).unwrap();
        assert_eq!(second.items, ['c', 'd']);
    }

    #[test]
    fn limits_and_cursors_are_checked() {
        assert!(page(letters("a"), false, Some(0), None).is_err());
        assert!(page(letters("a"), false, Some(501), None).is_err());
        assert!(page(letters("a"), false, None, Some("rubbish")).is_err());
        assert_eq!(page(letters("a"), false, Some(1), None).unwrap().next, None);
    }
}
