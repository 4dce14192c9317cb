//! Flags of other systems to Yardarm's own documents, and proof that both give the same answers.
//!
//! [`import`] reads a system's files and makes one export document (`yardarm_model::export`) that the server, the
//! command line and tests bring in like any other, with a [`Report`] of what became of everything. What our own forms
//! say just as well is mapped to them; everything else is kept exactly, as the evaluator's own conditions, serves and
//! buckets (`{"exact": …}`), so that nobody is moved to another variant. Nothing is dropped in silence.
//!
//! [`verify`] runs a system's published cases through importer, model, compiler and evaluator.
//!
//! One file (or folder) a system. All of it is pure: files come in as text, time and randomness as values.

mod authored;
mod configcat;
mod exact;
mod fit;
mod flagd;
mod flagsmith;
mod growthbook;
mod launchdarkly;
mod members;
mod metadata;
mod names;
mod project;
mod report;
mod screen;
mod split;
mod unleash;
pub mod verify;

use serde::Serialize;
use serde_json::Value;

pub use names::Names;
pub use project::{Project, exact_condition, exact_serve, variant};
pub use report::{Kept, Mapped, NeedsAttention, Report};

/// The systems that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// State exports, and features as clients get them.
    Unleash,
    /// Flag data as SDKs get it, and exports of the API.
    LaunchDarkly,
    /// Features as SDKs get them.
    GrowthBook,
    /// Environment documents and evaluation contexts of the engine.
    Flagsmith,
    /// Flag definitions, JSON or YAML.
    Flagd,
    /// Config JSON, version 6.
    ConfigCat,
    /// Split definitions as SDKs get them.
    Split,
}

impl Format {
    /// All of them, by name.
    pub const ALL: [Self; 7] = [
        Self::ConfigCat,
        Self::Flagd,
        Self::Flagsmith,
        Self::GrowthBook,
        Self::LaunchDarkly,
        Self::Split,
        Self::Unleash,
    ];

    /// The name on the command line: `unleash`, `launchdarkly`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unleash => "unleash",
            Self::LaunchDarkly => "launchdarkly",
            Self::GrowthBook => "growthbook",
            Self::Flagsmith => "flagsmith",
            Self::Flagd => "flagd",
            Self::ConfigCat => "configcat",
            Self::Split => "split",
        }
    }

    /// The opposite of [`Format::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// SDKs whose answers can be reproduced where the system's own disagree; the first is the default. Empty when there
    /// is nothing to choose.
    pub const fn sdks(self) -> &'static [&'static str] {
        match self {
            Self::Unleash => unleash::SDKS,
            Self::LaunchDarkly => launchdarkly::SDKS,
            Self::GrowthBook => growthbook::SDKS,
            Self::Flagsmith => flagsmith::SDKS,
            Self::Flagd => flagd::SDKS,
            Self::ConfigCat => configcat::SDKS,
            Self::Split => split::SDKS,
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, for messages; case files are told apart by it.
    pub name: String,
    /// What it holds.
    pub text: String,
}

impl Source {
    /// The text as JSON, or as YAML where it is not JSON.
    pub fn value(&self) -> Result<Value, Unreadable> {
        let json = match serde_json::from_str(&self.text) {
            Ok(value) => return Ok(value),
            Err(json) => json,
        };
        let looks_like_json = self.text.trim_start().starts_with(['{', '[']);
        match serde_norway::from_str(&self.text) {
            Ok(value) if !looks_like_json => Ok(value),
            Err(yaml) if !looks_like_json => Err(Unreadable::new(&self.name, format!("it is not YAML: {yaml}"))),
            Ok(_) | Err(_) => Err(Unreadable::new(&self.name, format!("it is not JSON: {json}"))),
        }
    }
}

/// What an import may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Key of the environment that a file of one environment becomes.
    pub environment: String,
    /// One of [`Format::sdks`]; `None` is the first.
    pub sdk: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { environment: "production".to_owned(), sdk: None }
    }
}

impl Options {
    /// The SDK to reproduce.
    pub fn sdk(&self, format: Format) -> &str {
        self.sdk.as_deref().or_else(|| format.sdks().first().copied()).unwrap_or_default()
    }
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// An export of ours: `{format, project, environments, segments, flags}`.
    pub document: Value,
    /// What became of everything.
    pub report: Report,
}

/// A file that cannot be read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{file}: {why}")]
pub struct Unreadable {
    /// Its name.
    pub file: String,
    /// What is wrong with it and what to do.
    pub why: String,
}

impl Unreadable {
    /// Of a file, for a reason.
    pub fn new(file: impl Into<String>, why: impl Into<String>) -> Self {
        Self { file: file.into(), why: why.into() }
    }
}

/// Reads a system's files: documents and a report.
pub fn import(format: Format, files: &[Source], options: &Options) -> Result<Imported, Unreadable> {
    if let Some(sdk) = options.sdk.as_deref().filter(|sdk| !format.sdks().contains(sdk)) {
        let known = format.sdks().join(", ");
        let known = if known.is_empty() { "all its SDKs agree".to_owned() } else { format!("there are {known}") };
        return Err(Unreadable::new("--sdk", format!("{format} has no SDK {sdk:?} to reproduce; {known}")));
    }
    let imported = match format {
        Format::Unleash => unleash::import(files, options),
        Format::LaunchDarkly => launchdarkly::import(files, options),
        Format::GrowthBook => growthbook::import(files, options),
        Format::Flagsmith => flagsmith::import(files, options),
        Format::Flagd => flagd::import(files, options),
        Format::ConfigCat => configcat::import(files, options),
        Format::Split => split::import(files, options),
    }?;
    let mut imported = screen::screened(fit::fitted(imported));
    imported.report.once();
    Ok(imported)
}

/// Runs a system's published cases and counts.
pub fn verify(format: Format, cases: &[Source]) -> Result<Vec<verify::Section>, Unreadable> {
    match format {
        Format::Unleash => unleash::verify(cases),
        Format::LaunchDarkly => launchdarkly::verify(cases),
        Format::GrowthBook => growthbook::verify(cases),
        Format::Flagsmith => flagsmith::verify(cases),
        Format::Flagd => flagd::verify(cases),
        Format::ConfigCat => configcat::verify(cases),
        Format::Split => split::verify(cases),
    }
}
