//! Flagsmith.

use crate::verify::Section;
use crate::{Imported, Options, Source, Unreadable};

/// See [`crate::Format::sdks`].
pub(crate) const SDKS: &[&str] = &[];

/// Reads Flagsmith's files.
pub(crate) fn import(files: &[Source], _options: &Options) -> Result<Imported, Unreadable> {
    Err(unread(files))
}

/// Runs Flagsmith's published cases.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    Err(unread(cases))
}

fn unread(files: &[Source]) -> Unreadable {
    Unreadable::new(files.first().map_or("", |file| &file.name), "files of Flagsmith are not read yet")
}
