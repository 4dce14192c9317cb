//! A webhook as a document of its tenant: what it is called, where it leads, and what it wants to hear.

use serde::{Deserialize, Serialize};
use url::Url;
use yardarm_store::Change;

/// Kind of the document; its key is the webhook's id.
pub(crate) const KIND: &str = "webhook";
/// Everything.
pub(crate) const ANY: &str = "*";

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Standard Webhooks: signed JSON with the documents before and after.
    Standard,
    /// A sentence, for Slack's incoming webhooks and what speaks like them.
    Slack,
}

impl Format {
    /// What the document shows of an address. Whoever has the address of a Slack channel may write to it, so it is kept
    /// sealed like the secret it is, and only the host is shown.
    pub(crate) fn shown(self, url: &str) -> String {
        match (self, Url::parse(url)) {
            (Self::Slack, Ok(url)) => format!("{}/…", url.origin().ascii_serialization()),
            (Self::Slack, Err(_)) => "…".to_owned(),
            (Self::Standard, _) => url.to_owned(),
        }
    }
}

/// The document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WebhookDocument {
    /// For people.
    pub(crate) name: String,
    /// Where it leads, as far as that may be shown.
    pub(crate) url: String,
    /// When the address was last set.
    pub(crate) url_set_at: i64,
    /// How messages are written.
    pub(crate) format: Format,
    /// `*`, `flag.*`, `configuration.update`. None of them: nothing.
    pub(crate) actions: Vec<String>,
    /// Project keys, or `*` for all of them and for what belongs to no project.
    pub(crate) projects: Vec<String>,
    /// Environment keys, or `*` for all of them and for what belongs to no environment.
    pub(crate) environments: Vec<String>,
    /// Whether it is sent anything.
    pub(crate) enabled: bool,
    /// Why the server has disabled it, if it has.
    pub(crate) disabled_reason: Option<String>,
    /// When it was made.
    pub(crate) created_at: i64,
}

impl WebhookDocument {
    /// A stored document. One that cannot be read sends nothing, and says so in the log.
    pub(crate) fn read(id: &str, body: &str) -> Option<Self> {
        serde_json::from_str(body).inspect_err(|error| tracing::error!(%error, webhook = id, "a damaged document")).ok()
    }

    /// Whether it wants to hear anything of a log: a project's, or (without one) the tenant's.
    pub(crate) fn hears_of(&self, project: Option<&str>) -> bool {
        self.projects.iter().any(|wanted| wanted == ANY || Some(wanted.as_str()) == project)
    }

    /// Whether it wants to hear of a change in such a log.
    pub(crate) fn hears(&self, project: Option<&str>, change: &Change) -> bool {
        let action = change.attribution.action.as_str();
        self.hears_of(project)
            && self.actions.iter().any(|wanted| covers(wanted, action))
            && self.environments.iter().any(|wanted| {
                wanted == ANY
                    || change
                        .documents
                        .iter()
                        .any(|d| environment(&d.kind, &d.key, d.body.as_deref()).as_deref() == Some(wanted))
            })
    }
}

/// `*`, `flag.*` or the action itself.
fn covers(wanted: &str, action: &str) -> bool {
    match wanted.strip_suffix(ANY) {
        Some(beginning) => action.starts_with(beginning),
        None => wanted == action,
    }
}

/// Whether this can be among the actions: `*`, `flag.*`, `flag.update`.
pub(crate) fn is_action(text: &str) -> bool {
    let word = |text: &str| {
        !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    text == ANY || text.split_once('.').is_some_and(|(kind, verb)| word(kind) && (verb == ANY || word(verb)))
}

/// The environment that a document belongs to.
fn environment(kind: &str, key: &str, body: Option<&str>) -> Option<String> {
    match kind {
        "environment" => Some(key.to_owned()),
        "configuration" => key.split_once('/').map(|(environment, _)| environment.to_owned()),
        "sdk_key" => {
            let body: serde_json::Value = serde_json::from_str(body?).ok()?;
            body.get("environment")?.as_str().map(str::to_owned)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use yardarm_store::{Attribution, DocumentWrite};

    use super::*;

    fn change(action: &str, documents: &[(&str, &str, &str)]) -> Change {
        let write = |(kind, key, body): &(&str, &str, &str)| DocumentWrite {
            kind: (*kind).into(),
            key: (*key).into(),
            body: Some((*body).into()),
        };
        let attribution = Attribution {
            actor: "user:usr_1".into(),
            actor_name: "Ana".into(),
            via: "session".into(),
            action: action.into(),
            reason: String::new(),
            trace_id: "0".repeat(32),
            at: 0,
        };
        let documents = documents.iter().map(write).collect();
        Change { rev: 1, attribution, prev_hash: String::new(), hash: String::new(), documents, redacted: Vec::new() }
    }

    #[test]
    fn what_is_heard() {
        let update = change("configuration.update", &[("configuration", "production/checkout", "{}")]);
        let rename = change("flag.update", &[("flag", "checkout", "{}")]);
        let key = change("sdk_key.create", &[("sdk_key", "key_1", r#"{"environment":"staging"}"#)]);
        let member = change("member.update", &[("member", "usr_1", "{}")]);
        let cases: [(&str, &str, &str, [bool; 4]); 10] = [
            ("*", "*", "*", [true, true, true, true]),
            ("", "*", "*", [false; 4]),
            ("*", "", "*", [false; 4]),
            ("*", "*", "", [false; 4]),
            ("*", "shop", "*", [true, true, true, false]),
            ("*", "other", "*", [false; 4]),
            ("flag.*", "*", "*", [false, true, false, false]),
            ("configuration.update member.update", "*", "*", [true, false, false, true]),
            ("*", "*", "production", [true, false, false, false]),
            ("*", "*", "staging", [false, false, true, false]),
        ];
        for (actions, projects, environments, expected) in cases {
            let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            let document = WebhookDocument {
                name: "CI".into(),
                url: "https://example.com/".into(),
                url_set_at: 0,
                format: Format::Standard,
                actions: list(actions),
                projects: list(projects),
                environments: list(environments),
                enabled: true,
                disabled_reason: None,
                created_at: 0,
            };
            let heard = [
                document.hears(Some("shop"), &update),
                document.hears(Some("shop"), &rename),
                document.hears(Some("shop"), &key),
                document.hears(None, &member),
            ];
            assert_eq!(heard, expected, "{actions:?} {projects:?} {environments:?}");
        }
    }

    #[test]
    fn actions() {
        for (text, fine) in [
            ("*", true),
            ("flag.*", true),
            ("sdk_key.create", true),
            ("flag", false),
            ("flag.", false),
            (".*", false),
            ("Flag.update", false),
            ("flag.up*", false),
            ("", false),
        ] {
            assert_eq!(is_action(text), fine, "{text}");
        }
    }

    #[test]
    fn the_address_of_a_channel_is_a_secret() {
        let url = "https://hooks.slack.com/services/T0/B0/abc";
        assert_eq!(Format::Slack.shown(url), "https://hooks.slack.com/…");
        assert_eq!(Format::Standard.shown(url), url);
    }
}
