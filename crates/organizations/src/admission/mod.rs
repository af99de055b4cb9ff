//! What departments bring into communities, and what they must do there.
//!
//! The admission list (准入清单): a task of a department enters the communities of a region only when an item of the list lets it in. A
//! department proposes an item with its basis, period and budget ([`propose_admission_item`]); who answers for the region approves or
//! refuses it ([`decide_admission_item`]); with its period it expires. An order that is a department's task asks [`require`], and is
//! refused with the name of the rule when there is no such item. The same list holds what communities are not assessed by
//! (不得考核事项).
//!
//! The duty list (法定、协助职责清单): what a department must do in a region by law, and where the community only helps. A whistle calls
//! only departments that have a duty where the order lies ([`on_duty`]).
//!
//! A list of a region holds for everything beneath it, and is read there too.

mod command;
mod event;
pub mod flow;
mod row;
mod store;
mod view;

pub use command::{CreateDutyItem, DecideAdmissionItem, EndDutyItem, ListAdmissionItems, ListDutyItems, ProposeAdmissionItem};
pub(crate) use event::event_types;
pub use flow::AdmissionState;
pub use row::{AdmissionKind, DutyNature};
pub use view::{AdmissionItem, DutyItem};

use crate::{
    OrganizationKind, OrganizationStatus,
    paging::{day, period, plain_time, require_version},
};
use chrono::NaiveDate;
use event::{AdmissionEvent, DutyItemEvent};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    access::Reach,
    id::{AdmissionItemId, DutyItemId, OrganizationId},
    stage::{stage_new, stage_next},
};
use row::{StoredState, duty, item};

/// Proposes an item for an admission list (申报准入事项).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `reference_broken` for what is no active department that the caller may know
/// of; `content_invalid` for a task without a department; `period_invalid`.
pub async fn propose_admission_item(cx: &Cx, command: ProposeAdmissionItem) -> Result<AdmissionItem> {
    let region = command.region_code;
    let place = Place { region: Some(region), grid: None, organization: command.department_id };
    cx.actor.require(Permission::AdmissionPropose, &place)?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let kind = command.kind.unwrap_or(AdmissionKind::Task);
    match (kind, command.department_id) {
        (AdmissionKind::Task, Some(department)) => require_department(cx, department).await?,
        (AdmissionKind::NotAssessed, None) => {}
        (AdmissionKind::Task, None) => {
            return Err(Error::field_with("#/department_id", Code::FieldMissing, vec![("name", "department_id".to_owned())]));
        }
        (AdmissionKind::NotAssessed, Some(_)) => {
            let reason = vec![("reason", "only a task is a department's".to_owned())];
            return Err(Error::field_with("#/department_id", Code::FieldInvalid, reason));
        }
    }
    let valid_from = command.valid_from.unwrap_or_else(|| day(cx.now()));
    period(valid_from, command.valid_to)?;
    let mut tx = cx.begin();
    let row = item::Model {
        id: tx.id(),
        version: 1,
        region_code: region,
        kind,
        department_id: command.department_id,
        title: command.title,
        nature: command.nature,
        basis: command.basis,
        budget_fen: command.budget_fen,
        valid_from,
        valid_to: command.valid_to,
        state: StoredState::Proposed,
        approver: None,
        note: None,
        proposed_by: cx.actor.account,
        decided_by: None,
        decided_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    tx.emit(item_subject(&row), &AdmissionEvent::Proposed { kind, department_id: row.department_id })?;
    stage_new(&mut tx, row.clone());
    let today = day(tx.now);
    tx.commit_created(view::item(row, today)).await
}

/// Approves or refuses an item (审批准入事项).
///
/// # Errors
/// `admission_item_not_found`; `permission_missing`; `version_stale`; `admission_state_conflict`; `content_invalid` for a refusal without
/// a word.
pub async fn decide_admission_item(cx: &Cx, id: AdmissionItemId, command: DecideAdmissionItem) -> Result<AdmissionItem> {
    let old = known_item(cx, id).await?;
    cx.actor.require(Permission::AdmissionManage, &Place::from(old.region_code))?;
    require_version(command.version, old.version)?;
    let action = if command.approved { flow::Action::Approve } else { flow::Action::Refuse };
    let mut row = old.clone();
    row.state = flow::decide(old.state, action)?;
    if !command.approved && command.note.is_none() {
        return Err(Error::field_with("#/note", Code::FieldMissing, vec![("name", "note".to_owned())]));
    }
    let mut tx = cx.begin();
    row.version += 1;
    row.updated_at = tx.now;
    row.approver = command.approver;
    row.note = command.note;
    row.decided_by = cx.actor.account;
    row.decided_at = Some(tx.now);
    let department_id = row.department_id;
    let event = if command.approved { AdmissionEvent::Approved { department_id } } else { AdmissionEvent::Refused { department_id } };
    tx.emit(item_subject(&row), &event)?;
    stage_next(&mut tx, [item::Column::Id, item::Column::Version], old, row.clone());
    let today = day(tx.now);
    tx.commit(view::item(row, today)).await
}

/// One item of an admission list (查询准入事项).
///
/// # Errors
/// `admission_item_not_found`, also for those who may not know of it.
pub async fn get_admission_item(cx: &Cx, id: AdmissionItemId) -> Result<AdmissionItem> {
    Ok(view::item(known_item(cx, id).await?, day(cx.now())))
}

/// The admission lists that hold where the caller may read them (准入清单列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_admission_items(cx: &Cx, query: ListAdmissionItems) -> Result<Page<AdmissionItem>> {
    plain_time(query.updated_after)?;
    let reach = reach(cx)?;
    let filters = (query.region_code, query.department_id, query.kind, query.state, query.updated_after, cx.actor.account);
    let pager = Pager::new("admission_items", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let today = day(cx.now());
    let page = pager.page(store::items(cx, &reach, &query, today, &pager).await?, |i| (i.region_code.as_i64(), i.id))?;
    Ok(page.map(|row| view::item(row, today)))
}

/// Enters an item in a duty list (登记职责事项).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `reference_broken` for what is no active department that the caller may know
/// of; `period_invalid`.
pub async fn create_duty_item(cx: &Cx, command: CreateDutyItem) -> Result<DutyItem> {
    let region = command.region_code;
    cx.actor.require(Permission::AdmissionManage, &Place::from(region))?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    require_department(cx, command.department_id).await?;
    let valid_from = command.valid_from.unwrap_or_else(|| day(cx.now()));
    period(valid_from, command.valid_to)?;
    let mut tx = cx.begin();
    let row = duty::Model {
        id: tx.id(),
        version: 1,
        region_code: region,
        department_id: command.department_id,
        nature: command.nature,
        title: command.title,
        basis: command.basis,
        valid_from,
        valid_to: command.valid_to,
        ended_at: None,
        created_by: cx.actor.account,
        created_at: tx.now,
        updated_at: tx.now,
    };
    tx.emit(duty_subject(&row), &DutyItemEvent::Created { department_id: row.department_id, nature: row.nature })?;
    stage_new(&mut tx, row.clone());
    let today = day(tx.now);
    tx.commit_created(view::duty(row, today)).await
}

/// Ends an item of a duty list now (终止职责事项).
///
/// # Errors
/// `duty_item_not_found`; `permission_missing`; `version_stale`; `duty_item_ended`.
pub async fn end_duty_item(cx: &Cx, id: DutyItemId, command: EndDutyItem) -> Result<DutyItem> {
    let missing = || Error::new(Code::DutyItemNotFound);
    let old = store::duty(cx, id).await?.ok_or_else(missing)?;
    if !knows(cx, old.region_code, Some(old.department_id)) {
        return Err(missing());
    }
    cx.actor.require(Permission::AdmissionManage, &Place::from(old.region_code))?;
    require_version(command.version, old.version)?;
    if old.ended_at.is_some() {
        return Err(Error::new(Code::DutyItemEnded));
    }
    let mut tx = cx.begin();
    let mut row = old.clone();
    row.version += 1;
    row.updated_at = tx.now;
    row.ended_at = Some(tx.now);
    tx.emit(duty_subject(&row), &DutyItemEvent::Ended { department_id: row.department_id })?;
    stage_next(&mut tx, [duty::Column::Id, duty::Column::Version], old, row.clone());
    let today = day(tx.now);
    tx.commit(view::duty(row, today)).await
}

/// The duty lists that hold where the caller may read them (职责清单列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_duty_items(cx: &Cx, query: ListDutyItems) -> Result<Page<DutyItem>> {
    plain_time(query.updated_after)?;
    let reach = reach(cx)?;
    let filters = (query.region_code, query.department_id, query.nature, query.in_force, query.updated_after, cx.actor.account);
    let pager = Pager::new("duty_items", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let today = day(cx.now());
    let page = pager.page(store::duties(cx, &reach, &query, today, &pager).await?, |i| (i.region_code.as_i64(), i.id))?;
    Ok(page.map(|row| view::duty(row, today)))
}

/// Requires that an item lets a department's task into a community today: approved, in force, the department's own, and of a list that
/// covers the community. For the order engine: no permission is asked, and nothing is told of an item that is not the one.
///
/// # Errors
/// `admission_missing`, naming the region and the day.
pub async fn require(
    cx: &Cx,
    department: Option<OrganizationId>,
    item: Option<AdmissionItemId>,
    community: RegionCode,
) -> Result<AdmissionItemId> {
    let today = day(cx.now());
    let refused = || Error::new(Code::AdmissionMissing).with("region", community).with("day", today).at("#/admission_item_id");
    let id = item.ok_or_else(refused)?;
    let row = store::item(cx, id).await?.filter(|row| row.admits(department, community, today)).ok_or_else(refused)?;
    let department = row.department_id.ok_or_else(refused)?;
    let there = crate::store::find_organization(cx, department).await?;
    if there.is_some_and(|o| o.status == OrganizationStatus::Active) { Ok(id) } else { Err(refused()) }
}

/// Those of these departments that have a duty in a community today, in one query. For whistles: no permission is asked.
///
/// # Errors
/// `database_unavailable`.
pub async fn on_duty(cx: &Cx, departments: &[OrganizationId], community: RegionCode) -> Result<Vec<OrganizationId>> {
    store::on_duty(cx, departments, community, day(cx.now())).await
}

impl item::Model {
    /// Whether it lets a task of this department into this community on this day.
    fn admits(&self, department: Option<OrganizationId>, community: RegionCode, day: NaiveDate) -> bool {
        self.kind == AdmissionKind::Task
            && department.is_none_or(|d| self.department_id == Some(d))
            && self.region_code.covers(community)
            && self.valid_from <= day
            && flow::on(self.state, self.valid_to, day) == AdmissionState::Approved
    }
}

impl duty::Model {
    /// Whether it holds on this day.
    fn in_force(&self, day: NaiveDate) -> bool {
        self.ended_at.is_none() && self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }
}

fn reach(cx: &Cx) -> Result<Reach> {
    let reach = cx.actor.reach(Permission::AdmissionRead);
    if reach.is_empty() { Err(Error::new(Code::PermissionMissing).with("permission", Permission::AdmissionRead)) } else { Ok(reach) }
}

/// Whether the caller may know of an item: it lies within their reach, or above it, or is of their department.
fn knows(cx: &Cx, region: RegionCode, department: Option<OrganizationId>) -> bool {
    let place = Place { region: Some(region), grid: None, organization: department };
    cx.actor.can(Permission::AdmissionRead, &place) || cx.actor.reach(Permission::AdmissionRead).regions.iter().any(|r| region.covers(*r))
}

async fn known_item(cx: &Cx, id: AdmissionItemId) -> Result<item::Model> {
    let row = store::item(cx, id).await?.filter(|row| knows(cx, row.region_code, row.department_id));
    row.ok_or_else(|| Error::new(Code::AdmissionItemNotFound))
}

/// The organization is an active department, and the caller may know of it.
async fn require_department(cx: &Cx, id: OrganizationId) -> Result<()> {
    let row = crate::store::find_organization(cx, id).await?.filter(|row| {
        let active = row.status == OrganizationStatus::Active && row.kind == OrganizationKind::GovernmentDepartment;
        active && cx.actor.can(Permission::OrganizationRead, &crate::place(row))
    });
    if row.is_some() { Ok(()) } else { Err(Error::new(Code::ReferenceBroken).at("#/department_id")) }
}

const fn item_subject(row: &item::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

const fn duty_subject(row: &duty::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(item::Entity), schema.create_table_from_entity(duty::Entity)]
}
