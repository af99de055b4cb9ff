//! The tables `opinions` and `opinion_reader`.

use crate::table::words;

words! {
    /// Where an opinion stands (办理状态).
    OpinionState {
        /// 已记录
        Recorded "recorded"
        /// 已转订单
        Ordered "ordered"
        /// 已答复: the order has come back with its outcome, or it was explained at once.
        Answered "answered"
        /// 已反馈: the resident has been told.
        FedBack "fed_back"
    }
    /// Where an opinion was heard (意见来源).
    OpinionOccasion {
        /// 走访
        Visit "visit"
        /// 接待预约
        Appointment "appointment"
        /// 民情日记
        Diary "diary"
    }
    /// What came of an opinion (办理结果).
    OpinionOutcome {
        /// 已解决
        Solved "solved"
        /// 部分解决
        PartlySolved "partly_solved"
        /// 未解决
        Unsolved "unsolved"
        /// 解释说明
        Explained "explained"
        /// 不予受理
        Rejected "rejected"
        /// 已撤单
        Cancelled "cancelled"
        /// 已并单
        Merged "merged"
    }
}

pub(super) mod opinion {
    //! The table `opinions`.
    use super::{OpinionOccasion, OpinionOutcome, OpinionState};
    use kernel::{
        RegionCode,
        id::{AccountId, GridId, OpinionId, OrderId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "opinions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OpinionId,
        pub version: i32,
        pub state: OpinionState,
        pub source: OpinionOccasion,
        pub source_id: Uuid,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub household_id: Option<Uuid>,
        pub requester_id: Option<AccountId>,
        pub recorded_by: AccountId,
        pub title: String,
        /// Sealed.
        #[sea_orm(column_type = "Text")]
        pub content: String,
        /// Sealed JSON.
        #[sea_orm(column_type = "Text", nullable)]
        pub contact: Option<String>,
        pub order_id: Option<OrderId>,
        /// The version of the order that the outcome was read from.
        pub order_version: i32,
        pub outcome: Option<OpinionOutcome>,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub answered_at: Option<ChronoDateTimeUtc>,
        pub fed_back_at: Option<ChronoDateTimeUtc>,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub feedback: Option<String>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod reader {
    //! The table `opinion_reader`: one row, how far the orders' events have been read.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "opinion_reader")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        #[sea_orm(column_type = "Text", nullable)]
        pub cursor: Option<String>,
        pub read_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
