//! Posts of an organization (岗位): 九员, 党员示范岗, 责任区, 设岗定责. A post has a kind of the place's own, and is claimed and released.

use crate::{OrganizationRules, managed, not_found, require_active, row::organization, store, visible};
use chrono::{DateTime, Utc};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject,
    check::worded,
    event::{Catalogued, catalogued},
    id::{AccountId, OrganizationId, PostId},
    page::{Direction, Places, within},
    stage::{stage_new, stage_next},
};
use row::{Column as C, Entity, Model};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, TableCreateStatement},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

mod row {
    //! The table `posts`.
    use kernel::{
        RegionCode,
        id::{AccountId, OrganizationId, PostId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "posts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PostId,
        pub version: i32,
        pub organization_id: OrganizationId,
        pub region_code: RegionCode,
        pub kind: String,
        pub title: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub duties: Option<String>,
        pub holder_id: Option<AccountId>,
        pub claimed_at: Option<ChronoDateTimeUtc>,
        pub closed_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Set up a post (设岗).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreatePost {
    /// Of which kind (岗位类别): one of the place's (`organization_rules.post_kinds`).
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "mediation")]
    pub kind: String,
    /// What it is called (岗位名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "3号楼调解岗")]
    pub title: String,
    /// What is to be done (职责).
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    pub duties: Option<String>,
}

/// Claim a post (认领岗位).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ClaimPost {
    /// For whom (认领人), such as a cadre of a department; absent: for oneself. Another one needs `organization.manage`.
    pub account_id: Option<AccountId>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Leave or close a post (退出、撤销岗位).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StepPost {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which posts to list (岗位列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPosts {
    /// Within this region (区划).
    pub region_code: Option<RegionCode>,
    /// Only of this organization (组织).
    pub organization_id: Option<OrganizationId>,
    /// Only of this kind (岗位类别).
    #[param(max_length = 40)]
    pub kind: Option<String>,
    /// Only those that somebody holds, or only those that nobody holds (是否已认领).
    pub held: Option<bool>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A post (岗位).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Post {
    /// Its id (编号).
    pub id: PostId,
    /// Its version (版本).
    #[schema(minimum = 1)]
    pub version: i32,
    /// Of which organization (组织).
    pub organization_id: OrganizationId,
    /// Where the organization lies (区划).
    pub region_code: RegionCode,
    /// Of which kind (岗位类别).
    pub kind: String,
    /// What it is called (岗位名称).
    pub title: String,
    /// What is to be done (职责).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duties: Option<String>,
    /// Who holds it (认领人); absent while it is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_id: Option<AccountId>,
    /// Since when (认领时间).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<DateTime<Utc>>,
    /// When it was closed (撤销时间).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<Utc>>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

impl From<Model> for Post {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            organization_id: row.organization_id,
            region_code: row.region_code,
            kind: row.kind,
            title: row.title,
            duties: row.duties,
            holder_id: row.holder_id,
            claimed_at: row.claimed_at,
            closed_at: row.closed_at,
            updated_at: row.updated_at,
        }
    }
}

/// What is said of a post.
#[derive(Debug, Serialize, ToSchema)]
struct PostFacts {
    /// Of which organization.
    organization_id: OrganizationId,
    /// Whether somebody holds it now.
    held: bool,
}

#[derive(Serialize)]
struct PostEvent {
    #[serde(flatten)]
    facts: PostFacts,
    #[serde(skip)]
    kind: EventType,
}

impl Event for PostEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}

pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<PostFacts>(&[EventType::PostCreated, EventType::PostClaimed, EventType::PostReleased, EventType::PostClosed])
}

fn emit(tx: &mut kernel::Tx<'_>, row: &Model, kind: EventType) -> Result<()> {
    let facts = PostFacts { organization_id: row.organization_id, held: row.holder_id.is_some() };
    tx.emit(Subject { id: row.id.0, version: row.version, region: row.region_code }, &PostEvent { facts, kind })
}

/// Sets up a post (设岗).
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `post_kind_unknown`.
pub async fn create_post(cx: &Cx, id: OrganizationId, command: CreatePost, rules: &OrganizationRules) -> Result<Post> {
    let organization = managed(cx, id).await?;
    require_active(&organization)?;
    rules.require_post_kind(&command.kind)?;
    let mut tx = cx.begin();
    let row = Model {
        id: tx.id(),
        version: 1,
        organization_id: id,
        region_code: organization.region_code,
        kind: command.kind,
        title: command.title,
        duties: command.duties,
        holder_id: None,
        claimed_at: None,
        closed_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    emit(&mut tx, &row, EventType::PostCreated)?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(row.into()).await
}

/// Takes a post (认领岗位), for oneself or, by who manages the organization, for another.
///
/// # Errors
/// `post_not_found`, `permission_missing`; `version_stale`; `post_closed`, `post_held`; `organization_closed`; `reference_broken`.
pub async fn claim_post(cx: &Cx, id: PostId, command: ClaimPost) -> Result<Post> {
    let (old, organization) = found(cx, id).await?;
    let place = crate::place(&organization);
    let own = cx.actor.account()?;
    let holder = command.account_id.unwrap_or(own);
    cx.actor.require(if holder == own { Permission::PostClaim } else { Permission::OrganizationManage }, &place)?;
    require_version(&old, command.version)?;
    require_active(&organization)?;
    require_open(&old)?;
    if old.holder_id.is_some() {
        return Err(Error::new(Code::PostHeld));
    }
    if holder != own {
        identity::require_named(cx, holder).await.map_err(|e| e.at("#/account_id"))?;
    }
    let mut new = old.clone();
    (new.holder_id, new.claimed_at) = (Some(holder), Some(cx.now()));
    save(cx, old, new, EventType::PostClaimed).await
}

/// Frees a post (退出岗位): by who holds it, or who manages the organization.
///
/// # Errors
/// `post_not_found`, `permission_missing`; `version_stale`; `post_free`.
pub async fn release_post(cx: &Cx, id: PostId, command: StepPost) -> Result<Post> {
    let (old, organization) = found(cx, id).await?;
    if old.holder_id.is_none() || old.holder_id != cx.actor.account {
        cx.actor.require(Permission::OrganizationManage, &crate::place(&organization))?;
    }
    require_version(&old, command.version)?;
    if old.holder_id.is_none() {
        return Err(Error::new(Code::PostFree));
    }
    let mut new = old.clone();
    (new.holder_id, new.claimed_at) = (None, None);
    save(cx, old, new, EventType::PostReleased).await
}

/// Closes a post (撤销岗位) for good; whoever held it does no more.
///
/// # Errors
/// `post_not_found`, `permission_missing`; `version_stale`; `post_closed`.
pub async fn close_post(cx: &Cx, id: PostId, command: StepPost) -> Result<Post> {
    let (old, organization) = found(cx, id).await?;
    cx.actor.require(Permission::OrganizationManage, &crate::place(&organization))?;
    require_version(&old, command.version)?;
    require_open(&old)?;
    let mut new = old.clone();
    (new.holder_id, new.claimed_at, new.closed_at) = (None, None, Some(cx.now()));
    save(cx, old, new, EventType::PostClosed).await
}

/// One post (查询岗位).
///
/// # Errors
/// `post_not_found`, also for those who may not know of its organization.
pub async fn get_post(cx: &Cx, id: PostId) -> Result<Post> {
    Ok(found(cx, id).await?.0.into())
}

/// The posts that the caller may know of (岗位列表), without those that are closed.
///
/// # Errors
/// `permission_missing` for a caller who may see no organization anywhere; `organization_not_found`; `cursor_invalid`.
pub async fn list_posts(cx: &Cx, list: ListPosts) -> Result<Page<Post>> {
    let reach = cx.actor.reach(Permission::OrganizationRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let filters = (list.region_code, list.organization_id, &list.kind, list.held);
    let pager = Pager::new("posts", &filters, PageQuery { limit: list.limit, cursor: list.cursor.clone() })?;
    let after = pager.after::<(i64, PostId)>()?;
    let mut query = Entity::find()
        .filter(C::ClosedAt.is_null())
        .apply_if(list.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(list.held, |q, held| q.filter(if held { C::HolderId.is_not_null() } else { C::HolderId.is_null() }));
    query = match list.organization_id {
        Some(id) => {
            visible(cx, id).await?;
            query.filter(C::OrganizationId.eq(id)).apply_if(list.region_code, |q, region| {
                let (first, last) = region.range();
                q.filter(C::RegionCode.between(first, last))
            })
        }
        // A post has no grid of its own; whoever sees one organization finds its posts by its id.
        None => {
            let regions = kernel::access::Reach { regions: reach.regions, ..kernel::access::Reach::default() };
            let places = Places { region: C::RegionCode, grid: C::RegionCode, organization: None };
            let region = list.region_code.unwrap_or(RegionCode::COUNTRY);
            query.filter(within(&regions, region, places, after.map(|(region, _)| region), Direction::Up))
        }
    };
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = query.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    Ok(pager.page(rows, |row| (row.region_code.as_i64(), row.id))?.map(Post::from))
}

async fn found(cx: &Cx, id: PostId) -> Result<(Model, organization::Model)> {
    let missing = || Error::new(Code::PostNotFound);
    let row = Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    let organization = store::find_organization(cx, row.organization_id).await?.ok_or_else(not_found)?;
    let sees = cx.actor.can(Permission::OrganizationRead, &crate::place(&organization));
    let holds = row.holder_id.is_some() && row.holder_id == cx.actor.account;
    if sees || holds { Ok((row, organization)) } else { Err(missing()) }
}

fn require_version(row: &Model, seen: Option<i32>) -> Result<()> {
    if seen.is_none_or(|version| version == row.version) { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

fn require_open(row: &Model) -> Result<()> {
    if row.closed_at.is_none() { Ok(()) } else { Err(Error::new(Code::PostClosed)) }
}

async fn save(cx: &Cx, old: Model, mut new: Model, kind: EventType) -> Result<Post> {
    let mut tx = cx.begin();
    new.version += 1;
    new.updated_at = tx.now;
    emit(&mut tx, &new, kind)?;
    stage_next(&mut tx, [C::Id, C::Version], old, new.clone());
    tx.commit(new.into()).await
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
