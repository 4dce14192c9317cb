-- Beside the documents of webhooks: what is secret, how far the logs were read, and what was sent.

-- `secret`, `previous_secret` and `url` are sealed. `position` numbers the webhook's deliveries, under the row's lock.
CREATE TABLE webhook (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT,
    url TEXT,
    position BIGINT NOT NULL,
    delivered_at BIGINT
);
CREATE INDEX webhook_tenant ON webhook (tenant_id);

-- Every change up to `rev` of a log was looked at.
CREATE TABLE webhook_cursor (
    tenant_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, scope_id)
);

-- `rev` 0 is a ping. A waiting delivery is due at `due_at`; while somebody sends it, that is when it is due again.
CREATE TABLE webhook_delivery (
    tenant_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    id TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    event TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    attempted_at BIGINT,
    status BIGINT,
    took_ms BIGINT,
    error TEXT,
    PRIMARY KEY (webhook_id, position),
    UNIQUE (webhook_id, id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, state, due_at);
CREATE INDEX webhook_delivery_age ON webhook_delivery (tenant_id, created_at);
