//! A server in this process: its database, its projects in memory, its listener.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use yardarm_hub::{Hub, HubOptions};
use yardarm_server::{App, Settings};
use yardarm_store::{Store, StoreError, StoreOptions};

use crate::clock::now_ms;
use crate::failure::{Exit, Failure};
use crate::secret_key;
use crate::settings::{LogFormat, LogLevel, Resolved, address_for_people};

/// Signals this close together are one request to stop.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// A server that is ready to serve.
pub(crate) struct Node {
    pub(crate) app: App,
}

impl Node {
    /// Loads every project of the database.
    pub(crate) async fn start(settings: Settings, store: Arc<dyn Store>) -> Result<Self, Failure> {
        let hub = Hub::start(Arc::clone(&store), HubOptions::default()).await.map_err(|error| store_failure(&error))?;
        let app = App::build(settings, store, hub, Arc::new(now_ms), Arc::new(fill_random))?;
        Ok(Self { app })
    }

    /// For commands on a database that must be there already.
    pub(crate) async fn open_existing(settings: Settings) -> Result<Self, Failure> {
        let file = settings.database_url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//"));
        if let Some(file) = file.map(|path| path.split('?').next().unwrap_or(path))
            && !std::path::Path::new(file).exists()
        {
            return Err(Failure::new(Exit::NotFound, format!("there is no database {file}"))
                .hint("name the server's own with --data-dir or --database-url"));
        }
        let store = open_store(&settings).await?;
        Self::start(settings, store).await
    }

    /// Serves until it is told to stop, then drains.
    pub(crate) async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        yardarm_server::serve(self.app, listener, shutdown).await?;
        Ok(())
    }
}

/// Makes the data folder, listens, and fills in the address when it follows from the listener.
pub(crate) async fn listen(resolved: &mut Resolved) -> Result<TcpListener, Failure> {
    let folder = &resolved.server.data_dir;
    make_private_folder(folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
    resolved.server.secret_keys = secret_key::of(folder)?;
    let wanted = resolved.server.listen;
    let listener = TcpListener::bind(wanted).await.map_err(|error| {
        let failure = Failure::failed(format!("cannot listen on {wanted}: {error}"));
        if error.kind() == std::io::ErrorKind::AddrInUse {
            return failure.hint("something listens there already: stop it, or choose another port with --listen (port 0 takes a free one)");
        }
        failure
    })?;
    resolved.server.listen = listener.local_addr()?;
    if resolved.base_url_from_listener {
        resolved.server.base_url = address_for_people(resolved.server.listen);
    }
    Ok(listener)
}

fn make_private_folder(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens and migrates the database.
pub(crate) async fn open_store(settings: &Settings) -> Result<Arc<dyn Store>, Failure> {
    let options = StoreOptions { quotas: settings.quotas.clone(), ..StoreOptions::default() };
    yardarm_store::open_with(&settings.database_url, &options).await.map_err(|error| store_failure(&error))
}

/// A failed database in words.
pub(crate) fn store_failure(error: &StoreError) -> Failure {
    let failure = Failure::failed(error.to_string());
    match error {
        StoreError::Unavailable(_) => failure.hint("is the database running, and is --database-url right?"),
        _ => failure,
    }
}

/// Fills a buffer with the operating system's randomness.
pub(crate) fn fill_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("an operating system without randomness cannot run a server safely");
}

/// 32 random bytes.
pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    fill_random(&mut bytes);
    bytes
}

/// Ends with the first SIGTERM or SIGINT. To be called before anybody is told that the server is there: until then a signal
/// ends the process without draining. One more ends the process at once, unless it comes so soon that it is the same
/// request by another way (a wrapper that passes signals on to a whole group).
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let which = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = which, "stopping: no new work, streams say good-bye; once more stops at once");
        let first = Instant::now();
        tokio::spawn(async move {
            while first.elapsed() < SAME_REQUEST {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            std::process::exit(1);
        });
    })
}

/// Keeps the process alive when a file reaches the size limit: the write fails, and is reported as such.
pub(crate) fn survive_file_size_limit() -> Result<tokio::signal::unix::Signal, Failure> {
    /// SIGXFSZ on Linux and macOS; its default action ends the process.
    const SIGXFSZ: i32 = 25;
    Ok(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(SIGXFSZ))?)
}

/// Lets the process open as many files as it may: each stream is one.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!(%error, ?current, "the limit of open files could not be raised");
    }
}

/// Starts the log on stderr.
pub(crate) fn start_log(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Trace => tracing::Level::TRACE,
    };
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    match format {
        LogFormat::Json => log.json().flatten_event(true).init(),
        LogFormat::Text => {
            let colours = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
            log.with_ansi(colours).init();
        }
    }
}

/// The runtime of a server.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("delivery").build()?)
}
