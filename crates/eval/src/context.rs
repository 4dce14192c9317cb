//! Who or what is asking: attributes borrowed from the caller, found by a short scan over hashed names.

use serde_json::Value;

use crate::attribute_name::AttributeName;
use crate::texts::{equal, is_exact, same, text_key};

/// Attributes kept without an allocation.
const INLINE: usize = 8;

/// The value of an attribute, borrowed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Attribute<'a> {
    /// Not there.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A finite number. Integers beyond 2^53 are rounded to the nearest double, as every JSON reader may do.
    Number(f64),
    /// UTF-8 text.
    Text(&'a str),
    /// A list or an object.
    Json(&'a Value),
}

impl<'a> From<&'a Value> for Attribute<'a> {
    #[inline]
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => number.as_f64().map_or(Self::Null, Self::from),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => Self::Json(value),
        }
    }
}

impl<'a> From<&'a str> for Attribute<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Attribute<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Attribute<'_> {
    #[inline]
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Attribute<'_> {
    /// NaN and the infinities are not JSON: they are absent. -0 is 0.
    #[inline]
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number + 0.0) } else { Self::Null }
    }
}

impl From<i32> for Attribute<'_> {
    #[inline]
    fn from(number: i32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl From<i64> for Attribute<'_> {
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "documented: rounded beyond 2^53")]
    fn from(number: i64) -> Self {
        Self::Number(number as f64)
    }
}

impl<'a, T: Into<Attribute<'a>>> From<Option<T>> for Attribute<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<'a> Attribute<'a> {
    /// A member of an object.
    #[inline]
    pub(crate) fn member(self, name: &str) -> Self {
        match self {
            Self::Json(Value::Object(members)) => members.get(name).map_or(Self::Null, Self::from),
            _ => Self::Null,
        }
    }

    /// As JSON.
    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number(number) => Value::from(number),
            Self::Text(text) => Value::from(text),
            Self::Json(value) => value.clone(),
        }
    }

    /// The elements of a list.
    pub(crate) fn elements(self) -> Option<&'a [Value]> {
        match self {
            Self::Json(Value::Array(elements)) => Some(elements),
            _ => None,
        }
    }

    /// Calls `with` with the bytes of a unit: a text that is not empty, or an integer below 2^63 in decimal.
    #[inline]
    pub(crate) fn with_unit<R>(self, with: impl FnOnce(Option<&str>) -> R) -> R {
        match self {
            Self::Text(text) => with(Some(text).filter(|text| !text.is_empty())),
            Self::Number(number) => {
                let mut room = [0; 20];
                with(decimal(number, &mut room))
            }
            _ => with(None),
        }
    }
}

/// An integer in decimal digits; nothing for fractions and for what does not fit 63 bits.
fn decimal(number: f64, room: &mut [u8; 20]) -> Option<&str> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() != 0.0 || number.abs() >= BOUND {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^63, checked above")]
    let integer = number as i64;
    let mut left = integer.unsigned_abs();
    let mut at = room.len();
    loop {
        at -= 1;
        let digit = (left % 10) as u8;
        *room.get_mut(at)? = b'0' + digit;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    if integer < 0 {
        at -= 1;
        *room.get_mut(at)? = b'-';
    }
    std::str::from_utf8(room.get(at..)?).ok()
}

#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    key: u64,
    name: &'a str,
    value: Attribute<'a>,
}

impl Entry<'_> {
    const NONE: Self = Self { key: 0, name: "", value: Attribute::Null };
}

/// Who or what is asking. Borrows from the caller; up to eight attributes need no allocation, and a prepared one can be
/// used for any number of evaluations.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    key: Attribute<'a>,
    len: usize,
    inline: [Entry<'a>; INLINE],
    /// All entries, once there are more than fit inline.
    spilled: Vec<Entry<'a>>,
}

impl Default for Context<'_> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Context<'a> {
    /// From JSON as OFREP and the SDKs write it: `{"targetingKey":"u1","country":"DE","account":{"key":"a1"}}`.
    ///
    /// `targetingKey`, `user.key` and `key` are the same thing (the first of them that is there counts); members of an
    /// object `user` count as top-level attributes unless the top level has them too.
    pub fn from_json(value: &'a Value) -> Result<Self, ContextError> {
        let Value::Object(members) = value else {
            return Err(ContextError {
                pointer: String::new(),
                message: "a context is a JSON object, for example {\"targetingKey\": \"user-1\"}".to_owned(),
            });
        };
        let mut context = Self::new();
        let user = members.get("user").and_then(Value::as_object);
        let keys = [
            ("/targetingKey", members.get("targetingKey")),
            ("/user/key", user.and_then(|user| user.get("key"))),
            ("/key", members.get("key")),
        ];
        if let Some((pointer, key)) =
            keys.into_iter().find_map(|(pointer, key)| key.filter(|key| !key.is_null()).map(|key| (pointer, key)))
        {
            context.key = key_of(key).ok_or_else(|| ContextError {
                pointer: pointer.to_owned(),
                message: "a targeting key is a text or an integer".to_owned(),
            })?;
        }
        if members.len() + user.map_or(0, serde_json::Map::len) > INLINE {
            context.spilled.reserve(members.len() + user.map_or(0, serde_json::Map::len));
        }
        // The top level comes first, so that it is found first.
        for (name, value) in members.iter().chain(user.into_iter().flatten()) {
            if !is_key(name) {
                context.push(text_key(name), name, value);
            }
        }
        Ok(context)
    }

    /// An empty one.
    #[inline]
    pub const fn new() -> Self {
        Self { key: Attribute::Null, len: 0, inline: [Entry::NONE; INLINE], spilled: Vec::new() }
    }

    /// An empty one to be filled in one expression:
    ///
    /// ```
    /// # use yardarm_eval::Context;
    /// let context = Context::builder().targeting_key("user-1").set("country", "DE").set("age", 37).build();
    /// assert_eq!(context.targeting_key(), Some("user-1"));
    /// ```
    #[inline]
    pub fn builder() -> ContextBuilder<'a> {
        ContextBuilder { context: Self::new() }
    }

    /// Sets an attribute, the last one of a name counts. `key` and `targetingKey` set the unit key; the members of an
    /// object `user` become top-level attributes.
    #[inline]
    pub fn set(&mut self, name: &'a str, value: impl Into<Attribute<'a>>) {
        self.set_attribute(name, value.into());
    }

    /// Out of line and once for all types of values, so that the builder is small enough for its caller's own code.
    #[inline(never)]
    fn set_attribute(&mut self, name: &'a str, value: Attribute<'a>) {
        if is_key(name) {
            self.key = value;
            return;
        }
        if let ("user", Attribute::Json(Value::Object(members))) = (name, value) {
            self.set_members(members);
        }
        let key = text_key(name);
        if let Some(entry) = self.entries_mut().iter_mut().find(|entry| same(entry.key, entry.name, key, name)) {
            entry.value = value;
        } else {
            self.push(key, name, value);
        }
    }

    #[cold]
    #[inline(never)]
    fn set_members(&mut self, members: &'a serde_json::Map<String, Value>) {
        for (name, value) in members {
            if is_key(name) || *self.get(text_key(name), name) == Attribute::Null {
                self.set(name, value);
            }
        }
    }

    /// As [`Context::set`], for a name that was prepared and has no attribute in this context yet; setting one again would
    /// leave the first.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: a value that is passed in memory is read before it is there")]
    pub fn set_new(&mut self, name: &'a AttributeName, value: impl Into<Attribute<'a>>) {
        if name.is_plain {
            self.push(name.key, &name.text, value);
        } else {
            self.set(&name.text, value);
        }
    }

    /// Sets the unit key, as `targetingKey` does.
    #[inline]
    pub fn set_key(&mut self, value: impl Into<Attribute<'a>>) {
        self.key = value.into();
    }

    /// Forgets everything and keeps the room.
    #[inline]
    pub fn clear(&mut self) {
        self.key = Attribute::Null;
        self.len = 0;
        self.spilled.clear();
    }

    /// The unit key, if any and if it is a text.
    pub fn targeting_key(&self) -> Option<&'a str> {
        match self.key {
            Attribute::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The unit key; an empty one is absent.
    #[inline]
    pub(crate) fn key(&self) -> &Attribute<'a> {
        match &self.key {
            Attribute::Text("") => &Attribute::Null,
            key => key,
        }
    }

    /// The unit key as it was given.
    pub(crate) fn raw_key(&self) -> Attribute<'a> {
        self.key
    }

    /// Everything as one object.
    pub(crate) fn to_json(&self) -> Value {
        let mut members = serde_json::Map::new();
        for entry in self.entries() {
            members.entry(entry.name).or_insert_with(|| entry.value.to_json());
        }
        if *self.key() != Attribute::Null {
            members.insert("targetingKey".to_owned(), self.key().to_json());
        }
        Value::Object(members)
    }

    /// A top-level attribute.
    #[inline]
    pub(crate) fn get(&self, key: u64, name: &str) -> &Attribute<'a> {
        for entry in self.entries() {
            if entry.key == key {
                return if is_exact(key) { &entry.value } else { self.get_long(entry, name) };
            }
        }
        &Attribute::Null
    }

    /// Out of line: the first entry with the key of a name that the key does not say all of.
    #[inline(never)]
    fn get_long<'s>(&'s self, first: &'s Entry<'a>, name: &str) -> &'s Attribute<'a> {
        if equal(first.name.as_bytes(), name.as_bytes()) {
            return &first.value;
        }
        self.entries().iter().find(|entry| entry.name == name).map_or(&Attribute::Null, |entry| &entry.value)
    }

    #[inline]
    fn entries(&self) -> &[Entry<'a>] {
        if self.spilled.is_empty() { self.inline.get(..self.len).unwrap_or_default() } else { &self.spilled }
    }

    #[inline]
    fn entries_mut(&mut self) -> &mut [Entry<'a>] {
        if self.spilled.is_empty() { self.inline.get_mut(..self.len).unwrap_or_default() } else { &mut self.spilled }
    }

    /// Generic, so that no way asks for the entry in memory before it is in its place.
    #[inline]
    fn push(&mut self, key: u64, name: &'a str, value: impl Into<Attribute<'a>>) {
        if self.spilled.is_empty()
            && let Some(place) = self.inline.get_mut(self.len)
        {
            *place = Entry { key, name, value: value.into() };
            self.len += 1;
        } else {
            self.spill(key, name, value);
        }
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, key: u64, name: &'a str, value: impl Into<Attribute<'a>>) {
        if self.spilled.is_empty() {
            self.spilled.extend_from_slice(&self.inline);
        }
        self.spilled.push(Entry { key, name, value: value.into() });
    }
}

/// Fills a [`Context`] in one expression.
#[derive(Clone, Debug, Default)]
pub struct ContextBuilder<'a> {
    context: Context<'a>,
}

impl<'a> ContextBuilder<'a> {
    /// The unit key.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: else the whole builder is copied in and out of a call")]
    pub fn targeting_key(mut self, key: &'a str) -> Self {
        self.context.key = Attribute::Text(key);
        self
    }

    /// See [`Context::set`].
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: else the whole builder is copied in and out of a call")]
    pub fn set(mut self, name: &'a str, value: impl Into<Attribute<'a>>) -> Self {
        self.context.set(name, value);
        self
    }

    /// The context.
    #[inline]
    pub fn build(self) -> Context<'a> {
        self.context
    }
}

#[inline]
pub(crate) fn is_key(name: &str) -> bool {
    matches!(name, "key" | "targetingKey")
}

fn key_of(value: &Value) -> Option<Attribute<'_>> {
    let key = Attribute::from(value);
    match key {
        Attribute::Text(_) => Some(key),
        Attribute::Number(_) => key.with_unit(|unit| unit.is_some()).then_some(key),
        _ => None,
    }
}

/// What is wrong with a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextError {
    /// JSON pointer.
    pub pointer: String,
    /// In words.
    pub message: String,
}

impl std::fmt::Display for ContextError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

impl std::error::Error for ContextError {}

#[cfg(test)]
mod tests;
