//! The catalogue of tags (标签), one row a version, and the tags that residents have. What is sensitive stands in each row, so that a
//! list without it is a filter and not a join.
super::migration! {"
CREATE TABLE tags (
    id {uuid} NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    code text NOT NULL,
    name text NOT NULL,
    class text NOT NULL CHECK (class IN ('ordinary', 'sensitive')),
    reason text,
    valid_from {time} NOT NULL,
    valid_to {time},
    PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX tags_code ON tags (region_code, code) WHERE valid_to IS NULL;
CREATE INDEX tags_region ON tags (region_code, id);

CREATE TABLE resident_tags (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    resident_id {uuid} NOT NULL REFERENCES residents (id),
    tag_id {uuid} NOT NULL,
    tag_version integer NOT NULL,
    region_code bigint NOT NULL,
    sensitive boolean NOT NULL,
    basis text CHECK (basis IN ('consent', 'contract', 'statutory_duty', 'emergency', 'other_law')),
    consent_id {uuid} REFERENCES consents (id),
    citation text,
    note text,
    valid_from {date} NOT NULL,
    valid_to {date},
    ended_why text CHECK (ended_why IN ('planned', 'removed', 'consent_withdrawn', 'resident_erased')),
    recorded_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    FOREIGN KEY (tag_id, tag_version) REFERENCES tags (id, version),
    CONSTRAINT resident_tags_period CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT resident_tags_ended CHECK ((valid_to IS NULL) = (ended_why IS NULL)),
    CONSTRAINT resident_tags_basis CHECK ((consent_id IS NOT NULL) = (basis IS NOT NULL AND basis = 'consent'))
);
CREATE UNIQUE INDEX resident_tags_once ON resident_tags (resident_id, tag_id) WHERE valid_to IS NULL;
CREATE INDEX resident_tags_resident ON resident_tags (resident_id, id);
CREATE INDEX resident_tags_tag ON resident_tags (tag_id, region_code, resident_id);
CREATE INDEX resident_tags_consent ON resident_tags (consent_id) WHERE consent_id IS NOT NULL;
CREATE INDEX resident_tags_ended ON resident_tags (region_code, valid_to) WHERE valid_to IS NOT NULL;
"}
