//! The tables `orders`, `order_external_refs`, `order_assistants` and `order_followers`. Private: outside this module an order is a view.

use super::{
    command::{Channel, DispatchMode, OrderResult, Priority, TakerKind},
    flow::State,
};
use kernel::{
    RegionCode,
    id::{AccountId, AdmissionItemId, GridId, ItemId, OrderId},
};

pub(super) mod order {
    //! The table `orders`.
    use super::*;
    use identity::SealedContact;
    use kernel::column::{get, maybe, maybe_word, word};
    use sea_orm::{FromQueryResult, Iterable, QueryResult, entity::prelude::*};

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
        /// How many files it has, so that most reads need not look.
        pub attachment_count: i16,
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
        /// Nobody who does the work sees who asked.
        pub confidential: bool,
        /// Another system has named this community after a dispute: it may not return the order.
        pub designated: bool,
        /// Until when it may be returned; absent: as long as its state allows.
        pub reject_until: Option<ChronoDateTimeUtc>,
        /// When another system wants it done. No default of ours replaces it, and no order of ours goes beyond it.
        pub fixed_finish_by: Option<ChronoDateTimeUtc>,
        /// How many numbers other systems have for it, so that most reads need not look.
        pub external_count: i16,
        /// The item of the admission list that let a department's task in; absent for everything else.
        pub admission_item_id: Option<AdmissionItemId>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    /// A model that is read by position, for queries that select every column in its order.
    pub struct Whole(pub Model);

    impl FromQueryResult for Whole {
        fn from_query_result(row: &QueryResult, _: &str) -> Result<Self, DbErr> {
            use Column as C;
            Ok(Self(Model {
                id: get(row, C::Id as usize)?,
                number: get(row, C::Number as usize)?,
                version: get(row, C::Version as usize)?,
                state: word(row, C::State as usize)?,
                region_code: get(row, C::RegionCode as usize)?,
                grid_id: maybe(row, C::GridId as usize)?,
                item_id: maybe(row, C::ItemId as usize)?,
                priority: word(row, C::Priority as usize)?,
                channel: word(row, C::Channel as usize)?,
                title: get(row, C::Title as usize)?,
                content: get(row, C::Content as usize)?,
                requester_id: maybe(row, C::RequesterId as usize)?,
                placed_by: maybe(row, C::PlacedBy as usize)?,
                contact: maybe(row, C::Contact as usize)?,
                lng: maybe(row, C::Lng as usize)?,
                lat: maybe(row, C::Lat as usize)?,
                given_lng: maybe(row, C::GivenLng as usize)?,
                given_lat: maybe(row, C::GivenLat as usize)?,
                given_datum: maybe(row, C::GivenDatum as usize)?,
                dispatch_mode: maybe_word(row, C::DispatchMode as usize)?,
                lead_kind: maybe_word(row, C::LeadKind as usize)?,
                lead_id: maybe(row, C::LeadId as usize)?,
                lead_slot: maybe(row, C::LeadSlot as usize)?,
                assistant_count: get(row, C::AssistantCount as usize)?,
                attachment_count: get(row, C::AttachmentCount as usize)?,
                respond_limit: maybe(row, C::RespondLimit as usize)?,
                finish_limit: maybe(row, C::FinishLimit as usize)?,
                respond_by: maybe(row, C::RespondBy as usize)?,
                finish_by: maybe(row, C::FinishBy as usize)?,
                due_at: maybe(row, C::DueAt as usize)?,
                suspended_from: maybe_word(row, C::SuspendedFrom as usize)?,
                suspended_at: maybe(row, C::SuspendedAt as usize)?,
                rework_count: get(row, C::ReworkCount as usize)?,
                result: maybe_word(row, C::Result as usize)?,
                answer: maybe(row, C::Answer as usize)?,
                completed_by: maybe(row, C::CompletedBy as usize)?,
                score: maybe(row, C::Score as usize)?,
                tags: maybe(row, C::Tags as usize)?,
                comment: maybe(row, C::Comment as usize)?,
                reject_code: maybe(row, C::RejectCode as usize)?,
                reject_text: maybe(row, C::RejectText as usize)?,
                reject_channel: maybe(row, C::RejectChannel as usize)?,
                merged_into: maybe(row, C::MergedInto as usize)?,
                created_at: get(row, C::CreatedAt as usize)?,
                updated_at: get(row, C::UpdatedAt as usize)?,
                accepted_at: maybe(row, C::AcceptedAt as usize)?,
                completed_at: maybe(row, C::CompletedAt as usize)?,
                evaluated_at: maybe(row, C::EvaluatedAt as usize)?,
                closed_at: maybe(row, C::ClosedAt as usize)?,
                confidential: get(row, C::Confidential as usize)?,
                designated: get(row, C::Designated as usize)?,
                reject_until: maybe(row, C::RejectUntil as usize)?,
                fixed_finish_by: maybe(row, C::FixedFinishBy as usize)?,
                external_count: get(row, C::ExternalCount as usize)?,
                admission_item_id: maybe(row, C::AdmissionItemId as usize)?,
            }))
        }
    }

    /// An order with the contact of its requester behind it.
    pub struct WithContact(pub Model, pub Option<SealedContact>);

    impl FromQueryResult for WithContact {
        fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
            let Whole(order) = Whole::from_query_result(row, prefix)?;
            let contact = SealedContact::read(row, Column::iter().len(), order.requester_id)?;
            Ok(Self(order, contact))
        }
    }
}

pub(super) mod external {
    //! The table `order_external_refs`.
    use super::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_external_refs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub system: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: String,
        pub version: i32,
        pub order_id: OrderId,
        /// A keyed digest of what came with this version, where it was an order.
        pub digest: Option<String>,
        pub added_at: ChronoDateTimeUtc,
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
