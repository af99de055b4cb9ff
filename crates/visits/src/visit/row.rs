//! The tables `visits` and `visit_residents`.

use crate::table::words;

words! {
    /// How a visit went (走访结果).
    VisitResult {
        /// 已见面
        Met "met"
        /// 不在家
        Absent "absent"
        /// 拒访
        Refused "refused"
        /// 已搬离
        Moved "moved"
        /// 空置
        Vacant "vacant"
    }
}

pub(super) mod visit {
    //! The table `visits`.
    use super::VisitResult;
    use kernel::{
        RegionCode,
        id::{AccountId, GridId, HouseholdId, VisitCampaignId, VisitId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visits")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: VisitId,
        pub version: i32,
        pub campaign_id: Option<VisitCampaignId>,
        pub household_id: HouseholdId,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub visitor_id: AccountId,
        pub visited_at: ChronoDateTimeUtc,
        pub result: VisitResult,
        pub residents_met: i16,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        pub revisit_on: Option<ChronoDate>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod resident {
    //! The table `visit_residents`: who was met on a visit.
    use kernel::id::{ResidentId, VisitId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visit_residents")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub visit_id: VisitId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub resident_id: ResidentId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
