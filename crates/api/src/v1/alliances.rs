//! Alliances (联盟), their members, their chair and their joint meetings (联席会议).

use crate::prelude::*;
use kernel::{
    Code, Cx, Error,
    id::{AllianceId, AllianceMemberId, JointMeetingId},
};
use organizations::{
    alliance::{
        self, Alliance, AllianceMember, AllianceReport, AllianceRotation, CloseAlliance, CreateAlliance, JoinAlliance, LeaveAlliance,
        ListAllianceMembers, ListAlliances, ReadAllianceReport, ReadRotation, RotationSwap, SwapTurns, UpdateAlliance,
    },
    meeting::{self, CancelJointMeeting, JointMeeting, ListJointMeetings, PlanJointMeeting, RecordJointMeeting},
};
use services::order;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_alliances)
        .service(create_alliance)
        .service(get_alliance_report)
        .service(get_alliance)
        .service(update_alliance)
        .service(close_alliance)
        .service(list_alliance_members)
        .service(join_alliance)
        .service(leave_alliance)
        .service(get_alliance_rotation)
        .service(swap_alliance_turns)
        .service(plan_joint_meeting)
        .service(list_joint_meetings)
        .service(get_joint_meeting)
        .service(record_joint_meeting)
        .service(cancel_joint_meeting);
}

/// List alliances (联盟列表)
///
/// Those of where the caller reads organizations, and those in which an organization (单位) of theirs is a member or was; by region, the
/// oldest of a region first. `organization_id` gives the alliances of one organization.
#[utoipa::path(tag = "alliances", operation_id = "list_alliances", params(ListAlliances),
    responses((status = 200, body = Page<Alliance>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/alliances")]
async fn list_alliances(call: Call, query: Query<ListAlliances>) -> Answer {
    ok(alliance::list_alliances(&call.cx, query.into_inner()).await?)
}

/// Found an alliance (成立联盟)
///
/// 大工委, 大党委, 红色联盟, 区域共建 and 红色物业 are kinds (类别) of one thing; the brand is its name (名称). How long a turn in the chair lasts
/// (轮值周期), and which parts its members must play (应有角色), are as is usual for the kind unless told.
#[utoipa::path(tag = "alliances", operation_id = "create_alliance",
    request_body(content = CreateAlliance, example = json!({
        "name": "宝龙商圈红色联盟", "kind": "red_alliance", "region_code": "321112000000",
        "lead_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "starts_on": "2026-11-01"
    })),
    responses((status = 201, body = Alliance), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliances")]
async fn create_alliance(call: Call, body: Body<CreateAlliance>) -> Answer {
    created(alliance::create_alliance(&call.cx, body.0).await?)
}

/// Add up the figures of alliances (联盟统计)
///
/// Of a region (区划) and all beneath it: alliances and units (成员单位) by kind, what is offered and needed (双向服务清单) by state and by
/// organization, and what joint meetings (联席会议) have come to.
#[utoipa::path(tag = "alliances", operation_id = "get_alliance_report", params(ReadAllianceReport),
    responses((status = 200, body = AllianceReport), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/alliances/report")]
async fn get_alliance_report(call: Call, query: Query<ReadAllianceReport>) -> Answer {
    ok(alliance::alliance_report(&call.cx, query.into_inner()).await?)
}

/// Read an alliance (查询联盟)
///
/// With the number of its members (成员单位) today and the parts (角色) that nobody plays.
#[utoipa::path(tag = "alliances", operation_id = "get_alliance", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)")),
    responses((status = 200, body = Alliance), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/alliances/{id}")]
async fn get_alliance(call: Call, id: Path<AllianceId>) -> Answer {
    ok(alliance::get_alliance(&call.cx, *id).await?)
}

/// Change an alliance (修改联盟)
///
/// Its name (名称), lead (牵头单位), last day (截止日期), rotation (轮值周期) and parts (应有角色). What is absent stays. A new rotation begins next month
/// unless told.
#[utoipa::path(tag = "alliances", operation_id = "update_alliance", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)")),
    request_body(content = UpdateAlliance, example = json!({ "rotation_months": 3, "rotation_start": "2027-01", "version": 1 })),
    responses((status = 200, body = Alliance), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliances/{id}")]
async fn update_alliance(call: Call, id: Path<AllianceId>, body: Body<UpdateAlliance>) -> Answer {
    ok(alliance::update_alliance(&call.cx, *id, body.0).await?)
}

/// End an alliance (解散联盟)
///
/// For good. Its members and meetings stay on record.
#[utoipa::path(tag = "alliances", operation_id = "close_alliance", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)")),
    request_body(content = CloseAlliance, example = json!({ "version": 3 })),
    responses((status = 200, body = Alliance), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliances/{id}/close")]
async fn close_alliance(call: Call, id: Path<AllianceId>, body: Body<CloseAlliance>) -> Answer {
    ok(alliance::close_alliance(&call.cx, *id, body.0).await?)
}

/// List the members of an alliance (成员单位列表)
///
/// With their seats (席位) and parts (角色), in the order of the rotation (轮值次序). Partners know each other: whoever may know of the alliance
/// is told of all its members.
#[utoipa::path(tag = "alliances", operation_id = "list_alliance_members", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)"), ListAllianceMembers),
    responses((status = 200, body = Page<AllianceMember>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/alliances/{id}/members")]
async fn list_alliance_members(call: Call, id: Path<AllianceId>, query: Query<ListAllianceMembers>) -> Answer {
    ok(alliance::list_alliance_members(&call.cx, *id, query.into_inner()).await?)
}

/// Make an organization a member of an alliance (单位加入联盟)
///
/// An active organization (成员单位) of the alliance's region, or of one above or beneath it, once at a time. An adviser (兼职委员单位) has no
/// turn in the chair.
#[utoipa::path(tag = "alliances", operation_id = "join_alliance", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)")),
    request_body(content = JoinAlliance, example = json!({
        "organization_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "seat": "member", "position": 3
    })),
    responses((status = 201, body = AllianceMember), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliances/{id}/members")]
async fn join_alliance(call: Call, id: Path<AllianceId>, body: Body<JoinAlliance>) -> Answer {
    created(alliance::join_alliance(&call.cx, *id, body.0).await?)
}

/// End the membership of an organization in an alliance (单位退出联盟)
///
/// Today unless told. That it was stays on record; in another seat (席位) or place of the order it joins anew.
#[utoipa::path(tag = "alliances", operation_id = "leave_alliance", params(("id" = AllianceMemberId, Path, description = "Member id (成员单位编号)")),
    request_body(content = LeaveAlliance, example = json!({ "left_on": "2026-12-31" })),
    responses((status = 200, body = AllianceMember), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliance_members/{id}/leave")]
async fn leave_alliance(call: Call, id: Path<AllianceMemberId>, body: Body<LeaveAlliance>) -> Answer {
    ok(alliance::leave_alliance(&call.cx, *id, body.0).await?)
}

/// Read the calendar of the chair (轮值表)
///
/// Who is rotating chair (轮值主席) in which month, computed from the first month and the order of the members; turns that were swapped (调换) say
/// by which swap.
#[utoipa::path(tag = "alliances", operation_id = "get_alliance_rotation", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)"), ReadRotation),
    responses((status = 200, body = AllianceRotation), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/alliances/{id}/rotation")]
async fn get_alliance_rotation(call: Call, id: Path<AllianceId>, query: Query<ReadRotation>) -> Answer {
    ok(alliance::get_alliance_rotation(&call.cx, *id, query.into_inner()).await?)
}

/// Swap two turns in the chair (轮值调换)
///
/// Of two months that are not past, or of a month and the next turn of a member (对调单位). Who is not a member with a turn then cannot have
/// one.
#[utoipa::path(tag = "alliances", operation_id = "swap_alliance_turns", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)")),
    request_body(content = SwapTurns, example = json!({ "month": "2026-12", "other_month": "2027-02", "reason": "班子换届" })),
    responses((status = 201, body = RotationSwap), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliances/{id}/swaps")]
async fn swap_alliance_turns(call: Call, id: Path<AllianceId>, body: Body<SwapTurns>) -> Answer {
    created(alliance::swap_alliance_turns(&call.cx, *id, body.0).await?)
}

/// Plan a joint meeting (召集联席会议)
///
/// Of an alliance: 民情恳谈 `consult`, 事务协调 `coordinate`, 成效评估 `evaluate`, 例会, 物业联席会议.
#[utoipa::path(tag = "alliances", operation_id = "plan_joint_meeting", params(("id" = AllianceId, Path, description = "Alliance id (联盟编号)")),
    request_body(content = PlanJointMeeting, example = json!({
        "kind": "consult", "title": "11月民情恳谈会", "place": "党群服务中心", "planned_at": "2026-11-20T06:00:00Z"
    })),
    responses((status = 201, body = JointMeeting), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/alliances/{id}/meetings")]
async fn plan_joint_meeting(call: Call, id: Path<AllianceId>, body: Body<PlanJointMeeting>) -> Answer {
    created(meeting::plan_joint_meeting(&call.cx, *id, body.0).await?)
}

/// List joint meetings (联席会议列表)
///
/// Those of the alliances that the caller may know of, without what was spoken of (议题), the newest of a region first.
#[utoipa::path(tag = "alliances", operation_id = "list_joint_meetings", params(ListJointMeetings),
    responses((status = 200, body = Page<JointMeeting>), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/joint_meetings")]
async fn list_joint_meetings(call: Call, query: Query<ListJointMeetings>) -> Answer {
    ok(meeting::list_joint_meetings(&call.cx, query.into_inner()).await?)
}

/// Read a joint meeting (查询联席会议)
///
/// With who came (参会单位), what was spoken of (议题) and what came of it (结果).
#[utoipa::path(tag = "alliances", operation_id = "get_joint_meeting", params(("id" = JointMeetingId, Path, description = "Meeting id (会议编号)")),
    responses((status = 200, body = JointMeeting), ReadProblems), extensions(("x-permission" = json!("organization.read"))))]
#[get("/joint_meetings/{id}")]
async fn get_joint_meeting(call: Call, id: Path<JointMeetingId>) -> Answer {
    ok(meeting::get_joint_meeting(&call.cx, *id).await?)
}

/// Record a joint meeting (登记联席会议)
///
/// That it was held, who came (参会单位), what was spoken of (议题: 事项, 矛盾纠纷) and what came of it; a matter may name an order (订单) of which
/// the caller may know. As matters are settled (解决), the record is made anew.
#[utoipa::path(tag = "alliances", operation_id = "record_joint_meeting", params(("id" = JointMeetingId, Path, description = "Meeting id (会议编号)")),
    request_body(content = RecordJointMeeting, example = json!({
        "attendee_ids": ["019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70"],
        "matters": [{ "kind": "matter", "title": "非机动车停放", "outcome": "增设车棚两处", "settled": true }], "version": 1
    })),
    responses((status = 200, body = JointMeeting), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/joint_meetings/{id}/record")]
async fn record_joint_meeting(call: Call, id: Path<JointMeetingId>, body: Body<RecordJointMeeting>) -> Answer {
    meeting::get_joint_meeting(&call.cx, *id).await?;
    require_orders(&call.cx, &body.0).await?;
    ok(meeting::record_joint_meeting(&call.cx, *id, body.0).await?)
}

/// Cancel a joint meeting (取消联席会议)
///
/// One that has not been held, with the reason (原因).
#[utoipa::path(tag = "alliances", operation_id = "cancel_joint_meeting", params(("id" = JointMeetingId, Path, description = "Meeting id (会议编号)")),
    request_body(content = CancelJointMeeting, example = json!({ "reason": "因故改期", "version": 1 })),
    responses((status = 200, body = JointMeeting), WriteProblems), extensions(("x-permission" = json!("organization.manage"))))]
#[post("/joint_meetings/{id}/cancel")]
async fn cancel_joint_meeting(call: Call, id: Path<JointMeetingId>, body: Body<CancelJointMeeting>) -> Answer {
    ok(meeting::cancel_joint_meeting(&call.cx, *id, body.0).await?)
}

/// Requires that there are the orders that a record names, as far as the caller may know.
async fn require_orders(cx: &Cx, record: &RecordJointMeeting) -> kernel::Result<()> {
    for (pointer, id) in record.orders() {
        order::get(cx, id).await.map_err(|e| match e.code {
            Code::OrderNotFound => Error::new(Code::ReferenceBroken).at(pointer),
            _ => e,
        })?;
    }
    Ok(())
}
