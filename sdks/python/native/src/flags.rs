//! Flag calls. None of them raises, blocks or does I/O: what goes wrong is the caller's default with an error code.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyString, PyTuple};
use serde_json::Value;
use yardarm_eval::Answer;
use yardarm_eval::ruleset::ErrorCode;

use crate::context::{unit, with_context};
use crate::details::{Details, error_text, reason_text};
use crate::json::to_python;
use crate::live::{Live, Published, Shared};

/// What a value is asked for as.
#[derive(Clone, Copy)]
enum Kind {
    Boolean,
    String,
    Integer,
    Number,
    Json,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Json => "json",
        }
    }

    /// `None`: the value is of another type.
    fn read<'py>(self, py: Python<'py>, value: &Value) -> Option<Bound<'py, PyAny>> {
        match (self, value) {
            (Self::Boolean, Value::Bool(value)) => Some(PyBool::new(py, *value).to_owned().into_any()),
            (Self::String, Value::String(text)) => Some(PyString::new(py, text).into_any()),
            (Self::Integer, Value::Number(number)) => whole(number)?.into_pyobject(py).ok().map(Bound::into_any),
            (Self::Number, Value::Number(number)) => Some(PyFloat::new(py, number.as_f64()?).into_any()),
            (Self::Json, value) => to_python(py, value).ok(),
            _ => None,
        }
    }
}

/// A whole number up to 2^53, however it is written.
fn whole(number: &serde_json::Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = number.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// An answer with its value as Python's.
struct Resolved<'s, 'py> {
    value: Option<Bound<'py, PyAny>>,
    answer: Answer<'s>,
    published: Option<&'s Published>,
}

impl Resolved<'_, '_> {
    fn failed(error: ErrorCode) -> Self {
        Self { value: None, answer: Answer::error(error), published: None }
    }

    fn details(&self, py: Python<'_>, default: &Bound<'_, PyAny>) -> Details {
        let text = |text: Option<&str>| text.map(|text| PyString::new(py, text).unbind());
        Details {
            value: self.value.as_ref().unwrap_or(default).clone().unbind(),
            variant: text(self.answer.variant.filter(|_| self.value.is_some())),
            reason: reason_text(py, self.answer.reason),
            rule: text(self.answer.rule),
            error: self.answer.error.map(|error| error_text(py, error)),
            version: self.published.map(|published| published.version.clone_ref(py)),
        }
    }
}

/// The flag calls of a client. Made by `yardarm.Client`, never by itself.
#[pyclass(subclass, frozen, module = "yardarm._native")]
pub(crate) struct Flags {
    shared: Arc<Shared>,
    setup: PyOnceLock<Setup>,
}

struct Setup {
    counts: bool,
    /// Called after each flag call: (flag, context, details, type).
    after: Option<Py<PyAny>>,
    /// Called with each exposure: (flag, variant, unit, version, rule).
    exposed: Option<Py<PyAny>>,
}

#[pymethods]
impl Flags {
    /// Takes whatever the subclass takes and looks at none of it.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { shared: Arc::new(Shared::new()), setup: PyOnceLock::new() }
    }

    /// Once, before the first flag call.
    #[pyo3(signature = (*, counts, after=None, exposed=None))]
    fn _set_up(&self, py: Python<'_>, counts: bool, after: Option<Py<PyAny>>, exposed: Option<Py<PyAny>>) -> Live {
        self.setup.get_or_init(py, || Setup { counts, after, exposed });
        Live { shared: Arc::clone(&self.shared) }
    }

    /// The flag's value if it is a boolean, else `default`.
    fn boolean<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.value(Kind::Boolean, flag, context, default)
    }

    /// The flag's value if it is text, else `default`.
    fn string<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.value(Kind::String, flag, context, default)
    }

    /// The flag's value if it is a whole number up to 2^53, else `default`.
    fn integer<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.value(Kind::Integer, flag, context, default)
    }

    /// The flag's value as a float if it is a number, else `default`.
    fn number<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.value(Kind::Number, flag, context, default)
    }

    /// The value of a flag of any type, or `default`.
    fn json<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.value(Kind::Json, flag, context, default)
    }

    /// `boolean` with the reasons for it.
    fn boolean_details<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Details>> {
        self.details(Kind::Boolean, flag, context, default)
    }

    /// `string` with the reasons for it.
    fn string_details<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Details>> {
        self.details(Kind::String, flag, context, default)
    }

    /// `integer` with the reasons for it.
    fn integer_details<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Details>> {
        self.details(Kind::Integer, flag, context, default)
    }

    /// `number` with the reasons for it.
    fn number_details<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Details>> {
        self.details(Kind::Number, flag, context, default)
    }

    /// `json` with the reasons for it.
    fn json_details<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Details>> {
        self.details(Kind::Json, flag, context, default)
    }

    /// The values of all flags for one context, from one ruleset. `None` where a flag leaves the value to the caller or
    /// fails. Not counted.
    fn all<'py>(&self, context: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let py = context.py();
        let all = PyDict::new(py);
        self.each(context, |published, flag, answer| {
            let value = answer.value.map(|value| to_python(py, value)).transpose()?;
            all.set_item(published.key(py, flag.key, flag.index), value)
        })?;
        Ok(all)
    }

    /// The details of all flags for one context, from one ruleset. Not counted.
    fn all_details<'py>(&self, context: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let py = context.py();
        let all = PyDict::new(py);
        let none = py.None().into_bound(py);
        self.each(context, |published, flag, answer| {
            let value = answer.value.map(|value| to_python(py, value)).transpose()?;
            let details = Resolved { value, answer, published: Some(published) }.details(py, &none);
            all.set_item(published.key(py, flag.key, flag.index), Bound::new(py, details)?)
        })?;
        Ok(all)
    }

    /// Why a flag answers as it does, step by step; for people. Not counted. `None` without a ruleset or a context.
    fn explain<'py>(
        &self,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let published = self.shared.published.load_full();
        let (Some(published), Ok(flag)) = (published, flag.cast::<PyString>()) else { return Ok(None) };
        let Ok(flag) = flag.to_str() else { return Ok(None) };
        let now = self.shared.now_ms();
        let explain =
            || with_context(context, None, |context| Some(published.snapshot.explain(flag, context.ok()?, now)));
        let explanation = guarded(explain).flatten().and_then(|explanation| serde_json::to_value(explanation).ok());
        explanation.map(|explanation| to_python(context.py(), &explanation)).transpose()
    }
}

impl Flags {
    fn value<'py>(
        &self,
        kind: Kind,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = flag.py();
        if self.setup.get(py).is_some_and(Setup::listens) {
            return Ok(self.details(kind, flag, context, default)?.get().value.bind(py).clone());
        }
        let value = guarded(|| self.resolve(kind, flag, context, |resolved| resolved.value)).flatten();
        Ok(value.unwrap_or_else(|| default.clone()))
    }

    fn details<'py>(
        &self,
        kind: Kind,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Details>> {
        let py = flag.py();
        let details = guarded(|| self.resolve(kind, flag, context, |resolved| resolved.details(py, default)));
        let details = details.unwrap_or_else(|| Resolved::failed(ErrorCode::General).details(py, default));
        let details = Bound::new(py, details)?;
        if let Some(setup) = self.setup.get(py) {
            setup.tell(kind, flag, context, &details)?;
        }
        Ok(details)
    }

    fn resolve<'py, R>(
        &self,
        kind: Kind,
        flag: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        take: impl FnOnce(Resolved<'_, 'py>) -> R,
    ) -> R {
        let published = self.shared.published.load();
        let Some(published) = published.as_deref() else {
            return take(Resolved::failed(ErrorCode::ProviderNotReady));
        };
        let key = flag.cast::<PyString>().ok().and_then(|flag| flag.to_str().ok());
        let Some(found) = key.and_then(|key| published.snapshot.flag(key)) else {
            let answer = Answer::error(ErrorCode::FlagNotFound);
            return take(Resolved { value: None, answer, published: Some(published) });
        };
        let names = published.names(flag.py(), found);
        let mut answer = with_context(context, names, |context| match context {
            Ok(context) => {
                let now_ms = if names.is_some_and(|names| !names.now) { 0 } else { self.shared.now_ms() };
                published.snapshot.evaluate_at(found.index, context, now_ms)
            }
            Err(_) => Answer::error(ErrorCode::InvalidContext),
        });
        let value = answer.value.and_then(|value| kind.read(flag.py(), value));
        if answer.value.is_some() && value.is_none() {
            answer = Answer::error(ErrorCode::TypeMismatch);
        }
        if self.setup.get(flag.py()).is_some_and(|setup| setup.counts) {
            published.tally.count(found.key, found.index, &answer);
        }
        take(Resolved { value, answer, published: Some(published) })
    }

    fn each(
        &self,
        context: &Bound<'_, PyAny>,
        mut with: impl FnMut(&Published, yardarm_eval::FlagRef<'_>, Answer<'_>) -> PyResult<()>,
    ) -> PyResult<()> {
        let published = self.shared.published.load_full();
        let Some(published) = published.as_deref() else { return Ok(()) };
        let all = || {
            with_context(context, None, |context| {
                let mut done = Ok(());
                let Ok(context) = context else { return done };
                published.snapshot.evaluate_all(context, self.shared.now_ms(), |flag, answer| {
                    if done.is_ok() {
                        done = with(published, flag, *answer);
                    }
                });
                done
            })
        };
        guarded(all).unwrap_or(Ok(()))
    }
}

impl Setup {
    fn listens(&self) -> bool {
        self.after.is_some() || self.exposed.is_some()
    }

    fn tell(
        &self,
        kind: Kind,
        flag: &Bound<'_, PyAny>,
        context: &Bound<'_, PyAny>,
        details: &Bound<'_, Details>,
    ) -> PyResult<()> {
        let py = flag.py();
        let Details { variant, reason, rule, version, .. } = details.get();
        if let (Some(exposed), Some(variant)) = (&self.exposed, variant)
            && reason.bind(py) == "SPLIT"
            && let Some(unit) = guarded(|| unit(context)).flatten()
        {
            quietly(py, exposed.bind(py).call1((flag, variant, unit, version, rule)))?;
        }
        if let Some(after) = &self.after {
            quietly(py, after.bind(py).call1((flag, context, details, kind.word())))?;
        }
        Ok(())
    }
}

/// What listens to flag calls must not break them; Ctrl-C and the like still get through.
fn quietly(py: Python<'_>, called: PyResult<Bound<'_, PyAny>>) -> PyResult<()> {
    match called {
        Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
        _ => Ok(()),
    }
}

/// A flag call must not take the application down, not even by a mistake in the evaluator.
fn guarded<R>(call: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        for (text, expected) in
            [("42", Some(42)), ("42.0", Some(42)), ("-1e3", Some(-1000)), ("0.5", None), ("1e300", None)]
        {
            let number: serde_json::Number = serde_json::from_str(text).expect("a number");
            assert_eq!(whole(&number), expected, "{text}");
        }
    }
}
