//! Tags of residents (标签): what a community must know about a person to serve them, and no more.
//!
//! Which tags there are is data, one catalogue for each region with all beneath it: the sources name some (四类人群, 三留守) and
//! define none, so none ships with the product. A tag is ordinary or **sensitive** (PIPL 28). A sensitive one is given only on a
//! legal basis (a consent that names it, or a law that is cited), by those who hold `resident.manage_sensitive`; to anybody
//! without `resident.read_sensitive` there it does not exist: not in a resident's list, not as a filter, not in a page's count.
//! Whatever is said of a child under 14 is sensitive too, and a consent for it comes from a guardian (PIPL 28, 31).

mod command;
pub(crate) mod event;
mod given;
pub(crate) mod row;
mod view;

pub use command::{CloseTag, CreateTag, EndResidentTag, LegalBasis, ListResidentTags, ListTags, TagResident, UpdateTag};
pub(crate) use given::{end_all, end_resting_on, having, own};
pub use given::{end_resident_tag, list_resident_tags, tag_resident};
pub use view::{LegalBasisKind, ResidentTag, Tag, TagClass, TagEnd};

use crate::region;
use event::TagEvent;
use kernel::{Code, Cx, Error, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Tx, id::TagId};
use row::{
    given as entry,
    tag::{self, Column as C},
};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

/// Enters a tag in the catalogue (新增标签).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `tag_code_taken`.
pub async fn create_tag(cx: &Cx, command: CreateTag) -> Result<Tag> {
    cx.actor.require(Permission::TagManage, &Place::from(command.region_code))?;
    region::require_open(cx, command.region_code).await.map_err(|e| e.at("#/region_code"))?;
    let mut tx = cx.begin();
    let row = tag::Model {
        id: tx.id(),
        version: 1,
        region_code: command.region_code,
        code: command.code,
        name: command.name,
        class: command.class,
        reason: command.reason,
        valid_from: tx.now,
        valid_to: None,
    };
    insert(&mut tx, &row).await?;
    tx.emit(row.subject(), &TagEvent::of(EventType::TagCreated, &row))?;
    tx.commit_created(row.into()).await
}

/// Changes a tag (修改标签): a new version. One that becomes sensitive becomes so for all who have it.
///
/// # Errors
/// `tag_not_found`; `permission_missing`; `tag_closed`; `version_stale`; `field_invalid` for a sensitive one that would become ordinary.
pub async fn update_tag(cx: &Cx, id: TagId, command: UpdateTag) -> Result<Tag> {
    let old = manageable(cx, id, command.version).await?;
    let class = command.class.unwrap_or(old.class);
    if class == TagClass::Ordinary && old.class == TagClass::Sensitive {
        let reason = vec![("reason", "what is sensitive stays so; enter another tag".to_owned())];
        return Err(Error::field_with("#/class", Code::FieldInvalid, reason));
    }
    let mut tx = cx.begin();
    end_version(&mut tx, &old).await?;
    let row = tag::Model {
        version: old.version + 1,
        name: command.name.unwrap_or(old.name),
        class,
        reason: command.reason.or(old.reason),
        valid_from: tx.now,
        ..old
    };
    insert(&mut tx, &row).await?;
    if class != old.class {
        entry::Entity::update_many()
            .col_expr(entry::Column::Sensitive, Expr::val(true))
            .col_expr(entry::Column::Version, Expr::col(entry::Column::Version).add(1))
            .col_expr(entry::Column::UpdatedAt, Expr::val(tx.now))
            .filter(entry::Column::TagId.eq(id))
            .filter(entry::Column::Sensitive.eq(false))
            .exec(tx.conn().await?)
            .await?;
    }
    tx.emit(row.subject(), &TagEvent::of(EventType::TagUpdated, &row))?;
    tx.commit(row.into()).await
}

/// Uses a tag no more (停用标签).
///
/// # Errors
/// `tag_not_found`; `permission_missing`; `tag_closed`; `version_stale`.
pub async fn close_tag(cx: &Cx, id: TagId, command: CloseTag) -> Result<Tag> {
    let mut row = manageable(cx, id, command.version).await?;
    let mut tx = cx.begin();
    end_version(&mut tx, &row).await?;
    row.valid_to = Some(tx.now);
    tx.emit(row.subject(), &TagEvent::of(EventType::TagClosed, &row))?;
    tx.commit(row.into()).await
}

/// The newest version of a tag, closed ones included (查询标签).
///
/// # Errors
/// `tag_not_found`.
pub async fn get_tag(cx: &Cx, id: TagId) -> Result<Tag> {
    Ok(newest(cx, id).await?.into())
}

/// The tags in use, by region from the highest code down (标签目录).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_tags(cx: &Cx, query: ListTags) -> Result<Page<Tag>> {
    let pager = Pager::new("tags", &(query.region_code, query.class), PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let mut select = tag::Entity::find()
        .filter(C::ValidTo.is_null())
        .apply_if(query.region_code, |q, region| q.filter(C::RegionCode.is_in(up(region))))
        .apply_if(query.class, |q, class| q.filter(C::Class.eq(class)));
    if let Some((region, id)) = pager.after::<(RegionCode, TagId)>()? {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    Ok(pager.page(rows, |row| (row.region_code, row.id))?.map(Tag::from))
}

/// A region and those above it.
fn up(region: RegionCode) -> impl Iterator<Item = RegionCode> {
    std::iter::successors(Some(region), |r| r.parent())
}

async fn newest(cx: &Cx, id: TagId) -> Result<tag::Model> {
    let select = tag::Entity::find().filter(C::Id.eq(id)).order_by_desc(C::Version).limit(1);
    select.one(cx.reader()).await?.ok_or_else(|| Error::new(Code::TagNotFound))
}

async fn manageable(cx: &Cx, id: TagId, version: Option<i32>) -> Result<tag::Model> {
    let row = newest(cx, id).await?;
    cx.actor.require(Permission::TagManage, &Place::from(row.region_code))?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some() { Err(Error::new(Code::TagClosed)) } else { Ok(row) }
}

async fn end_version(tx: &mut Tx<'_>, row: &tag::Model) -> Result<()> {
    let done = tag::Entity::update_many()
        .col_expr(C::ValidTo, Expr::val(tx.now))
        .filter(C::Id.eq(row.id))
        .filter(C::Version.eq(row.version))
        .filter(C::ValidTo.is_null())
        .exec(tx.conn().await?)
        .await?;
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::new(Code::VersionStale)) }
}

async fn insert(tx: &mut Tx<'_>, row: &tag::Model) -> Result<()> {
    let insert = tag::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await;
    insert.map_err(|e| Error::from(e).when_taken(Code::TagCodeTaken, "code", &row.code))?;
    Ok(())
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(tag::Entity), schema.create_table_from_entity(entry::Entity)]
}
