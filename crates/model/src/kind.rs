//! The kinds of documents in a project.

use serde::{Deserialize, Serialize};

/// The kinds of documents in a project, in the order they are listed and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`Project`]; its key is the project key.
    Project,
    /// [`Environment`].
    Environment,
    /// [`Segment`].
    Segment,
    /// [`SegmentList`]: a chunk of a large list; key `segment/included/0110`.
    SegmentList,
    /// [`Flag`].
    Flag,
    /// [`Configuration`]: one flag in one environment; key `environment/flag`.
    Configuration,
    /// [`SdkKey`].
    SdkKey,
    /// [`Policy`].
    Policy,
    /// [`ChangeRequest`](crate::change_request::ChangeRequest); its key is its id.
    ChangeRequest,
}

impl Kind {
    /// All of them, in the order they are listed, exported and written.
    pub const ALL: [Self; 9] = [
        Self::Project,
        Self::Environment,
        Self::Segment,
        Self::SegmentList,
        Self::Flag,
        Self::Configuration,
        Self::SdkKey,
        Self::Policy,
        Self::ChangeRequest,
    ];

    /// The name in the store, in URLs and in JSON: `flag`, `segment_list`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Environment => "environment",
            Self::Segment => "segment",
            Self::SegmentList => "segment_list",
            Self::Flag => "flag",
            Self::Configuration => "configuration",
            Self::SdkKey => "sdk_key",
            Self::Policy => "policy",
            Self::ChangeRequest => "change_request",
        }
    }

    /// The opposite of [`Kind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
