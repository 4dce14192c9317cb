//! The built binary against a server of its own: `yardarm demo` on a free port, in a private folder.

mod demo;
mod eval;
mod flags;
mod program;
mod transfer;
mod yardarm;
