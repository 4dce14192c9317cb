//! The texts of files and folders.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use yardarm_model::limits;

use crate::failure::{Exit, Failure};
use crate::folders;

/// A file.
pub(super) struct Text {
    /// Its path as it was named.
    pub(super) name: String,
    pub(super) content: String,
    /// Said to be JSON by its name.
    pub(super) is_json: bool,
}

/// The files, and those of folders in the order of their paths.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Text>, Failure> {
    let found = folders::files(paths, &["yaml", "yml", "json"])?;
    let mut left = limits::IMPORT_BODY;
    let mut texts = Vec::new();
    for path in found {
        let text = read_one(&path, left)?;
        left -= text.content.len().min(left);
        texts.push(text);
    }
    Ok(texts)
}

fn read_one(path: &Path, most: usize) -> Result<Text, Failure> {
    let name = if path == Path::new("-") { "stdin".to_owned() } else { path.display().to_string() };
    let failed = |error: std::io::Error| Failure::usage(format!("{name}: {error}"));
    let source: Box<dyn std::io::Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(failed)?)
    };
    let mut bytes = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    source.take(bound).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > most {
        let message = format!("{name}: the files are larger than {} MiB together", limits::IMPORT_BODY >> 20);
        return Err(Failure::new(Exit::Invalid, message));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(Failure::new(Exit::Invalid, format!("{name}: this is UTF-16; save it as UTF-8")));
    }
    let content = String::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = good.matches('\n').count() + 1;
        Failure::new(Exit::Invalid, format!("{name}:{line}: not UTF-8"))
    })?;
    // Some editors mark UTF-8.
    let content = content.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(content);
    Ok(Text { is_json: path.extension().is_some_and(|extension| extension == "json"), name, content })
}
