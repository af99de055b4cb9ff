//! The tables `orders`, `order_assistants` and `order_followers`. Private: outside this module an order is a view.

use super::{
    command::{Channel, DispatchMode, OrderResult, Priority, TakerKind},
    flow::State,
};
use kernel::{
    RegionCode,
    id::{AccountId, GridId, ItemId, OrderId},
};

pub(super) mod order {
    //! The table `orders`.
    use super::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "orders")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrderId,
        pub number: String,
        pub version: i32,
        pub state: State,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub item_id: Option<ItemId>,
        pub priority: Priority,
        pub channel: Channel,
        pub title: String,
        #[sea_orm(column_type = "Text")]
        pub content: String,
        /// Absent when the requester has no account: then `contact` says who it is.
        pub requester_id: Option<AccountId>,
        pub placed_by: Option<AccountId>,
        /// Sealed JSON of name, phone and address. Absent: the requester's account says how to reach them.
        #[sea_orm(column_type = "Text", nullable)]
        pub contact: Option<String>,
        pub lng: Option<f64>,
        pub lat: Option<f64>,
        pub given_lng: Option<f64>,
        pub given_lat: Option<f64>,
        pub given_datum: Option<String>,
        pub dispatch_mode: Option<DispatchMode>,
        pub lead_kind: Option<TakerKind>,
        pub lead_id: Option<Uuid>,
        /// The number of a claim among the taker's open claims; see the migration.
        pub lead_slot: Option<i16>,
        /// How many takers assist, so that most reads need not look.
        pub assistant_count: i16,
        pub respond_limit: Option<String>,
        pub finish_limit: Option<String>,
        pub respond_by: Option<ChronoDateTimeUtc>,
        pub finish_by: Option<ChronoDateTimeUtc>,
        /// The deadline that runs in this state; absent while none does. "Overdue" is computed from it.
        pub due_at: Option<ChronoDateTimeUtc>,
        pub suspended_from: Option<State>,
        pub suspended_at: Option<ChronoDateTimeUtc>,
        pub rework_count: i16,
        pub result: Option<OrderResult>,
        #[sea_orm(column_type = "Text", nullable)]
        pub answer: Option<String>,
        pub completed_by: Option<AccountId>,
        pub score: Option<i16>,
        #[sea_orm(column_type = "Text", nullable)]
        pub tags: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub comment: Option<String>,
        pub reject_code: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub reject_text: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub reject_channel: Option<String>,
        pub merged_into: Option<OrderId>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
        pub accepted_at: Option<ChronoDateTimeUtc>,
        pub completed_at: Option<ChronoDateTimeUtc>,
        pub evaluated_at: Option<ChronoDateTimeUtc>,
        pub closed_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod assistant {
    //! The table `order_assistants`.
    use super::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_assistants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub taker_id: Uuid,
        pub taker_kind: TakerKind,
        pub added_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod follower {
    //! The table `order_followers`.
    use super::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_followers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: AccountId,
        pub since: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
