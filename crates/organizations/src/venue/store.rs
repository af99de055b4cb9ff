//! Every query of venues.

use super::{
    ListVenues, VenueKind,
    hours::{Moment, OpeningHours},
    near::{Bounds, Circle},
    row::{
        Accessibility, hours,
        venue::{self, Column as C},
    },
};
use kernel::{
    Cx, Error, Pager, RegionCode, Result, Tx,
    access::Reach,
    geo::Position,
    id::VenueId,
    page::{Direction, Places, within},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement},
};

/// What a venue must be or have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) kind: Option<VenueKind>,
    pub(super) brand: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    pub(super) feature: Option<&'a str>,
    pub(super) accessibility: Option<Accessibility>,
    /// Open then.
    pub(super) open: Option<Moment>,
}

impl Wanted<'_> {
    fn holds(&self) -> Result<Condition> {
        let mut all = Condition::all()
            .add_option(self.kind.map(|kind| C::Kind.eq(kind)))
            .add_option(self.brand.map(|brand| C::Brand.eq(brand)))
            .add_option(self.accessibility.map(|a| Expr::col(C::Accessibility).bit_and(a.bit()).eq(a.bit())))
            .add_option(self.open.map(|at| Expr::exists(open(at))));
        for (column, term) in [(C::Services, self.service), (C::Features, self.feature)] {
            if let Some(term) = term {
                all = all.add(has(column, term)?);
            }
        }
        Ok(all)
    }
}

/// Whether a JSON list of texts holds one. What is taken out of a text that does not hold it leaves the text as it was: the one way to
/// ask that both databases have and that knows no wildcards.
fn has(column: C, term: &str) -> Result<Expr> {
    let term = serde_json::to_string(term).map_err(Error::internal)?;
    let without = Func::cust("replace").arg(Expr::col(column)).arg(Expr::val(term)).arg(Expr::val(""));
    Ok(Expr::expr(without).ne(Expr::col(column)))
}

/// The periods of a venue that hold a moment: those of the day itself, or else those of its day of the week.
fn open(at: Moment) -> SelectStatement {
    use hours::Column as H;
    let other = |column: H| Expr::col((Alias::new("other"), column));
    let differs = Query::select()
        .expr(Expr::val(1))
        .from_as(hours::Entity, Alias::new("other"))
        .and_where(other(H::VenueId).equals((venue::Entity, C::Id)))
        .and_where(other(H::OnDate).eq(at.date))
        .to_owned();
    let own = |column: H| Expr::col((hours::Entity, column));
    let today =
        Condition::any().add(own(H::OnDate).eq(at.date)).add(Condition::all().add(own(H::Day).eq(at.day)).add(Expr::exists(differs).not()));
    Query::select()
        .expr(Expr::val(1))
        .from(hours::Entity)
        .and_where(own(H::VenueId).equals((venue::Entity, C::Id)))
        .and_where(own(H::Opens).lte(at.minute))
        .and_where(own(H::Closes).gt(at.minute))
        .cond_where(today)
        .to_owned()
}

pub(super) async fn find(cx: &Cx, id: VenueId) -> Result<Option<venue::Model>> {
    Ok(venue::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Writes new venues with their hours.
pub(super) async fn insert(tx: &mut Tx<'_>, rows: Vec<venue::Model>) -> Result<()> {
    let mut periods = Vec::new();
    for row in &rows {
        periods.extend(hours_of(row)?.rows(row.id));
    }
    let conn = tx.conn().await?;
    for some in rows.chunks(500) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        venue::Entity::insert_many(some).exec_without_returning(conn).await?;
    }
    for some in periods.chunks(1000) {
        let some = some.iter().cloned().map(IntoActiveModel::into_active_model);
        hours::Entity::insert_many(some).exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Writes the periods of a venue anew.
pub(super) async fn set_hours(tx: &mut Tx<'_>, row: &venue::Model) -> Result<()> {
    let periods = hours_of(row)?.rows(row.id);
    let conn = tx.conn().await?;
    hours::Entity::delete_many().filter(hours::Column::VenueId.eq(row.id)).exec(conn).await?;
    if !periods.is_empty() {
        let periods = periods.into_iter().map(IntoActiveModel::into_active_model);
        hours::Entity::insert_many(periods).exec_without_returning(conn).await?;
    }
    Ok(())
}

pub(super) fn hours_of(row: &venue::Model) -> Result<OpeningHours> {
    serde_json::from_str(&row.hours).map_err(Error::internal)
}

/// Those in use of these regions with these names.
pub(super) async fn named(tx: &mut Tx<'_>, regions: &[RegionCode], names: &[&str]) -> Result<Vec<venue::Model>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let select = venue::Entity::find()
        .filter(C::RegionCode.is_in(regions.iter().copied()))
        .filter(C::Name.is_in(names.iter().copied()))
        .filter(C::ClosedAt.is_null());
    Ok(select.all(tx.conn().await?).await?)
}

/// A range of the index (region_code, id), or of that by kind or by brand.
pub(super) async fn list(cx: &Cx, query: &ListVenues, wanted: &Wanted<'_>, pager: &Pager) -> Result<Vec<venue::Model>> {
    let after = pager.after::<(RegionCode, VenueId)>()?;
    let everywhere = Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() };
    let places = Places { region: C::RegionCode, grid: C::GridId, organization: None };
    let region = query.region_code.unwrap_or(RegionCode::COUNTRY);
    let mut select = venue::Entity::find()
        .filter(within(&everywhere, region, places, after.map(|(region, _)| region.as_i64()), Direction::Up))
        .filter(wanted.holds()?)
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.organization_id, |q, organization| q.filter(C::OrganizationId.eq(organization)));
    if !query.include_closed {
        select = select.filter(C::ClosedAt.is_null());
    }
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

/// Those within a circle, the nearest first.
pub(super) async fn near(cx: &Cx, circle: &Circle, wanted: &Wanted<'_>, limit: u64) -> Result<Vec<venue::Model>> {
    let select = venue::Entity::find().filter(circle.holds()).filter(wanted.holds()?);
    let select = select.order_by(circle.distance(), Order::Asc).order_by_asc(C::Id).limit(limit);
    Ok(select.all(cx.reader()).await?)
}

/// Where the venues of a map lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ground {
    Region(RegionCode),
    Bounds(Bounds),
}

/// Those on the map of a region or a box. They come as they come: sorted by the database, a box might be read as the whole country in order.
fn on_map(ground: Ground, wanted: &Wanted<'_>) -> Result<Select<venue::Entity>> {
    let select = venue::Entity::find().filter(wanted.holds()?);
    Ok(match ground {
        Ground::Region(region) => {
            let (first, last) = region.range();
            select.filter(C::RegionCode.between(first, last)).filter(C::Band.is_not_null())
        }
        Ground::Bounds(bounds) => select.filter(bounds.holds()),
    })
}

/// Which there are and at which version, at most so many.
pub(super) async fn versions(cx: &Cx, ground: Ground, wanted: &Wanted<'_>, limit: u64) -> Result<Vec<(VenueId, i32)>> {
    let select = on_map(ground, wanted)?.select_only().columns([C::Id, C::Version]).limit(limit);
    Ok(select.into_tuple().all(cx.reader()).await?)
}

/// The same in full.
pub(super) async fn mapped(cx: &Cx, ground: Ground, wanted: &Wanted<'_>, limit: u64) -> Result<Vec<venue::Model>> {
    Ok(on_map(ground, wanted)?.limit(limit).all(cx.reader()).await?)
}

/// Where those in a box lie, at most so many.
pub(super) async fn positions(cx: &Cx, bounds: Bounds, wanted: &Wanted<'_>, limit: u64) -> Result<Vec<Position>> {
    let select = venue::Entity::find().filter(bounds.holds()).filter(wanted.holds()?);
    let rows: Vec<(f64, f64)> = select.select_only().columns([C::Lng, C::Lat]).limit(limit).into_tuple().all(cx.reader()).await?;
    Ok(rows.into_iter().map(|(lng, lat)| Position { lng, lat }).collect())
}
