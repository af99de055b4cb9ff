//! Diaries and the templates of their steps. `content` is sealed: what was written under each step.
super::migration! {"
CREATE TABLE diary_templates (
    id {uuid} NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL,
    name text NOT NULL,
    in_order boolean NOT NULL,
    steps text NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX diary_templates_current ON diary_templates (id) WHERE valid_to IS NULL;
CREATE INDEX diary_templates_region ON diary_templates (region_code, id) WHERE valid_to IS NULL;

CREATE TABLE diaries (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    template_id {uuid} NOT NULL,
    template_version integer NOT NULL,
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    author_id {uuid} NOT NULL REFERENCES accounts (id),
    happened_on {date} NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    steps_done smallint NOT NULL CHECK (steps_done >= 0),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    closed_at {time},
    FOREIGN KEY (template_id, template_version) REFERENCES diary_templates (id, version)
);
CREATE INDEX diaries_region ON diaries (region_code, id);
CREATE INDEX diaries_author ON diaries (author_id, id);
"}
