//! Plans for households (一户一策): what a household needs, what is done about it by whom and by when, and the day on which
//! somebody looks at it again.
//!
//! A household has one plan at a time that has not ended. What a plan says is sealed; those who may not read it in full see
//! phone and ID numbers masked.

mod command;
mod row;
mod view;

pub use command::{CloseHouseholdPlan, CreateHouseholdPlan, ListHouseholdPlans, Measure, Need, ReviewHouseholdPlan, UpdateHouseholdPlan};
pub use row::{HouseholdPlanOutcome, HouseholdPlanState};
pub use view::{HouseholdPlan, Review};

use crate::table::{Lies, coming, day, newest, plain_query, require_version, stage_new, stage_next};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Place, Result, Subject, Tx,
    access::PersonalData,
    event::{Catalogued, catalogued},
    id::{HouseholdId, HouseholdPlanId},
};
use row::{Column as C, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};
use serde::Serialize;
use utoipa::ToSchema;
use view::Content;

/// What is said of a plan whenever something happens to it: numbers, and nothing of what it says.
#[derive(Serialize, ToSchema)]
struct PlanFacts {
    /// The household.
    household_id: HouseholdId,
    /// How many measures there are.
    measures: i16,
    /// How many of them are done.
    measures_done: i16,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<HouseholdPlanOutcome>,
}

#[derive(Serialize)]
struct PlanEvent {
    #[serde(skip)]
    kind: EventType,
    #[serde(flatten)]
    facts: PlanFacts,
}

impl Event for PlanEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}

/// What this module logs, for the catalogue of events.
pub(crate) fn event_types() -> Vec<Catalogued> {
    use EventType as T;
    catalogued::<PlanFacts>(&[T::HouseholdPlanCreated, T::HouseholdPlanUpdated, T::HouseholdPlanReviewed, T::HouseholdPlanClosed])
}

/// Makes a plan for a household (制定一户一策).
///
/// # Errors
/// `household_not_found`; `permission_missing`; `household_closed`; `period_invalid`; `household_plan_exists`.
pub async fn create_household_plan(cx: &Cx, command: CreateHouseholdPlan) -> Result<HouseholdPlan> {
    let home = crate::visit::home(cx, command.household_id, Permission::HouseholdPlanWrite, false, "#/household_id").await?;
    let review_on = coming(day(cx.now()), command.review_on, "#/review_on")?;
    let content = Content { needs: command.needs, measures: command.measures, ..Content::default() };
    let mut tx = cx.begin();
    let id: HouseholdPlanId = tx.id();
    let mut row = Model {
        id,
        version: 1,
        household_id: command.household_id,
        region_code: home.region,
        grid_id: home.grid,
        state: HouseholdPlanState::Active,
        content: String::new(),
        measures: 0,
        measures_done: 0,
        reviews: 0,
        review_on: Some(review_on),
        outcome: None,
        created_by: cx.actor.account()?,
        created_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
    };
    fill(cx, &mut row, &content)?;
    emit(&mut tx, &row, EventType::HouseholdPlanCreated)?;
    let full = sees_in_full(cx, &row);
    stage_new(&mut tx, row.clone());
    let made = tx.commit_created(view::alone(row, content, full)).await;
    made.map_err(|e| if e.breaks("household_plans") { Error::new(Code::HouseholdPlanExists).because(e) } else { e })
}

/// Changes a plan (调整一户一策).
///
/// # Errors
/// `household_plan_not_found`; `permission_missing`; `version_stale`; `household_plan_closed`; `period_invalid`.
pub async fn update_household_plan(cx: &Cx, id: HouseholdPlanId, command: UpdateHouseholdPlan) -> Result<HouseholdPlan> {
    let (old, mut content) = writable(cx, id, command.version).await?;
    let mut row = old.clone();
    content.needs = command.needs.unwrap_or(content.needs);
    content.measures = command.measures.unwrap_or(content.measures);
    if let Some(on) = command.review_on {
        row.review_on = Some(coming(day(cx.now()), on, "#/review_on")?);
    }
    save(cx, old, row, content, EventType::HouseholdPlanUpdated).await
}

/// Reviews a plan (评估一户一策): how it stands, what is done, and when it is looked at next.
///
/// # Errors
/// `household_plan_not_found`; `permission_missing`; `version_stale`; `household_plan_closed`; `measure_unknown`; `period_invalid`.
pub async fn review_household_plan(cx: &Cx, id: HouseholdPlanId, command: ReviewHouseholdPlan) -> Result<HouseholdPlan> {
    let (old, mut content) = writable(cx, id, command.version).await?;
    let (mut row, today) = (old.clone(), day(cx.now()));
    for (n, number) in command.done.iter().enumerate() {
        let unknown = || Error::new(Code::MeasureUnknown).with("number", number).at(format!("#/done/{n}"));
        let measure = content.measures.get_mut(usize::from(*number) - 1).ok_or_else(unknown)?;
        measure.done_on = measure.done_on.or(Some(today));
    }
    if content.reviews.len() >= MOST_REVIEWS {
        content.reviews.remove(0);
    }
    content.reviews.push(Review { note: command.note, by: cx.actor.account()?, at: cx.now() });
    row.reviews = row.reviews.saturating_add(1);
    row.review_on = Some(coming(today, command.review_on, "#/review_on")?);
    save(cx, old, row, content, EventType::HouseholdPlanReviewed).await
}

/// So many reviews are kept; of the older ones only their number is.
const MOST_REVIEWS: usize = 100;

/// Ends a plan (办结一户一策).
///
/// # Errors
/// `household_plan_not_found`; `permission_missing`; `version_stale`; `household_plan_closed`.
pub async fn close_household_plan(cx: &Cx, id: HouseholdPlanId, command: CloseHouseholdPlan) -> Result<HouseholdPlan> {
    let (old, mut content) = writable(cx, id, command.version).await?;
    let mut row = old.clone();
    row.state = HouseholdPlanState::Closed;
    row.outcome = Some(command.outcome);
    row.review_on = None;
    row.closed_at = Some(cx.now());
    content.closing = command.note;
    save(cx, old, row, content, EventType::HouseholdPlanClosed).await
}

/// One plan (查询一户一策).
///
/// # Errors
/// `household_plan_not_found`, also for those who may not know of it.
pub async fn get_household_plan(cx: &Cx, id: HouseholdPlanId) -> Result<HouseholdPlan> {
    let row = found(cx, id).await?;
    let (content, full) = (view::open(cx, &row)?, sees_in_full(cx, &row));
    Ok(view::alone(row, content, full))
}

/// The plans that one may read (一户一策列表), without what they say, the newest of a region first.
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_household_plans(cx: &Cx, query: ListHouseholdPlans) -> Result<Page<HouseholdPlan>> {
    plain_query(&[query.updated_after], &[query.review_until])?;
    let filters = (query.region_code, query.grid_id, query.household_id, query.state, query.review_until, query.updated_after);
    let pager = Pager::new("household_plans", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let reach = cx.actor.reach(Permission::VisitRead);
    if reach.is_empty() {
        return Err(crate::table::lacking(Permission::VisitRead));
    }
    let select = Entity::find()
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.household_id, |q, home| q.filter(C::HouseholdId.eq(home)))
        .apply_if(query.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(query.review_until, |q, on| q.filter(C::State.eq(HouseholdPlanState::Active)).filter(C::ReviewOn.lte(on)))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, Some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |p| (p.region_code.as_i64(), p.id))?;
    Ok(page.map(|row| {
        let full = sees_in_full(cx, &row);
        view::in_list(row, full)
    }))
}

/// Seals what a plan says, and counts its measures.
fn fill(cx: &Cx, row: &mut Model, content: &Content) -> Result<()> {
    row.content = view::seal(cx, row.id, content)?;
    row.measures = i16::try_from(content.measures.len()).map_err(Error::internal)?;
    row.measures_done = i16::try_from(content.measures.iter().filter(|m| m.done_on.is_some()).count()).map_err(Error::internal)?;
    Ok(())
}

async fn save(cx: &Cx, old: Model, mut row: Model, content: Content, kind: EventType) -> Result<HouseholdPlan> {
    let mut tx = cx.begin();
    fill(cx, &mut row, &content)?;
    row.version += 1;
    row.updated_at = tx.now;
    emit(&mut tx, &row, kind)?;
    let full = sees_in_full(cx, &row);
    stage_next(&mut tx, [C::Id, C::Version], old, row.clone());
    tx.commit(view::alone(row, content, full)).await
}

async fn writable(cx: &Cx, id: HouseholdPlanId, version: Option<i32>) -> Result<(Model, Content)> {
    let row = found(cx, id).await?;
    cx.actor.require(Permission::HouseholdPlanWrite, &place(&row))?;
    require_version(version, row.version)?;
    if row.state == HouseholdPlanState::Closed {
        return Err(Error::new(Code::HouseholdPlanClosed));
    }
    let content = view::open(cx, &row)?;
    Ok((row, content))
}

async fn found(cx: &Cx, id: HouseholdPlanId) -> Result<Model> {
    let row = Entity::find_by_id(id).one(cx.reader()).await?;
    row.filter(|row| cx.actor.can(Permission::VisitRead, &place(row))).ok_or_else(|| Error::new(Code::HouseholdPlanNotFound))
}

/// Those who write plans read them: a grid member in full where they may write.
fn sees_in_full(cx: &Cx, row: &Model) -> bool {
    let may = cx.actor.can(Permission::VisitReadPersonal, &place(row)) || cx.actor.can(Permission::HouseholdPlanWrite, &place(row));
    cx.actor.sees(PersonalData::Visits) && may
}

fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: None }
}

fn emit(tx: &mut Tx<'_>, row: &Model, kind: EventType) -> Result<()> {
    let facts =
        PlanFacts { household_id: row.household_id, measures: row.measures, measures_done: row.measures_done, outcome: row.outcome };
    tx.emit(Subject { id: row.id.0, version: row.version, region: row.region_code }, &PlanEvent { kind, facts })
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
