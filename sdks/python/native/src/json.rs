//! Values between Python and JSON. Nothing here raises: what JSON cannot say is null.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyNone, PyString, PyTuple};
use serde_json::{Map, Number, Value};

/// Levels of nesting that are read; what is deeper is null.
const MAX_DEPTH: usize = 64;
/// Values inside one attribute that are read: a list may hold itself.
const MAX_VALUES: usize = 100_000;

/// A JSON value as Python's own types.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => PyNone::get(py).to_owned().into_any(),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), _, _) => integer.into_pyobject(py)?.into_any(),
            (_, Some(integer), _) => integer.into_pyobject(py)?.into_any(),
            (_, _, number) => PyFloat::new(py, number.unwrap_or_default()).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|element| to_python(py, element)).collect::<PyResult<_>>()?;
            PyList::new(py, elements)?.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, value) in members {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// A Python value as JSON.
pub(crate) fn from_python(value: &Bound<'_, PyAny>) -> Value {
    Reading { left: MAX_VALUES }.value(value, 0)
}

/// `yardarm._values.plain`: what Python's own types say of a value that JSON has no word for.
pub(crate) fn plain<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let plain = PLAIN.get_or_try_init(py, || -> PyResult<_> {
        Ok(py.import(intern!(py, "yardarm._values"))?.getattr(intern!(py, "plain"))?.unbind())
    });
    plain.ok()?.bind(py).call1((value,)).ok()
}

/// A number, if it is one that JSON has: finite.
pub(crate) fn number(value: &Bound<'_, PyAny>) -> Option<f64> {
    value.extract::<f64>().ok().filter(|number| number.is_finite())
}

struct Reading {
    left: usize,
}

impl Reading {
    fn value(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Value {
        self.known(value, depth)
            .or_else(|| plain(value).and_then(|value| self.known(&value, depth)))
            .unwrap_or_default()
    }

    /// `None`: not a type of JSON's.
    fn known(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> Option<Value> {
        let Some(left) = self.left.checked_sub(1).filter(|_| depth < MAX_DEPTH) else { return Some(Value::Null) };
        self.left = left;
        Some(if let Ok(text) = value.cast::<PyString>() {
            text.to_str().map_or(Value::Null, Value::from)
        } else if value.is_none() {
            Value::Null
        } else if let Ok(value) = value.cast::<PyBool>() {
            Value::Bool(value.is_true())
        } else if value.is_instance_of::<PyInt>() {
            match value.extract::<i64>() {
                Ok(integer) => Value::from(integer),
                Err(_) => number(value).map_or(Value::Null, Value::from),
            }
        } else if value.is_instance_of::<PyFloat>() {
            number(value).and_then(Number::from_f64).map_or(Value::Null, Value::Number)
        } else if let Ok(list) = value.cast::<PyList>() {
            // A copy: reading an element may run Python code that changes the list.
            let elements: Vec<_> = list.iter().take(self.left + 1).collect();
            Value::Array(elements.iter().map(|element| self.value(element, depth + 1)).collect())
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            Value::Array(tuple.iter().take(self.left + 1).map(|element| self.value(&element, depth + 1)).collect())
        } else if let Ok(dict) = value.cast::<PyDict>() {
            let members: Vec<_> = dict.iter().take(self.left + 1).collect();
            let members = members.iter().filter_map(|(name, value)| {
                let name = name.cast::<PyString>().ok()?.to_str().ok()?.to_owned();
                Some((name, self.value(value, depth + 1)))
            });
            Value::Object(members.collect::<Map<_, _>>())
        } else {
            return None;
        })
    }
}
