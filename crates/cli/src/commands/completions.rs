//! `yardarm completions`

use std::io::Write as _;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::failure::Failure;

/// Print a completion script: `yardarm completions bash > /etc/bash_completion.d/yardarm`
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<(), Failure> {
        // Into memory first: clap_complete panics when a pipe breaks.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "yardarm", &mut script);
        std::io::stdout().lock().write_all(&script)?;
        Ok(())
    }
}
