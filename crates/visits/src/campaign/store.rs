//! Every query of campaigns, their targets and counts.

use super::{
    AssignVisitor, CoverageBy, ListVisitTargets, VisitCampaignState, VisitTargetState,
    row::{campaign, count, person, target},
    view::{Sums, list},
};
use kernel::{
    Code, Cx, Error, Pager, RegionCode, Result,
    access::Reach,
    id::{AccountId, GridId, HouseholdId, ResidentId, VisitCampaignId, VisitId},
    page::{Direction, Places, within},
    region::RegionLevel,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Expr, ExprTrait, OnConflict, Query, SelectStatement},
};
use target::Column as T;

/// What stands in the counts for no grid and no visitor: a nil UUID, which SQLite keeps as bytes.
fn none(tx: &DatabaseTransaction) -> &'static str {
    match tx.get_database_backend() {
        DbBackend::Postgres => "'00000000-0000-0000-0000-000000000000'::uuid",
        _ => "zeroblob(16)",
    }
}

pub(super) async fn find(conn: &impl ConnectionTrait, id: VisitCampaignId) -> Result<Option<campaign::Model>> {
    Ok(campaign::Entity::find_by_id(id).one(conn).await?)
}

/// The campaign, which nobody starts, ends or assigns before this change is done; visits go on beside each other.
pub(super) async fn hold(tx: &DatabaseTransaction, id: VisitCampaignId) -> Result<Option<campaign::Model>> {
    Ok(campaign::Entity::find_by_id(id).lock_shared().one(tx).await?)
}

/// Gives this change more time than others have: a hundred thousand households are some seconds' work.
pub(super) async fn take_time(tx: &DatabaseTransaction) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL statement_timeout = 30000").await?;
    }
    Ok(())
}

/// Copies the households of a campaign into its targets, in one statement however many they are.
pub(super) async fn freeze(tx: &DatabaseTransaction, row: &campaign::Model) -> Result<()> {
    let (grids, buildings, households) = (list(&row.grid_ids)?, list(&row.building_ids)?, list(&row.household_ids)?);
    let scope = grids::HouseholdScope { region: row.region_code, grids: &grids, buildings: &buildings, households: &households };
    let homes = Alias::new("homes");
    let of = |column: &str| Expr::col((homes.clone(), Alias::new(column)));
    let select = Query::select()
        .expr(Expr::val(row.id))
        .exprs([of("id"), of("region_code"), of("grid_id"), of("building_id"), of("member_count")])
        .exprs([Expr::val(VisitTargetState::Pending), Expr::val(true), Expr::val(0), Expr::val(0)])
        .from_subquery(grids::households_in(scope), homes.clone())
        .to_owned();
    let columns = [
        T::CampaignId,
        T::HouseholdId,
        T::RegionCode,
        T::GridId,
        T::BuildingId,
        T::Residents,
        T::State,
        T::Waiting,
        T::ResidentsMet,
        T::Visits,
    ];
    insert_from(tx, Query::insert().into_table(target::Entity).columns(columns), select).await
}

async fn insert_from(tx: &DatabaseTransaction, insert: &mut sea_orm::sea_query::InsertStatement, select: SelectStatement) -> Result<()> {
    let insert = insert.select_from(select).map_err(|e| Error::internal(e.to_string()))?;
    tx.execute(&*insert).await?;
    Ok(())
}

/// Adds up the targets of a campaign anew, for a change that nobody else can visit in.
pub(super) async fn recount(tx: &DatabaseTransaction, id: VisitCampaignId) -> Result<()> {
    use count::Column as N;
    count::Entity::delete_many().filter(N::CampaignId.eq(id)).exec(tx).await?;
    let none = none(tx);
    let or_none = |column: &str| Expr::cust(format!("COALESCE({column}, {none})"));
    let state = |state: VisitTargetState| Expr::cust(format!("SUM(CASE WHEN state = '{state}' THEN 1 ELSE 0 END)"));
    let select = Query::select()
        .exprs([Expr::col(T::CampaignId), Expr::col(T::RegionCode), or_none("grid_id"), or_none("visitor_id"), Expr::cust("COUNT(*)")])
        .exprs([state(VisitTargetState::Visited), state(VisitTargetState::Tried), state(VisitTargetState::Gone)])
        .exprs([Expr::cust("SUM(residents)"), Expr::cust("SUM(residents_met)")])
        .from(target::Entity)
        .and_where(T::CampaignId.eq(id))
        .add_group_by([Expr::col(T::CampaignId), Expr::col(T::RegionCode), or_none("grid_id"), or_none("visitor_id")])
        .to_owned();
    let columns = [
        N::CampaignId,
        N::RegionCode,
        N::GridId,
        N::VisitorId,
        N::Households,
        N::Visited,
        N::Tried,
        N::Gone,
        N::Residents,
        N::ResidentsMet,
    ];
    insert_from(tx, Query::insert().into_table(count::Entity).columns(columns), select).await
}

/// What of a campaign somebody may see: what lies within reach, or what is theirs to visit.
#[derive(Clone, Debug)]
pub(super) enum Sight {
    Within(Reach),
    Own(AccountId),
}

fn counts(id: VisitCampaignId, sight: &Sight, region: RegionCode) -> Select<count::Entity> {
    use count::Column as N;
    let places = Places { region: N::RegionCode, grid: N::GridId, organization: None };
    let (first, last) = region.range();
    let seen = match sight {
        Sight::Within(reach) => within(reach, region, places, None, Direction::Up),
        Sight::Own(me) => Condition::all().add(N::VisitorId.eq(*me)).add(N::RegionCode.between(first, last)),
    };
    count::Entity::find().select_only().filter(N::CampaignId.eq(id)).filter(seen)
}

fn summed(select: Select<count::Entity>) -> Select<count::Entity> {
    ["households", "visited", "tried", "gone", "residents", "residents_met"]
        .into_iter()
        .fold(select, |select, column| select.expr_as(Expr::cust(format!("COALESCE(SUM({column}), 0)")), column))
}

/// All of it that can be seen.
pub(super) async fn coverage(conn: &impl ConnectionTrait, id: VisitCampaignId, sight: &Sight, region: RegionCode) -> Result<Sums> {
    let select = summed(counts(id, sight, region));
    Ok(select.into_model::<Sums>().one(conn).await?.unwrap_or_default())
}

/// A part of it, with its key.
#[derive(FromQueryResult)]
pub(super) struct Part {
    pub(super) region_code: Option<RegionCode>,
    pub(super) grid_id: Option<GridId>,
    pub(super) visitor_id: Option<AccountId>,
    #[sea_orm(nested)]
    pub(super) sums: Sums,
}

/// The parts of it that can be seen, by their key. There are no more rows to read than grids times their visitors.
pub(super) async fn parts(
    cx: &Cx,
    id: VisitCampaignId,
    sight: &Sight,
    region: RegionCode,
    by: CoverageBy,
    pager: &Pager,
) -> Result<Vec<Part>> {
    use count::Column as N;
    let null = |name: &str| (Expr::cust("NULL"), name.to_owned());
    let select = summed(counts(id, sight, region));
    let select = match by {
        CoverageBy::Region => {
            let span = beneath(region);
            let key = Expr::cust(format!("visit_counts.region_code - visit_counts.region_code % {span}"));
            let select = select.expr_as(key.clone(), "region_code");
            let select = [null("grid_id"), null("visitor_id")].into_iter().fold(select, |s, (e, name)| s.expr_as(e, name));
            let after = pager.after::<RegionCode>()?;
            let select = select.apply_if(after, |q, after| q.filter(Expr::col(N::RegionCode).gte(after.as_i64() + span)));
            select.group_by(key.clone()).order_by_asc(key)
        }
        CoverageBy::Grid => {
            let select = select.column(N::GridId).apply_if(pager.after::<GridId>()?, |q, after| q.filter(N::GridId.gt(after)));
            let select = [null("region_code"), null("visitor_id")].into_iter().fold(select, |s, (e, name)| s.expr_as(e, name));
            select.group_by(N::GridId).order_by_asc(N::GridId)
        }
        CoverageBy::Visitor => {
            let select = select.column(N::VisitorId).apply_if(pager.after::<AccountId>()?, |q, after| q.filter(N::VisitorId.gt(after)));
            let select = [null("region_code"), null("grid_id")].into_iter().fold(select, |s, (e, name)| s.expr_as(e, name));
            select.group_by(N::VisitorId).order_by_asc(N::VisitorId)
        }
    };
    Ok(select.limit(pager.fetch()).into_model::<Part>().all(cx.reader()).await?)
}

/// How many codes a region of the level beneath spans.
fn beneath(region: RegionCode) -> i64 {
    match region.level() {
        RegionLevel::Country => 10_000_000_000,
        RegionLevel::Province => 100_000_000,
        RegionLevel::City => 1_000_000,
        RegionLevel::County => 1_000,
        RegionLevel::Township | RegionLevel::Community => 1,
    }
}

pub(super) async fn target(conn: &impl ConnectionTrait, id: VisitCampaignId, home: HouseholdId) -> Result<Option<target::Model>> {
    Ok(target::Entity::find_by_id((id, home)).one(conn).await?)
}

/// The target, held until the change is done: two visits to one household are counted one after the other.
pub(super) async fn lock_target(tx: &DatabaseTransaction, id: VisitCampaignId, home: HouseholdId) -> Result<Option<target::Model>> {
    Ok(target::Entity::find_by_id((id, home)).lock_exclusive().one(tx).await?)
}

/// Notes that residents of a campaign were met on a visit; how many were met for the first time.
pub(super) async fn meet(tx: &DatabaseTransaction, id: VisitCampaignId, visit: VisitId, people: &[ResidentId]) -> Result<i32> {
    use person::Column as P;
    if people.is_empty() {
        return Ok(0);
    }
    let mut insert = Query::insert();
    insert.into_table(person::Entity).columns([P::CampaignId, P::ResidentId, P::VisitId]);
    for resident in people {
        insert.values([Expr::val(id), Expr::val(*resident), Expr::val(visit)]).map_err(Error::internal)?;
    }
    insert.on_conflict(OnConflict::columns([P::CampaignId, P::ResidentId]).do_nothing().to_owned());
    let new = tx.execute(&insert).await?.rows_affected();
    i32::try_from(new).map_err(Error::internal)
}

/// Writes what a visit has made of a target, and counts the difference.
pub(super) async fn advance(tx: &DatabaseTransaction, old: &target::Model, new: &target::Model) -> Result<()> {
    use count::Column as N;
    let update = Query::update()
        .table(target::Entity)
        .values([
            (T::State, Expr::val(new.state)),
            (T::Waiting, Expr::val(new.waiting)),
            (T::ResidentsMet, Expr::val(new.residents_met)),
            (T::Visits, Expr::val(new.visits)),
            (T::LastVisitId, Expr::val(new.last_visit_id)),
            (T::LastResult, Expr::val(new.last_result)),
            (T::LastVisitedAt, Expr::val(new.last_visited_at)),
            (T::RevisitOn, Expr::val(new.revisit_on)),
        ])
        .and_where(T::CampaignId.eq(new.campaign_id))
        .and_where(T::HouseholdId.eq(new.household_id))
        .to_owned();
    tx.execute(&update).await?;
    let step = |state: VisitTargetState| i32::from(new.state == state) - i32::from(old.state == state);
    let nil = uuid::Uuid::nil();
    let counted = count::Entity::update_many()
        .col_expr(N::Visited, Expr::col(N::Visited).add(step(VisitTargetState::Visited)))
        .col_expr(N::Tried, Expr::col(N::Tried).add(step(VisitTargetState::Tried)))
        .col_expr(N::Gone, Expr::col(N::Gone).add(step(VisitTargetState::Gone)))
        .col_expr(N::ResidentsMet, Expr::col(N::ResidentsMet).add(new.residents_met - old.residents_met))
        .filter(N::CampaignId.eq(new.campaign_id))
        .filter(N::RegionCode.eq(new.region_code))
        .filter(N::GridId.eq(new.grid_id.unwrap_or(GridId(nil))))
        .filter(N::VisitorId.eq(new.visitor_id.unwrap_or(AccountId(nil))))
        .exec(tx)
        .await?;
    if counted.rows_affected == 1 { Ok(()) } else { Err(Error::internal("a target has its count")) }
}

/// The targets of an assignment, each named place with at least one.
fn meant(id: VisitCampaignId, command: &AssignVisitor) -> Condition {
    let named = [
        (!command.grid_ids.is_empty()).then(|| T::GridId.is_in(command.grid_ids.iter().copied())),
        (!command.building_ids.is_empty()).then(|| T::BuildingId.is_in(command.building_ids.iter().copied())),
        (!command.household_ids.is_empty()).then(|| T::HouseholdId.is_in(command.household_ids.iter().copied())),
    ];
    let any = named.into_iter().flatten().fold(Condition::any(), Condition::add);
    Condition::all().add(T::CampaignId.eq(id)).add(any)
}

/// Requires that the campaign has households in each place that is named.
pub(super) async fn require_targets(cx: &Cx, id: VisitCampaignId, command: &AssignVisitor) -> Result<()> {
    let plain = |ids: Vec<uuid::Uuid>| ids;
    let lists = [
        (T::GridId, "grid_ids", plain(command.grid_ids.iter().map(|g| g.0).collect())),
        (T::BuildingId, "building_ids", plain(command.building_ids.iter().map(|b| b.0).collect())),
        (T::HouseholdId, "household_ids", plain(command.household_ids.iter().map(|h| h.0).collect())),
    ];
    for (column, name, ids) in lists.into_iter().filter(|(_, _, ids)| !ids.is_empty()) {
        let select = target::Entity::find()
            .select_only()
            .column(column)
            .distinct()
            .filter(T::CampaignId.eq(id))
            .filter(Expr::col(column).is_in(ids.iter().copied()));
        let known: Vec<uuid::Uuid> = select.into_tuple().all(cx.reader()).await?;
        if let Some(place) = ids.iter().position(|id| !known.contains(id)) {
            return Err(Error::new(Code::VisitTargetUnknown).at(format!("#/{name}/{place}")));
        }
    }
    Ok(())
}

/// Where the targets of an assignment lie.
pub(super) async fn places(cx: &Cx, id: VisitCampaignId, command: &AssignVisitor) -> Result<Vec<(RegionCode, Option<GridId>)>> {
    let select = target::Entity::find().select_only().columns([T::RegionCode, T::GridId]).distinct().filter(meant(id, command));
    Ok(select.into_tuple().all(cx.reader()).await?)
}

/// Gives them to a visitor; how many they are.
pub(super) async fn assign(tx: &DatabaseTransaction, id: VisitCampaignId, command: &AssignVisitor) -> Result<u64> {
    let update = target::Entity::update_many().col_expr(T::VisitorId, Expr::val(command.visitor_id)).filter(meant(id, command));
    Ok(update.exec(tx).await?.rows_affected)
}

/// Whether somebody has households of a campaign to visit.
pub(super) async fn visits(cx: &Cx, id: VisitCampaignId, who: AccountId) -> Result<bool> {
    use count::Column as N;
    let first =
        count::Entity::find().select_only().column(N::RegionCode).filter(N::VisitorId.eq(who)).filter(N::CampaignId.eq(id)).limit(1);
    Ok(first.into_tuple::<RegionCode>().one(cx.reader()).await?.is_some())
}

/// The targets of a campaign that can be seen, by community and, within one, by age of the household.
pub(super) async fn targets(
    cx: &Cx,
    id: VisitCampaignId,
    sight: &Sight,
    query: &ListVisitTargets,
    region: RegionCode,
    pager: &Pager,
) -> Result<Vec<target::Model>> {
    let after = pager.after::<(RegionCode, HouseholdId)>()?;
    let places = Places { region: T::RegionCode, grid: T::GridId, organization: None };
    let everywhere = Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() };
    let (reach, own) = match sight {
        Sight::Within(reach) => (reach, None),
        Sight::Own(me) => (&everywhere, Some(*me)),
    };
    let own = own.or(cx.actor.account.filter(|_| query.mine));
    let mut select = target::Entity::find()
        .filter(T::CampaignId.eq(id))
        .filter(T::Waiting.eq(query.waiting.unwrap_or(true)))
        .filter(within(reach, region, places, after.map(|(r, _)| r.as_i64()), Direction::Up))
        .apply_if(own, |q, me| q.filter(T::VisitorId.eq(me)))
        .apply_if(query.visitor_id, |q, who| q.filter(T::VisitorId.eq(who)))
        .apply_if(query.grid_id, |q, grid| q.filter(T::GridId.eq(grid)))
        .apply_if(query.revisit_until, |q, day| q.filter(T::RevisitOn.lte(day)));
    if let Some((region, home)) = after {
        let key = Expr::tuple([Expr::col(T::RegionCode), Expr::col(T::HouseholdId)]);
        select = select.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(home)])));
    }
    Ok(select.order_by_asc(T::RegionCode).order_by_asc(T::HouseholdId).limit(pager.fetch()).all(cx.reader()).await?)
}

/// The campaigns that concern a region that is seen, and those that one visits for, the newest of a region first.
pub(super) async fn campaigns(
    cx: &Cx,
    regions: &[RegionCode],
    region: Option<RegionCode>,
    state: Option<VisitCampaignState>,
    pager: &Pager,
) -> Result<Vec<campaign::Model>> {
    use campaign::Column as C;
    let mut seen = Condition::any();
    for region in regions {
        let (first, last) = region.range();
        let above = std::iter::successors(region.parent(), |r| r.parent());
        seen = seen.add(C::RegionCode.between(first, last)).add(C::RegionCode.is_in(above));
    }
    if let Some(me) = cx.actor.account {
        let mine = count::Entity::find().select_only().column(count::Column::CampaignId).filter(count::Column::VisitorId.eq(me));
        seen = seen.add(C::Id.in_subquery(mine.into_query()));
    }
    let (first, last) = region.unwrap_or(RegionCode::COUNTRY).range();
    let mut select = campaign::Entity::find()
        .filter(C::RegionCode.between(first, last))
        .filter(seen)
        .apply_if(state, |q, state| q.filter(C::State.eq(state)));
    if let Some((region, id)) = pager.after::<(i64, uuid::Uuid)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}
