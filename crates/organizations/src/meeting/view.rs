//! What goes out: what was spoken of in full for who manages the alliance, with numbers of people masked for others.

use super::{
    JointMeetingKind, JointMeetingState,
    flow::{self, Action},
    row::Model,
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, Permission, Place, RegionCode, Result,
    access::PersonalData,
    check::worded,
    id::{AllianceId, JointMeetingId, OrderId, OrganizationId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// What sort of matter it is (议题类型).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatterKind {
    /// 事项
    #[default]
    Matter,
    /// 矛盾纠纷
    Dispute,
}

/// What was spoken of at a joint meeting (议题), and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MeetingMatter {
    /// What sort of matter it is (类型); a matter unless told.
    #[serde(default)]
    pub kind: MatterKind,
    /// What it is about (议题).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "非机动车停放")]
    pub title: String,
    /// What came of it (结果).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub outcome: Option<String>,
    /// Whether it is settled (是否解决).
    #[serde(default)]
    pub settled: bool,
    /// The order that was made of it (订单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<OrderId>,
}

/// A joint meeting (联席会议) of an alliance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JointMeeting {
    /// Its id (编号).
    pub id: JointMeetingId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: JointMeetingState,
    /// Of which alliance (联盟).
    pub alliance_id: AllianceId,
    /// The region of that (区划).
    pub region_code: RegionCode,
    /// What it is for (类别).
    pub kind: JointMeetingKind,
    /// What it is called (名称).
    pub title: String,
    /// Where (地点).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<String>,
    /// When it is to be (计划时间).
    pub planned_at: DateTime<Utc>,
    /// When it was held (召开时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_at: Option<DateTime<Utc>>,
    /// The organizations that came (参会单位).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attendee_ids: Vec<OrganizationId>,
    /// How many matters were spoken of (议题数).
    #[schema(minimum = 0)]
    pub matter_count: i16,
    /// How many of them are settled (已解决数).
    #[schema(minimum = 0)]
    pub settled_count: i16,
    /// How many of them are disputes (纠纷数).
    #[schema(minimum = 0)]
    pub dispute_count: i16,
    /// What was spoken of (议题); only where one meeting is read or changed, and with numbers of people masked for those who do not
    /// manage the alliance.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub matters: Vec<MeetingMatter>,
    /// Whether anything is masked (已脱敏).
    pub masked: bool,
    /// Why it was cancelled (取消原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it was planned (召集时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What is possible with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

fn owner(id: JointMeetingId) -> String {
    format!("joint meeting {id} record")
}

pub(super) fn seal(cx: &Cx, id: JointMeetingId, matters: &[MeetingMatter]) -> Result<String> {
    cx.vault().seal(&owner(id), &serde_json::to_string(matters).map_err(Error::internal)?)
}

/// The meeting by itself, with its matters.
pub(super) fn alone(cx: &Cx, row: Model) -> Result<JointMeeting> {
    let mut matters: Vec<MeetingMatter> = match &row.record {
        Some(record) => serde_json::from_str(&cx.vault().open(&owner(row.id), record)?).map_err(Error::internal)?,
        None => Vec::new(),
    };
    let meeting = in_list(cx, row)?;
    if meeting.masked {
        for matter in &mut matters {
            matter.title = mask::text(&matter.title);
            matter.outcome = matter.outcome.as_deref().map(mask::text);
        }
    }
    Ok(JointMeeting { matters, ..meeting })
}

/// The meeting in a list.
pub(super) fn in_list(cx: &Cx, row: Model) -> Result<JointMeeting> {
    let manages = cx.actor.can(Permission::OrganizationManage, &Place::from(row.region_code));
    Ok(JointMeeting {
        allowed_actions: Action::all().filter(|a| manages && flow::next(row.state, *a).is_some()).collect(),
        masked: !(manages && cx.actor.sees(PersonalData::Visits)),
        id: row.id,
        version: row.version,
        state: row.state,
        alliance_id: row.alliance_id,
        region_code: row.region_code,
        kind: row.kind,
        title: row.title,
        place: row.place,
        planned_at: row.planned_at,
        held_at: row.held_at,
        attendee_ids: serde_json::from_str(&row.attendee_ids).map_err(Error::internal)?,
        matter_count: row.matters,
        settled_count: row.settled,
        dispute_count: row.disputes,
        matters: Vec::new(),
        reason: row.reason,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
