//! `yardarm audit …`

mod export;
mod heads;
mod keys;
mod redact;
mod retention;
mod search;
mod security;
mod verify;

use clap::{Args, Subcommand};

use crate::api::Connection;
use crate::failure::Failure;
use crate::output::Output;

/// `yardarm audit`
#[derive(Args, Debug)]
pub(crate) struct Audit {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Search(search::Search),
    Export(export::Export),
    Verify(verify::Verify),
    Redact(redact::Redact),
    Heads(heads::Heads),
    Keys(keys::Keys),
    Retention(retention::Retention),
    Security(security::Security),
}

impl Audit {
    pub(crate) async fn run(self, out: Output) -> Result<(), Failure> {
        match self.command {
            // Offline: it must work where no server is, and trust none.
            Command::Verify(command) => command.run(out),
            Command::Search(command) => command.run(&self.connection.open()?, out).await,
            Command::Export(command) => command.run(&self.connection.open()?).await,
            Command::Redact(command) => command.run(&self.connection.open()?, out).await,
            Command::Heads(command) => command.run(&self.connection.open()?, out).await,
            Command::Keys(command) => command.run(&self.connection.open()?, out).await,
            Command::Retention(command) => command.run(&self.connection.open()?, out).await,
            Command::Security(command) => command.run(&self.connection.open()?, out).await,
        }
    }
}

/// An instant on the command line, as milliseconds: RFC 3339, or a date, which begins at midnight UTC.
fn milliseconds(text: &str) -> Result<String, String> {
    let instant = text.parse::<jiff::Timestamp>().or_else(|_| {
        let date: jiff::civil::Date = text.parse()?;
        Ok::<_, jiff::Error>(date.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp())
    });
    let instant = instant.map_err(|_| format!("{text:?} is not like 2026-01-31 or 2026-01-31T08:00:00Z"))?;
    Ok(instant.as_millisecond().to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn instants_are_dates_or_rfc_3339() {
        assert_eq!(super::milliseconds("1970-01-02").unwrap(), "86400000");
        assert_eq!(super::milliseconds("1970-01-01T01:00:00+01:00").unwrap(), "0");
        assert!(super::milliseconds("yesterday").is_err());
    }
}
