//! Lists (RFC 7644, section 3.4.2): chosen, sorted, a page of them.

use std::collections::HashMap;

use serde_json::{Value, json};
use yardarm_model::limits::SCIM_PAGE;

use super::filter::{Filter, Path, member};
use super::{LIST, Projection, invalid_value};
use crate::problem::Problem;

/// Resources on a page when nobody says how many.
const USUAL: usize = 100;

/// Which resources, in which order, and what of them.
#[derive(Debug)]
pub(crate) struct Listing {
    filter: Option<Filter>,
    sort_by: Option<(Path, bool)>,
    /// From 1.
    start: usize,
    count: usize,
    projection: Projection,
}

fn number(name: &str, text: Option<String>, otherwise: usize) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(otherwise) };
    let number: i64 = text.trim().parse().map_err(|_| invalid_value(format!("{name} is a number, not {text:?}.")))?;
    Ok(usize::try_from(number).unwrap_or_default())
}

impl Listing {
    /// Of a query string. Names that mean nothing here are let be: directories mark their requests with them.
    pub(crate) fn of_query(query: &HashMap<String, String>) -> Result<Self, Problem> {
        Self::read(|name| {
            query
                .get(name)
                .or_else(|| query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, v)| v))
                .cloned()
        })
    }

    /// Of the body of a search.
    pub(crate) fn of_body(body: &Value) -> Result<Self, Problem> {
        Self::read(|name| match member(body, name)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(items) => Some(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            Value::Null => None,
            other => Some(other.to_string()),
        })
    }

    fn read(given: impl Fn(&str) -> Option<String>) -> Result<Self, Problem> {
        let filter = given("filter").filter(|text| !text.trim().is_empty()).map(|text| Filter::parse(&text));
        let descending = given("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("descending"));
        let sort_by = given("sortBy").filter(|text| !text.trim().is_empty()).map(|text| Path::parse(&text));
        Ok(Self {
            filter: filter.transpose()?,
            sort_by: sort_by.transpose()?.map(|path| (path, descending)),
            start: number("startIndex", given("startIndex"), 1)?.max(1),
            count: number("count", given("count"), USUAL)?.min(SCIM_PAGE),
            projection: Projection::parse(
                &given("attributes").unwrap_or_default(),
                &given("excludedAttributes").unwrap_or_default(),
            )?,
        })
    }
}

/// A page of resources. Without `sortBy` they stay in the order in which they come.
pub(crate) fn listed(listing: &Listing, mut resources: Vec<Value>) -> Value {
    if let Some(filter) = &listing.filter {
        resources.retain(|resource| filter.matches(resource));
    }
    if let Some((path, descending)) = &listing.sort_by {
        let key = |resource: &Value| {
            let value =
                path.values(resource).first().map(|value| value.as_str().map_or(value.to_string(), str::to_lowercase));
            // What has no value comes last, or first when descending.
            (value.is_none(), value)
        };
        resources.sort_by_cached_key(key);
        if *descending {
            resources.reverse();
        }
    }
    let total = resources.len();
    let page = resources.into_iter().skip(listing.start - 1).take(listing.count);
    let page: Vec<Value> = page.map(|resource| listing.projection.of(super::versioned(resource))).collect();
    json!({ "schemas": [LIST], "totalResults": total, "startIndex": listing.start, "itemsPerPage": page.len(),
        "Resources": page })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages() {
        let all: Vec<Value> =
            ["b", "C", "a", "d"].iter().map(|n| json!({ "id": n, "userName": n, "meta": {} })).collect();
        let ids = |query: &[(&str, &str)]| {
            let query = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            let page = listed(&Listing::of_query(&query).unwrap(), all.clone());
            let ids: Vec<_> = page["Resources"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
            format!(
                "{} of {} from {}: {}",
                page["itemsPerPage"],
                page["totalResults"],
                page["startIndex"],
                ids.join("")
            )
        };
        assert_eq!(ids(&[]), "4 of 4 from 1: bCad");
        assert_eq!(ids(&[("sortBy", "userName")]), "4 of 4 from 1: abCd");
        assert_eq!(ids(&[("sortBy", "userName"), ("sortOrder", "descending")]), "4 of 4 from 1: dCba");
        assert_eq!(ids(&[("startIndex", "2"), ("count", "2")]), "2 of 4 from 2: Ca");
        assert_eq!(ids(&[("startIndex", "-5"), ("count", "-1")]), "0 of 4 from 1: ");
        assert_eq!(ids(&[("startIndex", "9")]), "0 of 4 from 9: ");
        assert_eq!(ids(&[("filter", "userName eq \"c\""), ("aadOptscim062020", "")]), "1 of 1 from 1: C");
        for (name, value) in [("count", "many"), ("filter", "x"), ("sortBy", "a b"), ("attributes", "a b")] {
            assert!(Listing::of_query(&HashMap::from([(name.to_owned(), value.to_owned())])).is_err(), "{name}");
        }
        let body = json!({ "filter": "userName pr", "count": 1, "attributes": ["id"] });
        let page = listed(&Listing::of_body(&body).unwrap(), all.clone());
        assert_eq!(page["Resources"], json!([{ "id": "b" }]));
    }
}
