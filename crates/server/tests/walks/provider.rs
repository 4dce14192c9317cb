//! An identity provider in the test's own process, which says whatever the test wants: also what no honest one would.

use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What it says of somebody, and how it lies.
#[derive(Clone, Debug)]
pub(crate) struct Says {
    pub(crate) claims: Value,
    /// Instead of `ES256`, unsigned when it is `none`.
    pub(crate) alg: &'static str,
    /// Signs with a key that it does not show.
    pub(crate) other_key: bool,
    /// The `code_challenge` that the code was given for.
    pub(crate) challenge: String,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    says: Arc<Mutex<Option<Says>>>,
    key: Arc<EcdsaKeyPair>,
    other: Arc<EcdsaKeyPair>,
}

fn key() -> EcdsaKeyPair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Provider {
    /// On a free port.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { issuer, says: Arc::default(), key: Arc::new(key()), other: Arc::new(key()) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    /// What it says to the next who comes with a code.
    pub(crate) fn say(&self, says: Says) {
        *self.says.lock().unwrap() = Some(says);
    }
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"), "end_session_endpoint": at("/logout"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        // It would like to be asked for these, too.
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let point = provider.key.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": x, "y": y }] }),
    )
}

async fn token(
    State(provider): State<Provider>,
    Form(form): Form<std::collections::HashMap<String, String>>,
) -> (http::StatusCode, Json<Value>) {
    use sha2::Digest;
    let refused = (http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let challenge = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(verifier));
    // A code is good once, and for who asked for it.
    let Some(says) = provider.says.lock().unwrap().take().filter(|says| says.challenge == challenge) else {
        return refused;
    };
    let signed = format!("{}.{}", part(&json!({ "alg": says.alg, "kid": "one" })), part(&says.claims));
    let key = if says.other_key { &provider.other } else { &provider.key };
    let signature = match says.alg {
        "none" => String::new(),
        _ => URL_SAFE_NO_PAD.encode(key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap()),
    };
    let tokens =
        json!({ "access_token": "unused", "token_type": "Bearer", "id_token": format!("{signed}.{signature}") });
    (http::StatusCode::OK, Json(tokens))
}
