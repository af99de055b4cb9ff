//! Alliances (联盟): organizations that do something together under one name. 大工委, 大党委, 红色联盟, 区域共建 and 红色物业 are kinds of one
//! thing.
//!
//! An alliance is led by an organization and has members with seats, periods and an order ([`join_alliance`]). Where its chair
//! rotates (轮值主席), who has it in which month is computed from that order ([`rotation`]); swaps are recorded
//! ([`swap_alliance_turns`]). Where its members must play certain parts among them, as in 红色物业 1+4, it says which are missing.
//!
//! It is managed by whoever manages organizations in its region. Whoever may know of its region, of its lead or of one of its members may know
//! of it, and of all its members: partners know each other. An alliance with its members and swaps is one thing to the event log,
//! with one version, and one change of it happens at a time.

mod command;
pub(crate) mod common;
mod event;
pub mod flow;
mod member;
mod report;
pub mod rotation;
mod row;
pub(crate) mod store;
mod swap;
mod view;

pub use command::{
    CloseAlliance, CreateAlliance, JoinAlliance, LeaveAlliance, ListAllianceMembers, ListAlliances, ReadRotation, SwapTurns, UpdateAlliance,
};
pub(crate) use event::event_types;
pub use flow::Action;
pub(crate) use member::{belongs_to_any, leave_all};
pub use member::{join_alliance, leave_alliance, list_alliance_members};
pub use report::{
    AllianceKindCount, AllianceReport, MeetingCounts, PartnershipCounts, PartnershipTally, ReadAllianceReport, alliance_report,
};
pub use row::{AllianceKind, AllianceSeat, AllianceState};
pub(crate) use store::leads as leads_any;
pub use swap::{get_alliance_rotation, swap_alliance_turns};
pub(crate) use view::Names;
pub use view::{Alliance, AllianceMember, AllianceRotation, RotationMonth, RotationSwap};

use crate::row::{OrganizationStatus, organization};
use common::{plain_query, plausible, related, require_version, today};
use event::AllianceEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject, Tx,
    access::Reach,
    id::{AllianceId, OrganizationId},
    stage::{next, stage_new},
};
use rotation::Month;
use row::alliance::{Column as C, Model};
use sea_orm::ConnectionTrait;

/// Founds an alliance (成立联盟).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `reference_broken` for a lead that there is not, or that one may not know
/// of; `organization_closed`; `alliance_member_outside`; `period_invalid`; `alliance_name_taken`.
pub async fn create_alliance(cx: &Cx, command: CreateAlliance) -> Result<Alliance> {
    let region = command.region_code;
    cx.actor.require(Permission::OrganizationManage, &Place::from(region))?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    unit(cx, command.lead_id, region, "#/lead_id").await?;
    let now = today(cx);
    let starts_on = plausible(now, command.starts_on.unwrap_or(now), "#/starts_on")?;
    let ends_on = ending(starts_on, command.ends_on)?;
    let months = command.rotation_months.or_else(|| command.kind.usual_rotation()).filter(|n| *n > 0);
    let begins = command.rotation_start.unwrap_or_else(|| Month::of(starts_on));
    if begins < Month::of(starts_on) || ends_on.is_some_and(|last| begins.first_day() > last) {
        return Err(Error::new(Code::PeriodInvalid).at("#/rotation_start"));
    }
    let usual = || command.kind.usual_parts().iter().map(|p| (*p).to_owned()).collect();
    let parts: Vec<String> = command.required_parts.unwrap_or_else(usual);
    let mut tx = cx.begin();
    let row = Model {
        id: tx.id(),
        version: 1,
        state: AllianceState::Active,
        kind: command.kind,
        name: command.name.trim().to_owned(),
        region_code: region,
        lead_id: command.lead_id,
        starts_on,
        ends_on,
        rotation_months: months,
        rotation_start: months.map(|_| begins.first_day()),
        required_parts: serde_json::to_string(&parts).map_err(Error::internal)?,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let view = alone(cx, row.clone()).await?;
    tx.emit(subject(&row), &AllianceEvent::Created { kind: row.kind, lead_id: row.lead_id })?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(view).await.map_err(|e| taken(e, &row))
}

/// Changes an alliance (修改联盟).
///
/// # Errors
/// `alliance_not_found`; `permission_missing`; `version_stale`; `alliance_state_conflict`; `reference_broken`, `organization_closed`,
/// `alliance_member_outside` for the lead; `period_invalid`; `rotation_month_past`; `alliance_name_taken`.
pub async fn update_alliance(cx: &Cx, id: AllianceId, command: UpdateAlliance) -> Result<Alliance> {
    let seen = managed(cx, id).await?;
    if let Some(lead) = command.lead_id.filter(|lead| *lead != seen.lead_id) {
        unit(cx, lead, seen.region_code, "#/lead_id").await?;
    }
    let mut tx = cx.begin();
    let old = stepping(&mut tx, id, Action::Update, command.version).await?;
    let mut row = old.clone();
    row.name = command.name.map_or(row.name, |name| name.trim().to_owned());
    row.lead_id = command.lead_id.unwrap_or(row.lead_id);
    if let Some(ends_on) = command.ends_on {
        row.ends_on = ending(row.starts_on, ends_on)?;
    }
    if let Some(parts) = &command.required_parts {
        row.required_parts = serde_json::to_string(parts).map_err(Error::internal)?;
    }
    rotate(cx, &mut row, command.rotation_months, command.rotation_start)?;
    let event = AllianceEvent::Updated { lead_id: row.lead_id, rotation_months: row.rotation_months };
    advance(&mut tx, old, &mut row, &event).await.map_err(|e| taken(e, &row))?;
    let view = alone(cx, row.clone()).await?;
    tx.commit(view).await
}

/// Ends an alliance (解散联盟) for good, today if not before. Its members stay on record.
///
/// # Errors
/// `alliance_not_found`; `permission_missing`; `version_stale`; `alliance_state_conflict`.
pub async fn close_alliance(cx: &Cx, id: AllianceId, command: CloseAlliance) -> Result<Alliance> {
    managed(cx, id).await?;
    let mut tx = cx.begin();
    let old = stepping(&mut tx, id, Action::Close, command.version).await?;
    let mut row = old.clone();
    row.state = flow::decide(row.state, Action::Close)?;
    let last = today(cx).max(row.starts_on);
    row.ends_on = Some(row.ends_on.map_or(last, |end| end.min(last)));
    advance(&mut tx, old, &mut row, &AllianceEvent::Closed {}).await?;
    let view = alone(cx, row).await?;
    tx.commit(view).await
}

/// One alliance (查询联盟).
///
/// # Errors
/// `alliance_not_found`, also for those who may not know of it.
pub async fn get_alliance(cx: &Cx, id: AllianceId) -> Result<Alliance> {
    let row = visible(cx, id).await?;
    alone(cx, row).await
}

/// The alliances that one may know of (联盟列表), by region, the oldest of a region first.
///
/// # Errors
/// `permission_missing` for a caller who may know of none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_alliances(cx: &Cx, list: ListAlliances) -> Result<Page<Alliance>> {
    plain_query(list.updated_after)?;
    let reach = cx.actor.reach(Permission::OrganizationRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let filters = (list.region_code, list.kind, list.state, list.organization_id, list.updated_after);
    let pager = Pager::new("alliances", &filters, PageQuery { limit: list.limit, cursor: list.cursor.clone() })?;
    let rows = store::alliances(cx, &reach, &list, &pager).await?;
    let page = pager.page(rows, |a| (a.region_code, a.id))?;
    let ids: Vec<AllianceId> = page.items.iter().map(|a| a.id).collect();
    let standings = store::standings(cx, &ids, today(cx)).await?;
    let names = store::names(cx, page.items.iter().map(|a| a.lead_id).collect()).await?;
    let view = |row: Model| {
        let standing = standings.get(&row.id).cloned().unwrap_or_default();
        let manages = manages(cx, &row);
        view::alliance(row, &standing, &names, manages)
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Changes how the chair rotates, where the command says so. Turns that are past stay as they were only while the rule does.
fn rotate(cx: &Cx, row: &mut Model, months: Option<i16>, start: Option<Month>) -> Result<()> {
    let (now, length) = (Month::of(today(cx)), months.or(row.rotation_months).filter(|n| *n > 0));
    let changes = length != row.rotation_months || (length.is_some() && start.is_some());
    if changes {
        let begins = start.unwrap_or_else(|| now.plus(1).max(Month::of(row.starts_on)));
        if start.is_some() && begins < now {
            return Err(Error::new(Code::RotationMonthPast).with("month", begins).at("#/rotation_start"));
        }
        row.rotation_months = length;
        row.rotation_start = length.map(|_| begins.first_day());
    }
    let late = |first: chrono::NaiveDate| first.signed_duration_since(row.starts_on).num_days() > 36_600;
    if row.rotation_start.is_some_and(|first| late(first) || (changes && row.ends_on.is_some_and(|last| first > last))) {
        return Err(Error::new(Code::PeriodInvalid).at("#/rotation_start"));
    }
    Ok(())
}

/// The last day, not before the first.
fn ending(starts_on: chrono::NaiveDate, ends_on: Option<chrono::NaiveDate>) -> Result<Option<chrono::NaiveDate>> {
    match ends_on {
        Some(end) if end < starts_on => Err(Error::new(Code::PeriodInvalid).at("#/ends_on")),
        Some(end) => plausible(starts_on, end, "#/ends_on").map(Some),
        None => Ok(None),
    }
}

/// An organization that a command names for an alliance of this region: one that the caller may know of, active, of that region or one
/// above or beneath it.
pub(super) async fn unit(cx: &Cx, id: OrganizationId, region: RegionCode, pointer: &'static str) -> Result<organization::Model> {
    let row = crate::visible(cx, id).await.map_err(|e| match e.code {
        Code::OrganizationNotFound => Error::new(Code::ReferenceBroken).at(pointer),
        _ => e,
    })?;
    if row.status != OrganizationStatus::Active {
        return Err(Error::new(Code::OrganizationClosed).at(pointer));
    }
    if !related(row.region_code, region) {
        return Err(Error::new(Code::AllianceMemberOutside).at(pointer));
    }
    Ok(row)
}

async fn alone(cx: &Cx, row: Model) -> Result<Alliance> {
    let standing = store::standings(cx, &[row.id], today(cx)).await?.remove(&row.id).unwrap_or_default();
    let names = store::names(cx, vec![row.lead_id]).await?;
    let manages = manages(cx, &row);
    view::alliance(row, &standing, &names, manages)
}

/// The alliance, if the caller may know of it.
pub(crate) async fn visible(cx: &Cx, id: AllianceId) -> Result<Model> {
    let missing = || Error::new(Code::AllianceNotFound);
    let row = store::find(cx, id).await?.ok_or_else(missing)?;
    let reach = reach(cx);
    let sees = reach.regions.iter().any(|r| r.covers(row.region_code)) || leads(cx, &row).await?;
    if sees || store::concerns(cx, id, &reach, None).await? { Ok(row) } else { Err(missing()) }
}

/// Whether an organization within reach is a member of an alliance today, or leads it.
pub(crate) async fn concerns_today(cx: &Cx, id: AllianceId, reach: &Reach, day: chrono::NaiveDate) -> Result<bool> {
    let Some(row) = store::find(cx, id).await? else { return Ok(false) };
    Ok(leads(cx, &row).await? || store::concerns(cx, id, reach, Some(day)).await?)
}

/// Whether the caller may know of the organization that leads an alliance.
async fn leads(cx: &Cx, row: &Model) -> Result<bool> {
    let lead = crate::find_organization(cx, &row.lead_id).await?;
    let place = |o: crate::OrganizationSummary| Place { region: Some(o.region_code), grid: None, organization: Some(o.id) };
    Ok(lead.is_some_and(|o| cx.actor.can(Permission::OrganizationRead, &place(o))))
}

/// The alliance, if the caller may change it.
pub(super) async fn managed(cx: &Cx, id: AllianceId) -> Result<Model> {
    let row = visible(cx, id).await?;
    cx.actor.require(Permission::OrganizationManage, &Place::from(row.region_code))?;
    Ok(row)
}

/// Where the caller may know of organizations; what lies in a grid alone is no matter of alliances.
pub(crate) fn reach(cx: &Cx) -> Reach {
    Reach { grids: Vec::new(), ..cx.actor.reach(Permission::OrganizationRead) }
}

/// The alliance as it is now, held until the change commits, if the action is possible.
pub(crate) async fn stepping(tx: &mut Tx<'_>, id: AllianceId, action: Action, version: Option<i32>) -> Result<Model> {
    let row = store::lock(tx.conn().await?, id).await?.ok_or_else(|| Error::new(Code::AllianceNotFound))?;
    require_version(version, row.version)?;
    flow::decide(row.state, action)?;
    Ok(row)
}

/// Takes an alliance to its next version.
async fn advance(tx: &mut Tx<'_>, old: Model, row: &mut Model, event: &AllianceEvent) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(subject(row), event)?;
    let update = next([C::Id, C::Version], old, row.clone());
    if tx.conn().await?.execute(&update).await?.rows_affected() == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

fn taken(error: Error, row: &Model) -> Error {
    if error.breaks("alliances") { Error::new(Code::AllianceNameTaken).at("#/name").with("name", &row.name).because(error) } else { error }
}

fn manages(cx: &Cx, row: &Model) -> bool {
    cx.actor.can(Permission::OrganizationManage, &Place::from(row.region_code))
}

pub(crate) fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(row::alliance::Entity),
        schema.create_table_from_entity(row::member::Entity),
        schema.create_table_from_entity(row::swap::Entity),
    ]
}
