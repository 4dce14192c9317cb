//! `yardarm._native`: the evaluator as a Python extension module.
//!
//! Flag calls are methods written here, so that a call is one step from Python into Rust: the caller's dict is read in
//! place, the answer counted, the value handed back. What talks to the network, waits or writes files is Python and
//! drives this through [`live::Live`].

mod context;
mod counters;
mod details;
mod flags;
mod json;
mod live;
mod ruleset;

/// The module.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::context::{Context, unit};
    #[pymodule_export]
    use crate::details::{Details, Version};
    #[pymodule_export]
    use crate::flags::Flags;
    #[pymodule_export]
    use crate::live::Live;
    #[pymodule_export]
    use crate::ruleset::{Patch, Snapshot};
}
