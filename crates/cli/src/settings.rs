//! The server's settings: `yardarm.toml`, overridden by `YARDARM_*`, overridden by flags.

mod audit;
mod outbound;
mod schedules;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Deserialize;
use yardarm_server::Settings;
use yardarm_server::quotas::{USUAL, configure};
use yardarm_server::rates::{Rates, network};
use yardarm_server::settings::Limits;
use yardarm_store::Quota;

use crate::api::secret_file;
use crate::failure::Failure;
use crate::time_span::TimeSpan;
use audit::AuditArgs;
use outbound::{OutboundArgs, Ports};
use schedules::ScheduleArgs;

/// Where the settings file is looked for when none is named.
const FILE: &str = "yardarm.toml";
const LISTEN: &str = "127.0.0.1:3524";

/// What can be said on the command line or in the environment.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServerArgs {
    /// Settings file (default: `yardarm.toml` in the working directory, when it is there)
    #[arg(long, env = "YARDARM_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:3524]
    #[arg(long, env = "YARDARM_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Address that people and SDKs use, when it is another one: `https://flags.example.com`
    #[arg(long, env = "YARDARM_BASE_URL", value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Proxy, or network of proxies, whose `X-Forwarded-For` or `Forwarded` is believed: `10.0.0.7`, `10.0.0.0/8`; repeat it
    /// or separate by commas
    #[arg(long = "trusted-proxy", env = "YARDARM_TRUSTED_PROXIES", value_name = "NETWORK", value_delimiter = ',')]
    pub(crate) trusted_proxies: Vec<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) audit: AuditArgs,
    #[command(flatten)]
    pub(crate) schedules: ScheduleArgs,
    #[command(flatten)]
    pub(crate) outbound: OutboundArgs,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// How much everybody may ask for.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LimitArgs {
    /// Rate limit of a class for a key, a tenant or an address: `evaluate.key=500/s burst 1000`, or `off`; repeat it or
    /// separate by commas
    #[arg(long = "rate-limit", env = "YARDARM_RATE_LIMITS", value_name = "NAME=RATE", value_delimiter = ',')]
    pub(crate) rate_limits: Vec<String>,
    /// What a tenant may have, unless it has numbers of its own: `flags=500`; repeat it or separate by commas
    #[arg(long = "quota", env = "YARDARM_QUOTAS", value_name = "NAME=NUMBER", value_delimiter = ',')]
    pub(crate) quotas: Vec<String>,
    /// Open streams of one SDK key [default: 10000]
    #[arg(long, env = "YARDARM_STREAMS_PER_KEY", value_name = "NUMBER")]
    pub(crate) streams_per_key: Option<usize>,
    /// Open streams of one tenant [default: 12000]
    #[arg(long, env = "YARDARM_STREAMS_PER_TENANT", value_name = "NUMBER")]
    pub(crate) streams_per_tenant: Option<usize>,
    /// Open streams from one address [default: 12000]
    #[arg(long, env = "YARDARM_STREAMS_PER_ADDRESS", value_name = "NUMBER")]
    pub(crate) streams_per_address: Option<usize>,
}

/// Where the data is.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DatabaseArgs {
    /// Folder for SQLite and snapshots, made when it is missing
    #[arg(long, env = "YARDARM_DATA_DIR", value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// `sqlite:FILE` or `postgres://…` (default: `yardarm.db` in the data folder; also: a file named by
    /// `YARDARM_DATABASE_URL_FILE`)
    #[arg(long, env = "YARDARM_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

/// How the log is written, to stderr.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct LogArgs {
    /// Form of the log [default: text on a terminal, else json]
    #[arg(long, env = "YARDARM_LOG_FORMAT", value_enum)]
    pub(crate) log_format: Option<LogFormat>,
    /// Least level that is logged
    #[arg(long, env = "YARDARM_LOG", value_enum)]
    pub(crate) log: Option<LogLevel>,
}

/// See [`LogArgs`].
#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One object on each line.
    Json,
}

/// See [`LogArgs`].
#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// `yardarm.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the name of a setting that names a file")]
struct File {
    listen: Option<SocketAddr>,
    base_url: Option<String>,
    data_dir: Option<PathBuf>,
    database_url: Option<String>,
    database_url_file: Option<PathBuf>,
    #[serde(default)]
    trusted_proxies: Vec<String>,
    #[serde(default)]
    rate_limits: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    quotas: BTreeMap<String, u64>,
    streams_per_key: Option<usize>,
    streams_per_tenant: Option<usize>,
    streams_per_address: Option<usize>,
    audit_heads: Option<String>,
    audit_heads_interval: Option<TimeSpan>,
    schedule_interval: Option<TimeSpan>,
    schedule_grace: Option<TimeSpan>,
    #[serde(default)]
    outbound_allow: Vec<String>,
    #[serde(default)]
    outbound_ports: Vec<Ports>,
    #[serde(default)]
    outbound_http: bool,
    log_format: Option<LogFormat>,
    log: Option<LogLevel>,
}

/// Settings, and what the binary itself needs.
pub(crate) struct Resolved {
    pub(crate) server: Settings,
    /// The base URL was not given: it follows from the address that is really listened on.
    pub(crate) base_url_from_listener: bool,
    pub(crate) log_format: LogFormat,
    pub(crate) log: LogLevel,
}

impl ServerArgs {
    /// Reads the settings file and puts everything together. `data_dir` and `log` are the defaults of the command.
    pub(crate) fn resolve(&self, data_dir: &Path, log: LogLevel) -> Result<Resolved, Failure> {
        let file = read(self.config.as_deref())?;
        let listen = match self.listen.or(file.listen) {
            Some(listen) => listen,
            None => LISTEN.parse().map_err(|error| Failure::usage(format!("{LISTEN}: {error}")))?,
        };
        let data_dir = self.database.data_dir.clone().or(file.data_dir).unwrap_or_else(|| data_dir.to_owned());
        let database_url = match self.database.database_url.clone() {
            Some(url) => url,
            None => match secret_file("YARDARM_DATABASE_URL_FILE")? {
                Some(url) => url,
                None => match (file.database_url, file.database_url_file) {
                    (Some(url), None) => url,
                    (None, Some(path)) => std::fs::read_to_string(&path)
                        .map_err(|error| Failure::usage(format!("database_url_file: {}: {error}", path.display())))?
                        .trim_end()
                        .to_owned(),
                    (None, None) => sqlite_in(&data_dir),
                    (Some(_), Some(_)) => {
                        return Err(Failure::usage(
                            "database_url and database_url_file are both set in the settings file",
                        ));
                    }
                },
            },
        };
        check_database_url(&database_url)?;
        let base_url = self.base_url.clone().or(file.base_url).filter(|url| !url.is_empty());
        let base_url_from_listener = base_url.is_none();
        let base_url = match base_url {
            Some(url) => checked_base_url(&url)?,
            None => address_for_people(listen),
        };
        let trusted_proxies =
            if self.trusted_proxies.is_empty() { &file.trusted_proxies } else { &self.trusted_proxies };
        let trusted_proxies = trusted_proxies.iter().map(|text| network(text).map_err(Failure::usage));
        let trusted_proxies = trusted_proxies.collect::<Result<_, _>>()?;
        let rates = rates(&file.rate_limits, &self.limits.rate_limits)?;
        let quotas = quotas(&file.quotas, &self.limits.quotas)?;
        let usual = Limits::default();
        let limits = Limits {
            streams_per_key: self.limits.streams_per_key.or(file.streams_per_key).unwrap_or(usual.streams_per_key),
            streams_per_tenant: self
                .limits
                .streams_per_tenant
                .or(file.streams_per_tenant)
                .unwrap_or(usual.streams_per_tenant),
            streams_per_address: self
                .limits
                .streams_per_address
                .or(file.streams_per_address)
                .unwrap_or(usual.streams_per_address),
            ..usual
        };
        let audit = self.audit.resolve(file.audit_heads, file.audit_heads_interval)?;
        let timeouts = self.schedules.resolve(file.schedule_interval, file.schedule_grace)?;
        let outbound = self.outbound.resolve(&file.outbound_allow, file.outbound_ports, file.outbound_http)?;
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let usual = if terminal { LogFormat::Text } else { LogFormat::Json };
        Ok(Resolved {
            server: Settings {
                listen,
                base_url,
                data_dir,
                database_url,
                trusted_proxies,
                audit,
                outbound,
                timeouts,
                limits,
                rates,
                quotas,
                ..Settings::default()
            },
            base_url_from_listener,
            log_format: self.log.log_format.or(file.log_format).unwrap_or(usual),
            log: self.log.log.or(file.log).unwrap_or(log),
        })
    }
}

/// The usual rates, with those of the file and then those of the command line or the environment in their place.
fn rates(file: &BTreeMap<String, BTreeMap<String, String>>, args: &[String]) -> Result<Rates, Failure> {
    let mut rates = Rates::default();
    let wrong = |error: String| Failure::usage(error).hint("docs/reference/configuration.md lists every rate limit");
    for (class, holders) in file {
        for (holder, rate) in holders {
            rates.configure(&format!("{class}.{holder}"), rate).map_err(wrong)?;
        }
    }
    for arg in args {
        let (name, rate) = arg.split_once('=').unwrap_or((arg, ""));
        rates.configure(name, rate).map_err(wrong)?;
    }
    Ok(rates)
}

/// The usual quotas, with those of the file and then those of the command line or the environment in their place.
fn quotas(file: &BTreeMap<String, u64>, args: &[String]) -> Result<Vec<Quota>, Failure> {
    let mut quotas = USUAL.to_vec();
    let file = file.iter().map(|(name, most)| (name.as_str(), most.to_string()));
    let args = args.iter().map(|arg| arg.split_once('=').unwrap_or((arg, "")));
    for (name, most) in file.chain(args.map(|(name, most)| (name, most.to_owned()))) {
        configure(&mut quotas, name, &most).map_err(Failure::usage)?;
    }
    Ok(quotas)
}

fn read(named: Option<&Path>) -> Result<File, Failure> {
    let path = named.unwrap_or(Path::new(FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
        Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
    };
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        Failure::usage(format!("{}, line {line}: {}", path.display(), error.message()))
            .hint("docs/reference/configuration.md lists every setting")
    })
}

fn sqlite_in(data_dir: &Path) -> String {
    format!("sqlite:{}", data_dir.join("yardarm.db").display())
}

fn check_database_url(url: &str) -> Result<(), Failure> {
    if ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(());
    }
    // The rest may hold a password.
    let scheme = url.split(':').next().unwrap_or_default();
    Err(Failure::usage(format!("the database URL begins with {scheme:?}"))
        .hint("write sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE"))
}

fn checked_base_url(url: &str) -> Result<String, Failure> {
    let parsed = reqwest::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    match parsed {
        Some(parsed) if parsed.query().is_none() && parsed.fragment().is_none() => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(Failure::usage(format!("the base URL {url:?} is not an address such as https://flags.example.com"))),
    }
}

/// The address to give to people who want to reach a listener: a wildcard is not one, and where a browser is on this
/// machine it wants a name, because it makes passkeys for names only.
pub(crate) fn address_for_people(listen: SocketAddr) -> String {
    match listen.ip() {
        // What `localhost` means; the rest of 127.0.0.0/8 is not reached by it.
        ip if ip.is_unspecified() || ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST => {
            format!("http://localhost:{}", listen.port())
        }
        _ => format!("http://{listen}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser as _;
    use yardarm_server::audit::HeadsTo;
    use yardarm_server::rates::{Cost, Holder};

    use super::*;

    fn resolve(text: &str, args: &ServerArgs) -> Result<Resolved, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        ServerArgs { config: Some(path), ..args.clone() }.resolve(Path::new("here"), LogLevel::Info)
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let none = ServerArgs::default();
        let defaults = resolve("", &none).unwrap();
        assert_eq!(defaults.server.listen.to_string(), LISTEN);
        assert_eq!(defaults.server.database_url, "sqlite:here/yardarm.db");
        assert_eq!(defaults.server.base_url, "http://localhost:3524");
        assert!(defaults.base_url_from_listener);

        let heads = |to: &str| resolve(&format!("audit_heads = \"{to}\""), &none).map(|r| r.server.audit.heads);
        assert_eq!(heads("stdout").ok().flatten(), Some(HeadsTo::Stdout));
        assert_eq!(heads("file:/var/heads").ok().flatten(), Some(HeadsTo::File("/var/heads".into())));
        let hook = "https://heads.example.com/yardarm";
        assert_eq!(heads(hook).ok().flatten(), Some(HeadsTo::Webhook(hook.into())));
        assert!(heads("ftp://somewhere").is_err() && heads("file:").is_err());
        assert_eq!(defaults.server.audit.heads_interval, Duration::from_mins(1));
        let often = resolve("audit_heads_interval = \"250ms\"", &none).unwrap();
        assert_eq!(often.server.audit.heads_interval, Duration::from_millis(250));

        let text = "listen = \"0.0.0.0:80\"\ndata_dir = \"/data\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n\
                    streams_per_tenant = 5\n[rate_limits]\nevaluate.key = \"5/s\"\nread.tenant = \"6/s\"";
        let file = resolve(text, &none).unwrap().server;
        assert_eq!(file.base_url, "http://localhost:80");
        assert_eq!(file.database_url, "sqlite:/data/yardarm.db");
        assert_eq!(file.trusted_proxies[0].to_string(), "10.0.0.0/8");
        assert_eq!((file.limits.streams_per_tenant, file.limits.streams_per_key), (5, 10_000));
        let key = |settings: &Settings, cost, holder| settings.rates.of(cost, holder).map(|rate| rate.to_string());
        assert_eq!(key(&file, Cost::Evaluate, Holder::Key).as_deref(), Some("5/s burst 5"));
        let args = LimitArgs { rate_limits: vec!["evaluate.key=off".to_owned()], ..LimitArgs::default() };
        let args = resolve(text, &ServerArgs { limits: args, ..ServerArgs::default() }).unwrap().server;
        assert_eq!(key(&args, Cost::Evaluate, Holder::Key), None);
        assert_eq!(key(&args, Cost::Read, Holder::Tenant).as_deref(), Some("6/s burst 6"), "the file's stays");

        let args = ServerArgs {
            listen: Some("127.0.0.1:1".parse().unwrap()),
            base_url: Some("https://flags.example.com/".to_owned()),
            ..ServerArgs::default()
        };
        let both = resolve(text, &args).unwrap();
        assert_eq!(both.server.listen.port(), 1);
        assert_eq!(both.server.base_url, "https://flags.example.com");
        assert!(!both.base_url_from_listener);
    }

    #[test]
    fn nothing_private_is_called_unless_it_is_named() {
        let defaults = resolve("", &ServerArgs::default()).unwrap().server.outbound;
        assert!(defaults.allow.is_empty() && !defaults.http);
        assert_eq!(defaults.ports, [443..=443]);

        let text = "outbound_allow = [\"10.0.0.0/8\", \"hooks.internal\"]\noutbound_ports = [\"443\", \"8000-8999\"]";
        let file = resolve(text, &ServerArgs::default()).unwrap().server.outbound;
        assert_eq!((file.allow.len(), file.ports), (2, vec![443..=443, 8000..=8999]));

        let outbound = OutboundArgs { allow: vec!["127.0.0.1".parse().unwrap()], ..OutboundArgs::default() };
        let args = ServerArgs { outbound, ..ServerArgs::default() };
        assert_eq!(resolve(text, &args).unwrap().server.outbound.allow, ["127.0.0.1".parse().unwrap()]);
    }

    #[test]
    fn people_get_a_name_where_there_is_one() {
        for (listen, address) in [
            ("127.0.0.1:3524", "http://localhost:3524"),
            ("[::1]:80", "http://localhost:80"),
            ("0.0.0.0:1", "http://localhost:1"),
            ("[::]:1", "http://localhost:1"),
            ("127.0.0.2:3524", "http://127.0.0.2:3524"),
            ("192.0.2.7:80", "http://192.0.2.7:80"),
            ("[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ] {
            assert_eq!(address_for_people(listen.parse().unwrap()), address);
        }
    }

    #[test]
    fn scheduled_changes_happen_as_the_settings_say() {
        let of = |text: &str, args: &ServerArgs| resolve(text, args).unwrap().server.timeouts;
        let defaults = of("", &ServerArgs::default());
        assert_eq!((defaults.schedules, defaults.schedule_grace), (Duration::from_secs(1), Duration::from_hours(24)));
        let text = "schedule_interval = \"250ms\"\nschedule_grace = \"0s\"";
        let file = of(text, &ServerArgs::default());
        assert_eq!((file.schedules, file.schedule_grace), (Duration::from_millis(250), Duration::ZERO));
        let words = ["yardarm", "--schedule-grace", "7d"];
        let args = Line::try_parse_from(words).unwrap().server;
        let both = of(text, &args);
        assert_eq!((both.schedules, both.schedule_grace), (Duration::from_millis(250), Duration::from_hours(168)));
    }

    /// The arguments of a command that takes the server's.
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        server: ServerArgs,
    }

    #[test]
    fn mistakes_are_named() {
        for (text, said) in [
            ("a = 1", "unknown field `a`"),
            ("listen = \"80\"", "line 1"),
            ("\n\nlog = \"loud\"", "line 3"),
            ("database_url = \"mysql://secret\"", "\"mysql\""),
            ("database_url = \"sqlite:a\"\ndatabase_url_file = \"b\"", "both"),
            ("base_url = \"flags.example.com\"", "flags.example.com"),
            ("outbound_allow = [\"10.0.0.0/99\"]", "10.0.0.0/99"),
            ("outbound_ports = [\"0\"]", "no port"),
            ("outbound_ports = [\"9-8\"]", "no port"),
            ("schedule_interval = \"soon\"", "no time"),
            ("schedule_interval = \"1\"", "no time"),
            ("schedule_interval = \"0s\"", "schedule_interval is more than nothing"),
            ("schedule_interval = \"2h\"", "at most 1h"),
            ("audit_heads_interval = \"0s\"", "audit_heads_interval is more than nothing"),
            ("audit_heads_interval = \"25h\"", "at most 24h"),
            ("schedule_grace = \"8d\"", "at most 7d"),
            ("schedule_grace = \"-1d\"", "no time"),
            ("schedule_grace = \"99999999999999999d\"", "no time"),
            ("trusted_proxies = [\"10.0.0.0/33\"]", "10.0.0.0/33"),
            ("[rate_limits]\nevaluate.everybody = \"5/s\"", "evaluate.everybody"),
            ("[quotas]\nflag = 5", "\"flag\""),
            ("[rate_limits]\nread.key = \"fast\"", "fast"),
        ] {
            let failure = resolve(text, &ServerArgs::default()).err().expect(text);
            assert!(failure.message.contains(said), "{text}: {}", failure.message);
            assert!(!failure.message.contains("secret"), "{text}");
        }
    }

    /// `YARDARM_UPDATE=1` writes the table anew.
    #[test]
    fn the_reference_lists_every_rate() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/configuration.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let rates = Rates::default();
        let rows = Cost::ALL.map(|cost| {
            let cells =
                Holder::ALL.map(|holder| rates.of(cost, holder).map_or_else(String::new, |rate| format!(" {rate}")));
            format!("| `{}` | {} |{} |\n", cost.name(), cost.words(), cells.join(" |"))
        });
        let (before, rest) = text.split_once("|---|---|---|---|---|\n| `read`").unwrap();
        let after = rest.split_once("\n\n").unwrap().1;
        let expected = format!("{before}|---|---|---|---|---|\n{}\n{after}", rows.concat());
        if std::env::var_os("YARDARM_UPDATE").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        assert!(text == expected, "the rates are not those of the code; write them anew with YARDARM_UPDATE=1");
    }

    #[test]
    fn quotas_come_from_the_file_and_the_command_line_and_are_listed() {
        let args = LimitArgs { quotas: vec!["segments=7".to_owned()], ..LimitArgs::default() };
        let args = ServerArgs { limits: args, ..ServerArgs::default() };
        let server = resolve("[quotas]\nsegments = 5\nflags = 6", &args).unwrap().server;
        let most = |name| server.quotas.iter().find(|quota| quota.name == name).unwrap().most;
        assert_eq!((most("segments"), most("flags"), most("projects")), (7, 6, USUAL[0].most));
        let text = include_str!("../../../docs/reference/configuration.md");
        let missing: Vec<_> =
            USUAL.iter().filter(|q| !text.contains(&format!("| `{}` | {} |", q.name, q.most))).collect();
        assert!(missing.is_empty(), "docs/reference/configuration.md does not list {missing:?}");
    }
}
