//! What the map reads of the database, and its number there.

use super::{Hit, Shape};
use crate::grid::{GridKind, GridRow, Grids};
use kernel::{Cx, Error, RegionCode, Result, Tx, id::GridId};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};

/// So many boundaries are read at once.
const BATCH: u64 = 500;

pub(super) mod row {
    //! The table `grid_map`: one row, which holds the number of the map.
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "grid_map")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i16,
        pub number: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The id of the one row.
const ONE: i16 = 1;

/// The number of the map now.
pub(super) async fn read_number(cx: &Cx) -> Result<i64> {
    let row = row::Entity::find_by_id(ONE).one(cx.reader()).await?;
    row.map(|row| row.number).ok_or_else(|| Error::internal("the map has a number"))
}

/// Takes the next number of the map. Whoever takes the one after it waits for the commit.
pub(crate) async fn bump(tx: &mut Tx<'_>) -> Result<i64> {
    let conn = tx.conn().await?;
    let next = Expr::col(row::Column::Number).add(1);
    row::Entity::update_many().col_expr(row::Column::Number, next).filter(row::Column::Id.eq(ONE)).exec(conn).await?;
    let row = row::Entity::find_by_id(ONE).one(conn).await?;
    row.map(|row| row.number).ok_or_else(|| Error::internal("the map has a number"))
}

/// Writes a number to grids.
pub(super) async fn number(tx: &mut Tx<'_>, grids: &[GridId], number: i64) -> Result<()> {
    let conn = tx.conn().await?;
    for some in grids.chunks(1000) {
        let these = GridRow::Id.is_in(some.iter().copied());
        Grids::update_many().col_expr(GridRow::MapNumber, Expr::val(number)).filter(these).exec(conn).await?;
    }
    Ok(())
}

/// A grid as far as the map goes.
#[derive(FromQueryResult)]
struct Drawn {
    id: GridId,
    region_code: RegionCode,
    kind: GridKind,
    boundary: Option<String>,
    valid_to: Option<kernel::Time>,
    map_number: i64,
}

impl Drawn {
    /// Its shape; nothing when it has none, or is in use no more.
    fn shape(self) -> Result<Option<Shape>> {
        let hit = Hit { id: self.id, number: self.map_number };
        let text = self.boundary.filter(|_| self.valid_to.is_none());
        text.map(|text| Shape::read(hit, self.region_code, self.kind, &text)).transpose()
    }
}

fn drawn() -> Select<Grids> {
    let columns = [GridRow::Id, GridRow::RegionCode, GridRow::Kind, GridRow::Boundary, GridRow::ValidTo, GridRow::MapNumber];
    Grids::find().select_only().columns(columns)
}

/// Every boundary in use, in pieces: none is held longer than it takes to make it small.
pub(super) async fn all(cx: &Cx) -> Result<Vec<Shape>> {
    let (mut shapes, mut after) = (Vec::new(), None::<GridId>);
    loop {
        let mut select = drawn().filter(GridRow::Boundary.is_not_null()).filter(GridRow::ValidTo.is_null());
        if let Some(after) = after {
            select = select.filter(GridRow::Id.gt(after));
        }
        let rows: Vec<Drawn> = select.order_by_asc(GridRow::Id).limit(BATCH).into_model().all(cx.reader()).await?;
        after = rows.last().map(|row| row.id);
        if after.is_none() {
            shapes.shrink_to_fit();
            return Ok(shapes);
        }
        for row in rows {
            shapes.extend(row.shape()?);
        }
    }
}

/// The grids that have changed behind this number, with their shapes, where they have one: a range of the index (map_number, id).
pub(super) async fn changed(cx: &Cx, behind: i64) -> Result<Vec<(GridId, Option<Shape>)>> {
    let (mut changed, mut after) = (Vec::new(), None::<(i64, GridId)>);
    let key = || Expr::tuple([Expr::col(GridRow::MapNumber), Expr::col(GridRow::Id)]);
    loop {
        let mut select = drawn().filter(GridRow::MapNumber.gt(behind));
        if let Some((number, id)) = after {
            select = select.filter(key().gt(Expr::tuple([Expr::val(number), Expr::val(id)])));
        }
        let select = select.order_by_asc(GridRow::MapNumber).order_by_asc(GridRow::Id);
        let rows: Vec<Drawn> = select.limit(BATCH).into_model().all(cx.reader()).await?;
        after = rows.last().map(|row| (row.map_number, row.id));
        if after.is_none() {
            return Ok(changed);
        }
        for row in rows {
            changed.push((row.id, row.shape()?));
        }
    }
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
