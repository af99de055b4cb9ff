//! Requests in the open (公开诉求): orders that outside systems place for their own users, through Open311. Everybody may know that
//! there is one and how it stands.
//!
//! Who does the work sees an order like any other. What everybody is shown of it is written down once, masked, when it is
//! [`place`]d; nothing else of the order gets out but its state, its dates, and what is said to the requester. Whether and from
//! when on there is anything to see, the catalogue says for each item (`Reporting`).
//!
//! [`list`], [`find`], [`by_token`] and [`updates`] ask for no permission. [`update`] is for the system that has placed the request,
//! by the table in `flow`: it may add something, or take the request back.

mod flow;
mod row;
mod store;
mod view;

pub use view::{OpenRequest, OpenUpdate, Receipt};

use super::{Channel, Contact, OrderResult, PlaceOrder, State, Terms, change::Change, event::OrderEvent, flow::Action, place_with, sight};
use crate::{
    attribute,
    catalogue::{self, Reporting, ServiceItem},
};
use chrono::{DateTime, Utc};
use flow::{Effect, decide};
use kernel::{
    Code, Cx, Error, Permission, RegionCode, Result,
    event::of_subjects,
    geo::Point,
    id::{AttachmentId, OrderId},
    mask,
};
use row::request;
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The most characters of what is wanted: description, answers and links together.
pub const LONGEST_CONTENT: usize = 4000;
/// The most requests whose updates are given at once.
pub const MOST_CHANGED: u64 = 1000;

/// Places a request in the open (对外提交诉求).
#[derive(Clone, Debug, Default)]
pub struct PlaceOpenRequest {
    /// The service item, one that is offered to outside systems.
    pub item_code: String,
    /// What is wanted; the name of the item when absent.
    pub description: Option<String>,
    /// The answers to what the item asks, by the codes of the questions.
    pub answers: BTreeMap<String, Vec<String>>,
    /// Where photos lie that the outside system keeps itself: for whoever does the work, never shown to others.
    pub links: Vec<String>,
    /// Where it is.
    pub point: Option<Point>,
    /// Who asked, as far as they said, and their address.
    pub contact: Contact,
    /// Files that were uploaded before.
    pub attachment_ids: Vec<AttachmentId>,
}

/// Which requests to list. One of the two times at least bounds it.
#[derive(Clone, Debug, Default)]
pub struct ListOpenRequests {
    /// In this region.
    pub region_code: Option<RegionCode>,
    /// For these items; for all when empty.
    pub item_codes: Vec<String>,
    /// Only those that are open, or only those that are not.
    pub open: Option<bool>,
    /// Placed from then on and before then.
    pub created: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Last changed from then on and before then: the list is then in the order of change.
    pub updated: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// How many to leave out at the beginning.
    pub offset: u64,
    /// How many at most.
    pub limit: u64,
}

/// Which updates to list.
#[derive(Clone, Debug)]
pub struct ListOpenUpdates {
    /// Of requests in this region.
    pub region_code: Option<RegionCode>,
    /// Of these requests; of all when empty.
    pub numbers: Vec<String>,
    /// From then on.
    pub from: DateTime<Utc>,
    /// Before then.
    pub to: DateTime<Utc>,
    /// How many to leave out at the beginning.
    pub offset: u64,
    /// How many at most.
    pub limit: u64,
}

/// Adds to a request, or takes it back (外部更新).
#[derive(Clone, Debug)]
pub struct UpdateOpenRequest {
    /// The number of the order.
    pub number: String,
    /// The outside system's own id of the update: the same is taken once.
    pub external_id: Option<String>,
    /// Whether the request is closed there; nothing for a mere comment.
    pub closes: Option<bool>,
    /// What is added.
    pub note: Option<String>,
}

/// Whether a request in this state is open for the outside world: until the requester has judged it, it was closed, refused, taken
/// back or merged.
#[must_use]
pub const fn is_open(state: State) -> bool {
    state.is_open() || matches!(state, State::Completed)
}

/// Whether a request could be placed in this region, as far as can be told without placing it: for whoever has files to upload first.
///
/// # Errors
/// Those of [`place`].
pub async fn check(cx: &Cx, region: RegionCode, command: &PlaceOpenRequest) -> Result<()> {
    let item = offered(cx, region, command).await?;
    cx.actor.require(Permission::OrderPlaceOnBehalf, &region.into())?;
    content(&item, command).map(|_| ())
}

/// Places a request in a community; `answer` says what the caller is told. A rehearsal does everything but keep it.
///
/// # Errors
/// `service_item_not_found` for what is not offered to outside systems there; `location_missing`; `content_invalid` for answers
/// that are missing or do not fit, and for too many words; those of placing an order.
pub async fn place<T: Serialize>(
    cx: &Cx,
    region: RegionCode,
    command: PlaceOpenRequest,
    rehearsal: bool,
    answer: impl Fn(Receipt) -> T,
) -> Result<T> {
    let item = offered(cx, region, &command).await?;
    let content = content(&item, &command)?;
    let secret = item.reporting == Reporting::Blackbox;
    let description = command.description.as_ref().map_or_else(|| item.name.clone(), |text| mask::text(text));
    let address = command.contact.address.as_deref().map(mask::address);
    let mut contact = command.contact;
    if contact.name.is_none() && contact.phone.is_none() {
        contact.name = Some(NOBODY.to_owned());
    }
    let placing = PlaceOrder {
        title: item.name.clone(),
        content,
        region_code: region,
        item_code: Some(command.item_code),
        point: command.point,
        contact: Some(contact),
        channel: Some(Channel::Open311),
        on_behalf: true,
        terms: Terms::default(),
        requester_id: None,
        attachment_ids: command.attachment_ids,
        department_id: None,
        admission_item_id: None,
    };
    let rehearsed = Mutex::new(None);
    let placed = place_with(cx, placing, async |tx, order| {
        let row = request::Model {
            order_id: order.id,
            region_code: region,
            item_code: item.code.clone(),
            item_id: item.id,
            reporting: item.reporting,
            description: if secret { String::new() } else { description.clone() },
            address: address.clone().filter(|_| !secret),
        };
        store::insert(tx, row).await?;
        let told = answer(Receipt::of(item.reporting, order.id, &order.number));
        if rehearsal {
            rehearsed.lock().unwrap_or_else(PoisonError::into_inner).replace(told);
            return Err(Error::internal("a rehearsal is not kept"));
        }
        Ok(told)
    })
    .await;
    match rehearsed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(told) => Ok(told),
        None => placed,
    }
}

/// Who asked, where nobody said.
const NOBODY: &str = "匿名";

/// The item, if outside systems may ask for it here.
async fn offered(cx: &Cx, region: RegionCode, command: &PlaceOpenRequest) -> Result<Arc<ServiceItem>> {
    let missing = || Error::new(Code::ItemNotFound).at("#/item_code");
    match catalogue::offered(cx, &command.item_code, region).await {
        Ok(item) if item.reporting != Reporting::None => Ok(item),
        Ok(_) => Err(missing()),
        Err(e) if e.code == Code::ItemUnknown => Err(missing()),
        Err(e) => Err(e),
    }
}

/// What is wanted, in all the words that were sent.
fn content(item: &ServiceItem, command: &PlaceOpenRequest) -> Result<String> {
    if command.point.is_none() && command.contact.address.is_none() {
        return Err(Error::new(Code::LocationMissing).at("#/point"));
    }
    let mut lines = vec![command.description.clone().unwrap_or_else(|| item.name.clone())];
    lines.extend(attribute::answered(&item.attributes, &command.answers)?);
    lines.extend(command.links.iter().map(|link| format!("图片:{link}")));
    let content = lines.join("\n");
    if content.chars().count() > LONGEST_CONTENT {
        let params = vec![("min", "0".to_owned()), ("max", LONGEST_CONTENT.to_string())];
        return Err(Error::field_with("#/description", Code::FieldLength, params));
    }
    Ok(content)
}

/// One page of requests, newest first unless it is bounded by changes.
///
/// # Errors
/// `database_unavailable`.
pub async fn list(cx: &Cx, filter: &ListOpenRequests) -> Result<Vec<OpenRequest>> {
    shown(cx, store::page(cx, filter).await?).await
}

/// Those of these numbers that everybody may know of, newest first.
///
/// # Errors
/// `database_unavailable`.
pub async fn find(cx: &Cx, numbers: &[String]) -> Result<Vec<OpenRequest>> {
    shown(cx, store::numbered(cx, numbers).await?).await
}

/// The number behind a token; nothing as long as nobody has taken the request in hand.
///
/// # Errors
/// `order_not_found`, also for what nobody is shown.
pub async fn by_token(cx: &Cx, token: OrderId) -> Result<Option<String>> {
    match store::of(cx, token).await? {
        Some((request, order)) if view::is_shown(request.reporting, order.state) => Ok(Some(order.number)),
        Some((request, _)) if request.reporting == Reporting::Batch => Ok(None),
        _ => Err(Error::new(Code::OrderNotFound)),
    }
}

/// What happened to requests within a time, oldest first.
///
/// # Errors
/// `page_too_far` when more than [`MOST_CHANGED`] requests have changed since.
pub async fn updates(cx: &Cx, filter: &ListOpenUpdates) -> Result<Vec<OpenUpdate>> {
    let numbers = store::changed(cx, filter.region_code, &filter.numbers, filter.from, MOST_CHANGED).await?;
    let subjects: Vec<Uuid> = numbers.keys().map(|id| id.0).collect();
    let events = of_subjects(cx, &subjects, filter.from, filter.to, filter.offset, filter.limit).await?;
    Ok(events.iter().filter_map(|event| view::heard(numbers.get(&OrderId(event.subject_id))?, event)).collect())
}

/// Takes an update of the system that has placed the request, once; `answer` is given the number and the version that it made.
///
/// # Errors
/// `order_not_found`; `not_the_requester`; `permission_missing`; `order_state_conflict` for what the table does not know;
/// `content_invalid` for a comment without words.
pub async fn update<T: Serialize>(cx: &Cx, command: UpdateOpenRequest, rehearsal: bool, answer: impl Fn(&str, i32) -> T) -> Result<T> {
    // Somebody else was faster: look again. Who loses three times in a row may come back.
    for _ in 0..2 {
        match try_update(cx, &command, rehearsal, &answer).await {
            Err(e) if e.code == Code::OrderVersionStale || e.breaks("open_updates") => {}
            done => return done,
        }
    }
    try_update(cx, &command, rehearsal, &answer).await
}

async fn try_update<T: Serialize>(cx: &Cx, command: &UpdateOpenRequest, rehearsal: bool, answer: &impl Fn(&str, i32) -> T) -> Result<T> {
    let missing = || Error::new(Code::OrderNotFound);
    let (request, order) = store::find(cx, &command.number).await?.ok_or_else(missing)?;
    if !sight::standing(&cx.actor, &order).requester {
        let known = view::is_shown(request.reporting, order.state);
        return Err(if known { Error::new(Code::NotTheRequester) } else { missing() });
    }
    cx.actor.require(Permission::OrderPlaceOnBehalf, &sight::place(&order))?;
    if let Some(external_id) = &command.external_id
        && let Some(version) = store::taken(cx, order.id, external_id).await?
    {
        return Ok(answer(&order.number, version));
    }
    let refused = |action: &str| Error::new(Code::OrderStateConflict).with("state", order.state.as_str()).with("action", action);
    let effect = decide(order.state, command.closes).ok_or_else(|| match command.closes {
        Some(true) => refused(Action::Cancel.as_str()),
        Some(false) => refused(Action::Rework.as_str()),
        None => refused("comment"),
    })?;
    let mut change = match (effect, &command.note) {
        (Effect::Cancel, note) => {
            let mut change = Change::begin(cx, order.id, Action::Cancel, Some(order.version)).await?;
            change.cancel(Some(note.clone().unwrap_or_else(|| CLOSED_OUTSIDE.to_owned())))?;
            change
        }
        (Effect::Comment, Some(note)) => {
            let (standing, team) = super::standing(cx, &order).await?;
            let mut change = Change::starting(cx, order.clone(), standing, team);
            change.note(&OrderEvent::Commented { note: mask::text(note) })?;
            change
        }
        (Effect::Comment, None) => {
            return Err(Error::field_with("#/note", Code::FieldMissing, vec![("name", "description".to_owned())]));
        }
    };
    let version = change.after.version;
    if rehearsal {
        return Ok(answer(&order.number, version));
    }
    if let Some(external_id) = &command.external_id {
        let id = order.id;
        store::take(&mut change.tx, id, external_id.clone(), version).await?;
    }
    change.save_as(|order| answer(&order.number, version)).await
}

/// Why it was taken back, where nobody said.
const CLOSED_OUTSIDE: &str = "外部系统已关闭该诉求";

/// The rows as everybody is shown them; what they refer to is read in one query for each kind.
async fn shown(cx: &Cx, rows: Vec<store::Row>) -> Result<Vec<OpenRequest>> {
    let unique = |ids: &mut Vec<Uuid>| {
        ids.sort_unstable();
        ids.dedup();
    };
    let mut items: Vec<Uuid> = rows.iter().map(|(request, _)| request.item_id.0).collect();
    unique(&mut items);
    let items: Vec<_> = items.into_iter().map(kernel::id::ItemId).collect();
    let names: HashMap<_, _> = catalogue::versions_named(cx, &items).await?.into_iter().map(|item| (item.id, item.name)).collect();
    let mut leads: Vec<Uuid> = rows.iter().filter_map(|(_, order)| leading(order)).collect();
    unique(&mut leads);
    let leads: Vec<_> = leads.into_iter().map(kernel::id::OrganizationId).collect();
    let agencies: HashMap<_, _> = organizations::organizations_named(cx, &leads).await?.into_iter().map(|o| (o.id.0, o.name)).collect();
    let mut codes: Vec<RegionCode> = rows.iter().map(|(request, _)| request.region_code).collect();
    codes.sort_unstable();
    codes.dedup();
    let regions: HashMap<_, _> = grids::regions_named(cx, &codes).await?.into_iter().map(|region| (region.code, region.name)).collect();
    let merged: Vec<OrderId> = rows.iter().filter_map(|(_, order)| order.merged_into).collect();
    let numbers = store::numbers(cx, &merged).await?;
    let view = |(request, order): store::Row| {
        let agency = leading(&order).and_then(|id| agencies.get(&id)).or_else(|| regions.get(&request.region_code));
        let around = view::Around {
            item_name: names.get(&request.item_id).cloned().unwrap_or_default(),
            agency: agency.cloned().unwrap_or_default(),
            merged_into: order.merged_into.and_then(|id| numbers.get(&id).cloned()),
        };
        view::shown(request, order, around)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// The organization that leads; people are not named.
fn leading(order: &super::Model) -> Option<Uuid> {
    order.lead_id.filter(|_| order.lead_kind == Some(super::TakerKind::Organization))
}

/// How the work ended, in both languages.
#[must_use]
pub const fn ended(result: OrderResult) -> &'static str {
    match result {
        OrderResult::Solved => "已解决 solved",
        OrderResult::PartlySolved => "部分解决 partly solved",
        OrderResult::Unsolved => "未解决 unsolved",
        OrderResult::Explained => "解释说明 explained",
    }
}

pub(super) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::request::Entity), schema.create_table_from_entity(row::update::Entity)]
}
