//! The management API as this program's commands see it: one server, one token, problems turned into failures.

use std::cell::RefCell;
use std::time::Duration;

use clap::Args;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::output::{Progress, drafted, items, text};
use crate::profile::{self, Profile};

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
const REQUEST_DEADLINE: Duration = Duration::from_mins(2);
/// For what is written as it arrives.
const DOWNLOAD_DEADLINE: Duration = Duration::from_hours(6);
/// Of items asked for at once: the server's maximum.
const PAGE: &str = "500";
/// Of bytes accepted in one answer (an export of a large project).
const MAX_ANSWER: usize = 512 * 1024 * 1024;

/// Which server, as whom, which project.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(crate) struct Connection {
    /// Address of the server
    #[arg(long, env = "YARDARM_URL", global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Access token, `yd_pat_…` (also: a file named by `YARDARM_TOKEN_FILE`)
    #[arg(long, env = "YARDARM_TOKEN", global = true, value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Project key; needless when the tenant has one project
    #[arg(long, short, env = "YARDARM_PROJECT", global = true, value_name = "KEY")]
    pub(crate) project: Option<String>,
    /// Profile in the file that `yardarm login` writes
    #[arg(long, env = "YARDARM_PROFILE", global = true, value_name = "NAME", default_value = "default")]
    pub(crate) profile: String,
    /// Why, in your words: kept with the change in the history
    #[arg(long, global = true, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Put the change into a change request instead: `new`, or the id of one, `chr_…`
    #[arg(long, global = true, value_name = "new|ID")]
    pub(crate) change_request: Option<String>,
    /// In an emergency: pass over missing approvals and policies; needs --reason, and the audit log says so
    #[arg(long, global = true, conflicts_with = "change_request")]
    pub(crate) bypass: bool,
}

impl Connection {
    /// Flags, then the environment, then the profile.
    pub(crate) fn open(&self) -> Result<Api, Failure> {
        let profile = match profile::path() {
            Some(path) => profile::read(&path)?.profiles.remove(&self.profile).unwrap_or_default(),
            None => Profile::default(),
        };
        let token = match &self.token {
            Some(token) if !token.is_empty() => Some(token.clone()),
            _ => secret_file("YARDARM_TOKEN_FILE")?.or(profile.token),
        };
        let Some(url) = self.url.clone().filter(|url| !url.is_empty()).or(profile.url) else {
            return Err(Failure::usage("no server is named")
                .hint("run `yardarm login URL --token TOKEN`, or set YARDARM_URL and YARDARM_TOKEN"));
        };
        let Some(token) = token else {
            return Err(Failure::new(Exit::NotAllowed, format!("no access token for {url}"))
                .hint("run `yardarm login URL --token TOKEN`, or set YARDARM_TOKEN"));
        };
        let project = self.project.clone().filter(|project| !project.is_empty()).or(profile.project);
        let mut api = Api::new(&url, Some(token), project, self.reason.clone())?;
        api.change_request = RefCell::new(self.change_request.clone());
        api.bypass = self.bypass;
        Ok(api)
    }
}

/// A secret from the file that a variable names, without the line end.
pub(crate) fn secret_file(variable: &str) -> Result<Option<String>, Failure> {
    let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) else { return Ok(None) };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("{variable}: {}: {error}", path.display())))?;
    Ok(Some(text.trim_end().to_owned()))
}

/// A server.
pub(crate) struct Api {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
    project: Option<String>,
    reason: Option<String>,
    /// Where changes go instead of into the project. A new request is named by the first answer, and what follows goes there.
    change_request: RefCell<Option<String>>,
    bypass: bool,
}

/// An answer: its body, and the `ETag` to send back with a change.
pub(crate) struct Answer {
    pub(crate) body: Value,
    pub(crate) etag: Option<String>,
    /// `epoch:rev` of the project after a change.
    pub(crate) revision: Option<String>,
}

impl Api {
    pub(crate) fn new(
        url: &str,
        token: Option<String>,
        project: Option<String>,
        reason: Option<String>,
    ) -> Result<Self, Failure> {
        let base = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| Failure::usage(format!("{url:?} is not an address such as http://127.0.0.1:3524")))?;
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT_DEADLINE)
            .timeout(REQUEST_DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("yardarm-cli/", env!("CARGO_PKG_VERSION")));
        if matches!(base.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| Failure::failed(format!("no HTTP client: {error}")))?;
        Ok(Self { http, base, token, project, reason, change_request: RefCell::default(), bypass: false })
    }

    /// The server's address.
    pub(crate) fn url(&self) -> &str {
        self.base.as_str()
    }

    /// The project to work on: named, or the only one.
    pub(crate) async fn project(&self) -> Result<String, Failure> {
        if let Some(project) = &self.project {
            return Ok(project.clone());
        }
        let projects = self.list(&["projects"], &[]).await?;
        let keys: Vec<String> = items(&projects).iter().map(|project| text(&project["key"])).collect();
        match keys.as_slice() {
            [only] => Ok(only.clone()),
            [] => {
                Err(Failure::new(Exit::NotFound, "there is no project yet").hint("run `yardarm projects create KEY`"))
            }
            _ => Err(Failure::usage("which project?").hint(format!("add --project with one of: {}", keys.join(", ")))),
        }
    }

    /// `/api/v1/` + segments (percent-encoded).
    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url, Failure> {
        let mut url = self.base.clone();
        {
            let mut segments =
                url.path_segments_mut().map_err(|()| Failure::usage(format!("{} has no paths", self.base)))?;
            segments.pop_if_empty().extend(["api", "v1"]);
            for segment in path {
                // `Url` drops these two, so another object would be meant.
                if matches!(*segment, "" | "." | "..") {
                    return Err(Failure::new(Exit::NotFound, format!("{segment:?} is not a key")));
                }
                segments.push(segment);
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    pub(crate) async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.send(Method::GET, path, query, None, None).await
    }

    pub(crate) async fn post(&self, path: &[&str], body: &Value) -> Result<Answer, Failure> {
        self.send(Method::POST, path, &[], Some(body), None).await
    }

    pub(crate) async fn patch(&self, path: &[&str], body: &Value) -> Result<Answer, Failure> {
        self.send(Method::PATCH, path, &[], Some(body), None).await
    }

    pub(crate) async fn delete(&self, path: &[&str]) -> Result<Answer, Failure> {
        self.send(Method::DELETE, path, &[], None, None).await
    }

    /// All pages of a list, as one list answer.
    pub(crate) async fn list(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.list_up_to(path, query, usize::MAX).await
    }

    /// The first items of a list, as one list answer; `next` stays when there are more.
    pub(crate) async fn list_up_to(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        most: usize,
    ) -> Result<Value, Failure> {
        let progress = Progress::new("Reading", false);
        let mut all: Vec<Value> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page_size = if most < 500 { (most - all.len()).to_string() } else { PAGE.to_owned() };
            let mut query = query.to_vec();
            query.push(("limit", &page_size));
            if let Some(cursor) = &cursor {
                query.push(("cursor", cursor));
            }
            let mut page = self.get(path, &query).await?.body;
            let total = page["total"].as_u64();
            let next = page["next"].as_str().map(str::to_owned);
            if let Some(items) = page["items"].as_array_mut() {
                all.append(items);
            }
            progress.at(all.len() as u64, total);
            let more = next.is_some() && next != cursor && all.len() < most;
            if !more {
                let total = total.map_or_else(|| json!(all.len()), |total| json!(total));
                return Ok(json!({"items": all, "next": next, "total": total}));
            }
            cursor = next;
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
        if_match: Option<&str>,
    ) -> Result<Answer, Failure> {
        let url = self.address(path, query)?;
        let what = format!("{method} {}", url.path());
        let mut request = self.http.request(method.clone(), url).header("accept", "application/json");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(reason) = self.reason.as_ref().filter(|_| method != Method::GET) {
            request = request.header("x-yardarm-reason", percent_encoded(reason));
        }
        if let Some(etag) = if_match {
            request = request.header("if-match", etag);
        }
        if method != Method::GET {
            if let Some(name) = self.change_request.borrow().as_ref() {
                request = request.header("x-yardarm-change-request", percent_encoded(name));
            }
            if self.bypass {
                request = request.header("x-yardarm-bypass", "true");
            }
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (etag, revision) = (header("etag"), header("x-yardarm-revision"));
        let bytes = self.read(response).await?;
        if !status.is_success() {
            return Err(Failure::from_response(status.as_u16(), &bytes, &what));
        }
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|error| {
                Failure::failed(format!("{what} did not answer JSON: {error}"))
                    .hint(format!("is {} a Yardarm server?", self.base))
            })?
        };
        if let Some(id) = drafted(&body) {
            *self.change_request.borrow_mut() = Some(id.to_owned());
        }
        Ok(Answer { body, etag, revision })
    }

    /// A long answer, written as it arrives.
    pub(crate) async fn download(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        target: &mut dyn std::io::Write,
    ) -> Result<(), Failure> {
        let url = self.address(path, query)?;
        let what = format!("GET {}", url.path());
        let mut request = self.http.get(url).timeout(DOWNLOAD_DEADLINE);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let mut response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(Failure::from_response(status.as_u16(), &self.read(response).await?, &what));
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            target.write_all(&chunk)?;
        }
        target.flush()?;
        Ok(())
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(Failure::failed("the answer is larger than 512 MiB"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { cause.to_string() };
        Failure::new(Exit::Unreachable, format!("cannot reach {}: {why}", self.base))
            .hint("is the server running there? `yardarm serve` and `yardarm demo` print their address")
    }
}

/// UTF-8 percent-encoded for a header.
fn percent_encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_graphic() && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_encoded_into_paths() {
        let api = Api::new("http://example.com/below/", None, None, None).unwrap();
        let url = |path: &[&str]| api.address(path, &[("search", "a b&c")]).map(String::from);
        assert_eq!(
            url(&["projects", "a/b?c"]).unwrap(),
            "http://example.com/below/api/v1/projects/a%2Fb%3Fc?search=a+b%26c"
        );
        assert!(url(&["projects", ".."]).is_err());
    }

    #[test]
    fn reasons_survive_a_header() {
        assert_eq!(percent_encoded("100 % für DE\n"), "100%20%25%20f%C3%BCr%20DE%0A");
    }
}
