//! Moving in and out: memberships in households, with their periods.

use super::{
    HouseholdMember, Kinship, LeaveReason, LeaveResident, ListHouseholdMembers, MoveIn, MoveOut, Resident, changeable,
    event::ResidentEvent,
    manageable, masked_names,
    row::{self, member},
    store, view,
};
use crate::{household, region};
use chrono::NaiveDate;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Result, Tx,
    id::{HouseholdId, ResidentId},
};

/// The day that is meant: today unless told, and never one that has not come.
pub(super) fn past_day(cx: &Cx, day: Option<NaiveDate>, pointer: &str) -> Result<NaiveDate> {
    let today = region::day(cx.now());
    match day {
        Some(day) if day > today || day < NaiveDate::from_ymd_opt(1850, 1, 1).unwrap_or_default() => {
            let reason = vec![("reason", "a day since 1850, not in the future".to_owned())];
            Err(Error::field_with(pointer, Code::FieldInvalid, reason))
        }
        day => Ok(day.unwrap_or(today)),
    }
}

/// Decides that a resident joins a household, and says so; the row takes its place. What is returned is written by [`settle`].
pub(super) async fn enter(
    tx: &mut Tx<'_>,
    row: &mut row::Model,
    home: HouseholdId,
    relation: Kinship,
    since: NaiveDate,
) -> Result<member::Model> {
    let unknown = || Error::new(Code::HouseholdUnknown).at("#/household_id");
    let home = household::store::lock(tx.conn().await?, home).await?;
    let home = home.filter(|home| home.region_code == row.region_code).ok_or_else(unknown)?;
    let cx = tx.cx();
    if !cx.actor.can(Permission::HouseholdRead, &home.place()) {
        return Err(unknown());
    }
    cx.actor.require(Permission::ResidentManage, &home.place())?;
    if home.valid_to.is_some() {
        return Err(Error::new(Code::HouseholdClosed).at("#/household_id"));
    }
    if relation.leads() && home.head_id.is_some() {
        return Err(Error::new(Code::HouseholdHeadExists).at("#/relation"));
    }
    (row.household_id, row.grid_id, row.building_id) = (Some(home.id), home.grid_id, home.building_id);
    tx.emit(row.subject(), &ResidentEvent::MovedIn { household_id: home.id, relation, valid_from: since })?;
    Ok(member::Model {
        id: tx.id(),
        household_id: home.id,
        resident_id: row.id,
        relation,
        valid_from: since,
        valid_to: None,
        created_at: tx.now,
    })
}

/// Writes a new membership, and counts it.
pub(super) async fn settle(tx: &mut Tx<'_>, member: member::Model) -> Result<()> {
    let now = tx.now;
    let head = member.relation.leads().then_some(Some(member.resident_id));
    let home = member.household_id;
    let conn = tx.conn().await?;
    let taken = |e: Error| match e.code {
        Code::ValueTaken if e.breaks("head") => Error::new(Code::HouseholdHeadExists).because(e),
        Code::ValueTaken => Error::new(Code::HouseholdMemberExists).because(e),
        _ => e,
    };
    store::insert_members(conn, vec![member]).await.map_err(taken)?;
    household::store::count(conn, home, 1, head, now).await
}

/// Joins a household (迁入). Whoever belongs to another one still belongs to it.
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`; `resident_restricted`; `household_unknown`, `household_closed`;
/// `household_member_exists`; `household_head_exists`; `period_overlaps` with an earlier membership in the same household;
/// `field_invalid` for a day in the future.
pub async fn move_in(cx: &Cx, id: ResidentId, command: MoveIn) -> Result<Resident> {
    manageable(cx, id, None).await?;
    let since = past_day(cx, command.valid_from, "#/valid_from")?;
    let mut tx = cx.begin();
    let mut row = store::lock(tx.conn().await?, id).await?;
    changeable(&row)?;
    let before = store::memberships(tx.conn().await?, id).await?;
    row.version += 1;
    row.updated_at = tx.now;
    let member = enter(&mut tx, &mut row, command.household_id, command.relation, since).await?;
    let same = before.iter().filter(|m| m.household_id == command.household_id);
    for earlier in same {
        match earlier.valid_to {
            None => return Err(Error::new(Code::HouseholdMemberExists)),
            Some(end) if end > since => return Err(Error::new(Code::PeriodOverlaps).at("#/valid_from")),
            Some(_) => {}
        }
    }
    store::write(tx.conn().await?, &row).await?;
    settle(&mut tx, member).await?;
    tx.commit(view::masked(cx, row)?).await
}

/// Leaves a household (迁出). Whoever belongs to another one is listed there from now on.
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`; `resident_restricted`; `household_member_missing`; `period_invalid`
/// for a day before the one of moving in; `field_invalid` for a day in the future.
pub async fn move_out(cx: &Cx, id: ResidentId, command: MoveOut) -> Result<Resident> {
    manageable(cx, id, None).await?;
    let until = past_day(cx, command.valid_to, "#/valid_to")?;
    let mut tx = cx.begin();
    let mut row = store::lock(tx.conn().await?, id).await?;
    changeable(&row)?;
    let mut current = store::memberships(tx.conn().await?, id).await?;
    current.retain(|m| m.valid_to.is_none());
    let ended = current.iter().position(|m| m.household_id == command.household_id);
    let ended = current.remove(ended.ok_or_else(|| Error::new(Code::HouseholdMemberMissing))?);
    row.version += 1;
    row.updated_at = tx.now;
    exit(&mut tx, &row, &ended, until).await?;
    if row.household_id == Some(ended.household_id) {
        let next = match current.first() {
            Some(member) => household::store::find(tx.conn().await?, member.household_id).await?,
            None => None,
        };
        row.household_id = next.as_ref().map(|home| home.id);
        row.building_id = next.as_ref().and_then(|home| home.building_id);
        // Nobody drops out of their grid because they left a household: somebody must still see them.
        row.grid_id = next.map_or(row.grid_id, |home| home.grid_id);
    }
    store::write(tx.conn().await?, &row).await?;
    tx.commit(view::masked(cx, row)?).await
}

/// Ends a membership, and counts it.
async fn exit(tx: &mut Tx<'_>, row: &row::Model, member: &member::Model, until: NaiveDate) -> Result<()> {
    if until < member.valid_from {
        return Err(Error::new(Code::PeriodInvalid));
    }
    tx.emit(row.subject(), &ResidentEvent::MovedOut { household_id: member.household_id, valid_to: until })?;
    let now = tx.now;
    let head = member.relation.leads().then_some(None);
    let conn = tx.conn().await?;
    store::end_member(conn, member.id, until).await?;
    household::store::count(conn, member.household_id, -1, head, now).await
}

/// Leaves the community (离开): moved away, deceased, or entered by mistake. The entry stays until its retention ends.
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`; `resident_restricted`; `version_stale`; `period_invalid`;
/// `field_invalid` for a day in the future.
pub async fn leave_resident(cx: &Cx, id: ResidentId, command: LeaveResident) -> Result<Resident> {
    manageable(cx, id, command.version).await?;
    let left_on = past_day(cx, command.left_on, "#/left_on")?;
    let mut tx = cx.begin();
    let mut row = store::lock(tx.conn().await?, id).await?;
    changeable(&row)?;
    row.version += 1;
    row.updated_at = tx.now;
    depart(&mut tx, &mut row, command.reason, left_on).await?;
    store::write(tx.conn().await?, &row).await?;
    tx.commit(view::masked(cx, row)?).await
}

/// Ends every membership of a resident, who leaves; the row at its new version is the caller's to write.
pub(super) async fn depart(tx: &mut Tx<'_>, row: &mut row::Model, reason: LeaveReason, left_on: NaiveDate) -> Result<()> {
    let memberships = store::memberships(tx.conn().await?, row.id).await?;
    for member in memberships.iter().filter(|m| m.valid_to.is_none()) {
        exit(tx, row, member, left_on).await.map_err(|e| if e.code == Code::PeriodInvalid { e.at("#/left_on") } else { e })?;
    }
    (row.household_id, row.building_id) = (None, None);
    (row.left_on, row.left_why) = (Some(left_on), Some(reason));
    tx.emit(row.subject(), &ResidentEvent::Left { reason, left_on })
}

/// Who belongs to a household (户成员), masked, by when they were entered.
///
/// # Errors
/// `household_not_found`; `permission_missing` to read residents; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_household_members(cx: &Cx, id: HouseholdId, query: ListHouseholdMembers) -> Result<Page<HouseholdMember>> {
    let home = household::seen(cx, id).await?;
    cx.actor.require(Permission::ResidentRead, &home.place())?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let pager = Pager::new("household_members", &(id, query.include_past), page)?;
    let page = pager.page(store::members(cx, id, query.include_past, &pager).await?, |m| m.id)?;
    let names = masked_names(cx.reader(), cx, page.items.iter().map(|m| m.resident_id).collect()).await?;
    Ok(page.map(|m| HouseholdMember {
        id: m.id,
        household_id: m.household_id,
        resident_id: m.resident_id,
        name: names.get(&m.resident_id).cloned().unwrap_or_default(),
        relation: m.relation,
        valid_from: m.valid_from,
        valid_to: m.valid_to,
    }))
}
