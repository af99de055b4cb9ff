//! Posts of organizations, which somebody claims, and pledges, which are kept or not.
super::migration! {"
CREATE TABLE posts (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    kind text NOT NULL,
    title text NOT NULL,
    duties text,
    holder_id {uuid} REFERENCES accounts (id),
    claimed_at {time},
    closed_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CHECK ((holder_id IS NULL) = (claimed_at IS NULL)),
    CHECK (closed_at IS NULL OR holder_id IS NULL)
);
CREATE INDEX posts_region ON posts (region_code, id);
CREATE INDEX posts_organization ON posts (organization_id, region_code, id);
CREATE INDEX posts_holder ON posts (holder_id) WHERE holder_id IS NOT NULL;

CREATE TABLE pledges (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    organization_id {uuid} NOT NULL REFERENCES organizations (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    account_id {uuid} REFERENCES accounts (id),
    text text NOT NULL,
    from_on {date} NOT NULL,
    due_on {date} NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'kept', 'not_kept')),
    judged_at {time},
    published_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CHECK (due_on >= from_on),
    CHECK ((state = 'open') = (judged_at IS NULL))
);
CREATE INDEX pledges_region ON pledges (region_code, id);
CREATE INDEX pledges_organization ON pledges (organization_id, region_code, id);
CREATE INDEX pledges_account ON pledges (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX pledges_published ON pledges (region_code, id) WHERE published_at IS NOT NULL;
"}
