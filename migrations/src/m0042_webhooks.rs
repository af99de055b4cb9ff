//! Webhook endpoints, what each of them is to be told, and every attempt to tell it. `webhook_reader` keeps how far the event
//! log has been turned into deliveries; its `generation` counts the changes of who listens. `webhook_replays` are ranges of
//! the log that an endpoint is still to be told again.
super::migration! {"
CREATE TABLE webhook_endpoints (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'removed')),
    reason text CHECK (reason IN ('by_hand', 'failing', 'permission_lost', 'gone')),
    region_code bigint NOT NULL,
    owner_id {uuid} NOT NULL REFERENCES accounts (id),
    name text NOT NULL,
    url text NOT NULL,
    format text NOT NULL CHECK (format IN ('standard_webhooks', 'cloudevents')),
    types text NOT NULL,
    secrets text NOT NULL,
    since_event_id bigint NOT NULL,
    failing_since {time},
    hold_until {time},
    stopped_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT webhook_endpoints_stopped CHECK ((state = 'active') = (stopped_at IS NULL) AND (state = 'active') = (reason IS NULL))
);
CREATE INDEX webhook_endpoints_region ON webhook_endpoints (region_code, id);

CREATE TABLE webhook_deliveries (
    id {uuid} PRIMARY KEY,
    endpoint_id {uuid} NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    event_id bigint NOT NULL,
    event_type text NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    step smallint NOT NULL,
    attempts integer NOT NULL,
    due_at {time} NOT NULL,
    claim {uuid},
    outcome text,
    status smallint,
    created_at {time} NOT NULL,
    done_at {time},
    CONSTRAINT webhook_deliveries_once UNIQUE (endpoint_id, event_id),
    CONSTRAINT webhook_deliveries_done CHECK ((state = 'pending') = (done_at IS NULL))
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (done_at) WHERE state <> 'pending';

CREATE TABLE webhook_attempts (
    delivery_id {uuid} NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number integer NOT NULL,
    at {time} NOT NULL,
    duration_ms integer NOT NULL,
    outcome text NOT NULL,
    status smallint,
    answer text,
    PRIMARY KEY (delivery_id, number)
);

CREATE TABLE webhook_replays (
    id {uuid} PRIMARY KEY,
    endpoint_id {uuid} NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    after_event_id bigint NOT NULL,
    until_event_id bigint NOT NULL,
    undelivered_only boolean NOT NULL,
    created_at {time} NOT NULL
);

CREATE TABLE webhook_reader (
    id smallint PRIMARY KEY CHECK (id = 1),
    xid bigint NOT NULL,
    seq bigint NOT NULL,
    generation bigint NOT NULL
);
INSERT INTO webhook_reader (id, xid, seq, generation) VALUES (1, -1, 0, 0);
"}
