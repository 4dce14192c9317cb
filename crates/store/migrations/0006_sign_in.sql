-- Second factors, passkeys and identities. Secrets are sealed before they come here, codes are hashes.

-- One-time codes of an authenticator app (RFC 6238). A code counts once: only a later step than the last is taken.
CREATE TABLE totp (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE recovery_code (
    user_id TEXT NOT NULL REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    hash TEXT NOT NULL,
    PRIMARY KEY (user_id, hash)
);

-- Tries at a second factor in the current window, of all nodes together.
CREATE TABLE second_factor_try (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    since BIGINT NOT NULL,
    tries BIGINT NOT NULL
);

CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkey_of_user ON passkey (user_id);

-- Steps of a sign-in that were taken, so that none is taken twice. Old rows go when new ones come.
CREATE TABLE used_ticket (
    hash TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX used_ticket_end ON used_ticket (expires_at);

-- Client secrets of SSO connections. What else there is to know of a connection is a document.
CREATE TABLE sso_secret (
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    connection_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id)
);

-- Whom a tenant's identity provider means by a subject. Good in that tenant only.
CREATE TABLE identity (
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    connection_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, subject)
);
CREATE INDEX identity_of_user ON identity (user_id);
