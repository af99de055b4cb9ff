//! Every query of volunteers.

use crate::{
    ListVolunteers, Volunteer,
    row::volunteer::{ActiveModel, Column as C, Entity, Model},
};
use kernel::{
    Cx, Error, Pager, RegionCode, Result,
    access::Reach,
    id::AccountId,
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Func, Query, TableCreateStatement, UpdateStatement},
};

pub(crate) async fn find(cx: &Cx, account: AccountId) -> Result<Option<Volunteer>> {
    Entity::find_by_id(account).one(cx.reader()).await?.map(Volunteer::try_from).transpose()
}

pub(crate) async fn find_many(cx: &Cx, accounts: &[AccountId]) -> Result<Vec<Volunteer>> {
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Entity::find().filter(C::AccountId.is_in(accounts.iter().copied())).all(cx.reader()).await?;
    rows.into_iter().map(Volunteer::try_from).collect()
}

/// Ranges of the index (region_code, account_id), one for each level from the community up.
pub(crate) async fn serving(cx: &Cx, community: RegionCode, limit: u64) -> Result<Vec<Volunteer>> {
    let up = std::iter::successors(Some(community), |r| r.parent());
    let query = Entity::find().filter(C::RegionCode.is_in(up)).filter(C::Available.eq(true));
    let rows = query.order_by_desc(C::RegionCode).order_by_asc(C::AccountId).limit(limit).all(cx.reader()).await?;
    rows.into_iter().map(Volunteer::try_from).collect()
}

pub(crate) async fn insert(tx: &DatabaseTransaction, view: &Volunteer) -> Result<()> {
    let row = Model {
        account_id: view.account_id,
        kind: view.kind,
        region_code: view.region_code,
        grid_id: view.grid_id,
        organization_id: view.organization_id,
        skills: json(&view.skills)?,
        available: view.available,
        version: view.version,
        created_at: view.created_at,
        updated_at: view.updated_at,
    };
    Entity::insert(ActiveModel::from(row)).exec_without_returning(tx).await?;
    Ok(())
}

/// The row as it should be, if it is still at the version that was read.
pub(crate) fn update(view: &Volunteer, version: i32) -> Result<UpdateStatement> {
    Ok(Query::update()
        .table(Entity)
        .value(C::GridId, view.grid_id)
        .value(C::Skills, json(&view.skills)?)
        .value(C::Available, view.available)
        .value(C::Version, view.version)
        .value(C::UpdatedAt, view.updated_at)
        .and_where(C::AccountId.eq(view.account_id))
        .and_where(C::Version.eq(version))
        .to_owned())
}

pub(crate) async fn list(cx: &Cx, reach: &Reach, list: &ListVolunteers, pager: &Pager) -> Result<Vec<Volunteer>> {
    let after = pager.after::<(i64, AccountId)>()?;
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: Some(C::OrganizationId) };
    let mut query = Entity::find()
        .filter(within(reach, list.region_code.unwrap_or(RegionCode::COUNTRY), places, after.map(|(region, _)| region), Direction::Up))
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.available, |q, available| q.filter(C::Available.eq(available)));
    if let Some(skill) = &list.skill {
        // The list is JSON, so a whole skill is found by its quoted form: the same on both databases, and without patterns.
        let without = Func::cust("replace").arg(Expr::col(C::Skills)).arg(json(skill.trim())?).arg("");
        query = query.filter(Expr::expr(without).ne(Expr::col(C::Skills)));
    }
    if let Some((region, account)) = after {
        query = query.filter(
            Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::AccountId)]).gt(Expr::tuple([Expr::val(region), Expr::val(account)])),
        );
    }
    let rows = query.order_by_asc(C::RegionCode).order_by_asc(C::AccountId).limit(pager.fetch()).all(cx.reader()).await?;
    rows.into_iter().map(Volunteer::try_from).collect()
}

impl TryFrom<Model> for Volunteer {
    type Error = Error;
    fn try_from(row: Model) -> Result<Self> {
        Ok(Self {
            account_id: row.account_id,
            kind: row.kind,
            region_code: row.region_code,
            grid_id: row.grid_id,
            organization_id: row.organization_id,
            skills: serde_json::from_str(&row.skills).map_err(Error::internal)?,
            available: row.available,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// The tables of this crate as its entities see them, for the test that compares them with the
/// migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
