//! LaunchDarkly.

use crate::verify::Section;
use crate::{Imported, Options, Source, Unreadable};

/// See [`crate::Format::sdks`].
pub(crate) const SDKS: &[&str] = &[];

/// Reads LaunchDarkly's files.
pub(crate) fn import(files: &[Source], _options: &Options) -> Result<Imported, Unreadable> {
    Err(unread(files))
}

/// Runs LaunchDarkly's published cases.
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    Err(unread(cases))
}

fn unread(files: &[Source]) -> Unreadable {
    Unreadable::new(files.first().map_or("", |file| &file.name), "files of LaunchDarkly are not read yet")
}
