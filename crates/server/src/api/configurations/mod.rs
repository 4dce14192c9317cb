//! What flags serve in environments.

pub(crate) mod read;
pub(crate) mod replace;
pub(crate) mod update;

use serde_json::Value;
use yardarm_model::document::{Kind, State};
use yardarm_model::{configuration_key, sentence};

use super::answer::Answer;
use super::flags::item::serves;
use crate::auth::{refusal, revision};
use crate::problem::Problem;

/// A configuration with its `ETag`.
pub(crate) fn answered(state: &State, environment: &str, flag: &str) -> Result<Answer, Problem> {
    let configuration = state.configuration(environment, flag).ok_or_else(refusal::not_found)?;
    let mut body = serde_json::to_value(&configuration).map_err(refusal::internal)?;
    let rev = revision(state, Kind::Configuration, &configuration_key(environment, flag));
    sentence::word(Kind::Configuration, &mut body);
    if let Value::Object(members) = &mut body {
        let serves = serde_json::to_value(serves(state, environment, flag)).map_err(refusal::internal)?;
        members.insert("serves".to_owned(), serves);
        members.insert("sentences".to_owned(), sentence::configuration(&configuration).into());
        members.insert("revision".to_owned(), rev.into());
    }
    Ok(Answer::ok(&body).etag(rev))
}
