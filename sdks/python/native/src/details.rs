//! What a flag call gives besides the value.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};
use yardarm_eval::ruleset::{ErrorCode, Reason, Version as Wire};

/// The state of an environment: the revision within an epoch. Written `epoch:rev`.
#[pyclass(frozen, eq, hash, get_all, module = "yardarm")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Version {
    epoch: String,
    rev: u64,
}

impl From<&Wire> for Version {
    fn from(version: &Wire) -> Self {
        Self { epoch: version.epoch.clone(), rev: version.rev }
    }
}

#[pymethods]
impl Version {
    #[new]
    fn new(epoch: String, rev: u64) -> Self {
        Self { epoch, rev }
    }

    fn __str__(&self) -> String {
        format!("{}:{}", self.epoch, self.rev)
    }

    fn __repr__(&self) -> String {
        format!("Version(epoch={:?}, rev={})", self.epoch, self.rev)
    }
}

/// A flag's answer with the reasons for it.
#[pyclass(frozen, get_all, generic, module = "yardarm")]
pub(crate) struct Details {
    pub(crate) value: Py<PyAny>,
    pub(crate) variant: Option<Py<PyString>>,
    pub(crate) reason: Py<PyString>,
    pub(crate) rule: Option<Py<PyString>>,
    pub(crate) error: Option<Py<PyString>>,
    pub(crate) version: Option<Py<Version>>,
}

#[pymethods]
impl Details {
    #[new]
    #[pyo3(signature = (value, *, reason, variant=None, rule=None, error=None, version=None))]
    fn new(
        value: Py<PyAny>,
        reason: Py<PyString>,
        variant: Option<Py<PyString>>,
        rule: Option<Py<PyString>>,
        error: Option<Py<PyString>>,
        version: Option<Py<Version>>,
    ) -> Self {
        Self { value, variant, reason, rule, error, version }
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        let (mine, theirs) = (self.members(py)?, other.get().members(py)?);
        mine.eq(theirs)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        let mut hasher = DefaultHasher::new();
        self.value
            .bind(py)
            .hash()
            .map_err(|_| PyTypeError::new_err("these details hold a value without a hash"))?
            .hash(&mut hasher);
        self.reason.bind(py).hash()?.hash(&mut hasher);
        Ok(hasher.finish())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let names = ["value", "variant", "reason", "rule", "error", "version"];
        let members = self.members(py)?;
        let written = names.iter().zip(members.iter()).map(|(name, member)| Ok(format!("{name}={}", member.repr()?)));
        Ok(format!("Details({})", written.collect::<PyResult<Vec<_>>>()?.join(", ")))
    }
}

impl Details {
    fn members<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (&self.value, &self.variant, &self.reason, &self.rule, &self.error, &self.version).into_pyobject(py)
    }
}

/// Python's objects for the reasons, made once.
pub(crate) fn reason_text(py: Python<'_>, reason: Reason) -> Py<PyString> {
    PyString::intern(py, reason.as_str()).unbind()
}

/// Python's objects for the error codes.
pub(crate) fn error_text(py: Python<'_>, error: ErrorCode) -> Py<PyString> {
    PyString::intern(py, error.as_str()).unbind()
}
