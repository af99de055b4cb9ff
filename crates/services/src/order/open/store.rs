//! Every query of requests in the open.

use super::{
    ListOpenRequests,
    row::{request, update},
};
use crate::{
    catalogue::Reporting,
    order::{State, number, row::order, store::first_id},
};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Code, Cx, Error, RegionCode, Result, Tx, id::OrderId};
use order::Column as O;
use request::Column as R;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationDef,
    SelectTwo,
};
use std::collections::HashMap;

/// A request and its order.
pub(super) type Row = (request::Model, order::Model);

fn rows() -> SelectTwo<request::Entity, order::Entity> {
    let link: RelationDef = request::Entity::belongs_to(order::Entity).from(R::OrderId).to(O::Id).into();
    request::Entity::find().join(JoinType::InnerJoin, link).select_also(order::Entity)
}

/// What everybody may know of; the same as `view::is_shown`.
fn is_shown() -> Condition {
    let taken_in_hand = Condition::all().add(R::Reporting.eq(Reporting::Batch)).add(O::State.ne(State::Placed));
    Condition::any().add(R::Reporting.eq(Reporting::Realtime)).add(taken_in_hand)
}

fn within(region: RegionCode) -> Condition {
    let (first, last) = region.range();
    Condition::all().add(R::RegionCode.between(first, last))
}

async fn all(query: SelectTwo<request::Entity, order::Entity>, cx: &Cx) -> Result<Vec<Row>> {
    Ok(query.all(cx.reader()).await?.into_iter().filter_map(|(request, order)| Some((request, order?))).collect())
}

/// One page. Each time bounds an index: that of the ids, which begin with it, or that of the last change.
pub(super) async fn page(cx: &Cx, filter: &ListOpenRequests) -> Result<Vec<Row>> {
    let mut query = rows()
        .filter(is_shown())
        .apply_if(filter.region_code, |q, region| q.filter(within(region)))
        .apply_if(Some(&filter.item_codes).filter(|codes| !codes.is_empty()), |q, codes| {
            q.filter(R::ItemCode.is_in(codes.iter().cloned()))
        });
    if let Some(open) = filter.open {
        let states = State::all().filter(|state| super::is_open(*state) == open);
        query = query.filter(O::State.is_in(states));
    }
    if let Some((from, to)) = filter.created {
        query = query
            .filter(O::CreatedAt.gte(from))
            .filter(O::CreatedAt.lt(to))
            .filter(R::OrderId.gte(first_id(from)))
            .filter(R::OrderId.lt(first_id(to + TimeDelta::milliseconds(1))));
    }
    query = match filter.updated {
        Some((from, to)) => query.filter(O::UpdatedAt.gte(from)).filter(O::UpdatedAt.lt(to)).order_by_asc(O::UpdatedAt).order_by_asc(O::Id),
        None => query.order_by_desc(R::OrderId),
    };
    all(query.offset(filter.offset).limit(filter.limit), cx).await
}

/// Those with these numbers that everybody may know of, newest first.
pub(super) async fn numbered(cx: &Cx, numbers: &[String]) -> Result<Vec<Row>> {
    let numbers: Vec<String> = numbers.iter().filter_map(|text| number::read(text)).collect();
    all(rows().filter(is_shown()).filter(O::Number.is_in(numbers)).order_by_desc(R::OrderId), cx).await
}

/// The one with this number, whoever may know of it.
pub(super) async fn find(cx: &Cx, text: &str) -> Result<Option<Row>> {
    let Some(number) = number::read(text) else { return Ok(None) };
    Ok(all(rows().filter(O::Number.eq(number)), cx).await?.pop())
}

/// The one of this order, whoever may know of it.
pub(super) async fn of(cx: &Cx, id: OrderId) -> Result<Option<Row>> {
    Ok(all(rows().filter(R::OrderId.eq(id)), cx).await?.pop())
}

/// The numbers of those of these orders that everybody may know of.
pub(super) async fn numbers(cx: &Cx, ids: &[OrderId]) -> Result<HashMap<OrderId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = all(rows().filter(is_shown()).filter(R::OrderId.is_in(ids.iter().copied())), cx).await?;
    Ok(rows.into_iter().map(|(_, order)| (order.id, order.number)).collect())
}

/// Those that everybody may know of and that have changed since, with their numbers: at most `most`.
pub(super) async fn changed(
    cx: &Cx,
    region: Option<RegionCode>,
    numbers: &[String],
    since: DateTime<Utc>,
    most: u64,
) -> Result<HashMap<OrderId, String>> {
    let link: RelationDef = request::Entity::belongs_to(order::Entity).from(R::OrderId).to(O::Id).into();
    let mut query = request::Entity::find().join(JoinType::InnerJoin, link).filter(is_shown()).filter(O::UpdatedAt.gte(since));
    query = query.apply_if(region, |q, region| q.filter(within(region)));
    if !numbers.is_empty() {
        query = query.filter(O::Number.is_in(numbers.iter().filter_map(|text| number::read(text))));
    }
    let rows =
        query.select_only().column(R::OrderId).column(O::Number).limit(most + 1).into_tuple::<(OrderId, String)>().all(cx.reader()).await?;
    if rows.len() as u64 > most { Err(Error::new(Code::PageTooFar).with("limit", most)) } else { Ok(rows.into_iter().collect()) }
}

pub(super) async fn insert(tx: &mut Tx<'_>, row: request::Model) -> Result<()> {
    let row = request::ActiveModel {
        order_id: Set(row.order_id),
        region_code: Set(row.region_code),
        item_code: Set(row.item_code),
        item_id: Set(row.item_id),
        reporting: Set(row.reporting),
        description: Set(row.description),
        address: Set(row.address),
    };
    request::Entity::insert(row).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// The version that an update of this id has made, if it has come before.
pub(super) async fn taken(cx: &Cx, id: OrderId, external_id: &str) -> Result<Option<i32>> {
    let row = update::Entity::find_by_id((id, external_id.to_owned())).one(cx.reader()).await?;
    Ok(row.map(|row| row.order_version))
}

pub(super) async fn take(tx: &mut Tx<'_>, id: OrderId, external_id: String, version: i32) -> Result<()> {
    let row = update::ActiveModel { order_id: Set(id), external_id: Set(external_id), order_version: Set(version) };
    update::Entity::insert(row).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}
