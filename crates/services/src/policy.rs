//! Policies (规则): what differs from place to place, as versioned rows with a period. The most
//! specific region that has one decides; the country's row is the default that ships, and any
//! place can set its own.

use crate::{
    ground::{SnapshotRules, VisitRules},
    hotline::HotlineRules,
    retention::RetentionRules,
    whistle::WhistleRules,
};
use chrono::{DateTime, NaiveTime, Utc};
use grids::{GridRules, LinkRules};
use kernel::{
    Code, Cx, Error, Event, EventType, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    event::{Catalogued, catalogued},
};
use organizations::OrganizationRules;
use organizations::venue::VenueRules;
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, Condition, DeriveActiveEnum, EntityTrait, EnumIter, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, sea_query::Expr,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

mod row {
    //! The table `policies`.
    use super::PolicyKind;
    use kernel::RegionCode;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "policies")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: PolicyKind,
        #[sea_orm(primary_key, auto_increment = false)]
        pub region_code: RegionCode,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        #[sea_orm(column_type = "Text")]
        pub data: String,
        pub valid_from: ChronoDateTimeUtc,
        pub valid_to: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a policy rules (规则类别).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// 工作时间
    WorkingTime,
    /// 订单流转
    OrderFlow,
    /// 网格规则
    GridRules,
    /// 热线工单规则
    Hotline,
    /// 联户规则
    HouseholdLinks,
    /// 走访规则
    VisitRules,
    /// 随手拍规则
    SnapshotRules,
    /// 保存期限
    Retention,
    /// 组织规则
    OrganizationRules,
    /// 阵地规则
    VenueRules,
    /// 吹哨规则
    WhistleRules,
}

/// The hours of a working day (工作时间).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WorkingTime {
    /// The periods worked, in China time, in order, without overlap.
    #[validate(length(min = 1, max = 6), custom(function = in_order))]
    #[schema(min_items = 1, max_items = 6)]
    pub periods: Vec<WorkingPeriod>,
}

/// A period of a working day (工作时段).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkingPeriod {
    /// When it begins, `HH:MM:SS` in China time.
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$", example = "09:00:00")]
    pub from: NaiveTime,
    /// When it ends.
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$", example = "12:00:00")]
    pub to: NaiveTime,
}

fn in_order(periods: &[WorkingPeriod]) -> std::result::Result<(), ValidationError> {
    let times: Vec<_> = periods.iter().flat_map(|p| [p.from, p.to]).collect();
    if times.windows(2).all(|pair| pair[0] < pair[1]) {
        Ok(())
    } else {
        Err(ValidationError::new("order").with_message("the periods must follow each other".into()))
    }
}

impl WorkingTime {
    /// The periods as pairs.
    #[must_use]
    pub fn hours(&self) -> Vec<(NaiveTime, NaiveTime)> {
        self.periods.iter().map(|p| (p.from, p.to)).collect()
    }

    #[cfg(test)]
    pub(crate) fn example() -> Self {
        serde_json::from_str(r#"{"periods":[{"from":"09:00:00","to":"12:00:00"},{"from":"13:00:00","to":"18:00:00"}]}"#).expect("a policy")
    }
}

/// How orders flow (订单流转规则).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OrderFlow {
    /// How many open orders a taker may hold when claiming another (抢单上限).
    #[validate(range(min = 1, max = 1000))]
    #[schema(minimum = 1, maximum = 1000, example = 5)]
    pub claim_limit: u16,
    /// How often a dissatisfied evaluation puts an order back to dispatching by itself (自动重办次数);
    /// after that a dispatcher decides.
    #[validate(range(min = 0, max = 10))]
    #[schema(minimum = 0, maximum = 10, example = 1)]
    pub automatic_reworks: u16,
    /// The reason codes for which an order may be refused (不予受理情形); any code when empty.
    #[serde(default)]
    #[validate(length(max = 100), custom(function = short_codes))]
    #[schema(max_items = 100, value_type = Vec<RejectCode>)]
    pub reject_codes: Vec<String>,
}

/// A reason code (情形编码).
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 50)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct RejectCode(String);

fn short_codes(codes: &[String]) -> std::result::Result<(), ValidationError> {
    if codes.iter().all(|c| (1..=50).contains(&c.chars().count())) {
        Ok(())
    } else {
        Err(ValidationError::new("codes").with_message("a code has 1 to 50 characters".into()))
    }
}

/// A policy (规则), one version of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// What it rules.
    pub kind: PolicyKind,
    /// Where it holds, unless a place within has its own.
    pub region_code: RegionCode,
    /// 1, 2, 3 … for this kind and region.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The hours, if it is a `working_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_time: Option<WorkingTime>,
    /// The flow, if it is an `order_flow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_flow: Option<OrderFlow>,
    /// What rules grids, if it is a `grid_rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_rules: Option<GridRules>,
    /// How work orders of hotlines are handled, if it is a `hotline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hotline: Option<HotlineRules>,
    /// How households are divided among party members, if it is a `household_links`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household_links: Option<LinkRules>,
    /// How often households are visited, if it is a `visit_rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_rules: Option<VisitRules>,
    /// What rules snapshots, if it is a `snapshot_rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_rules: Option<SnapshotRules>,
    /// How long data is kept, if it is a `retention`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<RetentionRules>,
    /// What rules organizations, if it is an `organization_rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_rules: Option<OrganizationRules>,
    /// How fast one walks to venues and which circles are asked after, if it is a `venue_rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venue_rules: Option<VenueRules>,
    /// Within which time a department that is called must come, if it is a `whistle_rules`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whistle_rules: Option<WhistleRules>,
    /// From when on it holds (生效时间).
    pub valid_from: DateTime<Utc>,
    /// Until when; absent while it is the newest version (失效时间).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<DateTime<Utc>>,
}

/// Sets a policy for a place (设定规则): exactly one of the kinds.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    /// Where it is to hold.
    pub region_code: RegionCode,
    /// The hours of a working day.
    #[validate(nested)]
    pub working_time: Option<WorkingTime>,
    /// How orders flow.
    #[validate(nested)]
    pub order_flow: Option<OrderFlow>,
    /// What rules grids.
    #[validate(nested)]
    pub grid_rules: Option<GridRules>,
    /// How work orders of hotlines are handled.
    #[validate(nested)]
    pub hotline: Option<HotlineRules>,
    /// How households are divided among party members.
    #[validate(nested)]
    pub household_links: Option<LinkRules>,
    /// How often households are visited.
    #[validate(nested)]
    pub visit_rules: Option<VisitRules>,
    /// What rules snapshots.
    #[validate(nested)]
    pub snapshot_rules: Option<SnapshotRules>,
    /// How long data is kept.
    #[validate(nested)]
    pub retention: Option<RetentionRules>,
    /// What rules organizations: levels, posts.
    #[validate(nested)]
    pub organization_rules: Option<OrganizationRules>,
    /// How fast one walks to venues and which circles are asked after.
    #[validate(nested)]
    pub venue_rules: Option<VenueRules>,
    /// Within which time a department that is called must come.
    #[validate(nested)]
    pub whistle_rules: Option<WhistleRules>,
    /// From when on; now when absent. Not in the past. A version that has not begun by then is replaced and never begins.
    pub valid_from: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct PolicySet {
    /// Which policy.
    kind: PolicyKind,
    /// Its version.
    version: i32,
}

impl Event for PolicySet {
    fn kind(&self) -> EventType {
        EventType::PolicySet
    }
}

/// What happens to policies, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<Catalogued> {
    catalogued::<PolicySet>(&[EventType::PolicySet])
}

/// The hours of a working day at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn working_time(cx: &Cx, region: RegionCode) -> Result<WorkingTime> {
    current(cx, PolicyKind::WorkingTime, region).await
}

/// How orders flow at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn order_flow(cx: &Cx, region: RegionCode) -> Result<OrderFlow> {
    current(cx, PolicyKind::OrderFlow, region).await
}

/// What rules grids at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn grid_rules(cx: &Cx, region: RegionCode) -> Result<GridRules> {
    current(cx, PolicyKind::GridRules, region).await
}

/// How work orders of hotlines are handled at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn hotline_rules(cx: &Cx, region: RegionCode) -> Result<HotlineRules> {
    current(cx, PolicyKind::Hotline, region).await
}

/// How households are divided among party members at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn link_rules(cx: &Cx, region: RegionCode) -> Result<LinkRules> {
    current(cx, PolicyKind::HouseholdLinks, region).await
}

/// How often households are visited at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn visit_rules(cx: &Cx, region: RegionCode) -> Result<VisitRules> {
    current(cx, PolicyKind::VisitRules, region).await
}

/// What rules snapshots at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn snapshot_rules(cx: &Cx, region: RegionCode) -> Result<SnapshotRules> {
    current(cx, PolicyKind::SnapshotRules, region).await
}

/// What rules organizations at this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn organization_rules(cx: &Cx, region: RegionCode) -> Result<OrganizationRules> {
    current(cx, PolicyKind::OrganizationRules, region).await
}

/// How fast one walks to venues at this place, and which circles are asked after, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn venue_rules(cx: &Cx, region: RegionCode) -> Result<VenueRules> {
    current(cx, PolicyKind::VenueRules, region).await
}

/// Within which time a department that is called must come to this place, now.
///
/// # Errors
/// `database_unavailable`.
pub async fn whistle_rules(cx: &Cx, region: RegionCode) -> Result<WhistleRules> {
    current(cx, PolicyKind::WhistleRules, region).await
}

/// The policy of the most specific region that has one: its code is the greatest on the way up.
async fn current<T: DeserializeOwned>(cx: &Cx, kind: PolicyKind, region: RegionCode) -> Result<T> {
    let now = cx.now();
    let read = async {
        let up = std::iter::successors(Some(region), |r| r.parent());
        let rows = row::Entity::find()
            .filter(row::Column::Kind.eq(kind))
            .filter(row::Column::RegionCode.is_in(up))
            .filter(Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(now)))
            .order_by_desc(row::Column::RegionCode)
            .all(cx.reader())
            .await?;
        Ok(Some(Rules(rows)))
    };
    let rules = cx.remembered(format!("{} {region}", kind.to_value()), read).await?;
    let in_force = rules.iter().flat_map(|r| &r.0).find(|r| r.valid_from <= now && r.valid_to.is_none_or(|end| now < end));
    let row = in_force.ok_or_else(|| Error::internal(format!("there is no {} policy for the country", kind.to_value())))?;
    serde_json::from_str(&row.data).map_err(Error::internal)
}

/// The policies of this kind that are in force now, wherever a place has its own.
pub(crate) async fn everywhere<T: DeserializeOwned>(cx: &Cx, kind: PolicyKind) -> Result<Vec<(RegionCode, T)>> {
    let now = cx.now();
    let rows = row::Entity::find()
        .filter(row::Column::Kind.eq(kind))
        .filter(row::Column::ValidFrom.lte(now))
        .filter(Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(now)))
        .order_by_asc(row::Column::RegionCode)
        .all(cx.reader())
        .await?;
    rows.into_iter().map(|row| Ok((row.region_code, serde_json::from_str(&row.data).map_err(Error::internal)?))).collect()
}

/// What holds at a place or will, most specific region first; remembered.
struct Rules(Vec<row::Model>);

/// Sets a policy: a new version from `valid_from` on; the version before it ends there.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `content_invalid` when not exactly one policy is given; `period_invalid`.
pub async fn set_policy(cx: &Cx, command: SetPolicy) -> Result<Policy> {
    cx.actor.require(Permission::CatalogueManage, &Place::from(command.region_code))?;
    crate::require_region(cx, command.region_code).await?;
    let mut given = [
        command.working_time.as_ref().map(|p| (PolicyKind::WorkingTime, serde_json::to_string(p))),
        command.order_flow.as_ref().map(|p| (PolicyKind::OrderFlow, serde_json::to_string(p))),
        command.grid_rules.as_ref().map(|p| (PolicyKind::GridRules, serde_json::to_string(p))),
        command.hotline.as_ref().map(|p| (PolicyKind::Hotline, serde_json::to_string(p))),
        command.household_links.as_ref().map(|p| (PolicyKind::HouseholdLinks, serde_json::to_string(p))),
        command.visit_rules.as_ref().map(|p| (PolicyKind::VisitRules, serde_json::to_string(p))),
        command.snapshot_rules.as_ref().map(|p| (PolicyKind::SnapshotRules, serde_json::to_string(p))),
        command.retention.as_ref().map(|p| (PolicyKind::Retention, serde_json::to_string(p))),
        command.organization_rules.as_ref().map(|p| (PolicyKind::OrganizationRules, serde_json::to_string(p))),
        command.venue_rules.as_ref().map(|p| (PolicyKind::VenueRules, serde_json::to_string(p))),
        command.whistle_rules.as_ref().map(|p| (PolicyKind::WhistleRules, serde_json::to_string(p))),
    ]
    .into_iter()
    .flatten();
    let (Some((kind, data)), None) = (given.next(), given.next()) else {
        let reason = vec![("reason", "give exactly one kind of policy".to_owned())];
        return Err(Error::field_with("#/working_time", Code::FieldInvalid, reason));
    };
    let data = data.map_err(Error::internal)?;
    let mut tx = cx.begin();
    let valid_from = command.valid_from.unwrap_or(tx.now);
    let here = Condition::all().add(row::Column::Kind.eq(kind)).add(row::Column::RegionCode.eq(command.region_code));
    let conn = tx.conn().await?;
    let last = row::Entity::find().filter(here.clone()).order_by_desc(row::Column::Version).limit(1).one(conn).await?;
    // What has been decided by a policy stays decided: none begins in the past.
    if command.valid_from.is_some_and(|from| from < cx.now() || !kernel::clock::has_plain_year(from)) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_from"));
    }
    if last.as_ref().is_some_and(|l| l.valid_from == valid_from) {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_from"));
    }
    // The version in force ends where this one begins; one that has not begun by then never does.
    let ends = Expr::case(row::Column::ValidFrom.gt(valid_from), Expr::col(row::Column::ValidFrom)).finally(Expr::val(valid_from));
    let later = Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(valid_from));
    row::Entity::update_many().filter(here).filter(later).col_expr(row::Column::ValidTo, ends.into()).exec(conn).await?;
    let row =
        row::Model { kind, region_code: command.region_code, version: last.map_or(0, |l| l.version) + 1, data, valid_from, valid_to: None };
    let insert = row::ActiveModel {
        kind: Set(row.kind),
        region_code: Set(row.region_code),
        version: Set(row.version),
        data: Set(row.data.clone()),
        valid_from: Set(row.valid_from),
        valid_to: Set(None),
    };
    row::Entity::insert(insert).exec_without_returning(conn).await?;
    let subject = Subject { id: tx.id(), version: row.version, region: row.region_code };
    tx.emit(subject, &PolicySet { kind, version: row.version })?;
    let policy = tx.commit_created(view(row)?).await?;
    cx.forget::<Rules>();
    Ok(policy)
}

/// Which policies to list.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ListPolicies {
    /// Only this kind.
    pub kind: Option<PolicyKind>,
    /// Only those that concern this region: its own, and those of the regions above it.
    pub region_code: Option<RegionCode>,
}

/// Lists policies, old versions included, newest version first within a place.
///
/// # Errors
/// `cursor_invalid`.
pub async fn list_policies(cx: &Cx, filter: ListPolicies, page: PageQuery) -> Result<Page<Policy>> {
    use row::Column as C;
    let pager = Pager::new("policies", &filter, page)?;
    let key = || Expr::tuple([Expr::col(C::Kind), Expr::col(C::RegionCode), Expr::col(C::Version)]);
    let mut query = row::Entity::find()
        .apply_if(filter.kind, |q, kind| q.filter(C::Kind.eq(kind)))
        .apply_if(filter.region_code, |q, region| q.filter(C::RegionCode.is_in(std::iter::successors(Some(region), |r| r.parent()))));
    if let Some((kind, region, version)) = pager.after::<(PolicyKind, RegionCode, i32)>()? {
        query = query.filter(key().lt(Expr::tuple([Expr::val(kind.to_value()), Expr::val(region), Expr::val(version)])));
    }
    let rows =
        query.order_by_desc(C::Kind).order_by_desc(C::RegionCode).order_by_desc(C::Version).limit(pager.fetch()).all(cx.reader()).await?;
    let policies = rows.into_iter().map(view).collect::<Result<Vec<_>>>()?;
    pager.page(policies, |p| (p.kind, p.region_code, p.version))
}

fn view(row: row::Model) -> Result<Policy> {
    let mut policy = Policy {
        kind: row.kind,
        region_code: row.region_code,
        version: row.version,
        working_time: None,
        order_flow: None,
        grid_rules: None,
        hotline: None,
        household_links: None,
        visit_rules: None,
        snapshot_rules: None,
        retention: None,
        organization_rules: None,
        venue_rules: None,
        whistle_rules: None,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    };
    match row.kind {
        PolicyKind::WorkingTime => policy.working_time = Some(read(&row.data)?),
        PolicyKind::OrderFlow => policy.order_flow = Some(read(&row.data)?),
        PolicyKind::GridRules => policy.grid_rules = Some(read(&row.data)?),
        PolicyKind::Hotline => policy.hotline = Some(read(&row.data)?),
        PolicyKind::HouseholdLinks => policy.household_links = Some(read(&row.data)?),
        PolicyKind::VisitRules => policy.visit_rules = Some(read(&row.data)?),
        PolicyKind::SnapshotRules => policy.snapshot_rules = Some(read(&row.data)?),
        PolicyKind::Retention => policy.retention = Some(read(&row.data)?),
        PolicyKind::OrganizationRules => policy.organization_rules = Some(read(&row.data)?),
        PolicyKind::VenueRules => policy.venue_rules = Some(read(&row.data)?),
        PolicyKind::WhistleRules => policy.whistle_rules = Some(read(&row.data)?),
    }
    Ok(policy)
}

fn read<T: DeserializeOwned>(data: &str) -> Result<T> {
    serde_json::from_str(data).map_err(Error::internal)
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity)]
}
