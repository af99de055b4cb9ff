//! What each hotline is told of its work orders, one message for each step of ours, in their order. `hotline_reader` keeps how far the
//! event log has been turned into messages.
super::migration! {"
CREATE TABLE hotline_messages (
    id {uuid} PRIMARY KEY,
    hotline_id {uuid} NOT NULL REFERENCES hotlines (id),
    hotline_order_id {uuid} NOT NULL REFERENCES hotline_orders (id),
    event_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sign', 'return', 'extend', 'progress', 'finish', 'callback', 'rework')),
    external_version integer NOT NULL,
    payload text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'acknowledged', 'failed')),
    step smallint NOT NULL,
    attempts integer NOT NULL,
    due_at {time} NOT NULL,
    claim {uuid},
    outcome text,
    status smallint,
    answer text,
    tried_at {time},
    created_at {time} NOT NULL,
    done_at {time},
    CONSTRAINT hotline_messages_once UNIQUE (hotline_order_id, event_id, kind),
    CONSTRAINT hotline_messages_done CHECK ((state = 'pending') = (done_at IS NULL))
);
CREATE INDEX hotline_messages_due ON hotline_messages (hotline_id, due_at) WHERE state = 'pending';
CREATE INDEX hotline_messages_list ON hotline_messages (hotline_id, id);
CREATE INDEX hotline_messages_open ON hotline_messages (hotline_id, hotline_order_id) WHERE state <> 'acknowledged';

CREATE TABLE hotline_reader (
    id smallint PRIMARY KEY CHECK (id = 1),
    xid bigint NOT NULL,
    seq bigint NOT NULL
);
INSERT INTO hotline_reader (id, xid, seq) VALUES (1, -1, 0);
"}
