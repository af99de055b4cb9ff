//! The tables `alliances`, `alliance_members` and `alliance_swaps`, and the words that they store.

use super::common::words;

words! {
    /// What kind of alliance it is (联盟类别). The brand of a place is its name.
    AllianceKind {
        /// 大工委: of a street.
        JointWorkingCommittee "joint_working_committee"
        /// 大党委: of a community.
        JointPartyCommittee "joint_party_committee"
        /// 红色联盟: of departments or of a business district; the chair rotates monthly unless told.
        RedAlliance "red_alliance"
        /// 区域共建: 八共八联, 三联九共 and their like.
        CoBuilding "co_building"
        /// 红色物业: 1+4, unless told otherwise which parts there are.
        RedProperty "red_property"
        /// 结对共建: a department and a community.
        Pairing "pairing"
        /// 其他
        Other "other"
    }
    /// Whether an alliance lasts (联盟状态).
    AllianceState {
        /// 运行中
        Active "active"
        /// 已解散
        Closed "closed"
    }
    /// What seat a member has (席位).
    AllianceSeat {
        /// 主任单位
        Chair "chair"
        /// 副主任单位
        Deputy "deputy"
        /// 委员单位
        Member "member"
        /// 兼职委员单位: it advises, and has no turn in the chair.
        Adviser "adviser"
    }
}

impl AllianceKind {
    /// How many months a turn in the chair lasts, unless the alliance says otherwise; nothing where the chair does not rotate.
    /// Source: handbook 1, ORG-07 (按月担任轮值主席).
    #[must_use]
    pub const fn usual_rotation(self) -> Option<i16> {
        match self {
            Self::RedAlliance => Some(1),
            _ => None,
        }
    }

    /// Which parts its members must play among them, unless the alliance says otherwise. Source: handbook 1, ORG-10: 街道党工委, and
    /// 社区党总支, 物业党支部, 业主代表, 居民志愿者服务队 (1+4).
    #[must_use]
    pub const fn usual_parts(self) -> &'static [&'static str] {
        match self {
            Self::RedProperty => &["street_party", "community_party", "property_branch", "owners", "volunteers"],
            _ => &[],
        }
    }
}

pub(crate) mod alliance {
    //! The table `alliances`.
    use super::{AllianceKind, AllianceState};
    use kernel::{
        RegionCode,
        id::{AllianceId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alliances")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AllianceId,
        pub version: i32,
        pub state: AllianceState,
        pub kind: AllianceKind,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        pub region_code: RegionCode,
        pub lead_id: OrganizationId,
        pub starts_on: ChronoDate,
        /// Its last day.
        pub ends_on: Option<ChronoDate>,
        pub rotation_months: Option<i16>,
        /// The first day of the month in which the chair begins to rotate.
        pub rotation_start: Option<ChronoDate>,
        /// A JSON list.
        #[sea_orm(column_type = "Text")]
        pub required_parts: String,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod member {
    //! The table `alliance_members`.
    use super::AllianceSeat;
    use kernel::{
        RegionCode,
        id::{AllianceId, AllianceMemberId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alliance_members")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AllianceMemberId,
        pub alliance_id: AllianceId,
        pub organization_id: OrganizationId,
        /// Where the organization lies; it never moves.
        pub organization_region: RegionCode,
        pub seat: AllianceSeat,
        #[sea_orm(column_type = "Text")]
        pub part: Option<String>,
        pub position: i32,
        pub joined_on: ChronoDate,
        /// The first day on which it is a member no more.
        pub left_on: Option<ChronoDate>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod swap {
    //! The table `alliance_swaps`.
    use kernel::id::{AccountId, AllianceId, AllianceSwapId, OrganizationId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "alliance_swaps")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AllianceSwapId,
        pub alliance_id: AllianceId,
        /// Which version of the alliance it made: swaps follow each other by it.
        pub version: i32,
        /// The first month of a turn, and who has it after the swap.
        pub month: ChronoDate,
        pub unit_id: OrganizationId,
        pub other_month: ChronoDate,
        pub other_unit_id: OrganizationId,
        #[sea_orm(column_type = "Text")]
        pub reason: Option<String>,
        pub created_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
