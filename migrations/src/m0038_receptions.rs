//! Reception days and their appointments. Two locks keep a slot from being taken twice: a place of a slot is a number
//! that only one appointment can have, and an account has one appointment a day.
super::migration! {"
CREATE TABLE receptions (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    title text NOT NULL,
    rule text NOT NULL,
    on_day_off text NOT NULL CHECK (on_day_off IN ('hold', 'skip', 'next_working_day')),
    first_day {date} NOT NULL,
    planned_until {date} NOT NULL,
    opens smallint NOT NULL,
    closes smallint NOT NULL,
    slot_minutes smallint NOT NULL,
    slot_capacity smallint NOT NULL,
    place text NOT NULL,
    host_ids text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    closed_at {time},
    CONSTRAINT receptions_hours CHECK (opens >= 0 AND closes > opens AND closes <= 1440),
    CONSTRAINT receptions_slots CHECK (slot_minutes > 0 AND slot_capacity > 0)
);
CREATE INDEX receptions_region ON receptions (region_code, id);

CREATE TABLE reception_sessions (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    reception_id {uuid} NOT NULL REFERENCES receptions (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    day {date} NOT NULL,
    starts_at {time} NOT NULL,
    ends_at {time} NOT NULL,
    slots smallint NOT NULL CHECK (slots > 0),
    slot_minutes smallint NOT NULL,
    slot_capacity smallint NOT NULL,
    place text NOT NULL,
    host_ids text NOT NULL,
    state text NOT NULL CHECK (state IN ('planned', 'cancelled')),
    reason text,
    CONSTRAINT reception_sessions_day UNIQUE (reception_id, day),
    CONSTRAINT reception_sessions_reason CHECK (state = 'planned' OR reason IS NOT NULL)
);
CREATE INDEX reception_sessions_time ON reception_sessions (starts_at, id);

CREATE TABLE appointments (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    session_id {uuid} NOT NULL REFERENCES reception_sessions (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    slot smallint NOT NULL CHECK (slot >= 1),
    seat smallint CHECK (seat >= 1),
    state text NOT NULL CHECK (state IN ('booked', 'attended', 'missed', 'cancelled')),
    requester_id {uuid} REFERENCES accounts (id),
    booked_by {uuid} REFERENCES accounts (id),
    subject text NOT NULL,
    contact text,
    note text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT appointments_seat UNIQUE (session_id, slot, seat),
    CONSTRAINT appointments_place CHECK ((state = 'cancelled') = (seat IS NULL)),
    CONSTRAINT appointments_reach CHECK (requester_id IS NOT NULL OR contact IS NOT NULL)
);
CREATE UNIQUE INDEX appointments_once ON appointments (session_id, requester_id) WHERE seat IS NOT NULL;
CREATE INDEX appointments_region ON appointments (region_code, id);
CREATE INDEX appointments_requester ON appointments (requester_id, id) WHERE requester_id IS NOT NULL;
"}
