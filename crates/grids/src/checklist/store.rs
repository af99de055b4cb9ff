//! Every query of checklists and their runs.

use super::{
    ListChecklistRuns,
    row::{
        checklist::{self, Column as C},
        run::{self, Column as R},
    },
};
use crate::sight;
use kernel::{
    Code, Cx, Error, Pager, Permission, RegionCode, Result, Tx,
    id::{ChecklistId, ChecklistRunId, GridId},
    page::Places,
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

/// The newest version.
pub(super) async fn newest(cx: &Cx, id: ChecklistId) -> Result<Option<checklist::Model>> {
    let select = checklist::Entity::find().filter(C::Id.eq(id)).order_by_desc(C::Version).limit(1);
    Ok(select.one(cx.reader()).await?)
}

/// Ends a version, if nobody has before.
pub(super) async fn end(tx: &mut Tx<'_>, old: &checklist::Model) -> Result<()> {
    let now = tx.now;
    let ended = checklist::Entity::update_many()
        .col_expr(C::ValidTo, Expr::val(now))
        .filter(C::Id.eq(old.id))
        .filter(C::Version.eq(old.version))
        .filter(C::ValidTo.is_null())
        .exec(tx.conn().await?)
        .await?;
    if ended.rows_affected == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

/// Those in force, from the newest down.
pub(super) async fn in_force(cx: &Cx, region: Option<RegionCode>, pager: &Pager) -> Result<Vec<checklist::Model>> {
    let up = region.map(|region| std::iter::successors(Some(region), |r| r.parent()));
    let mut select = checklist::Entity::find().filter(C::ValidTo.is_null()).apply_if(up, |q, up| q.filter(C::RegionCode.is_in(up)));
    if let Some((region, id)) = pager.after::<(RegionCode, ChecklistId)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

pub(super) async fn find_run(cx: &Cx, id: ChecklistRunId) -> Result<Option<run::Model>> {
    Ok(run::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// A range of the index (region_code, id), or of that by grid.
pub(super) async fn runs(cx: &Cx, query: &ListChecklistRuns, pager: &Pager) -> Result<Vec<run::Model>> {
    let after = pager.after::<(RegionCode, ChecklistRunId)>()?;
    let places = Places { region: R::RegionCode, grid: R::GridId, organization: None };
    let seen = sight::within_reach(cx, Permission::ChecklistRead, query.region_code, places, after.map(|(r, _)| r.as_i64())).await?;
    let mut select = run::Entity::find()
        .filter(seen)
        .apply_if(query.grid_id, |q, grid| q.filter(R::GridId.eq(grid)))
        .apply_if(query.checklist_id, |q, list| q.filter(R::ChecklistId.eq(list)));
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(R::RegionCode), Expr::col(R::Id)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(R::RegionCode).order_by_asc(R::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The newest run of a checklist over each of these grids.
pub(super) async fn newest_runs(cx: &Cx, list: ChecklistId, grids: &[GridId]) -> Result<Vec<run::Model>> {
    if grids.is_empty() {
        return Ok(Vec::new());
    }
    let later = |column: R| Expr::col((Alias::new("later"), column));
    let newer = Query::select()
        .expr(Expr::val(1))
        .from_as(run::Entity, Alias::new("later"))
        .and_where(later(R::ChecklistId).equals((run::Entity, R::ChecklistId)))
        .and_where(later(R::GridId).equals((run::Entity, R::GridId)))
        .and_where(later(R::Id).gt(Expr::col((run::Entity, R::Id))))
        .to_owned();
    let select = run::Entity::find()
        .filter(R::ChecklistId.eq(list))
        .filter(R::GridId.is_in(grids.iter().copied()))
        .filter(Expr::exists(newer).not());
    Ok(select.all(cx.reader()).await?)
}
