//! Rulesets and patches as they come over the wire, for the Python side to judge and to publish.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use serde::Serialize;
use serde_json::value::RawValue;
use yardarm_eval::reads::Reads;
use yardarm_eval::ruleset::{Patch as WirePatch, Ruleset, Version as WireVersion};

use crate::details::Version;

/// A compiled ruleset. Immutable; a patch gives the next one.
#[pyclass(frozen, module = "yardarm._native")]
pub(crate) struct Snapshot {
    pub(crate) compiled: yardarm_eval::Snapshot,
    pub(crate) wire: Arc<Wire>,
}

/// The ruleset as it was written: for the cache file, and to say what a flag reads. Snapshots share what is the same.
#[derive(Serialize)]
pub(crate) struct Wire {
    format: u32,
    project: Arc<str>,
    environment: Arc<str>,
    version: WireVersion,
    flags: BTreeMap<Arc<str>, Arc<RawValue>>,
    segments: BTreeMap<Arc<str>, Arc<RawValue>>,
    /// Only when the ruleset is to be written to a file: lists are long.
    lists: Option<BTreeMap<Arc<str>, Arc<[String]>>>,
}

impl Wire {
    fn new(ruleset: Ruleset, keep: bool) -> Self {
        let texts = |items: BTreeMap<String, Box<RawValue>>| {
            items.into_iter().map(|(key, raw)| (key.into(), raw.into())).collect()
        };
        let Ruleset { format, project, environment, version, flags, segments, lists } = ruleset;
        let lists = keep.then(|| lists.into_iter().map(|(key, list)| (key.into(), list.into())).collect());
        let (flags, segments) = (texts(flags), texts(segments));
        Self { format, project: project.into(), environment: environment.into(), version, flags, segments, lists }
    }

    fn patched(&self, patch: &WirePatch) -> Self {
        #[expect(clippy::borrowed_box, reason = "what the map holds")]
        let raw = |raw: &Box<RawValue>| Arc::from(raw.clone());
        let mut lists = self.lists.clone();
        if let Some(lists) = &mut lists {
            put(lists, &patch.lists, |list| list.as_slice().into());
        }
        let (mut flags, mut segments) = (self.flags.clone(), self.segments.clone());
        put(&mut flags, &patch.flags, raw);
        put(&mut segments, &patch.segments, raw);
        let (project, environment) = (Arc::clone(&self.project), Arc::clone(&self.environment));
        Self { format: self.format, project, environment, version: patch.to.clone(), flags, segments, lists }
    }

    /// What the evaluation of a flag may look at.
    pub(crate) fn reads(&self, flag: &str) -> Option<Reads> {
        let flags = |key: &str| {
            let raw = self.flags.get(key)?;
            Some(serde_json::from_str(raw.get()).map_or_else(|_| Reads::default(), |flag| Reads::of_flag(&flag)))
        };
        let segments = |key: &str| {
            let raw = self.segments.get(key)?;
            let segment = serde_json::from_str(raw.get());
            Some(segment.map_or_else(|_| Reads::default(), |segment| Reads::of_segment(&segment)))
        };
        Reads::through(flag, flags, segments)
    }
}

fn put<W, T>(items: &mut BTreeMap<Arc<str>, T>, changes: &BTreeMap<String, Option<W>>, take: impl Fn(&W) -> T) {
    for (key, item) in changes {
        match item {
            Some(item) => items.insert(key.as_str().into(), take(item)),
            None => items.remove(key.as_str()),
        };
    }
}

#[pymethods]
impl Snapshot {
    /// Reads and compiles `GET /sdk/v1/ruleset`; `keep` makes `to_json` possible. A flag that cannot be compiled spoils
    /// only itself. Raises `ValueError` when it is not a ruleset.
    #[staticmethod]
    #[pyo3(signature = (body, *, keep=false))]
    fn load(py: Python<'_>, body: PyBackedBytes, keep: bool) -> PyResult<Self> {
        py.detach(move || {
            let ruleset: Ruleset = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
            let compiled = yardarm_eval::Snapshot::compile(&ruleset);
            Ok(Self { compiled, wire: Arc::new(Wire::new(ruleset, keep)) })
        })
    }

    /// With a patch; `None` when the patch does not start from this version.
    fn apply(&self, py: Python<'_>, patch: &Patch) -> Option<Self> {
        py.detach(|| {
            let compiled = self.compiled.apply(&patch.wire)?;
            Some(Self { compiled, wire: Arc::new(self.wire.patched(&patch.wire)) })
        })
    }

    /// The ruleset as JSON, if it was kept.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        if self.wire.lists.is_none() {
            return Ok(None);
        }
        let text = py.detach(|| serde_json::to_vec(&*self.wire)).map_err(|error| unreadable(&error))?;
        Ok(Some(PyBytes::new(py, &text)))
    }

    /// (project key, environment key).
    #[getter]
    fn place(&self) -> (&str, &str) {
        (&self.wire.project, &self.wire.environment)
    }

    #[getter]
    fn version(&self) -> Version {
        self.compiled.version().into()
    }

    fn __len__(&self) -> usize {
        self.compiled.len()
    }
}

/// What changed between two versions.
#[pyclass(frozen, module = "yardarm._native")]
pub(crate) struct Patch {
    wire: WirePatch,
}

#[pymethods]
impl Patch {
    /// Reads the data of a `patch` frame. Raises `ValueError` when it is not a patch.
    #[staticmethod]
    fn load(py: Python<'_>, body: PyBackedBytes) -> PyResult<Self> {
        py.detach(move || Ok(Self { wire: serde_json::from_slice(&body).map_err(|error| unreadable(&error))? }))
    }

    /// The version it starts from.
    #[getter]
    fn start(&self) -> Version {
        (&self.wire.from).into()
    }

    /// The version it leads to.
    #[getter]
    fn end(&self) -> Version {
        (&self.wire.to).into()
    }
}

fn unreadable(error: &serde_json::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
