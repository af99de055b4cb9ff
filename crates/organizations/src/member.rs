//! Who belongs to an organization, as what, and when (成员关系). One account may be in several organizations, and in one of them in
//! several roles; in one role once at a time.

use crate::{
    AccountMembership, AddMember, ListMembers, ListMemberships, Membership,
    event::MembershipEvent,
    managed, not_found, place, require_active,
    row::{membership::Model, organization},
    store, visible,
};
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject, Time, Tx,
    clock::has_plain_year,
    id::{AccountId, MembershipId, OrganizationId},
};
use sea_orm::ActiveEnum;

/// Makes an account a member of an organization (添加成员), in a role, for a period.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `period_invalid` for one that begins later than now or ends before it
/// begins; `membership_exists` when it overlaps another in the same role; `reference_broken` when there is no such account, or the caller may
/// not know of it.
pub async fn add_member(cx: &Cx, organization: OrganizationId, command: AddMember) -> Result<Membership> {
    managed(cx, organization).await?;
    identity::require_named(cx, command.account_id).await.map_err(|e| e.at("#/account_id"))?;
    let mut tx = cx.begin();
    let organization = store::hold(tx.conn().await?, organization).await?.ok_or_else(not_found)?;
    let row = begin(&mut tx, &organization, command).await?;
    tx.commit_created(row.into()).await
}

/// Begins a membership within a change that holds the organization.
///
/// # Errors
/// As [`add_member`].
pub(crate) async fn begin(tx: &mut Tx<'_>, organization: &organization::Model, command: AddMember) -> Result<Model> {
    require_active(organization)?;
    let (from, to) = period(tx.now, command.valid_from, command.valid_to)?;
    let key = (organization.id, command.account_id, command.role);
    if let Some(other) = store::overlapping(tx.conn().await?, key, (from, to)).await? {
        let exists = Error::new(Code::MembershipExists).with("role", command.role.to_value()).with("from", other.valid_from.to_rfc3339());
        return Err(exists.at("#/role"));
    }
    let row = Model {
        id: tx.id(),
        organization_id: organization.id,
        account_id: command.account_id,
        role: command.role,
        valid_from: from,
        valid_to: to,
        created_at: tx.now,
    };
    store::insert_membership(tx.conn().await?, row.clone())
        .await
        .map_err(|e| if e.code == Code::ReferenceBroken { e.at("#/account_id") } else { e })?;
    let event = MembershipEvent::Started { organization_id: organization.id, role: row.role };
    tx.emit(subject(&row, 1, organization.region_code), &event)?;
    Ok(row)
}

/// From when until when: not from later than now on, so that what holds now is what has not ended.
fn period(now: Time, from: Option<Time>, to: Option<Time>) -> Result<(Time, Option<Time>)> {
    let start = from.unwrap_or(now);
    if start > now || !has_plain_year(start) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_from"));
    }
    if to.is_some_and(|to| to <= start || !has_plain_year(to)) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    Ok((start, to))
}

/// Ends a membership (终止成员关系) now, also one that was to end later.
///
/// # Errors
/// `membership_not_found`, also when it has ended already; `permission_missing`.
pub async fn end_membership(cx: &Cx, id: MembershipId) -> Result<()> {
    let missing = || Error::new(Code::MembershipNotFound);
    let now = cx.now();
    let row = store::find_membership(cx, id).await?.filter(|m| m.valid_to.is_none_or(|to| to > now)).ok_or_else(missing)?;
    let organization = store::find_organization(cx, row.organization_id).await?.ok_or_else(missing)?;
    cx.actor.require_sight(
        Permission::OrganizationManage,
        Permission::OrganizationRead,
        &place(&organization),
        Code::MembershipNotFound,
    )?;
    let mut tx = cx.begin();
    tx.stage(Guard::Update(store::end_membership(&row, tx.now)), missing());
    let event = MembershipEvent::Ended { organization_id: row.organization_id, role: row.role };
    tx.emit(subject(&row, 2, organization.region_code), &event)?;
    tx.commit(()).await
}

/// The current members of an organization (成员列表), without their names; once for each role.
///
/// # Errors
/// `organization_not_found`; `cursor_invalid`.
pub async fn list_members(cx: &Cx, organization: OrganizationId, list: ListMembers) -> Result<Page<Membership>> {
    visible(cx, organization).await?;
    let pager = Pager::new("members", &organization, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let rows = store::list_members(cx, organization, &pager).await?;
    Ok(pager.page(rows, |r| (r.account_id, r.id))?.map(Membership::from))
}

/// What an account is a member of (任职情况), as far as the caller may know of the organizations. An account that there is not is in none.
///
/// # Errors
/// `permission_missing` for a caller who may see no organization anywhere; `cursor_invalid`.
pub async fn list_account_memberships(cx: &Cx, account: AccountId, list: ListMemberships) -> Result<Page<AccountMembership>> {
    let reach = cx.actor.reach(Permission::OrganizationRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let pager = Pager::new("memberships", &(account, list.current), PageQuery { limit: list.limit, cursor: list.cursor.clone() })?;
    let rows = store::memberships_of(cx, account, Some(&reach), &list, &pager).await?;
    Ok(pager.page(rows, |(row, _)| row.id)?.map(AccountMembership::from))
}

/// What the caller is a member of (我的任职情况).
///
/// # Errors
/// `cursor_invalid`.
pub async fn list_own_memberships(cx: &Cx, list: ListMemberships) -> Result<Page<AccountMembership>> {
    let account = cx.actor.account()?;
    let pager = Pager::new("own_memberships", &list.current, PageQuery { limit: list.limit, cursor: list.cursor.clone() })?;
    let rows = store::memberships_of(cx, account, None, &list, &pager).await?;
    Ok(pager.page(rows, |(row, _)| row.id)?.map(AccountMembership::from))
}

/// A membership has two versions: begun and ended.
const fn subject(row: &Model, version: i32, region: RegionCode) -> Subject {
    Subject { id: row.id.0, version, region }
}
