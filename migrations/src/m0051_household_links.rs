//! Which party member keeps in touch with which household. About ten are recommended (handbook, GRD-14); each place sets its own.
super::migration! {"
CREATE TABLE household_links (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    household_id {uuid} NOT NULL REFERENCES households (id),
    member_id {uuid} NOT NULL REFERENCES accounts (id),
    knows text,
    checked_at {time},
    version integer NOT NULL CHECK (version >= 1),
    valid_from {time} NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CHECK ((knows IS NULL) = (checked_at IS NULL))
);
CREATE UNIQUE INDEX household_links_once ON household_links (household_id, member_id) WHERE valid_to IS NULL;
CREATE INDEX household_links_household ON household_links (household_id, id);
CREATE INDEX household_links_member ON household_links (member_id, region_code, id);
CREATE INDEX household_links_region ON household_links (region_code, id);

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('household_links', 0, 1, '{\"max_households\":10}', '2000-01-01T00:00:00+00:00');
"}
