//! The table `snapshots`.

use crate::{opinion::OpinionOutcome, table::words};
use kernel::{
    RegionCode,
    event::LoggedEvent,
    id::{AccountId, GridId, OrderId, SnapshotId},
};
use sea_orm::entity::prelude::*;

words! {
    /// Where a snapshot stands (状态).
    SnapshotState {
        /// 待审核
        Sent "sent"
        /// 已转订单
        Ordered "ordered"
        /// 已反馈: the order has come back with its outcome.
        Answered "answered"
        /// 已发布
        Published "published"
        /// 不采纳
        Declined "declined"
    }
    /// What a snapshot tells of (类型).
    SnapshotTone {
        /// 问题
        Problem "problem"
        /// 好风景
        Praise "praise"
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "snapshots")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SnapshotId,
    pub version: i32,
    pub state: SnapshotState,
    pub tone: SnapshotTone,
    pub region_code: RegionCode,
    pub grid_id: Option<GridId>,
    pub category: String,
    /// Sealed, as is the content.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// WGS-84.
    pub lng: f64,
    pub lat: f64,
    /// Absent when it was sent without a name.
    pub reporter_id: Option<AccountId>,
    /// A keyed digest of the account that sent it.
    pub reporter_key: String,
    pub anonymous: bool,
    pub attachment_count: i16,
    pub order_id: Option<OrderId>,
    /// The version of the order that the outcome was read from.
    pub order_version: i32,
    pub outcome: Option<OpinionOutcome>,
    /// Sealed: the order's answer, or why it was not taken up.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<String>,
    pub published_title: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub published_text: Option<String>,
    pub public_place: bool,
    pub published_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether it became the order that an event tells of.
    pub(crate) fn is_of(&self, event: &LoggedEvent) -> bool {
        self.order_id.is_some_and(|order| order.0 == event.subject_id)
    }
}
