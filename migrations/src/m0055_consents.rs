//! Consents of residents and accounts (同意), with what their text says sealed; and the keys that sealed data needs. A resident who is
//! here is linked to an account once in a community.
super::migration! {"
CREATE TABLE consents (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    region_code bigint NOT NULL,
    resident_id {uuid} REFERENCES residents (id),
    account_id {uuid} REFERENCES accounts (id),
    purpose text NOT NULL,
    kinds text NOT NULL,
    text_version text NOT NULL,
    given_by text NOT NULL CHECK (given_by IN ('oneself', 'guardian')),
    channel text NOT NULL CHECK (channel IN ('written', 'online', 'oral', 'phone')),
    detail text,
    given_at {time} NOT NULL,
    valid_to {time},
    recorded_by {uuid} REFERENCES accounts (id),
    withdrawn_at {time},
    withdrawn_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT consents_of_somebody CHECK ((resident_id IS NULL) <> (account_id IS NULL)),
    CONSTRAINT consents_period CHECK (valid_to IS NULL OR valid_to > given_at)
);
CREATE INDEX consents_resident ON consents (resident_id, id) WHERE resident_id IS NOT NULL;
CREATE INDEX consents_account ON consents (account_id, id) WHERE account_id IS NOT NULL;
CREATE INDEX consents_withdrawn ON consents (region_code, withdrawn_at) WHERE withdrawn_at IS NOT NULL;

ALTER TABLE residents ADD COLUMN erased_at {time};
CREATE UNIQUE INDEX residents_linked ON residents (account_id, region_code) WHERE account_id IS NOT NULL AND left_on IS NULL;

CREATE TABLE vault_keys (
    id bigint PRIMARY KEY,
    sample text NOT NULL,
    first_used_at {time} NOT NULL
);
"}
