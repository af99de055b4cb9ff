//! Every query of whistles.

use super::{
    CountWhistles, ListWhistles, WhistleState,
    row::{Column as C, Entity, Model, StoredState},
};
use kernel::{
    Cx, Pager, RegionCode, Result,
    access::Reach,
    id::{OrganizationId, WhistleId},
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, IntoCondition},
};
use uuid::Uuid;

pub(super) async fn find(cx: &Cx, id: WhistleId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(cx.reader()).await?)
}

/// What lies in a region and within reach, or calls a department within reach: whistles lie in no grid of their own.
fn seen(reach: &Reach, region: Option<RegionCode>) -> Condition {
    let plain = Reach { grids: Vec::new(), ..reach.clone() };
    let places = Places { region: C::RegionCode, grid: C::Id, organization: Some(C::DepartmentId) };
    within(&plain, region.unwrap_or(RegionCode::COUNTRY), places, None, Direction::Down)
}

/// The state now, as what is stored tells it; in words that the index of open calls knows.
fn stands(state: WhistleState, now: kernel::Time) -> Condition {
    let called = || Condition::all().add(Expr::cust("\"whistles\".\"state\" = 'called'"));
    match state {
        WhistleState::Called => called().add(C::RespondBy.gte(now)),
        WhistleState::Absent => called().add(C::RespondBy.lt(now)),
        WhistleState::Arrived => C::State.eq(StoredState::Arrived).into_condition(),
        WhistleState::Done => C::State.eq(StoredState::Done).into_condition(),
        WhistleState::Excused => C::State.eq(StoredState::Excused).into_condition(),
    }
}

pub(super) async fn list(cx: &Cx, reach: &Reach, query: &ListWhistles, pager: &Pager) -> Result<Vec<Model>> {
    let now = cx.now();
    let mut select = Entity::find()
        .filter(seen(reach, query.region_code))
        .apply_if(query.department_id, |q, id| q.filter(C::DepartmentId.eq(id)))
        .apply_if(query.order_id, |q, id| q.filter(C::OrderId.eq(id)))
        .apply_if(query.state, |q, state| q.filter(stands(state, now)))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    if let Some((region, id)) = pager.after::<(i64, Uuid)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The sums of a department.
#[derive(FromQueryResult)]
pub(super) struct Sums {
    pub(super) department_id: OrganizationId,
    pub(super) called: i64,
    pub(super) in_time: i64,
    pub(super) late: i64,
    pub(super) absent: i64,
    pub(super) excused: i64,
    pub(super) department_judged: i64,
    pub(super) department_sum: i64,
    pub(super) call_judged: i64,
    pub(super) call_sum: i64,
}

pub(super) async fn counts(cx: &Cx, reach: &Reach, query: &CountWhistles, pager: &Pager) -> Result<Vec<Sums>> {
    let now = cx.now();
    let count = |condition: Condition| -> Expr {
        let one: Expr = Expr::case(condition, Expr::cust("1")).finally(Expr::cust("0")).into();
        one.sum()
    };
    let sum = |column: &str| Expr::cust(format!("COALESCE(SUM({column}), 0)"));
    let arrived = || Condition::all().add(C::ArrivedAt.is_not_null());
    let select = Entity::find()
        .select_only()
        .column(C::DepartmentId)
        .expr_as(Expr::cust("COUNT(*)"), "called")
        .expr_as(count(arrived().add(Expr::col(C::ArrivedAt).lte(Expr::col(C::RespondBy)))), "in_time")
        .expr_as(count(arrived().add(Expr::col(C::ArrivedAt).gt(Expr::col(C::RespondBy)))), "late")
        .expr_as(count(stands(WhistleState::Absent, now)), "absent")
        .expr_as(count(stands(WhistleState::Excused, now)), "excused")
        .expr_as(Expr::cust("COUNT(department_score)"), "department_judged")
        .expr_as(sum("department_score"), "department_sum")
        .expr_as(Expr::cust("COUNT(call_score)"), "call_judged")
        .expr_as(sum("call_score"), "call_sum")
        .filter(seen(reach, query.region_code))
        .apply_if(query.from, |q, at| q.filter(C::CreatedAt.gte(at)))
        .apply_if(query.until, |q, at| q.filter(C::CreatedAt.lt(at)))
        .apply_if(pager.after::<OrganizationId>()?, |q, after| q.filter(C::DepartmentId.gt(after)))
        .group_by(C::DepartmentId)
        .order_by_asc(C::DepartmentId)
        .limit(pager.fetch());
    Ok(select.into_model::<Sums>().all(cx.reader()).await?)
}
