//! The profile file: servers this person uses. `~/.config/yardarm/config.toml`, readable by its owner only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    /// By name; `default` is used when none is named.
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// One server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Its address.
    pub(crate) url: Option<String>,
    /// Access token, `yd_pat_…`.
    pub(crate) token: Option<String>,
    /// Project used when none is named.
    pub(crate) project: Option<String>,
}

/// `YARDARM_CONFIG`, else `$XDG_CONFIG_HOME/yardarm/config.toml`, else `~/.config/yardarm/config.toml`.
pub(crate) fn path() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("YARDARM_CONFIG").or_else(|| {
        let config = set("XDG_CONFIG_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".config")))?;
        Some(config.join("yardarm/config.toml"))
    })
}

/// Reads the file; a missing one is empty.
pub(crate) fn read(path: &Path) -> Result<Profiles, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            Failure::usage(format!("{}: {}", path.display(), error.message()))
                .hint("correct the file, or write it anew with `yardarm login`")
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Profiles::default()),
        Err(error) => Err(Failure::failed(format!("{}: {error}", path.display()))),
    }
}

/// Writes the file with mode 0600.
pub(crate) fn write(path: &Path, profiles: &Profiles) -> Result<(), Failure> {
    let text = toml::to_string(profiles).map_err(|error| Failure::failed(error.to_string()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
    }
    write_private(path, &text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))
}

/// Replaces a file by one that only its owner can read; readers see the old or the new text, never a part.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let new = path.with_extension(format!("new-{}", std::process::id()));
    // A left-over of a crash could have another mode.
    if new.exists() {
        std::fs::remove_file(&new)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
