//! Change requests: what somebody asks to be changed, pinned, so that what others consent to is what happens.
//!
//! A request holds the documents that it leaves and the ones it was made from. Its [`ChangeRequest::hash`] is of everything
//! that will be applied, and of everything that decides what that means: the revisions of the documents it replaces and of
//! those it refers to, and the instant. An approval is of one hash; when anything of it is another, it counts no more.

mod content;
mod document;
mod rebase;

pub use content::{apply_to, depends, grown, hash, moved, size};
pub use document::{Approval, ChangeRequest, Comment, Dependency, Item, Outcome, Person, Remark, Schedule, Stage};
pub use rebase::{Choices, Conflict, Rebased, Side, rebase};
