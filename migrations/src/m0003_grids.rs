//! Regions with their periods, and the grids beneath a community.
super::migration! {"
CREATE TABLE regions (
    code bigint PRIMARY KEY,
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('province', 'city', 'county', 'township', 'community')),
    parent_code bigint NOT NULL,
    valid_from {date} NOT NULL,
    valid_to {date},
    replaced_by bigint REFERENCES regions (code),
    updated_at {time} NOT NULL,
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX regions_parent ON regions (parent_code, code);
CREATE INDEX regions_level ON regions (level, code);

CREATE TABLE grids (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind text NOT NULL,
    boundary text,
    center_lng {double},
    center_lat {double},
    min_lng {double},
    min_lat {double},
    max_lng {double},
    max_lat {double},
    version integer NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX grids_region ON grids (region_code, id);
CREATE INDEX grids_box ON grids (min_lng, max_lng);
"}
