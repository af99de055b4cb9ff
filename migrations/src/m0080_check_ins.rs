//! Check-ins (双报到). What somebody says of themselves is sealed; skills are the words of the roll. One check-in of a kind at a
//! time; of organizations, one each.
super::migration! {"
CREATE TABLE check_ins (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    account_id {uuid} NOT NULL REFERENCES accounts (id),
    kind text NOT NULL CHECK (kind IN ('residence', 'workplace', 'organization')),
    state text NOT NULL CHECK (state IN ('filed', 'confirmed', 'ended')),
    region_code bigint NOT NULL REFERENCES regions (code),
    organization_id {uuid} REFERENCES organizations (id),
    skills text NOT NULL,
    detail text,
    words text,
    grant_id {uuid},
    confirmed_by {uuid} REFERENCES accounts (id),
    confirmed_at {time},
    ended_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT check_ins_place CHECK ((kind = 'residence') = (organization_id IS NULL)),
    CONSTRAINT check_ins_ended CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CONSTRAINT check_ins_confirmed CHECK (state <> 'confirmed' OR confirmed_at IS NOT NULL)
);
CREATE UNIQUE INDEX check_ins_open ON check_ins (account_id, kind) WHERE state <> 'ended' AND kind <> 'organization';
CREATE UNIQUE INDEX check_ins_belonging ON check_ins (account_id, organization_id) WHERE state <> 'ended' AND kind = 'organization';
CREATE INDEX check_ins_region ON check_ins (region_code, id);
CREATE INDEX check_ins_account ON check_ins (account_id, region_code, id);
CREATE INDEX check_ins_organization ON check_ins (organization_id, region_code, id) WHERE organization_id IS NOT NULL;
CREATE INDEX check_ins_serving ON check_ins (region_code, account_id) WHERE state = 'confirmed' AND kind = 'residence';
"}
