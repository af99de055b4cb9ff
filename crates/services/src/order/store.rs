//! Every query of the order engine. The only place that writes an order's state.

use super::{
    command::{DispatchMode, ListOrders, OrderListView},
    external::ExternalRef,
    flow::{Action, State, next},
    number,
    row::{assistant, external, follower, order},
    sight,
};
use chrono::{DateTime, Utc};
use identity::SealedContact;
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, Place, RegionCode, RegionLevel, Result, Tx,
    access::Reach,
    id::{AccountId, OrderId},
};
use order::{Column as C, Entity as Orders, Model, Whole, WithContact};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, Iterable, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
    sea_query::{Expr, Query, SubQueryStatement},
};
use std::collections::HashMap;
use uuid::Uuid;

pub(super) async fn find(cx: &Cx, id: OrderId) -> Result<Option<Model>> {
    let order = Orders::find_by_id(id).into_model::<Whole>().one(cx.reader()).await?.map(|w| w.0);
    if let Some(order) = &order {
        keep(cx, order);
    }
    Ok(order)
}

/// The order, and in the same query how to reach its requester, if they have an account.
pub(super) async fn find_with_contact(cx: &Cx, id: OrderId) -> Result<Option<(Model, Option<SealedContact>)>> {
    let query = SealedContact::join(Orders::find_by_id(id), C::RequesterId);
    let found = query.into_model::<WithContact>().one(cx.reader()).await?.map(|w| (w.0, w.1));
    if let Some((order, _)) = &found {
        keep(cx, order);
    }
    Ok(found)
}

/// The order at this version, if it is at hand; the database may know a newer one.
pub(super) fn at_hand(cx: &Cx, id: OrderId, version: i32) -> Option<Model> {
    cx.recent::<Model>(id.0).filter(|o| o.version == version).map(|o| Model::clone(&o))
}

pub(super) fn keep(cx: &Cx, order: &Model) {
    cx.keep_recent(order.id.0, order.clone());
}

/// Stages the order as a new row. Absent values are left to the database, which keeps the statement short.
pub(super) fn insert(tx: &mut Tx<'_>, order: Model) {
    let mut row = order.into_active_model();
    for column in C::iter() {
        let absent = row.get(column).into_value().is_some_and(|v| v == v.as_null());
        if absent {
            row.not_set(column);
        } else {
            row.reset(column);
        }
    }
    tx.stage(Guard::Insert(Orders::insert(row).into_query()), Error::internal("an insert wrote no row"));
}

/// Stages the step from `before` to `after`, if the order is still at the version that was read.
pub(super) fn advance(tx: &mut Tx<'_>, before: &Model, after: &Model) {
    let mut update = Query::update();
    update.table(Orders);
    let (old, new) = (before.clone().into_active_model(), after.clone().into_active_model());
    for column in C::iter() {
        let (Some(was), Some(is)) = (old.get(column).into_value(), new.get(column).into_value()) else { continue };
        if was != is {
            update.value(column, is);
        }
    }
    update.and_where(C::Id.eq(before.id)).and_where(C::Version.eq(before.version));
    tx.stage(Guard::Update(update), Error::new(Code::OrderVersionStale).with("version", before.version + 1));
}

/// Several orders in one query.
pub(super) async fn named(cx: &Cx, ids: &[OrderId]) -> Result<Vec<Model>> {
    whole(Orders::find().filter(C::Id.is_in(ids.iter().copied())), cx).await
}

pub(super) async fn find_ref(cx: &Cx, system: &str, number: &str) -> Result<Option<external::Model>> {
    Ok(external::Entity::find_by_id((system.to_owned(), number.to_owned())).one(cx.reader()).await?)
}

pub(super) async fn external_refs(cx: &Cx, id: OrderId) -> Result<Vec<external::Model>> {
    Ok(external::Entity::find()
        .filter(external::Column::OrderId.eq(id))
        .order_by_asc(external::Column::System)
        .order_by_asc(external::Column::Number)
        .limit(100)
        .all(cx.reader())
        .await?)
}

pub(super) async fn insert_ref(tx: &mut Tx<'_>, row: external::Model) -> Result<()> {
    external::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// A number at a newer version, if it is still at the one that was read.
pub(super) async fn renew_ref(tx: &mut Tx<'_>, new: &ExternalRef, known: i32, id: OrderId, digest: Option<String>) -> Result<()> {
    use external::Column as X;
    let done = external::Entity::update_many()
        .col_expr(X::Version, Expr::val(new.version))
        .col_expr(X::OrderId, Expr::val(id))
        .col_expr(X::Digest, Expr::val(digest))
        .filter(X::System.eq(new.system.as_str()))
        .filter(X::Number.eq(new.number.as_str()))
        .filter(X::Version.eq(known))
        .exec(tx.conn().await?)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// The orders that other systems know under this number.
fn known_as(filter: &ListOrders) -> Option<sea_orm::sea_query::SelectStatement> {
    if filter.external_number.is_none() && filter.external_system.is_none() {
        return None;
    }
    let mut known = Query::select().column(external::Column::OrderId).from(external::Entity).to_owned();
    if let Some(number) = &filter.external_number {
        known.and_where(external::Column::Number.eq(number.as_str()));
    }
    if let Some(system) = &filter.external_system {
        known.and_where(external::Column::System.eq(system.as_str()));
    }
    Some(known)
}

pub(super) async fn assistants(cx: &Cx, id: OrderId) -> Result<Vec<assistant::Model>> {
    Ok(assistant::Entity::find()
        .filter(assistant::Column::OrderId.eq(id))
        .order_by_asc(assistant::Column::TakerId)
        .all(cx.reader())
        .await?)
}

pub(super) async fn set_assistants(tx: &mut Tx<'_>, id: OrderId, rows: Vec<assistant::Model>) -> Result<()> {
    // Of two dispatchers the second waits here and then loses by its version, not by a row that the first has written.
    lock(tx, id).await?;
    let conn = tx.conn().await?;
    assistant::Entity::delete_many().filter(assistant::Column::OrderId.eq(id)).exec(conn).await?;
    for row in rows {
        let row = assistant::ActiveModel {
            order_id: Set(row.order_id),
            taker_id: Set(row.taker_id),
            taker_kind: Set(row.taker_kind),
            added_at: Set(row.added_at),
        };
        assistant::Entity::insert(row).exec_without_returning(conn).await?;
    }
    Ok(())
}

pub(super) async fn follows(cx: &Cx, id: OrderId, account: AccountId) -> Result<bool> {
    Ok(follower::Entity::find_by_id((id, account)).one(cx.reader()).await?.is_some())
}

pub(super) async fn followers(cx: &Cx, id: OrderId) -> Result<Vec<AccountId>> {
    let rows = follower::Entity::find()
        .filter(follower::Column::OrderId.eq(id))
        .order_by_asc(follower::Column::Since)
        .order_by_asc(follower::Column::AccountId)
        .all(cx.reader())
        .await?;
    Ok(rows.into_iter().map(|r| r.account_id).collect())
}

/// Lets the requester and the followers of a duplicate follow the order that goes on; those who do so already stay.
pub(super) async fn move_followers(tx: &mut Tx<'_>, from: &Model, into: OrderId) -> Result<()> {
    let now = tx.now;
    let followers = follower::Entity::find().filter(follower::Column::OrderId.eq(from.id)).all(tx.conn().await?).await?;
    let all = followers.into_iter().map(|f| f.account_id).chain(from.requester_id);
    for account_id in all {
        let row = follower::ActiveModel { order_id: Set(into), account_id: Set(account_id), since: Set(now) };
        follower::Entity::insert(row)
            .on_conflict_do_nothing_on([follower::Column::OrderId, follower::Column::AccountId])
            .exec_without_returning(tx.conn().await?)
            .await?;
    }
    Ok(())
}

/// Reads an order inside the change and keeps others from changing it until the commit.
pub(super) async fn lock(tx: &mut Tx<'_>, id: OrderId) -> Result<Option<Model>> {
    let postgres = tx.cx().backend() == sea_orm::DbBackend::Postgres;
    let query = Orders::find_by_id(id);
    // SQLite needs no lock: its writer is alone.
    let query = if postgres { query.lock_exclusive() } else { query };
    Ok(query.one(tx.conn().await?).await?)
}

/// The claim numbers of a taker's open orders (absent for those not claimed): how many there are, and which are used.
pub(super) async fn open_slots(cx: &Cx, taker: Uuid) -> Result<Vec<Option<i16>>> {
    let slots = Orders::find()
        .select_only()
        .column(C::LeadSlot)
        .filter(C::LeadId.eq(taker))
        .filter(C::State.is_in([State::Accepted, State::InProgress, State::Suspended]))
        .limit(1001)
        .into_tuple()
        .all(cx.reader())
        .await?;
    Ok(slots)
}

/// How many orders each of these takers works on: ranges of the index of those.
pub(super) async fn open_orders(cx: &Cx, takers: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    if takers.is_empty() {
        return Ok(HashMap::new());
    }
    let counted = Orders::find()
        .select_only()
        .column(C::LeadId)
        .column_as(C::Id.count(), "orders")
        .filter(C::LeadId.is_in(takers.iter().copied()))
        .filter(C::State.is_in([State::Accepted, State::InProgress, State::Suspended]))
        .group_by(C::LeadId);
    Ok(counted.into_tuple::<(Uuid, i64)>().all(cx.reader()).await?.into_iter().collect())
}

/// The list. Each view is one index range; what else is asked narrows it.
pub(super) async fn list(cx: &Cx, filter: &ListOrders, page: PageQuery) -> Result<Page<Model>> {
    let actor = &*cx.actor;
    let pager = Pager::new("orders", &(filter, actor.account), page)?;
    let mut query = visible(cx, filter).await?;
    if !filter.states.is_empty() {
        query = query.filter(C::State.is_in(filter.states.iter().copied()));
        // Most orders are closed; the index of the others serves when it is told, in its own words, that it may.
        if !filter.states.contains(&State::Closed) {
            query = query.filter(Expr::cust("\"orders\".\"state\" <> 'closed'"));
        }
    }
    query = query
        .apply_if(filter.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(filter.item_id, |q, item| q.filter(C::ItemId.eq(item)))
        .apply_if(filter.taker_id, |q, taker| q.filter(C::LeadId.eq(taker)))
        .apply_if(filter.requester_id, |q, account| q.filter(C::RequesterId.eq(account)))
        .apply_if(filter.created_after, |q, time| q.filter(C::CreatedAt.gte(time)).filter(C::Id.gte(first_id(time))))
        .apply_if(filter.created_before, |q, time| {
            q.filter(C::CreatedAt.lt(time)).filter(C::Id.lt(first_id(time + chrono::TimeDelta::milliseconds(1))))
        });
    if let Some(known) = known_as(filter) {
        if !matches!(filter.view, None | Some(OrderListView::Scope | OrderListView::Mine)) {
            return Err(Error::new(Code::QueryParameterInvalid).with("reason", "external_number is for the views scope and mine"));
        }
        query = query.filter(C::Id.in_subquery(known));
    }
    if let Some(text) = &filter.number {
        let number = number::read(text)
            .ok_or_else(|| Error::new(Code::QueryParameterInvalid).with("reason", "number: the check character does not fit"))?;
        query = query.filter(C::Number.eq(number));
    }
    query = match filter.overdue {
        Some(true) => query.filter(C::DueAt.is_not_null()).filter(C::DueAt.lt(cx.now())),
        Some(false) => query.filter(Condition::any().add(C::DueAt.is_null()).add(C::DueAt.gte(cx.now()))),
        None => query,
    };
    if let Some(since) = filter.updated_after {
        query = query.filter(C::UpdatedAt.gte(since));
        if let Some((at, id)) = pager.after::<(DateTime<Utc>, OrderId)>()? {
            query = query.filter(Expr::tuple([Expr::col(C::UpdatedAt), Expr::col(C::Id)]).gt(Expr::tuple([Expr::val(at), Expr::val(id)])));
        }
        let rows = whole(query.order_by_asc(C::UpdatedAt).order_by_asc(C::Id).limit(pager.fetch()), cx).await?;
        return pager.page(rows, |o| (o.updated_at, o.id));
    }
    if let Some(id) = pager.after::<OrderId>()? {
        query = query.filter(C::Id.lt(id));
    }
    let rows = whole(query.order_by_desc(C::Id).limit(pager.fetch()), cx).await?;
    pager.page(rows, |o| o.id)
}

async fn whole(query: Select<Orders>, cx: &Cx) -> Result<Vec<Model>> {
    Ok(query.into_model::<Whole>().all(cx.reader()).await?.into_iter().map(|w| w.0).collect())
}

/// How many orders of one state [`backlog`] counts before it stops.
pub const COUNTED_ORDERS: u64 = 10_000;

/// How many orders stand in each state that leads further, counted up to [`COUNTED_ORDERS`]; for the operator. One statement
/// that reads only the index of unclosed orders, so that its cost has a limit, however many orders there are.
///
/// # Errors
/// `permission_missing`; `database_unavailable`.
pub async fn backlog(cx: &Cx) -> Result<Vec<(State, i64)>> {
    cx.actor.require(Permission::OrderRead, &Place { region: Some(RegionCode::COUNTRY), grid: None, organization: None })?;
    let states = State::all().filter(|state| Action::all().any(|action| next(*state, action).is_some())).collect::<Vec<_>>();
    let counts = states.iter().map(|state| {
        let some = Orders::find()
            .select_only()
            .expr(Expr::cust("1"))
            .filter(C::State.eq(*state))
            .filter(Expr::cust("\"orders\".\"state\" <> 'closed'"))
            .limit(COUNTED_ORDERS)
            .into_query();
        Query::select().expr(Expr::cust("count(*)")).from_subquery(some, state.as_str()).to_owned()
    });
    let mut query = Query::select();
    for (state, count) in states.iter().zip(counts) {
        query.expr_as(SubQueryStatement::SelectStatement(count), state.as_str());
    }
    let row = cx.reader().query_one(&query).await?.ok_or_else(|| Error::internal("a count has no row"))?;
    states.into_iter().map(|state| Ok((state, row.try_get("", state.as_str())?))).collect()
}

/// The smallest id that an order of this time can have: ids begin with their millisecond.
pub(super) fn first_id(time: DateTime<Utc>) -> OrderId {
    let millis = u128::try_from(time.timestamp_millis()).unwrap_or_default();
    OrderId(Uuid::from_u128(millis << 80))
}

/// What the actor may see from the chosen point of view.
async fn visible(cx: &Cx, filter: &ListOrders) -> Result<Select<Orders>> {
    let actor = &*cx.actor;
    let read = actor.reach(Permission::OrderRead);
    let view = filter.view.unwrap_or(if read.is_empty() { OrderListView::Mine } else { OrderListView::Scope });
    let query = Orders::find();
    let query = match view {
        OrderListView::Scope => return Ok(query.filter(within(&read, filter.region_code, Permission::OrderRead)?)),
        OrderListView::Claimable => {
            let mut take = actor.reach(Permission::OrderTake);
            take.regions.extend(staffed(cx).await?);
            return Ok(query
                .filter(within(&take, filter.region_code, Permission::OrderTake)?)
                .filter(C::State.eq(State::Dispatched))
                .filter(C::LeadId.is_null()));
        }
        OrderListView::Mine => query.filter(C::RequesterId.eq(actor.account()?)),
        OrderListView::Taken => {
            let takers = std::iter::once(actor.account()?.0).chain(actor.staff_of().into_iter().map(|o| o.0)).collect::<Vec<_>>();
            query.filter(match takers.as_slice() {
                [me] => C::LeadId.eq(*me),
                _ => C::LeadId.is_in(takers),
            })
        }
        OrderListView::Assisted => {
            let takers = std::iter::once(actor.account()?.0).chain(actor.staff_of().into_iter().map(|o| o.0));
            let assisted = Query::select()
                .column(assistant::Column::OrderId)
                .from(assistant::Entity)
                .and_where(assistant::Column::TakerId.is_in(takers))
                .to_owned();
            query.filter(C::Id.in_subquery(assisted))
        }
        OrderListView::Followed => {
            let followed = Query::select()
                .column(follower::Column::OrderId)
                .from(follower::Entity)
                .and_where(follower::Column::AccountId.eq(actor.account()?))
                .to_owned();
            query.filter(C::Id.in_subquery(followed))
        }
    };
    Ok(query.apply_if(filter.region_code, |q, region| q.filter(in_region(region))))
}

/// The part of a reach that lies within the region asked for.
fn within(reach: &Reach, region: Option<RegionCode>, permission: Permission) -> Result<Condition> {
    let missing = || Error::new(Code::PermissionMissing).with("permission", permission);
    let regions: Vec<RegionCode> = match region {
        None => reach.regions.clone(),
        Some(asked) if reach.regions.iter().any(|r| r.covers(asked)) => vec![asked],
        Some(asked) => reach.regions.iter().copied().filter(|r| asked.covers(*r)).collect(),
    };
    if regions.is_empty() && reach.grids.is_empty() {
        return Err(missing());
    }
    // The whole country is no condition, and in a list of alternatives no condition would be none of them.
    if regions.contains(&RegionCode::COUNTRY) {
        return Ok(Condition::all());
    }
    let mut condition = Condition::any();
    for region in regions {
        condition = condition.add(in_region(region));
    }
    if !reach.grids.is_empty() {
        let mut grids = Condition::all().add(C::GridId.is_in(reach.grids.iter().copied()));
        if let Some(region) = region {
            grids = grids.add(in_region(region));
        }
        condition = condition.add(grids);
    }
    Ok(condition)
}

/// A community is one value of an index, a county one value of another; what lies between is a range.
fn in_region(region: RegionCode) -> Condition {
    let (first, last) = region.range();
    match region.level() {
        RegionLevel::Country => Condition::all(),
        RegionLevel::Community => Condition::all().add(C::RegionCode.eq(region)),
        RegionLevel::County => Condition::all().add(Expr::cust("\"orders\".\"region_code\" / 1000000").eq(region.as_i64() / 1_000_000)),
        _ => Condition::all().add(C::RegionCode.between(first, last)),
    }
}

/// The regions of the organizations that the actor acts for and that are in use.
async fn staffed(cx: &Cx) -> Result<Vec<RegionCode>> {
    let mut regions = Vec::new();
    for id in cx.actor.staff_of() {
        regions.extend(organizations::find_organization(cx, &id).await?.filter(|o| o.active).map(|o| o.region_code));
    }
    Ok(regions)
}

/// Whether the actor assists, follows, or may take orders here for an organization: asked only where it matters.
pub(super) async fn complete_standing(cx: &Cx, order: &Model, standing: &mut sight::Standing) -> Result<Vec<assistant::Model>> {
    let mut team = Vec::new();
    if order.assistant_count > 0 {
        team = assistants(cx, order.id).await?;
        standing.assistant = team.iter().any(|a| sight::is_taker(&cx.actor, Some(a.taker_kind), Some(a.taker_id)));
    }
    if order.dispatch_mode == Some(DispatchMode::Pool) && !standing.provider {
        standing.provider = staffed(cx).await?.iter().any(|r| r.covers(order.region_code));
    }
    if let (Some(account), false) = (cx.actor.account, standing.sees(&cx.actor, order)) {
        standing.follower = follows(cx, order.id, account).await?;
    }
    Ok(team)
}
