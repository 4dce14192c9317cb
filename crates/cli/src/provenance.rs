//! Where a change comes from: repository, commit and run, kept in the reason of the change as trailers, in the way of git.

use clap::Args;

/// Where the files come from. On GitHub and GitLab the runner says it by itself.
#[derive(Args, Debug)]
#[command(next_help_heading = "Where it comes from")]
pub(crate) struct Provenance {
    /// Address of the repository
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// Commit that the files are of
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// Address of the run that applies them
    #[arg(long, value_name = "URL")]
    run: Option<String>,
}

impl Provenance {
    /// A reason with the trailers that are known. `variable`: the environment.
    pub(crate) fn reason(&self, reason: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
        let of = |name: &str| variable(name).filter(|value| !value.is_empty());
        let github =
            of("GITHUB_SERVER_URL").zip(of("GITHUB_REPOSITORY")).map(|(server, name)| format!("{server}/{name}"));
        let github_run =
            github.as_ref().zip(of("GITHUB_RUN_ID")).map(|(address, run)| format!("{address}/actions/runs/{run}"));
        let trailers = [
            ("Repository", self.repository.clone().or(github).or_else(|| of("CI_PROJECT_URL"))),
            ("Commit", self.commit.clone().or_else(|| of("GITHUB_SHA")).or_else(|| of("CI_COMMIT_SHA"))),
            ("Run", self.run.clone().or(github_run).or_else(|| of("CI_JOB_URL"))),
        ];
        let known = trailers.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
        let known = known.collect::<Vec<_>>().join("\n");
        let parts = [reason.unwrap_or_default(), &known];
        let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
        (!text.is_empty()).then_some(text)
    }
}

/// The environment of this process.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_say_where_a_change_comes_from() {
        let nothing = || Provenance { repository: None, commit: None, run: None };
        let github = |name: &str| {
            let known = [
                ("GITHUB_SERVER_URL", "https://github.com"),
                ("GITHUB_REPOSITORY", "acme/flags"),
                ("GITHUB_SHA", "1f2e"),
                ("GITHUB_RUN_ID", "7"),
            ];
            known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(
            nothing().reason(Some("why"), github).unwrap(),
            "why\n\nRepository: https://github.com/acme/flags\nCommit: 1f2e\nRun: https://github.com/acme/flags/actions/runs/7"
        );
        let gitlab = |name: &str| (name == "CI_COMMIT_SHA").then(|| "abcd".to_owned());
        assert_eq!(nothing().reason(None, gitlab).unwrap(), "Commit: abcd");
        let given = Provenance { commit: Some("mine".to_owned()), ..nothing() };
        assert_eq!(given.reason(None, gitlab).unwrap(), "Commit: mine");
        assert_eq!(nothing().reason(None, |_| None), None);
    }
}
