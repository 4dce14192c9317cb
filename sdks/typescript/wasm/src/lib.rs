//! The evaluator as a WebAssembly module for `@yardarm/server`, called by `sdks/typescript/server/src/evaluator.ts` and
//! nobody else.
//!
//! A call costs a few nanoseconds, what crosses with it costs more: so a caller asks once per flag what it reads
//! ([`Evaluator::plan`]), writes only those attributes into shared memory (a text that the flag only compares for equality
//! as a position in the plan, or as "none of these"), and gets back a small number that stands for an
//! answer it has seen before ([`Evaluator::answer`] tells what a new number means). JSON crosses only for whole rulesets,
//! for lists and objects, and when a computation may look at anything.
//!
//! This file is the boundary: the only place with pointers. [`evaluator`] is ordinary Rust.

mod answers;
mod arguments;
pub mod evaluator;

pub use arguments::{ABSENT, FALSE, JSON, KNOWN, NULL, NUMBER, SLOTS, TEXT, TRUE};
pub use evaluator::Evaluator;

/// The exported functions. `evaluator` is what [`boundary::open`] returned; texts are passed in the text area and
/// come back as a length in the output area.
pub mod boundary {
    #![expect(
        unsafe_code,
        clippy::missing_safety_doc,
        reason = "an exported function takes pointers; the one caller passes those that `open` and the area functions gave"
    )]

    // The names are the module's own: natively, `read` and `open` would take the place of those of the C library.
    use crate::Evaluator;

    /// An empty evaluator. It lives as long as the module's instance.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub extern "C" fn open() -> *mut Evaluator {
        Box::into_raw(Box::new(Evaluator::new()))
    }

    /// Where slot numbers are written: [`crate::SLOTS`] doubles.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn numbers(evaluator: *mut Evaluator) -> *mut f64 {
        unsafe { &mut *evaluator }.input.numbers.as_mut_ptr()
    }

    /// Where slot kinds and lengths are written: [`crate::SLOTS`] words.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn words(evaluator: *mut Evaluator) -> *mut u32 {
        unsafe { &mut *evaluator }.input.words.as_mut_ptr()
    }

    /// The text area, with room for at least this many bytes.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn text(evaluator: *mut Evaluator, room: usize) -> *mut u8 {
        unsafe { &mut *evaluator }.input.room(room)
    }

    /// The output area.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn output(evaluator: *mut Evaluator) -> *const u8 {
        unsafe { &*evaluator }.output.as_ptr()
    }

    /// Reads the ruleset in the text area and writes its project, environment and version. 0: unreadable, and the output
    /// says why.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn read(evaluator: *mut Evaluator, length: usize) -> u32 {
        u32::from(unsafe { &mut *evaluator }.read(length))
    }

    /// Takes what was read last. 0: there was nothing.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn take(evaluator: *mut Evaluator) -> u32 {
        u32::from(unsafe { &mut *evaluator }.take())
    }

    /// Forgets what was read last.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn leave(evaluator: *mut Evaluator) {
        unsafe { &mut *evaluator }.leave();
    }

    /// Reads the patch in the text area and writes its versions. 0: unreadable, and the output says why.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn read_patch(evaluator: *mut Evaluator, length: usize) -> u32 {
        u32::from(unsafe { &mut *evaluator }.read_patch(length))
    }

    /// Applies the patch that was read last. 0: it does not start from what is held.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn apply(evaluator: *mut Evaluator) -> u32 {
        u32::from(unsafe { &mut *evaluator }.apply())
    }

    /// Length of what the latest call left in the output area.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn said(evaluator: *mut Evaluator) -> usize {
        unsafe { &*evaluator }.output.len()
    }

    /// Writes the ruleset that is held, as JSON.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn ruleset(evaluator: *mut Evaluator) -> usize {
        unsafe { &mut *evaluator }.write_ruleset()
    }

    /// Writes all flag keys, as JSON.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn keys(evaluator: *mut Evaluator) -> usize {
        unsafe { &mut *evaluator }.write_keys()
    }

    /// Writes the plan of the flag whose key is in the text area.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn plan(evaluator: *mut Evaluator, length: usize) -> usize {
        unsafe { &mut *evaluator }.plan(length)
    }

    /// The answer's number, for the attributes in the slots.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn evaluate(evaluator: *mut Evaluator, flag: u32, now_ms: f64) -> u32 {
        unsafe { &mut *evaluator }.evaluate(flag, now_ms)
    }

    /// The answer's number, for the whole context as JSON in the text area.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn evaluate_json(evaluator: *mut Evaluator, flag: u32, length: usize, now_ms: f64) -> u32 {
        unsafe { &mut *evaluator }.evaluate_json(flag, length, now_ms)
    }

    /// Writes the numbers of all flags' answers (`u32`, little-endian, in key order) for the whole context as JSON in the
    /// text area. Their count, or `u32::MAX` when the context cannot be used.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn evaluate_all(evaluator: *mut Evaluator, length: usize, now_ms: f64) -> u32 {
        unsafe { &mut *evaluator }.evaluate_all(length, now_ms)
    }

    /// Writes what an answer's number means, as JSON.
    #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
    pub unsafe extern "C" fn answer(evaluator: *mut Evaluator, number: u32) -> usize {
        unsafe { &mut *evaluator }.answer(number)
    }
}
