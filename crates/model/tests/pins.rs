//! What approvals and schedules pin: the hash of content, and instants of local times.

use serde_json::{Value, json};
use yardarm_model::control::{Pinned, content_hash, local_instant};
use yardarm_model::document::Kind;

#[test]
fn the_hash_is_of_documents_bases_and_schedule() {
    let pinned =
        |key: &str, base: u64, body: Value| Pinned { kind: Kind::Flag, key: key.into(), base, body: Some(body) };
    let (a, b) = (pinned("a", 1, json!({"x": 1, "y": 2})), pinned("b", 2, json!({})));
    let hash = content_hash(&[a.clone(), b.clone()], &Value::Null);
    assert_eq!(hash.len(), 64);
    let same: Value = serde_json::from_str(r#"{"y":2,"x":1}"#).unwrap();
    assert_eq!(content_hash(&[b.clone(), pinned("a", 1, same)], &Value::Null), hash, "in any order");
    let removed = Pinned { body: None, ..a.clone() };
    for other in [
        content_hash(std::slice::from_ref(&a), &Value::Null),
        content_hash(&[pinned("a", 2, json!({"x": 1, "y": 2})), b.clone()], &Value::Null),
        content_hash(&[pinned("a", 1, json!({"x": 1, "y": 3})), b.clone()], &Value::Null),
        content_hash(&[removed, b.clone()], &Value::Null),
        content_hash(&[a, b], &json!({"at": 5})),
    ] {
        assert_ne!(other, hash);
    }
}

#[test]
fn local_times_are_instants_with_a_note_where_the_clock_changes() {
    let found = |local: &str, zone: &str| {
        let found = local_instant(local, zone).unwrap();
        (found.instant, found.offset, found.note.is_some())
    };
    assert_eq!(found("2026-12-20T18:00", "Europe/Berlin"), (1_797_786_000_000, "+01:00".to_owned(), false));
    assert_eq!(found("2026-12-20T18:00:30", "America/St_Johns"), (1_797_802_230_000, "-03:30".to_owned(), false));
    assert_eq!(found("2026-10-25T02:30", "Europe/Berlin"), (1_792_888_200_000, "+02:00".to_owned(), true));
    assert_eq!(found("2026-03-29T02:30", "Europe/Berlin"), (1_774_747_800_000, "+02:00".to_owned(), true));
    let note = local_instant("2026-03-29T02:30", "Europe/Berlin").unwrap().note.unwrap();
    assert!(note.contains("03:30 is meant"), "{note}");
    assert!(local_instant("2026-12-20T18:00Z", "UTC").is_err());
    assert!(local_instant("2026-13-20T18:00", "UTC").is_err());
    assert!(local_instant("2026-12-20T18:00", "Europe/Nowhere").is_err());
}
