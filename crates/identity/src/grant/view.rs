//! What goes out about grants.

use super::row;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode, Role, Scope,
    error::{Error, Result},
    id::{AccountId, GrantId, GridId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A grant (授权): a role of an account within a region, a grid or an organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Whose it is (账号).
    pub account_id: AccountId,
    /// The role (角色).
    pub role: Role,
    /// The region (区划) that it holds in, with everything beneath it; absent if it holds in a grid or an organization.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region_code: Option<RegionCode>,
    /// The grid (网格) that it holds in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// The organization (组织) that it holds in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<OrganizationId>,
    /// From when (生效时间).
    pub valid_from: DateTime<Utc>,
    /// Until when (失效时间); open when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// Who gave it (授权人); absent when the system itself did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub granted_by: Option<AccountId>,
    /// When it was given (授权时间).
    pub created_at: DateTime<Utc>,
}

impl From<row::Model> for Grant {
    fn from(row: row::Model) -> Self {
        let row::Model {
            id,
            account_id,
            role,
            region_code,
            grid_id,
            organization_id,
            place_code: _,
            valid_from,
            valid_to,
            granted_by,
            created_at,
        } = row;
        Self { id, account_id, role, region_code, grid_id, organization_id, valid_from, valid_to, granted_by, created_at }
    }
}

/// The one scope that these three name.
pub(crate) fn scope(region: Option<RegionCode>, grid: Option<GridId>, organization: Option<OrganizationId>) -> Result<Scope> {
    match (region, grid, organization) {
        (Some(region), None, None) => Ok(Scope::Region(region)),
        (None, Some(grid), None) => Ok(Scope::Grid(grid)),
        (None, None, Some(organization)) => Ok(Scope::Organization(organization)),
        _ => Err(Error::internal("a grant has one scope")),
    }
}
