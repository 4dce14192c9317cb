//! What a directory sends of a person or a group, checked: everything that is wrong is told at once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yardarm_model::authority::DirectoryEmail;
use yardarm_model::limits::{SCIM_EMAILS, SCIM_MEMBERS, SCIM_TEXT};

use super::filter::member;
use super::schema::NAME_PARTS;
use super::{invalid_value, too_many};
use crate::problem::Problem;

/// Longest address, bytes (RFC 5321).
const EMAIL: usize = 254;

/// A person as their directory says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UserInput {
    pub(crate) user_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) name: BTreeMap<String, String>,
    pub(crate) emails: Vec<DirectoryEmail>,
    /// `None`: not said.
    pub(crate) active: Option<bool>,
}

/// A group as its directory says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupInput {
    pub(crate) display_name: String,
    pub(crate) external_id: Option<String>,
    /// Ids.
    pub(crate) members: BTreeSet<String>,
}

struct Findings(Vec<String>);

impl Findings {
    fn text(&mut self, object: &Value, name: &str) -> Option<String> {
        match member(object, name)? {
            Value::Null => None,
            Value::String(text) => {
                let characters = text.chars().count();
                if characters > SCIM_TEXT {
                    self.0.push(format!("{name} has {characters} characters; the limit is {SCIM_TEXT}"));
                }
                if text.chars().any(char::is_control) {
                    self.0.push(format!("{name} has a character that cannot be seen"));
                }
                Some(text.trim().to_owned()).filter(|text| !text.is_empty())
            }
            _ => {
                self.0.push(format!("{name} is text"));
                None
            }
        }
    }

    fn needed(&mut self, object: &Value, name: &str) -> String {
        let found = self.0.len();
        let text = self.text(object, name).unwrap_or_default();
        if text.is_empty() && self.0.len() == found {
            self.0.push(format!("{name} is needed"));
        }
        text
    }

    /// `true`, `"True"`: some directories write text.
    fn truth(&mut self, object: &Value, name: &str) -> Option<bool> {
        match member(object, name)? {
            Value::Null => None,
            Value::Bool(truth) => Some(*truth),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => {
                self.0.push(format!("{name} is true or false"));
                None
            }
        }
    }

    fn emails(&mut self, object: &Value) -> Vec<DirectoryEmail> {
        let items = match member(object, "emails") {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        if items.len() > SCIM_EMAILS {
            self.0.push(format!("emails has {} entries; the limit is {SCIM_EMAILS}", items.len()));
            return Vec::new();
        }
        let mut emails = Vec::new();
        for item in items.iter().filter(|item| member(item, "value").is_some_and(|value| !value.is_null())) {
            let value = self.needed(item, "value");
            if !value.is_empty() && !is_email(&value) {
                self.0.push(format!("{value:?} in emails is no e-mail address"));
            }
            let kind = self.text(item, "type");
            emails.push(DirectoryEmail { value, kind, primary: self.truth(item, "primary") == Some(true) });
        }
        if emails.iter().filter(|email| email.primary).count() > 1 {
            self.0.push("more than one of emails is primary".to_owned());
        }
        emails
    }

    fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(invalid_value(format!("{}.", self.0.join("; ")))) }
    }
}

/// Well enough formed to be typed by mistake only.
fn is_email(text: &str) -> bool {
    text.len() <= EMAIL
        && !text.contains(char::is_whitespace)
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

fn object(body: &Value) -> Result<(), Problem> {
    if body.is_object() { Ok(()) } else { Err(super::error::invalid_syntax("The body is an object.")) }
}

impl UserInput {
    /// Of a resource's JSON.
    pub(crate) fn read(body: &Value) -> Result<Self, Problem> {
        object(body)?;
        let mut findings = Findings(Vec::new());
        let mut name = BTreeMap::new();
        match member(body, "name") {
            None | Some(Value::Null) => {}
            Some(given @ Value::Object(_)) => {
                let parts =
                    NAME_PARTS.iter().filter_map(|part| Some(((*part).to_owned(), findings.text(given, part)?)));
                name.extend(parts.collect::<Vec<_>>());
            }
            Some(_) => findings.0.push("name is an object".to_owned()),
        }
        let input = Self {
            user_name: findings.needed(body, "userName"),
            external_id: findings.text(body, "externalId"),
            display_name: findings.text(body, "displayName"),
            name,
            emails: findings.emails(body),
            active: findings.truth(body, "active"),
        };
        findings.done()?;
        Ok(input)
    }

    /// What they are called: the best that there is.
    pub(crate) fn called(&self) -> String {
        let both = ["givenName", "familyName"].map(|part| self.name.get(part).map(String::as_str).unwrap_or_default());
        let both = both.join(" ").trim().to_owned();
        let display = self.display_name.clone().or_else(|| self.name.get("formatted").cloned());
        display.or(Some(both).filter(|both| !both.is_empty())).unwrap_or_else(|| self.user_name.clone())
    }

    /// The address of their account: the primary one, else one for work, else the first, else their user name.
    pub(crate) fn address(&self) -> Result<String, Problem> {
        let of_work =
            |email: &&DirectoryEmail| email.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
        let emails = &self.emails;
        let primary = emails.iter().find(|email| email.primary);
        let chosen = primary.or_else(|| emails.iter().find(of_work)).or(emails.first()).map(|email| &email.value);
        let address = chosen.unwrap_or(&self.user_name).to_lowercase();
        if is_email(&address) {
            return Ok(address);
        }
        Err(invalid_value("People sign in with an e-mail address: send one in emails, or as the userName."))
    }
}

impl GroupInput {
    /// Of a resource's JSON.
    pub(crate) fn read(body: &Value) -> Result<Self, Problem> {
        object(body)?;
        let mut findings = Findings(Vec::new());
        let display_name = findings.needed(body, "displayName");
        let external_id = findings.text(body, "externalId");
        let mut members = BTreeSet::new();
        match member(body, "members") {
            None | Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    match item.as_str().or_else(|| member(item, "value")?.as_str()) {
                        Some(id) => drop(members.insert(id.to_owned())),
                        None => findings.0.push("a member has a value, the id of a User".to_owned()),
                    }
                }
            }
            Some(_) => findings.0.push("members is a list".to_owned()),
        }
        findings.0.truncate(20);
        findings.done()?;
        Ok(Self { display_name, external_id, members })
    }

    /// Refuses more members than one request may name.
    pub(crate) fn bounded(self) -> Result<Self, Problem> {
        if self.members.len() > SCIM_MEMBERS { Err(too_many("members", SCIM_MEMBERS)) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_read() {
        let body = json!({ "USERNAME": "ana@x.com", "active": "True", "name": { "GivenName": "Ana", "familyName": "B" },
            "emails": [{ "value": "home@x.com" }, { "value": "Work@x.com", "type": "Work" }], "title": "Boss" });
        let ana = UserInput::read(&body).unwrap();
        assert_eq!((ana.active, ana.called().as_str()), (Some(true), "Ana B"));
        assert_eq!(ana.address().unwrap(), "work@x.com");
        let none = UserInput::read(&json!({ "userName": "bo" })).unwrap();
        assert_eq!((none.active, none.called().as_str()), (None, "bo"));
        assert_eq!(none.address().unwrap_err().code, "invalid_value");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let body = json!({ "active": 1, "displayName": 7, "name": [], "emails": [{ "value": "no address" },
            { "value": "a@b", "primary": true }, { "value": "c@d", "primary": "true" }], "externalId": "a\u{0}" });
        let detail = UserInput::read(&body).unwrap_err().detail;
        for words in [
            "userName is needed",
            "active is",
            "displayName is text",
            "name is an",
            "no e-mail",
            "more than one",
            "externalId has a",
        ] {
            assert!(detail.contains(words), "{words}: {detail}");
        }
        let detail = GroupInput::read(&json!({ "members": [{}, 1] })).unwrap_err().detail;
        assert!(detail.contains("displayName is needed") && detail.contains("a member has a value"), "{detail}");
    }
}
