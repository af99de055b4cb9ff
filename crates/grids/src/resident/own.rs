//! Whose account is whose entry, what somebody is told about themselves, and what becomes of it in the end.

use super::{
    Resident, changeable,
    event::ResidentEvent,
    row::{self, Sealed},
    seen, store, view,
};
use crate::{consent, region, tag};
use chrono::NaiveDate;
use kernel::{
    Code, Cx, Error, Permission, Place, RegionCode, Result, Tx,
    id::{AccountId, ResidentId},
    person::Sex,
};
use row::Column as C;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How somebody saw that the account is this resident's (核验方式).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkedBy {
    /// 当面核对证件
    Document,
    /// 当面核对电话验证码
    PhoneCode,
    /// 工作人员熟识
    Known,
}

/// Link a resident to an account (关联账号).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LinkAccount {
    /// The account (账号): one that the caller may know of.
    pub account_id: AccountId,
    /// How it was seen whose it is (核验方式); it is logged.
    pub verified_by: LinkedBy,
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Link a resident to no account any more (解除账号关联).
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UnlinkAccount {
    /// The version that was read (版本): refused when it has changed since. Absent: whatever it is now.
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// What is known of a resident, in full, as that resident is told it (本人信息).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnResident {
    /// The entry.
    pub id: ResidentId,
    /// The community or village (所属社区、村).
    pub region_code: RegionCode,
    /// The name (姓名).
    pub name: String,
    /// The phone (电话).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    /// The ID number (身份证号码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_number: Option<String>,
    /// The day of birth (出生日期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub birth_date: Option<NaiveDate>,
    /// Sex (性别).
    pub sex: Sex,
    /// Whether the data is kept and neither shown nor changed (限制处理).
    pub restricted: bool,
    /// The tags, past ones included (标签).
    pub tags: Vec<tag::ResidentTag>,
}

/// What becomes of a resident's entry when the account is deleted (居民登记的处理).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResidentFate {
    /// 保留: a law asks for it; it is linked to no account any more.
    #[default]
    Keep,
    /// 限制处理: a law forbids to delete it; it is kept, and neither shown nor changed (PIPL 47).
    Restrict,
    /// 匿名化: what identifies the person is erased.
    Erase,
}

/// The age below which data is sensitive whatever it says (PIPL 28).
const CHILD: u32 = 14;

/// Whether somebody born then is a child under 14 on this day.
fn under_age(born: NaiveDate, today: NaiveDate) -> bool {
    today.years_since(born).is_none_or(|years| years < CHILD)
}

/// Whether the resident is known to be a child under 14.
pub(super) fn is_child(cx: &Cx, row: &row::Model) -> Result<bool> {
    Ok(birth(cx, row)?.is_some_and(|born| under_age(born, region::day(cx.now()))))
}

fn birth(cx: &Cx, row: &row::Model) -> Result<Option<NaiveDate>> {
    let born = row.birth_date.as_deref().map(|sealed| Sealed::BirthDate.open(cx, row.id, sealed)).transpose()?;
    born.map(|born| born.parse().map_err(Error::internal)).transpose()
}

/// Where a resident the caller may see belongs, and whether it is a child under 14.
pub(crate) async fn seen_child(cx: &Cx, id: ResidentId) -> Result<(Place, bool)> {
    let row = seen(cx, id).await?;
    Ok((row.place(), is_child(cx, &row)?))
}

/// The same of one that the caller may change.
pub(crate) async fn manageable_child(cx: &Cx, id: ResidentId) -> Result<(Place, bool)> {
    let row = super::manageable(cx, id, None).await?;
    Ok((row.place(), is_child(cx, &row)?))
}

/// Where a resident belongs; nothing when there is none.
pub(crate) async fn place_of(cx: &Cx, id: ResidentId) -> Result<Option<Place>> {
    Ok(store::find(cx.reader(), id).await?.map(|row| row.place()))
}

/// The account that a resident is linked to.
pub(crate) async fn account_of(cx: &Cx, id: ResidentId) -> Result<Option<AccountId>> {
    Ok(store::find(cx.reader(), id).await?.and_then(|row| row.account_id))
}

/// Holds the resident while something about it is written.
pub(crate) async fn lock_changeable(tx: &DatabaseTransaction, id: ResidentId) -> Result<()> {
    changeable(&store::lock(tx, id).await?)
}

/// Links a resident to an account (关联账号), which then sees what is known of it. Whether the caller may name the account is asked
/// before.
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`, `resident_restricted`; `version_stale`; `account_linked`.
pub async fn link_account(cx: &Cx, id: ResidentId, command: LinkAccount) -> Result<Resident> {
    let row = linkable(cx, id, command.version).await?;
    if row.account_id.is_some() {
        return Err(Error::new(Code::AccountLinked));
    }
    relink(cx, row, Some(command.account_id), &ResidentEvent::Linked { verified_by: command.verified_by }).await
}

/// Links a resident to no account any more (解除账号关联).
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`, `resident_restricted`; `version_stale`; `account_unlinked`.
pub async fn unlink_account(cx: &Cx, id: ResidentId, command: UnlinkAccount) -> Result<Resident> {
    let row = linkable(cx, id, command.version).await?;
    if row.account_id.is_none() {
        return Err(Error::new(Code::AccountUnlinked));
    }
    relink(cx, row, None, &ResidentEvent::Unlinked {}).await
}

/// Requires that the caller may link this resident.
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`, `resident_restricted`.
pub async fn require_linkable(cx: &Cx, id: ResidentId) -> Result<()> {
    linkable(cx, id, None).await.map(|_| ())
}

async fn linkable(cx: &Cx, id: ResidentId, version: Option<i32>) -> Result<row::Model> {
    let row = seen(cx, id).await?;
    cx.actor.require(Permission::ResidentLink, &row.place())?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    changeable(&row)?;
    Ok(row)
}

async fn relink(cx: &Cx, mut row: row::Model, account: Option<AccountId>, event: &ResidentEvent) -> Result<Resident> {
    let mut tx = cx.begin();
    row.account_id = account;
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), event)?;
    store::write(tx.conn().await?, &row)
        .await
        .map_err(|e| if e.code == Code::ValueTaken { Error::new(Code::AccountLinked).because(e).at("#/account_id") } else { e })?;
    tx.commit(view::masked(cx, row)?).await
}

/// What is known of the residents that an account is linked to, in full, with their tags and consents.
///
/// # Errors
/// `key_missing`; `database_unavailable`.
pub async fn own_residents(cx: &Cx, account: AccountId, limit: u64) -> Result<(Vec<OwnResident>, Vec<consent::Consent>)> {
    let rows = row::Entity::find().filter(C::AccountId.eq(account)).order_by_asc(C::Id).limit(limit).all(cx.reader()).await?;
    let ids: Vec<ResidentId> = rows.iter().map(|row| row.id).collect();
    let tags = tag::own(cx, &ids, limit).await?;
    let consents = consent::own(cx, account, &ids, limit).await?;
    let own = |row: &row::Model| {
        let open = view::open(cx, row)?;
        Ok(OwnResident {
            id: row.id,
            region_code: row.region_code,
            name: open.name,
            phone: open.phone,
            id_number: open.id_number,
            birth_date: birth(cx, row)?,
            sex: row.sex,
            restricted: row.restricted,
            tags: tags.iter().filter(|tag| tag.resident_id == row.id).cloned().collect(),
        })
    };
    Ok((rows.iter().map(own).collect::<Result<_>>()?, consents))
}

/// Does with the entries that an account is linked to what was decided when it was deleted. Only with those where the actor may
/// decide; one elsewhere is unlinked and kept.
///
/// # Errors
/// `database_unavailable`.
pub async fn settle_linked(tx: &mut Tx<'_>, account: AccountId, fate: ResidentFate) -> Result<()> {
    let rows = row::Entity::find().filter(C::AccountId.eq(account)).lock_exclusive().all(tx.conn().await?).await?;
    for mut row in rows {
        let here = tx.cx().actor.can(Permission::DataRequestDecide, &row.place());
        row.account_id = None;
        match fate {
            ResidentFate::Restrict if here && !row.restricted => {
                row.restricted = true;
                step(tx, row, &ResidentEvent::Restricted {}).await?;
            }
            ResidentFate::Erase if here => erase(tx, row).await?,
            _ => step(tx, row, &ResidentEvent::Unlinked {}).await?,
        }
    }
    Ok(())
}

async fn step(tx: &mut Tx<'_>, mut row: row::Model, event: &ResidentEvent) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(row.subject(), event)?;
    store::write(tx.conn().await?, &row).await
}

/// Erases what identifies a resident: the entry stays, so that households and figures still add up, and says nobody any more.
/// Somebody who is still here leaves.
async fn erase(tx: &mut Tx<'_>, mut row: row::Model) -> Result<()> {
    let (cx, now) = (tx.cx(), tx.now);
    row.version += 1;
    (row.updated_at, row.erased_at) = (now, Some(now));
    if row.left_on.is_none() {
        super::moves::depart(tx, &mut row, super::LeaveReason::Moved, region::day(now)).await?;
    }
    row.name = Sealed::Name.seal(cx, row.id, "*")?;
    (row.phone, row.phone_index, row.id_number, row.id_index, row.birth_date) = (None, None, None, None, None);
    (row.sex, row.account_id) = (Sex::Unknown, None);
    tag::end_all(tx, row.id).await?;
    consent::erase(tx, Condition::all().add(consent::row::Column::ResidentId.eq(row.id))).await?;
    tx.emit(row.subject(), &ResidentEvent::Erased {})?;
    store::write(tx.conn().await?, &row).await
}

/// Erases up to `limit` residents of these places who left before a day and are not erased yet; with `dry` only counts them.
/// Restricted ones are kept: a law asks for it.
pub(crate) async fn purge_left(cx: &Cx, places: Condition, before: NaiveDate, dry: bool, limit: u64) -> Result<u64> {
    let due = Condition::all().add(C::LeftOn.lt(before)).add(C::Restricted.eq(false)).add(C::ErasedAt.is_null());
    let select = row::Entity::find().filter(places).filter(due);
    if dry {
        let count: Option<i64> = select.select_only().expr(Expr::col(C::Id).count()).into_tuple().one(cx.reader()).await?;
        return Ok(count.unwrap_or_default().unsigned_abs());
    }
    let rows = select.order_by_asc(C::RegionCode).order_by_asc(C::LeftOn).limit(limit).all(cx.reader()).await?;
    let mut count = 0;
    for row in rows {
        let mut tx = cx.begin();
        erase(&mut tx, row).await?;
        tx.commit(()).await?;
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_under_fourteen_until_the_birthday() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(under_age(day("2012-11-17"), day("2026-11-16")));
        assert!(!under_age(day("2012-11-16"), day("2026-11-16")));
        // Nobody is born tomorrow, but whoever is entered so is a child.
        assert!(under_age(day("2027-01-01"), day("2026-11-16")));
    }
}
