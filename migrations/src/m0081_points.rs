//! Points (党员积分): rules with versions, a ledger that only grows, appeals, and years that are settled.
super::migration! {"
CREATE TABLE point_rules (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    code text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    title text NOT NULL,
    points integer NOT NULL CHECK (points <> 0),
    cap integer CHECK (cap > 0),
    cap_period text CHECK (cap_period IN ('month', 'quarter', 'year')),
    valid_from {date} NOT NULL,
    valid_to {date},
    created_at {time} NOT NULL,
    UNIQUE (region_code, code, version),
    CONSTRAINT point_rules_cap CHECK ((cap IS NULL) = (cap_period IS NULL))
);

CREATE TABLE point_entries (
    id {uuid} PRIMARY KEY,
    region_code bigint NOT NULL REFERENCES regions (code),
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    organization_id {uuid} REFERENCES organizations (id),
    rule_id {uuid} NOT NULL REFERENCES point_rules (id),
    rule_code text NOT NULL,
    points integer NOT NULL,
    subject text NOT NULL,
    order_id {uuid} REFERENCES orders (id),
    happened_on {date} NOT NULL,
    year integer NOT NULL,
    reverses_id {uuid} REFERENCES point_entries (id),
    entered_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    CONSTRAINT point_entries_once UNIQUE (account_id, rule_code, subject)
);
CREATE INDEX point_entries_region ON point_entries (region_code, id);
CREATE INDEX point_entries_account ON point_entries (account_id, id);
CREATE INDEX point_entries_organization ON point_entries (organization_id, region_code, id) WHERE organization_id IS NOT NULL;
CREATE INDEX point_entries_year ON point_entries (region_code, year, account_id);

CREATE TABLE point_appeals (
    id {uuid} PRIMARY KEY REFERENCES point_entries (id),
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('filed', 'upheld', 'rejected')),
    reason text NOT NULL,
    answer text,
    filed_at {time} NOT NULL,
    decided_by {uuid} REFERENCES accounts (id),
    decided_at {time},
    CONSTRAINT point_appeals_decided CHECK ((state = 'filed') = (decided_at IS NULL))
);

CREATE TABLE point_settlements (
    region_code bigint NOT NULL REFERENCES regions (code),
    year integer NOT NULL,
    accounts integer NOT NULL,
    points bigint NOT NULL,
    settled_by {uuid} REFERENCES accounts (id),
    settled_at {time} NOT NULL,
    PRIMARY KEY (region_code, year)
);

CREATE TABLE point_sums (
    region_code bigint NOT NULL,
    year integer NOT NULL,
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    points bigint NOT NULL,
    entries bigint NOT NULL,
    PRIMARY KEY (region_code, year, account_id),
    FOREIGN KEY (region_code, year) REFERENCES point_settlements (region_code, year)
);
"}
