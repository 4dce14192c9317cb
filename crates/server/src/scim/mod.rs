//! SCIM 2.0 (RFC 7643, RFC 7644) as functions over JSON: what resources look like, filters, patches, projections, errors.
//! Who may ask and what is written is in [`crate::auth`]; the endpoints are in `api/scim`.

mod attributes;
mod error;
mod filter;
mod list;
mod patch;
mod read;
mod resource;
mod schema;

pub(crate) use attributes::Projection;
pub(crate) use error::{finish, invalid_path, invalid_value, managed_by_directory, mutability, too_many, uniqueness};
pub(crate) use list::{Listing, listed};
pub(crate) use patch::{Target, apply, operations};
pub(crate) use read::{GroupInput, UserInput};
pub(crate) use resource::{group, tag, user, versioned};
pub(crate) use schema::{resource_type, resource_types, schema, schemas, service_provider};

/// Media type of every SCIM body.
pub(crate) const SCIM_JSON: &str = "application/scim+json";
/// Where every SCIM address begins.
pub(crate) const ROOT: &str = "/scim/";
/// Schema of people.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Schema of groups.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema of attributes that many directories send beside [`USER`]; they are not kept.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
