//! Hotlines (12345 政务服务热线): they push work orders, which become orders like any other, and are told what becomes of them.
//!
//! A hotline's program [`push`]es a work order ([`intake`]): the first time an order is placed for it, a newer version is taken over,
//! the same again changes nothing, an older one is refused. What it is about, who called and until when it is to be done come from the
//! hotline; which service item its category is, and the limits that it does not bring, are data of the place. As it came it is kept,
//! sealed; of one that is confidential (保密) whoever does the work learns no name and no number.
//!
//! From then on people work on the order as on any other. What they do goes into the event log, and from there ([`dispatch`]) into one
//! message for each step, in the hotline's own words ([`adapter`]), which the [`courier`] tells it until it says that it has it. So a
//! hotline that is out of order slows nobody; what it has not acknowledged is a list ([`report`]) and can be told once more.

mod adapter;
mod command;
pub mod courier;
mod dispatch;
mod event;
mod flow;
mod intake;
mod push;
mod report;
mod row;
mod signature;
mod steps;
mod store;
mod view;
mod work_order;

pub use adapter::FIELDS;
pub use command::{
    CallBackHotlineOrder, CreateHotline, ExtendHotlineOrder, HotlineCategory, ListHotlineCategories, ListHotlineMessages,
    ListHotlineOrders, ListHotlineRates, ListHotlines, ReconcileHotline, ReworkHotlineOrder, SetHotlineCategories, UpdateHotline,
};
pub use courier::{Courier, run};
pub use dispatch::dispatch;
pub(crate) use event::event_types;
pub use intake::push;
pub use push::PushHotlineOrder;
pub use report::{list_messages, list_rates, reconcile, redeliver, redeliver_failed};
pub use row::{Encoding, HotlineState, MessageKind, MessageState, Outcome, Scheme};
pub use signature::Envelope;
pub use steps::{call_back, extend, get_order, list_orders, reveal, rework};
pub use view::{Hotline, HotlineCategories, HotlineMessage, HotlineRate, HotlineRates, HotlineReconciliation, HotlineRedelivery};
pub use work_order::{HotlineOrder, HotlinePayload};

use crate::webhook::Outlet;
use adapter::Adapter;
use chrono::Duration;
use event::HotlineEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject, Tx,
    id::{ApplicationId, HotlineId},
};
use row::{category, hotline};
use signature::Signing;
use view::{Sealed, shown};

/// The tables of this module as its entities see them.
pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(hotline::Entity),
        schema.create_table_from_entity(category::Entity),
        schema.create_table_from_entity(row::order::Entity),
        schema.create_table_from_entity(row::round::Entity),
        schema.create_table_from_entity(row::payload::Entity),
        schema.create_table_from_entity(row::nonce::Entity),
        schema.create_table_from_entity(row::message::Entity),
        schema.create_table_from_entity(row::reader::Entity),
    ]
}

const fn subject(row: &hotline::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

/// Enters a hotline (新增热线对接).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `application_not_found`; `hotline_config_invalid`;
/// `hotline_address_refused`; `hotline_system_taken`.
pub async fn create_hotline(cx: &Cx, outlet: &Outlet, command: CreateHotline) -> Result<Hotline> {
    cx.actor.require(Permission::HotlineManage, &command.region_code.into())?;
    services::require_region(cx, command.region_code).await?;
    require_application(cx, command.application_id, command.region_code).await?;
    let inbound = command.inbound.map(|s| Signing::of(s, None, cx.now()).map_err(|e| e.at("#/inbound"))).transpose()?;
    let outbound = command.outbound.map(|a| Adapter::of(a, None, cx.now())).transpose()?;
    examine(outlet, outbound.as_ref()).await?;
    let head = kernel::event::head(cx).await?;
    let mut tx = cx.begin();
    let id: HotlineId = tx.id();
    store::begin_reading(&mut tx, head).await?;
    let row = hotline::Model {
        id,
        version: 1,
        state: HotlineState::Active,
        system: command.system,
        name: command.name,
        region_code: command.region_code,
        application_id: command.application_id,
        inbound: inbound.map(|signing| seal(cx, Sealed::Inbound(id), &signing)).transpose()?,
        outbound: outbound.map(|adapter| seal(cx, Sealed::Outbound(id), &adapter)).transpose()?,
        failing_since: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let taken = |e: Error| e.when_taken(Code::HotlineSystemTaken, "system", &row.system);
    store::insert(&mut tx, row.clone()).await.map_err(taken)?;
    tx.emit(subject(&row), &HotlineEvent::Created {})?;
    tx.commit_created(shown(cx, &row)?).await
}

/// The hotlines that one answers for (热线对接列表), the newest first.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_hotlines(cx: &Cx, query: ListHotlines) -> Result<Page<Hotline>> {
    let reach = cx.actor.reach(Permission::HotlineManage);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::HotlineManage));
    }
    let pager = Pager::new("hotlines", &(query.region_code, query.state), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::list(cx, &reach, &query, &pager).await?, |row| row.id)?;
    let items = page.items.iter().map(|row| shown(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// One hotline (查询热线对接).
///
/// # Errors
/// `hotline_not_found`, also for those who may not know of it.
pub async fn get_hotline(cx: &Cx, id: HotlineId) -> Result<Hotline> {
    shown(cx, &managed(cx, id).await?)
}

/// Changes a hotline (修改热线对接).
///
/// # Errors
/// `hotline_not_found`; `version_stale`; `application_not_found`; `hotline_config_invalid`; `hotline_address_refused`.
pub async fn update_hotline(cx: &Cx, outlet: &Outlet, id: HotlineId, command: UpdateHotline) -> Result<Hotline> {
    let old = managed(cx, id).await?;
    if command.version.is_some_and(|v| v != old.version) {
        return Err(Error::new(Code::VersionStale));
    }
    require_application(cx, command.application_id, old.region_code).await?;
    let mut new = old.clone();
    new.name = command.name.unwrap_or(new.name);
    new.application_id = command.application_id.or(new.application_id);
    if let Some(signing) = command.inbound {
        let signing = Signing::of(signing, old.signing(cx)?.as_ref(), cx.now()).map_err(|e| e.at("#/inbound"))?;
        new.inbound = Some(seal(cx, Sealed::Inbound(id), &signing)?);
    }
    if let Some(adapter) = command.outbound {
        let adapter = Adapter::of(adapter, old.adapter(cx)?.as_ref(), cx.now())?;
        examine(outlet, Some(&adapter)).await?;
        new.outbound = Some(seal(cx, Sealed::Outbound(id), &adapter)?);
    }
    new.state = match command.paused {
        Some(true) => HotlineState::Paused,
        Some(false) => HotlineState::Active,
        None => old.state,
    };
    let mut tx = cx.begin();
    let paused = new.state == HotlineState::Paused;
    step(&mut tx, &old, &mut new, &HotlineEvent::Updated { paused }).await?;
    tx.commit(shown(cx, &new)?).await
}

/// Removes a hotline (删除热线对接): it pushes nothing more and is told nothing more. Its work orders and what it was told stay.
///
/// # Errors
/// `hotline_not_found`.
pub async fn remove_hotline(cx: &Cx, id: HotlineId) -> Result<()> {
    let old = managed(cx, id).await?;
    let mut new = old.clone();
    (new.state, new.inbound, new.outbound) = (HotlineState::Removed, None, None);
    let mut tx = cx.begin();
    store::give_up(&mut tx, id).await?;
    step(&mut tx, &old, &mut new, &HotlineEvent::Removed {}).await?;
    tx.commit(()).await
}

/// Says which service items the categories of a hotline lead to in a region (热线分类对照): a new version, which holds from now on.
///
/// # Errors
/// `hotline_not_found`; `region_unknown`; `service_item_unknown`; `hotline_config_invalid` outside the hotline's region, and for a
/// category that is named twice.
pub async fn set_categories(cx: &Cx, id: HotlineId, command: SetHotlineCategories) -> Result<HotlineCategories> {
    let hotline = managed(cx, id).await?;
    let region = command.region_code;
    let invalid = |reason: String| Error::new(Code::HotlineConfigInvalid).with("reason", reason);
    if !hotline.region_code.covers(region) {
        return Err(invalid("the region lies outside that of the hotline".to_owned()).at("#/region_code"));
    }
    services::require_region(cx, region).await?;
    let mut codes = std::collections::HashSet::new();
    for (n, entry) in command.entries.iter().enumerate() {
        if !codes.insert(entry.category_code.as_str()) {
            return Err(invalid(format!("{} is named twice", entry.category_code)).at(format!("#/entries/{n}/category_code")));
        }
        services::catalogue::offered(cx, &entry.item_code, region).await.map_err(|mut e| {
            e.fields.clear();
            e.at(format!("#/entries/{n}/item_code"))
        })?;
    }
    let entries = serde_json::to_string(&command.entries).map_err(Error::internal)?;
    let mut tx = cx.begin();
    let version = store::last_mapping(&mut tx, id, region).await? + 1;
    let row = category::Model { hotline_id: id, region_code: region, version, entries, created_at: tx.now };
    // Of two who do so at once the second hears that it is late.
    store::insert_mapping(&mut tx, row.clone())
        .await
        .map_err(|e| if e.breaks("hotline_categories") { Error::new(Code::VersionStale).because(e) } else { e })?;
    tx.emit(subject(&hotline), &HotlineEvent::Mapped { region_code: region, mapping_version: version })?;
    tx.commit_created(HotlineCategories::try_from(row)?).await
}

/// What the categories of a hotline lead to (热线分类对照列表), all versions, the newest of a place first.
///
/// # Errors
/// `hotline_not_found`; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_categories(cx: &Cx, id: HotlineId, query: ListHotlineCategories) -> Result<Page<HotlineCategories>> {
    managed(cx, id).await?;
    let pager = Pager::new("hotline_categories", &(id, query.region_code), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let rows = store::list_mappings(cx, id, &query, &pager).await?;
    let items = rows.into_iter().map(HotlineCategories::try_from).collect::<Result<Vec<_>>>()?;
    pager.page(items, |m| (m.region_code, m.mapping_version))
}

/// Forgets which signatures have been taken, once their time has passed; returns how many. For a background task.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge(cx: &Cx) -> Result<u64> {
    // Twice the longest window: a signature from the future is good until its own has passed.
    store::purge_nonces(cx, cx.now() - Duration::seconds(2 * 900)).await
}

async fn managed(cx: &Cx, id: HotlineId) -> Result<hotline::Model> {
    let row = store::find(cx, id).await?.filter(|row| cx.actor.can(Permission::HotlineManage, &row.region_code.into()));
    row.ok_or_else(|| Error::new(Code::HotlineNotFound))
}

/// A program that pushes for a hotline is one that the caller knows, and acts where the hotline is.
async fn require_application(cx: &Cx, id: Option<ApplicationId>, region: RegionCode) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    let missing = || Error::new(Code::ApplicationNotFound).at("#/application_id");
    let application =
        identity::get_application(cx, id).await.map_err(|e| if e.code == Code::ApplicationNotFound { missing() } else { e })?;
    let meet = application.region_code.covers(region) || region.covers(application.region_code);
    if meet { Ok(()) } else { Err(missing()) }
}

async fn examine(outlet: &Outlet, adapter: Option<&Adapter>) -> Result<()> {
    let Some(adapter) = adapter else { return Ok(()) };
    for path in &adapter.paths {
        let url = adapter.url(path.kind, "1").unwrap_or_default();
        outlet.examine(&url).await.map_err(|refused| {
            Error::new(Code::HotlineAddressRefused).with("reason", &refused).at("#/outbound/base_url").because(refused)
        })?;
    }
    Ok(())
}

fn seal(cx: &Cx, column: Sealed, config: &impl serde::Serialize) -> Result<String> {
    column.seal(cx, &serde_json::to_string(config).map_err(Error::internal)?)
}

/// Takes a hotline to its next version.
async fn step(tx: &mut Tx<'_>, old: &hotline::Model, new: &mut hotline::Model, event: &HotlineEvent) -> Result<()> {
    new.version = old.version + 1;
    new.updated_at = tx.now;
    store::advance(tx, old, new).await?;
    tx.emit(subject(new), event)
}
