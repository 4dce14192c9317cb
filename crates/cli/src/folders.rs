//! Folders named where files are meant: they stand for what is in them.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Files in all folders.
const FILES: usize = 10_000;
/// Folders in folders.
const DEPTH: usize = 16;

/// The files, and those of folders that end so, in the order of their paths. A folder without any is a mistake.
pub(crate) fn files(paths: &[PathBuf], endings: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            walk(path, 0, endings, &mut found)?;
            if found.len() == before {
                let (last, others) = endings.split_last().unwrap_or((&"", &[]));
                let endings = format!(".{} or .{last}", others.join(", ."));
                return Err(Failure::usage(format!("there is no {endings} file in {}", path.display())));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

/// What stands beside files and says whose they are.
fn is_about_others(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default();
    ["license", "notice", "readme"].iter().any(|name| stem.eq_ignore_ascii_case(name))
}

fn walk(folder: &Path, depth: usize, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("{}: {error}", folder.display()));
    if depth > DEPTH {
        return Err(Failure::usage(format!("{} is more than {DEPTH} folders deep", folder.display())));
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let known = path.extension().is_some_and(|extension| endings.iter().any(|known| extension == *known));
        // A folder that is a link may lead back here.
        let is_folder = path.symlink_metadata().is_ok_and(|about| about.is_dir());
        match () {
            () if hidden || is_about_others(&path) => {}
            () if is_folder => walk(&path, depth + 1, endings, found)?,
            () if known && path.is_file() => found.push(path),
            () => {}
        }
        if found.len() > FILES {
            return Err(Failure::usage(format!("more than {FILES} files")));
        }
    }
    Ok(())
}
