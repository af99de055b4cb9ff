//! Checklists, one row a version, and the runs over grids. `results` is sealed: evidence may name people.
super::migration! {"
CREATE TABLE checklists (
    id {uuid} NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    name text NOT NULL,
    items text NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    PRIMARY KEY (id, version)
);
CREATE UNIQUE INDEX checklists_current ON checklists (id) WHERE valid_to IS NULL;
CREATE INDEX checklists_region ON checklists (region_code, id) WHERE valid_to IS NULL;

CREATE TABLE checklist_runs (
    id {uuid} PRIMARY KEY,
    checklist_id {uuid} NOT NULL,
    checklist_version integer NOT NULL,
    grid_id {uuid} NOT NULL REFERENCES grids (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    results text NOT NULL,
    score integer NOT NULL CHECK (score >= 0),
    max_score integer NOT NULL,
    attachment_ids text NOT NULL,
    run_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    FOREIGN KEY (checklist_id, checklist_version) REFERENCES checklists (id, version),
    CHECK (score <= max_score)
);
CREATE INDEX checklist_runs_region ON checklist_runs (region_code, id);
CREATE INDEX checklist_runs_grid ON checklist_runs (grid_id, region_code, id);
CREATE INDEX checklist_runs_list ON checklist_runs (checklist_id, grid_id, id);
"}
