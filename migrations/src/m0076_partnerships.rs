//! What organizations offer and need, who claimed it, and what came of it. The proof is sealed.
super::migration! {"
CREATE TABLE partnership_items (
    id {uuid} PRIMARY KEY,
    version integer NOT NULL CHECK (version >= 1),
    state text NOT NULL CHECK (state IN ('open', 'claimed', 'signed', 'fulfilled', 'unfulfilled', 'withdrawn')),
    side text NOT NULL CHECK (side IN ('offer', 'need')),
    kind text NOT NULL,
    alliance_id {uuid} REFERENCES alliances (id),
    region_code bigint NOT NULL REFERENCES regions (code),
    owner_id {uuid} NOT NULL REFERENCES organizations (id),
    owner_region bigint NOT NULL,
    title text NOT NULL,
    detail text,
    valid_until {date},
    claimant_id {uuid} REFERENCES organizations (id),
    claimant_region bigint,
    claimed_at {time},
    owner_signed_by {uuid} REFERENCES accounts (id),
    owner_signed_at {time},
    claimant_signed_by {uuid} REFERENCES accounts (id),
    claimant_signed_at {time},
    judged_at {time},
    proof text,
    reason text,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    CONSTRAINT partnership_items_claimed CHECK (
        (state IN ('open', 'withdrawn')) = (claimant_id IS NULL)
        AND (claimant_id IS NULL) = (claimant_region IS NULL)
        AND (claimant_id IS NULL) = (claimed_at IS NULL)
    ),
    CONSTRAINT partnership_items_other CHECK (claimant_id IS NULL OR claimant_id <> owner_id),
    CONSTRAINT partnership_items_signed CHECK (
        (state IN ('signed', 'fulfilled', 'unfulfilled')) = (owner_signed_at IS NOT NULL AND claimant_signed_at IS NOT NULL)
    ),
    CONSTRAINT partnership_items_judged CHECK ((state IN ('fulfilled', 'unfulfilled')) = (judged_at IS NOT NULL))
);
CREATE INDEX partnership_items_region ON partnership_items (region_code, id);
CREATE INDEX partnership_items_alliance ON partnership_items (alliance_id, region_code, id) WHERE alliance_id IS NOT NULL;
CREATE INDEX partnership_items_owner ON partnership_items (owner_id, region_code, id);
CREATE INDEX partnership_items_claimant ON partnership_items (claimant_id, region_code, id) WHERE claimant_id IS NOT NULL;
CREATE INDEX partnership_items_owner_region ON partnership_items (owner_region, region_code, id);
CREATE INDEX partnership_items_claimant_region ON partnership_items (claimant_region, region_code, id) WHERE claimant_id IS NOT NULL;
"}
