//! The number of the map of grids, and the boundaries of communities.
//!
//! Whoever changes a boundary takes the next number and writes it to the grids that changed; the row of `grid_map` stays locked
//! until the commit, so a reader of the number sees all changes up to it.
super::migration! {"
ALTER TABLE grids ADD COLUMN map_number bigint NOT NULL DEFAULT 0;
CREATE INDEX grids_map ON grids (map_number, id);

CREATE TABLE grid_map (
    id smallint PRIMARY KEY CHECK (id = 1),
    number bigint NOT NULL
);
INSERT INTO grid_map (id, number) VALUES (1, 0);

CREATE TABLE region_boundaries (
    region_code bigint PRIMARY KEY REFERENCES regions (code),
    boundary text NOT NULL,
    area {double} NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
"}
