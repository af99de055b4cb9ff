//! What happens to grants.

use super::row;
use kernel::{
    Event, EventType, RegionCode, Role,
    id::{AccountId, GridId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct GrantEvent {
    #[serde(skip)]
    kind: EventType,
    /// Whose it is.
    account_id: AccountId,
    /// The role.
    role: Role,
    /// Where it holds: one of region, grid and organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    region_code: Option<RegionCode>,
    /// In this grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_id: Option<GridId>,
    /// In this organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
}

impl GrantEvent {
    fn of(kind: EventType, row: &row::Model) -> Self {
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
        Self::of(EventType::GrantGiven, row)
    }

    pub(crate) fn revoked(row: &row::Model) -> Self {
        Self::of(EventType::GrantRevoked, row)
    }
}

impl Event for GrantEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}
