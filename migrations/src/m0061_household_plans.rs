//! Plans for households and notes on them. What they say is sealed; of a household one plan at a time has not ended.
super::migration! {"
CREATE TABLE household_plans (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    household_id {uuid} NOT NULL REFERENCES households (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    state text NOT NULL CHECK (state IN ('active', 'closed')),
    content text NOT NULL,
    measures smallint NOT NULL CHECK (measures >= 0),
    measures_done smallint NOT NULL CHECK (measures_done >= 0 AND measures_done <= measures),
    reviews smallint NOT NULL CHECK (reviews >= 0),
    review_on {date},
    outcome text CHECK (outcome IN ('reached', 'ended')),
    created_by {uuid} NOT NULL REFERENCES accounts (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    closed_at {time},
    CONSTRAINT household_plans_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT household_plans_review CHECK ((state = 'closed') = (review_on IS NULL))
);
CREATE UNIQUE INDEX household_plans_active ON household_plans (household_id) WHERE state = 'active';
CREATE INDEX household_plans_region ON household_plans (region_code, id);
CREATE INDEX household_plans_state ON household_plans (state, region_code, id);
CREATE INDEX household_plans_grid ON household_plans (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX household_plans_household ON household_plans (household_id, region_code, id);

CREATE TABLE household_notes (
    id {uuid} PRIMARY KEY,
    household_id {uuid} NOT NULL REFERENCES households (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    author_id {uuid} NOT NULL REFERENCES accounts (id),
    content text NOT NULL,
    created_at {time} NOT NULL
);
CREATE INDEX household_notes_household ON household_notes (household_id, id);
"}
