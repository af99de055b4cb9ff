//! How long data of a class is kept (保存期限). The country's policy names no time: nothing is deleted before a place says so.
super::migration! {"
INSERT INTO policies (kind, region_code, version, data, valid_from, valid_to) VALUES ('retention', 0, 1, '{}', '2026-01-01T00:00:00Z', NULL);
CREATE INDEX orders_closed ON orders (region_code, closed_at) WHERE contact IS NOT NULL AND closed_at IS NOT NULL;
CREATE INDEX opinions_fed_back ON opinions (region_code, fed_back_at) WHERE contact IS NOT NULL AND fed_back_at IS NOT NULL;
CREATE INDEX opinions_requester ON opinions (requester_id, id) WHERE requester_id IS NOT NULL;
CREATE INDEX residents_left_region ON residents (region_code, left_on) WHERE left_on IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_at);
"}
