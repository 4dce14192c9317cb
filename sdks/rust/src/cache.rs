//! The cache file: the last ruleset on disk, so that an application starts with the server away.
//!
//! One header line, `yardarm-cache 1 <SHA-256 of the body> <fingerprint of the SDK key>`, then the ruleset as JSON.
//! Written to a temporary file, synced, renamed over; the one before is kept as `….previous`. A file that does not
//! verify is ignored, and a good one is never replaced by a ruleset without flags.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use yardarm_eval::ruleset::Ruleset;

const MAGIC: &str = "yardarm-cache 1";

/// Where and for which key.
#[derive(Clone)]
pub(crate) struct CacheFile {
    path: PathBuf,
    fingerprint: String,
    limit: u64,
}

impl CacheFile {
    /// `limit`: the most bytes that are read back.
    pub(crate) fn new(path: PathBuf, sdk_key: &str, limit: usize) -> Self {
        let mut fingerprint = hex(sdk_key.as_bytes());
        fingerprint.truncate(16);
        Self { path, fingerprint, limit: limit as u64 }
    }

    /// The newest file that verifies.
    pub(crate) fn read(&self) -> Option<Ruleset> {
        [self.path.clone(), self.previous()].iter().find_map(|path| match self.read_one(path) {
            Ok(ruleset) => Some(ruleset),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the cache file is ignored");
                None
            }
        })
    }

    fn read_one(&self, path: &Path) -> io::Result<Ruleset> {
        let mut text = String::new();
        File::open(path)?.take(self.limit).read_to_string(&mut text)?;
        let (header, body) = text.split_once('\n').ok_or_else(|| invalid("no header"))?;
        if header != self.header(body) {
            return Err(invalid("the header does not match: damaged, or written with another SDK key"));
        }
        serde_json::from_str(body).map_err(io::Error::other)
    }

    /// Replaces the file. Does nothing for a ruleset without flags.
    pub(crate) fn write(&self, ruleset: &Ruleset) -> io::Result<()> {
        if ruleset.flags.is_empty() {
            return Ok(());
        }
        let body = serde_json::to_string(ruleset).map_err(io::Error::other)?;
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(directory)?;
        // Only a file gives way: a directory or a device of that name is somebody else's.
        if fs::metadata(&self.path).is_ok_and(|found| !found.is_file()) {
            return Err(invalid("it is not a file"));
        }
        let temporary = self.with_suffix(&format!(".{}.tmp", std::process::id()));
        if let Err(error) = self.put(&temporary, &body) {
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
        // Directories cannot be opened for syncing everywhere; the file itself is safe by now.
        let _ = File::open(directory).and_then(|d| d.sync_all());
        Ok(())
    }

    /// Writes the body, moves the file that is there aside and this one in its place.
    fn put(&self, temporary: &Path, body: &str) -> io::Result<()> {
        let mut file = private().open(temporary)?;
        writeln!(file, "{}", self.header(body))?;
        file.write_all(body.as_bytes())?;
        file.sync_all()?;
        drop(file);
        match fs::rename(&self.path, self.previous()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(temporary, &self.path)
    }

    fn header(&self, body: &str) -> String {
        format!("{MAGIC} {} {}", hex(body.as_bytes()), self.fingerprint)
    }

    fn previous(&self) -> PathBuf {
        self.with_suffix(".previous")
    }

    fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }
}

/// How a file is made that holds the targeting rules: nobody else's to read, where files have owners.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// SHA-256 in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruleset(rev: u64, flags: &str) -> Ruleset {
        let text = format!(
            r#"{{"format":1,"project":"p","environment":"e","version":{{"epoch":"x","rev":{rev}}},"flags":{flags}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn damage_falls_back_to_the_file_before_and_then_to_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/flags.cache");
        let cache = CacheFile::new(path.clone(), "yd_srv_a", 1 << 20);
        assert!(cache.read().is_none());
        cache.write(&ruleset(1, r#"{"a":{}}"#)).unwrap();
        cache.write(&ruleset(2, r#"{"a":{}}"#)).unwrap();
        cache.write(&ruleset(3, "{}")).unwrap();
        assert_eq!(cache.read().unwrap().version.rev, 2, "empty is not a value");
        assert!(CacheFile::new(path.clone(), "yd_srv_b", 1 << 20).read().is_none(), "another key's rules");
        assert!(CacheFile::new(path.clone(), "yd_srv_a", 40).read().is_none(), "over the limit");

        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(cache.read().unwrap().version.rev, 1);
        fs::write(cache.previous(), b"").unwrap();
        assert!(cache.read().is_none());
    }

    #[test]
    fn what_is_no_file_stays_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("flags");
        fs::create_dir(&path).unwrap();
        let cache = CacheFile::new(path.clone(), "yd_srv_a", 1 << 20);
        assert!(cache.write(&ruleset(1, r#"{"a":{}}"#)).is_err());
        assert!(path.is_dir());
        // And where the file before would go.
        fs::rename(&path, cache.previous()).unwrap();
        fs::write(&path, "older").unwrap();
        assert!(cache.write(&ruleset(1, r#"{"a":{}}"#)).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "older");
        assert!(cache.previous().is_dir());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2, "no temporary file");
    }
}
