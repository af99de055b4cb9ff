//! Giving a tag to a resident, taking it away, and finding who has it.

use super::{
    EndResidentTag, LegalBasis, LegalBasisKind, ListResidentTags, ResidentTag, TagClass, TagEnd, TagResident,
    event::ResidentTagEvent,
    row::{
        given::{self, Column as C},
        tag,
    },
    view,
};
use crate::{consent, region, resident, sight};
use chrono::NaiveDate;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Tx,
    access::PersonalData,
    id::{ConsentId, ResidentId, ResidentTagId, TagId},
    page::Places,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// Whether the caller may know of sensitive tags there.
pub(crate) fn sees_sensitive(cx: &Cx, place: &Place) -> bool {
    cx.actor.can(Permission::ResidentReadSensitive, place) && cx.actor.sees(PersonalData::Residents)
}

/// Gives a resident a tag (打标签).
///
/// # Errors
/// `resident_not_found`; `permission_missing`; `resident_left`, `resident_restricted`; `tag_unknown`; `legal_basis_missing`;
/// `consent_unknown`, `consent_unfit`, `guardian_needed`; `period_invalid`; `resident_tag_exists`; `field_invalid`.
pub async fn tag_resident(cx: &Cx, id: ResidentId, command: TagResident) -> Result<ResidentTag> {
    let (place, child) = resident::seen_child(cx, id).await?;
    let region = place.region.unwrap_or(RegionCode::COUNTRY);
    // Whoever may change nothing here is told so before anything else.
    let any = [Permission::ResidentManage, Permission::ResidentManageSensitive].into_iter().any(|p| cx.actor.can(p, &place));
    if !any {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::ResidentManage));
    }
    let unknown = || Error::new(Code::TagUnknown).at("#/tag_id");
    let select = tag::Entity::find().filter(tag::Column::Id.eq(command.tag_id)).filter(tag::Column::ValidTo.is_null());
    let tag = select.one(cx.reader()).await?.filter(|tag| tag.region_code.covers(region)).ok_or_else(unknown)?;
    let sensitive = child || tag.class == TagClass::Sensitive;
    cx.actor.require(if sensitive { Permission::ResidentManageSensitive } else { Permission::ResidentManage }, &place)?;
    if sensitive {
        cx.actor.require_sees(PersonalData::Residents)?;
        if command.basis.is_none() {
            return Err(Error::new(Code::LegalBasisMissing).at("#/basis"));
        }
    }
    if let Some(basis) = &command.basis {
        well_formed(basis)?;
    }
    let today = region::day(cx.now());
    let valid_from = command.valid_from.unwrap_or(today);
    plain(valid_from, today)?;
    if command.valid_to.is_some_and(|to| to <= valid_from || to > today + chrono::Days::new(36_600)) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    let mut tx = cx.begin();
    let (now, conn) = (tx.now, tx.conn().await?);
    resident::lock_changeable(conn, id).await?;
    if let Some(consent) = command.basis.as_ref().and_then(|b| b.consent_id) {
        consent::require(conn, consent, id, &tag.code, child, now).await.map_err(|e| e.at("#/basis/consent_id"))?;
    }
    if overlaps(conn, id, tag.id, valid_from, command.valid_to).await? {
        return Err(Error::new(Code::ResidentTagExists));
    }
    let row_id = tx.id();
    let row = given::Model {
        id: row_id,
        version: 1,
        resident_id: id,
        tag_id: tag.id,
        tag_version: tag.version,
        region_code: region,
        sensitive,
        basis: command.basis.as_ref().map(|b| b.kind),
        consent_id: command.basis.as_ref().and_then(|b| b.consent_id),
        citation: command.basis.and_then(|b| b.citation),
        note: command.note.as_deref().map(|note| given::seal(cx, row_id, note)).transpose()?,
        valid_from,
        valid_to: command.valid_to,
        ended_why: command.valid_to.map(|_| TagEnd::Planned),
        recorded_by: cx.actor.account,
        created_at: now,
        updated_at: now,
    };
    let insert = given::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await;
    insert.map_err(|e| {
        let e = Error::from(e);
        if e.code == Code::ValueTaken { Error::new(Code::ResidentTagExists).because(e) } else { e }
    })?;
    tx.emit(row.subject(), &ResidentTagEvent::given(&row))?;
    tx.commit_created(view::show(cx, row, &tag)?).await
}

/// A consent is named, or something else is cited.
fn well_formed(basis: &LegalBasis) -> Result<()> {
    let consent = basis.kind == LegalBasisKind::Consent;
    let wrong = |pointer: &str, reason: &str| Err(Error::field_with(pointer, Code::FieldInvalid, vec![("reason", reason.to_owned())]));
    if consent != basis.consent_id.is_some() {
        return wrong("#/basis/consent_id", "exactly when the basis is consent");
    }
    if consent == basis.citation.is_some() {
        return wrong("#/basis/citation", "exactly when the basis is not consent");
    }
    Ok(())
}

fn plain(day: NaiveDate, today: NaiveDate) -> Result<()> {
    let first = NaiveDate::from_ymd_opt(1850, 1, 1).unwrap_or_default();
    if (first..=today).contains(&day) {
        return Ok(());
    }
    let reason = vec![("reason", "a day since 1850, not in the future".to_owned())];
    Err(Error::field_with("#/valid_from", Code::FieldInvalid, reason))
}

async fn overlaps(conn: &DatabaseTransaction, resident: ResidentId, tag: TagId, from: NaiveDate, to: Option<NaiveDate>) -> Result<bool> {
    let select = given::Entity::find()
        .filter(C::ResidentId.eq(resident))
        .filter(C::TagId.eq(tag))
        .filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(from)))
        .apply_if(to, |q, to| q.filter(C::ValidFrom.lt(to)));
    Ok(select.one(conn).await?.is_some())
}

/// Takes a tag from a resident (取消标签).
///
/// # Errors
/// `resident_tag_not_found`, also for a sensitive one that the caller may not know of; `permission_missing`; `resident_tag_ended`;
/// `version_stale`.
pub async fn end_resident_tag(cx: &Cx, id: ResidentTagId, command: EndResidentTag) -> Result<ResidentTag> {
    let missing = || Error::new(Code::ResidentTagNotFound);
    let mut row = given::Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    let place = resident::place_of(cx, row.resident_id).await?.ok_or_else(missing)?;
    if row.sensitive && !sees_sensitive(cx, &place) {
        return Err(missing());
    }
    let needed = if row.sensitive { Permission::ResidentManageSensitive } else { Permission::ResidentManage };
    cx.actor.require_sight(needed, Permission::ResidentRead, &place, Code::ResidentTagNotFound)?;
    if command.version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let today = region::day(cx.now());
    if row.valid_to.is_some_and(|to| to <= today) {
        return Err(Error::new(Code::ResidentTagEnded));
    }
    let mut tx = cx.begin();
    let before = row.version;
    end(&mut row, today, TagEnd::Removed, tx.now);
    write(tx.conn().await?, &row, before).await?;
    tx.emit(row.subject(), &ResidentTagEvent::ended(&row, TagEnd::Removed))?;
    let tag = versions(cx, std::slice::from_ref(&row)).await?.remove(&(row.tag_id, row.tag_version));
    let tag = tag.ok_or_else(|| Error::internal("a tag without its version"))?;
    tx.commit(view::show(cx, row, &tag)?).await
}

/// From today on it holds no more; what was to begin later never does.
fn end(row: &mut given::Model, today: NaiveDate, why: TagEnd, now: kernel::Time) {
    row.valid_to = Some(std::cmp::max(today, row.valid_from));
    (row.ended_why, row.updated_at) = (Some(why), now);
    row.version += 1;
}

async fn write(conn: &DatabaseTransaction, row: &given::Model, before: i32) -> Result<()> {
    let done = given::Entity::update_many()
        .col_expr(C::ValidTo, Expr::val(row.valid_to))
        .col_expr(C::EndedWhy, Expr::val(row.ended_why))
        .col_expr(C::Version, Expr::val(row.version))
        .col_expr(C::UpdatedAt, Expr::val(row.updated_at))
        .filter(C::Id.eq(row.id))
        .filter(C::Version.eq(before))
        .exec(conn)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// Ends what rests on a consent, in the change that withdraws it; says how many.
pub(crate) async fn end_resting_on(tx: &mut Tx<'_>, consent: ConsentId) -> Result<u32> {
    end_those(tx, Condition::all().add(C::ConsentId.eq(consent)), TagEnd::ConsentWithdrawn).await
}

/// Ends every tag of a resident who is erased, and erases what was noted.
pub(crate) async fn end_all(tx: &mut Tx<'_>, resident: ResidentId) -> Result<u32> {
    let of = Condition::all().add(C::ResidentId.eq(resident));
    let ended = end_those(tx, of.clone(), TagEnd::ResidentErased).await?;
    given::Entity::update_many().col_expr(C::Note, Expr::val(None::<String>)).filter(of).exec(tx.conn().await?).await?;
    Ok(ended)
}

async fn end_those(tx: &mut Tx<'_>, which: Condition, why: TagEnd) -> Result<u32> {
    let (now, today) = (tx.now, region::day(tx.now));
    let lasting = Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(today));
    let rows = given::Entity::find().filter(which).filter(lasting).all(tx.conn().await?).await?;
    for mut row in rows.iter().cloned() {
        let before = row.version;
        end(&mut row, today, why, now);
        write(tx.conn().await?, &row, before).await?;
        tx.emit(row.subject(), &ResidentTagEvent::ended(&row, why))?;
    }
    u32::try_from(rows.len()).map_err(Error::internal)
}

/// The tags of a resident that the caller may know of, oldest first (居民标签).
///
/// # Errors
/// `resident_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_resident_tags(cx: &Cx, id: ResidentId, query: ListResidentTags) -> Result<Page<ResidentTag>> {
    let (place, child) = resident::seen_child(cx, id).await?;
    let sensitive = sees_sensitive(cx, &place);
    let pager = Pager::new("resident_tags", &(id, query.include_past, sensitive), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let mut select =
        given::Entity::find().filter(C::ResidentId.eq(id)).apply_if(pager.after::<ResidentTagId>()?, |q, after| q.filter(C::Id.gt(after)));
    if !query.include_past {
        select = select.filter(lasting(region::day(cx.now())));
    }
    if !sensitive {
        // Of somebody who is known to be a child by now, not even what was ordinary before.
        select = select.filter(C::Sensitive.eq(false)).filter(Expr::val(!child));
    }
    let rows = select.order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    let page = pager.page(rows, |row| row.id)?;
    Ok(Page { items: shown(cx, page.items).await?, next_cursor: page.next_cursor, has_more: page.has_more })
}

fn lasting(today: NaiveDate) -> Condition {
    Condition::all().add(C::ValidFrom.lte(today)).add(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(today)))
}

async fn shown(cx: &Cx, rows: Vec<given::Model>) -> Result<Vec<ResidentTag>> {
    let tags = versions(cx, &rows).await?;
    let show = |row: given::Model| {
        let tag = tags.get(&(row.tag_id, row.tag_version)).ok_or_else(|| Error::internal("a tag without its version"))?;
        view::show(cx, row, tag)
    };
    rows.into_iter().map(show).collect()
}

/// The versions of tags that these entries were given as.
async fn versions(cx: &Cx, rows: &[given::Model]) -> Result<HashMap<(TagId, i32), tag::Model>> {
    let ids: std::collections::BTreeSet<TagId> = rows.iter().map(|row| row.tag_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let tags = tag::Entity::find().filter(tag::Column::Id.is_in(ids)).all(cx.reader()).await?;
    Ok(tags.into_iter().map(|tag| ((tag.id, tag.version), tag)).collect())
}

/// What of the joined `resident_tags` a list of residents with a tag asks: today, and as far as the caller may know.
///
/// # Errors
/// `tag_not_found`; `permission_missing` for a sensitive tag and a caller who may know of those nowhere.
pub(crate) async fn having(
    cx: &Cx,
    id: TagId,
    region: Option<RegionCode>,
    columns: Places<resident::store::C>,
    cursor: Option<i64>,
) -> Result<Condition> {
    let unknown = || Error::new(Code::TagNotFound);
    let tag = tag::Entity::find().filter(tag::Column::Id.eq(id)).order_by_desc(tag::Column::Version).one(cx.reader()).await?;
    let tag = tag.ok_or_else(unknown)?;
    let strict = if cx.actor.sees(PersonalData::Residents) {
        sight::within_reach(cx, Permission::ResidentReadSensitive, region, columns, cursor).await
    } else {
        Err(Error::new(Code::PermissionMissing).with("permission", Permission::ResidentReadSensitive))
    };
    let known = match strict {
        Ok(reach) => {
            let any = Condition::any().add(reach);
            if tag.class == TagClass::Sensitive { any } else { any.add(Expr::col((given::Entity, C::Sensitive)).eq(false)) }
        }
        Err(error) if error.code != Code::PermissionMissing || tag.class == TagClass::Sensitive => return Err(error),
        Err(_) => Condition::any().add(Expr::col((given::Entity, C::Sensitive)).eq(false)),
    };
    let today = region::day(cx.now());
    let col = |column: C| Expr::col((given::Entity, column));
    let lasting = Condition::any().add(col(C::ValidTo).is_null()).add(col(C::ValidTo).gt(today));
    Ok(Condition::all().add(col(C::TagId).eq(id)).add(col(C::ValidFrom).lte(today)).add(lasting).add(known))
}

/// The tags of these residents in full, notes included, for the person itself (PIPL 45).
pub(crate) async fn own(cx: &Cx, residents: &[ResidentId], limit: u64) -> Result<Vec<ResidentTag>> {
    if residents.is_empty() {
        return Ok(Vec::new());
    }
    let select = given::Entity::find().filter(C::ResidentId.is_in(residents.iter().copied()));
    shown(cx, select.order_by_asc(C::Id).limit(limit).all(cx.reader()).await?).await
}
