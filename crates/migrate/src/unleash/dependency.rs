//! Dependencies: parents that must be on, or off, before anything else is asked.

use serde_json::{Value, json};
use yardarm_eval::ruleset::Condition;

use super::flag::Import;
use super::source::Dependency;
use crate::{Report, exact_condition};

/// What dependencies become.
#[derive(Default)]
pub(super) struct Dependencies {
    /// Prerequisites of ours.
    pub(super) prerequisites: Vec<Value>,
    /// Conditions under which the flag is off.
    pub(super) off_if: Vec<Value>,
}

/// Reads a feature's dependencies in one environment.
pub(super) fn read(
    import: &Import<'_>,
    dependencies: &[Dependency],
    environment: &str,
    place: &str,
    report: &mut Report,
) -> Dependencies {
    let mut read = Dependencies::default();
    let never = || exact_condition(&Condition::Const(true));
    for dependency in dependencies {
        let name = &dependency.feature;
        let parent = import.state.features.get(name).and_then(|parent| parent.environments.get(environment));
        let (Some(parent), Some(key), Some(shape)) =
            (parent, import.flags.given(name), import.shapes.get(name.as_str()))
        else {
            let what = format!("it depends on {name}");
            report.attention(place, what, "that flag is not in the files, so this one is off", "import it, too");
            read.off_if.push(never());
            continue;
        };
        if !parent.dependencies.is_empty() {
            let what = format!("it depends on {name}");
            let why = "a parent that has parents itself counts as missing, so this flag is off";
            report.attention(place, what, why, "remove one of the two dependencies");
            read.off_if.push(never());
            continue;
        }
        if dependency.enabled == Some(false) {
            let off = Condition::Flag { key: key.to_owned(), variants: vec!["off".to_owned()], on: false };
            report.kept(place, format!("{name} must be off"), "our own prerequisites ask for a flag that is on");
            read.off_if.push(exact_condition(&Condition::Not(Box::new(off))));
            continue;
        }
        let wanted = |record: &str| dependency.variants.is_empty() || dependency.variants.iter().any(|v| v == record);
        let variants: Vec<&str> = shape
            .variants
            .iter()
            .filter(|variant| variant.key != "off" && wanted(&variant.name))
            .map(|variant| variant.key.as_str())
            .collect();
        let known = read.prerequisites.iter().any(|other: &Value| other["flag"] == key);
        if variants.is_empty() {
            let what = format!("it depends on a variant of {name}");
            report.attention(place, what, "that flag has no such variant, so this one is off", "name another variant");
            read.off_if.push(never());
        } else if known {
            let variants = variants.into_iter().map(str::to_owned).collect();
            let met = Condition::Flag { key: key.to_owned(), variants, on: true };
            read.off_if.push(exact_condition(&Condition::Not(Box::new(met))));
        } else {
            read.prerequisites.push(json!({"flag": key, "variants": variants}));
        }
    }
    read
}
