//! Visit campaigns, the households that they go over, and visits; and what visits know of a household.
//!
//! When a campaign starts its households are copied into `visit_targets` and stand fast. `visit_counts` adds them up by
//! community, grid and visitor, so that its coverage is a sum over some hundreds of rows; a nil UUID stands there for none.
//! `visit_people` has one row for each resident of a campaign who was met, however often.
super::migration! {"
ALTER TABLE households ADD COLUMN visit_class text;
ALTER TABLE households ADD COLUMN visited_on {date};
CREATE INDEX households_visit ON households (region_code, id) WHERE visit_class IS NOT NULL;

CREATE TABLE visit_campaigns (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('planned', 'running', 'closed')),
    region_code bigint NOT NULL REFERENCES regions (code),
    kind text NOT NULL,
    title text NOT NULL,
    starts_on {date} NOT NULL,
    ends_on {date} NOT NULL,
    grid_ids text NOT NULL,
    building_ids text NOT NULL,
    household_ids text NOT NULL,
    created_by {uuid} NOT NULL REFERENCES accounts (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    started_at {time},
    closed_at {time},
    CONSTRAINT visit_campaigns_period CHECK (ends_on >= starts_on),
    CONSTRAINT visit_campaigns_running CHECK (state <> 'running' OR started_at IS NOT NULL),
    CONSTRAINT visit_campaigns_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX visit_campaigns_region ON visit_campaigns (region_code, id);

CREATE TABLE visit_targets (
    campaign_id {uuid} NOT NULL REFERENCES visit_campaigns (id),
    household_id {uuid} NOT NULL,
    region_code bigint NOT NULL,
    grid_id {uuid},
    building_id {uuid},
    visitor_id {uuid} REFERENCES accounts (id),
    state text NOT NULL CHECK (state IN ('pending', 'tried', 'visited', 'gone')),
    waiting boolean NOT NULL,
    residents integer NOT NULL CHECK (residents >= 0),
    residents_met integer NOT NULL CHECK (residents_met >= 0),
    visits integer NOT NULL CHECK (visits >= 0),
    last_visit_id {uuid},
    last_result text,
    last_visited_at {time},
    revisit_on {date},
    PRIMARY KEY (campaign_id, household_id)
);
CREATE INDEX visit_targets_waiting ON visit_targets (campaign_id, waiting, region_code, household_id);
CREATE INDEX visit_targets_grid ON visit_targets (campaign_id, grid_id, waiting, region_code, household_id);
CREATE INDEX visit_targets_visitor ON visit_targets (campaign_id, visitor_id, waiting, region_code, household_id) WHERE visitor_id IS NOT NULL;
CREATE INDEX visit_targets_building ON visit_targets (campaign_id, building_id);
CREATE INDEX visit_targets_revisit ON visit_targets (campaign_id, revisit_on) WHERE revisit_on IS NOT NULL;

CREATE TABLE visit_counts (
    campaign_id {uuid} NOT NULL REFERENCES visit_campaigns (id),
    region_code bigint NOT NULL,
    grid_id {uuid} NOT NULL,
    visitor_id {uuid} NOT NULL,
    households integer NOT NULL,
    visited integer NOT NULL CHECK (visited >= 0),
    tried integer NOT NULL CHECK (tried >= 0),
    gone integer NOT NULL CHECK (gone >= 0),
    residents integer NOT NULL,
    residents_met integer NOT NULL CHECK (residents_met >= 0),
    PRIMARY KEY (campaign_id, region_code, grid_id, visitor_id)
);
CREATE INDEX visit_counts_visitor ON visit_counts (visitor_id, campaign_id);

CREATE TABLE visits (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    campaign_id {uuid} REFERENCES visit_campaigns (id),
    household_id {uuid} NOT NULL REFERENCES households (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    visitor_id {uuid} NOT NULL REFERENCES accounts (id),
    visited_at {time} NOT NULL,
    result text NOT NULL CHECK (result IN ('met', 'absent', 'refused', 'moved', 'vacant')),
    residents_met smallint NOT NULL CHECK (residents_met >= 0),
    note text,
    revisit_on {date},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL
);
CREATE INDEX visits_region ON visits (region_code, id);
CREATE INDEX visits_grid ON visits (grid_id, region_code, id) WHERE grid_id IS NOT NULL;
CREATE INDEX visits_household ON visits (household_id, region_code, id);
CREATE INDEX visits_visitor ON visits (visitor_id, region_code, id);
CREATE INDEX visits_campaign ON visits (campaign_id, region_code, id) WHERE campaign_id IS NOT NULL;

CREATE TABLE visit_residents (
    visit_id {uuid} NOT NULL REFERENCES visits (id),
    resident_id {uuid} NOT NULL REFERENCES residents (id),
    PRIMARY KEY (visit_id, resident_id)
);
CREATE INDEX visit_residents_resident ON visit_residents (resident_id);

CREATE TABLE visit_people (
    campaign_id {uuid} NOT NULL REFERENCES visit_campaigns (id),
    resident_id {uuid} NOT NULL REFERENCES residents (id),
    visit_id {uuid} NOT NULL,
    PRIMARY KEY (campaign_id, resident_id)
);

INSERT INTO policies (kind, region_code, version, data, valid_from) VALUES
('visit_rules', 0, 1, '{\"classes\":[]}', '2000-01-01T00:00:00+00:00');
"}
