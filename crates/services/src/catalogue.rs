//! The service catalogue (服务清单): 大类 → 小类 → 事项. What a community offers, who may provide it,
//! how long it may take.
//!
//! Entries are versioned: an edit ends the current version and begins the next, and an order keeps
//! the version that it was placed under. A code names the entry through all its versions.

use crate::{
    attribute::{ItemAttribute, consistent},
    limit::Limit,
};
use chrono::{DateTime, Utc};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    check::worded,
    event::{Catalogued, catalogued},
    id::ItemId,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DeriveActiveEnum, EntityTrait, EnumIter, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

mod row;

/// The level of a catalogue entry (层级).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum ItemLevel {
    /// 大类
    Category,
    /// 小类
    Subcategory,
    /// 事项
    Item,
}

/// What sort of provider may do it (服务提供方类别).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// 公共服务: community workers, grid members, party organizations, departments.
    Public,
    /// 社会服务: social organizations, resident units, committees.
    Social,
    /// 市场服务: property companies and other firms.
    Market,
    /// 志愿服务: volunteers and party members.
    Volunteer,
}

/// Whether outside systems may ask for it through Open311 (对外受理), and what they are told when they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Reporting {
    /// 不对外: they are not.
    #[default]
    None,
    /// 即时: they get the number at once, and everybody may see the request, masked.
    Realtime,
    /// 受理后: they get a token; number and request are shown once somebody has taken it in hand.
    Batch,
    /// 不公开: they hear nothing more, and nobody is shown anything.
    Blackbox,
}

/// One version of a catalogue entry (服务事项).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ServiceItem {
    /// The id of this version.
    pub id: ItemId,
    /// The code that all versions share (编码).
    pub code: String,
    /// 1, 2, 3 …
    #[schema(minimum = 1)]
    pub version: i32,
    /// 大类, 小类 or 事项.
    pub level: ItemLevel,
    /// The code of the entry above; absent for a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_code: Option<String>,
    /// Its name (名称).
    pub name: String,
    /// What it is (说明).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may provide it; anybody when empty.
    #[schema(max_items = 4)]
    pub provider_kinds: Vec<ProviderKind>,
    /// Where it is offered: this region and all beneath it.
    pub region_code: RegionCode,
    /// Whether an order for it needs an address (需要地址).
    pub needs_address: bool,
    /// Within which time somebody has to accept (响应时限).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respond_limit: Option<Limit>,
    /// Within which time it has to be done (办结时限).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_limit: Option<Limit>,
    /// Whether outside systems may ask for it (对外受理).
    pub reporting: Reporting,
    /// What they are asked besides (附加问题).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub attributes: Vec<ItemAttribute>,
    /// From when on this version holds.
    pub valid_from: DateTime<Utc>,
    /// Until when; absent for the current version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
}

/// Adds an entry to the catalogue (新增服务事项).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateServiceItem {
    /// Its code: 1–32 letters, digits, `-`, `_`, `.`.
    #[validate(length(min = 1, max = 32), custom(function = plain_code))]
    #[schema(min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9._-]+$", example = "YZJ-01")]
    pub code: String,
    /// 大类, 小类 or 事项.
    pub level: ItemLevel,
    /// The code of the entry above: a category for a subcategory, a subcategory for an item.
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    pub parent_code: Option<String>,
    /// Its name.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: String,
    /// What it is.
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// Who may provide it; anybody when empty.
    #[serde(default)]
    #[validate(length(max = 4))]
    #[schema(max_items = 4)]
    pub provider_kinds: Vec<ProviderKind>,
    /// Where it is offered.
    pub region_code: RegionCode,
    /// Whether an order for it needs an address.
    #[serde(default)]
    pub needs_address: bool,
    /// Within which time somebody has to accept.
    #[validate(nested)]
    pub respond_limit: Option<Limit>,
    /// Within which time it has to be done.
    #[validate(nested)]
    pub finish_limit: Option<Limit>,
    /// Whether outside systems may ask for it through Open311 (对外受理).
    #[serde(default)]
    pub reporting: Reporting,
    /// What they are asked besides (附加问题), up to 20.
    #[serde(default)]
    #[validate(length(max = 20), nested, custom(function = consistent))]
    #[schema(max_items = 20)]
    pub attributes: Vec<ItemAttribute>,
}

/// Changes an entry (修改服务事项): a new version begins. Absent fields stay.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateServiceItem {
    /// Its name.
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: Option<String>,
    /// What it is.
    #[validate(length(max = 1000))]
    #[schema(max_length = 1000)]
    pub description: Option<String>,
    /// Who may provide it.
    #[validate(length(max = 4))]
    #[schema(max_items = 4)]
    pub provider_kinds: Option<Vec<ProviderKind>>,
    /// Whether an order for it needs an address.
    pub needs_address: Option<bool>,
    /// Within which time somebody has to accept.
    #[validate(nested)]
    pub respond_limit: Option<Limit>,
    /// Within which time it has to be done.
    #[validate(nested)]
    pub finish_limit: Option<Limit>,
    /// Whether outside systems may ask for it through Open311 (对外受理).
    pub reporting: Option<Reporting>,
    /// What they are asked besides (附加问题), all anew.
    #[validate(length(max = 20), nested, custom(function = consistent))]
    #[schema(max_items = 20)]
    pub attributes: Option<Vec<ItemAttribute>>,
    /// The version that the change starts from; refused when another has come in between.
    #[validate(range(min = 1))]
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

pub(crate) fn plain_code(code: &str) -> std::result::Result<(), ValidationError> {
    if code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
        Ok(())
    } else {
        Err(ValidationError::new("code").with_message("letters, digits, '-', '_' and '.' only".into()))
    }
}

/// Which entries to list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ListServiceItems {
    /// Only what is offered in this region.
    pub region_code: Option<RegionCode>,
    /// Only beneath this entry.
    pub parent_code: Option<String>,
    /// Only this level.
    pub level: Option<ItemLevel>,
}

#[derive(Serialize, ToSchema)]
struct ItemChanged<'a> {
    #[serde(skip)]
    kind: EventType,
    /// The code of the entry.
    #[schema(pattern = "^[A-Za-z0-9._-]+$")]
    code: &'a str,
}

impl Event for ItemChanged<'_> {
    fn kind(&self) -> EventType {
        self.kind
    }
}

/// What happens to the catalogue, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<Catalogued> {
    catalogued::<ItemChanged>(&[EventType::ServiceItemCreated, EventType::ServiceItemUpdated, EventType::ServiceItemClosed])
}

/// Adds an entry to the catalogue.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `service_item_parent_invalid`; `service_item_code_taken`.
pub async fn create_service_item(cx: &Cx, command: CreateServiceItem) -> Result<ServiceItem> {
    cx.actor.require(Permission::CatalogueManage, &Place::from(command.region_code))?;
    crate::require_region(cx, command.region_code).await?;
    let above = match command.level {
        ItemLevel::Category => None,
        ItemLevel::Subcategory => Some((ItemLevel::Category, "category 大类")),
        ItemLevel::Item => Some((ItemLevel::Subcategory, "subcategory 小类")),
    };
    let parent = match &command.parent_code {
        Some(code) => current(cx, code).await?,
        None => None,
    };
    let fits = match (above, &parent) {
        (None, None) => command.parent_code.is_none(),
        (Some((level, _)), Some(parent)) => parent.level == level && parent.region_code.covers(command.region_code),
        _ => false,
    };
    if !fits {
        let level = above.map_or("entry without a parent", |(_, word)| word);
        return Err(Error::new(Code::ItemParentInvalid).with("level", level).at("#/parent_code"));
    }
    let tx = cx.begin();
    let item = ServiceItem {
        id: tx.id(),
        code: command.code,
        version: 1,
        level: command.level,
        parent_code: command.parent_code,
        name: command.name,
        description: command.description,
        provider_kinds: command.provider_kinds,
        region_code: command.region_code,
        needs_address: command.needs_address,
        respond_limit: command.respond_limit,
        finish_limit: command.finish_limit,
        reporting: command.reporting,
        attributes: command.attributes,
        valid_from: tx.now,
        valid_to: None,
    };
    save(tx, item, EventType::ServiceItemCreated, true).await
}

/// Changes an entry: a new version of it begins now.
///
/// # Errors
/// `service_item_not_found`; `permission_missing`; `version_stale`.
pub async fn update_service_item(cx: &Cx, code: &str, command: UpdateServiceItem) -> Result<ServiceItem> {
    let old = managed(cx, code).await?;
    if command.version.is_some_and(|v| v != old.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let mut tx = cx.begin();
    let item = ServiceItem {
        id: tx.id(),
        version: old.version + 1,
        name: command.name.unwrap_or(old.name),
        description: command.description.or(old.description),
        provider_kinds: command.provider_kinds.unwrap_or(old.provider_kinds),
        needs_address: command.needs_address.unwrap_or(old.needs_address),
        respond_limit: command.respond_limit.or(old.respond_limit),
        finish_limit: command.finish_limit.or(old.finish_limit),
        reporting: command.reporting.unwrap_or(old.reporting),
        attributes: command.attributes.unwrap_or(old.attributes),
        valid_from: tx.now,
        ..old
    };
    end(&mut tx, old.id).await?;
    save(tx, item, EventType::ServiceItemUpdated, false).await
}

/// Takes an entry out of the catalogue, once nothing stands beneath it. Orders that name it keep it.
///
/// # Errors
/// `service_item_not_found`; `permission_missing`; `service_item_in_use`.
pub async fn close_service_item(cx: &Cx, code: &str) -> Result<ServiceItem> {
    let mut item = managed(cx, code).await?;
    let mut tx = cx.begin();
    item.valid_to = Some(tx.now);
    end(&mut tx, item.id).await?;
    let beneath = row::Entity::find().filter(row::Column::ParentCode.eq(code)).filter(row::Column::ValidTo.is_null()).limit(1);
    if beneath.one(tx.conn().await?).await?.is_some() {
        return Err(Error::new(Code::ItemInUse));
    }
    let subject = Subject { id: item.id.0, version: item.version, region: item.region_code };
    tx.emit(subject, &ItemChanged { kind: EventType::ServiceItemClosed, code: &item.code })?;
    let item = tx.commit(item).await?;
    cx.forget::<ServiceItem>();
    Ok(item)
}

/// Reads the current version of an entry.
///
/// # Errors
/// `service_item_not_found`.
pub async fn get_service_item(cx: &Cx, code: &str) -> Result<ServiceItem> {
    current(cx, code).await?.ok_or_else(|| Error::new(Code::ItemNotFound))
}

/// The current entry of this code, if it is offered in this region: what an order may name. Remembered.
///
/// # Errors
/// `service_item_unknown`.
pub async fn offered(cx: &Cx, code: &str, region: RegionCode) -> Result<Arc<ServiceItem>> {
    let item = cx.remembered(format!("current {code}"), current(cx, code)).await?.filter(|item| item.region_code.covers(region));
    item.ok_or_else(|| Error::new(Code::ItemUnknown).at("#/item_code"))
}

/// The version that an order was placed under. Remembered.
///
/// # Errors
/// `database_unavailable`.
pub async fn version(cx: &Cx, id: ItemId) -> Result<Option<Arc<ServiceItem>>> {
    let read = async { row::Entity::find_by_id(id).one(cx.reader()).await?.map(ServiceItem::try_from).transpose() };
    cx.remembered(format!("version {id}"), read).await
}

/// Those of these versions that there are, in one query.
///
/// # Errors
/// `database_unavailable`.
pub async fn versions_named(cx: &Cx, ids: &[ItemId]) -> Result<Vec<ServiceItem>> {
    let rows = row::Entity::find().filter(row::Column::Id.is_in(ids.iter().copied())).all(cx.reader()).await?;
    rows.into_iter().map(ServiceItem::try_from).collect()
}

/// How many entries [`reported`] gives at most.
pub const MOST_REPORTED: u64 = 1000;

/// What is offered to outside systems (对外受理事项), in this region or anywhere, by code.
///
/// # Errors
/// `database_unavailable`.
pub async fn reported(cx: &Cx, region: Option<RegionCode>) -> Result<Vec<ServiceItem>> {
    use row::Column as C;
    let rows = row::Entity::find()
        .filter(C::ValidTo.is_null())
        .filter(C::Reporting.ne(Reporting::None))
        .apply_if(region, |q, region| q.filter(C::RegionCode.is_in(upwards(region))))
        .order_by_asc(C::Code)
        .limit(MOST_REPORTED)
        .all(cx.reader())
        .await?;
    rows.into_iter().map(ServiceItem::try_from).collect()
}

/// The names of these entries as they are called now, by code, in one query.
///
/// # Errors
/// `database_unavailable`.
pub async fn called(cx: &Cx, codes: &[String]) -> Result<HashMap<String, String>> {
    use row::Column as C;
    let query = row::Entity::find().filter(C::Code.is_in(codes.iter().cloned())).filter(C::ValidTo.is_null());
    Ok(query.select_only().column(C::Code).column(C::Name).into_tuple::<(String, String)>().all(cx.reader()).await?.into_iter().collect())
}

/// A region and all above it.
fn upwards(region: RegionCode) -> impl Iterator<Item = RegionCode> {
    std::iter::successors(Some(region), |r| r.parent())
}

/// Lists the current catalogue by code.
///
/// # Errors
/// `cursor_invalid`.
pub async fn list_service_items(cx: &Cx, filter: ListServiceItems, page: PageQuery) -> Result<Page<ServiceItem>> {
    use row::Column as C;
    let pager = Pager::new("service_items", &filter, page)?;
    let rows = row::Entity::find()
        .filter(C::ValidTo.is_null())
        .apply_if(filter.region_code, |q, region| q.filter(C::RegionCode.is_in(upwards(region))))
        .apply_if(filter.parent_code, |q, parent| q.filter(C::ParentCode.eq(parent)))
        .apply_if(filter.level, |q, level| q.filter(C::Level.eq(level)))
        .apply_if(pager.after::<String>()?, |q, code| q.filter(C::Code.gt(code)))
        .order_by_asc(C::Code)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    let items = rows.into_iter().map(ServiceItem::try_from).collect::<Result<Vec<_>>>()?;
    pager.page(items, |item| item.code.clone())
}

async fn current(cx: &Cx, code: &str) -> Result<Option<ServiceItem>> {
    let row = row::Entity::find().filter(row::Column::Code.eq(code)).filter(row::Column::ValidTo.is_null()).one(cx.reader()).await?;
    row.map(ServiceItem::try_from).transpose()
}

async fn managed(cx: &Cx, code: &str) -> Result<ServiceItem> {
    let item = get_service_item(cx, code).await?;
    cx.actor.require(Permission::CatalogueManage, &Place::from(item.region_code))?;
    Ok(item)
}

/// Ends a version, if nobody has ended it meanwhile.
async fn end(tx: &mut kernel::Tx<'_>, id: ItemId) -> Result<()> {
    let now = tx.now;
    let done = row::Entity::update_many()
        .col_expr(row::Column::ValidTo, Expr::val(now))
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::ValidTo.is_null())
        .exec(tx.conn().await?)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

async fn save(mut tx: kernel::Tx<'_>, item: ServiceItem, kind: EventType, created: bool) -> Result<ServiceItem> {
    let insert = row::ActiveModel {
        id: Set(item.id),
        code: Set(item.code.clone()),
        version: Set(item.version),
        level: Set(item.level),
        parent_code: Set(item.parent_code.clone()),
        name: Set(item.name.clone()),
        description: Set(item.description.clone()),
        provider_kinds: Set(serde_json::to_string(&item.provider_kinds).map_err(Error::internal)?),
        region_code: Set(item.region_code),
        needs_address: Set(item.needs_address),
        respond_limit: Set(item.respond_limit.map(|l| l.to_string())),
        finish_limit: Set(item.finish_limit.map(|l| l.to_string())),
        reporting: Set(item.reporting),
        attributes: Set(serde_json::to_string(&item.attributes).map_err(Error::internal)?),
        valid_from: Set(item.valid_from),
        valid_to: Set(None),
    };
    let taken = |e: sea_orm::DbErr| Error::from(e).when_taken(Code::ItemCodeTaken, "code", &item.code);
    row::Entity::insert(insert).exec_without_returning(tx.conn().await?).await.map_err(taken)?;
    let subject = Subject { id: item.id.0, version: item.version, region: item.region_code };
    tx.emit(subject, &ItemChanged { kind, code: &item.code })?;
    let cx = tx.cx();
    let item = if created { tx.commit_created(item).await } else { tx.commit(item).await }?;
    cx.forget::<ServiceItem>();
    Ok(item)
}

impl TryFrom<row::Model> for ServiceItem {
    type Error = Error;
    fn try_from(row: row::Model) -> Result<Self> {
        let limit = |text: Option<String>| text.map(|t| t.parse()).transpose();
        Ok(Self {
            id: row.id,
            code: row.code,
            version: row.version,
            level: row.level,
            parent_code: row.parent_code,
            name: row.name,
            description: row.description,
            provider_kinds: serde_json::from_str(&row.provider_kinds).map_err(Error::internal)?,
            region_code: row.region_code,
            needs_address: row.needs_address,
            respond_limit: limit(row.respond_limit)?,
            finish_limit: limit(row.finish_limit)?,
            reporting: row.reporting,
            attributes: serde_json::from_str(&row.attributes).map_err(Error::internal)?,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity)]
}
