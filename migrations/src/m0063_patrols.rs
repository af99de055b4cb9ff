//! Patrols, and what is found on them or on the way. The route of a patrol and the words of a finding are sealed.
super::migration! {"
CREATE TABLE patrols (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    kind text NOT NULL CHECK (kind IN ('single', 'group')),
    participants smallint NOT NULL CHECK (participants >= 1),
    recorded_by {uuid} NOT NULL REFERENCES accounts (id),
    started_at {time} NOT NULL,
    ended_at {time} NOT NULL,
    route text,
    route_points smallint NOT NULL CHECK (route_points >= 0),
    note text,
    findings integer NOT NULL CHECK (findings >= 0),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT patrols_period CHECK (ended_at >= started_at),
    CONSTRAINT patrols_group CHECK ((kind = 'group') = (participants > 1))
);
CREATE INDEX patrols_region ON patrols (region_code, id);
CREATE INDEX patrols_grid ON patrols (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX patrols_recorder ON patrols (recorded_by, region_code, id);
CREATE INDEX patrols_started ON patrols (region_code, started_at);

CREATE TABLE findings (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    patrol_id {uuid} REFERENCES patrols (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    kind text NOT NULL CHECK (kind IN ('hazard', 'clue', 'other')),
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
    handling text NOT NULL CHECK (handling IN ('handled', 'pushed_up')),
    title text NOT NULL,
    content text NOT NULL,
    lng {double},
    lat {double},
    attachment_count smallint NOT NULL,
    order_id {uuid} UNIQUE REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    recorded_by {uuid} NOT NULL REFERENCES accounts (id),
    found_at {time} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT findings_pushed CHECK ((handling = 'pushed_up') = (order_id IS NOT NULL))
);
CREATE INDEX findings_region ON findings (region_code, id);
CREATE INDEX findings_grid ON findings (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX findings_patrol ON findings (patrol_id, region_code, id) WHERE patrol_id IS NOT NULL;
CREATE INDEX findings_recorder ON findings (recorded_by, region_code, id);
CREATE INDEX findings_found ON findings (region_code, found_at);
"}
