//! People's mediation cases. The constraints tie facts to states: nobody mediates without a mediator,
//! and nothing is agreed without an agreement and the time from which it binds.
//!
//! `facts`, `parties`, `reason` and `agreement` are sealed. `closed_from` keeps how a case ended.
super::migration! {"
CREATE TABLE mediation_cases (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('applied', 'accepted', 'refused', 'mediating', 'agreed_oral', 'agreed_written', 'failed', 'terminated_by_party', 'withdrawn', 'performing', 'performed', 'breached', 'closed')),
    region_code bigint NOT NULL REFERENCES regions (code),
    grid_id {uuid} REFERENCES grids (id),
    kind text NOT NULL,
    applied_how text NOT NULL CHECK (applied_how IN ('oral', 'written', 'proactive')),
    title text NOT NULL,
    facts text NOT NULL,
    parties text NOT NULL,
    mediator_id {uuid} REFERENCES accounts (id),
    reason text,
    agreement_form text CHECK (agreement_form IN ('oral', 'written')),
    agreement text,
    effective_at {time},
    closed_from text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    closed_at {time},
    CONSTRAINT mediation_cases_mediated CHECK (state NOT IN ('mediating', 'agreed_oral', 'agreed_written', 'failed', 'performing', 'performed', 'breached') OR mediator_id IS NOT NULL),
    CONSTRAINT mediation_cases_refused CHECK (state <> 'refused' OR reason IS NOT NULL),
    CONSTRAINT mediation_cases_agreed CHECK (state NOT IN ('agreed_oral', 'agreed_written', 'performing', 'performed', 'breached') OR agreement IS NOT NULL),
    CONSTRAINT mediation_cases_agreement CHECK ((agreement IS NULL) = (effective_at IS NULL) AND (agreement IS NULL) = (agreement_form IS NULL)),
    CONSTRAINT mediation_cases_oral CHECK (state <> 'agreed_oral' OR agreement_form = 'oral'),
    CONSTRAINT mediation_cases_written CHECK (state <> 'agreed_written' OR agreement_form = 'written'),
    CONSTRAINT mediation_cases_shut CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_from IS NULL))
);
CREATE INDEX mediation_cases_region ON mediation_cases (region_code, id);
CREATE INDEX mediation_cases_grid ON mediation_cases (grid_id) WHERE grid_id IS NOT NULL;
"}
