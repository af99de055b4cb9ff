//! The event log and the answers kept for Idempotency-Keys.
super::migration! {"
CREATE TABLE events (
    seq {serial},
    xid {xid},
    type text NOT NULL,
    subject_id {uuid} NOT NULL,
    subject_version integer NOT NULL,
    region_code bigint NOT NULL,
    actor_id {uuid},
    at {time} NOT NULL,
    data text NOT NULL
);
CREATE INDEX events_feed ON events (xid, seq);
CREATE INDEX events_subject ON events (subject_id, subject_version);

CREATE TABLE idempotency_keys (
    account_id {uuid} NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    status smallint NOT NULL,
    answer text NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
"}
