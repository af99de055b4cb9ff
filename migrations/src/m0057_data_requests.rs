//! What people ask about their own data (个人信息请求): to correct it, or to delete it. What they write and what they are told is sealed.
super::migration! {"
CREATE TABLE data_requests (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    region_code bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('correction', 'deletion')),
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
    detail text,
    answer text,
    decided_by {uuid} REFERENCES accounts (id),
    decided_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT data_requests_decided CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX data_requests_waiting ON data_requests (account_id) WHERE state = 'waiting' AND kind = 'deletion';
CREATE INDEX data_requests_region ON data_requests (region_code, id);
CREATE INDEX data_requests_account ON data_requests (account_id, id);
"}
