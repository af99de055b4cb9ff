//! The table `joint_meetings`, and the words that it stores.

use crate::alliance::common::words;
use kernel::{
    RegionCode,
    id::{AllianceId, JointMeetingId},
};
use sea_orm::entity::prelude::*;

words! {
    /// What a joint meeting is for (会议类别).
    JointMeetingKind {
        /// 民情恳谈
        Consult "consult"
        /// 事务协调
        Coordinate "coordinate"
        /// 成效评估
        Evaluate "evaluate"
        /// 例会: of the members of an alliance.
        Regular "regular"
        /// 物业联席会议
        Property "property"
        /// 其他
        Other "other"
    }
    /// Where a joint meeting stands (会议状态).
    JointMeetingState {
        /// 已召集
        Planned "planned"
        /// 已召开
        Held "held"
        /// 已取消
        Cancelled "cancelled"
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joint_meetings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JointMeetingId,
    pub version: i32,
    pub state: JointMeetingState,
    pub alliance_id: AllianceId,
    pub region_code: RegionCode,
    pub kind: JointMeetingKind,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub place: Option<String>,
    pub planned_at: ChronoDateTimeUtc,
    pub held_at: Option<ChronoDateTimeUtc>,
    /// A JSON list of organizations.
    #[sea_orm(column_type = "Text")]
    pub attendee_ids: String,
    pub attendees: i16,
    /// What was spoken of, as JSON, sealed.
    #[sea_orm(column_type = "Text")]
    pub record: Option<String>,
    pub matters: i16,
    pub settled: i16,
    pub disputes: i16,
    pub disputes_settled: i16,
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
