//! `yardarm environments diff` and `yardarm environments promote`

use clap::Args;
use serde_json::{Value, json};

use crate::api::Api;
use crate::failure::{Ending, Failure};
use crate::output::{Output, line};
use crate::planned::{self, Request, Told};

/// Say what flags serve in one environment and not in another
///
/// Told as what promoting would do to the second one, switches included. Exit code 0: they serve the same; 2: something
/// differs; a wrong command line is 1 here.
#[derive(Args, Debug)]
pub(super) struct Diff {
    /// Environment that it comes from
    #[arg(value_name = "FROM")]
    from: String,
    /// Environment that it is compared with
    #[arg(value_name = "TO")]
    to: String,
    /// Only these flags (default: all that are configured in FROM)
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    flags: Option<Vec<String>>,
}

/// Bring what flags serve in one environment to another
///
/// Shows the plan, asks, and does exactly what it showed, in one change. Who is in a percentage in TO stays in it; where TO has
/// none, the same users are drawn as in FROM. Whether a flag is on is TO's own unless `--with-state` is given.
#[derive(Args, Debug)]
pub(super) struct Promote {
    /// Environment that it comes from
    #[arg(value_name = "FROM")]
    from: String,
    /// Environment that it goes to
    #[arg(value_name = "TO")]
    to: String,
    /// Only these flags (default: all that are configured in FROM)
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    flags: Option<Vec<String>>,
    /// Also turn flags on and off as in FROM
    #[arg(long)]
    with_state: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

fn body(from: &str, flags: Option<&[String]>, with_state: bool) -> Value {
    let mut body = json!({"from": from, "with_state": with_state});
    if let Some(flags) = flags {
        body["flags"] = json!(flags);
    }
    body
}

impl Diff {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<Ending, Failure> {
        let path = ["projects", project, "environments", &self.to, "promotion"];
        let plan = api.post(&path, &body(&self.from, self.flags.as_deref(), true)).await?.body;
        out.json(&plan)?;
        if planned::is_empty(&plan) {
            out.say(format!("{} and {} serve the same", self.from, self.to))?;
            return Ok(Ending::Done);
        }
        if !out.json {
            planned::tell(&plan, Told::Forward)?;
            line(format!("\n- is {}, + is {}", self.to, self.from))?;
        }
        Ok(Ending::Pending)
    }
}

impl Promote {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let environment = ["projects", project, "environments", &self.to];
        let request = Request {
            plan: &[&environment[..], &["promotion"]].concat(),
            carry_out: &[&environment[..], &["promote"]].concat(),
            query: &[],
            body: &body(&self.from, self.flags.as_deref(), self.with_state),
            shown: None,
            yes: self.yes,
            nothing: &format!("nothing to do: {} serves what {} does", self.to, self.from),
        };
        request.run(api, out).await
    }
}
