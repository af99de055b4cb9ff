//! Hotlines (12345), which of their categories is which service item, and the work orders that they push. A work order as it came is
//! sealed in `hotline_payloads`, each version of it. What the event log tells of its order (signed, responded, finished, returned,
//! by which unit) is written down by the reader of the log. `hotline_rounds`
//! are the orders that it was worked on by, the returned and the merged ones too; `month` is when it came, in China.
super::migration! {"
CREATE TABLE hotlines (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('active', 'paused', 'removed')),
    system text NOT NULL,
    name text NOT NULL,
    region_code bigint NOT NULL,
    application_id {uuid} REFERENCES applications (id),
    inbound text,
    outbound text,
    failing_since {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE UNIQUE INDEX hotlines_system ON hotlines (system) WHERE state <> 'removed';
CREATE INDEX hotlines_region ON hotlines (region_code, id);

CREATE TABLE hotline_categories (
    hotline_id {uuid} NOT NULL REFERENCES hotlines (id),
    region_code bigint NOT NULL,
    version integer NOT NULL,
    entries text NOT NULL,
    created_at {time} NOT NULL,
    PRIMARY KEY (hotline_id, region_code, version)
);

CREATE TABLE hotline_orders (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    hotline_id {uuid} NOT NULL REFERENCES hotlines (id),
    external_number text NOT NULL,
    external_version integer NOT NULL CHECK (external_version >= 1),
    digest text NOT NULL,
    order_id {uuid} NOT NULL REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    round smallint NOT NULL CHECK (round >= 1),
    region_code bigint NOT NULL,
    kind text NOT NULL,
    item_code text,
    confidential boolean NOT NULL,
    designated boolean NOT NULL,
    sign_by {time} NOT NULL,
    reply_by {time} NOT NULL,
    finish_by {time} NOT NULL,
    extensions smallint NOT NULL,
    signed_at {time},
    responded_at {time},
    responded_in_time boolean,
    finished_at {time},
    returned_at {time},
    called_back_at {time},
    reached boolean,
    solved boolean,
    satisfaction smallint CHECK (satisfaction BETWEEN 1 AND 4),
    satisfied boolean,
    unit_id {uuid} NOT NULL,
    month text NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT hotline_orders_once UNIQUE (hotline_id, external_number)
);
CREATE INDEX hotline_orders_region ON hotline_orders (region_code, id);
CREATE INDEX hotline_orders_order ON hotline_orders (order_id);
CREATE INDEX hotline_orders_month ON hotline_orders (month, region_code, unit_id);

CREATE TABLE hotline_rounds (
    hotline_order_id {uuid} NOT NULL REFERENCES hotline_orders (id),
    order_id {uuid} NOT NULL REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    round smallint NOT NULL,
    PRIMARY KEY (hotline_order_id, order_id)
);
CREATE INDEX hotline_rounds_order ON hotline_rounds (order_id);

CREATE TABLE hotline_payloads (
    hotline_order_id {uuid} NOT NULL REFERENCES hotline_orders (id),
    external_version integer NOT NULL,
    payload text NOT NULL,
    received_at {time} NOT NULL,
    PRIMARY KEY (hotline_order_id, external_version)
);

CREATE TABLE hotline_nonces (
    hotline_id {uuid} NOT NULL REFERENCES hotlines (id),
    nonce text NOT NULL,
    seen_at {time} NOT NULL,
    PRIMARY KEY (hotline_id, nonce)
);
CREATE INDEX hotline_nonces_age ON hotline_nonces (seen_at);
"}
