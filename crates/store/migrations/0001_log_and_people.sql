-- One text for SQLite and Postgres; the rules are in ../README.md. Append-only: never edit a file that was released.

CREATE TABLE tenant (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The row that a commit locks. Foreign keys are checked at the end of a commit, so its rows may come in any order.
CREATE TABLE scope (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('tenant', 'project')),
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    key TEXT NOT NULL,
    epoch TEXT NOT NULL,
    rev BIGINT NOT NULL CHECK (rev >= 0),
    -- Changes up to this one were removed behind a prune mark.
    pruned BIGINT NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, kind, key),
    UNIQUE (tenant_id, id)
);

-- Every row of a tenant says whose it is. Keys begin with the tenant, so that neither a unique key nor a foreign key tells
-- one tenant what another one has.
--
-- What may hold personal data has a salted hash, which the chain is made of. A redaction takes the text and its salt away.
CREATE TABLE change (
    tenant_id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT,
    actor_name_salt TEXT,
    actor_name_hash TEXT NOT NULL,
    via TEXT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT,
    reason_salt TEXT,
    reason_hash TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, scope_id, rev),
    FOREIGN KEY (tenant_id, scope_id) REFERENCES scope (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX change_actor ON change (tenant_id, scope_id, actor, rev);
CREATE INDEX change_trace ON change (tenant_id, scope_id, trace_id, rev);
CREATE INDEX change_at ON change (tenant_id, scope_id, at, rev);

-- `leaf` is the key's last path segment: the flag of a configuration `production/checkout`. A document that was removed
-- has neither text nor hash; one that was redacted has a hash. No foreign key to `change`: behind a prune mark the
-- documents that lived then stay, without the changes that wrote them.
CREATE TABLE change_document (
    tenant_id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    leaf TEXT NOT NULL,
    body TEXT,
    body_salt TEXT,
    body_hash TEXT,
    PRIMARY KEY (tenant_id, scope_id, rev, kind, key),
    FOREIGN KEY (tenant_id, scope_id) REFERENCES scope (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX change_document_key ON change_document (tenant_id, scope_id, kind, key, rev);
CREATE INDEX change_document_leaf ON change_document (tenant_id, scope_id, kind, leaf, rev);

CREATE TABLE document (
    tenant_id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant_id, scope_id, kind, key),
    FOREIGN KEY (tenant_id, scope_id) REFERENCES scope (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);

-- Service accounts have neither an address nor a password.
CREATE TABLE app_user (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('person', 'service_account')),
    email TEXT UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    operator BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

-- Who is where. What they may do there is in the tenant's documents.
CREATE TABLE membership (
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    user_id TEXT NOT NULL REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX membership_of_user ON membership (user_id);

CREATE TABLE session (
    hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    id TEXT NOT NULL UNIQUE,
    method TEXT NOT NULL CHECK (method IN ('password', 'link', 'passkey', 'sso')),
    second_factor BOOLEAN NOT NULL,
    connection_id TEXT,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_of_user ON session (user_id, tenant_id);

-- For looking up by hash; what a token is for and allows is a document of the same id.
CREATE TABLE access_token (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    user_id TEXT NOT NULL REFERENCES app_user (id) DEFERRABLE INITIALLY DEFERRED,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX access_token_tenant ON access_token (tenant_id);

CREATE TABLE one_time_link (
    hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('setup', 'sign_in', 'invitation')),
    user_id TEXT,
    tenant_id TEXT,
    invitation_id TEXT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_link_invitation ON one_time_link (invitation_id);

CREATE TABLE count_hour (
    tenant_id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    environment TEXT NOT NULL,
    flag TEXT NOT NULL,
    variant TEXT NOT NULL,
    reason TEXT NOT NULL,
    sdk TEXT NOT NULL,
    hour BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, scope_id, environment, flag, hour, variant, reason, sdk)
);

-- Batches that were added, so that a repeated one adds nothing. Old rows are removed a few at a time.
CREATE TABLE count_batch (
    batch TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX count_batch_at ON count_batch (at);
