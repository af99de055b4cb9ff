//! Snapshots (随手拍): anybody of a place sends a photo, some words and a point: a problem, or something that pleases (好风景).
//!
//! Before it is sent the sender is shown what may tell of the same thing ([`find_similar_snapshots`]). Somebody of the place
//! looks at each: a problem becomes an order in the same transaction, whose outcome comes back by
//! [`crate::opinion::follow_orders`]; what pleases is published; what is neither is declined with a reason.
//!
//! Who sends one without a name is in no row and no event of it: there is only a keyed digest of the account, by which the sender finds it again.

mod command;
mod event;
pub mod flow;
mod row;
mod similar;
mod view;

pub use command::{DeclineSnapshot, FindSimilarSnapshots, ListPraises, ListSnapshots, OrderSnapshot, PublishSnapshot, SendSnapshot};
pub(crate) use event::event_types;
pub use flow::Action;
pub use row::{SnapshotState, SnapshotTone};
pub use similar::find_similar_snapshots;
pub use view::{Praise, SimilarSnapshot, Snapshot};

use crate::{
    opinion::follow::News,
    table::{Lies, newest, next, plain_query, require_version, stage_next},
};
use event::SnapshotEvent;
use files::{Attachment, Owner, OwnerKind, Part};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Subject,
    access::PersonalData,
    event::LoggedEvent,
    geo::{Datum, Position},
    id::{AccountId, SnapshotId},
    mask,
};
use row::{Column as C, Entity, Model};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryTrait};
use serde_json::Value;
use services::{
    order::{self, Channel, PlaceOrder, Terms},
    policy,
};
use view::Sealed;

/// Sends a snapshot (随手拍上报).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `point_outside_country`, `point_outside_community`;
/// `snapshot_category_unknown`; `attachment_unknown`.
pub async fn send_snapshot(cx: &Cx, command: SendSnapshot) -> Result<Snapshot> {
    let (account, region) = (cx.actor.account()?, command.region_code);
    cx.actor.require(Permission::SnapshotSend, &Place::from(region))?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let at = command.point.to_wgs84().map_err(|e| e.at("#/point"))?;
    let grid_id = grids::place_in(cx, region, at).await.map_err(|e| e.at("#/point"))?;
    let rules = policy::snapshot_rules(cx, region).await?;
    if !rules.categories.is_empty() && !rules.categories.iter().any(|c| c.code == command.category) {
        return Err(Error::new(Code::SnapshotCategoryUnknown).with("category", &command.category).at("#/category"));
    }
    let mut tx = cx.begin();
    if command.anonymous {
        tx.withhold_actor();
    }
    let id: SnapshotId = tx.id();
    let row = Model {
        id,
        version: 1,
        state: SnapshotState::Sent,
        tone: command.tone,
        region_code: region,
        grid_id,
        category: command.category,
        title: Sealed::Title.seal(cx, id, &command.title)?,
        content: Sealed::Content.seal(cx, id, &command.content)?,
        lng: at.lng,
        lat: at.lat,
        reporter_id: (!command.anonymous).then_some(account),
        reporter_key: key(cx, account)?,
        anonymous: command.anonymous,
        attachment_count: i16::try_from(command.attachment_ids.len()).map_err(Error::internal)?,
        order_id: None,
        order_version: 0,
        outcome: None,
        answer: None,
        published_title: None,
        published_text: None,
        public_place: false,
        published_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let owner = Owner { kind: OwnerKind::Snapshot, id: id.0, part: Part::Request };
    let attachments = files::claim(&mut tx, &command.attachment_ids, owner).await?;
    tx.emit(subject(&row), &SnapshotEvent::Sent { tone: row.tone, anonymous: row.anonymous })?;
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    tx.commit_created(view::alone(cx, &row, attachments)?).await
}

/// Makes an order of a problem (随手拍转订单), with its photos. Of who sent it without a name the order says nothing.
///
/// # Errors
/// `snapshot_not_found`; `permission_missing`; `version_stale`; `snapshot_state_conflict`; `snapshot_tone_conflict`; those of placing an order.
pub async fn order_snapshot(cx: &Cx, id: SnapshotId, command: OrderSnapshot) -> Result<Snapshot> {
    let old = stepping(cx, id, Action::Order, command.version).await?;
    let here = Place::from(old.region_code);
    let requester_id = match old.reporter_id {
        Some(account) if identity::holds(cx, account, Permission::OrderPlace, &here).await? => Some(account),
        _ => None,
    };
    let placing = PlaceOrder {
        title: match command.order_title {
            Some(title) => title,
            None => Sealed::Title.open(cx, id, &old.title)?,
        },
        content: Sealed::Content.open(cx, id, &old.content)?,
        region_code: old.region_code,
        item_code: command.item_code,
        point: Some(Position { lng: old.lng, lat: old.lat }.to_datum(Datum::Wgs84)),
        contact: None,
        channel: Some(Channel::Snapshot),
        on_behalf: true,
        requester_id,
        attachment_ids: Vec::new(),
        department_id: None,
        admission_item_id: None,
        terms: Terms { permission: Some(Permission::SnapshotReview), files_of: Some(id.0), ..Terms::default() },
    };
    order::place_with(cx, placing, async |tx, order| {
        let mut new = old.clone();
        new.state = SnapshotState::Ordered;
        new.order_id = Some(order.id);
        new.order_version = order.version;
        new.version += 1;
        new.updated_at = tx.now;
        let update = next([C::Id, C::Version], old.clone(), new.clone());
        if tx.conn().await?.execute(&update).await?.rows_affected() != 1 {
            return Err(Error::new(Code::VersionStale));
        }
        tx.emit(subject(&new), &SnapshotEvent::Ordered { order_id: order.id })?;
        view::alone(tx.cx(), &new, Vec::new())
    })
    .await
}

/// Publishes what pleases (发布好风景), in the reviewer's words; numbers of people in them are masked.
///
/// # Errors
/// `snapshot_not_found`; `permission_missing`; `version_stale`; `snapshot_state_conflict`; `snapshot_tone_conflict`.
pub async fn publish_snapshot(cx: &Cx, id: SnapshotId, command: PublishSnapshot) -> Result<Snapshot> {
    let old = stepping(cx, id, Action::Publish, command.version).await?;
    let mut new = old.clone();
    new.state = SnapshotState::Published;
    new.published_title = Some(mask::text(&command.published_title));
    new.published_text = Some(mask::text(&command.published_text));
    new.public_place = command.public_place;
    new.published_at = Some(cx.now());
    step(cx, old, new, &SnapshotEvent::Published {}).await
}

/// Does not take a snapshot up (不采纳随手拍), and says why to whoever sent it.
///
/// # Errors
/// `snapshot_not_found`; `permission_missing`; `version_stale`; `snapshot_state_conflict`.
pub async fn decline_snapshot(cx: &Cx, id: SnapshotId, command: DeclineSnapshot) -> Result<Snapshot> {
    let old = stepping(cx, id, Action::Decline, command.version).await?;
    let mut new = old.clone();
    new.state = SnapshotState::Declined;
    new.answer = Some(Sealed::Answer.seal(cx, id, &command.reason)?);
    step(cx, old, new, &SnapshotEvent::Declined {}).await
}

/// One snapshot (查询随手拍): with its photos for who sent it and who decides on it.
///
/// # Errors
/// `snapshot_not_found`, also for those who may not know of it.
pub async fn get_snapshot(cx: &Cx, id: SnapshotId) -> Result<Snapshot> {
    let row = found(cx, id).await?;
    let photos = photos(cx, &row).await?;
    view::alone(cx, &row, photos)
}

/// Whether the caller may see the photos of a snapshot.
///
/// # Errors
/// `database_unavailable`.
pub async fn sees_attachments(cx: &Cx, id: SnapshotId) -> Result<bool> {
    match Entity::find_by_id(id).one(cx.reader()).await? {
        Some(row) => sees_in_full(cx, &row),
        None => Ok(false),
    }
}

/// The snapshots that one may read, or has sent (随手拍列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_snapshots(cx: &Cx, query: ListSnapshots) -> Result<Page<Snapshot>> {
    plain_query(&[query.updated_after], &[])?;
    let filters = (query.mine, query.region_code, query.grid_id, query.state, query.tone, query.updated_after, cx.actor.account);
    let pager = Pager::new("snapshots", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let reach = cx.actor.reach(Permission::SnapshotRead);
    let own = query.mine || reach.is_empty();
    let mine = match cx.actor.account.filter(|_| own) {
        Some(me) => Some(key(cx, me)?),
        None => None,
    };
    let select = Entity::find()
        .apply_if(mine, |q, mine| q.filter(C::ReporterKey.eq(mine)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.state, |q, state| q.filter(C::State.eq(state)))
        .apply_if(query.tone, |q, tone| q.filter(C::Tone.eq(tone)))
        .apply_if(query.updated_after, |q, at| q.filter(C::UpdatedAt.gt(at)));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, (!own).then_some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |s| (s.region_code.as_i64(), s.id))?;
    let items = page.items.iter().map(|row| view::in_list(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// What was published (好风景列表), for everybody, the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_praises(cx: &Cx, query: ListPraises) -> Result<Page<Praise>> {
    let pager = Pager::new("praises", &query.region_code, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let select = Entity::find().filter(C::PublishedAt.is_not_null());
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, None, query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |s| (s.region_code.as_i64(), s.id))?;
    let photos = files::of_all(cx, &page.items.iter().map(|s| s.id.0).collect::<Vec<_>>()).await?;
    let view = |row: Model| {
        let own = photos.iter().filter(|(owner, _)| *owner == row.id.0).map(|(_, photo)| photo.clone()).collect();
        view::praise(cx, row, own)
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// The snapshots that these events' orders grew from.
pub(crate) async fn about(cx: &Cx, events: &[LoggedEvent]) -> Result<Vec<Model>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    Ok(Entity::find().filter(C::OrderId.is_in(events.iter().map(|e| e.subject_id))).all(cx.reader()).await?)
}

/// Tells one snapshot what has become of its order, unless it knows. Nothing else changes one that is an order.
pub(crate) async fn tell(cx: &Cx, row: &mut Model, event: &LoggedEvent, news: News) -> Result<bool> {
    if row.order_version >= event.subject_version {
        return Ok(false);
    }
    let mut tx = cx.begin();
    let (old, mut new) = (row.clone(), row.clone());
    new.order_version = event.subject_version;
    new.version += 1;
    new.updated_at = tx.now;
    match news {
        News::Outcome(outcome, answer) => {
            new.state = SnapshotState::Answered;
            new.outcome = Some(outcome);
            new.answer = answer.map(|text| Sealed::Answer.seal(cx, new.id, &text)).transpose()?;
            tx.emit(subject(&new), &SnapshotEvent::Answered { outcome })?;
        }
        News::Reopened => {
            new.state = SnapshotState::Ordered;
            (new.outcome, new.answer) = (None, None);
            tx.emit(subject(&new), &SnapshotEvent::Reopened {})?;
        }
    }
    stage_next(&mut tx, [C::Id, C::Version], old, new.clone());
    match tx.commit(Value::Null).await {
        Ok(_) => {
            *row = new;
            Ok(true)
        }
        // Another server has told it.
        Err(e) if e.code == Code::VersionStale => Ok(false),
        Err(e) => Err(e),
    }
}

/// The photos of a snapshot; once it is an order, those that the order was placed with.
async fn photos(cx: &Cx, row: &Model) -> Result<Vec<Attachment>> {
    if row.attachment_count == 0 {
        return Ok(Vec::new());
    }
    let mut photos = files::of(cx, row.order_id.map_or(row.id.0, |order| order.0)).await?;
    photos.retain(|photo| photo.part == Some(Part::Request));
    Ok(photos)
}

/// The snapshot, if the caller may take this action with it and it can be taken now.
async fn stepping(cx: &Cx, id: SnapshotId, action: Action, version: Option<i32>) -> Result<Model> {
    let row = found(cx, id).await?;
    cx.actor.require(Permission::SnapshotReview, &place(&row))?;
    require_version(version, row.version)?;
    flow::decide(row.state, row.tone, action)?;
    Ok(row)
}

async fn step(cx: &Cx, old: Model, mut new: Model, event: &SnapshotEvent) -> Result<Snapshot> {
    let photos = photos(cx, &old).await?;
    let mut tx = cx.begin();
    new.version += 1;
    new.updated_at = tx.now;
    tx.emit(subject(&new), event)?;
    stage_next(&mut tx, [C::Id, C::Version], old, new.clone());
    tx.commit(view::alone(cx, &new, photos)?).await
}

async fn found(cx: &Cx, id: SnapshotId) -> Result<Model> {
    let missing = || Error::new(Code::SnapshotNotFound);
    let row = Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    if is_own(cx, &row)? || cx.actor.can(Permission::SnapshotRead, &place(&row)) { Ok(row) } else { Err(missing()) }
}

/// A digest of who sends; without the key nobody comes from the one to the other.
fn key(cx: &Cx, account: AccountId) -> Result<String> {
    cx.vault().blind_index(&format!("snapshot reporter {account}"))
}

fn is_own(cx: &Cx, row: &Model) -> Result<bool> {
    match cx.actor.account {
        Some(me) => Ok(key(cx, me)? == row.reporter_key),
        None => Ok(false),
    }
}

/// Whether it is the caller's to decide on.
fn reviews(cx: &Cx, row: &Model) -> bool {
    cx.actor.can(Permission::SnapshotReview, &place(row))
}

fn sees_in_full(cx: &Cx, row: &Model) -> Result<bool> {
    Ok(cx.actor.sees(PersonalData::Visits) && (reviews(cx, row) || is_own(cx, row)?))
}

fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: None }
}

fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
