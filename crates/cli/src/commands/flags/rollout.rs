//! `yardarm flags rollout`

use clap::Args;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::failure::{Exit, Failure};
use crate::output::{Output, text};

#[derive(Args, Debug)]
pub(super) struct Rollout {
    /// Flag key
    key: String,
    /// Environment key
    #[arg(long, short)]
    environment: String,
    /// Percentage, 0 to 100, at most three decimals
    #[arg(long)]
    percent: f64,
    /// Variant for those inside (default: that of the present rollout, or `on`)
    #[arg(long)]
    variant: Option<String>,
    /// Attribute that decides; contexts with the same value stay together (default: the present one, or user.key)
    #[arg(long, value_name = "ATTRIBUTE")]
    bucket_by: Option<String>,
    /// Change this rule instead of the default rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
}

impl Rollout {
    pub(super) async fn run(self, api: &Api, project: &str, out: Output) -> Result<(), Failure> {
        let address = ["projects", project, "flags", &self.key, "environments", &self.environment];
        let Answer { body: mut configuration, etag, .. } = api.get(&address, &[]).await?;
        self.change(&mut configuration)?;
        let patch = match self.rule {
            Some(_) => json!({"rules": configuration["rules"]}),
            None => json!({"default": with_removed_members(&configuration["default"])}),
        };
        // The patch was made from what was read: somebody else's change in between must not be lost.
        let answer = api.send(reqwest::Method::PATCH, &address, &[], Some(&patch), etag.as_deref()).await?.body;
        let off = if answer["on"] == true { "" } else { " (the flag is off: `yardarm flags on` starts it)" };
        out.result(&answer, format!("{}{off}", super::serves(&self.key, &self.environment, &answer)))
    }

    /// Sets the rollout in the default rule or in the named one. Ranges stay, so that nobody moves needlessly.
    fn change(&self, configuration: &mut Value) -> Result<(), Failure> {
        let serve = match &self.rule {
            None => &mut configuration["default"],
            Some(id) => {
                let rules = configuration["rules"].as_array_mut().map_or(&mut [][..], Vec::as_mut_slice);
                let known = rules.iter().map(|rule| text(&rule["id"])).collect::<Vec<_>>().join(", ");
                let rule = rules.iter_mut().find(|rule| rule["id"] == id.as_str()).ok_or_else(|| {
                    Failure::new(Exit::NotFound, format!("{} has no rule {id:?} there", self.key))
                        .hint(format!("its rules: {known}"))
                })?;
                &mut rule["serve"]
            }
        };
        let mut rollout = serve["rollout"].clone();
        if !rollout.is_object() {
            rollout = json!({"variant": "on"});
        }
        if let Some(variant) = &self.variant {
            rollout["variant"] = json!(variant);
        }
        if let Some(bucket_by) = &self.bucket_by {
            rollout["bucket_by"] = json!(bucket_by);
        }
        rollout["percent"] = json!(self.percent);
        *serve = json!({"rollout": rollout});
        Ok(())
    }
}

/// A merge patch leaves what it does not name: the other ways to serve must be named to go.
fn with_removed_members(serve: &Value) -> Value {
    let mut serve = serve.clone();
    serve["variant"] = Value::Null;
    serve["split"] = Value::Null;
    serve
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(rule: Option<&str>, variant: Option<&str>) -> Rollout {
        Rollout {
            key: "f".to_owned(),
            environment: "production".to_owned(),
            percent: 25.0,
            variant: variant.map(str::to_owned),
            bucket_by: None,
            rule: rule.map(str::to_owned),
        }
    }

    #[test]
    fn ranges_survive_a_change_of_percentage() {
        let mut configuration =
            json!({"default": {"rollout": {"variant": "new", "percent": 10.0, "ranges": [[0, 7]]}}, "rules": []});
        rollout(None, None).change(&mut configuration).unwrap();
        assert_eq!(
            configuration["default"],
            json!({"rollout": {"variant": "new", "percent": 25.0, "ranges": [[0, 7]]}})
        );
    }

    #[test]
    fn a_rule_is_changed_by_its_id() {
        let mut configuration =
            json!({"default": {"variant": "off"}, "rules": [{"id": "r1", "serve": {"variant": "on"}}]});
        rollout(Some("r1"), Some("blue")).change(&mut configuration).unwrap();
        assert_eq!(configuration["rules"][0]["serve"], json!({"rollout": {"variant": "blue", "percent": 25.0}}));
        assert_eq!(rollout(Some("r2"), None).change(&mut configuration).unwrap_err().exit, Exit::NotFound);
    }
}
