//! Files that people upload, and how many of them an order has.
//!
//! A row is there before its bytes and after them; only one that is ready can be used.
super::migration! {"
CREATE TABLE attachments (
    id {uuid} PRIMARY KEY,
    uploaded_by {uuid} NOT NULL REFERENCES accounts (id),
    state text NOT NULL CHECK (state IN ('uploading', 'ready', 'deleting')),
    purpose text,
    media_type text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    width integer,
    height integer,
    has_thumbnail boolean NOT NULL,
    owner_kind text,
    owner_id {uuid},
    part text,
    created_at {time} NOT NULL,
    used_at {time},
    CONSTRAINT attachments_owned CHECK ((owner_id IS NULL) = (owner_kind IS NULL) AND (owner_id IS NULL) = (part IS NULL) AND (owner_id IS NULL) = (used_at IS NULL)),
    CONSTRAINT attachments_used CHECK (owner_id IS NULL OR state = 'ready')
);
CREATE INDEX attachments_owner ON attachments (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX attachments_unused ON attachments (created_at) WHERE owner_id IS NULL;
CREATE INDEX attachments_uploader ON attachments (uploaded_by, created_at);

ALTER TABLE orders ADD COLUMN attachment_count smallint NOT NULL DEFAULT 0;
"}
