-- Where logs stood, signed. `shipped`: it is also somewhere else.
CREATE TABLE audit_head (
    tenant_id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    epoch TEXT NOT NULL,
    hash TEXT NOT NULL,
    at BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    shipped BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, scope_id, rev, epoch),
    FOREIGN KEY (tenant_id, scope_id) REFERENCES scope (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX audit_head_unshipped ON audit_head (shipped, at);

-- Keys that heads are signed with. The secret half is sealed.
CREATE TABLE signing_key (
    id TEXT NOT NULL PRIMARY KEY,
    public TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The security log: attempts that were refused. Those of one minute that are alike are one row.
CREATE TABLE refused (
    id TEXT NOT NULL PRIMARY KEY,
    minute BIGINT NOT NULL,
    tenant_id TEXT NOT NULL,
    source TEXT NOT NULL,
    actor TEXT NOT NULL,
    code TEXT NOT NULL,
    status BIGINT NOT NULL,
    route TEXT NOT NULL,
    count BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    trace_id TEXT NOT NULL
);
CREATE INDEX refused_tenant ON refused (tenant_id, minute);
CREATE INDEX refused_minute ON refused (minute);
