//! Organizations and who belongs to them.
super::migration! {"
CREATE TABLE organizations (
    id {uuid} PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    parent_id {uuid} REFERENCES organizations (id),
    status text NOT NULL CHECK (status IN ('active', 'closed')),
    version integer NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX organizations_name ON organizations (region_code, name);
CREATE INDEX organizations_region ON organizations (region_code, id);
CREATE INDEX organizations_parent ON organizations (parent_id);
CREATE INDEX organizations_grid ON organizations (grid_id) WHERE grid_id IS NOT NULL;

CREATE TABLE memberships (
    id {uuid} PRIMARY KEY,
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    role text NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE UNIQUE INDEX memberships_current ON memberships (organization_id, account_id) WHERE valid_to IS NULL;
CREATE INDEX memberships_account ON memberships (account_id);
"}
