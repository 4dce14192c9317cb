//! A security key, written from the standard (Web Authentication 6.3) with nothing of the server's in it. It does what it is
//! told, lies included.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use yardarm_testkit::{Client, Reply, TestApp};

use crate::account::after;

/// Which signatures it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Es256,
    EdDsa,
    Rs256,
}

enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// A key with one passkey on it.
pub(crate) struct SecurityKey {
    signer: Signer,
    pub(crate) credential_id: Vec<u8>,
    pub(crate) user_handle: Option<String>,
    pub(crate) count: u32,
}

/// What is about to be signed or sent, open to lies.
pub(crate) struct Draft {
    /// The browser's part.
    pub(crate) client: Value,
    pub(crate) rp_id: String,
    /// UP 1, UV 4, BE 8, BS 16, attested data 64, extensions 128.
    pub(crate) flags: u8,
    pub(crate) count: u32,
    /// COSE key of a new passkey.
    pub(crate) key: Vec<(i64, Cbor)>,
    /// After everything else in the authenticator's data.
    pub(crate) more: Vec<u8>,
    pub(crate) format: &'static str,
    pub(crate) statement: Vec<(Cbor, Cbor)>,
}

/// Bytes in a JSON text.
pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// CBOR.
pub(crate) fn cbor(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

/// The two numbers of a DER `RSAPublicKey`.
fn rsa_numbers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    fn item(der: &[u8]) -> (&[u8], &[u8]) {
        let (length, at) = match der[1] {
            short @ 0..=0x7f => (usize::from(short), 2),
            0x81 => (usize::from(der[2]), 3),
            _ => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
        };
        (&der[at..at + length], &der[at + length..])
    }
    let (sequence, _) = item(der);
    let (n, rest) = item(sequence);
    let (e, _) = item(rest);
    let bare = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
    (bare(n), bare(e))
}

impl SecurityKey {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let signer = match algorithm {
            Algorithm::Es256 => {
                Signer::Es256(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
            }
            Algorithm::EdDsa => Signer::EdDsa(Ed25519KeyPair::generate().unwrap()),
            Algorithm::Rs256 => Signer::Rs256(RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap()),
        };
        let mut credential_id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut credential_id).unwrap();
        Self { signer, credential_id, user_handle: None, count: 1 }
    }

    fn key(&self) -> Vec<(i64, Cbor)> {
        let bytes = |part: &[u8]| Cbor::Bytes(part.to_vec());
        match &self.signer {
            Signer::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (bytes(&point[1..33]), bytes(&point[33..]));
                vec![(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, x), (-3, y)]
            }
            Signer::EdDsa(pair) => {
                vec![(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, bytes(pair.public_key().as_ref()))]
            }
            Signer::Rs256(pair) => {
                let (n, e) = rsa_numbers(pair.public_key().as_ref());
                vec![(1, 3.into()), (3, (-257).into()), (-1, Cbor::Bytes(n)), (-2, Cbor::Bytes(e))]
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Es256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Signer::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Signer::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    fn draft(&self, app: &TestApp, kind: &str, options: &Value, flags: u8) -> Draft {
        let origin = &app.app.settings.base_url;
        let client = json!({ "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false });
        Draft {
            client,
            rp_id: "localhost".into(),
            flags,
            count: self.count,
            key: self.key(),
            more: Vec::new(),
            format: "none",
            statement: Vec::new(),
        }
    }

    fn data(&self, draft: &Draft) -> Vec<u8> {
        let mut data = Sha256::digest(&draft.rp_id).to_vec();
        data.push(draft.flags);
        data.extend(draft.count.to_be_bytes());
        if draft.flags & 64 != 0 {
            data.extend([7; 16]);
            data.extend(u16::try_from(self.credential_id.len()).unwrap().to_be_bytes());
            data.extend(&self.credential_id);
            let key = draft.key.iter().map(|(label, value)| ((*label).into(), value.clone())).collect();
            data.extend(cbor(&Cbor::Map(key)));
        }
        data.extend(&draft.more);
        data
    }

    /// `navigator.credentials.create`, and what `toJSON` makes of it.
    pub(crate) fn create(&mut self, app: &TestApp, options: &Value, lie: impl FnOnce(&mut Draft)) -> Value {
        let mut draft = self.draft(app, "webauthn.create", options, 1 | 4 | 8 | 64);
        lie(&mut draft);
        self.user_handle = Some(options["user"]["id"].as_str().unwrap().to_owned());
        let object = Cbor::Map(vec![
            ("fmt".into(), draft.format.into()),
            ("attStmt".into(), Cbor::Map(draft.statement.clone())),
            ("authData".into(), Cbor::Bytes(self.data(&draft))),
        ]);
        let id = text(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(draft.client.to_string().as_bytes()),
                "attestationObject": text(&cbor(&object)),
                "transports": ["internal"],
            },
        })
    }

    /// `navigator.credentials.get`, and what `toJSON` makes of it.
    pub(crate) fn get(&mut self, app: &TestApp, options: &Value, lie: impl FnOnce(&mut Draft)) -> Value {
        self.count += 1;
        let mut draft = self.draft(app, "webauthn.get", options, 1 | 4 | 8);
        lie(&mut draft);
        let (data, client) = (self.data(&draft), draft.client.to_string());
        let signature = self.sign(&[data.as_slice(), Sha256::digest(client.as_bytes()).as_slice()].concat());
        let id = text(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(client.as_bytes()),
                "authenticatorData": text(&data),
                "signature": text(&signature),
                "userHandle": self.user_handle,
            },
        })
    }
}

/// The browser's question for a new passkey.
pub(crate) async fn enrolment(browser: &Client) -> Reply {
    let asked = browser.send("POST", "/api/v1/account/passkeys/enrolment", None).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    asked
}

/// What adds a passkey.
pub(crate) async fn addition(app: &TestApp, browser: &Client, key: &mut SecurityKey) -> Value {
    let asked = enrolment(browser).await;
    let credential = key.create(app, &asked.body["options"], |_| {});
    json!({ "ticket": asked.text("ticket"), "name": "Laptop", "credential": credential })
}

/// Adds a passkey; gives the answer.
pub(crate) async fn add(app: &TestApp, browser: &Client, key: &mut SecurityKey) -> Reply {
    browser.post("/api/v1/account/passkeys", addition(app, browser, key).await).await
}

/// Signs in with a passkey alone.
pub(crate) async fn alone(app: &TestApp, key: &mut SecurityKey, lie: impl FnOnce(&mut Draft)) -> Reply {
    let visitor = app.anonymous();
    let asked = visitor.send("POST", "/api/v1/session/passkey/challenge", None).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let credential = key.get(app, &asked.body["options"], lie);
    visitor.post("/api/v1/session/passkey", json!({ "ticket": asked.text("ticket"), "credential": credential })).await
}

/// Shows a passkey in a browser that has shown the password.
pub(crate) async fn second(
    app: &TestApp,
    pending: &Client,
    key: &mut SecurityKey,
    lie: impl FnOnce(&mut Draft),
) -> Reply {
    let asked = pending.send("POST", "/api/v1/session/second-factor/passkey/challenge", None).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let credential = key.get(app, &asked.body["options"], lie);
    let body = json!({ "ticket": asked.text("ticket"), "credential": credential });
    pending.post("/api/v1/session/second-factor/passkey", body).await
}

/// Every route of passkeys, with success.
pub(crate) async fn walk(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    let mut key = SecurityKey::new(Algorithm::Es256);
    let added = add(app, &app.browser().await, &mut key).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let browser = after(app, &added);
    let path = format!("/api/v1/account/passkeys/{}", added.body["passkey"]["id"].as_str().unwrap());
    let renamed = browser.patch(&path, json!({ "name": "Work laptop" })).await;
    assert_eq!((renamed.status, renamed.text("name").as_str()), (200, "Work laptop"), "{}", renamed.body);
    let listed = browser.get("/api/v1/account/passkeys").await;
    assert_eq!((listed.status, listed.body["total"].as_u64()), (200, Some(1)), "{}", listed.body);
    assert_eq!(alone(app, &mut key, |_| {}).await.status, 200);
    let pending = after(app, &crate::account::password(app).await);
    assert_eq!(second(app, &pending, &mut key, |_| {}).await.status, 200);
    assert_eq!(browser.delete(&path).await.status, 204);
    vec![
        ("POST", "/api/v1/account/passkeys/enrolment"),
        ("POST", "/api/v1/account/passkeys"),
        ("GET", "/api/v1/account/passkeys"),
        ("PATCH", "/api/v1/account/passkeys/{passkey}"),
        ("DELETE", "/api/v1/account/passkeys/{passkey}"),
        ("POST", "/api/v1/session/passkey/challenge"),
        ("POST", "/api/v1/session/passkey"),
        ("POST", "/api/v1/session/second-factor/passkey/challenge"),
        ("POST", "/api/v1/session/second-factor/passkey"),
    ]
}
