//! What a list is asked with.

use serde::Deserialize;
use utoipa::IntoParams;

/// Which of them, in which order, and what of each.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; a directory may send more, which is let be")]
pub(crate) struct ScimQuery {
    /// `userName eq "ana@example.com"`: RFC 7644, section 3.4.2.2.
    #[param(rename = "filter")]
    filter: Option<String>,
    /// An attribute.
    #[param(rename = "sortBy")]
    sort_by: Option<String>,
    /// `ascending` or `descending`.
    #[param(rename = "sortOrder")]
    sort_order: Option<String>,
    /// From 1.
    #[param(rename = "startIndex")]
    start_index: Option<usize>,
    /// At most 500, 100 by default.
    count: Option<usize>,
    /// Only these attributes, with commas between.
    attributes: Option<String>,
    /// Without these attributes.
    #[param(rename = "excludedAttributes")]
    excluded_attributes: Option<String>,
}
