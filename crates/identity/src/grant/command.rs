//! What comes in about grants.

use super::view::scope;
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode, Role, Scope,
    error::{Code, Error, Result},
    id::{GridId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Gives a role (授权) within exactly one of a region, a grid and an organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateGrant {
    /// The role (角色).
    pub role: Role,
    /// The region (区划) that it holds in, with everything beneath it.
    pub region_code: Option<RegionCode>,
    /// The grid (网格) that it holds in.
    pub grid_id: Option<GridId>,
    /// The organization (组织) that it holds in.
    pub organization_id: Option<OrganizationId>,
    /// From when (生效时间); from now on when absent.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when (失效时间); open when absent.
    pub valid_to: Option<DateTime<Utc>>,
}

impl CreateGrant {
    /// A role in a region, from now on.
    #[must_use]
    pub const fn in_region(role: Role, region: RegionCode) -> Self {
        Self { role, region_code: Some(region), grid_id: None, organization_id: None, valid_from: None, valid_to: None }
    }

    /// What it is limited to.
    ///
    /// # Errors
    /// `grant_scope_invalid` unless exactly one scope is named.
    pub fn scope(&self) -> Result<Scope> {
        scope(self.region_code, self.grid_id, self.organization_id).map_err(|e| Error::new(Code::GrantScopeInvalid).because(e))
    }
}

/// How to page through an account's grants.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListGrants {
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
