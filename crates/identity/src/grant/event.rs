//! What happens to grants.

use super::row;
use kernel::{
    Event, RegionCode, Role,
    id::{AccountId, GridId, OrganizationId},
};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct GrantEvent {
    #[serde(skip)]
    kind: &'static str,
    account_id: AccountId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    region_code: Option<RegionCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_id: Option<GridId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
}

impl GrantEvent {
    fn of(kind: &'static str, row: &row::Model) -> Self {
        Self {
            kind,
            account_id: row.account_id,
            role: row.role,
            region_code: row.region_code,
            grid_id: row.grid_id,
            organization_id: row.organization_id,
        }
    }

    pub(crate) fn given(row: &row::Model) -> Self {
        Self::of("grant.given", row)
    }

    pub(crate) fn revoked(row: &row::Model) -> Self {
        Self::of("grant.revoked", row)
    }
}

impl Event for GrantEvent {
    fn kind(&self) -> &'static str {
        self.kind
    }
}
