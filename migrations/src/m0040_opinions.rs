//! What residents say on a visit, at a reception, or as a diary tells. The order that an opinion becomes is written in the
//! same transaction, after the opinion. `opinion_reader` keeps how far the orders' events have been read.
super::migration! {"
CREATE TABLE opinions (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('recorded', 'ordered', 'answered', 'fed_back')),
    source text NOT NULL CHECK (source IN ('visit', 'appointment', 'diary')),
    source_id {uuid} NOT NULL,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    household_id {uuid},
    requester_id {uuid} REFERENCES accounts (id),
    recorded_by {uuid} NOT NULL REFERENCES accounts (id),
    title text NOT NULL,
    content text NOT NULL,
    contact text,
    order_id {uuid} UNIQUE REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    order_version integer NOT NULL DEFAULT 0,
    outcome text CHECK (outcome IN ('solved', 'partly_solved', 'unsolved', 'explained', 'rejected', 'cancelled', 'merged')),
    answer text,
    answered_at {time},
    fed_back_at {time},
    feedback text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT opinions_ordered CHECK (state <> 'ordered' OR order_id IS NOT NULL),
    CONSTRAINT opinions_answered CHECK ((outcome IS NOT NULL) = (state IN ('answered', 'fed_back')) AND (outcome IS NULL) = (answered_at IS NULL)),
    CONSTRAINT opinions_fed_back CHECK ((state = 'fed_back') = (fed_back_at IS NOT NULL))
);
CREATE INDEX opinions_region ON opinions (region_code, id);
CREATE INDEX opinions_source ON opinions (source_id, id);
CREATE INDEX opinions_household ON opinions (household_id, id) WHERE household_id IS NOT NULL;
CREATE INDEX opinions_recorder ON opinions (recorded_by, id);

CREATE TABLE opinion_reader (
    id smallint PRIMARY KEY CHECK (id = 1),
    cursor text,
    read_at {time} NOT NULL
);
INSERT INTO opinion_reader (id, cursor, read_at) VALUES (1, NULL, '2026-01-01T00:00:00Z');
"}
