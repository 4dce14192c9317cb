//! `yardarm drift`

use clap::Args;
use serde_json::{Value, json};

use super::plan::{Against, Files};
use crate::api::Connection;
use crate::failure::{Ending, Failure};
use crate::output::{Output, items, line};
use crate::planned::{self, Told};

/// Looks into the history for what is gone from the server.
const LOOKS: usize = 50;

/// Say what differs on the server from files, and who changed it
///
/// The files' side is marked `-`, the server's `+`. Exit code 0: nothing differs; 2: something does; a wrong command line is 1
/// here. With `--prune`, what the files do not name differs too.
#[derive(Args, Debug)]
pub(crate) struct Drift {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    files: Files,
}

impl Drift {
    pub(crate) async fn run(self, out: Output) -> Result<Ending, Failure> {
        let against = self.files.open(self.connection).await?;
        let mut plan = against.plan(self.files.prune).await?;
        who_removed(&against, &mut plan).await?;
        out.json(&plan)?;
        let same = planned::is_empty(&plan);
        if !out.json {
            planned::tell(&plan, Told::Backward)?;
            let count = planned::entries(&plan).len();
            match (same, count) {
                (true, _) => line(format!("no drift: {} is as the files say", against.project))?,
                (false, 1) => line("\n1 document differs")?,
                (false, _) => line(format!("\n{count} documents differ"))?,
            }
            planned::tell_unnamed(&plan)?;
        }
        Ok(if same { Ending::Done } else { Ending::Pending })
    }
}

/// Puts the last change to documents that are not on the server: if they ever were, it is the one that removed them.
async fn who_removed(against: &Against, plan: &mut Value) -> Result<(), Failure> {
    let entries = plan["entries"].as_array_mut().map_or(&mut [][..], Vec::as_mut_slice);
    for entry in entries.iter_mut().filter(|entry| entry["action"] == "create").take(LOOKS) {
        let name = |member: &str| entry[member].as_str().unwrap_or_default().to_owned();
        let (kind, key) = (name("kind"), name("key"));
        let query = [("kind", kind.as_str()), ("key", key.as_str())];
        let list = against.api.list_up_to(&["projects", &against.project, "history"], &query, 1).await?;
        if let Some(change) = items(&list).first() {
            entry["last_change"] = json!({"rev": change["rev"], "at": change["at"], "actor": change["actor_name"],
                "action": change["action"]});
        }
    }
    Ok(())
}
