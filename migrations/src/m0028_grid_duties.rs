//! Grids under grids, what became of them, and who is on duty in them.
//!
//! Who is on duty is personal data and sealed; `person_key` is a keyed digest, by which one person on two grids is found.
//! The rules of the country bound the households of a comprehensive grid alone: the numbers that are commonly quoted of
//! GB/T 34300-2017. Each place sets its own.
super::migration! {"
ALTER TABLE grids ADD COLUMN parent_id {uuid} REFERENCES grids (id);
ALTER TABLE grids ADD COLUMN households integer CHECK (households >= 0);
ALTER TABLE grids ADD COLUMN external_codes text NOT NULL DEFAULT '[]';
ALTER TABLE grids ADD COLUMN extent text;
CREATE INDEX grids_parent ON grids (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE grid_successions (
    from_id {uuid} NOT NULL REFERENCES grids (id),
    to_id {uuid} NOT NULL REFERENCES grids (id),
    change text NOT NULL CHECK (change IN ('split', 'merge')),
    at {time} NOT NULL,
    PRIMARY KEY (from_id, to_id)
);
CREATE INDEX grid_successions_to ON grid_successions (to_id);

CREATE TABLE grid_duties (
    id {uuid} PRIMARY KEY,
    grid_id {uuid} NOT NULL REFERENCES grids (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    role text NOT NULL,
    account_id {uuid} REFERENCES accounts (id),
    organization_id {uuid} REFERENCES organizations (id),
    person text NOT NULL,
    person_key text NOT NULL,
    duty_phone text,
    building text,
    skills text NOT NULL,
    version integer NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX grid_duties_grid ON grid_duties (grid_id, id);
CREATE INDEX grid_duties_region ON grid_duties (region_code, role, person_key);
CREATE INDEX grid_duties_account ON grid_duties (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX grid_duties_organization ON grid_duties (organization_id) WHERE organization_id IS NOT NULL;
CREATE UNIQUE INDEX grid_duties_sole ON grid_duties (grid_id, role) WHERE valid_to IS NULL AND role IN ('dedicated_member', 'lead', 'secretary');

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('grid_rules', 0, 1, '{\"sizes\":[{\"kind\":\"comprehensive\",\"min_households\":300,\"max_households\":500}],\"card_names\":\"masked\"}', '2000-01-01T00:00:00+00:00');
"}
