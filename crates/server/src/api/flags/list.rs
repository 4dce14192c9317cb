//! `GET /api/v1/projects/{project}/flags`

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use yardarm_model::document::{Flag, State, ValueType};

use super::item::{self, FlagItem};
use crate::api::answer::Answer;
use crate::api::page::{Page, Placed, page};
use crate::auth::{ProjectAccess, can, refusal};
use crate::json::Query;
use crate::problem::Problem;

/// Which flags, in which order.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FlagQuery {
    /// 1 to 500, 50 by default.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// In key, name, description, tags or owner.
    search: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Of this owner.
    owner: Option<String>,
    /// Of this type.
    #[serde(rename = "type")]
    #[param(value_type = Option<crate::api::schema::ValueTypeName>)]
    value_type: Option<ValueType>,
    /// `false` by default.
    #[param(inline)]
    archived: Option<Archived>,
    /// For `serves`.
    environment: Option<String>,
    /// In that environment.
    #[param(inline)]
    serves: Option<Serving>,
    /// `key` (default), `name`, `created`, `changed`; with a `-` in front, the other way round.
    sort: Option<String>,
}

/// Which flags by their end.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Archived {
    /// Only archived ones.
    True,
    /// Only those in use.
    False,
    /// Both.
    All,
}

/// Which flags by what they serve.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Serving {
    /// Switched on.
    On,
    /// Switched off.
    Off,
    /// Switched on, but not the same for everyone.
    Partial,
}

/// Flags, from memory.
#[utoipa::path(get, path = "/api/v1/projects/{project}/flags", operation_id = "listFlags", tag = "flags",
    params(FlagQuery), responses((status = 200, body = Page<FlagItem>)))]
pub(crate) async fn handler(
    access: ProjectAccess<can::ProjectRead>,
    Query(query): Query<FlagQuery>,
) -> Result<Answer, Problem> {
    let state = access.state();
    let serving = match (&query.serves, &query.environment) {
        (None, _) => None,
        (Some(serving), Some(environment)) if state.environments.contains_key(environment) => {
            Some((*serving, environment.as_str()))
        }
        (Some(_), Some(_)) => return Err(query_problem("?environment", "unknown_environment", "no such environment")),
        (Some(_), None) => return Err(query_problem("?environment", "missing", "serves needs an environment")),
    };
    let (sort, descending) = match query.sort.as_deref().unwrap_or("key") {
        text if text.starts_with('-') => (&text[1..], true),
        text => (text, false),
    };
    if !matches!(sort, "key" | "name" | "created" | "changed") {
        return Err(query_problem(
            "?sort",
            "sort_unknown",
            "sort is key, name, created or changed, or one with a - in front",
        ));
    }
    let search = query.search.as_deref().unwrap_or_default().to_lowercase();
    let flags = state.flags.iter().filter(|(key, flag)| {
        wanted(&query, flag)
            && (search.is_empty() || mentions(key, flag, &search))
            && serving.is_none_or(|(serving, environment)| serves(state, key, environment, serving))
    });
    let placed = flags
        .map(|(key, flag)| Placed {
            primary: match sort {
                "name" => flag.name.to_lowercase(),
                "created" => format!("{:020}", flag.created_at),
                "changed" => format!("{:020}", item::last_rev(state, key).unwrap_or_default()),
                _ => String::new(),
            },
            key: key.clone(),
            item: (key, flag),
        })
        .collect();
    let cut = page(placed, descending, query.limit, query.cursor.as_deref())?;
    let revs = cut.items.iter().filter_map(|(key, _)| item::last_rev(state, key)).collect();
    let notes = access.notes(revs).await;
    let items = cut.items.into_iter().map(|(key, flag)| FlagItem::of(state, key, flag, &notes)).collect();
    Ok(Answer::ok(&Page { items, next: cut.next, total: cut.total }))
}

fn query_problem(pointer: &str, code: &'static str, message: &str) -> Problem {
    refusal::invalid(vec![refusal::wrong(pointer, code, message)])
}

fn wanted(query: &FlagQuery, flag: &Flag) -> bool {
    let archived = match query.archived.unwrap_or(Archived::False) {
        Archived::True => flag.archived,
        Archived::False => !flag.archived,
        Archived::All => true,
    };
    archived
        && query.tag.as_ref().is_none_or(|tag| flag.tags.contains(tag))
        && query.owner.as_ref().is_none_or(|owner| flag.owner.as_ref() == Some(owner))
        && query.value_type.is_none_or(|value_type| flag.value_type == value_type)
}

/// `search` is in lower case.
fn mentions(key: &str, flag: &Flag, search: &str) -> bool {
    let texts = [key, &flag.name, &flag.description, flag.owner.as_deref().unwrap_or_default()];
    let mut all = texts.into_iter().chain(flag.tags.iter().map(String::as_str));
    all.any(|text| text.to_lowercase().contains(search))
}

fn serves(state: &State, key: &str, environment: &str, serving: Serving) -> bool {
    let on = state
        .configurations
        .get(&(environment.to_owned(), key.to_owned()))
        .is_some_and(|configuration| configuration.on);
    match serving {
        Serving::On => on,
        Serving::Off => !on,
        Serving::Partial => on && item::serves(state, environment, key).is_some_and(|serves| serves.kind != "all"),
    }
}
