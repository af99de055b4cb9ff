//! Every query on applications and their credentials.

use super::{ApplicationStatus, CredentialKind, ListApplications, ListCredentials, row};
use crate::account::{self, AccountStatus};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Core, Cx, Guard, Page, PageQuery, Pager, Permission, RegionCode, Tx,
    access::Reach,
    error::{Code, Error, Result},
    id::{AccountId, ApplicationId, CredentialId},
    page::{Direction, Places, within},
};
use row::credential;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbBackend, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

pub(super) async fn find(cx: &Cx, id: ApplicationId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn find_by_account(cx: &Cx, account: AccountId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::AccountId.eq(account)).one(cx.reader()).await?)
}

/// Reads an application inside the change and keeps others from changing it until the commit.
pub(super) async fn lock(tx: &mut Tx<'_>, id: ApplicationId) -> Result<Option<row::Model>> {
    let query = row::Entity::find_by_id(id);
    // SQLite needs no lock: its writer is alone.
    let query = if tx.cx().backend() == DbBackend::Postgres { query.lock_exclusive() } else { query };
    Ok(query.one(tx.conn().await?).await?)
}

pub(super) async fn insert(tx: &mut Tx<'_>, row: row::Model) -> Result<()> {
    row::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// Stages the changed application over the version that was read.
pub(super) fn stage(tx: &mut Tx<'_>, new: row::Model, read: i32) {
    let id = new.id;
    let update = row::Entity::update_many()
        .set(new.into_active_model().reset_all())
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::Version.eq(read))
        .into_query();
    tx.stage(Guard::Update(update), Error::new(Code::VersionStale));
}

/// Those within reach, the region with the highest code first, in it the newest first.
pub(super) async fn list(cx: &Cx, query: ListApplications, reach: &Reach) -> Result<Page<row::Model>> {
    use row::Column as C;
    let pager = Pager::new("applications", &(query.region_code, query.status), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after = pager.after::<(i64, Uuid)>()?;
    // An application lies in a region, never in a grid.
    let reach = Reach { regions: reach.regions.clone(), ..Reach::default() };
    let places = Places { region: C::RegionCode, grid: C::Id, organization: None };
    let region = query.region_code.unwrap_or(RegionCode::COUNTRY);
    let mut select = row::Entity::find()
        .filter(within(&reach, region, places, after.map(|(region, _)| region), Direction::Down))
        .apply_if(query.status, |q, status| q.filter(C::Status.eq(status)));
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        select = select.filter(key.lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    pager.page(rows, |r| (r.region_code.as_i64(), r.id))
}

pub(super) async fn find_credential(cx: &Cx, id: CredentialId) -> Result<Option<credential::Model>> {
    Ok(credential::Entity::find_by_id(id).one(cx.reader()).await?)
}

pub(super) async fn insert_credential(tx: &mut Tx<'_>, row: credential::Model) -> Result<()> {
    credential::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    Ok(())
}

/// Stages the changed credential over the version that was read.
pub(super) fn stage_credential(tx: &mut Tx<'_>, new: &credential::Model, read: i32) {
    use credential::Column as C;
    let update = credential::Entity::update_many()
        .col_expr(C::Version, Expr::val(new.version))
        .col_expr(C::ReplacedBy, Expr::val(new.replaced_by))
        .col_expr(C::ExpiresAt, Expr::val(new.expires_at))
        .col_expr(C::RevokedAt, Expr::val(new.revoked_at))
        .filter(C::Id.eq(new.id))
        .filter(C::Version.eq(read))
        .into_query();
    tx.stage(Guard::Update(update), Error::new(Code::VersionStale));
}

/// How many credentials of an application are good, inside the change.
pub(super) async fn living(tx: &mut Tx<'_>, id: ApplicationId) -> Result<usize> {
    use credential::Column as C;
    let now = tx.now;
    let ids: Vec<CredentialId> = credential::Entity::find()
        .select_only()
        .column(C::Id)
        .filter(C::ApplicationId.eq(id))
        .filter(C::RevokedAt.is_null())
        .filter(Condition::any().add(C::ExpiresAt.is_null()).add(C::ExpiresAt.gt(now)))
        .into_tuple()
        .all(tx.conn().await?)
        .await?;
    Ok(ids.len())
}

pub(super) async fn list_credentials(cx: &Cx, id: ApplicationId, query: ListCredentials) -> Result<Page<credential::Model>> {
    use credential::Column as C;
    let pager = Pager::new("application_credentials", &id, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after: Option<CredentialId> = pager.after()?;
    let rows = credential::Entity::find()
        .filter(C::ApplicationId.eq(id))
        .apply_if(after, |q, after| q.filter(C::Id.lt(after)))
        .order_by_desc(C::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    pager.page(rows, |r| r.id)
}

/// A credential with what stands behind it.
#[derive(FromQueryResult)]
pub(crate) struct Held {
    pub(crate) kind: CredentialKind,
    pub(crate) digest: String,
    pub(crate) narrowed: Option<String>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    pub(crate) application_id: ApplicationId,
    pub(crate) account_id: AccountId,
    pub(crate) region_code: RegionCode,
    pub(crate) scopes: String,
    pub(crate) status: ApplicationStatus,
    pub(crate) requests_per_minute: Option<i32>,
    pub(crate) agreement_classes: Option<String>,
    pub(crate) agreement_from: Option<DateTime<Utc>>,
    pub(crate) agreement_to: Option<DateTime<Utc>>,
    pub(crate) account_status: AccountStatus,
}

/// A credential, its application and the account of that in one query.
pub(crate) async fn held(core: &Core, id: CredentialId) -> Result<Option<Held>> {
    use account::row::{Column as U, Entity as Accounts};
    use credential::{Column as C, Entity as Credentials};
    use row::{Column as A, Entity as Applications};
    let query = Query::select()
        .columns([C::Kind, C::Digest, C::ExpiresAt, C::RevokedAt, C::ApplicationId].map(|c| (Credentials, c)))
        .expr_as(Expr::col((Credentials, C::Scopes)), "narrowed")
        .columns(
            [
                A::AccountId,
                A::RegionCode,
                A::Scopes,
                A::Status,
                A::RequestsPerMinute,
                A::AgreementClasses,
                A::AgreementFrom,
                A::AgreementTo,
            ]
            .map(|c| (Applications, c)),
        )
        .expr_as(Expr::col((Accounts, U::Status)), "account_status")
        .from(Credentials)
        .inner_join(Applications, Expr::col((Applications, A::Id)).equals((Credentials, C::ApplicationId)))
        .inner_join(Accounts, Expr::col((Accounts, U::Id)).equals((Applications, A::AccountId)))
        .and_where(C::Id.eq(id))
        .to_owned();
    Ok(Held::find_by_statement(core.db.backend().build(&query)).one(core.db.reader()).await?)
}

/// Notes the days on which credentials were used.
pub(crate) async fn note_use(tx: &mut Tx<'_>, used: impl IntoIterator<Item = (CredentialId, NaiveDate)>) -> Result<()> {
    use credential::Column as C;
    for (id, day) in used {
        credential::Entity::update_many()
            .col_expr(C::LastUsedOn, Expr::val(day))
            .filter(C::Id.eq(id))
            .filter(Condition::any().add(C::LastUsedOn.is_null()).add(C::LastUsedOn.lt(day)))
            .exec(tx.conn().await?)
            .await?;
    }
    Ok(())
}

/// Where an application lies, whose usage or credentials somebody asks for.
pub(crate) async fn region(cx: &Cx, id: ApplicationId) -> Result<Option<RegionCode>> {
    let query = row::Entity::find_by_id(id).select_only().column(row::Column::RegionCode);
    Ok(query.into_tuple().one(cx.reader()).await?)
}

/// What lists ask for.
pub(super) fn reach(cx: &Cx) -> Result<Reach> {
    let reach = cx.actor.reach(Permission::ApplicationRead);
    if reach.regions.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::ApplicationRead));
    }
    Ok(reach)
}
