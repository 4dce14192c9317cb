//! The demo's history as a list of changes, from `shop.yaml` (how everything was set up) and `story.yaml` (what people
//! did since).

use serde::Deserialize;
use serde_json::{Value, json};
use yardarm_model::authority::BuiltIn;
use yardarm_model::command::Command;

const SHOP: &str = include_str!("shop.yaml");
const STORY: &str = include_str!("story.yaml");

const DAY: f64 = 24.0 * 60.0 * 60.0 * 1_000.0;
/// When the project was made.
const PROJECT_DAY: f64 = 96.0;
/// When the first flag was made; then one a day.
const FIRST_FLAG_DAY: f64 = 92.0;
/// Where a flag is configured as soon as it is made.
const AT_ONCE: &[&str] = &["development", "staging"];
/// Where it is configured later, in days.
const LATER: (&str, f64) = ("production", 3.05);

/// Somebody of the shop.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) role: BuiltIn,
}

#[derive(Deserialize)]
struct Story {
    people: Vec<Person>,
    steps: Vec<StoryStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoryStep {
    days_ago: f64,
    who: String,
    why: String,
    change: Change,
}

/// What one step does. One member each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    configure: Option<Configure>,
    flag: Option<PatchFlag>,
    archive: Option<Archive>,
    segment: Option<PatchSegment>,
    lists: Option<EditLists>,
    loyalty_cards: Option<Cards>,
}

#[derive(Deserialize)]
struct Configure {
    flag: String,
    environment: String,
    patch: Value,
}

#[derive(Deserialize)]
struct PatchFlag {
    flag: String,
    patch: Value,
}

#[derive(Deserialize)]
struct Archive {
    flag: String,
}

#[derive(Deserialize)]
struct PatchSegment {
    segment: String,
    patch: Value,
}

#[derive(Deserialize)]
struct EditLists {
    segment: String,
    edit: Value,
}

#[derive(Deserialize)]
struct Cards {
    segment: String,
}

/// One change of the history.
pub(super) struct Planned {
    /// Before the demo is made.
    pub(super) days_ago: f64,
    /// Name of a person.
    pub(super) who: String,
    pub(super) why: String,
    /// As the server names it.
    pub(super) action: &'static str,
    /// Committed together.
    pub(super) commands: Vec<Command>,
}

/// The people and the changes, oldest first.
pub(super) struct Plan {
    pub(super) people: Vec<Person>,
    pub(super) changes: Vec<Planned>,
}

/// The shop as an export: the form of `yardarm export`.
pub(super) fn shop() -> Value {
    serde_norway::from_str(SHOP).expect("a test reads the compiled-in shop")
}

/// Everything that happened.
pub(super) fn plan() -> Plan {
    let shop = shop();
    let story: Story = serde_norway::from_str(STORY).expect("a test reads the compiled-in story");
    let mut changes = set_up(&shop);
    changes.extend(story.steps.into_iter().map(Planned::from));
    changes.sort_by(|a, b| b.days_ago.total_cmp(&a.days_ago));
    Plan { people: story.people, changes }
}

fn set_up(shop: &Value) -> Vec<Planned> {
    let list = |name: &str| shop[name].as_array().cloned().unwrap_or_default();
    let mut project = vec![Command::UpdateProject { body: shop["project"].clone() }];
    project.extend(list("environments").into_iter().map(|body| Command::CreateEnvironment { body }));
    let mut changes = vec![Planned {
        days_ago: PROJECT_DAY,
        who: "Ana Ortiz".to_owned(),
        why: "The shop moves its flags here".to_owned(),
        action: "project.create",
        commands: project,
    }];
    for (segment, hours) in list("segments").into_iter().zip(1_u8..) {
        changes.push(Planned {
            days_ago: PROJECT_DAY - f64::from(hours) / 10.0,
            who: "Ana Ortiz".to_owned(),
            why: String::new(),
            action: "segment.create",
            commands: vec![Command::CreateSegment { body: segment }],
        });
    }
    for (mut flag, day) in list("flags").into_iter().zip(0_u32..) {
        let key = flag["key"].as_str().unwrap_or_default().to_owned();
        let who = flag["owner"].as_str().unwrap_or_default().to_owned();
        let environments = flag["environments"].take();
        if let Some(members) = flag.as_object_mut() {
            // Archiving is a change of its own, in the story.
            members.remove("environments");
            members.remove("archived");
        }
        // Not all at the same time of day.
        let created = FIRST_FLAG_DAY - f64::from(day) - f64::from(day * 37 % 10) / 25.0;
        let configure = |environment: &str| {
            let body = environments[environment].clone();
            let flag = key.clone();
            (!body.is_null()).then(|| Command::PutConfiguration { flag, environment: environment.to_owned(), body })
        };
        let mut commands = vec![Command::CreateFlag { body: flag }];
        commands.extend(AT_ONCE.iter().copied().filter_map(configure));
        changes.push(Planned {
            days_ago: created,
            who: who.clone(),
            why: String::new(),
            action: "flag.create",
            commands,
        });
        let (environment, after) = LATER;
        changes.extend(configure(environment).map(|command| Planned {
            days_ago: created - after,
            who,
            why: String::new(),
            action: "configuration.replace",
            commands: vec![command],
        }));
    }
    changes
}

impl From<StoryStep> for Planned {
    fn from(step: StoryStep) -> Self {
        let Change { configure, flag, archive, segment, lists, loyalty_cards } = step.change;
        let mut commands = Vec::new();
        let mut action = "";
        if let Some(Configure { flag, environment, patch }) = configure {
            commands.push(Command::UpdateConfiguration { flag, environment, patch });
            action = "configuration.update";
        }
        if let Some(PatchFlag { flag, patch }) = flag {
            commands.push(Command::UpdateFlag { key: flag, patch });
            action = "flag.update";
        }
        if let Some(Archive { flag }) = archive {
            commands.push(Command::ArchiveFlag { key: flag });
            action = "flag.archive";
        }
        if let Some(PatchSegment { segment, patch }) = segment {
            commands.push(Command::UpdateSegment { key: segment, patch });
            action = "segment.update";
        }
        if let Some(EditLists { segment, edit }) = lists {
            commands.push(Command::EditSegmentLists { key: segment, body: edit });
            action = "segment.edit_lists";
        }
        if let Some(Cards { segment }) = loyalty_cards {
            let body = json!({"included": {"add": loyalty_cards_of_the_crm()}});
            commands.push(Command::EditSegmentLists { key: segment, body });
            action = "segment.edit_lists";
        }
        Self { days_ago: step.days_ago, who: step.who, why: step.why, action, commands }
    }
}

impl Planned {
    /// Milliseconds since 1970, for a demo made at `now`.
    #[expect(clippy::cast_possible_truncation, reason = "some hundred days in milliseconds")]
    pub(super) fn at(&self, now: i64) -> i64 {
        now - (self.days_ago * DAY) as i64
    }
}

/// A large id list: about three customers in ten out of 40,000, spread evenly.
fn loyalty_cards_of_the_crm() -> Vec<String> {
    let spread = |number: u32| number.wrapping_mul(2_654_435_761);
    (1..=40_000_u32).filter(|n| spread(*n) < u32::MAX / 10 * 3).map(|n| format!("user-{n}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_shop_shows_everything_there_is() {
        let shop = shop();
        let text = shop.to_string();
        let flags = shop["flags"].as_array().unwrap();
        assert!(flags.len() >= 40, "{}", flags.len());
        assert_eq!(shop["segments"].as_array().unwrap().len(), 5);
        assert_eq!(shop["environments"].as_array().unwrap().len(), 3);
        for operator in yardarm_model::OPERATORS {
            assert!(text.contains(&format!("\"operator\":\"{operator}\"")), "{operator}");
        }
        for value_type in ["boolean", "string", "number", "json"] {
            assert!(flags.iter().any(|flag| flag["type"] == value_type), "{value_type}");
        }
        for member in [
            "\"all\":",
            "\"any\":",
            "\"not\":",
            "\"negate\":true",
            "\"ignore_case\":true",
            "\"rollout\":",
            "\"split\":",
            "\"targets\":",
            "\"prerequisites\":",
            "\"context_kind\":\"account\"",
            "\"bucket_by\":\"account.key\"",
            "\"otherwise\":",
            "\"archived\":true",
            "\"segment\":",
            "\"excluded\":",
        ] {
            assert!(text.contains(member), "{member}");
        }
    }

    #[test]
    fn everybody_in_the_story_has_a_name_and_every_step_does_one_thing() {
        let plan = plan();
        let names: BTreeSet<_> = plan.people.iter().map(|person| person.name.as_str()).collect();
        assert!(plan.changes.len() > 120, "{}", plan.changes.len());
        for change in &plan.changes {
            assert!(names.contains(change.who.as_str()), "{}", change.who);
            assert!(!change.action.is_empty() && !change.commands.is_empty(), "{}", change.why);
            assert!(change.days_ago > 0.0);
        }
        assert!((10_000..14_000).contains(&loyalty_cards_of_the_crm().len()));
    }
}
