//! Venues, and their opening hours once more as rows. What is near is found by the index (band, lng): `band` is NULL for what is not
//! on the map. The pace is that of GB 50180-2018: 1,000 metres in fifteen minutes.
super::migration! {"
CREATE TABLE venues (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    organization_id {uuid} REFERENCES organizations (id),
    kind text NOT NULL CHECK (kind IN ('service_center', 'neighbor_point', 'discussion_pavilion', 'station', 'memorial_corner', 'government_service', 'legal_service', 'other')),
    name text NOT NULL,
    brand text,
    address text,
    phone text,
    lng {double},
    lat {double},
    band integer,
    area {double} CHECK (area >= 0),
    office_area {double} CHECK (office_area >= 0),
    public_area {double} CHECK (public_area >= 0),
    rooms text NOT NULL,
    hours text NOT NULL,
    services text NOT NULL,
    features text NOT NULL,
    accessibility integer NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    closed_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT venues_point CHECK ((lng IS NULL) = (lat IS NULL)),
    CONSTRAINT venues_mapped CHECK ((band IS NULL) = (lat IS NULL OR closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX venues_name ON venues (region_code, name) WHERE closed_at IS NULL;
CREATE INDEX venues_region ON venues (region_code, id);
CREATE INDEX venues_kind ON venues (kind, region_code, id);
CREATE INDEX venues_brand ON venues (brand, region_code, id) WHERE brand IS NOT NULL;
CREATE INDEX venues_grid ON venues (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX venues_organization ON venues (organization_id, region_code, id) WHERE organization_id IS NOT NULL;
CREATE INDEX venues_band ON venues (band, lng);

CREATE TABLE venue_hours (
    venue_id {uuid} NOT NULL REFERENCES venues (id),
    n smallint NOT NULL,
    day smallint CHECK (day BETWEEN 0 AND 6),
    on_date {date},
    opens smallint NOT NULL CHECK (opens >= 0),
    closes smallint NOT NULL CHECK (closes <= 1440),
    PRIMARY KEY (venue_id, n),
    CONSTRAINT venue_hours_when CHECK ((day IS NULL) <> (on_date IS NULL)),
    CONSTRAINT venue_hours_order CHECK (opens < closes OR (opens = 0 AND closes = 0))
);

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('venue_rules', 0, 1, '{\"metres_per_hour\":4000,\"detour_percent\":100,\"circle_minutes\":[10,15],\"circle_metres\":[1000]}', '2000-01-01T00:00:00+00:00');
"}
