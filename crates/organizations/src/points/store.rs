//! Every query of points.

use super::{
    CapPeriod, ListPointEntries, ListPointStandings,
    row::{appeal, entry, rule, settlement, sum},
};
use crate::paging::{Lies, newest, seen};
use chrono::{Datelike, NaiveDate};
use kernel::{
    Cx, Pager, RegionCode, Result,
    access::Reach,
    id::{AccountId, PointEntryId},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use std::collections::HashMap;

/// The version of a rule that decides in a region on a day: of the nearest region that has one in force.
pub(super) async fn rule_on(cx: &Cx, region: RegionCode, code: &str, day: NaiveDate) -> Result<Option<rule::Model>> {
    use rule::Column as C;
    let up = std::iter::successors(Some(region), |r| r.parent());
    let select = rule::Entity::find()
        .filter(C::RegionCode.is_in(up))
        .filter(C::Code.eq(code))
        .filter(C::ValidFrom.lte(day))
        .filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(day)));
    Ok(select.order_by_desc(C::RegionCode).order_by_desc(C::Version).one(cx.reader()).await?)
}

/// The newest version of a rule of a region, held until the change is done.
pub(super) async fn newest_rule(tx: &DatabaseTransaction, region: RegionCode, code: &str) -> Result<Option<rule::Model>> {
    use rule::Column as C;
    let select = rule::Entity::find().filter(C::RegionCode.eq(region)).filter(C::Code.eq(code)).order_by_desc(C::Version).limit(1);
    Ok(select.lock_exclusive().one(tx).await?)
}

/// The versions before a new one end where it begins.
pub(super) async fn end_rules(tx: &DatabaseTransaction, region: RegionCode, code: &str, from: NaiveDate) -> Result<()> {
    use rule::Column as C;
    rule::Entity::update_many()
        .col_expr(C::ValidTo, Expr::val(from))
        .filter(C::RegionCode.eq(region))
        .filter(C::Code.eq(code))
        .filter(Condition::any().add(C::ValidTo.is_null()).add(C::ValidTo.gt(from)))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) async fn rules(cx: &Cx, region: Option<RegionCode>, code: Option<&str>, pager: &Pager) -> Result<Vec<rule::Model>> {
    use rule::Column as C;
    let key = || Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Code), Expr::col(C::Version)]);
    let mut select = rule::Entity::find()
        .apply_if(region, |q, region| q.filter(C::RegionCode.is_in(std::iter::successors(Some(region), |r| r.parent()))))
        .apply_if(code, |q, code| q.filter(C::Code.eq(code)));
    if let Some((region, code, version)) = pager.after::<(i64, String, i32)>()? {
        select = select.filter(key().lt(Expr::tuple([Expr::val(region), Expr::val(code), Expr::val(version)])));
    }
    let select = select.order_by_desc(C::RegionCode).order_by_desc(C::Code).order_by_desc(C::Version);
    Ok(select.limit(pager.fetch()).all(cx.reader()).await?)
}

/// Holds a rule, so that what it has given in a period is counted by one change after the other.
pub(super) async fn hold_rule(tx: &DatabaseTransaction, row: &rule::Model) -> Result<()> {
    rule::Entity::find_by_id(row.id).lock_exclusive().one(tx).await?;
    Ok(())
}

/// The first day of a cap's period, and the first day after it.
pub(super) fn span(period: CapPeriod, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let (first, months) = match period {
        CapPeriod::Month => (day.month(), 1),
        CapPeriod::Quarter => ((day.month() - 1) / 3 * 3 + 1, 3),
        CapPeriod::Year => (1, 12),
    };
    let from = NaiveDate::from_ymd_opt(day.year(), first, 1)?;
    Some((from, from.checked_add_months(chrono::Months::new(months))?))
}

/// What a rule has given somebody in a period; what was taken back does not count.
pub(super) async fn given(tx: &DatabaseTransaction, who: AccountId, code: &str, (from, until): (NaiveDate, NaiveDate)) -> Result<i64> {
    use entry::Column as C;
    let select = entry::Entity::find()
        .select_only()
        .expr_as(Expr::cust("COALESCE(SUM(points), 0)"), "given")
        .filter(C::AccountId.eq(who))
        .filter(C::RuleCode.eq(code))
        .filter(C::HappenedOn.gte(from))
        .filter(C::HappenedOn.lt(until));
    Ok(select.into_tuple().one(tx).await?.unwrap_or_default())
}

pub(super) async fn insert_entry(tx: &DatabaseTransaction, row: entry::Model) -> Result<()> {
    entry::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub(super) async fn entry(cx: &Cx, id: PointEntryId) -> Result<Option<entry::Model>> {
    Ok(entry::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn entries(cx: &Cx, reach: &Reach, query: &ListPointEntries, pager: &Pager) -> Result<Vec<entry::Model>> {
    use entry::Column as C;
    let lies = Lies { region: C::RegionCode, organization: C::OrganizationId, id: C::Id };
    let select = entry::Entity::find()
        .filter(seen(reach, query.region_code, &lies))
        .apply_if(query.organization_id, |q, id| q.filter(C::OrganizationId.eq(id)))
        .apply_if(query.account_id, |q, id| q.filter(C::AccountId.eq(id)))
        .apply_if(query.year, |q, year| q.filter(C::Year.eq(year)))
        .apply_if(query.updated_after, |q, at| q.filter(C::CreatedAt.gt(at)));
    newest(cx, select, lies, pager).await
}

/// What somebody has, newest first: a range of the index of accounts.
pub(super) async fn own(cx: &Cx, me: AccountId, pager: &Pager) -> Result<Vec<entry::Model>> {
    use entry::Column as C;
    let select =
        entry::Entity::find().filter(C::AccountId.eq(me)).apply_if(pager.after::<PointEntryId>()?, |q, after| q.filter(C::Id.lt(after)));
    Ok(select.order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The appeals against these entries.
pub(super) async fn appeals(cx: &Cx, ids: Vec<PointEntryId>) -> Result<HashMap<PointEntryId, appeal::Model>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = appeal::Entity::find().filter(appeal::Column::Id.is_in(ids)).all(cx.reader()).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// Whether a year of a community is settled.
pub(super) async fn settled(conn: &impl ConnectionTrait, region: RegionCode, year: i32) -> Result<bool> {
    Ok(settlement::Entity::find_by_id((region, year)).one(conn).await?.is_some())
}

/// How many points somebody has.
#[derive(FromQueryResult)]
pub(super) struct Sum {
    pub(super) account_id: AccountId,
    pub(super) points: i64,
    pub(super) entries: i64,
}

/// Who has how many points now, the most first.
pub(super) async fn standings(cx: &Cx, query: &ListPointStandings, year: i32, pager: &Pager) -> Result<Vec<Sum>> {
    use entry::Column as C;
    let sum = || Expr::cust("SUM(points)");
    let mut select = entry::Entity::find()
        .select_only()
        .column(C::AccountId)
        .expr_as(sum(), "points")
        .expr_as(Expr::cust("COUNT(*)"), "entries")
        .filter(C::RegionCode.eq(query.region_code))
        .filter(C::Year.eq(year))
        .apply_if(query.organization_id, |q, id| q.filter(C::OrganizationId.eq(id)))
        .group_by(C::AccountId);
    if let Some((points, account)) = pager.after::<(i64, AccountId)>()? {
        let lower = Condition::all().add(sum().eq(points)).add(C::AccountId.gt(account));
        select = select.having(Condition::any().add(sum().lt(points)).add(lower));
    }
    let select = select.order_by_desc(sum()).order_by_asc(C::AccountId).limit(pager.fetch());
    Ok(select.into_model::<Sum>().all(cx.reader()).await?)
}

/// The same of a settled year, as it was then.
pub(super) async fn frozen(cx: &Cx, region: RegionCode, year: i32, pager: &Pager) -> Result<Vec<Sum>> {
    use sum::Column as C;
    let mut select = sum::Entity::find().filter(C::RegionCode.eq(region)).filter(C::Year.eq(year));
    if let Some((points, account)) = pager.after::<(i64, AccountId)>()? {
        let lower = Condition::all().add(C::Points.eq(points)).add(C::AccountId.gt(account));
        select = select.filter(Condition::any().add(C::Points.lt(points)).add(lower));
    }
    let rows = select.order_by_desc(C::Points).order_by_asc(C::AccountId).limit(pager.fetch()).all(cx.reader()).await?;
    Ok(rows.into_iter().map(|s| Sum { account_id: s.account_id, points: s.points, entries: s.entries }).collect())
}

/// Keeps everybody from entering points until the change is done: who has begun to is waited for.
pub(super) async fn stop_entries(tx: &DatabaseTransaction) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("LOCK TABLE point_entries IN SHARE MODE").await?;
    }
    Ok(())
}

/// What everybody has in a year of a community, added up once and for all.
pub(super) async fn sums(tx: &DatabaseTransaction, region: RegionCode, year: i32) -> Result<Vec<Sum>> {
    use entry::Column as C;
    let select = entry::Entity::find()
        .select_only()
        .column(C::AccountId)
        .expr_as(Expr::cust("SUM(points)"), "points")
        .expr_as(Expr::cust("COUNT(*)"), "entries")
        .filter(C::RegionCode.eq(region))
        .filter(C::Year.eq(year))
        .group_by(C::AccountId);
    Ok(select.into_model::<Sum>().all(tx).await?)
}

pub(super) async fn freeze(tx: &DatabaseTransaction, row: settlement::Model, sums: Vec<Sum>) -> Result<()> {
    let (region_code, year) = (row.region_code, row.year);
    settlement::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let rows = sums
        .into_iter()
        .map(|s| sum::Model { region_code, year, account_id: s.account_id, points: s.points, entries: s.entries }.into_active_model());
    let rows: Vec<_> = rows.collect();
    for some in rows.chunks(1000) {
        sum::Entity::insert_many(some.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_counts_by_the_calendar() {
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        assert_eq!(span(CapPeriod::Month, day(11, 16)), Some((day(11, 1), day(12, 1))));
        assert_eq!(span(CapPeriod::Quarter, day(9, 30)), Some((day(7, 1), day(10, 1))));
        let next = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        assert_eq!(span(CapPeriod::Year, day(11, 16)), Some((day(1, 1), next)));
        assert_eq!(span(CapPeriod::Quarter, day(12, 31)), Some((day(10, 1), next)));
    }
}
