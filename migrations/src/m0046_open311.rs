//! What the outside world may ask for (Open311): which catalogue entries are offered to it and what they ask besides, which
//! orders came that way, and which updates from outside have been taken. A request is written in the transaction of its order,
//! before it; an update is taken once.
super::migration! {"
ALTER TABLE service_items ADD COLUMN reporting text NOT NULL DEFAULT 'none' CHECK (reporting IN ('none', 'realtime', 'batch', 'blackbox'));
ALTER TABLE service_items ADD COLUMN attributes text NOT NULL DEFAULT '[]';

CREATE TABLE open_requests (
    order_id {uuid} PRIMARY KEY REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    region_code bigint NOT NULL,
    item_code text NOT NULL,
    item_id {uuid} NOT NULL REFERENCES service_items (id),
    reporting text NOT NULL CHECK (reporting IN ('realtime', 'batch', 'blackbox')),
    description text NOT NULL,
    address text
);
CREATE INDEX open_requests_region ON open_requests (region_code, order_id);
CREATE INDEX open_requests_item ON open_requests (item_code, order_id);

CREATE TABLE open_updates (
    order_id {uuid} NOT NULL REFERENCES open_requests (order_id),
    external_id text NOT NULL,
    order_version integer NOT NULL,
    PRIMARY KEY (order_id, external_id)
);
"}
