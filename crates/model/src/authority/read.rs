//! Reads grants strictly, with all errors at once, each with its JSON pointer.

use serde_json::Value;

use super::grant::{Grant, Selection};
use super::permission::{Level, Permission};
use crate::command::Problem;

/// Grants in a role or a token.
pub const MOST_GRANTS: usize = 20;
/// Projects, or environments, listed in a grant.
pub const MOST_PLACES: usize = 100;

/// The grants at a pointer, or what is wrong with them.
pub fn read_grants(body: &Value, pointer: &str) -> Result<Vec<Grant>, Vec<Problem>> {
    let mut reading = Reading::default();
    let grants = reading.grants(body, pointer);
    if reading.problems.is_empty() { Ok(grants) } else { Err(reading.problems) }
}

#[derive(Default)]
struct Reading {
    problems: Vec<Problem>,
}

impl Reading {
    fn wrong(&mut self, pointer: String, code: &'static str, message: impl Into<String>) {
        self.problems.push(Problem { pointer, code, message: message.into() });
    }

    fn grants(&mut self, body: &Value, pointer: &str) -> Vec<Grant> {
        let Value::Array(items) = body else {
            self.wrong(pointer.to_owned(), "type", "must be a list of {permissions, projects, environments}");
            return Vec::new();
        };
        if items.len() > MOST_GRANTS {
            let message = format!("has {} grants; the limit is {MOST_GRANTS}", items.len());
            self.wrong(pointer.to_owned(), "too_many", message);
            return Vec::new();
        }
        if items.is_empty() {
            self.wrong(
                pointer.to_owned(),
                "empty_scope",
                "an empty list of grants would allow nothing; say what it allows",
            );
        }
        items.iter().enumerate().filter_map(|(index, item)| self.grant(item, &format!("{pointer}/{index}"))).collect()
    }

    fn grant(&mut self, item: &Value, pointer: &str) -> Option<Grant> {
        const KNOWN: [&str; 3] = ["permissions", "projects", "environments"];
        let Value::Object(members) = item else {
            self.wrong(pointer.to_owned(), "type", "must be an object {permissions, projects, environments}");
            return None;
        };
        for name in members.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            let message = format!("unknown field; the fields here are {}", KNOWN.join(", "));
            self.wrong(format!("{pointer}/{escaped}"), "unknown_field", message);
        }
        let permissions = self.permissions(members.get("permissions"), &format!("{pointer}/permissions"));
        let projects = self.places(members.get("projects"), &format!("{pointer}/projects"));
        let environments = self.places(members.get("environments"), &format!("{pointer}/environments"));
        let grant = Grant { permissions: permissions?, projects: projects?, environments: environments? };
        self.levels(&grant, pointer);
        Some(grant)
    }

    fn list<'v>(&mut self, value: Option<&'v Value>, pointer: &str) -> Option<Selection<&'v str>> {
        let items = match value {
            None => {
                self.wrong(pointer.to_owned(), "missing", "is needed: \"*\" or a list");
                return None;
            }
            Some(Value::String(word)) if word == "*" => return Some(Selection::All),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong(pointer.to_owned(), "type", "must be \"*\" or a list of text");
                return None;
            }
        };
        if items.is_empty() {
            self.wrong(
                pointer.to_owned(),
                "empty_scope",
                "an empty list is nothing, not everything; say what, or \"*\"",
            );
            return None;
        }
        if items.len() > MOST_PLACES {
            let message = format!("has {} entries; the limit is {MOST_PLACES}", items.len());
            self.wrong(pointer.to_owned(), "too_many", message);
            return None;
        }
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text.as_str()),
                _ => self.wrong(format!("{pointer}/{index}"), "type", "must be text"),
            }
        }
        Some(Selection::these(texts))
    }

    fn permissions(&mut self, value: Option<&Value>, pointer: &str) -> Option<Selection<Permission>> {
        let Selection::These(names) = self.list(value, pointer)? else { return Some(Selection::All) };
        let mut permissions = Vec::with_capacity(names.len());
        for name in names {
            let Some(permission) = Permission::parse(name) else {
                let near = Permission::ALL
                    .iter()
                    .map(|permission| (strsim::jaro_winkler(name, permission.as_str()), permission.as_str()))
                    .filter(|(score, _)| *score > 0.75)
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = near.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default();
                self.wrong(pointer.to_owned(), "permission_unknown", format!("{name:?} is no permission{hint}"));
                continue;
            };
            permissions.push(permission);
        }
        Some(Selection::these(permissions))
    }

    fn places(&mut self, value: Option<&Value>, pointer: &str) -> Option<Selection<String>> {
        let Selection::These(keys) = self.list(value, pointer)? else { return Some(Selection::All) };
        for key in &keys {
            if !crate::limits::is_key(key) {
                self.wrong(pointer.to_owned(), "key_invalid", format!("{key:?} is no key"));
            }
        }
        Some(Selection::these(keys.into_iter().map(str::to_owned)))
    }

    /// A permission that would count nowhere is a mistake, and a dangerous one to leave in: somebody will widen it.
    fn levels(&mut self, grant: &Grant, pointer: &str) {
        let Selection::These(permissions) = &grant.permissions else { return };
        let all_projects = grant.projects == Selection::All;
        let all_environments = grant.environments == Selection::All;
        for permission in permissions {
            let name = permission.as_str();
            match permission.level() {
                Level::Tenant if !all_projects || !all_environments => {
                    let message =
                        format!("`{name}` is about the whole tenant: it needs projects \"*\" and environments \"*\"");
                    self.wrong(format!("{pointer}/permissions"), "place_too_narrow", message);
                }
                Level::Project if !all_environments => {
                    let message = format!(
                        "`{name}` is about a whole project: it needs environments \"*\"; put it into a grant of its own"
                    );
                    self.wrong(format!("{pointer}/permissions"), "place_too_narrow", message);
                }
                Level::Tenant | Level::Project | Level::Environment => {}
            }
        }
    }
}
