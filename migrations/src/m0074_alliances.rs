//! Alliances of organizations, the periods of their members, and swapped turns in the chair.
super::migration! {"
CREATE TABLE alliances (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('active', 'closed')),
    kind text NOT NULL,
    name text NOT NULL,
    region_code bigint NOT NULL REFERENCES regions (code),
    lead_id {uuid} NOT NULL REFERENCES organizations (id),
    starts_on {date} NOT NULL,
    ends_on {date},
    rotation_months smallint CHECK (rotation_months BETWEEN 1 AND 24),
    rotation_start {date},
    required_parts text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT alliances_period CHECK (ends_on IS NULL OR ends_on >= starts_on),
    CONSTRAINT alliances_rotation CHECK ((rotation_months IS NULL) = (rotation_start IS NULL)),
    CONSTRAINT alliances_closed CHECK (state = 'active' OR ends_on IS NOT NULL)
);
CREATE UNIQUE INDEX alliances_name ON alliances (region_code, name);
CREATE INDEX alliances_region ON alliances (region_code, id);
CREATE INDEX alliances_lead ON alliances (lead_id, region_code, id);

CREATE TABLE alliance_members (
    id {uuid} PRIMARY KEY,
    alliance_id {uuid} NOT NULL REFERENCES alliances (id),
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    organization_region bigint NOT NULL,
    seat text NOT NULL CHECK (seat IN ('chair', 'deputy', 'member', 'adviser')),
    part text,
    position integer NOT NULL CHECK (position >= 1),
    joined_on {date} NOT NULL,
    left_on {date},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT alliance_members_period CHECK (left_on IS NULL OR left_on >= joined_on)
);
CREATE INDEX alliance_members_alliance ON alliance_members (alliance_id, position, id);
CREATE UNIQUE INDEX alliance_members_open ON alliance_members (alliance_id, organization_id) WHERE left_on IS NULL;
CREATE INDEX alliance_members_organization ON alliance_members (organization_id, alliance_id);
CREATE INDEX alliance_members_region ON alliance_members (organization_region, alliance_id);

CREATE TABLE alliance_swaps (
    id {uuid} PRIMARY KEY,
    alliance_id {uuid} NOT NULL REFERENCES alliances (id),
    version integer NOT NULL CHECK (version >= 1),
    month {date} NOT NULL,
    unit_id {uuid} NOT NULL REFERENCES organizations (id),
    other_month {date} NOT NULL,
    other_unit_id {uuid} NOT NULL REFERENCES organizations (id),
    reason text,
    created_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    CONSTRAINT alliance_swaps_two CHECK (month <> other_month AND unit_id <> other_unit_id)
);
CREATE UNIQUE INDEX alliance_swaps_alliance ON alliance_swaps (alliance_id, version);
"}
