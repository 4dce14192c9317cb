//! What can go wrong, the exit code it has, and how it is told: what, where, what to do.

use serde_json::{Value, json};

/// Exit codes; listed in `yardarm --help` and `docs/reference/cli.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Anything without a code of its own.
    Failed = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// No such object.
    NotFound = 3,
    /// Not signed in, or not allowed.
    NotAllowed = 4,
    /// The object's state forbids it, or somebody else was faster.
    Conflict = 5,
    /// The server refused the input.
    Invalid = 6,
    /// The server cannot be reached.
    Unreachable = 7,
    /// Others have to consent first, or a policy forbids it.
    Held = 8,
}

/// How a command ends that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is done.
    Done,
    /// It found that there is something to do: [`PENDING`].
    Pending,
}

/// Exit code of commands that compare and find a difference: the convention of `terraform plan -detailed-exitcode`. Where
/// it has this meaning, a wrong command line is [`Exit::Failed`].
pub(crate) const PENDING: u8 = 2;

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What happened, one sentence.
    pub(crate) message: String,
    /// Each problem in the input: JSON pointer and message.
    pub(crate) problems: Vec<(String, String)>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// The server's `application/problem+json`, as it came.
    pub(crate) document: Option<Value>,
    /// The reader of our output went away: nothing to say, nothing to fail.
    pub(crate) broken_pipe: bool,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), problems: Vec::new(), hint: None, document: None, broken_pipe: false }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// From an HTTP status and a body that should be `application/problem+json`.
    pub(crate) fn from_response(status: u16, body: &[u8], request: &str) -> Self {
        let exit = match status {
            401 | 403 => Exit::NotAllowed,
            404 => Exit::NotFound,
            409 | 412 | 428 => Exit::Conflict,
            400 | 405 | 413 | 415 | 422 => Exit::Invalid,
            502..=504 => Exit::Unreachable,
            _ => Exit::Failed,
        };
        let document: Option<Value> = serde_json::from_slice(body).ok().filter(Value::is_object);
        let text = |name: &str| document.as_ref().and_then(|d| d[name].as_str()).filter(|s| !s.is_empty());
        let exit = match text("code") {
            Some("approval_required" | "policy_violation") => Exit::Held,
            _ => exit,
        };
        let message = match (text("title"), text("detail")) {
            (Some(title), Some(detail)) if title != detail => format!("{title}: {detail}"),
            (_, Some(one)) | (Some(one), None) => one.to_owned(),
            (None, None) => format!("{request} answered {status}"),
        };
        let problems = document.as_ref().and_then(|d| d["errors"].as_array()).map_or_else(Vec::new, |errors| {
            let part = |e: &Value, name: &str| e[name].as_str().unwrap_or_default().to_owned();
            errors.iter().map(|e| (part(e, "pointer"), part(e, "message"))).collect()
        });
        let hint = match (status, text("code")) {
            (401, _) => Some("run `yardarm login URL --token TOKEN`, or set YARDARM_URL and YARDARM_TOKEN".to_owned()),
            (403, _) => Some("ask an admin or an owner for the right, or use another access token".to_owned()),
            (412, _) => {
                Some("somebody else changed it meanwhile: look at it again, then repeat the command".to_owned())
            }
            (409, Some("later_changes")) => {
                Some("these documents were changed again since; --force puts them back all the same".to_owned())
            }
            (409, Some("approval_required")) => Some(
                "ask for it: repeat the command with --change-request new, then `yardarm changes submit`; in an emergency with \
                 --bypass --reason WHY"
                    .to_owned(),
            ),
            (409, Some("rebase_needed")) => Some("run `yardarm changes rebase ID`, and have it approved again".to_owned()),
            (429, _) => Some("too many requests: wait a moment and repeat the command".to_owned()),
            _ => None,
        };
        Self { exit, message, problems, hint, document, broken_pipe: false }
    }

    /// Tells it on stderr: for people, or as one line of JSON.
    pub(crate) fn print(&self, as_json: bool) {
        let mut err = anstream::stderr().lock();
        // Nobody is left to hear it when stderr is gone.
        let _ = if as_json { self.print_json(&mut err) } else { self.print_text(&mut err) };
    }

    fn print_json(&self, err: &mut impl std::io::Write) -> std::io::Result<()> {
        let errors: Vec<_> = self.problems.iter().map(|(p, m)| json!({"pointer": p, "message": m})).collect();
        let mut document = self.document.clone().unwrap_or_else(|| json!({"detail": self.message, "errors": errors}));
        document["exit"] = json!(self.exit as u8);
        if let Some(hint) = &self.hint {
            document["hint"] = json!(hint);
        }
        writeln!(err, "{document}")
    }

    fn print_text(&self, err: &mut impl std::io::Write) -> std::io::Result<()> {
        let (red, dim, off) = (crate::output::RED, crate::output::DIM, crate::output::OFF);
        writeln!(err, "{red}error:{off} {}", self.message)?;
        for (pointer, message) in &self.problems {
            let at = if pointer.is_empty() { "(whole input)" } else { pointer };
            writeln!(err, "  {at}: {message}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(err, "{dim}help:{off} {hint}")?;
        }
        if let Some(trace) = self.document.as_ref().and_then(|d| d["trace_id"].as_str())
            && self.exit == Exit::Failed
        {
            writeln!(err, "{dim}trace: {trace}{off}")?;
        }
        Ok(())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let broken_pipe = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { broken_pipe, ..Self::failed(error.to_string()) }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::failed(format!("{error:#}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_exit_codes() {
        for (status, exit) in [(401, 4), (403, 4), (404, 3), (409, 5), (412, 5), (428, 5), (400, 6), (422, 6), (503, 7)]
        {
            assert_eq!(Failure::from_response(status, b"", "GET /x").exit as u8, exit, "{status}");
        }
    }

    #[test]
    fn every_problem_is_told_with_its_pointer() {
        let body = br#"{"title":"Invalid","detail":"2 problems","code":"invalid","errors":[
            {"pointer":"/rules/0/if","code":"segment_missing","message":"there is no segment \"beta\""},
            {"pointer":"","code":"x","message":"too much"}]}"#;
        let mut text = Vec::new();
        Failure::from_response(422, body, "PUT /x").print_text(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("/rules/0/if: there is no segment \"beta\""), "{text}");
        assert!(text.contains("(whole input): too much"), "{text}");
    }
}
