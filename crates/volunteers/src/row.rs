//! The table `volunteers`, and the word that it stores.

use kernel::Role;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a taker of orders is (接单人类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum VolunteerKind {
    /// 志愿者
    Volunteer,
    /// 党员
    PartyMember,
    /// 网格员
    GridMember,
    /// 社区工作者
    CommunityWorker,
    /// 社工
    SocialWorker,
}

impl VolunteerKind {
    /// The roles that bear the kind out when somebody registers themselves.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Volunteer => &[Role::Volunteer],
            Self::PartyMember => &[Role::PartyMember],
            Self::GridMember => &[Role::GridMember],
            Self::CommunityWorker => &[Role::CommunityWorker],
            Self::SocialWorker => &[Role::OrganizationStaff, Role::CommunityWorker],
        }
    }
}

pub(crate) mod volunteer {
    use super::VolunteerKind;
    use kernel::{
        RegionCode,
        id::{AccountId, GridId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "volunteers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        pub kind: VolunteerKind,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub organization_id: Option<OrganizationId>,
        /// A JSON list of strings.
        #[sea_orm(column_type = "Text")]
        pub skills: String,
        pub available: bool,
        pub version: i32,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
