//! Addresses, households, and residents with their membership in households. Names, phones, ID numbers and days of birth
//! are sealed; what they are found by are keyed digests.
super::migration! {"
CREATE TABLE addresses (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    kind text NOT NULL CHECK (kind IN ('estate', 'building', 'unit', 'room')),
    parent_id {uuid} REFERENCES addresses (id),
    estate_id {uuid},
    building_id {uuid},
    unit_id {uuid},
    name text NOT NULL,
    text text NOT NULL,
    lng {double},
    lat {double},
    version integer NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CHECK (kind <> 'estate' OR parent_id IS NULL),
    CHECK ((lng IS NULL) = (lat IS NULL))
);
CREATE UNIQUE INDEX addresses_text ON addresses (region_code, text) WHERE valid_to IS NULL;
CREATE INDEX addresses_region ON addresses (region_code, id);
CREATE INDEX addresses_kind ON addresses (kind, region_code, id);
CREATE INDEX addresses_parent ON addresses (parent_id, region_code, id) WHERE parent_id IS NOT NULL;
CREATE INDEX addresses_grid ON addresses (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX addresses_building ON addresses (building_id) WHERE building_id IS NOT NULL;
CREATE INDEX addresses_estate ON addresses (estate_id) WHERE estate_id IS NOT NULL;

CREATE TABLE households (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    address_id {uuid} NOT NULL REFERENCES addresses (id),
    building_id {uuid},
    estate_id {uuid},
    code text,
    kind text NOT NULL,
    head_id {uuid},
    member_count integer NOT NULL CHECK (member_count >= 0),
    version integer NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX households_code ON households (region_code, code) WHERE code IS NOT NULL AND valid_to IS NULL;
CREATE INDEX households_region ON households (region_code, id);
CREATE INDEX households_grid ON households (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX households_building ON households (building_id, region_code, id) WHERE building_id IS NOT NULL;
CREATE INDEX households_estate ON households (estate_id, region_code, id) WHERE estate_id IS NOT NULL;
CREATE INDEX households_address ON households (address_id, region_code, id);

CREATE TABLE residents (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    household_id {uuid} REFERENCES households (id),
    building_id {uuid},
    name text NOT NULL,
    phone text,
    phone_index text,
    id_number text,
    id_index text,
    birth_date text,
    sex text NOT NULL,
    residence text NOT NULL,
    account_id {uuid} REFERENCES accounts (id),
    restricted boolean NOT NULL,
    version integer NOT NULL,
    left_on {date},
    left_why text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CHECK ((left_on IS NULL) = (left_why IS NULL)),
    CHECK ((phone IS NULL) = (phone_index IS NULL)),
    CHECK ((id_number IS NULL) = (id_index IS NULL))
);
CREATE UNIQUE INDEX residents_id_number ON residents (id_index, region_code) WHERE id_index IS NOT NULL AND left_on IS NULL;
CREATE INDEX residents_id_index ON residents (id_index, region_code) WHERE id_index IS NOT NULL;
CREATE INDEX residents_phone ON residents (phone_index, region_code) WHERE phone_index IS NOT NULL;
CREATE INDEX residents_region ON residents (region_code, id);
CREATE INDEX residents_residence ON residents (residence, region_code, id);
CREATE INDEX residents_grid ON residents (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX residents_building ON residents (building_id, region_code, id) WHERE building_id IS NOT NULL;
CREATE INDEX residents_household ON residents (household_id, region_code, id) WHERE household_id IS NOT NULL;
CREATE INDEX residents_account ON residents (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX residents_left ON residents (left_on) WHERE left_on IS NOT NULL;

CREATE TABLE household_members (
    id {uuid} PRIMARY KEY,
    household_id {uuid} NOT NULL REFERENCES households (id),
    resident_id {uuid} NOT NULL REFERENCES residents (id),
    relation text NOT NULL,
    valid_from {date} NOT NULL,
    valid_to {date},
    created_at {time} NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE UNIQUE INDEX household_members_once ON household_members (household_id, resident_id) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX household_members_head ON household_members (household_id) WHERE relation = 'head' AND valid_to IS NULL;
CREATE INDEX household_members_household ON household_members (household_id, id);
CREATE INDEX household_members_resident ON household_members (resident_id, id);
"}
