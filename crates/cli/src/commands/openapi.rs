//! `yardarm openapi`

use clap::Args;

use crate::failure::Failure;
use crate::output::line;

/// Print the OpenAPI description of the management API, as the server answers it at `/openapi.json`
#[derive(Args, Debug)]
pub(crate) struct Openapi {}

impl Openapi {
    #[expect(clippy::unused_self, reason = "every command runs itself")]
    pub(crate) fn run(self) -> Result<(), Failure> {
        line(serde_json::to_string_pretty(&yardarm_server::openapi::document())?)
    }
}
