//! Every query of regions.

use super::{ListRegions, Region, day, row};
use chrono::NaiveDate;
use kernel::{Cx, Error, Page, Pager, RegionCode, RegionLevel, Result};
use row::Column;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, OnConflict},
};
use std::collections::HashMap;

pub(super) async fn find(cx: &Cx, code: RegionCode) -> Result<Option<Region>> {
    row::Entity::find_by_id(code).one(cx.reader()).await?.map(Region::try_from).transpose()
}

pub(super) async fn named(cx: &Cx, codes: &[RegionCode]) -> Result<Vec<Region>> {
    let rows = row::Entity::find().filter(Column::Code.is_in(codes.iter().copied())).all(cx.reader()).await?;
    rows.into_iter().map(Region::try_from).collect()
}

/// Direct children by the index (parent_code, code); everything else by a range of the primary key.
pub(super) async fn list(cx: &Cx, query: &ListRegions, pager: &Pager) -> Result<Page<Region>> {
    let mut select = row::Entity::find();
    select = match (query.parent, query.level) {
        (Some(parent), None) => select.filter(Column::ParentCode.eq(parent)),
        // Provinces are the children of the country.
        (None | Some(RegionCode::COUNTRY), Some(RegionLevel::Province)) => select.filter(Column::ParentCode.eq(RegionCode::COUNTRY)),
        (parent, level) => {
            let (first, last) = parent.unwrap_or(RegionCode::COUNTRY).range();
            let within = Condition::all().add(Column::Code.between(first, last)).add_option(level.map(|l| Column::Level.eq(l.as_str())));
            select.filter(within)
        }
    };
    if !query.include_closed {
        select = select.filter(Condition::any().add(Column::ValidTo.is_null()).add(Column::ValidTo.gt(day(cx.now()))));
    }
    if let Some(code) = pager.after::<RegionCode>()? {
        select = select.filter(Column::Code.gt(code));
    }
    let rows = select.order_by_asc(Column::Code).limit(pager.fetch()).all(cx.reader()).await?;
    let regions = rows.into_iter().map(Region::try_from).collect::<Result<Vec<_>>>()?;
    pager.page(regions, |r| r.code)
}

/// Makes whoever else asks for the same region wait until this change is done; orders placed in it do not.
pub(super) async fn lock(tx: &DatabaseTransaction, code: RegionCode) -> Result<()> {
    row::Entity::find_by_id(code).lock(LockType::NoKeyUpdate).one(tx).await?;
    Ok(())
}

/// What the database knows of these codes.
pub(super) async fn known(tx: &DatabaseTransaction, codes: &[RegionCode]) -> Result<HashMap<RegionCode, row::Model>> {
    let rows = row::Entity::find().filter(Column::Code.is_in(codes.iter().copied())).all(tx).await?;
    Ok(rows.into_iter().map(|r| (r.code, r)).collect())
}

/// Writes rows, new ones and changed ones alike.
pub(super) async fn upsert(tx: &DatabaseTransaction, rows: Vec<row::Model>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let changed = [Column::Name, Column::ValidFrom, Column::ValidTo, Column::ReplacedBy, Column::UpdatedAt];
    row::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::column(Column::Code).update_columns(changed).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Says which region took the place of another.
pub(super) async fn replace(tx: &DatabaseTransaction, code: RegionCode, by: RegionCode) -> Result<()> {
    row::Entity::update_many().col_expr(Column::ReplacedBy, Expr::val(by.as_i64())).filter(Column::Code.eq(code)).exec(tx).await?;
    Ok(())
}

/// The codes without an end within `region`, those behind `after`, at most `limit`.
pub(super) async fn without_end(
    tx: &DatabaseTransaction,
    region: RegionCode,
    after: Option<RegionCode>,
    limit: u64,
) -> Result<Vec<RegionCode>> {
    let (first, last) = region.range();
    let select =
        row::Entity::find().select_only().column(Column::Code).filter(Column::Code.between(first, last)).filter(Column::ValidTo.is_null());
    let select = match after {
        Some(code) => select.filter(Column::Code.gt(code)),
        None => select,
    };
    select.order_by_asc(Column::Code).limit(limit).into_tuple().all(tx).await.map_err(Error::from)
}

/// Ends these regions on a day or, should they have begun later, on the day of their beginning.
pub(super) async fn close(tx: &DatabaseTransaction, codes: &[RegionCode], on: NaiveDate, now: kernel::Time) -> Result<()> {
    let end = Expr::case(Expr::col(Column::ValidFrom).gt(on), Expr::col(Column::ValidFrom)).finally(on);
    row::Entity::update_many()
        .col_expr(Column::ValidTo, end.into())
        .col_expr(Column::UpdatedAt, Expr::val(now))
        .filter(Column::Code.is_in(codes.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}
