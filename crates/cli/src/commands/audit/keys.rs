//! `yardarm audit keys`

use clap::Args;

use crate::api::Api;
use crate::failure::Failure;
use crate::output::{Output, instant, text};

/// Print the public keys that heads are signed with; keep them where the database is not
#[derive(Args, Debug)]
pub(super) struct Keys {}

impl Keys {
    pub(super) async fn run(self, api: &Api, out: Output) -> Result<(), Failure> {
        let keys = api.get(&["audit", "keys"], &[]).await?.body;
        out.list(&keys, &["key", "public", "made"], "nothing was signed yet", |key| {
            vec![text(&key["id"]), text(&key["public"]), instant(&key["created_at"])]
        })
    }
}
