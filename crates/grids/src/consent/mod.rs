//! Consents (同意): that somebody, or their guardian, agreed to their data being used for a purpose (PIPL 13–16, 29, 31).
//!
//! They stand here, beside residents, because what rests on them does: a sensitive tag. Those of an account, about whom the
//! resident's entry need not know, are kept in the same table. A consent is never changed: another purpose, kind or text is
//! another consent. When it is withdrawn, the tags that rest on it end in the same change.

mod command;
pub(crate) mod event;
pub(crate) mod row;
mod view;

pub use command::{ListConsents, RecordConsent, WithdrawConsent};
pub use view::{Consent, ConsentChannel, ConsentGiver};

use crate::{resident, tag};
use chrono::Datelike;
use event::ConsentEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result, Time, Tx,
    id::{AccountId, ConsentId, ResidentId},
};
use row::Column as C;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};
use view::{Detail, Sight, show};

/// Records that a resident agreed (登记同意).
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_restricted`; `guardian_needed` for a child under 14; `field_invalid`.
pub async fn record_consent(cx: &Cx, id: ResidentId, command: RecordConsent) -> Result<Consent> {
    let (place, child) = resident::manageable_child(cx, id).await?;
    if child && command.given_by == ConsentGiver::Oneself {
        return Err(Error::new(Code::GuardianNeeded).at("#/given_by"));
    }
    let region = place.region.unwrap_or(RegionCode::COUNTRY);
    record(cx, command, region, Some(id), None, Sight::Masked).await
}

/// Agrees, for the data of one's own account (同意).
///
/// # Errors
/// `field_invalid`.
pub async fn give_consent(cx: &Cx, command: RecordConsent) -> Result<Consent> {
    let account = cx.actor.account()?;
    record(cx, command, RegionCode::COUNTRY, None, Some(account), Sight::Own).await
}

async fn record(
    cx: &Cx,
    command: RecordConsent,
    region_code: RegionCode,
    resident_id: Option<ResidentId>,
    account_id: Option<AccountId>,
    sight: Sight,
) -> Result<Consent> {
    let wrong = |pointer: &str, reason: &str| Error::field_with(pointer, Code::FieldInvalid, vec![("reason", reason.to_owned())]);
    if (command.given_by == ConsentGiver::Guardian) != command.guardian_name.is_some() {
        return Err(wrong("#/guardian_name", "exactly when a guardian agrees"));
    }
    let given_at = command.given_at.unwrap_or_else(|| cx.now());
    if given_at > cx.now() || given_at.year() < 1949 {
        return Err(wrong("#/given_at", "a time since 1949, not in the future"));
    }
    if command.valid_to.is_some_and(|to| to <= given_at || !kernel::clock::has_plain_year(to)) {
        return Err(wrong("#/valid_to", "a time after it was given"));
    }
    let mut tx = cx.begin();
    let id: ConsentId = tx.id();
    let detail = Detail { text: command.text, guardian_name: command.guardian_name, evidence: command.evidence };
    let detail = if detail.text.is_some() || detail.guardian_name.is_some() || detail.evidence.is_some() {
        Some(row::seal(cx, id, &serde_json::to_string(&detail).map_err(Error::internal)?)?)
    } else {
        None
    };
    let row = row::Model {
        id,
        version: 1,
        region_code,
        resident_id,
        account_id,
        purpose: command.purpose,
        kinds: serde_json::to_string(&command.kinds).map_err(Error::internal)?,
        text_version: command.text_version,
        given_by: command.given_by,
        channel: command.channel,
        detail,
        given_at,
        valid_to: command.valid_to,
        recorded_by: cx.actor.account,
        withdrawn_at: None,
        withdrawn_by: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    row::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    tx.emit(row.subject(), &ConsentEvent::Recorded { given_by: row.given_by, channel: row.channel })?;
    tx.commit_created(show(cx, row, sight)?).await
}

/// Withdraws a consent (撤回同意): the person itself, or somebody who records it for them. Tags that rest on it end today.
///
/// # Errors
/// `consent_not_found`; `permission_missing`; `consent_withdrawn`; `version_stale`.
pub async fn withdraw_consent(cx: &Cx, id: ConsentId, command: WithdrawConsent) -> Result<Consent> {
    let (mut row, sight) = seen(cx, id).await?;
    if let (Some(resident), false) = (row.resident_id, sight == Sight::Own) {
        let place = resident::place_of(cx, resident).await?.unwrap_or_default();
        cx.actor.require(Permission::ResidentManage, &place)?;
    }
    if command.version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.withdrawn_at.is_some() {
        return Err(Error::new(Code::ConsentWithdrawn));
    }
    let mut tx = cx.begin();
    row.version += 1;
    (row.withdrawn_at, row.withdrawn_by, row.updated_at) = (Some(tx.now), cx.actor.account, tx.now);
    let done = row::Entity::update_many()
        .col_expr(C::WithdrawnAt, Expr::val(row.withdrawn_at))
        .col_expr(C::WithdrawnBy, Expr::val(row.withdrawn_by))
        .col_expr(C::Version, Expr::val(row.version))
        .col_expr(C::UpdatedAt, Expr::val(row.updated_at))
        .filter(C::Id.eq(id))
        .filter(C::WithdrawnAt.is_null())
        .exec(tx.conn().await?)
        .await?;
    if done.rows_affected != 1 {
        return Err(Error::new(Code::ConsentWithdrawn));
    }
    let ended_tags = tag::end_resting_on(&mut tx, id).await?;
    tx.emit(row.subject(), &ConsentEvent::Withdrawn { ended_tags })?;
    tx.commit(show(cx, row, sight)?).await
}

/// One consent, with its text (查询同意记录).
///
/// # Errors
/// `consent_not_found`.
pub async fn get_consent(cx: &Cx, id: ConsentId) -> Result<Consent> {
    let (row, sight) = seen(cx, id).await?;
    show(cx, row, sight)
}

/// The consents of a resident, oldest first (同意记录).
///
/// # Errors
/// `resident_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_consents(cx: &Cx, id: ResidentId, query: ListConsents) -> Result<Page<Consent>> {
    resident::get_resident(cx, id).await?;
    let strict = sees_sensitive(cx, resident::place_of(cx, id).await?.unwrap_or_default());
    if !strict {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::ResidentReadSensitive));
    }
    page(cx, Condition::all().add(C::ResidentId.eq(id)), &format!("resident {id}"), query).await
}

/// The consents of one's own account, oldest first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_own_consents(cx: &Cx, query: ListConsents) -> Result<Page<Consent>> {
    let account = cx.actor.account()?;
    page(cx, Condition::all().add(C::AccountId.eq(account)), "own", query).await
}

async fn page(cx: &Cx, whose: Condition, name: &str, query: ListConsents) -> Result<Page<Consent>> {
    let pager = Pager::new("consents", &(name, query.include_withdrawn), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let mut select = row::Entity::find().filter(whose).apply_if(pager.after::<ConsentId>()?, |q, after| q.filter(C::Id.gt(after)));
    if !query.include_withdrawn {
        select = select.filter(C::WithdrawnAt.is_null());
    }
    let page = pager.page(select.order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?, |row| row.id)?;
    let items = page.items.into_iter().map(|row| show(cx, row, Sight::Outline)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Who reads what somebody has agreed to learns of sensitive data.
fn sees_sensitive(cx: &Cx, place: kernel::Place) -> bool {
    cx.actor.can(Permission::ResidentReadSensitive, &place) && cx.actor.sees(kernel::access::PersonalData::Residents)
}

/// The consent, and how much the caller sees of it: all of their own, and those of residents whose sensitive data they see.
async fn seen(cx: &Cx, id: ConsentId) -> Result<(row::Model, Sight)> {
    let missing = || Error::new(Code::ConsentNotFound);
    let row = row::Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    let own = |account: Option<AccountId>| account.is_some() && account == cx.actor.account;
    if own(row.account_id) {
        return Ok((row, Sight::Own));
    }
    let resident = row.resident_id.ok_or_else(missing)?;
    if own(resident::account_of(cx, resident).await?) {
        return Ok((row, Sight::Own));
    }
    let place = resident::place_of(cx, resident).await?.ok_or_else(missing)?;
    let known = cx.actor.can(Permission::ResidentRead, &place);
    match (known, sees_sensitive(cx, place)) {
        (true, true) => Ok((row, Sight::Masked)),
        (true, false) => Err(Error::new(Code::PermissionMissing).with("permission", Permission::ResidentReadSensitive)),
        _ => Err(missing()),
    }
}

/// Requires that a consent of this resident is in force and carries a kind of data; for a child, that a guardian gave it.
pub(crate) async fn require(
    conn: &impl ConnectionTrait,
    id: ConsentId,
    resident: ResidentId,
    kind: &str,
    child: bool,
    now: Time,
) -> Result<()> {
    let row = row::Entity::find_by_id(id).one(conn).await?.filter(|row| row.resident_id == Some(resident));
    let row = row.ok_or_else(|| Error::new(Code::ConsentUnknown))?;
    let unfit = |reason: &str| Err(Error::new(Code::ConsentUnfit).with("reason", reason));
    let kinds: Vec<String> = serde_json::from_str(&row.kinds).map_err(Error::internal)?;
    if row.withdrawn_at.is_some() {
        unfit("withdrawn")
    } else if row.valid_to.is_some_and(|to| to <= now) {
        unfit("ended")
    } else if !kinds.iter().any(|k| k == kind) {
        unfit("another_kind")
    } else if child && row.given_by != ConsentGiver::Guardian {
        Err(Error::new(Code::GuardianNeeded))
    } else {
        Ok(())
    }
}

/// What is kept of consents about this account and these residents, in full, for the person itself.
pub(crate) async fn own(cx: &Cx, account: AccountId, residents: &[ResidentId], limit: u64) -> Result<Vec<Consent>> {
    let mut whose = Condition::any().add(C::AccountId.eq(account));
    if !residents.is_empty() {
        whose = whose.add(C::ResidentId.is_in(residents.iter().copied()));
    }
    let rows = row::Entity::find().filter(whose).order_by_asc(C::Id).limit(limit).all(cx.reader()).await?;
    rows.into_iter().map(|row| show(cx, row, Sight::Own)).collect()
}

/// Withdraws what somebody has agreed to, and erases what its text says; that there was a consent stays to be shown (PIPL 69).
pub(crate) async fn erase(tx: &mut Tx<'_>, whose: Condition) -> Result<()> {
    let now = tx.now;
    row::Entity::update_many()
        .col_expr(C::Detail, Expr::val(None::<String>))
        .col_expr(C::WithdrawnAt, Func::coalesce([Expr::col(C::WithdrawnAt), Expr::val(now)]).into())
        .col_expr(C::Version, Expr::col(C::Version).add(1))
        .col_expr(C::UpdatedAt, Expr::val(now))
        .filter(whose)
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// Erases the consents of an account that is deleted.
///
/// # Errors
/// `database_unavailable`.
pub async fn erase_consents(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    erase(tx, Condition::all().add(C::AccountId.eq(account))).await
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
