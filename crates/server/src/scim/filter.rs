//! Filters and paths (RFC 7644, sections 3.4.2.2 and 3.5.2): read by recursive descent, bounded in length and depth, and
//! asked of a resource as JSON. Names of attributes and operators are read in any case of letters.

use std::cmp::Ordering;

use chrono::DateTime;
use serde_json::Value;
use yardarm_model::limits::{SCIM_DEPTH, SCIM_FILTER};

use super::error::{invalid_filter, invalid_path};
use super::{ENTERPRISE, GROUP, USER};
use crate::problem::Problem;

/// An attribute, some of its values, a part of those: `emails[type eq "work"].value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    /// Without its schema.
    pub(crate) attribute: String,
    /// Of the enterprise extension, which is not kept.
    pub(crate) extension: bool,
    /// Which values.
    pub(crate) only: Option<Box<Filter>>,
    /// Which part of them.
    pub(crate) sub: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What a resource must be like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// Each of them.
    And(Vec<Filter>),
    /// One of them.
    Or(Vec<Filter>),
    /// Not that.
    Not(Box<Filter>),
    /// There is a value: `pr`, and `emails[…]` alone.
    Present(Path),
    /// A value compares like this.
    Test(Path, Comparison, Value),
}

impl Filter {
    /// Of a request.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut reader = Reader::of(text).map_err(invalid_filter)?;
        let filter = reader.any_of(0).and_then(|filter| reader.end().map(|()| filter));
        filter.map_err(|what| invalid_filter(format!("{what}, in the filter {text:?}.")))
    }

    /// Whether a resource is like this.
    pub(crate) fn matches(&self, resource: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|filter| filter.matches(resource)),
            Self::Or(any) => any.iter().any(|filter| filter.matches(resource)),
            Self::Not(filter) => !filter.matches(resource),
            Self::Present(path) => path.values(resource).into_iter().any(there),
            Self::Test(path, comparison, wanted) => {
                let exact = path.is_exact();
                let values = path.values(resource);
                match comparison {
                    // Not one that is equal; so it also holds where there is none.
                    Comparison::NotEqual => !equal(&values, wanted, exact),
                    Comparison::Equal => equal(&values, wanted, exact),
                    other => values.into_iter().any(|value| compares(value, *other, wanted, exact)),
                }
            }
        }
    }

    /// `value eq "…"` and nothing else: the usual way to name a member.
    pub(crate) fn names(&self) -> Option<&str> {
        match self {
            Self::Test(path, Comparison::Equal, Value::String(text))
                if path.attribute.eq_ignore_ascii_case("value") && path.sub.is_none() && path.only.is_none() =>
            {
                Some(text)
            }
            _ => None,
        }
    }
}

fn equal(values: &[&Value], wanted: &Value, exact: bool) -> bool {
    if wanted.is_null() {
        return !values.iter().any(|value| there(value));
    }
    values.iter().any(|value| compares(value, Comparison::Equal, wanted, exact))
}

fn there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares(value: &Value, comparison: Comparison, wanted: &Value, exact: bool) -> bool {
    let order = match (value, wanted) {
        (Value::String(value), Value::String(wanted)) => {
            let (value, wanted) =
                if exact { (value.clone(), wanted.clone()) } else { (value.to_lowercase(), wanted.to_lowercase()) };
            match comparison {
                Comparison::Contains => return value.contains(&wanted),
                Comparison::StartsWith => return value.starts_with(&wanted),
                Comparison::EndsWith => return value.ends_with(&wanted),
                _ => match (DateTime::parse_from_rfc3339(&value), DateTime::parse_from_rfc3339(&wanted)) {
                    (Ok(value), Ok(wanted)) => value.cmp(&wanted),
                    _ => value.cmp(&wanted),
                },
            }
        }
        // "True" for true: what some directories write.
        (Value::Bool(value), Value::String(wanted)) => value.to_string().cmp(&wanted.to_lowercase()),
        (Value::Bool(value), Value::Bool(wanted)) => value.cmp(wanted),
        _ => return false,
    };
    match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => false,
    }
}

/// A member in any case of letters.
pub(crate) fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let members = object.as_object()?;
    members.get(name).or_else(|| members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

impl Path {
    /// Of an operation of a patch, of `sortBy`, of `attributes`.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut reader = Reader::of(text).map_err(invalid_path)?;
        let path = reader.path(0).and_then(|path| reader.end().map(|()| path));
        path.map_err(|what| invalid_path(format!("{what}, in the path {text:?}.")))
    }

    /// Every value that it leads to.
    pub(crate) fn values<'v>(&self, resource: &'v Value) -> Vec<&'v Value> {
        let Some(value) = member(resource, &self.attribute).filter(|_| !self.extension) else { return Vec::new() };
        let values: Vec<&Value> = match value {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        };
        let chosen = values.into_iter().filter(|value| self.only.as_ref().is_none_or(|only| only.matches(value)));
        chosen
            .filter_map(|value| match &self.sub {
                Some(sub) => member(value, sub),
                // Of one of many, its value.
                None => Some(member(value, "value").unwrap_or(value)),
            })
            .collect()
    }

    /// Whether upper and lower case are different there: ids are.
    fn is_exact(&self) -> bool {
        let last = self.sub.as_deref().unwrap_or(&self.attribute);
        let ids = ["id", "externalId", "version", "location", "$ref"];
        let members = ["members", "groups"].iter().any(|list| self.attribute.eq_ignore_ascii_case(list));
        members && self.sub.as_deref().is_none_or(|sub| sub.eq_ignore_ascii_case("value"))
            || ids.iter().any(|id| last.eq_ignore_ascii_case(id))
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Sign(char),
    Word(String),
    Text(String),
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

type Read<T> = Result<T, String>;

impl Reader {
    fn of(text: &str) -> Read<Self> {
        let characters = text.chars().count();
        if characters > SCIM_FILTER {
            return Err(format!("It has {characters} characters; the limit is {SCIM_FILTER}."));
        }
        Ok(Self { tokens: tokens(text)?.into_iter().peekable() })
    }

    fn end(&mut self) -> Read<()> {
        match self.tokens.next() {
            None => Ok(()),
            Some(token) => Err(format!("{} comes where it should end", shown(&token))),
        }
    }

    fn word_is(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(text) if text.eq_ignore_ascii_case(word))).is_some()
    }

    fn sign_is(&mut self, sign: char) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn close(&mut self, sign: char) -> Read<()> {
        if self.sign_is(sign) { Ok(()) } else { Err(format!("a {sign:?} is missing")) }
    }

    /// `and` binds tighter than `or`.
    fn any_of(&mut self, depth: usize) -> Read<Filter> {
        if depth > SCIM_DEPTH {
            return Err(format!("nested deeper than {SCIM_DEPTH} levels"));
        }
        let mut any = vec![self.all_of(depth)?];
        while self.word_is("or") {
            any.push(self.all_of(depth)?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Filter::Or(any) })
    }

    fn all_of(&mut self, depth: usize) -> Read<Filter> {
        let mut all = vec![self.one(depth)?];
        while self.word_is("and") {
            all.push(self.one(depth)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
    }

    fn one(&mut self, depth: usize) -> Read<Filter> {
        let negated = self.word_is("not");
        if self.sign_is('(') {
            let inner = self.any_of(depth + 1)?;
            self.close(')')?;
            return Ok(if negated { Filter::Not(Box::new(inner)) } else { inner });
        }
        if negated {
            return Err("`not` is followed by a filter in parentheses".to_owned());
        }
        let path = self.path(depth)?;
        let Some(Token::Word(operator)) = self.tokens.next_if(|token| !ends(token)) else {
            return match path.only {
                Some(_) if path.sub.is_none() => Ok(Filter::Present(path)),
                _ => Err(format!("an operator is missing after {}", path.attribute)),
            };
        };
        let comparison = match operator.to_ascii_lowercase().as_str() {
            "pr" => return Ok(Filter::Present(path)),
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "co" => Comparison::Contains,
            "sw" => Comparison::StartsWith,
            "ew" => Comparison::EndsWith,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            _ => return Err(format!("{operator:?} is no operator; there are eq ne co sw ew pr gt ge lt le")),
        };
        let value = match self.tokens.next() {
            Some(Token::Text(text)) => Value::String(text),
            Some(Token::Word(word)) => match serde_json::from_str(&word.to_ascii_lowercase()) {
                Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => value,
                _ => return Err(format!("{word:?} is no value; text is put in double quotes")),
            },
            _ => return Err(format!("a value is missing after {operator}")),
        };
        Ok(Filter::Test(path, comparison, value))
    }

    fn path(&mut self, depth: usize) -> Read<Path> {
        let name = match self.tokens.next() {
            Some(Token::Word(word)) => word,
            Some(token) => return Err(format!("{} comes where an attribute should be", shown(&token))),
            None => return Err("an attribute is missing".to_owned()),
        };
        let (extension, inside) = without_schema(&name);
        let (attribute, mut sub) = match inside.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub.to_owned())),
            None => (inside, None),
        };
        let mut path = Path { attribute: attribute.to_owned(), extension, only: None, sub: None };
        if self.sign_is('[') {
            if sub.is_some() {
                return Err(format!("brackets cannot follow {name}"));
            }
            path.only = Some(Box::new(self.any_of(depth + 1)?));
            self.close(']')?;
            let next = self.tokens.next_if(|token| matches!(token, Token::Word(word) if word.starts_with('.')));
            if let Some(Token::Word(word)) = next {
                sub = Some(word[1..].to_owned());
            }
        }
        for part in [Some(&path.attribute), sub.as_ref()].into_iter().flatten() {
            let mut letters = part.chars();
            let first = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '$');
            if !first || !letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')) {
                return Err(format!("{name:?} is no attribute"));
            }
        }
        path.sub = sub;
        Ok(path)
    }
}

/// A name without the schema before it, and whether that was the enterprise extension's.
fn without_schema(name: &str) -> (bool, &str) {
    for (schema, extension) in [(USER, false), (GROUP, false), (ENTERPRISE, true)] {
        if let Some(start) = name.get(..schema.len()).filter(|start| start.eq_ignore_ascii_case(schema)) {
            let rest = &name[start.len()..];
            if let Some(rest) = rest.strip_prefix(':') {
                return (extension, rest);
            }
            if rest.is_empty() && extension {
                return (true, "enterprise");
            }
        }
    }
    (false, name)
}

fn ends(token: &Token) -> bool {
    match token {
        Token::Sign(_) => true,
        Token::Word(word) => ["and", "or"].iter().any(|other| word.eq_ignore_ascii_case(other)),
        Token::Text(_) => false,
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Sign(sign) => format!("{sign:?}"),
        Token::Word(text) | Token::Text(text) => format!("{text:?}"),
    }
}

fn tokens(text: &str) -> Read<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            ' ' | '\t' => rest = &rest[1..],
            '(' | ')' | '[' | ']' => {
                tokens.push(Token::Sign(first));
                rest = &rest[1..];
            }
            '"' => {
                let end = closing_quote(rest).ok_or_else(|| "a closing quotation mark is missing".to_owned())?;
                let text = serde_json::from_str(&rest[..=end]).map_err(|_| format!("{} is no text", &rest[..=end]))?;
                tokens.push(Token::Text(text));
                rest = &rest[end + 1..];
            }
            _ => {
                let end = rest.find([' ', '\t', '(', ')', '[', ']', '"']).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
    }
    Ok(tokens)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn ana() -> Value {
        json!({
            "id": "usr_A", "externalId": "Ext-1", "userName": "Ana@Example.com", "active": true,
            "name": { "familyName": "O'Malley \"Ana\"" },
            "emails": [
                { "type": "work", "value": "ana@example.com", "primary": true },
                { "type": "home", "value": "ana@home.example" },
            ],
            "groups": [{ "value": "crew", "display": "Crew" }],
            "meta": { "lastModified": "2026-01-01T00:00:00.000Z" },
        })
    }

    #[test]
    fn filters_choose() {
        for (filter, expected) in [
            ("userName eq \"ana@example.COM\"", true),
            ("USERNAME Eq \"ana@example.com\"", true),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ana\"", true),
            ("externalId eq \"ext-1\"", false),
            ("externalId eq \"Ext-1\"", true),
            ("id eq \"usr_a\"", false),
            ("groups.value eq \"Crew\"", false),
            ("groups eq \"crew\"", true),
            ("groups.display eq \"crew\"", true),
            ("userName ne \"bo\"", true),
            ("title ne \"bo\"", true),
            ("title eq null", true),
            ("userName eq null", false),
            ("userName co \"@example\"", true),
            ("userName ew \".org\"", false),
            ("active eq true", true),
            ("active eq \"True\"", true),
            ("active eq False", false),
            ("title pr", false),
            ("emails pr", true),
            ("not (title pr)", true),
            ("emails[type eq \"work\"]", true),
            ("emails[type eq \"other\"]", false),
            ("emails[type eq \"work\" and value co \"home\"]", false),
            ("emails[type eq \"home\"].value eq \"ana@home.example\"", true),
            ("emails[type eq \"work\"].value eq \"ana@home.example\"", false),
            ("emails.value ew \"home.example\"", true),
            ("emails co \"home\"", true),
            ("name.familyName eq \"O'Malley \\\"Ana\\\"\"", true),
            ("meta.lastModified gt \"2025-12-31T23:59:59Z\"", true),
            ("meta.lastModified lt \"2025-12-31T23:59:59Z\"", false),
            ("meta.lastModified ge \"2026-01-01T01:00:00+01:00\"", true),
            ("meta.lastModified le \"2026-01-01T01:00:00+01:00\"", true),
            ("title pr or userName pr and active eq false", false),
            ("(title pr or userName pr) and active eq true", true),
            ("userName pr and not (active eq false) and emails[primary eq true]", true),
            ("userName eq \" or 1 eq 1\"", false),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department pr", false),
        ] {
            let read = Filter::parse(filter).unwrap_or_else(|problem| panic!("{filter}: {}", problem.detail));
            assert_eq!(read.matches(&ana()), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_says_why() {
        let deep = format!("{}userName pr{}", "(".repeat(20), ")".repeat(20));
        let long = format!("userName eq \"{}\"", "a".repeat(SCIM_FILTER));
        for (filter, words) in [
            ("", "attribute is missing"),
            ("userName", "operator is missing"),
            ("userName eq", "value is missing"),
            ("userName eq ana", "double quotes"),
            ("userName is \"ana\"", "no operator"),
            ("userName eq \"ana", "quotation mark"),
            ("userName eq \"ana\" and", "attribute is missing"),
            ("userName eq \"ana\" \"bo\"", "should end"),
            ("(userName pr", "')' is missing"),
            ("userName pr)", "should end"),
            ("emails[type eq \"work\"", "']' is missing"),
            ("emails.value[type eq \"work\"] pr", "brackets"),
            ("not userName pr", "parentheses"),
            ("user name pr", "no operator"),
            ("1 eq 1", "no attribute"),
            (".userName pr", "no attribute"),
            ("a.b.c pr", "no attribute"),
            (&deep, "10 levels"),
            (&long, "limit"),
        ] {
            let problem = Filter::parse(filter).expect_err(filter);
            assert_eq!((problem.status.as_u16(), problem.code.as_ref()), (400, "invalid_filter"), "{filter}");
            assert!(problem.detail.contains(words), "{filter}: {}", problem.detail);
        }
    }

    #[test]
    fn a_member_is_named() {
        let path = Path::parse("members[value eq \"usr_1\"]").unwrap();
        assert_eq!(path.only.unwrap().names(), Some("usr_1"));
        let path = Path::parse("members[value eq \"usr_1\" or value eq \"usr_2\"]").unwrap();
        assert_eq!(path.only.unwrap().names(), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(text in "[a-z\\[\\]()\"\\\\. :eqnotandor]{0,60}") {
            if let Ok(filter) = Filter::parse(&text) {
                filter.matches(&ana());
            }
            let _ = Path::parse(&text);
        }

        #[test]
        fn any_text_is_found_by_itself(name in "\\PC{1,40}") {
            let filter = Filter::parse(&format!("userName eq {}", Value::from(name.as_str()))).unwrap();
            let resource = json!({ "userName": name });
            prop_assert!(filter.matches(&resource));
        }
    }
}
