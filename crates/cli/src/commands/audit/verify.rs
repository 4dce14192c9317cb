//! `yardarm audit verify`

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use yardarm_verify::{Finding, Options, PublicKey, Verifier};

use crate::failure::{Exit, Failure};
use crate::output::{Output, note};

/// Longest line of an export: an import of a large project is one entry.
const LINE: u64 = 512 << 20;

/// Verify an exported audit log, offline
///
/// Nothing is asked of a server, and nothing of its code is used. Names the first entry that was edited, deleted, swapped
/// or cut off, or whose signature is wrong, and ends with exit code 6.
#[derive(Args, Debug)]
pub(super) struct Verify {
    /// What `yardarm audit export` wrote; several are read as one, `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Public key to trust, 64 hex digits (`yardarm audit keys`); without one, those that the export names
    #[arg(long = "key", value_name = "HEX", value_parser = public_key)]
    keys: Vec<PublicKey>,
    /// Signed heads that were shipped out: they tell what was cut off or rewritten
    #[arg(long, value_name = "FILE")]
    heads: Option<PathBuf>,
    /// Accept an export that begins in the middle of a log
    #[arg(long)]
    partial: bool,
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::parse(text).ok_or_else(|| "a public key is 64 hex digits".to_owned())
}

impl Verify {
    pub(super) fn run(self, out: Output) -> Result<(), Failure> {
        let mut verifier = Verifier::new(Options { keys: self.keys, partial: self.partial });
        if let Some(heads) = &self.heads {
            each_line(heads, |line| verifier.head(line))?;
        }
        for file in &self.files {
            each_line(file, |line| verifier.line(line))?;
        }
        let report = verifier.finish().map_err(|finding| found(&finding))?;
        let value = json!({
            "valid": true, "logs": report.logs, "entries": report.entries, "redacted": report.redacted,
            "pruned_logs": report.pruned, "heads": report.heads, "heads_elsewhere": report.heads_elsewhere,
            "keys_of_the_export": report.keys_of_the_export,
        });
        out.result(
            &value,
            format!(
                "{} entries of {} logs are as they were written; {} signed heads agree, {} redacted texts are accounted for",
                report.entries, report.logs, report.heads, report.redacted
            ),
        )?;
        if report.keys_of_the_export && report.heads + report.pruned > 0 {
            note("signatures were checked with the keys that the export names; --key uses one that you kept")?;
        }
        Ok(())
    }
}

fn each_line(path: &Path, mut take: impl FnMut(&str) -> Result<(), Finding>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
    let input: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let mut input = BufReader::new(input);
    let mut line = String::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LINE).read_line(&mut line).map_err(failed)?;
        if read == 0 {
            return Ok(());
        }
        take(line.trim_end_matches(['\n', '\r'])).map_err(|finding| found(&finding))?;
    }
}

fn found(finding: &Finding) -> Failure {
    let mut failure = Failure::new(Exit::Invalid, format!("the audit log is not as it was written: {finding}"));
    failure.document = Some(json!({
        "detail": finding.to_string(), "code": "audit_log_damaged", "line": finding.line, "scope": finding.scope,
        "rev": finding.rev, "what": finding.what.to_string(),
    }));
    failure
}
