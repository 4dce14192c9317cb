//! ConfigCat's matrices: a header `Identifier;Email;Country;Custom1;setting…`, then a row for each user, run against every
//! config that has the matrix's settings. A matrix with `variationid` in its name holds ids of variations.

use serde_json::{Map, Value, json};

use super::read::{config, import, variations};
use crate::members::Members;
use crate::verify::{Ground, Section};
use crate::{Names, Options, Report, Source, Unreadable};

/// Columns that describe the user.
const USER: usize = 4;
/// Stands for no user, and for an attribute that is not there.
const NOTHING: &str = "##null##";

/// Runs ConfigCat's published cases: configs (JSON) and matrices (CSV).
pub(crate) fn verify(cases: &[Source]) -> Result<Vec<Section>, Unreadable> {
    let (matrices, configs): (Vec<&Source>, Vec<&Source>) =
        cases.iter().partition(|file| !file.text.trim_start().starts_with('{'));
    let mut sections = Vec::new();
    for matrix in matrices {
        let mut run = false;
        for config in &configs {
            if let Some(section) = cells(matrix, config)? {
                run = true;
                sections.push(section);
            }
        }
        if !run {
            return Err(Unreadable::new(
                &matrix.name,
                "none of the configs has its settings; give its config JSON, too",
            ));
        }
    }
    Ok(sections)
}

/// `None` when the config has not all of the matrix's settings.
fn cells(matrix: &Source, source: &Source) -> Result<Option<Section>, Unreadable> {
    let config = config(source, &mut Members::default(), &mut Report::default())?;
    let mut lines = matrix.text.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().unwrap_or_default().trim_end_matches('\r').split(';').collect();
    let settings = header.get(USER..).unwrap_or_default();
    if settings.is_empty() || !settings.iter().all(|name| config.settings.contains_key(*name)) {
        return Ok(None);
    }
    let mut section = Section::new(format!("{} with {}", matrix.name, source.name));
    let options = Options::default();
    let imported = import(std::slice::from_ref(source), &options)?;
    let ground = Ground::new(&imported, &options.environment);
    let ids = matrix.name.contains("variationid");
    let mut names = Names::default();
    for name in config.settings.keys() {
        names.key(name);
    }
    for line in lines {
        let row: Vec<&str> = line.trim_end_matches('\r').split(';').collect();
        let context = user(&header, &row);
        for (name, cell) in settings.iter().zip(row.get(USER..).unwrap_or_default()) {
            let case = format!("{name} for {}", row.get(..USER).unwrap_or_default().join(";"));
            let (Some(setting), Some(key)) = (config.settings.get(*name), names.given(name)) else { continue };
            let ground = match &ground {
                Ok(ground) => ground,
                Err(why) => {
                    section.broken(case, format!("{why:?}"));
                    continue;
                }
            };
            let asked = ground.ask(key, &context, 0);
            let actual = if ids {
                let variations = variations(setting);
                json!(variations.iter().find(|one| Some(&one.key) == asked.variant.as_ref()).map(|one| &one.id))
            } else {
                asked.value.unwrap_or_default()
            };
            section.check(case, if ids { json!(cell) } else { typed(cell, &setting.value.json()) }, actual);
        }
    }
    Ok(Some(section))
}

fn user(header: &[&str], row: &[&str]) -> Value {
    let mut context = Map::new();
    let Some(identifier) = row.first().filter(|cell| **cell != NOTHING) else { return json!({}) };
    context.insert("targetingKey".to_owned(), (*identifier).into());
    for (name, cell) in header.iter().zip(row).take(USER).skip(1) {
        if !cell.is_empty() && *cell != NOTHING {
            context.insert((*name).to_owned(), (*cell).into());
        }
    }
    Value::Object(context)
}

/// A cell as a value of the setting's type.
fn typed(cell: &str, like: &Value) -> Value {
    match like {
        Value::Bool(_) => cell.eq_ignore_ascii_case("true").into(),
        Value::Number(_) => cell.parse::<f64>().map_or_else(|_| cell.into(), Value::from),
        _ => cell.into(),
    }
}
