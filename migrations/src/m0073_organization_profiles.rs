//! What is recorded of a neighbourhood (五个一) or of a building council (1+X×N): one row an organization.
super::migration! {"
CREATE TABLE organization_profiles (
    organization_id {uuid} PRIMARY KEY REFERENCES organizations (id),
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    worker_id {uuid} REFERENCES accounts (id),
    households integer NOT NULL CHECK (households >= 0),
    data text NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX organization_profiles_region ON organization_profiles (region_code, organization_id);
CREATE INDEX organization_profiles_worker ON organization_profiles (worker_id) WHERE worker_id IS NOT NULL;
"}
