//! Grants, and the two questions that are asked of them: what do they allow, and do they hold as much as others?

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::permission::{Level, Permission};

/// Everything, or what is listed. An empty list is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection<T> {
    /// `"*"`: also what is made later.
    All,
    /// These and no others.
    These(BTreeSet<T>),
}

impl<T: Ord> Selection<T> {
    /// Of a list.
    pub fn these(items: impl IntoIterator<Item = T>) -> Self {
        Self::These(items.into_iter().collect())
    }

    /// Whether it holds nothing.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::These(items) if items.is_empty())
    }

    /// Whether this one is in it; `None` asks for all that could be.
    fn has<Q: Ord + ?Sized>(&self, item: Option<&Q>) -> bool
    where
        T: std::borrow::Borrow<Q>,
    {
        match (self, item) {
            (Self::All, _) => true,
            (Self::These(items), Some(item)) => items.contains(item),
            (Self::These(_), None) => false,
        }
    }
}

impl<T: Serialize> Serialize for Selection<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("*"),
            Self::These(items) => items.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Selection<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, bound = "T: Deserialize<'de> + Ord")]
        enum Either<T> {
            These(BTreeSet<T>),
            Word(String),
        }
        match Either::deserialize(deserializer)? {
            Either::These(items) => Ok(Self::These(items)),
            Either::Word(word) if word == "*" => Ok(Self::All),
            Either::Word(word) => Err(serde::de::Error::custom(format!("{word:?} is neither \"*\" nor a list"))),
        }
    }
}

/// Permissions in places. All three must hold something for it to allow anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What may be done.
    pub permissions: Selection<Permission>,
    /// In which projects, by key.
    pub projects: Selection<String>,
    /// In which environments of those, by key.
    pub environments: Selection<String>,
}

impl Grant {
    /// These permissions in the whole tenant.
    pub fn everywhere(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self { permissions: Selection::these(permissions), projects: Selection::All, environments: Selection::All }
    }

    /// Every permission everywhere, later ones too.
    pub fn everything() -> Self {
        Self { permissions: Selection::All, projects: Selection::All, environments: Selection::All }
    }

    fn allows(&self, permission: Permission, place: Place<'_>) -> bool {
        let place = place.for_level(permission.level());
        self.permissions.has(Some(&permission))
            && self.projects.has(place.project)
            && self.environments.has(place.environment)
    }

    fn allows_somewhere(&self, permission: Permission, project: Option<&str>) -> bool {
        self.permissions.has(Some(&permission))
            && match permission.level() {
                Level::Tenant => self.projects.has::<str>(None) && self.environments.has::<str>(None),
                level => {
                    let here = project.map_or(!self.projects.is_nothing(), |key| self.projects.has(Some(key)));
                    here && match level {
                        Level::Environment => !self.environments.is_nothing(),
                        Level::Tenant | Level::Project => self.environments.has::<str>(None),
                    }
                }
            }
    }
}

/// Where something is to be done. Without an environment: in every one; without a project: in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    project: Option<&'a str>,
    environment: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The whole tenant.
    pub const TENANT: Self = Self { project: None, environment: None };

    /// A project with every environment that it has or will have.
    pub const fn project(project: &'a str) -> Self {
        Self { project: Some(project), environment: None }
    }

    /// One environment.
    pub const fn environment(project: &'a str, environment: &'a str) -> Self {
        Self { project: Some(project), environment: Some(environment) }
    }

    /// What is about a project is about all of its environments; what is about the tenant about all projects.
    fn for_level(self, level: Level) -> Self {
        match level {
            Level::Tenant => Self::TENANT,
            Level::Project => Self { environment: None, ..self },
            Level::Environment => self,
        }
    }
}

/// Whether the grants allow this in that place: in all of it, where a place is more than one environment.
pub fn allows(grants: &[Grant], permission: Permission, place: Place<'_>) -> bool {
    grants.iter().any(|grant| grant.allows(permission, place))
}

/// Whether there is a place, in this project or in any, where the grants allow this. Good for showing and for asking
/// further, never for doing.
pub fn allows_somewhere(grants: &[Grant], permission: Permission, project: Option<&str>) -> bool {
    grants.iter().any(|grant| grant.allows_somewhere(permission, project))
}

/// Whether everything that `theirs` allow is allowed by `mine`, now and whatever projects, environments and permissions
/// are made later: nobody can give away more than they hold.
pub fn covers(mine: &[Grant], theirs: &[Grant]) -> bool {
    theirs.iter().all(|their| {
        if their.projects.is_nothing() || their.environments.is_nothing() {
            return true;
        }
        match &their.permissions {
            // Permissions that do not exist yet are in nobody's list.
            Selection::All => {
                let all: Vec<&Grant> = mine.iter().filter(|grant| grant.permissions == Selection::All).collect();
                covers_places(&all, their, Level::Environment)
            }
            Selection::These(permissions) => permissions.iter().all(|permission| {
                let holding: Vec<&Grant> =
                    mine.iter().filter(|grant| grant.permissions.has(Some(permission))).collect();
                covers_places(&holding, their, permission.level())
            }),
        }
    })
}

/// A list never covers "all", however long it is, so each listed place (or all of them) must be in one grant of mine.
fn covers_places(mine: &[&Grant], their: &Grant, level: Level) -> bool {
    each(&their.projects, |project| {
        each(&their.environments, |environment| {
            let place = Place { project, environment };
            let narrow = level != Level::Environment && environment.is_some();
            let wide = level == Level::Tenant && project.is_some();
            // Where their grant is too narrow for the permission's level, it allows nothing.
            narrow
                || wide
                || mine
                    .iter()
                    .any(|grant| grant.projects.has(place.project) && grant.environments.has(place.environment))
        })
    })
}

fn each(selection: &Selection<String>, mut holds: impl FnMut(Option<&str>) -> bool) -> bool {
    match selection {
        Selection::All => holds(None),
        Selection::These(items) => items.iter().all(|item| holds(Some(item))),
    }
}

/// What somebody holds at the moment: the grants of their roles, and no more than the token that they show allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// From roles, direct and through groups.
    pub grants: Vec<Grant>,
    /// Of the token; `None`: no token, no limit.
    pub limits: Option<Vec<Grant>>,
}

impl Authority {
    fn both(&self, holds: impl Fn(&[Grant]) -> bool) -> bool {
        holds(&self.grants) && self.limits.as_deref().is_none_or(holds)
    }

    /// See [`allows`].
    pub fn allows(&self, permission: Permission, place: Place<'_>) -> bool {
        self.both(|grants| allows(grants, permission, place))
    }

    /// See [`allows_somewhere`].
    pub fn allows_somewhere(&self, permission: Permission, project: Option<&str>) -> bool {
        self.both(|grants| allows_somewhere(grants, permission, project))
    }

    /// See [`covers`].
    pub fn covers(&self, theirs: &[Grant]) -> bool {
        self.both(|grants| covers(grants, theirs))
    }

    /// Whether anything at all can be done in a project: to everybody else it does not exist.
    pub fn sees(&self, project: &str) -> bool {
        let about_projects = Permission::ALL.iter().filter(|permission| permission.level() != Level::Tenant);
        about_projects.into_iter().any(|permission| self.allows_somewhere(*permission, Some(project)))
    }
}
