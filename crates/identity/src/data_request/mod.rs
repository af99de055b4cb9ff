//! Requests about one's own data (个人信息请求): whoever has an account asks for it to be corrected or deleted, and somebody of the place
//! where the account belongs decides, with an answer (PIPL 46, 47, 50).
//!
//! What a deletion does in the crates above is not known here: `api` puts their parts together, in the one change that decides.

mod row;
mod view;

pub(crate) use view::DataRequestEvent;
pub use view::{DataRequest, DataRequestKind, DataRequestState, ListDataRequests, ListOwnDataRequests, MakeDataRequest};

use crate::{account, grant};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Tx,
    id::{AccountId, DataRequestId},
    page::{Direction, Places, within},
};
use row::Column as C;
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use view::{Sealed, show};

/// Asks for one's own data to be corrected or deleted (提出个人信息请求).
///
/// # Errors
/// `data_request_open` when a deletion is asked for already; `field_missing` for a correction that does not say what is wrong.
pub async fn make_data_request(cx: &Cx, command: MakeDataRequest) -> Result<DataRequest> {
    let account = cx.actor.account()?;
    if command.kind == DataRequestKind::Correction && command.detail.is_none() {
        return Err(Error::field_with("#/detail", Code::FieldMissing, vec![("name", "detail".to_owned())]));
    }
    let now = cx.now();
    let grants = grant::of_account(cx, account).await?;
    let live = grants.iter().find(|g| g.valid_to.is_none_or(|to| to > now)).or(grants.first());
    let mut tx = cx.begin();
    let id: DataRequestId = tx.id();
    let row = row::Model {
        id,
        version: 1,
        account_id: account,
        region_code: live.map_or(RegionCode::COUNTRY, |g| g.place_code),
        kind: command.kind,
        state: DataRequestState::Waiting,
        detail: command.detail.as_deref().map(|text| Sealed::Detail.seal(cx, id, text)).transpose()?,
        answer: None,
        decided_by: None,
        decided_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let insert = row::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await;
    insert.map_err(|e| {
        let e = Error::from(e);
        if e.code == Code::ValueTaken { Error::new(Code::DataRequestOpen).because(e) } else { e }
    })?;
    tx.emit(row.subject(), &DataRequestEvent::Made { kind: row.kind })?;
    tx.commit_created(show(cx, row, true)?).await
}

/// One's own requests, newest first (我的个人信息请求).
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_own_data_requests(cx: &Cx, query: ListOwnDataRequests) -> Result<Page<DataRequest>> {
    let account = cx.actor.account()?;
    let pager = Pager::new("own_data_requests", &account, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let select = row::Entity::find()
        .filter(C::AccountId.eq(account))
        .apply_if(pager.after::<DataRequestId>()?, |q, after| q.filter(C::Id.lt(after)));
    let page = pager.page(select.order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?, |row| row.id)?;
    let items = page.items.into_iter().map(|row| show(cx, row, true)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Requests of the places where the caller reads them, newest first within a region (个人信息请求列表), without their texts.
///
/// # Errors
/// `permission_missing` for a caller who reads them nowhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_data_requests(cx: &Cx, query: ListDataRequests) -> Result<Page<DataRequest>> {
    let reach = cx.actor.reach(Permission::DataRequestRead);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::DataRequestRead));
    }
    let reach = kernel::access::Reach { regions: reach.regions, ..kernel::access::Reach::default() };
    let pager = Pager::new("data_requests", &(query.region_code, query.state), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after = pager.after::<(RegionCode, DataRequestId)>()?;
    // There are no grids here: the region stands for them.
    let places = Places { region: C::RegionCode, grid: C::RegionCode, organization: None };
    let region = query.region_code.unwrap_or(RegionCode::COUNTRY);
    let mut select = row::Entity::find()
        .filter(within(&reach, region, places, after.map(|(r, _)| r.as_i64()), Direction::Down))
        .apply_if(query.state, |q, state| q.filter(C::State.eq(state)));
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    let page = pager.page(rows, |row| (row.region_code, row.id))?;
    let items = page.items.into_iter().map(|row| show(cx, row, false)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// One request (查询个人信息请求): in full for the person itself and for whoever decides.
///
/// # Errors
/// `data_request_not_found`.
pub async fn get_data_request(cx: &Cx, id: DataRequestId) -> Result<DataRequest> {
    let row = seen(cx, id).await?;
    let full = cx.actor.account == Some(row.account_id) || cx.actor.can(Permission::DataRequestDecide, &Place::from(row.region_code));
    show(cx, row, full)
}

async fn seen(cx: &Cx, id: DataRequestId) -> Result<row::Model> {
    let missing = || Error::new(Code::DataRequestNotFound);
    let row = row::Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    let own = cx.actor.account.is_none_or(|account| account == row.account_id);
    if own || cx.actor.can(Permission::DataRequestRead, &Place::from(row.region_code)) { Ok(row) } else { Err(missing()) }
}

/// The request, if the caller may decide it and nobody has; for a deletion, the caller must manage the account too.
///
/// # Errors
/// `data_request_not_found`; `permission_missing`; `account_is_own`; `version_stale`; `data_request_decided`; `grant_beyond_own`.
pub async fn decidable_data_request(cx: &Cx, id: DataRequestId, version: Option<i32>, deletes: bool) -> Result<DataRequest> {
    let row = seen(cx, id).await?;
    cx.actor.require(Permission::DataRequestDecide, &Place::from(row.region_code))?;
    if cx.actor.account == Some(row.account_id) {
        return Err(Error::new(Code::AccountIsOwn));
    }
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.state != DataRequestState::Waiting {
        return Err(Error::new(Code::DataRequestDecided));
    }
    if deletes && row.kind == DataRequestKind::Deletion {
        account::require_manageable(cx, row.account_id).await?;
    }
    show(cx, row, true)
}

/// Writes what was decided about a request, in the change that carries it out.
///
/// # Errors
/// `data_request_decided` when somebody was faster.
pub async fn settle_data_request(tx: &mut Tx<'_>, request: DataRequest, done: bool, answer: Option<String>) -> Result<DataRequest> {
    let (cx, now) = (tx.cx(), tx.now);
    let state = if done { DataRequestState::Done } else { DataRequestState::Refused };
    let sealed = answer.as_deref().map(|text| Sealed::Answer.seal(cx, request.id, text)).transpose()?;
    let by = cx.actor.account;
    let settled = row::Entity::update_many()
        .col_expr(C::State, Expr::val(state))
        .col_expr(C::Answer, Expr::val(sealed))
        .col_expr(C::DecidedBy, Expr::val(by))
        .col_expr(C::DecidedAt, Expr::val(now))
        .col_expr(C::Version, Expr::val(request.version + 1))
        .col_expr(C::UpdatedAt, Expr::val(now))
        .filter(C::Id.eq(request.id))
        .filter(C::Version.eq(request.version))
        .filter(C::State.eq(DataRequestState::Waiting))
        .exec(tx.conn().await?)
        .await?;
    if settled.rows_affected != 1 {
        return Err(Error::new(Code::DataRequestDecided));
    }
    let view =
        DataRequest { version: request.version + 1, state, answer, decided_by: by, decided_at: Some(now), updated_at: now, ..request };
    let subject = kernel::Subject { id: view.id.0, version: view.version, region: view.region_code };
    tx.emit(subject, &DataRequestEvent::Decided { kind: view.kind, state })?;
    Ok(view)
}

/// Erases the texts of an account's requests; that they were made and decided stays.
pub(crate) async fn erase(tx: &mut Tx<'_>, account: AccountId) -> Result<()> {
    row::Entity::update_many()
        .col_expr(C::Detail, Expr::val(None::<String>))
        .filter(C::AccountId.eq(account))
        .exec(tx.conn().await?)
        .await?;
    Ok(())
}

/// All requests of an account in full, for the person itself.
pub(crate) async fn own(cx: &Cx, account: AccountId, limit: u64) -> Result<Vec<DataRequest>> {
    let rows = row::Entity::find().filter(C::AccountId.eq(account)).order_by_desc(C::Id).limit(limit).all(cx.reader()).await?;
    rows.into_iter().map(|row| show(cx, row, true)).collect()
}

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}
