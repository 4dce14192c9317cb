//! How flags are shown.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use yardarm_model::document::{Flag, Kind, State, ValueType, Variant};
use yardarm_model::{configuration_key, serves as model, uses};

use crate::auth::{ChangeNote, revision};

/// A flag in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlagItem {
    /// Unique in the project.
    key: String,
    /// For people.
    name: String,
    /// Why it exists.
    description: String,
    /// Type of every variant's value.
    #[serde(rename = "type")]
    #[schema(value_type = crate::api::schema::ValueTypeName)]
    value_type: ValueType,
    /// For finding it.
    tags: Vec<String>,
    /// Who answers for it.
    owner: Option<String>,
    /// Meant to stay.
    permanent: bool,
    /// Served nowhere.
    archived: bool,
    /// Milliseconds since 1970.
    created_at: i64,
    /// In the author's order.
    #[schema(value_type = Vec<crate::api::schema::Variant>)]
    variants: Vec<Variant>,
    /// Revision that wrote the flag itself: its `ETag`.
    revision: u64,
    /// By environment key.
    environments: BTreeMap<String, FlagInEnvironment>,
    /// Last change of the flag or of a configuration; null when it is not known now.
    changed: Option<LastChange>,
}

/// A flag in one environment, in a few words.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlagInEnvironment {
    /// Off serves the off variant to everyone.
    on: bool,
    /// What is served.
    serves: Serves,
    /// Revision of the configuration, 0 when it was never written.
    revision: u64,
}

/// What a configuration serves, in a few words.
#[derive(Serialize, serde::Deserialize, ToSchema)]
pub(crate) struct Serves {
    /// `off`, `all`, `partial`, `split` or `rules`.
    pub(crate) kind: String,
    /// `10 % · country in DE`.
    pub(crate) text: String,
}

/// Who changed it last.
#[derive(Serialize, ToSchema)]
pub(crate) struct LastChange {
    /// Revision.
    rev: u64,
    /// Milliseconds since 1970.
    at: i64,
    /// Shown name.
    actor: String,
    /// `configuration.update`.
    action: String,
}

impl LastChange {
    pub(crate) fn of(note: &ChangeNote) -> Self {
        Self { rev: note.rev, at: note.at, actor: note.actor_name.clone(), action: note.action.clone() }
    }
}

/// One flag.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlagAnswer {
    #[serde(flatten)]
    item: FlagItem,
    /// Mixed into bucketing.
    salt: String,
    /// Flags it needs somewhere.
    needs: Vec<String>,
    /// Flags that need it somewhere.
    needed_by: Vec<String>,
}

/// Revision at which a flag or one of its configurations was last written.
pub(crate) fn last_rev(state: &State, key: &str) -> Option<u64> {
    let configurations = state
        .environments
        .keys()
        .map(|environment| revision(state, Kind::Configuration, &configuration_key(environment, key)));
    configurations.chain([revision(state, Kind::Flag, key)]).max().filter(|rev| *rev > 0)
}

/// What a flag serves in an environment.
pub(crate) fn serves(state: &State, environment: &str, key: &str) -> Option<Serves> {
    let serves = model::serves(&state.configuration(environment, key)?);
    let kind = match serves.kind {
        model::ServesKind::Off => "off",
        model::ServesKind::All => "all",
        model::ServesKind::Partial => "partial",
        model::ServesKind::Split => "split",
        model::ServesKind::Rules => "rules",
    };
    Some(Serves { kind: kind.to_owned(), text: serves.text })
}

impl FlagItem {
    /// A flag with what is known of its last change.
    pub(crate) fn of(state: &State, key: &str, flag: &Flag, notes: &HashMap<u64, Arc<ChangeNote>>) -> Self {
        let environments = state.environments.keys().filter_map(|environment| {
            let configuration = state.configurations.get(&(environment.clone(), key.to_owned()));
            let shown = FlagInEnvironment {
                on: configuration.is_some_and(|configuration| configuration.on),
                serves: serves(state, environment, key)?,
                revision: revision(state, Kind::Configuration, &configuration_key(environment, key)),
            };
            Some((environment.clone(), shown))
        });
        let note = last_rev(state, key).and_then(|rev| notes.get(&rev));
        Self {
            key: key.to_owned(),
            name: flag.name.clone(),
            description: flag.description.clone(),
            value_type: flag.value_type,
            tags: flag.tags.clone(),
            owner: flag.owner.clone(),
            permanent: flag.permanent,
            archived: flag.archived,
            created_at: flag.created_at,
            variants: flag.variants.clone(),
            revision: revision(state, Kind::Flag, key),
            environments: environments.collect(),
            changed: note.map(|note| LastChange::of(note)),
        }
    }
}

impl FlagAnswer {
    /// A flag with everything about it.
    pub(crate) fn of(state: &State, key: &str, notes: &HashMap<u64, Arc<ChangeNote>>) -> Option<Self> {
        let flag = state.flags.get(key)?;
        Some(Self {
            item: FlagItem::of(state, key, flag, notes),
            salt: flag.salt.clone(),
            needs: uses::needs(state, key),
            needed_by: uses::needed_by(state, key),
        })
    }
}
