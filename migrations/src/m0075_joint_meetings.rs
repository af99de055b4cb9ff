//! Joint meetings of alliances. What was spoken of is sealed; how many matters there were is not.
super::migration! {"
CREATE TABLE joint_meetings (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('planned', 'held', 'cancelled')),
    alliance_id {uuid} NOT NULL REFERENCES alliances (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    kind text NOT NULL,
    title text NOT NULL,
    place text,
    planned_at {time} NOT NULL,
    held_at {time},
    attendee_ids text NOT NULL,
    attendees smallint NOT NULL CHECK (attendees >= 0),
    record text,
    matters smallint NOT NULL CHECK (matters >= 0),
    settled smallint NOT NULL,
    disputes smallint NOT NULL,
    disputes_settled smallint NOT NULL,
    reason text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT joint_meetings_held CHECK ((state = 'held') = (held_at IS NOT NULL)),
    CONSTRAINT joint_meetings_counts CHECK (settled BETWEEN 0 AND matters AND disputes BETWEEN 0 AND matters AND disputes_settled BETWEEN 0 AND disputes)
);
CREATE INDEX joint_meetings_alliance ON joint_meetings (alliance_id, id);
CREATE INDEX joint_meetings_region ON joint_meetings (region_code, id);
"}
