//! What goes out.

use crate::{
    MemberRole, OrganizationKind, OrganizationStatus,
    row::{membership, organization},
};
use chrono::{DateTime, Utc};
use kernel::{
    RegionCode,
    id::{AccountId, GridId, MembershipId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// An organization (组织).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Organization {
    /// Its id (编号).
    pub id: OrganizationId,
    /// Its name (名称).
    pub name: String,
    /// What kind it is (类别).
    pub kind: OrganizationKind,
    /// The region that it lies in (所在区划).
    pub region_code: RegionCode,
    /// The grid that it lies in (所在网格); absent when it belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_id: Option<GridId>,
    /// The organization above it (上级组织); absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<OrganizationId>,
    /// Its unified social credit code (统一社会信用代码).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_code: Option<String>,
    /// Where it is (地址).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether it still exists (状态).
    pub status: OrganizationStatus,
    /// Its version (版本), one higher after each change.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

impl From<organization::Model> for Organization {
    fn from(row: organization::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            region_code: row.region_code,
            grid_id: row.grid_id,
            parent_id: row.parent_id,
            credit_code: row.credit_code,
            address: row.address,
            status: row.status,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A membership (成员关系): an account in an organization, for a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Membership {
    /// Its id (编号).
    pub id: MembershipId,
    /// Where (组织).
    pub organization_id: OrganizationId,
    /// Who (账号).
    pub account_id: AccountId,
    /// As what (职务).
    pub role: MemberRole,
    /// Since when (起始时间).
    pub valid_from: DateTime<Utc>,
    /// Until when (终止时间), planned or past; absent while no end is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
}

/// A membership with what it is in (任职情况).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountMembership {
    /// Its id (编号).
    pub id: MembershipId,
    /// Who (账号).
    pub account_id: AccountId,
    /// As what (职务).
    pub role: MemberRole,
    /// Where (组织).
    pub organization_id: OrganizationId,
    /// What the organization is called (组织名称).
    pub organization_name: String,
    /// What kind of organization it is (组织类别).
    pub organization_kind: OrganizationKind,
    /// Where the organization lies (组织所在区划).
    pub region_code: RegionCode,
    /// Since when (起始时间).
    pub valid_from: DateTime<Utc>,
    /// Until when (终止时间), planned or past; absent while no end is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
}

impl From<(membership::Model, organization::Model)> for AccountMembership {
    fn from((row, organization): (membership::Model, organization::Model)) -> Self {
        Self {
            id: row.id,
            account_id: row.account_id,
            role: row.role,
            organization_id: row.organization_id,
            organization_name: organization.name,
            organization_kind: organization.kind,
            region_code: organization.region_code,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// How many organizations there are of a kind, and in them (类别统计).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganizationCount {
    /// Which kind (类别).
    pub kind: OrganizationKind,
    /// Active organizations (在册组织数).
    #[schema(minimum = 0)]
    pub organizations: i64,
    /// Memberships that hold now (在任成员关系数).
    #[schema(minimum = 0)]
    pub memberships: i64,
    /// Accounts with such a membership, each once (成员人数).
    #[schema(minimum = 0)]
    pub members: i64,
}

/// How many organizations there are in a region, by kind (组织统计).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganizationStatistics {
    /// Where (区划), with everything beneath it.
    pub region_code: RegionCode,
    /// Active organizations of every kind (在册组织总数).
    #[schema(minimum = 0)]
    pub organizations: i64,
    /// By kind (按类别), those that there are.
    pub kinds: Vec<OrganizationCount>,
}

impl From<membership::Model> for Membership {
    fn from(row: membership::Model) -> Self {
        Self {
            id: row.id,
            organization_id: row.organization_id,
            account_id: row.account_id,
            role: row.role,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// What the order engine knows of an organization. It is not part of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationSummary {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What kind it is: whether it fits an item's kinds of provider.
    pub kind: OrganizationKind,
    /// The region that it lies in.
    pub region_code: RegionCode,
    /// The grid that it lies in; absent when it belongs to none.
    pub grid_id: Option<GridId>,
    /// Whether it can take orders: it has not been closed.
    pub active: bool,
}

impl From<organization::Model> for OrganizationSummary {
    fn from(row: organization::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            region_code: row.region_code,
            grid_id: row.grid_id,
            active: row.status == OrganizationStatus::Active,
        }
    }
}

/// One grid, one branch (一个网格一个支部): which comprehensive grids of a region have a party organization of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BranchReport {
    /// All comprehensive grids in use (综合网格数).
    pub grids: u32,
    /// With a grid branch (已建党支部).
    pub with_branch: u32,
    /// Without a branch, with a party group (已建党小组), where a branch would be too small.
    pub with_group: u32,
    /// With neither (未覆盖).
    pub unbound: u32,
    /// With more than one branch (重复建立).
    pub with_several_branches: u32,
    /// The first hundred grids with neither (未覆盖网格).
    pub unbound_grids: Vec<grids::GridRef>,
}
