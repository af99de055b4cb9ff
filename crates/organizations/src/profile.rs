//! What is recorded of a neighbourhood and of a building council (邻里五个一、楼群自管会).
//!
//! A neighbourhood of some 300 households is to have one service office, one full-time worker, one council, one service team and one
//! fund; the report says which are missing where. A building council (1+X×N) is one branch, X backbone members, who are memberships,
//! and N households.

use crate::{
    OrganizationKind, OrganizationRules, managed, require_active,
    row::{membership, organization},
    store, visible,
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    check::worded,
    event::{Catalogued, catalogued},
    id::{AccountId, OrganizationId},
};
use row::{Column as C, Entity, Model};
use sea_orm::{
    ActiveEnum, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, TableCreateStatement},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

mod row {
    //! The table `organization_profiles`.
    use kernel::{
        RegionCode,
        id::{AccountId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "organization_profiles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub organization_id: OrganizationId,
        pub version: i32,
        pub region_code: RegionCode,
        pub worker_id: Option<AccountId>,
        pub households: i32,
        #[sea_orm(column_type = "Text")]
        pub data: String,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a neighbourhood has (邻里五个一).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NeighborhoodProfile {
    /// How many households it has (户数); some 300.
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000, example = 300)]
    pub households: u32,
    /// The service office (服务处), where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "3号楼底层")]
    pub office: Option<String>,
    /// The floor of the office in square metres (服务处面积).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000, example = 15)]
    pub office_area: Option<u32>,
    /// The full-time worker (专职社工), who covers as many neighbourhoods at most as the place says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_id: Option<AccountId>,
    /// Whether it has a council (理事会).
    #[serde(default)]
    pub council: bool,
    /// Whether it has a service team (服务队).
    #[serde(default)]
    pub team: bool,
    /// Its fund of a year in yuan (经费); absent: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 1_000_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 5000)]
    pub fund: Option<u32>,
}

/// A building council (楼群自管会, 1+X×N). Its backbone are members with the role `backbone`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CouncilProfile {
    /// The branch at its core (核心党支部).
    pub branch_id: OrganizationId,
    /// How many households take part (参与户数).
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000, example = 120)]
    pub households: u32,
    /// Its charter (章程).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 10_000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 10_000, pattern = "\\S")]
    pub charter: Option<String>,
    /// Elections of its leader (推选结果), the oldest first.
    #[serde(default)]
    #[validate(nested, length(max = 50))]
    #[schema(max_items = 50)]
    pub elections: Vec<CouncilElection>,
}

/// An election of a council's leader (推选结果).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CouncilElection {
    /// On which day (推选日期).
    pub held_on: NaiveDate,
    /// Who was elected (当选人).
    pub leader_id: AccountId,
    /// Votes for (赞成票数): at most those who voted.
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000)]
    pub votes_for: u32,
    /// How many voted (投票人数).
    #[validate(range(min = 0, max = 100_000))]
    #[schema(minimum = 0, maximum = 100_000)]
    pub voters: u32,
}

/// Record what an organization has (登记): exactly one of the two, as its kind has it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetOrganizationProfile {
    /// Of a `neighborhood` (邻里五个一).
    #[validate(nested)]
    pub neighborhood: Option<NeighborhoodProfile>,
    /// Of a `building_council` (楼群自管会).
    #[validate(nested)]
    pub council: Option<CouncilProfile>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// What is recorded of an organization (组织登记内容).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrganizationProfile {
    /// Which organization (组织).
    pub organization_id: OrganizationId,
    /// Its version (版本).
    #[schema(minimum = 1)]
    pub version: i32,
    /// Of a neighbourhood (邻里五个一).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighborhood: Option<NeighborhoodProfile>,
    /// Of a building council (楼群自管会).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub council: Option<CouncilProfile>,
    /// Which of the five a neighbourhood lacks (五个一缺项).
    pub missing: Vec<FiveOne>,
    /// How many backbone members a council has now (骨干人数, X).
    #[schema(minimum = 0)]
    pub backbone: u64,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// One of the five that a neighbourhood is to have (五个一).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FiveOne {
    /// 服务处
    Office,
    /// 专职社工
    Worker,
    /// 理事会
    Council,
    /// 服务队
    Team,
    /// 经费
    Fund,
}

/// Where to look which neighbourhoods lack what (五个一核查).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFiveOnes {
    /// In this region (区划), with everything beneath it.
    pub region_code: RegionCode,
    /// Items a page, 1–100; absent: 20.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// How a neighbourhood stands by the five (五个一核查).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FiveOnes {
    /// Which neighbourhood (邻里).
    pub organization_id: OrganizationId,
    /// What it is called (邻里名称).
    pub name: String,
    /// Where it lies (区划).
    pub region_code: RegionCode,
    /// How many households it has (户数); absent while nothing is recorded of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub households: Option<i32>,
    /// What it lacks (缺项).
    pub missing: Vec<FiveOne>,
}

/// What is said of a profile.
#[derive(Debug, Serialize, ToSchema)]
struct ProfileFacts {
    /// How many households there are.
    households: u32,
    /// How many of the five a neighbourhood lacks; 0 of a council.
    missing: u32,
}

impl Event for ProfileFacts {
    fn kind(&self) -> EventType {
        EventType::OrganizationProfiled
    }
}

pub(crate) fn event_types() -> Vec<Catalogued> {
    catalogued::<ProfileFacts>(&[EventType::OrganizationProfiled])
}

/// What is kept as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Data {
    Neighborhood(NeighborhoodProfile),
    Council(CouncilProfile),
}

/// Those of the five that are missing; all of them where nothing is recorded.
fn missing(profile: Option<&NeighborhoodProfile>) -> Vec<FiveOne> {
    let has = |one: FiveOne| {
        profile.is_some_and(|p| match one {
            FiveOne::Office => p.office.is_some(),
            FiveOne::Worker => p.worker_id.is_some(),
            FiveOne::Council => p.council,
            FiveOne::Team => p.team,
            FiveOne::Fund => p.fund.is_some(),
        })
    };
    [FiveOne::Office, FiveOne::Worker, FiveOne::Council, FiveOne::Team, FiveOne::Fund].into_iter().filter(|one| !has(*one)).collect()
}

/// Records what an organization has (登记), in place of what was recorded before.
///
/// # Errors
/// `organization_not_found`, `permission_missing`; `organization_closed`; `profile_unfit`; `version_stale`; `reference_broken`;
/// `worker_overloaded`; `field_range`; `period_invalid`.
pub async fn set_organization_profile(
    cx: &Cx,
    id: OrganizationId,
    command: SetOrganizationProfile,
    rules: &OrganizationRules,
) -> Result<OrganizationProfile> {
    let organization = managed(cx, id).await?;
    require_active(&organization)?;
    let data = match (organization.kind, command.neighborhood, command.council) {
        (OrganizationKind::Neighborhood, Some(profile), None) => Data::Neighborhood(profile),
        (OrganizationKind::BuildingCouncil, None, Some(profile)) => Data::Council(profile),
        (kind, ..) => return Err(Error::new(Code::ProfileUnfit).with("kind", kind.to_value())),
    };
    let (worker, households) = match &data {
        Data::Neighborhood(profile) => {
            if let Some(worker) = profile.worker_id {
                identity::require_named(cx, worker).await.map_err(|e| e.at("#/neighborhood/worker_id"))?;
            }
            (profile.worker_id, profile.households)
        }
        Data::Council(profile) => {
            require_council(cx, profile).await?;
            (None, profile.households)
        }
    };
    let mut tx = cx.begin();
    let conn = tx.conn().await?;
    store::hold(conn, id).await?;
    let old = Entity::find_by_id(id).one(conn).await?;
    if command.version.is_some_and(|version| version != old.as_ref().map_or(0, |row| row.version)) {
        return Err(Error::new(Code::VersionStale));
    }
    if let (Some(worker), Some(most)) = (worker, rules.neighborhoods_per_worker) {
        let others = Entity::find().filter(C::WorkerId.eq(worker)).filter(C::OrganizationId.ne(id)).count(conn).await?;
        if others >= u64::from(most) {
            return Err(Error::new(Code::WorkerOverloaded).with("limit", most).at("#/neighborhood/worker_id"));
        }
    }
    let row = Model {
        organization_id: id,
        version: old.as_ref().map_or(0, |row| row.version) + 1,
        region_code: organization.region_code,
        worker_id: worker,
        households: i32::try_from(households).map_err(Error::internal)?,
        data: serde_json::to_string(&data).map_err(Error::internal)?,
        updated_at: tx.now,
    };
    let conn = tx.conn().await?;
    if old.is_some() {
        Entity::delete_by_id(id).exec(conn).await?;
    }
    Entity::insert(row.clone().into_active_model()).exec_without_returning(conn).await?;
    let view = view(cx, row.clone()).await?;
    let facts = ProfileFacts { households, missing: u32::try_from(view.missing.len()).map_err(Error::internal)? };
    // The organization's own versions are others: this one counts by itself, under an id of its own.
    tx.emit(Subject { id: tx.id(), version: row.version, region: row.region_code }, &facts)?;
    tx.commit(view).await
}

async fn require_council(cx: &Cx, profile: &CouncilProfile) -> Result<()> {
    crate::named_region(cx, profile.branch_id).await.map_err(|e| e.at("#/council/branch_id"))?;
    for (n, election) in profile.elections.iter().enumerate() {
        let at = |field: &str| format!("#/council/elections/{n}/{field}");
        if !(1949..=9999).contains(&election.held_on.year()) {
            return Err(Error::new(Code::PeriodInvalid).at(at("held_on")));
        }
        if election.votes_for > election.voters {
            let params = vec![("min", "0".to_owned()), ("max", election.voters.to_string())];
            return Err(Error::field_with(at("votes_for"), Code::FieldRange, params));
        }
        identity::require_named(cx, election.leader_id).await.map_err(|e| e.at(at("leader_id")))?;
    }
    Ok(())
}

/// What is recorded of an organization (查询登记内容).
///
/// # Errors
/// `organization_not_found`; `profile_not_found` while nothing is recorded.
pub async fn get_organization_profile(cx: &Cx, id: OrganizationId) -> Result<OrganizationProfile> {
    visible(cx, id).await?;
    let row = Entity::find_by_id(id).one(cx.reader()).await?.ok_or_else(|| Error::new(Code::ProfileNotFound))?;
    view(cx, row).await
}

async fn view(cx: &Cx, row: Model) -> Result<OrganizationProfile> {
    let data: Data = serde_json::from_str(&row.data).map_err(Error::internal)?;
    let mut profile = OrganizationProfile {
        organization_id: row.organization_id,
        version: row.version,
        neighborhood: None,
        council: None,
        missing: Vec::new(),
        backbone: 0,
        updated_at: row.updated_at,
    };
    match data {
        Data::Neighborhood(its) => {
            profile.missing = missing(Some(&its));
            profile.neighborhood = Some(its);
        }
        Data::Council(its) => {
            use membership::Column as M;
            profile.backbone = membership::Entity::find()
                .filter(M::OrganizationId.eq(row.organization_id))
                .filter(M::Role.eq(crate::MemberRole::Backbone))
                .filter(crate::store::holds_now(cx.now()))
                .count(cx.reader())
                .await?;
            profile.council = Some(its);
        }
    }
    Ok(profile)
}

/// Which neighbourhoods of a region lack which of the five (五个一核查), complete ones too, by community and age.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`.
pub async fn list_five_ones(cx: &Cx, list: ListFiveOnes) -> Result<Page<FiveOnes>> {
    use organization::Column as O;
    cx.actor.require(Permission::OrganizationRead, &Place::from(list.region_code))?;
    let pager = Pager::new("five_ones", &list.region_code, PageQuery { limit: list.limit, cursor: list.cursor })?;
    let (first, last) = list.region_code.range();
    let mut query = organization::Entity::find()
        .filter(O::RegionCode.between(first, last))
        .filter(O::Kind.eq(OrganizationKind::Neighborhood))
        .filter(O::Status.eq(crate::OrganizationStatus::Active));
    if let Some((region, id)) = pager.after::<(i64, OrganizationId)>()? {
        let key = Expr::tuple([Expr::col(O::RegionCode), Expr::col(O::Id)]);
        query = query.filter(key.gt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = query.order_by_asc(O::RegionCode).order_by_asc(O::Id).limit(pager.fetch()).all(cx.reader()).await?;
    let page = pager.page(rows, |row| (row.region_code.as_i64(), row.id))?;
    let profiles = Entity::find().filter(C::OrganizationId.is_in(page.items.iter().map(|row| row.id))).all(cx.reader()).await?;
    let mut known = HashMap::new();
    for row in profiles {
        if let Data::Neighborhood(its) = serde_json::from_str(&row.data).map_err(Error::internal)? {
            known.insert(row.organization_id, (row.households, its));
        }
    }
    Ok(page.map(|row| FiveOnes {
        organization_id: row.id,
        name: row.name,
        region_code: row.region_code,
        households: known.get(&row.id).map(|(households, _)| *households),
        missing: missing(known.get(&row.id).map(|(_, its)| its)),
    }))
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<TableCreateStatement> {
    vec![schema.create_table_from_entity(Entity)]
}
