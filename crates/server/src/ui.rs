//! The console, embedded in the binary, and `/docs`.
//!
//! `ui/out` is what `next build` exports: flat pages (`flags.html` for `/flags`) and hashed files below `/_next/static`.
//! Inline scripts are allowed by their hashes, computed at start, so nothing injected into a page ever runs.

use std::collections::HashMap;
use std::fmt::Write;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::conditional::already_has;
use crate::keys;
use crate::problem::no_such_route;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../ui/out"]
#[allow_missing = true]
struct Exported;

/// The files of the console by path, ready to be sent.
pub struct Console {
    files: HashMap<String, File>,
}

struct File {
    body: Bytes,
    content_type: HeaderValue,
    etag: HeaderValue,
    policy: Option<HeaderValue>,
    immutable: bool,
}

impl File {
    fn new(path: &str, body: Bytes, content_type: &str) -> Self {
        let hash = keys::hex(&Sha256::digest(&body)[..16]);
        let html = content_type.starts_with("text/html");
        let text =
            content_type.starts_with("text/") || content_type.ends_with("javascript") || content_type.ends_with("json");
        let content_type = if text { format!("{content_type}; charset=utf-8") } else { content_type.to_owned() };
        let header = |text: &str| HeaderValue::from_str(text).expect("hashes, types and policies are visible ASCII");
        Self {
            policy: html.then(|| header(&policy(&String::from_utf8_lossy(&body)))),
            etag: header(&format!("\"{hash}\"")),
            content_type: header(&content_type),
            immutable: path.starts_with("_next/static/"),
            body,
        }
    }
}

impl Console {
    /// Reads what was embedded; in a debug build, what `ui/out` holds now.
    pub fn load() -> Self {
        let mut files = HashMap::new();
        for path in Exported::iter() {
            let Some(file) = Exported::get(&path) else { continue };
            let body = match file.data {
                std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
            };
            let content_type = file.metadata.mimetype().to_owned();
            files.insert(path.to_string(), File::new(&path, body, &content_type));
        }
        for (path, text, content_type) in [
            ("docs.html", include_str!("../assets/docs.html"), "text/html"),
            ("docs/docs.css", include_str!("../assets/docs.css"), "text/css"),
            ("docs/docs.js", include_str!("../assets/docs.js"), "text/javascript"),
        ] {
            files.insert(path.to_owned(), File::new(path, Bytes::from_static(text.as_bytes()), content_type));
        }
        if !files.contains_key("index.html") {
            let text = include_str!("../assets/unbuilt.html");
            files.insert("index.html".to_owned(), File::new("", Bytes::from_static(text.as_bytes()), "text/html"));
        }
        Self { files }
    }

    /// A page without its `.html`, or a file.
    fn find(&self, path: &str) -> Option<&File> {
        let path = if path.is_empty() { "index" } else { path };
        self.files.get(&format!("{path}.html")).or_else(|| self.files.get(path))
    }
}

/// Routes of the console and of `/docs`: everything that nothing else answers.
pub fn router() -> Router<App> {
    Router::new().route("/", get(serve)).fallback(serve)
}

async fn serve(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    let named = path.trim_start_matches('/');
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let of_a_program = ["api/", "ofrep/", "scim/", "sdk/"].iter().any(|prefix| named.starts_with(prefix));
    if !reads || of_a_program {
        return no_such_route().await.into_response();
    }
    if let Some(page) = named.strip_suffix('/')
        && app.console.find(page).is_some()
        && let Ok(target) = HeaderValue::from_str(&format!("/{page}"))
    {
        let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
        response.headers_mut().insert(LOCATION, target);
        return response;
    }
    if let Some(file) = app.console.find(named) {
        return answer(file, StatusCode::OK, request.headers(), app.settings.secure());
    }
    let wants_page =
        request.headers().get(ACCEPT).is_some_and(|value| value.to_str().is_ok_and(|v| v.contains("text/html")));
    match app.console.find("404").filter(|_| wants_page) {
        Some(page) => answer(page, StatusCode::NOT_FOUND, &HeaderMap::new(), app.settings.secure()),
        None => no_such_route().await.into_response(),
    }
}

fn answer(file: &File, status: StatusCode, headers: &HeaderMap, secure: bool) -> Response {
    let known = file.etag.to_str().is_ok_and(|etag| already_has(headers, etag));
    let mut response = Response::new(if known { Body::empty() } else { Body::from(file.body.clone()) });
    *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { status };
    let cache = if file.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let out = response.headers_mut();
    out.insert(ETAG, file.etag.clone());
    out.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !known {
        out.insert(CONTENT_TYPE, file.content_type.clone());
    }
    if let Some(policy) = &file.policy {
        out.insert(CONTENT_SECURITY_POLICY, policy.clone());
        out.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if secure {
            out.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
    }
    response
}

/// Nothing from elsewhere, nothing inline but the scripts that the page was built with. WebAssembly is the evaluator of
/// the live preview; inline styles are how the component library positions things.
fn policy(html: &str) -> String {
    let mut scripts = String::new();
    for script in inline_scripts(html) {
        let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
        write!(scripts, " 'sha256-{hash}'").expect("writing into a string does not fail");
    }
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    )
}

/// The text of each `<script>` without `src`, exactly as it stands.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let inline = !attributes.split_ascii_whitespace().any(|attribute| attribute.starts_with("src="));
        let text = rest.split_once("</script>")?.0;
        (inline && !text.is_empty()).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_found_exactly() {
        let html = "<script src=\"/a.js\" async></script><script>self.x=[]</script><p>\
                    <script id=\"b\">\n if (1 < 2) {}\n</script><script src=\"/c.js\">no</script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["self.x=[]", "\n if (1 < 2) {}\n"]);
    }

    #[test]
    fn the_policy_names_the_hash_a_browser_computes() {
        // echo -n "alert(1)" | openssl dgst -sha256 -binary | base64
        let expected = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        let policy = policy("<script>alert(1)</script>");
        assert!(policy.contains(expected), "{policy}");
        assert!(policy.contains("default-src 'self';") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.split("style-src").next().unwrap().contains("unsafe-inline"));
    }

    #[test]
    fn there_is_always_a_first_page_and_a_reference() {
        let console = Console::load();
        assert!(console.find("").is_some() && console.find("docs").is_some() && console.find("docs/docs.js").is_some());
        assert!(console.find("docs/../../secret").is_none());
    }
}
