//! The service catalogue and the policies that differ by place: both versioned, with periods.
//!
//! The two policies of the country are where every deployment starts: no law or seed fixes their
//! numbers, and each place sets its own.
super::migration! {"
CREATE TABLE service_items (
    id {uuid} PRIMARY KEY,
    code text NOT NULL,
    version integer NOT NULL,
    level text NOT NULL CHECK (level IN ('category', 'subcategory', 'item')),
    parent_code text,
    name text NOT NULL,
    description text,
    provider_kinds text NOT NULL,
    region_code bigint NOT NULL,
    needs_address boolean NOT NULL,
    respond_limit text,
    finish_limit text,
    valid_from {time} NOT NULL,
    valid_to {time},
    UNIQUE (code, version),
    CHECK ((level = 'category') = (parent_code IS NULL))
);
CREATE UNIQUE INDEX service_items_current ON service_items (code) WHERE valid_to IS NULL;
CREATE INDEX service_items_parent ON service_items (parent_code);

CREATE TABLE policies (
    kind text NOT NULL,
    region_code bigint NOT NULL,
    version integer NOT NULL,
    data text NOT NULL,
    valid_from {time} NOT NULL,
    valid_to {time},
    PRIMARY KEY (kind, region_code, version)
);
CREATE UNIQUE INDEX policies_current ON policies (kind, region_code) WHERE valid_to IS NULL;

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('working_time', 0, 1, '{\"periods\":[{\"from\":\"09:00:00\",\"to\":\"12:00:00\"},{\"from\":\"13:00:00\",\"to\":\"18:00:00\"}]}', '2000-01-01T00:00:00+00:00'),
('order_flow', 0, 1, '{\"claim_limit\":5,\"automatic_reworks\":1,\"reject_codes\":[]}', '2000-01-01T00:00:00+00:00');
"}
