//! A whole project as one file: out, in, and made to be as the file says.

pub(crate) mod apply;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod plan;
pub(crate) mod planned;
