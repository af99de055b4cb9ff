//! Orders. The constraints tie facts to states: an order cannot be accepted without a taker or
//! completed without a result, whatever the code above believes.
//!
//! `lead_slot` makes the limit of open claims per taker a fact of the database: a claim takes the
//! lowest free number, and two claims cannot take the same one.
super::migration! {"
CREATE TABLE orders (
    id {uuid} PRIMARY KEY,
    number text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('placed', 'triaged', 'dispatched', 'accepted', 'in_progress', 'completed', 'evaluated', 'closed', 'rejected', 'cancelled', 'suspended', 'merged')),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    item_id {uuid} REFERENCES service_items (id),
    priority text NOT NULL,
    channel text NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    requester_id {uuid} REFERENCES accounts (id),
    placed_by {uuid},
    contact text,
    lng {double},
    lat {double},
    given_lng {double},
    given_lat {double},
    given_datum text,
    dispatch_mode text,
    lead_kind text,
    lead_id {uuid},
    lead_slot smallint,
    assistant_count smallint NOT NULL,
    respond_limit text,
    finish_limit text,
    respond_by {time},
    finish_by {time},
    due_at {time},
    suspended_from text,
    suspended_at {time},
    rework_count smallint NOT NULL,
    result text,
    answer text,
    completed_by {uuid},
    score smallint CHECK (score BETWEEN 1 AND 5),
    tags text,
    comment text,
    reject_code text,
    reject_text text,
    reject_channel text,
    merged_into {uuid} REFERENCES orders (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    accepted_at {time},
    completed_at {time},
    evaluated_at {time},
    closed_at {time},
    CONSTRAINT orders_lead CHECK ((lead_id IS NULL) = (lead_kind IS NULL)),
    CONSTRAINT orders_slot CHECK (lead_slot IS NULL OR lead_id IS NOT NULL),
    CONSTRAINT orders_doing CHECK (state NOT IN ('accepted', 'in_progress') OR (lead_id IS NOT NULL AND accepted_at IS NOT NULL)),
    CONSTRAINT orders_done CHECK (state NOT IN ('completed', 'evaluated', 'closed') OR (result IS NOT NULL AND completed_at IS NOT NULL)),
    CONSTRAINT orders_judged CHECK (state <> 'evaluated' OR (score IS NOT NULL AND evaluated_at IS NOT NULL)),
    CONSTRAINT orders_shut CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT orders_refused CHECK ((state = 'rejected') = (reject_code IS NOT NULL)),
    CONSTRAINT orders_paused CHECK ((state = 'suspended') = (suspended_at IS NOT NULL) AND (suspended_at IS NULL) = (suspended_from IS NULL)),
    CONSTRAINT orders_joined CHECK ((state = 'merged') = (merged_into IS NOT NULL))
){hot};
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_region ON orders (region_code, id);
CREATE INDEX orders_state ON orders (region_code, state, id);
CREATE INDEX orders_unclosed ON orders (state, id) WHERE state <> 'closed';
CREATE INDEX orders_county ON orders ((region_code / 1000000), id);
CREATE INDEX orders_grid ON orders (grid_id, id) WHERE grid_id IS NOT NULL;
CREATE INDEX orders_requester ON orders (requester_id, id) WHERE requester_id IS NOT NULL;
CREATE INDEX orders_taker ON orders (lead_id, id) WHERE lead_id IS NOT NULL;
CREATE UNIQUE INDEX orders_lead_slot ON orders (lead_id, lead_slot) WHERE lead_slot IS NOT NULL;
CREATE INDEX orders_doing ON orders (lead_id, lead_slot) WHERE state IN ('accepted', 'in_progress', 'suspended');
CREATE INDEX orders_due ON orders (region_code, id) WHERE due_at IS NOT NULL;
CREATE INDEX orders_changed ON orders (updated_at, id);

CREATE TABLE order_assistants (
    order_id {uuid} NOT NULL REFERENCES orders (id),
    taker_id {uuid} NOT NULL,
    taker_kind text NOT NULL,
    added_at {time} NOT NULL,
    PRIMARY KEY (order_id, taker_id)
);
CREATE INDEX order_assistants_taker ON order_assistants (taker_id, order_id);

CREATE TABLE order_followers (
    order_id {uuid} NOT NULL REFERENCES orders (id),
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    since {time} NOT NULL,
    PRIMARY KEY (order_id, account_id)
);
CREATE INDEX order_followers_account ON order_followers (account_id, order_id);
"}
