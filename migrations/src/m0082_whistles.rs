//! Whistles (吹哨报到): a department is called to an order, comes within its limit, and both sides judge. What is said is sealed. No
//! source says what the limit is: the country's rules name none, and each place its own.
super::migration! {"
CREATE TABLE whistles (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    order_id {uuid} NOT NULL REFERENCES orders (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    department_id {uuid} NOT NULL REFERENCES organizations (id),
    state text NOT NULL CHECK (state IN ('called', 'arrived', 'done', 'excused')),
    reason text NOT NULL,
    called_by {uuid} REFERENCES accounts (id),
    respond_limit text NOT NULL,
    respond_by {time} NOT NULL,
    arrived_at {time},
    arrived_by {uuid} REFERENCES accounts (id),
    ended_at {time},
    department_score smallint CHECK (department_score BETWEEN 1 AND 5),
    department_comment text,
    call_score smallint CHECK (call_score BETWEEN 1 AND 5),
    call_comment text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT whistles_arrived CHECK (state NOT IN ('arrived', 'done') OR arrived_at IS NOT NULL),
    CONSTRAINT whistles_ended CHECK ((state IN ('done', 'excused')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX whistles_open ON whistles (order_id, department_id) WHERE state IN ('called', 'arrived');
CREATE INDEX whistles_region ON whistles (region_code, id);
CREATE INDEX whistles_department ON whistles (department_id, region_code, id);
CREATE INDEX whistles_overdue ON whistles (region_code, id) WHERE state = 'called';

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('whistle_rules', 0, 1, '{}', '2000-01-01T00:00:00+00:00');
"}
