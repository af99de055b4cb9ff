//! Joint meetings (联席会议) of an alliance: 民情恳谈, 事务协调 and 成效评估 of 红色物业, the meetings of a 大工委, 物业联席会议; kinds of one thing.
//!
//! A meeting is planned, then held or cancelled. Its record says which organizations came, what was spoken of and what came of it;
//! as matters are settled, it is made anew. What was spoken of is sealed. A matter may name an order. Whoever
//! may know of the alliance may know of its meetings.

mod command;
mod event;
pub mod flow;
mod row;
mod view;

pub use command::{CancelJointMeeting, ListJointMeetings, PlanJointMeeting, RecordJointMeeting};
pub(crate) use event::event_types;
pub use flow::Action;
pub(crate) use row::{Column as MeetingColumn, Entity as MeetingEntity};
pub use row::{JointMeetingKind, JointMeetingState};
pub use view::{JointMeeting, MatterKind, MeetingMatter};

use crate::alliance::{
    self,
    common::{plain_query, require_version},
};
use event::JointMeetingEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    id::{AllianceId, JointMeetingId},
    stage::{stage_new, stage_next},
};
use row::{Column as C, Entity, Model};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr};

/// Plans a joint meeting of an alliance (召集联席会议).
///
/// # Errors
/// `alliance_not_found`; `permission_missing`; `alliance_state_conflict`; `period_invalid` for a time that no calendar has.
pub async fn plan_joint_meeting(cx: &Cx, alliance: AllianceId, command: PlanJointMeeting) -> Result<JointMeeting> {
    let alliance = alliance::visible(cx, alliance).await?;
    cx.actor.require(Permission::OrganizationManage, &Place::from(alliance.region_code))?;
    alliance::flow::decide(alliance.state, alliance::Action::Meet)?;
    if !kernel::clock::has_plain_year(command.planned_at) {
        return Err(Error::new(Code::PeriodInvalid).at("#/planned_at"));
    }
    let mut tx = cx.begin();
    let row = Model {
        id: tx.id(),
        version: 1,
        state: JointMeetingState::Planned,
        alliance_id: alliance.id,
        region_code: alliance.region_code,
        kind: command.kind,
        title: command.title,
        place: command.place,
        planned_at: command.planned_at,
        held_at: None,
        attendee_ids: "[]".to_owned(),
        attendees: 0,
        record: None,
        matters: 0,
        settled: 0,
        disputes: 0,
        disputes_settled: 0,
        reason: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    tx.emit(subject(&row), &JointMeetingEvent::Planned { alliance_id: row.alliance_id, kind: row.kind })?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(view::alone(cx, row)?).await
}

/// Records a joint meeting that was held (登记联席会议). That there are the orders which it names is for the caller to look at.
///
/// # Errors
/// `joint_meeting_not_found`; `permission_missing`; `version_stale`; `joint_meeting_state_conflict`; `period_invalid` for a time that is
/// still to come; `reference_broken` for an organization that there is not, or that one may not know of.
pub async fn record_joint_meeting(cx: &Cx, id: JointMeetingId, command: RecordJointMeeting) -> Result<JointMeeting> {
    let old = stepping(cx, id, Action::Record, command.version).await?;
    let now = cx.now();
    let held_at = command.held_at.or(old.held_at).unwrap_or_else(|| Ord::min(old.planned_at, now));
    if held_at > now || !kernel::clock::has_plain_year(held_at) {
        return Err(Error::new(Code::PeriodInvalid).at("#/held_at"));
    }
    let mut attendees = command.attendee_ids;
    let mut seen = std::collections::HashSet::new();
    attendees.retain(|id| seen.insert(*id));
    let members: std::collections::HashSet<_> =
        alliance::store::members(cx.reader(), old.alliance_id).await?.into_iter().map(|m| m.organization_id).collect();
    let others: Vec<_> = attendees.iter().copied().filter(|id| !members.contains(id)).collect();
    let known = if others.is_empty() { Vec::new() } else { crate::organizations_named(cx, &others).await? };
    if let Some(n) = attendees.iter().position(|id| others.contains(id) && !known.iter().any(|o| o.id == *id)) {
        return Err(Error::new(Code::ReferenceBroken).at(format!("#/attendee_ids/{n}")));
    }
    let count = |which: &dyn Fn(&MeetingMatter) -> bool| i16::try_from(command.matters.iter().filter(|m| which(m)).count());
    let dispute = |m: &MeetingMatter| m.kind == MatterKind::Dispute;
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::Record)?;
    row.held_at = Some(held_at);
    row.attendees = i16::try_from(attendees.len()).map_err(Error::internal)?;
    row.attendee_ids = serde_json::to_string(&attendees).map_err(Error::internal)?;
    row.matters = count(&|_| true).map_err(Error::internal)?;
    row.settled = count(&|m| m.settled).map_err(Error::internal)?;
    row.disputes = count(&dispute).map_err(Error::internal)?;
    row.disputes_settled = count(&|m| dispute(m) && m.settled).map_err(Error::internal)?;
    row.record = Some(view::seal(cx, id, &command.matters)?);
    let event = JointMeetingEvent::Recorded { attendees: row.attendees, matters: row.matters, settled: row.settled };
    step(cx, old, row, &event).await
}

/// Cancels a joint meeting (取消联席会议).
///
/// # Errors
/// `joint_meeting_not_found`; `permission_missing`; `version_stale`; `joint_meeting_state_conflict`.
pub async fn cancel_joint_meeting(cx: &Cx, id: JointMeetingId, command: CancelJointMeeting) -> Result<JointMeeting> {
    let old = stepping(cx, id, Action::Cancel, command.version).await?;
    let mut row = old.clone();
    row.state = flow::decide(old.state, Action::Cancel)?;
    row.reason = Some(command.reason);
    step(cx, old, row, &JointMeetingEvent::Cancelled {}).await
}

/// One joint meeting (查询联席会议).
///
/// # Errors
/// `joint_meeting_not_found`, also for those who may not know of it.
pub async fn get_joint_meeting(cx: &Cx, id: JointMeetingId) -> Result<JointMeeting> {
    view::alone(cx, found(cx, id).await?)
}

/// The joint meetings of the alliances that one may know of (联席会议列表), without their matters, the newest of a region first.
///
/// # Errors
/// `permission_missing` for a caller who may know of none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_joint_meetings(cx: &Cx, list: ListJointMeetings) -> Result<Page<JointMeeting>> {
    plain_query(list.updated_after)?;
    if cx.actor.reach(Permission::OrganizationRead).is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let reach = alliance::reach(cx);
    let filters = (list.region_code, list.alliance_id, list.kind, list.state, list.updated_after);
    let pager = Pager::new("joint_meetings", &filters, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let region = list.region_code.unwrap_or(RegionCode::COUNTRY);
    let (first, last) = region.range();
    let mut seen = Condition::any();
    if !reach.regions.iter().any(|r| r.covers(region)) {
        for inner in &reach.regions {
            let (first, last) = inner.range();
            seen = seen.add(C::RegionCode.between(first, last));
        }
        seen = seen.add(C::AllianceId.in_subquery(alliance::store::of_members(&reach, None)));
        seen = seen.add(C::AllianceId.in_subquery(alliance::store::led_by(&reach)));
    }
    let mut select = Entity::find()
        .filter(C::RegionCode.between(first, last))
        .apply_if(list.alliance_id, |q, id| q.filter(C::AllianceId.eq(id)))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(list.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    if !seen.is_empty() {
        select = select.filter(seen);
    }
    if let Some((region, id)) = pager.after::<(RegionCode, JointMeetingId)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    let page = pager.page(rows, |m| (m.region_code, m.id))?;
    let items = page.items.into_iter().map(|row| view::in_list(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The meeting, if the caller may take this action with it and it can be taken now.
async fn stepping(cx: &Cx, id: JointMeetingId, action: Action, version: Option<i32>) -> Result<Model> {
    let row = found(cx, id).await?;
    cx.actor.require(Permission::OrganizationManage, &Place::from(row.region_code))?;
    require_version(version, row.version)?;
    flow::decide(row.state, action)?;
    Ok(row)
}

async fn step(cx: &Cx, old: Model, mut row: Model, event: &JointMeetingEvent) -> Result<JointMeeting> {
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), event)?;
    stage_next(&mut tx, [C::Id, C::Version], old, row.clone());
    tx.commit(view::alone(cx, row)?).await
}

async fn found(cx: &Cx, id: JointMeetingId) -> Result<Model> {
    let missing = || Error::new(Code::JointMeetingNotFound);
    let row = Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    match alliance::visible(cx, row.alliance_id).await {
        Ok(_) => Ok(row),
        Err(e) if e.code == Code::AllianceNotFound => Err(missing()),
        Err(e) => Err(e),
    }
}

fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
