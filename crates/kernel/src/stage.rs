//! What most changes do alike: stage a row that is new, or a row at its next version.

use crate::{
    cx::{Guard, Tx},
    error::{Code, Error},
};
use sea_orm::{
    ActiveModelTrait, EntityTrait, ExprTrait, IntoActiveModel, Iterable, ModelTrait, QueryTrait,
    sea_query::{Expr, Query, UpdateStatement},
};

type Columns<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
type Active<M> = <<M as ModelTrait>::Entity as EntityTrait>::ActiveModel;

/// Stages a new row.
pub fn stage_new<M>(tx: &mut Tx<'_>, row: M)
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
    Active<M>: ActiveModelTrait<Entity = M::Entity>,
{
    let insert = <M::Entity as EntityTrait>::insert(row.into_active_model()).into_query();
    tx.stage(Guard::Insert(insert), Error::internal("an insert wrote no row"));
}

/// Stages what has changed from `before` to `after`, if the row is still at the version that was read.
pub fn stage_next<M, const N: usize>(tx: &mut Tx<'_>, key: [Columns<M>; N], before: M, after: M)
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
    Active<M>: ActiveModelTrait<Entity = M::Entity>,
{
    tx.stage(Guard::Update(next(key, before, after)), Error::new(Code::VersionStale));
}

/// The statement that takes a row from `before` to `after`; `key` are the columns (id, version) that it must still have.
pub fn next<M, const N: usize>(key: [Columns<M>; N], before: M, after: M) -> UpdateStatement
where
    M: ModelTrait + IntoActiveModel<Active<M>>,
    Active<M>: ActiveModelTrait<Entity = M::Entity>,
{
    let mut update = Query::update();
    update.table(M::Entity::default());
    let (old, new) = (before.into_active_model(), after.into_active_model());
    for column in Columns::<M>::iter() {
        let (Some(was), Some(is)) = (old.get(column).into_value(), new.get(column).into_value()) else { continue };
        if was != is {
            update.value(column, is);
        }
    }
    for column in key {
        if let Some(value) = old.get(column).into_value() {
            update.and_where(Expr::col(column).eq(value));
        }
    }
    update
}
