//! Organizations as trees: the way down to each as a text of ids, so that what stands beneath one is a range of an index; credit
//! codes, addresses; several roles of one member at a time. `organization_rules` of the country: no template, the posts that
//! the sources name.
super::migration! {"
ALTER TABLE organizations ADD COLUMN credit_code text;
ALTER TABLE organizations ADD COLUMN address text;
ALTER TABLE organizations ADD COLUMN path {plain} NOT NULL DEFAULT '';

WITH RECURSIVE tree (id, path) AS (
    SELECT organizations.id, {organization_hex} FROM organizations WHERE organizations.parent_id IS NULL
    UNION ALL
    SELECT organizations.id, tree.path || {organization_hex} FROM organizations JOIN tree ON organizations.parent_id = tree.id
)
UPDATE organizations SET path = tree.path FROM tree WHERE organizations.id = tree.id;

CREATE UNIQUE INDEX organizations_path ON organizations (path);
CREATE UNIQUE INDEX organizations_credit_code ON organizations (region_code, credit_code) WHERE status = 'active' AND credit_code IS NOT NULL;
CREATE INDEX organizations_kind ON organizations (region_code, kind, status, id);

DROP INDEX memberships_current;
CREATE UNIQUE INDEX memberships_current ON memberships (organization_id, account_id, role) WHERE valid_to IS NULL;
CREATE INDEX memberships_organization ON memberships (organization_id, account_id, id);
DROP INDEX memberships_account;
CREATE INDEX memberships_account ON memberships (account_id, id);

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('organization_rules', 0, 1, '{\"levels\":[],\"post_kinds\":[{\"code\":\"information\",\"name\":\"信息员\"},{\"code\":\"cleaning\",\"name\":\"保洁员\"},{\"code\":\"security\",\"name\":\"保安员\"},{\"code\":\"mediation\",\"name\":\"调解员\"},{\"code\":\"model_post\",\"name\":\"党员示范岗\"},{\"code\":\"pioneer_post\",\"name\":\"党员先锋岗\"},{\"code\":\"duty_zone\",\"name\":\"党员责任区\"},{\"code\":\"plaque\",\"name\":\"党员户挂牌\"}],\"neighborhoods_per_worker\":3}', '2000-01-01T00:00:00+00:00');
"}
