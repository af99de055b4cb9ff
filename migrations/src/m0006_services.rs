//! The service catalogue and the policies that differ by place: both versioned, with periods.
super::migration! {"
CREATE TABLE service_items (
    id {uuid} PRIMARY KEY,
    code text NOT NULL,
    version integer NOT NULL,
    level text NOT NULL CHECK (level IN ('category', 'subcategory', 'item')),
    parent_code text,
    name text NOT NULL,
    description text,
    provider_kinds text NOT NULL,
    region_code bigint NOT NULL,
    needs_address boolean NOT NULL,
    respond_limit text,
    finish_limit text,
    valid_from {time} NOT NULL,
    valid_to {time},
    UNIQUE (code, version),
    CHECK ((level = 'category') = (parent_code IS NULL))
);
CREATE UNIQUE INDEX service_items_current ON service_items (code) WHERE valid_to IS NULL;
CREATE INDEX service_items_parent ON service_items (parent_code);

CREATE TABLE policies (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL,
    region_code bigint NOT NULL,
    version integer NOT NULL,
    data text NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    UNIQUE (kind, region_code, version)
);
CREATE UNIQUE INDEX policies_current ON policies (kind, region_code) WHERE valid_to IS NULL;
"}
