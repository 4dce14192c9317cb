//! Reading requests strictly: JSON bodies, query strings, paths. What cannot be read is refused with a [`Problem`].

use std::fmt;
use std::time::Duration;

use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::problem::{Problem, ProblemError};

/// Bytes of a management body.
pub const BODY_LIMIT: usize = 4 << 20;
/// Levels of nesting in a JSON body.
pub const DEPTH_LIMIT: usize = 32;
/// How long a body may take to arrive.
pub const BODY_DEADLINE: Duration = Duration::from_secs(20);

/// A JSON body as it is: `application/json` (or `+json`), within the size and nesting limits, valid UTF-8, no member
/// twice, nothing after it. Numbers keep their text's kind (`1` and `1.0` differ; 2^53 + 1 is still an integer).
#[derive(Clone, Debug)]
pub struct Body(pub Value);

/// A JSON body as a type. Give `T` `#[serde(deny_unknown_fields)]`; unknown names get a suggestion.
#[derive(Clone, Debug)]
pub struct Typed<T>(pub T);

/// A query string as a type.
#[derive(Clone, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// Path parameters as a type. Unreadable ones are the same 404 as unknown ones.
#[derive(Clone, Debug, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

impl<S: Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let bytes = bytes(request, BODY_LIMIT, BODY_DEADLINE).await?;
        parse(&bytes, DEPTH_LIMIT).map(Self)
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Typed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Body(value) = Body::from_request(request, state).await?;
        typed(value).map(Self)
    }
}

/// A value as a type; what does not fit is a 422 that names the member.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|error| {
        let text = error.to_string();
        let named = text.split('`').nth(1).unwrap_or_default();
        let (pointer, code) = match () {
            () if text.starts_with("unknown field") => (format!("/{named}"), "unknown_field"),
            () if text.starts_with("missing field") => (format!("/{named}"), "missing"),
            () => (String::new(), "type"),
        };
        Problem::invalid().error(pointer, code, with_suggestion(&text))
    })
}

/// The whole body, at most `limit` bytes, in time.
pub(crate) async fn bytes(request: Request, limit: usize, deadline: Duration) -> Result<Bytes, Problem> {
    let declared =
        request.headers().get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > limit) {
        return Err(too_large(limit));
    }
    let mut request = request;
    DefaultBodyLimit::max(limit).apply(&mut request);
    match tokio::time::timeout(deadline, Bytes::from_request(request, &())).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) => Err(unread(&rejection, limit)),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body did not arrive in time.")),
    }
}

fn unread(rejection: &BytesRejection, limit: usize) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large(limit);
    }
    Problem::new(StatusCode::BAD_REQUEST, "body_unreadable", "The body ended before it was complete.")
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("The body is larger than {limit} bytes, which is the limit here."),
    )
}

pub(crate) fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    let given = if given.is_empty() { "none".to_owned() } else { format!("{given:?}") };
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        format!("The body must be JSON: send Content-Type: application/json. It was {given}."),
    ))
}

/// Reads JSON strictly; see [`Body`].
pub fn parse(bytes: &[u8], depth: usize) -> Result<Value, Problem> {
    let malformed = |message: String| {
        Problem::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON.").error(
            "",
            "malformed_json",
            message,
        )
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| malformed(format!("Byte {} is not valid UTF-8.", error.valid_up_to() + 1)))?;
    let mut found = Findings { path: Vec::new(), errors: Vec::new(), depth, too_deep: false };
    let mut reader = serde_json::Deserializer::from_str(text);
    let result = Strict(&mut found).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    if !found.errors.is_empty() {
        let (code, detail) = if found.too_deep {
            ("too_deep", "The body is nested too deeply.")
        } else {
            ("duplicate_member", "An object has the same member twice, so it is not clear which one is meant.")
        };
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, code, detail);
        problem.errors = found.errors;
        return Err(problem);
    }
    result.map_err(|error| {
        let text = error.to_string();
        let words = text.split(" at line ").next().unwrap_or(&text);
        malformed(format!("Line {}, column {}: {words}.", error.line(), error.column()))
    })
}

/// What a strict reading found, with the path to where it is.
struct Findings {
    path: Vec<String>,
    errors: Vec<ProblemError>,
    depth: usize,
    too_deep: bool,
}

impl Findings {
    fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |text, part| text + "/" + &part.replace('~', "~0").replace('/', "~1"))
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.path.len() < self.depth {
            return Ok(());
        }
        self.too_deep = true;
        self.errors.clear();
        let message = format!("Nested deeper than {} levels, which is the limit.", self.depth);
        self.errors.push(ProblemError { pointer: self.pointer(), code: "too_deep".into(), message });
        Err(E::custom("too deep"))
    }
}

struct Strict<'a>(&'a mut Findings);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut items = Vec::new();
        loop {
            self.0.path.push(items.len().to_string());
            let item = access.next_element_seed(Strict(self.0))?;
            self.0.path.pop();
            match item {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            self.0.path.push(name);
            let value = access.next_value_seed(Strict(self.0))?;
            // A hundred are enough to say; a body of nothing but duplicates must not make a larger answer.
            let told = self.0.errors.len();
            let pointer = if told < 100 { self.0.pointer() } else { String::new() };
            let name = self.0.path.pop().unwrap_or_default();
            if members.insert(name, value).is_some() && told < 100 {
                let message = "This member is there twice; keep one.".to_owned();
                self.0.errors.push(ProblemError { pointer, code: "duplicate_member".into(), message });
            }
        }
        Ok(Value::Object(members))
    }
}

/// Adds "did you mean" to serde's "unknown field `x`, expected one of `a`, `b`".
pub(crate) fn with_suggestion(text: &str) -> String {
    if !text.starts_with("unknown field") && !text.starts_with("unknown variant") {
        return text.to_owned();
    }
    let mut names = text.split('`').skip(1).step_by(2);
    let unknown = names.next().unwrap_or_default();
    let near = names
        .map(|name| (strsim::jaro_winkler(unknown, name), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("{text}; did you mean `{name}`?"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_json_is_read_as_it_is() {
        let text = r#"{"a":[1,1.0,-2,9007199254740993,true,null,"é\n"],"b":{},"c":[]}"#;
        let value = parse(text.as_bytes(), 32).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        assert_eq!(value["a"][3].as_u64(), Some(9_007_199_254_740_993));
        assert!(value["a"][0].is_u64() && value["a"][1].is_f64());
    }

    #[test]
    fn what_is_not_is_refused_with_its_place() {
        for (text, code, pointer, words) in [
            (&b"{\"a\":1,\n  \"b\" 2}"[..], "malformed_json", "", "Line 2, column 7"),
            (b"", "malformed_json", "", "EOF"),
            (b"{} x", "malformed_json", "", "trailing characters"),
            (b"{\"a\":\"\xff\"}", "malformed_json", "", "Byte 7 is not valid UTF-8"),
            (b"{\"a\":NaN}", "malformed_json", "", "expected value"),
            (b"{\"a\":1e999}", "malformed_json", "", "number out of range"),
            (b"{\"a\":1,\"a\":2}", "duplicate_member", "/a", "twice"),
            (b"{\"a\":[{\"b~/\":{\"c\":1,\"c\":1}}]}", "duplicate_member", "/a/0/b~0~1/c", "twice"),
            (b"[[[[[[1]]]]]]", "too_deep", "/0/0/0/0/0", "5 levels"),
        ] {
            let problem = parse(text, 5).unwrap_err();
            assert_eq!(problem.status, 400);
            let told = (problem.code.as_ref(), problem.errors[0].pointer.as_str());
            assert_eq!(told, (code, pointer), "{}", String::from_utf8_lossy(text));
            assert!(problem.errors[0].message.contains(words), "{:?}", problem.errors);
        }
        assert!(parse(b"[[[[[1]]]]]", 5).is_ok());
    }

    #[test]
    fn every_duplicate_is_named() {
        let problem = parse(br#"{"a":1,"a":2,"b":{"c":1,"c":2}}"#, 32).unwrap_err();
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a", "/b/c"]);
    }

    #[test]
    fn types_are_refused_with_a_suggestion() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct SignIn {
            #[expect(dead_code)]
            email: String,
            #[expect(dead_code)]
            password: String,
        }
        let refused = |value| typed::<SignIn>(value).unwrap_err().errors.remove(0);
        let unknown = refused(json!({"emial": "a", "password": "b"}));
        assert_eq!((unknown.pointer.as_str(), unknown.code.as_ref()), ("/emial", "unknown_field"));
        assert!(unknown.message.ends_with("did you mean `email`?"), "{}", unknown.message);
        let missing = refused(json!({"email": "a"}));
        assert_eq!((missing.pointer.as_str(), missing.code.as_ref()), ("/password", "missing"));
        assert_eq!(refused(json!({"email": 1, "password": "b"})).code, "type");
    }

    #[test]
    fn content_types() {
        for (given, accepted) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("text/json", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, http::HeaderValue::from_static(given));
            assert_eq!(must_be_json(&headers).is_ok(), accepted, "{given}");
        }
    }
}
