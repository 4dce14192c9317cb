-- An account is somebody's own, with an address that is theirs in all tenants (`email`), or it was made by the directory or
-- the identity provider of a tenant and is that tenant's alone. Such a one has its address in the tenant only: it takes it
-- from nobody else.
ALTER TABLE app_user ADD COLUMN tenant_id TEXT REFERENCES tenant (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE app_user ADD COLUMN tenant_email TEXT;
CREATE UNIQUE INDEX app_user_of_tenant ON app_user (tenant_id, tenant_email);
