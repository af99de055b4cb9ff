//! Pledges (承诺践诺): what an organization or one of its people promises for a time, and whether it was kept. Those that are published
//! everybody reads, without whose they are.

use crate::{managed, place, require_active, row::organization, store, visible};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, RegionCode, Result, Subject, Tx,
    access::Reach,
    check::worded,
    event::{Catalogued, catalogued},
    id::{AccountId, OrganizationId, PledgeId},
    mask,
    page::{Direction, Places, within},
    stage::{stage_new, stage_next},
};
use row::{Column as C, Entity, Model};
use sea_orm::{
    ColumnTrait, DeriveActiveEnum, EntityTrait, EnumIter, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, TableCreateStatement},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

mod row {
    //! The table `pledges`.
    use super::PledgeState;
    use kernel::{
        RegionCode,
        id::{AccountId, OrganizationId, PledgeId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pledges")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PledgeId,
        pub version: i32,
        pub organization_id: OrganizationId,
        pub region_code: RegionCode,
        pub account_id: Option<AccountId>,
        #[sea_orm(column_type = "Text")]
        pub text: String,
        pub from_on: ChronoDate,
        pub due_on: ChronoDate,
        pub state: PledgeState,
        pub judged_at: Option<ChronoDateTimeUtc>,
        pub published_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What became of a pledge (践诺情况).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PledgeState {
    /// 践诺中
    Open,
    /// 已践诺
    Kept,
    /// 未践诺
    NotKept,
}

/// Pledge something (作出承诺).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MakePledge {
    /// What is pledged (承诺内容); nobody's name, for it may be published.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S", example = "每周参加一次小区环境整治。")]
    pub text: String,
    /// From which day (起始日期).
    pub from_on: NaiveDate,
    /// Until which day (完成期限).
    pub due_on: NaiveDate,
    /// Whether the organization itself pledges it (组织承诺), which needs `organization.manage`; else the caller does.
    #[serde(default)]
    pub by_organization: bool,
}

/// Judge or publish a pledge (承诺评定、公示). What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct JudgePledge {
    /// Whether it was kept (是否践诺); said once.
    pub kept: Option<bool>,
    /// Whether everybody may read it (是否公示).
    pub published: Option<bool>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which pledges to list (承诺列表), by community and, within one, by age.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPledges {
    /// Within this region (区划).
    pub region_code: Option<RegionCode>,
    /// Only of this organization (组织).
    pub organization_id: Option<OrganizationId>,
    /// Only those that stand so (践诺情况).
    pub state: Option<PledgeState>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which published pledges to list (承诺公示).
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPublicPledges {
    /// Within this region (区划).
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A pledge (承诺).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pledge {
    /// Its id (编号).
    pub id: PledgeId,
    /// Its version (版本).
    #[schema(minimum = 1)]
    pub version: i32,
    /// Of which organization (组织).
    pub organization_id: OrganizationId,
    /// Where the organization lies (区划).
    pub region_code: RegionCode,
    /// Who pledged it (承诺人); absent where the organization did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// What is pledged (承诺内容).
    pub text: String,
    /// From which day (起始日期).
    pub from_on: NaiveDate,
    /// Until which day (完成期限).
    pub due_on: NaiveDate,
    /// What became of it (践诺情况).
    pub state: PledgeState,
    /// When that was said (评定时间).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged_at: Option<DateTime<Utc>>,
    /// When it was published (公示时间); absent while it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<Utc>>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// A pledge as everybody reads it (承诺公示): not whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicPledge {
    /// Where (区划).
    pub region_code: RegionCode,
    /// What is pledged (承诺内容); numbers of phones and identity cards masked.
    pub text: String,
    /// From which day (起始日期).
    pub from_on: NaiveDate,
    /// Until which day (完成期限).
    pub due_on: NaiveDate,
    /// What became of it (践诺情况).
    pub state: PledgeState,
}

impl From<Model> for Pledge {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            version: row.version,
            organization_id: row.organization_id,
            region_code: row.region_code,
            account_id: row.account_id,
            text: row.text,
            from_on: row.from_on,
            due_on: row.due_on,
            state: row.state,
            judged_at: row.judged_at,
            published_at: row.published_at,
            updated_at: row.updated_at,
        }
    }
}

/// What is said of a pledge.
#[derive(Debug, Serialize, ToSchema)]
struct PledgeFacts {
    /// Of which organization.
    organization_id: OrganizationId,
    /// What became of it.
    state: PledgeState,
    /// Whether everybody may read it.
    published: bool,
}

#[derive(Serialize)]
struct PledgeEvent {
    #[serde(flatten)]
    facts: PledgeFacts,
    #[serde(skip)]
    kind: EventType,
}

impl Event for PledgeEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}

pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<PledgeFacts>(&[EventType::PledgeMade, EventType::PledgeJudged])
}

fn emit(tx: &mut Tx<'_>, row: &Model, kind: EventType) -> Result<()> {
    let facts = PledgeFacts { organization_id: row.organization_id, state: row.state, published: row.published_at.is_some() };
    tx.emit(Subject { id: row.id.0, version: row.version, region: row.region_code }, &PledgeEvent { facts, kind })
}

/// Pledges something (作出承诺), for oneself or for the organization.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `period_invalid`.
pub async fn make_pledge(cx: &Cx, id: OrganizationId, command: MakePledge) -> Result<Pledge> {
    let organization = if command.by_organization { managed(cx, id).await? } else { visible(cx, id).await? };
    if !command.by_organization {
        cx.actor.require(Permission::PostClaim, &place(&organization))?;
    }
    require_active(&organization)?;
    let plain = |day: NaiveDate| (2000..=9999).contains(&day.year());
    if !plain(command.from_on) || !plain(command.due_on) || command.due_on < command.from_on {
        return Err(Error::new(Code::PeriodInvalid).at("#/due_on"));
    }
    let account = cx.actor.account()?;
    let mut tx = cx.begin();
    let row = Model {
        id: tx.id(),
        version: 1,
        organization_id: id,
        region_code: organization.region_code,
        account_id: (!command.by_organization).then_some(account),
        text: command.text,
        from_on: command.from_on,
        due_on: command.due_on,
        state: PledgeState::Open,
        judged_at: None,
        published_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    emit(&mut tx, &row, EventType::PledgeMade)?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(row.into()).await
}

/// Judges or publishes a pledge (承诺评定、公示).
///
/// # Errors
/// `pledge_not_found`, `permission_missing`; `version_stale`; `pledge_judged` for one that was judged before.
pub async fn judge_pledge(cx: &Cx, id: PledgeId, command: JudgePledge) -> Result<Pledge> {
    let (old, organization) = found(cx, id).await?;
    cx.actor.require(Permission::OrganizationManage, &place(&organization))?;
    if command.version.is_some_and(|version| version != old.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let mut tx = cx.begin();
    let mut new = old.clone();
    if let Some(kept) = command.kept {
        if old.state != PledgeState::Open {
            return Err(Error::new(Code::PledgeJudged));
        }
        new.state = if kept { PledgeState::Kept } else { PledgeState::NotKept };
        new.judged_at = Some(tx.now);
    }
    if let Some(published) = command.published {
        new.published_at = published.then(|| old.published_at.unwrap_or(tx.now));
    }
    new.version += 1;
    new.updated_at = tx.now;
    emit(&mut tx, &new, EventType::PledgeJudged)?;
    stage_next(&mut tx, [C::Id, C::Version], old, new.clone());
    tx.commit(new.into()).await
}

/// One pledge (查询承诺).
///
/// # Errors
/// `pledge_not_found`, also for those who may not know of its organization.
pub async fn get_pledge(cx: &Cx, id: PledgeId) -> Result<Pledge> {
    Ok(found(cx, id).await?.0.into())
}

/// The pledges that the caller may know of (承诺列表).
///
/// # Errors
/// `permission_missing` for a caller who may see no organization anywhere; `organization_not_found`; `cursor_invalid`.
pub async fn list_pledges(cx: &Cx, list: ListPledges) -> Result<Page<Pledge>> {
    let reach = cx.actor.reach(Permission::OrganizationRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::OrganizationRead));
    }
    let filters = (list.region_code, list.organization_id, list.state);
    let pager = Pager::new("pledges", &filters, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let query = Entity::find().apply_if(list.state, |q, state| q.filter(C::State.eq(state)));
    let rows = match list.organization_id {
        Some(id) => {
            let organization = visible(cx, id).await?;
            let all = Reach { regions: vec![organization.region_code], ..Reach::default() };
            page(cx, query.filter(C::OrganizationId.eq(id)), &all, list.region_code, &pager).await?
        }
        None => page(cx, query, &Reach { regions: reach.regions, ..Reach::default() }, list.region_code, &pager).await?,
    };
    Ok(pager.page(rows, |row| (row.region_code.as_i64(), row.id))?.map(Pledge::from))
}

/// The published pledges (承诺公示), for everybody.
///
/// # Errors
/// `cursor_invalid`.
pub async fn list_public_pledges(cx: &Cx, list: ListPublicPledges) -> Result<Page<PublicPledge>> {
    let pager = Pager::new("public_pledges", &list.region_code, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let everywhere = Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() };
    let rows = page(cx, Entity::find().filter(C::PublishedAt.is_not_null()), &everywhere, list.region_code, &pager).await?;
    let view = |row: Model| PublicPledge {
        region_code: row.region_code,
        text: mask::text(&row.text),
        from_on: row.from_on,
        due_on: row.due_on,
        state: row.state,
    };
    Ok(pager.page(rows, |row| (row.region_code.as_i64(), row.id))?.map(view))
}

async fn page(cx: &Cx, query: Select<Entity>, reach: &Reach, region: Option<RegionCode>, pager: &Pager) -> Result<Vec<Model>> {
    let after = pager.after::<(i64, PledgeId)>()?;
    let places = Places { region: C::RegionCode, grid: C::RegionCode, organization: None };
    let region = region.unwrap_or(RegionCode::COUNTRY);
    let mut query = query.filter(within(reach, region, places, after.map(|(region, _)| region), Direction::Up));
    if let Some((region, id)) = after {
        let key = Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    Ok(query.order_by_asc(C::RegionCode).order_by_asc(C::Id).limit(pager.fetch()).all(cx.reader()).await?)
}

async fn found(cx: &Cx, id: PledgeId) -> Result<(Model, organization::Model)> {
    let missing = || Error::new(Code::PledgeNotFound);
    let row = Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(missing)?;
    let organization = store::find_organization(cx, row.organization_id).await?.ok_or_else(missing)?;
    let sees = cx.actor.can(Permission::OrganizationRead, &place(&organization));
    let own = row.account_id.is_some() && row.account_id == cx.actor.account;
    if sees || own { Ok((row, organization)) } else { Err(missing()) }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
