//! Who or what is asking: a dict read in place, or one that was prepared before.
//!
//! The rules are those of `yardarm_eval::Context::from_json`; text is borrowed from Python's strings, and only lists and
//! objects are copied.

use std::cell::LazyCell;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use self_cell::self_cell;
use serde_json::Value;
use smallvec::SmallVec;
use yardarm_eval::{Attribute, AttributeName, Context as Evaluated};

use crate::json::{from_python, number, plain, to_python};
use crate::live::Names;

/// Attributes read without an allocation.
const INLINE: usize = 12;

/// A context that is none, as it is no dict or its targeting key neither text nor integer: `INVALID_CONTEXT`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invalid;

/// Calls `with` with what the evaluator takes. `names`: the attributes that will be looked at, if that is known.
pub(crate) fn with_context<R>(
    context: &Bound<'_, PyAny>,
    names: Option<&Names>,
    with: impl FnOnce(Result<&Evaluated<'_>, Invalid>) -> R,
) -> R {
    if let Ok(dict) = context.cast::<PyDict>() {
        with_dict(dict, names, with)
    } else if let Ok(prepared) = context.cast::<Context>() {
        prepared.get().prepared.with_dependent(|_, prepared| with(prepared.as_ref().map_err(|invalid| *invalid)))
    } else {
        match plain(context).as_ref().map(Bound::cast::<PyDict>) {
            Some(Ok(dict)) => with_dict(dict, names, with),
            _ => with(Err(Invalid)),
        }
    }
}

fn with_dict<R>(
    dict: &Bound<'_, PyDict>,
    names: Option<&Names>,
    with: impl FnOnce(Result<&Evaluated<'_>, Invalid>) -> R,
) -> R {
    match names {
        Some(names) => with_named(dict, names, with),
        None => match Attributes::read_all(dict) {
            Ok(attributes) => with(Ok(&attributes.context())),
            Err(invalid) => with(Err(invalid)),
        },
    }
}

/// Only what will be looked at. Nothing of this is returned: it is some hundred bytes, which would be copied.
fn with_named<R>(
    dict: &Bound<'_, PyDict>,
    names: &Names,
    with: impl FnOnce(Result<&Evaluated<'_>, Invalid>) -> R,
) -> R {
    let key = key_of(dict);
    // Most keys are texts, which any may be.
    let text = key.as_ref().and_then(|key| key.cast_exact::<PyString>().ok());
    let other = if text.is_none() { Held::key(key.clone()) } else { Ok(Held::Plain(Attribute::Null)) };
    let other = match other {
        Ok(other) => other,
        Err(invalid) => return with(Err(invalid)),
    };
    // All of them first: reading a value may run Python code that changes the dict.
    let user = LazyCell::new(|| user_of(dict));
    let member = |name| {
        let found = dict.get_item(name).ok().flatten();
        found.or_else(|| user.as_ref()?.get_item(name).ok()?)
    };
    let values: SmallVec<[Option<Bound<'_, PyAny>>; INLINE]> =
        names.attributes.iter().map(|(name, _)| member(name.bind(dict.py()))).collect();
    let members = || names.attributes.iter().map(|(_, name)| name).zip(&values);
    let held: SmallVec<[Held<'_>; INLINE]>;
    let mut context = Evaluated::new();
    let usual = !names.has_user()
        && members().all(|(name, value)| value.as_ref().is_none_or(|value| set_usual(&mut context, name, value)));
    if !usual {
        held = values.iter().map(|value| value.clone().map_or(Held::Plain(Attribute::Null), Held::read)).collect();
        context = Evaluated::new();
        for ((name, _), value) in members().zip(&held) {
            context.set(name.as_str(), value.attribute());
        }
    }
    if names.key {
        match text.map(|text| text.to_str()) {
            Some(Ok(text)) => context.set_key(text),
            _ => context.set_key(other.attribute()),
        }
    }
    with(Ok(&context))
}

/// What most attributes are goes its own way into the context: a value that is one of many is put together in memory and
/// then waited for. `false`: it is none of these.
#[inline]
fn set_usual<'a>(context: &mut Evaluated<'a>, name: &'a AttributeName, value: &'a Bound<'_, PyAny>) -> bool {
    if let Ok(text) = value.cast_exact::<PyString>() {
        if let Ok(text) = text.to_str() {
            context.set_new(name, text);
        }
    } else if let Ok(value) = value.cast_exact::<PyBool>() {
        context.set_new(name, value.is_true());
    } else if value.is_exact_instance_of::<PyInt>()
        && let Ok(integer) = value.extract::<i64>()
    {
        context.set_new(name, integer);
    } else if let Ok(value) = value.cast_exact::<PyFloat>() {
        context.set_new(name, value.value());
    } else {
        return value.is_none();
    }
    true
}

/// The targeting key of a context as it is hashed: a text that is not empty, or an integer in decimal.
#[pyfunction]
pub(crate) fn unit(context: &Bound<'_, PyAny>) -> Option<String> {
    let dict = match context.cast::<Context>() {
        Ok(prepared) => {
            let value = prepared.get().prepared.borrow_owner();
            return text_of(&key_in(value.as_object()?)?.clone());
        }
        Err(_) => match context.cast::<PyDict>() {
            Ok(dict) => dict.clone(),
            Err(_) => plain(context)?.cast_into::<PyDict>().ok()?,
        },
    };
    text_of(&from_python(&key_of(&dict)?))
}

fn text_of(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^63, checked before")]
        Value::Number(number) => number
            .as_f64()
            .filter(|number| is_key(Attribute::Number(*number)))
            .map(|number| (number as i64).to_string()),
        _ => None,
    }
}

fn key_in(members: &serde_json::Map<String, Value>) -> Option<&Value> {
    let user = members.get("user").and_then(Value::as_object);
    let keys = [members.get("targetingKey"), user.and_then(|user| user.get("key")), members.get("key")];
    keys.into_iter().flatten().find(|key| !key.is_null())
}

/// `targetingKey`, `user.key` or `key`: the first that is there. What JSON has no word for (infinity, a function) is not.
fn key_of<'py>(dict: &Bound<'py, PyDict>) -> Option<Bound<'py, PyAny>> {
    let py = dict.py();
    let is_something = |value: &Bound<'py, PyAny>| {
        value.is_exact_instance_of::<PyString>() || Held::read(value.clone()).attribute() != Attribute::Null
    };
    let there = |dict: &Bound<'py, PyDict>, name| dict.get_item(name).ok().flatten().filter(is_something);
    there(dict, intern!(py, "targetingKey"))
        .or_else(|| there(&user_of(dict)?, intern!(py, "key")))
        .or_else(|| there(dict, intern!(py, "key")))
}

/// The member `user`, if it is an object: what it has counts as top-level attributes.
fn user_of<'py>(dict: &Bound<'py, PyDict>) -> Option<Bound<'py, PyDict>> {
    let user = dict.get_item(intern!(dict.py(), "user")).ok()??;
    match user.cast_into::<PyDict>() {
        Ok(user) => Some(user),
        Err(other) => plain(&other.into_inner())?.cast_into().ok(),
    }
}

/// A value that outlives the evaluation, ready to be borrowed.
enum Held<'py> {
    Text(Bound<'py, PyString>),
    Plain(Attribute<'static>),
    Json(Value),
}

impl<'py> Held<'py> {
    fn key(key: Option<Bound<'py, PyAny>>) -> Result<Self, Invalid> {
        let key = key.map_or(Self::Plain(Attribute::Null), Self::read);
        if is_key(key.attribute()) { Ok(key) } else { Err(Invalid) }
    }

    fn read(value: Bound<'py, PyAny>) -> Self {
        let value = match value.cast_into_exact::<PyString>() {
            Ok(text) => return Self::Text(text),
            Err(other) => other.into_inner(),
        };
        if value.is_none() {
            return Self::Plain(Attribute::Null);
        }
        if let Ok(value) = value.cast::<PyBool>() {
            return Self::Plain(Attribute::Bool(value.is_true()));
        }
        if value.is_instance_of::<PyInt>() {
            // Twice as fast as by way of a float, and most integers are small.
            if let Ok(integer) = value.extract::<i64>() {
                return Self::Plain(Attribute::from(integer));
            }
            return Self::Plain(number(&value).map_or(Attribute::Null, Attribute::from));
        }
        if value.is_instance_of::<PyFloat>() {
            return Self::Plain(number(&value).map_or(Attribute::Null, Attribute::from));
        }
        Self::Json(from_python(&value))
    }

    fn attribute(&self) -> Attribute<'_> {
        match self {
            Self::Text(text) => text.to_str().map_or(Attribute::Null, Attribute::Text),
            Self::Plain(attribute) => *attribute,
            Self::Json(value) => Attribute::from(value),
        }
    }
}

/// All that a dict says.
struct Attributes<'py> {
    key: Held<'py>,
    members: SmallVec<[(Bound<'py, PyString>, Held<'py>); INLINE]>,
    user: Option<Value>,
}

impl<'py> Attributes<'py> {
    fn read_all(dict: &Bound<'py, PyDict>) -> Result<Self, Invalid> {
        let key = Held::key(key_of(dict))?;
        // All of them first: reading a value may run Python code that changes the dict.
        let mut found: SmallVec<[(Bound<'py, PyString>, Bound<'py, PyAny>); INLINE]> = SmallVec::new();
        for (name, value) in dict {
            if let Ok(name) = name.cast_into::<PyString>() {
                found.push((name, value));
            }
        }
        let mut user = None;
        let mut members = SmallVec::new();
        for (name, value) in found {
            match name.to_str() {
                Ok("targetingKey" | "key") | Err(_) => {}
                Ok("user") => user = Some(from_python(&value)),
                Ok(_) => members.push((name, Held::read(value))),
            }
        }
        Ok(Self { key, members, user })
    }

    fn context(&self) -> Evaluated<'_> {
        let mut context = Evaluated::new();
        let members = || self.members.iter().filter_map(|(name, held)| Some((name.to_str().ok()?, held.attribute())));
        for (name, value) in members() {
            context.set(name, value);
        }
        if let Some(user) = &self.user {
            context.set("user", user);
            // The top level wins, also where it says null.
            for (name, _) in members().filter(|(_, value)| *value == Attribute::Null) {
                context.set(name, Attribute::Null);
            }
        }
        context.set("targetingKey", self.key.attribute());
        context
    }
}

fn is_key(key: Attribute<'_>) -> bool {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    match key {
        Attribute::Null | Attribute::Text(_) => true,
        Attribute::Number(number) => number.fract() == 0.0 && number.abs() < BOUND,
        _ => false,
    }
}

type Prepared<'a> = Result<Evaluated<'a>, Invalid>;

self_cell!(
    struct Cell {
        owner: Value,
        #[covariant]
        dependent: Prepared,
    }
);

/// A context to ask many flags with: read once, then as good as a dict and faster.
#[pyclass(frozen, module = "yardarm")]
pub(crate) struct Context {
    prepared: Cell,
}

#[pymethods]
impl Context {
    #[new]
    fn new(attributes: &Bound<'_, PyAny>) -> Self {
        let value = match attributes.cast::<Self>() {
            Ok(other) => other.get().prepared.borrow_owner().clone(),
            Err(_) => from_python(attributes),
        };
        Self { prepared: Cell::new(value, |value| Evaluated::from_json(value).map_err(|_| Invalid)) }
    }

    /// The attributes as a new dict.
    fn as_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, self.prepared.borrow_owner())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().prepared.borrow_owner() == self.prepared.borrow_owner())
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.prepared.borrow_owner().to_string().hash(&mut hasher);
        hasher.finish()
    }

    /// Without the attributes: a context never gets into a log by accident.
    #[expect(clippy::unused_self, reason = "Python calls it on an instance")]
    fn __repr__(&self) -> &'static str {
        "<yardarm.Context>"
    }
}
