//! Where the server itself may connect to.

use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use yardarm_server::outbound::{Allowed, OutboundSettings};

use crate::failure::Failure;

/// Where the server itself may connect to.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct OutboundArgs {
    /// Receiver of webhooks, or sign-in provider, that may be called although its address is not public: an address, a
    /// block such as `10.20.0.0/16`, a host name, or `*.` with the end of one; repeat it or separate by commas
    #[arg(long = "outbound-allow", env = "YARDARM_OUTBOUND_ALLOW", value_name = "HOST|BLOCK", value_delimiter = ',')]
    pub(crate) allow: Vec<Allowed>,
    /// Port, or range such as `8000-8999`, that may be called; repeat it or separate by commas [default: 443]
    #[arg(long = "outbound-ports", env = "YARDARM_OUTBOUND_PORTS", value_name = "PORTS", value_delimiter = ',')]
    pub(crate) ports: Vec<Ports>,
    /// Calls `http://` addresses, too
    #[arg(long = "outbound-http", env = "YARDARM_OUTBOUND_HTTP")]
    pub(crate) http: bool,
}

/// A port, or the first and the last of a range.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Ports(RangeInclusive<u16>);

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) if (1..=last).contains(&first) => Ok(Self(first..=last)),
            _ => Err(format!("{text:?} is no port and no range such as 8000-8999")),
        }
    }
}

impl TryFrom<String> for Ports {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl OutboundArgs {
    pub(super) fn resolve(&self, allow: &[String], ports: Vec<Ports>, http: bool) -> Result<OutboundSettings, Failure> {
        let mut settings = OutboundSettings { http: self.http || http, ..OutboundSettings::default() };
        settings.allow.clone_from(&self.allow);
        if settings.allow.is_empty() {
            let read = allow.iter().map(|text| text.parse());
            settings.allow =
                read.collect::<Result<_, _>>().map_err(|e| Failure::usage(format!("outbound_allow: {e}")))?;
        }
        let ports = if self.ports.is_empty() { ports } else { self.ports.clone() };
        if !ports.is_empty() {
            settings.ports = ports.into_iter().map(|Ports(range)| range).collect();
        }
        Ok(settings)
    }
}
