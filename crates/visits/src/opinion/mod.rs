//! Opinions (意见建议): what residents say when somebody comes to see them, receives them, or writes their diary.
//!
//! An opinion is recorded where it was heard. It is answered at once, or becomes an order, whose outcome comes back to it by
//! itself ([`follow_orders`]); then the resident is told (办结反馈). An order that is done again opens its opinion again.
//!
//! Texts are sealed. Who heard an opinion sees it in full; the others as their permissions say.

mod command;
mod event;
pub mod flow;
pub(crate) mod follow;
mod own;
mod row;
mod view;

pub use command::{AnswerOpinion, FeedOpinionBack, ListOpinions, OpinionSource, OrderOpinion, RecordOpinion};
pub(crate) use event::event_types;
pub use flow::Action;
pub use follow::follow_orders;
pub(crate) use own::{erase, own, purge_contacts};
pub use row::{OpinionOccasion, OpinionOutcome, OpinionState};
pub use view::Opinion;

use crate::{
    diary, reception,
    table::{Lies, newest, next, require_version, stage_new, stage_next},
    visit,
};
use event::OpinionEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    access::PersonalData,
    id::{AccountId, AppointmentId, DiaryId, GridId, HouseholdId, OpinionId, VisitId},
};
use row::opinion::{Column as C, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait};
use services::order::{self, Channel, Contact, PlaceOrder, Terms};
use view::Sealed;

/// What is known of who said an opinion, from where it was heard.
pub(crate) struct Origin {
    pub(crate) region_code: RegionCode,
    pub(crate) grid_id: Option<GridId>,
    pub(crate) household_id: Option<HouseholdId>,
    pub(crate) requester_id: Option<AccountId>,
    pub(crate) contact: Option<Contact>,
}

/// Records an opinion (记录意见建议) where the caller has heard it.
///
/// # Errors
/// `opinion_source_not_found` when there is nothing of the caller's there.
pub async fn record_opinion(cx: &Cx, command: RecordOpinion) -> Result<Opinion> {
    let source = command.source;
    let origin = match source.kind {
        OpinionOccasion::Appointment => reception::origin(cx, AppointmentId(source.id)).await?,
        OpinionOccasion::Diary => diary::origin(cx, DiaryId(source.id)).await?,
        OpinionOccasion::Visit => visit::origin(cx, VisitId(source.id)).await?,
    };
    let origin = origin.ok_or_else(|| Error::new(Code::OpinionSourceNotFound).at("#/source"))?;
    let contact = origin.contact.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let mut tx = cx.begin();
    let id: OpinionId = tx.id();
    let row = Model {
        id,
        version: 1,
        state: OpinionState::Recorded,
        source: source.kind,
        source_id: source.id,
        region_code: origin.region_code,
        grid_id: origin.grid_id,
        household_id: origin.household_id.map(|h| h.0),
        requester_id: origin.requester_id,
        recorded_by: cx.actor.account()?,
        title: command.title,
        content: Sealed::Content.seal(cx, id, &command.content)?,
        contact: contact.map(|json| Sealed::Contact.seal(cx, id, &json)).transpose()?,
        order_id: None,
        order_version: 0,
        outcome: None,
        answer: None,
        answered_at: None,
        fed_back_at: None,
        feedback: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    tx.emit(subject(&row), &OpinionEvent::Recorded { source: source.kind })?;
    let answer = view::alone(cx, &row)?;
    stage_new(&mut tx, row);
    tx.commit_created(answer).await
}

/// Makes an order of an opinion (意见转订单), placed on behalf of who said it.
///
/// # Errors
/// `opinion_not_found`; `permission_missing`; `version_stale`; `opinion_state_conflict`; those of placing an order.
pub async fn order_opinion(cx: &Cx, id: OpinionId, command: OrderOpinion) -> Result<Opinion> {
    let old = stepping(cx, id, Action::Order, command.version).await?;
    let region_code = command.region_code.unwrap_or(old.region_code);
    if !old.region_code.covers(region_code) {
        return Err(Error::new(Code::GridForeign).with("region", old.region_code).at("#/region_code"));
    }
    let resident = match old.requester_id {
        Some(account) if identity::holds(cx, account, Permission::OrderPlace, &Place::from(region_code)).await? => Some(account),
        _ => None,
    };
    let given = view::contact(cx, &old)?;
    let placing = PlaceOrder {
        title: old.title.clone(),
        content: Sealed::Content.open(cx, id, &old.content)?,
        region_code,
        item_code: command.item_code,
        point: None,
        contact: command.contact.or(given),
        channel: Some(match old.source {
            OpinionOccasion::Visit => Channel::GridVisit,
            OpinionOccasion::Appointment => Channel::Meeting,
            OpinionOccasion::Diary => Channel::OpinionCard,
        }),
        on_behalf: true,
        requester_id: resident,
        attachment_ids: Vec::new(),
        department_id: None,
        admission_item_id: None,
        terms: Terms::default(),
    };
    order::place_with(cx, placing, async |tx, order| {
        let mut new = old.clone();
        new.state = OpinionState::Ordered;
        new.order_id = Some(order.id);
        new.order_version = order.version;
        new.version += 1;
        new.updated_at = tx.now;
        let update = next([C::Id, C::Version], old.clone(), new.clone());
        if tx.conn().await?.execute(&update).await?.rows_affected() != 1 {
            return Err(Error::new(Code::VersionStale));
        }
        tx.emit(subject(&new), &OpinionEvent::Ordered { order_id: order.id })?;
        view::alone(tx.cx(), &new)
    })
    .await
}

/// Answers an opinion at once (当场答复).
///
/// # Errors
/// `opinion_not_found`; `permission_missing`; `version_stale`; `opinion_state_conflict`.
pub async fn answer_opinion(cx: &Cx, id: OpinionId, command: AnswerOpinion) -> Result<Opinion> {
    let old = stepping(cx, id, Action::Answer, command.version).await?;
    let mut tx = cx.begin();
    let mut new = old.clone();
    new.state = OpinionState::Answered;
    new.outcome = Some(OpinionOutcome::Explained);
    new.answer = Some(Sealed::Answer.seal(cx, id, &command.answer)?);
    new.answered_at = Some(tx.now);
    new.version += 1;
    new.updated_at = tx.now;
    tx.emit(subject(&new), &OpinionEvent::Answered { outcome: OpinionOutcome::Explained })?;
    stage_next(&mut tx, [C::Id, C::Version], old, new.clone());
    tx.commit(view::alone(cx, &new)?).await
}

/// Tells the resident what came of it (办结反馈).
///
/// # Errors
/// `opinion_not_found`; `permission_missing`; `version_stale`; `opinion_state_conflict`.
pub async fn feed_opinion_back(cx: &Cx, id: OpinionId, command: FeedOpinionBack) -> Result<Opinion> {
    let old = stepping(cx, id, Action::FeedBack, command.version).await?;
    let mut tx = cx.begin();
    let mut new = old.clone();
    new.state = OpinionState::FedBack;
    new.fed_back_at = Some(tx.now);
    new.feedback = command.note.map(|note| Sealed::Feedback.seal(cx, id, &note)).transpose()?;
    new.version += 1;
    new.updated_at = tx.now;
    tx.emit(subject(&new), &OpinionEvent::FedBack {})?;
    stage_next(&mut tx, [C::Id, C::Version], old, new.clone());
    tx.commit(view::alone(cx, &new)?).await
}

/// One opinion (查询意见建议).
///
/// # Errors
/// `opinion_not_found`, also for those who may not know of it.
pub async fn get_opinion(cx: &Cx, id: OpinionId) -> Result<Opinion> {
    view::alone(cx, &found(cx, id).await?)
}

/// The opinions that one may read, or has recorded (意见建议列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_opinions(cx: &Cx, query: ListOpinions) -> Result<Page<Opinion>> {
    let filters = (query.region_code, query.grid_id, query.state, query.source_id, query.household_id, query.recorded_by, cx.actor.account);
    let pager = Pager::new("opinions", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let reach = cx.actor.reach(Permission::OpinionRead);
    let me = cx.actor.account;
    let own = reach.is_empty() || (query.recorded_by.is_some() && query.recorded_by == me);
    let select = Entity::find()
        .apply_if(own.then_some(me).flatten(), |q, me| q.filter(C::RecordedBy.eq(me)))
        .apply_if(query.recorded_by, |q, account| q.filter(C::RecordedBy.eq(account)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(query.source_id, |q, id| q.filter(C::SourceId.eq(id)))
        .apply_if(query.household_id, |q, id| q.filter(C::HouseholdId.eq(id)));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, (!own).then_some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |o| (o.region_code.as_i64(), o.id))?;
    let items = page.items.iter().map(|row| view::in_list(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The opinion, if the caller may take this action with it and it can be taken now.
async fn stepping(cx: &Cx, id: OpinionId, action: Action, version: Option<i32>) -> Result<Model> {
    let row = found(cx, id).await?;
    if !may(cx, &row, action) {
        cx.actor.require(action.permission(), &place(&row))?;
    }
    require_version(version, row.version)?;
    flow::decide(row.state, action)?;
    Ok(row)
}

async fn found(cx: &Cx, id: OpinionId) -> Result<Model> {
    let row = Entity::find_by_id(id).one(cx.reader()).await?;
    let knows = |row: &Model| cx.actor.account == Some(row.recorded_by) || cx.actor.can(Permission::OpinionRead, &place(row));
    row.filter(knows).ok_or_else(|| Error::new(Code::OpinionNotFound))
}

/// Whether the action is the caller's, whatever the state.
fn may(cx: &Cx, row: &Model, action: Action) -> bool {
    let heard = action.is_recorders() && cx.actor.account == Some(row.recorded_by);
    heard || cx.actor.can(action.permission(), &place(row))
}

fn sees_in_full(cx: &Cx, row: &Model) -> bool {
    cx.actor.sees(PersonalData::Visits)
        && (cx.actor.account == Some(row.recorded_by) || cx.actor.can(Permission::OpinionReadPersonal, &place(row)))
}

fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: None }
}

fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity), schema.create_table_from_entity(row::reader::Entity)]
}
