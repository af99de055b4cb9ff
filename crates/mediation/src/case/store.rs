//! Every query of cases. Only [`advance`] sets a state.

use super::{
    ListCases,
    row::{ActiveModel, Column as C, Entity, Model},
};
use kernel::{Cx, Pager, RegionCode, Result, access::Reach, id::CaseId};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, InsertStatement, Query, TableCreateStatement, UpdateStatement},
};

pub(super) async fn find(cx: &Cx, id: CaseId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) fn insert(row: &Model) -> InsertStatement {
    Entity::insert(ActiveModel::from(row.clone())).into_query()
}

/// The case after a step, if it is still at the version that was read.
pub(super) fn advance(row: &Model, version: i32) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(C::Version, row.version)
        .value(C::State, row.state)
        .value(C::MediatorId, row.mediator_id)
        .value(C::Reason, row.reason.clone())
        .value(C::AgreementForm, row.agreement_form)
        .value(C::Agreement, row.agreement.clone())
        .value(C::EffectiveAt, row.effective_at)
        .value(C::ClosedFrom, row.closed_from)
        .value(C::UpdatedAt, row.updated_at)
        .value(C::ClosedAt, row.closed_at)
        .and_where(C::Id.eq(row.id))
        .and_where(C::Version.eq(version))
        .to_owned()
}

pub(super) async fn list(cx: &Cx, reach: &Reach, list: &ListCases, pager: &Pager) -> Result<Vec<Model>> {
    let after = pager.after::<(i64, CaseId)>()?;
    let mut query = Entity::find()
        .filter(within(reach, list.region_code.unwrap_or(RegionCode::COUNTRY), after.map(|(region, _)| region)))
        .apply_if(list.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)));
    if let Some((region, id)) = after {
        query = query.filter(Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]).lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(query.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// What of `region` lies within reach: one range of codes for most callers. Organizations have no cases.
///
/// Where the cursor lies in a range, it bounds the range on that side: given both bounds, SQLite takes the
/// range's and reads all pages before once more.
fn within(reach: &Reach, region: RegionCode, cursor: Option<i64>) -> Condition {
    let between = |within: RegionCode| {
        let (first, last) = within.range();
        if cursor.is_some_and(|at| (first.as_i64()..=last.as_i64()).contains(&at)) {
            C::RegionCode.gte(first)
        } else {
            C::RegionCode.between(first, last)
        }
    };
    if reach.regions.iter().any(|r| r.covers(region)) {
        return Condition::all().add(between(region));
    }
    let inner = reach.regions.iter().filter(|r| region.covers(**r));
    let mut any = inner.fold(Condition::any(), |any, r| any.add(between(*r)));
    if !reach.grids.is_empty() {
        any = any.add(between(region).and(C::GridId.is_in(reach.grids.iter().copied())));
    }
    // An empty "any of" would be everything.
    if any.is_empty() { Condition::all().add(C::RegionCode.is_null()) } else { any }
}

/// The tables of this module as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
