//! Links between organizations besides the tree (组织关系): who leads, guides, supervises (抓管带), builds together with, or serves whom.
//!
//! A link goes from one organization to another, has a kind and a period, and is never deleted. Several trees over one region are links of
//! several kinds. Those who manage the organization that it goes from make and end it.

use crate::{managed, not_found, place, require_active, store, visible};
use chrono::{DateTime, Utc};
use kernel::{
    Code, Cx, Error, Event, EventType, Guard, Page, PageQuery, Pager, Permission, Result, Subject,
    check::worded,
    event::{Catalogued, catalogued},
    id::{OrganizationId, OrganizationLinkId},
};
use row::{Column as C, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DeriveActiveEnum, EntityTrait, EnumIter, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Query, TableCreateStatement},
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

mod row {
    //! The table `organization_links`.
    use super::OrganizationLinkKind;
    use kernel::id::{OrganizationId, OrganizationLinkId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organization_links")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: OrganizationLinkId,
        pub kind: OrganizationLinkKind,
        pub from_id: OrganizationId,
        pub to_id: OrganizationId,
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        pub valid_from: ChronoDateTimeUtc,
        pub valid_to: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What one organization is to another (组织关系类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum OrganizationLinkKind {
    /// 领导: never in a ring.
    Leads,
    /// 指导
    Guides,
    /// 抓管带: 党委抓支部、支部管党员、党员带群众
    Supervises,
    /// 共建
    CoBuilds,
    /// 服务
    Serves,
}

/// Which of an organization's links to list (组织关系方向).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkDirection {
    /// 由本组织发出
    Outgoing,
    /// 指向本组织
    Incoming,
}

/// Link an organization to another (建立组织关系).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateOrganizationLink {
    /// To which organization (对方组织): active, another one.
    pub to_id: OrganizationId,
    /// What this one is to it (关系类别).
    pub kind: OrganizationLinkKind,
    /// What was agreed (说明), such as 每季度例会.
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "每季度召开一次例会")]
    pub note: Option<String>,
}

/// A page of an organization's links, the oldest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOrganizationLinks {
    /// Only those that go from it, or only those that go to it (方向); both unless told.
    #[param(inline)]
    pub direction: Option<LinkDirection>,
    /// Only of this kind (关系类别).
    pub kind: Option<OrganizationLinkKind>,
    /// Whether those that have ended are listed too (含已终止); they are not unless told.
    #[serde(default)]
    #[param(default = false)]
    pub include_ended: bool,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A link between two organizations (组织关系).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganizationLink {
    /// Its id (编号).
    pub id: OrganizationLinkId,
    /// What the first is to the second (关系类别).
    pub kind: OrganizationLinkKind,
    /// From which organization (发出组织).
    pub from_id: OrganizationId,
    /// To which (对方组织).
    pub to_id: OrganizationId,
    /// What was agreed (说明).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Since when (起始时间).
    pub valid_from: DateTime<Utc>,
    /// Until when (终止时间); absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
}

impl From<Model> for OrganizationLink {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            from_id: row.from_id,
            to_id: row.to_id,
            note: row.note,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// What is said of a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkFacts {
    /// What the first is to the second.
    kind: OrganizationLinkKind,
    /// From which organization.
    from_id: OrganizationId,
    /// To which.
    to_id: OrganizationId,
}

#[derive(Serialize)]
struct LinkEvent {
    #[serde(flatten)]
    facts: LinkFacts,
    #[serde(skip)]
    kind: EventType,
}

impl LinkEvent {
    const fn of(kind: EventType, row: &Model) -> Self {
        Self { facts: LinkFacts { kind: row.kind, from_id: row.from_id, to_id: row.to_id }, kind }
    }
}

impl Event for LinkEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}

pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<LinkFacts>(&[EventType::OrganizationsLinked, EventType::OrganizationsUnlinked])
}

/// How many organizations are looked at on the way down; more are led by nobody.
const MOST_LED: usize = 1000;

/// Links an organization to another (建立组织关系), from now on.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `reference_broken` for one that the caller may not know of; `organization_closed`;
/// `organization_link_invalid` for one with itself, and for a ring of `leads`; `organization_link_exists`.
pub async fn create_organization_link(cx: &Cx, id: OrganizationId, command: CreateOrganizationLink) -> Result<OrganizationLink> {
    let from = managed(cx, id).await?;
    crate::named_region(cx, command.to_id).await.map_err(|e| e.at("#/to_id"))?;
    let invalid = |reason: &str| Error::new(Code::OrganizationLinkInvalid).with("reason", reason).at("#/to_id");
    if id == command.to_id {
        return Err(invalid("they are the same"));
    }
    let mut tx = cx.begin();
    let conn = tx.conn().await?;
    let held = store::hold_tree(conn, &[id, command.to_id]).await?;
    let held = |wanted: OrganizationId| held.iter().find(|row| row.id == wanted).ok_or_else(not_found);
    require_active(held(id)?)?;
    require_active(held(command.to_id)?).map_err(|e| e.at("#/to_id"))?;
    if command.kind == OrganizationLinkKind::Leads && leads(conn, command.to_id, id).await? {
        return Err(invalid("they would lead each other"));
    }
    let row = Model {
        id: tx.id(),
        kind: command.kind,
        from_id: id,
        to_id: command.to_id,
        note: command.note,
        valid_from: tx.now,
        valid_to: None,
        created_at: tx.now,
    };
    let insert = Entity::insert(row.clone().into_active_model());
    insert.exec_without_returning(tx.conn().await?).await.map_err(|e| {
        let e = Error::from(e);
        if e.code == Code::ValueTaken { Error::new(Code::OrganizationLinkExists).because(e) } else { e }
    })?;
    tx.emit(Subject { id: row.id.0, version: 1, region: from.region_code }, &LinkEvent::of(EventType::OrganizationsLinked, &row))?;
    tx.commit_created(row.into()).await
}

/// Whether one leads the other now, directly or through others.
async fn leads(tx: &DatabaseTransaction, one: OrganizationId, other: OrganizationId) -> Result<bool> {
    let (mut seen, mut next) = (HashSet::from([one]), vec![one]);
    while !next.is_empty() && seen.len() < MOST_LED {
        let led: Vec<OrganizationId> = Entity::find()
            .select_only()
            .column(C::ToId)
            .filter(C::FromId.is_in(next))
            .filter(C::Kind.eq(OrganizationLinkKind::Leads))
            .filter(C::ValidTo.is_null())
            .into_tuple()
            .all(tx)
            .await?;
        if led.contains(&other) {
            return Ok(true);
        }
        next = led.into_iter().filter(|id| seen.insert(*id)).collect();
    }
    Ok(false)
}

/// Ends a link (终止组织关系) now; it stays on record.
///
/// # Errors
/// `organization_link_not_found`, also when it has ended; `permission_missing`.
pub async fn end_organization_link(cx: &Cx, id: OrganizationLinkId) -> Result<()> {
    let missing = || Error::new(Code::OrganizationLinkNotFound);
    let row = Entity::find_by_id(id).one(cx.reader()).await?.filter(|row| row.valid_to.is_none()).ok_or_else(missing)?;
    let from = store::find_organization(cx, row.from_id).await?.ok_or_else(missing)?;
    let (change, read) = (Permission::OrganizationManage, Permission::OrganizationRead);
    cx.actor.require_sight(change, read, &place(&from), Code::OrganizationLinkNotFound)?;
    let mut tx = cx.begin();
    let end = Query::update()
        .table(Entity)
        .value(C::ValidTo, Ord::max(tx.now, row.valid_from))
        .and_where(C::Id.eq(id))
        .and_where(C::ValidTo.is_null())
        .to_owned();
    tx.stage(Guard::Update(end), missing());
    tx.emit(Subject { id: id.0, version: 2, region: from.region_code }, &LinkEvent::of(EventType::OrganizationsUnlinked, &row))?;
    tx.commit(()).await
}

/// The links of an organization (组织关系列表), from it and to it, the oldest first.
///
/// # Errors
/// `organization_not_found`; `cursor_invalid`.
pub async fn list_organization_links(cx: &Cx, id: OrganizationId, list: ListOrganizationLinks) -> Result<Page<OrganizationLink>> {
    visible(cx, id).await?;
    let page = PageQuery { limit: list.limit, cursor: list.cursor };
    let pager = Pager::new("organization_links", &(id, list.direction, list.kind, list.include_ended), page)?;
    let ends = match list.direction {
        Some(LinkDirection::Outgoing) => Condition::all().add(C::FromId.eq(id)),
        Some(LinkDirection::Incoming) => Condition::all().add(C::ToId.eq(id)),
        None => Condition::any().add(C::FromId.eq(id)).add(C::ToId.eq(id)),
    };
    let mut query = Entity::find().filter(ends).apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)));
    if !list.include_ended {
        query = query.filter(C::ValidTo.is_null());
    }
    if let Some(after) = pager.after::<OrganizationLinkId>()? {
        query = query.filter(C::Id.gt(after));
    }
    let rows = query.order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    Ok(pager.page(rows, |row| row.id)?.map(OrganizationLink::from))
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
