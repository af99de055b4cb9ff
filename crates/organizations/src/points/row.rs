//! The tables `point_rules`, `point_entries`, `point_appeals`, `point_settlements` and `point_sums`.

use crate::paging::words;

words! {
    /// How long a cap of points counts (封顶周期).
    CapPeriod {
        /// 每月
        Month "month"
        /// 每季度
        Quarter "quarter"
        /// 每年
        Year "year"
    }
    /// Where an appeal stands (申诉状态).
    AppealState {
        /// 待处理
        Filed "filed"
        /// 申诉成立: the entry was reversed.
        Upheld "upheld"
        /// 申诉不成立
        Rejected "rejected"
    }
}

pub(super) mod rule {
    //! The table `point_rules`, one row a version.
    use super::CapPeriod;
    use kernel::{RegionCode, id::PointRuleId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "point_rules")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PointRuleId,
        pub region_code: RegionCode,
        #[sea_orm(column_type = "Text")]
        pub code: String,
        pub version: i32,
        #[sea_orm(column_type = "Text")]
        pub title: String,
        pub points: i32,
        pub cap: Option<i32>,
        pub cap_period: Option<CapPeriod>,
        pub valid_from: ChronoDate,
        /// The first day on which it holds no more.
        pub valid_to: Option<ChronoDate>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod entry {
    //! The table `point_entries`: rows are added and never changed.
    use kernel::{
        RegionCode,
        id::{AccountId, OrderId, OrganizationId, PointEntryId, PointRuleId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "point_entries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PointEntryId,
        pub region_code: RegionCode,
        pub account_id: AccountId,
        pub organization_id: Option<OrganizationId>,
        pub rule_id: PointRuleId,
        #[sea_orm(column_type = "Text")]
        pub rule_code: String,
        pub points: i32,
        /// What it is for: nothing counts twice by one rule.
        #[sea_orm(column_type = "Text")]
        pub subject: String,
        pub order_id: Option<OrderId>,
        pub happened_on: ChronoDate,
        pub year: i32,
        /// The entry that it takes back.
        pub reverses_id: Option<PointEntryId>,
        pub entered_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod appeal {
    //! The table `point_appeals`: one at most for an entry.
    use super::AppealState;
    use kernel::id::{AccountId, PointEntryId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "point_appeals")]
    pub struct Model {
        /// The entry's.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PointEntryId,
        pub version: i32,
        pub state: AppealState,
        /// Sealed, as is the answer.
        #[sea_orm(column_type = "Text")]
        pub reason: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub filed_at: ChronoDateTimeUtc,
        pub decided_by: Option<AccountId>,
        pub decided_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod settlement {
    //! The table `point_settlements`: years of a region that are closed.
    use kernel::{RegionCode, id::AccountId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "point_settlements")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub region_code: RegionCode,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        pub accounts: i32,
        pub points: i64,
        pub settled_by: Option<AccountId>,
        pub settled_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod sum {
    //! The table `point_sums`: what somebody had when a year was closed.
    use kernel::{RegionCode, id::AccountId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "point_sums")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub region_code: RegionCode,
        #[sea_orm(primary_key, auto_increment = false)]
        pub year: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        pub points: i64,
        pub entries: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
