//! The tables `organizations` and `memberships`, and the words that they store.

// One kind for what the sources call by several names: a party household (党员中心户) is a 党员楼栋长 where a template says so.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of organization it is (组织类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OrganizationKind {
    /// 社区党组织
    CommunityPartyOrganization,
    /// 网格党支部
    GridBranch,
    /// 党小组
    PartyGroup,
    /// 驻区单位
    ResidentUnit,
    /// 社会组织
    SocialOrganization,
    /// 物业公司
    PropertyCompany,
    /// 业主委员会
    OwnersCommittee,
    /// 居民委员会
    ResidentsCommittee,
    /// 职能部门
    GovernmentDepartment,
    /// 志愿服务队
    VolunteerTeam,
    /// 其他
    Other,
    /// 街道党工委
    StreetPartyCommittee,
    /// 新业态新就业群体综合党委
    NewEmploymentPartyCommittee,
    /// 新业态新就业群体联合党支部
    JointBranch,
    /// 党员中心户、党员楼栋长
    PartyHousehold,
    /// 邻里: about 300 households, with 五个一.
    Neighborhood,
    /// 邻里和谐促进会
    HarmonyAssociation,
    /// 楼群自管会 (1+X×N)
    BuildingCouncil,
}

/// Whether an organization still exists (组织状态).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStatus {
    /// 在册
    Active,
    /// 已撤销
    Closed,
}

/// What somebody is in an organization (成员职务).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// 成员
    Member,
    /// 书记
    Secretary,
    /// 副职
    Deputy,
    /// 工作人员
    Staff,
    /// 负责人
    Leader,
    /// 骨干: one of the X of a building council (1+X×N).
    Backbone,
    /// 理事
    CouncilMember,
    /// 联络员
    Liaison,
}

pub(crate) mod organization {
    use super::{OrganizationKind, OrganizationStatus};
    use kernel::{
        RegionCode,
        id::{GridId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organizations")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrganizationId,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        pub kind: OrganizationKind,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub parent_id: Option<OrganizationId>,
        /// The ids from the top down to itself; see `tree`.
        #[sea_orm(column_type = "Text")]
        pub path: String,
        pub credit_code: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub address: Option<String>,
        pub status: OrganizationStatus,
        pub version: i32,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod membership {
    use super::MemberRole;
    use kernel::id::{AccountId, MembershipId, OrganizationId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "memberships")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: MembershipId,
        pub organization_id: OrganizationId,
        pub account_id: AccountId,
        pub role: MemberRole,
        pub valid_from: ChronoDateTimeUtc,
        pub valid_to: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
