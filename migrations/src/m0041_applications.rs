//! Programs that may call: applications, their credentials, and how often they called. An event names the application that
//! caused it.
super::migration! {"
CREATE TABLE applications (
    id {uuid} PRIMARY KEY,
    account_id {uuid} NOT NULL UNIQUE REFERENCES accounts (id),
    name text NOT NULL,
    purpose text NOT NULL,
    contact text NOT NULL,
    region_code bigint NOT NULL,
    scopes text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'suspended', 'revoked')),
    requests_per_minute integer CHECK (requests_per_minute >= 1),
    agreement_reference text,
    agreement_classes text,
    agreement_from {time},
    agreement_to {time},
    agreement_by {uuid} REFERENCES accounts (id),
    agreement_at {time},
    version integer NOT NULL CHECK (version >= 1),
    created_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT applications_agreement CHECK (
        (agreement_reference IS NULL) = (agreement_at IS NULL)
        AND (agreement_reference IS NULL) = (agreement_classes IS NULL)
        AND (agreement_reference IS NULL) = (agreement_from IS NULL)
        AND (agreement_reference IS NULL) = (agreement_to IS NULL)
        AND (agreement_to IS NULL OR agreement_to >= agreement_from)
    )
);
CREATE INDEX applications_region ON applications (region_code, id);

CREATE TABLE application_credentials (
    id {uuid} PRIMARY KEY,
    application_id {uuid} NOT NULL REFERENCES applications (id),
    kind text NOT NULL CHECK (kind IN ('api_key', 'client_secret')),
    label text NOT NULL,
    digest text NOT NULL,
    hint text NOT NULL,
    scopes text,
    version integer NOT NULL CHECK (version >= 1),
    replaced_by {uuid} REFERENCES application_credentials (id) DEFERRABLE INITIALLY DEFERRED,
    created_by {uuid} REFERENCES accounts (id),
    created_at {time} NOT NULL,
    expires_at {time},
    revoked_at {time},
    last_used_on {date}
);
CREATE INDEX application_credentials_application ON application_credentials (application_id, id);

CREATE TABLE application_usage (
    application_id {uuid} NOT NULL REFERENCES applications (id),
    day {date} NOT NULL,
    operation text NOT NULL,
    requests bigint NOT NULL,
    refused bigint NOT NULL,
    throttled bigint NOT NULL,
    failed bigint NOT NULL,
    PRIMARY KEY (application_id, day, operation)
);

ALTER TABLE events ADD COLUMN application_id {uuid};
"}
