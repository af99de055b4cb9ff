//! What departments may bring into communities (准入清单), what communities are not assessed by (不得考核事项), and what departments must do
//! there (职责清单). An order that is a department's task names the item that lets it in.
super::migration! {"
CREATE TABLE admission_items (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    kind text NOT NULL CHECK (kind IN ('task', 'not_assessed')),
    department_id {uuid} REFERENCES organizations (id),
    title text NOT NULL,
    nature text,
    basis text NOT NULL,
    budget_fen bigint CHECK (budget_fen >= 0),
    valid_from {date} NOT NULL,
    valid_to {date},
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'refused')),
    approver text,
    note text,
    proposed_by {uuid} REFERENCES accounts (id),
    decided_by {uuid} REFERENCES accounts (id),
    decided_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT admission_items_department CHECK ((kind = 'task') = (department_id IS NOT NULL)),
    CONSTRAINT admission_items_period CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT admission_items_decided CHECK ((state = 'proposed') = (decided_at IS NULL))
);
CREATE INDEX admission_items_region ON admission_items (region_code, id);
CREATE INDEX admission_items_department ON admission_items (department_id, region_code, id) WHERE department_id IS NOT NULL;

CREATE TABLE duty_items (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL REFERENCES regions (code),
    department_id {uuid} NOT NULL REFERENCES organizations (id),
    nature text NOT NULL CHECK (nature IN ('statutory', 'assisting')),
    title text NOT NULL,
    basis text NOT NULL,
    valid_from {date} NOT NULL,
    valid_to {date},
    ended_at {time},
    created_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT duty_items_period CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX duty_items_region ON duty_items (region_code, id);
CREATE INDEX duty_items_department ON duty_items (department_id, region_code, id);

ALTER TABLE orders ADD COLUMN admission_item_id {uuid} REFERENCES admission_items (id);
"}
