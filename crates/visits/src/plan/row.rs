//! The table `household_plans`.

use crate::table::words;
use kernel::{
    RegionCode,
    id::{AccountId, GridId, HouseholdId, HouseholdPlanId},
};
use sea_orm::entity::prelude::*;

words! {
    /// Where a plan stands (状态).
    HouseholdPlanState {
        /// 实施中
        Active "active"
        /// 已办结
        Closed "closed"
    }
    /// How a plan ended (办结结果).
    HouseholdPlanOutcome {
        /// 目标达成
        Reached "reached"
        /// 终止: it is no longer needed, or cannot go on.
        Ended "ended"
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "household_plans")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HouseholdPlanId,
    pub version: i32,
    pub household_id: HouseholdId,
    pub region_code: RegionCode,
    pub grid_id: Option<GridId>,
    pub state: HouseholdPlanState,
    /// Needs, measures and reviews as JSON, sealed.
    #[sea_orm(column_type = "Text")]
    pub content: String,
    pub measures: i16,
    pub measures_done: i16,
    pub reviews: i16,
    /// There while it is active.
    pub review_on: Option<ChronoDate>,
    pub outcome: Option<HouseholdPlanOutcome>,
    pub created_by: AccountId,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub closed_at: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
