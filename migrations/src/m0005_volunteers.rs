//! People who take orders: volunteers and party members, what they can do and where they serve.
super::migration! {"
CREATE TABLE volunteers (
    account_id {uuid} PRIMARY KEY REFERENCES accounts (id),
    kind text NOT NULL,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    organization_id {uuid} REFERENCES organizations (id),
    skills text NOT NULL,
    available boolean NOT NULL,
    version integer NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX volunteers_region ON volunteers (region_code, account_id);
CREATE INDEX volunteers_grid ON volunteers (grid_id) WHERE grid_id IS NOT NULL;
CREATE INDEX volunteers_organization ON volunteers (organization_id) WHERE organization_id IS NOT NULL;
"}
