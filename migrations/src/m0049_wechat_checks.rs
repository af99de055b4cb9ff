//! What WeChat is asked to check, texts and pictures, and what came of it. A file in quarantine is shown to nobody until then.
super::migration! {"
CREATE TABLE wechat_checks (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('text', 'media')),
    region_code bigint NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    subject_id {uuid} NOT NULL,
    media_type text,
    state text NOT NULL CHECK (state IN ('pending', 'waiting', 'passed', 'review', 'blocked')),
    verdict text CHECK (verdict IN ('pass', 'review', 'risky')),
    label integer,
    trace_id text,
    errcode bigint,
    reason text,
    attempts integer NOT NULL,
    due_at {time} NOT NULL,
    claim {uuid},
    decided_by {uuid},
    created_at {time} NOT NULL,
    done_at {time},
    CONSTRAINT wechat_checks_once UNIQUE (subject_id, kind)
);
CREATE INDEX wechat_checks_due ON wechat_checks (due_at) WHERE state IN ('pending', 'waiting');
CREATE INDEX wechat_checks_trace ON wechat_checks (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX wechat_checks_region ON wechat_checks (region_code, id);

ALTER TABLE attachments ADD COLUMN quarantine text CHECK (quarantine IN ('checking', 'review', 'blocked'));
"}
