//! Edges between organizations besides the tree: who leads, guides, builds together with or serves whom, and since when.
super::migration! {"
CREATE TABLE organization_links (
    id {uuid} PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('leads', 'guides', 'supervises', 'co_builds', 'serves')),
    from_id {uuid} NOT NULL REFERENCES organizations (id),
    to_id {uuid} NOT NULL REFERENCES organizations (id),
    note text,
    valid_from {time} NOT NULL,
    valid_to {time},
    created_at {time} NOT NULL,
    CHECK (from_id <> to_id),
    CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE UNIQUE INDEX organization_links_current ON organization_links (from_id, to_id, kind) WHERE valid_to IS NULL;
CREATE INDEX organization_links_from ON organization_links (from_id, id);
CREATE INDEX organization_links_to ON organization_links (to_id, id);
"}
