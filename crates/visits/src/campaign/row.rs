//! The tables `visit_campaigns`, `visit_targets`, `visit_counts` and `visit_people`.

use crate::table::words;

words! {
    /// Where a campaign stands (活动状态).
    VisitCampaignState {
        /// 筹备中
        Planned "planned"
        /// 进行中
        Running "running"
        /// 已结束
        Closed "closed"
    }
    /// How far a household of a campaign has come (走访状态).
    VisitTargetState {
        /// 未走访
        Pending "pending"
        /// 未见面: somebody went there and met nobody.
        Tried "tried"
        /// 已走访: somebody was met.
        Visited "visited"
        /// 无人居住: nobody lives there any more.
        Gone "gone"
    }
}

pub(super) mod campaign {
    //! The table `visit_campaigns`.
    use super::VisitCampaignState;
    use kernel::{
        RegionCode,
        id::{AccountId, VisitCampaignId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visit_campaigns")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: VisitCampaignId,
        pub version: i32,
        pub state: VisitCampaignState,
        pub region_code: RegionCode,
        pub kind: String,
        pub title: String,
        pub starts_on: ChronoDate,
        pub ends_on: ChronoDate,
        /// A JSON list, as are the next two.
        #[sea_orm(column_type = "Text")]
        pub grid_ids: String,
        #[sea_orm(column_type = "Text")]
        pub building_ids: String,
        #[sea_orm(column_type = "Text")]
        pub household_ids: String,
        pub created_by: AccountId,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
        pub started_at: Option<ChronoDateTimeUtc>,
        pub closed_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod target {
    //! The table `visit_targets`.
    use super::VisitTargetState;
    use crate::visit::VisitResult;
    use kernel::{
        RegionCode,
        id::{AccountId, AddressId, GridId, HouseholdId, VisitCampaignId, VisitId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visit_targets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub campaign_id: VisitCampaignId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub household_id: HouseholdId,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub building_id: Option<AddressId>,
        pub visitor_id: Option<AccountId>,
        pub state: VisitTargetState,
        /// Whether it is still to be visited: what lists ask by.
        pub waiting: bool,
        /// How many belonged to it when the campaign started.
        pub residents: i32,
        pub residents_met: i32,
        pub visits: i32,
        pub last_visit_id: Option<VisitId>,
        pub last_result: Option<VisitResult>,
        pub last_visited_at: Option<ChronoDateTimeUtc>,
        pub revisit_on: Option<ChronoDate>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod count {
    //! The table `visit_counts`: targets added up by community, grid and visitor; a nil id is none.
    use kernel::{
        RegionCode,
        id::{AccountId, GridId, VisitCampaignId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visit_counts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub campaign_id: VisitCampaignId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub region_code: RegionCode,
        #[sea_orm(primary_key, auto_increment = false)]
        pub grid_id: GridId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub visitor_id: AccountId,
        pub households: i32,
        pub visited: i32,
        pub tried: i32,
        pub gone: i32,
        pub residents: i32,
        pub residents_met: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod person {
    //! The table `visit_people`: the residents of a campaign who were met.
    use kernel::id::{ResidentId, VisitCampaignId, VisitId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "visit_people")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub campaign_id: VisitCampaignId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub resident_id: ResidentId,
        pub visit_id: VisitId,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
