//! What other systems say of an order: under which numbers they know it, that nobody who does the work may see who asked, that
//! they named this community after a dispute, until when it may be returned, and when they want it done. A number is written
//! before its order, in one transaction; so its key is looked at when that ends.
//!
//! The rules of the country for hotlines are where every deployment starts: the days for finishing are those of
//! Guangdong (handbook 2, B.4), the others are no law's; each place sets its own.
super::migration! {"
ALTER TABLE orders ADD COLUMN confidential boolean NOT NULL DEFAULT false;
ALTER TABLE orders ADD COLUMN designated boolean NOT NULL DEFAULT false;
ALTER TABLE orders ADD COLUMN reject_until {time};
ALTER TABLE orders ADD COLUMN fixed_finish_by {time};
ALTER TABLE orders ADD COLUMN external_count smallint NOT NULL DEFAULT 0;

CREATE TABLE order_external_refs (
    system text NOT NULL,
    number text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    order_id {uuid} NOT NULL REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
    digest text,
    added_at {time} NOT NULL,
    PRIMARY KEY (system, number)
);
CREATE INDEX order_external_refs_order ON order_external_refs (order_id);
CREATE INDEX order_external_refs_number ON order_external_refs (number);

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('hotline', 0, 1, '{\"limits\":[{\"kinds\":[\"consult\"],\"sign\":{\"value\":4,\"unit\":\"working_hours\"},\"reply\":{\"value\":1,\"unit\":\"working_days\"},\"finish\":{\"value\":2,\"unit\":\"working_days\"}},{\"kinds\":[\"complaint\",\"report\"],\"sign\":{\"value\":4,\"unit\":\"working_hours\"},\"reply\":{\"value\":1,\"unit\":\"working_days\"},\"finish\":{\"value\":15,\"unit\":\"working_days\"}},{\"kinds\":[],\"sign\":{\"value\":4,\"unit\":\"working_hours\"},\"reply\":{\"value\":1,\"unit\":\"working_days\"},\"finish\":{\"value\":10,\"unit\":\"working_days\"}}],\"return_within\":{\"value\":1,\"unit\":\"working_days\"},\"extensions\":1,\"satisfied_from\":3}', '2000-01-01T00:00:00+00:00');
"}
