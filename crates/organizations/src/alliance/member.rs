//! Who is a member of an alliance (成员单位), since when and until when.

use super::{
    Action, AllianceMember, AllianceSeat, JoinAlliance, LeaveAlliance, ListAllianceMembers, advance,
    common::{plausible, today},
    event::AllianceEvent,
    managed,
    row::{
        AllianceState,
        alliance::Model,
        member::{self, Column as M},
    },
    stepping, store, unit, view, visible,
};
use chrono::NaiveDate;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Tx,
    id::{AllianceId, AllianceMemberId, OrganizationId},
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr};

/// Makes an organization a member of an alliance (单位加入联盟).
///
/// # Errors
/// `alliance_not_found`; `permission_missing`; `version_stale`; `alliance_state_conflict`; `reference_broken` for an organization that
/// there is not, or that one may not know of; `organization_closed`; `alliance_member_outside`; `period_invalid`;
/// `alliance_member_overlaps`.
pub async fn join_alliance(cx: &Cx, id: AllianceId, command: JoinAlliance) -> Result<AllianceMember> {
    let seen = managed(cx, id).await?;
    let organization = unit(cx, command.organization_id, seen.region_code, "#/organization_id").await?;
    let mut tx = cx.begin();
    let old = stepping(&mut tx, id, Action::Join, command.version).await?;
    let now = today(cx);
    let joined_on = plausible(now, command.joined_on.unwrap_or_else(|| now.max(old.starts_on)), "#/joined_on")?;
    if joined_on < old.starts_on || old.ends_on.is_some_and(|end| joined_on > end) {
        return Err(Error::new(Code::PeriodInvalid).at("#/joined_on"));
    }
    let left_on = leaving(joined_on, command.left_on)?;
    // It stays active until this commits.
    let held = crate::store::hold(tx.conn().await?, organization.id).await?;
    crate::require_active(&held.ok_or_else(|| Error::new(Code::ReferenceBroken))?).map_err(|e| e.at("#/organization_id"))?;
    let members = store::members(tx.conn().await?, id).await?;
    let overlaps = |m: &member::Model| {
        m.organization_id == organization.id && m.left_on.is_none_or(|to| joined_on < to) && left_on.is_none_or(|to| m.joined_on < to)
    };
    if members.iter().any(overlaps) {
        return Err(Error::new(Code::AllianceMemberOverlaps).at("#/joined_on"));
    }
    let last = members.iter().map(|m| m.position).max().unwrap_or(0);
    let row = member::Model {
        id: tx.id(),
        alliance_id: id,
        organization_id: organization.id,
        organization_region: organization.region_code,
        seat: command.seat.unwrap_or(AllianceSeat::Member),
        part: command.part,
        position: command.position.unwrap_or_else(|| last.saturating_add(1)),
        joined_on,
        left_on,
        created_at: tx.now,
        updated_at: tx.now,
    };
    member::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    let event = AllianceEvent::Joined { member_id: row.id, organization_id: row.organization_id, seat: row.seat };
    let mut alliance = old.clone();
    advance(&mut tx, old, &mut alliance, &event).await?;
    let names = [(organization.id, organization.name)].into();
    tx.commit_created(view::member(row, &names)).await
}

/// Ends the membership of an organization in an alliance (单位退出联盟).
///
/// # Errors
/// `alliance_member_not_found`, also for those who may not know of the alliance; `permission_missing`; `version_stale`;
/// `alliance_state_conflict`; `alliance_member_left`; `period_invalid`.
pub async fn leave_alliance(cx: &Cx, id: AllianceMemberId, command: LeaveAlliance) -> Result<AllianceMember> {
    let missing = || Error::new(Code::AllianceMemberNotFound);
    let row = store::find_member(cx, id).await?.ok_or_else(missing)?;
    let alliance = visible(cx, row.alliance_id).await.map_err(|e| if e.code == Code::AllianceNotFound { missing() } else { e })?;
    cx.actor.require(Permission::OrganizationManage, &Place::from(alliance.region_code))?;
    let mut tx = cx.begin();
    let old = stepping(&mut tx, row.alliance_id, Action::Leave, command.version).await?;
    // As it is now that nobody else changes it.
    let mut row = member::Entity::find_by_id(id).one(tx.conn().await?).await?.ok_or_else(missing)?;
    let now = today(cx);
    if row.left_on.is_some_and(|left| left <= now) {
        return Err(Error::new(Code::AllianceMemberLeft));
    }
    let left_on = plausible(now, command.left_on.unwrap_or_else(|| now.max(row.joined_on)), "#/left_on")?;
    let later = store::members(tx.conn().await?, row.alliance_id).await?;
    let overlaps = |m: &member::Model| {
        m.id != row.id && m.organization_id == row.organization_id && m.joined_on >= row.joined_on && m.joined_on < left_on
    };
    if later.iter().any(overlaps) {
        return Err(Error::new(Code::AllianceMemberOverlaps).at("#/left_on"));
    }
    row.left_on = leaving(row.joined_on, Some(left_on))?;
    leave(&mut tx, old, &mut row, left_on).await?;
    let names = store::names(cx, vec![row.organization_id]).await?;
    tx.commit(view::member(row, &names)).await
}

async fn leave(tx: &mut Tx<'_>, old: Model, row: &mut member::Model, left_on: NaiveDate) -> Result<()> {
    row.left_on = Some(left_on);
    row.updated_at = tx.now;
    let update = member::Entity::update_many()
        .col_expr(M::LeftOn, Expr::val(row.left_on))
        .col_expr(M::UpdatedAt, Expr::val(row.updated_at))
        .filter(M::Id.eq(row.id));
    update.exec(tx.conn().await?).await?;
    let mut alliance = old.clone();
    let event = AllianceEvent::Left { member_id: row.id, organization_id: row.organization_id, left_on };
    advance(tx, old, &mut alliance, &event).await
}

/// An organization that is closed leaves all active alliances today.
pub(crate) async fn leave_all(cx: &Cx, tx: &mut Tx<'_>, id: OrganizationId) -> Result<()> {
    let now = today(cx);
    // In the order of their ids, so that nobody who closes waits for somebody who waits for them.
    for seen in store::lasting(tx.conn().await?, id, now).await? {
        let Some(old) = store::lock(tx.conn().await?, seen.alliance_id).await?.filter(|a| a.state == AllianceState::Active) else {
            continue;
        };
        let row = member::Entity::find_by_id(seen.id).one(tx.conn().await?).await?;
        let Some(mut row) = row.filter(|m| m.left_on.is_none_or(|left| left > now)) else { continue };
        let left_on = now.max(row.joined_on);
        leave(tx, old, &mut row, left_on).await?;
    }
    Ok(())
}

/// Whether an organization is in an active alliance, or will be.
pub(crate) async fn belongs_to_any(cx: &Cx, tx: &mut Tx<'_>, id: OrganizationId) -> Result<bool> {
    let now = today(cx);
    let lasting = store::lasting(tx.conn().await?, id, now).await?;
    // Where it was to join later the period is empty now.
    Ok(lasting.iter().any(|m| m.left_on != Some(m.joined_on)))
}

/// The members of an alliance (成员单位列表), in the order of the rotation.
///
/// # Errors
/// `alliance_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_alliance_members(cx: &Cx, id: AllianceId, list: ListAllianceMembers) -> Result<Page<AllianceMember>> {
    visible(cx, id).await?;
    let page = PageQuery { limit: list.limit, cursor: list.cursor.clone() };
    let pager = Pager::new("alliance_members", &(id, list.include_left), page)?;
    let rows = store::page_of_members(cx, id, &list, today(cx), &pager).await?;
    let page = pager.page(rows, |m| (m.position, m.id))?;
    let names = store::names(cx, page.items.iter().map(|m| m.organization_id).collect()).await?;
    Ok(page.map(|row| view::member(row, &names)))
}

/// The first day without it, not before the first with it.
fn leaving(joined_on: NaiveDate, left_on: Option<NaiveDate>) -> Result<Option<NaiveDate>> {
    match left_on {
        Some(left) if left < joined_on => Err(Error::new(Code::PeriodInvalid).at("#/left_on")),
        Some(left) => plausible(joined_on, left, "#/left_on").map(Some),
        None => Ok(None),
    }
}
