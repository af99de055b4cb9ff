//! Every query of cases. Only [`advance`] sets a state.

use super::{
    ListCases,
    row::{ActiveModel, Column as C, Entity, Model},
};
use kernel::{
    Cx, Pager, RegionCode, Result,
    access::Reach,
    id::CaseId,
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
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
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: None };
    let mut query = Entity::find()
        .filter(within(reach, list.region_code.unwrap_or(RegionCode::COUNTRY), places, after.map(|(region, _)| region), Direction::Down))
        .apply_if(list.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)));
    if let Some((region, id)) = after {
        query = query.filter(Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]).lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(query.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The tables of this module as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
