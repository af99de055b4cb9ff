//! Accounts, sessions, grants, and the few settings that the running system keeps.
super::migration! {"
CREATE TABLE accounts (
    id {uuid} PRIMARY KEY,
    name text NOT NULL UNIQUE,
    display_name text NOT NULL,
    phone text,
    phone_index text,
    password_hash text,
    status text NOT NULL CHECK (status IN ('active', 'disabled')),
    version integer NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX accounts_phone ON accounts (phone_index);

CREATE TABLE sessions (
    id {uuid} PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    generation integer NOT NULL,
    rotated_at {time} NOT NULL,
    created_at {time} NOT NULL,
    expires_at {time} NOT NULL,
    revoked_at {time}
);
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE grants (
    id {uuid} PRIMARY KEY,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    role text NOT NULL,
    region_code bigint,
    grid_id {uuid},
    organization_id {uuid},
    place_code bigint NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    granted_by {uuid},
    created_at {time} NOT NULL,
    CHECK ((region_code IS NOT NULL AND grid_id IS NULL AND organization_id IS NULL)
        OR (region_code IS NULL AND grid_id IS NOT NULL AND organization_id IS NULL)
        OR (region_code IS NULL AND grid_id IS NULL AND organization_id IS NOT NULL)),
    CHECK (region_code IS NULL OR place_code = region_code),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX grants_account ON grants (account_id);
CREATE INDEX grants_place ON grants (place_code, account_id);
CREATE INDEX grants_township ON grants ((place_code / 1000), account_id);
CREATE INDEX grants_county ON grants ((place_code / 1000000), account_id);
CREATE INDEX grants_city ON grants ((place_code / 100000000), account_id);
CREATE INDEX grants_province ON grants ((place_code / 10000000000), account_id);
CREATE INDEX grants_grid ON grants (grid_id, account_id) WHERE grid_id IS NOT NULL;
CREATE INDEX grants_organization ON grants (organization_id, account_id) WHERE organization_id IS NOT NULL;
CREATE INDEX grants_office ON grants (role, account_id) WHERE role NOT IN ('resident', 'party_member', 'volunteer');

CREATE TABLE settings (
    name text PRIMARY KEY,
    value text NOT NULL,
    updated_at {time} NOT NULL
);
"}
