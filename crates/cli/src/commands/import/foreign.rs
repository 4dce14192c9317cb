//! Files of other systems: their flags, and their published cases.

use std::path::PathBuf;

use serde_json::json;
use yardarm_migrate::verify::{Ground, Section};
use yardarm_migrate::{Format, Imported, Options, Source, Unreadable};
use yardarm_model::command::Refusal;

use crate::commands::input;
use crate::failure::{Exit, Failure};
use crate::folders;
use crate::output::{Output, line, note, table};

/// What of a folder is read.
const ENDINGS: [&str; 7] = ["json", "jsonc", "yaml", "yml", "csv", "feature", "txt"];

/// Reads a system's files.
pub(super) fn import(format: Format, files: &[PathBuf], options: &Options) -> Result<Imported, Failure> {
    yardarm_migrate::import(format, &sources(files)?, options).map_err(unreadable)
}

/// Says what an import would bring, checked the way a server checks it.
pub(super) fn tell(imported: &Imported, environment: &str, out: Output) -> Result<(), Failure> {
    Ground::new(imported, environment).map_err(refused)?;
    if out.json {
        return out.json(&json!({"document": imported.document, "report": imported.report}));
    }
    line(imported.report.to_string().trim_end())?;
    note("nothing was changed (--dry-run)")
}

/// Runs a system's cases and prints how many pass.
pub(super) fn verify(format: Format, cases: &[PathBuf], out: Output) -> Result<(), Failure> {
    let sections = yardarm_migrate::verify(format, &sources(cases)?).map_err(unreadable)?;
    let passed: usize = sections.iter().map(|section| section.passed).sum();
    let failed: usize = sections.iter().map(|section| section.failed).sum();
    if out.json {
        out.json(&json!({"format": format, "passed": passed, "failed": failed, "sections": sections}))?;
    } else {
        let row = |section: &Section| {
            let total = section.passed + section.failed;
            vec![section.name.clone(), format!("{}/{total}", section.passed), section.left_out.len().to_string()]
        };
        table(&["section", "passed", "left out"], sections.iter().map(row))?;
        for section in &sections {
            for left_out in &section.left_out {
                note(format!("{}: {} is left out: {}", section.name, left_out.case, left_out.why))?;
            }
            for failure in &section.failures {
                let (expected, actual) = (&failure.expected, &failure.actual);
                line(format!("{}: {}: expected {expected}, got {actual}", section.name, failure.case))?;
            }
        }
        line(format!("{passed} of {} pass", passed + failed))?;
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(Failure::failed(format!("{failed} of {} cases of {format} answer otherwise", passed + failed)))
    }
}

fn sources(files: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let read = |path: &PathBuf| Ok(Source { name: path.display().to_string(), text: input::read_text(path)? });
    folders::files(files, &ENDINGS)?.iter().map(read).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "an error handler")]
fn unreadable(why: Unreadable) -> Failure {
    Failure::new(Exit::Invalid, why.to_string())
}

fn refused(refusal: Refusal) -> Failure {
    let mut failure = Failure::new(Exit::Invalid, "the flags do not fit into a project");
    failure.problems = refusal.problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect();
    failure
}
