//! Imports and exports. `attempt` tells a run from an older one of the same job that somebody else has taken over.
super::migration! {"
CREATE TABLE jobs (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    kind text NOT NULL CHECK (kind IN ('import', 'export')),
    state text NOT NULL CHECK (state IN ('receiving', 'pending', 'running', 'checked', 'done', 'failed', 'cancelled')),
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    region_code bigint NOT NULL,
    subject text,
    list text,
    query text,
    format text NOT NULL CHECK (format IN ('csv', 'xlsx')),
    dry_run boolean NOT NULL,
    mode text CHECK (mode IN ('all_or_nothing', 'good_rows')),
    existing text CHECK (existing IN ('update', 'skip', 'refuse')),
    bytes bigint NOT NULL DEFAULT 0,
    parts integer NOT NULL DEFAULT 0,
    rows_total bigint,
    rows_read bigint NOT NULL DEFAULT 0,
    rows_created bigint NOT NULL DEFAULT 0,
    rows_updated bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rows_skipped bigint NOT NULL DEFAULT 0,
    rows_refused bigint NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    cancelling boolean NOT NULL DEFAULT false,
    lease_until {time},
    problem text,
    problem_params text,
    started_at {time},
    finished_at {time},
    expires_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT jobs_kinds CHECK ((kind = 'import') = (subject IS NOT NULL) AND (kind = 'export') = (list IS NOT NULL)),
    CONSTRAINT jobs_failed CHECK ((state = 'failed') = (problem IS NOT NULL)),
    CONSTRAINT jobs_finished CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX jobs_account ON jobs (account_id, id);
CREATE INDEX jobs_waiting ON jobs (id) WHERE state IN ('pending', 'running');
CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE parts > 0;

CREATE TABLE job_errors (
    job_id {uuid} NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    n integer NOT NULL,
    row_number bigint NOT NULL,
    column_title text,
    code text NOT NULL,
    params text,
    PRIMARY KEY (job_id, n)
);
"}
