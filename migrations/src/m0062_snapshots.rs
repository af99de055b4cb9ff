//! Snapshots. Who sent one without their name is not in its row: only a keyed digest of their account is, by which they find
//! it again.
super::migration! {"
CREATE TABLE snapshots (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('sent', 'ordered', 'answered', 'published', 'declined')),
    tone text NOT NULL CHECK (tone IN ('problem', 'praise')),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    category text NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    lng {double} NOT NULL,
    lat {double} NOT NULL,
    reporter_id {uuid} REFERENCES accounts (id),
    reporter_key text NOT NULL,
    anonymous boolean NOT NULL,
    attachment_count smallint NOT NULL,
    order_id {uuid} UNIQUE REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    order_version integer NOT NULL,
    outcome text CHECK (outcome IN ('solved', 'partly_solved', 'unsolved', 'explained', 'rejected', 'cancelled', 'merged')),
    answer text,
    published_title text,
    published_text text,
    public_place boolean NOT NULL,
    published_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT snapshots_named CHECK (anonymous = (reporter_id IS NULL)),
    CONSTRAINT snapshots_ordered CHECK ((state IN ('ordered', 'answered')) = (order_id IS NOT NULL)),
    CONSTRAINT snapshots_published CHECK ((state = 'published') = (published_at IS NOT NULL)),
    CONSTRAINT snapshots_answered CHECK (state <> 'answered' OR outcome IS NOT NULL),
    CONSTRAINT snapshots_tone CHECK ((order_id IS NULL OR tone = 'problem') AND (published_at IS NULL OR tone = 'praise'))
);
CREATE INDEX snapshots_region ON snapshots (region_code, id);
CREATE INDEX snapshots_grid ON snapshots (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX snapshots_state ON snapshots (state, region_code, id);
CREATE INDEX snapshots_reporter ON snapshots (reporter_key, region_code, id);
CREATE INDEX snapshots_near ON snapshots (region_code, category, created_at);
CREATE INDEX snapshots_praise ON snapshots (region_code, id) WHERE published_at IS NOT NULL;

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('snapshot_rules', 0, 1, '{\"similar_meters\":100,\"similar_days\":30,\"categories\":[]}', '2000-01-01T00:00:00+00:00');
"}
