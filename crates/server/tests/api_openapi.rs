//! The OpenAPI document: committed, current, and the same as the route table.

use std::collections::BTreeSet;

use serde_json::Value;
use yardarm_server::api::ROUTES;
use yardarm_server::openapi::{document, text};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/openapi.json");

#[test]
fn the_committed_document_is_current() {
    let now = text(&document());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(COMMITTED, &now).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == now,
        "spec/openapi.json is not what the code says: UPDATE_EXPECT=1 cargo test -p yardarm-server"
    );
}

#[test]
fn it_says_what_the_route_table_says() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut documented = BTreeSet::new();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            documented.insert((path.clone(), method.to_uppercase()));
            let id = operation["operationId"].as_str().unwrap_or_default();
            assert!(!id.is_empty() && operations.insert(id.to_owned()), "{method} {path} has the operation id {id:?}");
        }
    }
    let table: BTreeSet<_> =
        ROUTES.iter().map(|route| (route.path.to_owned(), route.method.as_str().to_owned())).collect();
    assert_eq!(documented, table);
    assert_eq!(table.len(), ROUTES.len(), "no line twice");
    for route in ROUTES {
        let writes = route.method != http::Method::GET;
        let exempt = [
            "/api/v1/session",
            "/evaluate",
            "/enrolment",
            "/look",
            "/plan",
            "/promotion",
            "/policies/check",
            "/.search",
        ]
        .iter()
        .any(|part| route.path.contains(part));
        assert_eq!(route.action.is_some(), writes && !exempt, "audit action of {} {}", route.method, route.path);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    let found = document.pointer(target.trim_start_matches('#'));
                    assert!(found.is_some(), "{target} leads nowhere");
                }
                members.values().for_each(|inner| check(document, inner));
            }
            Value::Array(items) => items.iter().for_each(|inner| check(document, inner)),
            _ => {}
        }
    }
    let document = document();
    check(&document, &document);
}
