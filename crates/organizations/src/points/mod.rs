//! Points (党员积分制): what members do counts by rules.
//!
//! A rule says what gives or takes how many points, with a cap for a month, a quarter or a year; it is the place's own, and a change of
//! it is a new version ([`set_point_rule`]). The ledger only grows: an entry counts by the version in force on the day that it is about,
//! and nothing counts twice by one rule ([`enter_points`]). Its member may appeal against it once ([`appeal_points`]); an appeal that is
//! upheld appends an entry that takes it back ([`decide_point_appeal`]). When a year is settled, sums stand fast and nothing is entered
//! into it any more ([`settle_points`]).

mod command;
mod event;
pub mod flow;
mod row;
mod store;
mod view;

pub use command::{
    AppealPoints, DecidePointAppeal, EnterPoints, ListOwnPoints, ListPointEntries, ListPointRules, ListPointStandings, SetPointRule,
    SettlePoints,
};
pub(crate) use event::event_types;
pub use row::{AppealState, CapPeriod};
pub use view::{PointAppeal, PointEntry, PointRule, PointSettlement, PointStanding};

use crate::paging::{day, period, plain_time};
use chrono::Datelike;
use event::PointEvent;
use flow::Action;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Subject,
    access::{PersonalData, Reach},
    id::{PointEntryId, PointRuleId},
    stage::{stage_new, stage_next},
};
use row::{appeal, entry, rule, settlement};
use view::owner;

/// Sets a rule of points (设定积分规则): a new version; the one before ends where it begins.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `content_invalid` for no points, or a cap without its period; `period_invalid` for one
/// that begins before the version that it follows, or in the past.
pub async fn set_point_rule(cx: &Cx, command: SetPointRule) -> Result<PointRule> {
    let region = command.region_code;
    cx.actor.require(Permission::PointsManage, &Place::from(region))?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let odd = |field: &str, reason: &str| Error::field_with(format!("#/{field}"), Code::FieldInvalid, vec![("reason", reason.to_owned())]);
    if command.points == 0 {
        return Err(odd("points", "it gives or takes points"));
    }
    if command.cap.is_some() != command.cap_period.is_some() {
        return Err(odd("cap_period", "a cap and its period go together"));
    }
    let today = day(cx.now());
    let valid_from = command.valid_from.unwrap_or(today);
    period(valid_from, command.valid_to)?;
    let late = || Error::new(Code::PeriodInvalid).at("#/valid_from");
    // What has been counted by a rule stays counted: none begins in the past.
    if valid_from < today {
        return Err(late());
    }
    let mut tx = cx.begin();
    let conn = tx.conn().await?;
    let last = store::newest_rule(conn, region, &command.code).await?;
    if last.as_ref().is_some_and(|last| valid_from < last.valid_from) {
        return Err(late());
    }
    store::end_rules(conn, region, &command.code, valid_from).await?;
    let row = rule::Model {
        id: tx.id::<PointRuleId>(),
        region_code: region,
        code: command.code,
        version: last.map_or(1, |last| last.version + 1),
        title: command.title,
        points: command.points,
        cap: command.cap,
        cap_period: command.cap_period,
        valid_from,
        valid_to: command.valid_to,
        created_at: tx.now,
    };
    let subject = Subject { id: row.id.0, version: row.version, region };
    tx.emit(subject, &PointEvent::RuleSet { code: row.code.clone(), points: row.points })?;
    stage_new(&mut tx, row.clone());
    // Somebody else has set it at this moment.
    tx.commit_created(view::rule(row))
        .await
        .map_err(|e| if e.breaks("point_rules") { Error::new(Code::VersionStale).because(e) } else { e })
}

/// The rules of points, old versions included (积分规则列表): they are no secret.
///
/// # Errors
/// `cursor_invalid`.
pub async fn list_point_rules(cx: &Cx, query: ListPointRules) -> Result<Page<PointRule>> {
    let pager = Pager::new("point_rules", &(query.region_code, &query.code), PageQuery { limit: query.limit, cursor: query.cursor })?;
    let rows = store::rules(cx, query.region_code, query.code.as_deref(), &pager).await?;
    Ok(pager.page(rows, |r| (r.region_code.as_i64(), r.code.clone(), r.version))?.map(view::rule))
}

/// Enters points by a rule (积分登记).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `matter_is_own` for one's own; `reference_broken` for an account, an
/// organization or an order that there is not, or that the caller may not know of; `period_invalid` for a day to come;
/// `point_rule_unknown` when no rule of this code holds there on that day; `point_entry_exists`; `point_cap_reached`; `point_year_settled`.
pub async fn enter_points(cx: &Cx, command: EnterPoints) -> Result<PointEntry> {
    let region = command.region_code;
    cx.actor.require(Permission::PointsEnter, &Place::from(region))?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if cx.actor.account == Some(command.account_id) {
        return Err(Error::new(Code::MatterIsOwn).at("#/account_id"));
    }
    identity::require_named(cx, command.account_id).await.map_err(|e| e.at("#/account_id"))?;
    if let Some(organization) = command.organization_id {
        crate::named_region(cx, organization).await.map_err(|e| e.at("#/organization_id"))?;
    }
    let today = day(cx.now());
    let happened_on = command.happened_on.unwrap_or(today);
    if happened_on > today || happened_on.year() < 1900 {
        return Err(Error::new(Code::PeriodInvalid).at("#/happened_on"));
    }
    let unknown = || Error::new(Code::PointRuleUnknown).with("code", &command.code).with("region", region).with("day", happened_on);
    let rule = store::rule_on(cx, region, &command.code, happened_on).await?.ok_or_else(|| unknown().at("#/code"))?;
    let mut tx = cx.begin();
    let row = entry::Model {
        id: tx.id(),
        region_code: region,
        account_id: command.account_id,
        organization_id: command.organization_id,
        rule_id: rule.id,
        rule_code: rule.code.clone(),
        points: rule.points,
        subject: kernel::mask::text(command.subject.trim()),
        order_id: command.order_id,
        happened_on,
        year: happened_on.year(),
        reverses_id: None,
        entered_by: cx.actor.account,
        created_at: tx.now,
    };
    let conn = tx.conn().await?;
    store::hold_rule(conn, &rule).await?;
    if let (Some(cap), Some(span)) = (rule.cap, rule.cap_period.and_then(|p| store::span(p, happened_on))) {
        let given = store::given(conn, row.account_id, &rule.code, span).await?;
        if (given + i64::from(rule.points)).abs() > i64::from(cap) {
            return Err(Error::new(Code::PointCapReached).with("code", &rule.code).with("cap", cap));
        }
    }
    append(conn, &row).await?;
    tx.emit(subject(&row, 1), &entered(&row))?;
    tx.commit_created(view::entry(row, None)).await
}

/// Appends an entry to the ledger of a year that is not settled. It is written before that is asked: a settlement waits for it, or it for
/// the settlement.
async fn append(conn: &sea_orm::DatabaseTransaction, row: &entry::Model) -> Result<()> {
    store::insert_entry(conn, row.clone()).await.map_err(|e| match e.code {
        Code::ValueTaken => Error::new(Code::PointEntryExists).with("code", &row.rule_code).because(e),
        Code::ReferenceBroken => e.at("#/order_id"),
        _ => e,
    })?;
    if store::settled(conn, row.region_code, row.year).await? {
        return Err(Error::new(Code::PointYearSettled).with("year", row.year));
    }
    Ok(())
}

/// The ledger, as far as the caller may read it (积分流水), the newest of a region first.
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_point_entries(cx: &Cx, query: ListPointEntries) -> Result<Page<PointEntry>> {
    plain_time(query.updated_after)?;
    plain_year(query.year)?;
    let reach = reach(cx)?;
    let filters = (query.region_code, query.organization_id, query.account_id, query.year, query.updated_after, cx.actor.account);
    let pager = Pager::new("point_entries", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let page = pager.page(store::entries(cx, &reach, &query, &pager).await?, |e| (e.region_code.as_i64(), e.id))?;
    with_appeals(cx, page).await
}

/// One's own points, newest first (我的积分).
///
/// # Errors
/// `cursor_invalid`.
pub async fn list_own_points(cx: &Cx, query: ListOwnPoints) -> Result<Page<PointEntry>> {
    let me = cx.actor.account()?;
    let pager = Pager::new("own_points", &me, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let page = pager.page(store::own(cx, me, &pager).await?, |e| e.id)?;
    with_appeals(cx, page).await
}

/// Who has how many points in a year of a community (积分排名), the most first; of a settled year as it was then.
///
/// # Errors
/// `permission_missing`; `cursor_invalid`.
pub async fn list_point_standings(cx: &Cx, query: ListPointStandings) -> Result<Page<PointStanding>> {
    let region = query.region_code;
    cx.actor.require(Permission::PointsRead, &Place { region: Some(region), grid: None, organization: query.organization_id })?;
    plain_year(query.year)?;
    let year = query.year.unwrap_or_else(|| day(cx.now()).year());
    let pager = Pager::new(
        "point_standings",
        &(region, query.organization_id, year),
        PageQuery { limit: query.limit, cursor: query.cursor.clone() },
    )?;
    let settled = query.organization_id.is_none() && store::settled(cx.reader(), region, year).await?;
    let rows = if settled { store::frozen(cx, region, year, &pager).await? } else { store::standings(cx, &query, year, &pager).await? };
    let page = pager.page(rows, |s| (s.points, s.account_id))?;
    Ok(page.map(|s| PointStanding { account_id: s.account_id, year, points: s.points, entries: s.entries, settled }))
}

/// Appeals against an entry of one's own (积分申诉), once.
///
/// # Errors
/// `point_entry_not_found`; `permission_missing` for those who read it and whose it is not; `point_appeal_conflict`; `point_year_settled`.
pub async fn appeal_points(cx: &Cx, id: PointEntryId, command: AppealPoints) -> Result<PointEntry> {
    let row = known(cx, id).await?;
    if cx.actor.account != Some(row.account_id) {
        return Err(Error::new(Code::PermissionMissing).with("permission", "own"));
    }
    let before = store::appeals(cx, vec![id]).await?.remove(&id);
    let state = flow::decide(before.map(|a| a.state), Action::File)?;
    if store::settled(cx.reader(), row.region_code, row.year).await? {
        return Err(Error::new(Code::PointYearSettled).with("year", row.year));
    }
    let mut tx = cx.begin();
    let appeal = appeal::Model {
        id,
        version: 1,
        state,
        reason: cx.vault().seal(&owner(id, "reason"), &command.reason)?,
        answer: None,
        filed_at: tx.now,
        decided_by: None,
        decided_at: None,
    };
    tx.emit(subject(&row, 2), &PointEvent::Appealed { account_id: row.account_id })?;
    stage_new(&mut tx, appeal.clone());
    let view = view::entry(row, Some(view::appeal(cx, &appeal, true)?));
    tx.commit_created(view).await.map_err(|e| {
        let twice = || flow::decide(Some(AppealState::Filed), Action::File).err();
        if e.breaks("point_appeals") { twice().unwrap_or(e) } else { e }
    })
}

/// Decides an appeal (办理积分申诉). One that is upheld appends an entry that takes the points back.
///
/// # Errors
/// `point_entry_not_found`; `permission_missing`; `matter_is_own` for one's own; `point_appeal_conflict`; `point_year_settled`.
pub async fn decide_point_appeal(cx: &Cx, id: PointEntryId, command: DecidePointAppeal) -> Result<PointEntry> {
    let row = known(cx, id).await?;
    cx.actor.require(Permission::PointsManage, &Place::from(row.region_code))?;
    if cx.actor.account == Some(row.account_id) {
        return Err(Error::new(Code::MatterIsOwn));
    }
    let old = store::appeals(cx, vec![id]).await?.remove(&id);
    let action = if command.upheld { Action::Uphold } else { Action::Reject };
    let state = flow::decide(old.as_ref().map(|a| a.state), action)?;
    let old = old.ok_or_else(|| Error::internal("an appeal that is decided was filed"))?;
    let mut tx = cx.begin();
    let mut new = old.clone();
    new.version += 1;
    new.state = state;
    new.answer = Some(cx.vault().seal(&owner(id, "answer"), &command.answer)?);
    new.decided_by = cx.actor.account;
    new.decided_at = Some(tx.now);
    tx.emit(subject(&row, 3), &PointEvent::AppealDecided { account_id: row.account_id, upheld: command.upheld })?;
    if command.upheld {
        let back = entry::Model {
            id: tx.id(),
            points: -row.points,
            subject: format!("reverses {id}"),
            reverses_id: Some(id),
            entered_by: cx.actor.account,
            created_at: tx.now,
            ..row.clone()
        };
        append(tx.conn().await?, &back).await?;
        tx.emit(subject(&back, 1), &entered(&back))?;
    }
    stage_next(&mut tx, [appeal::Column::Id, appeal::Column::Version], old, new.clone());
    let view = view::entry(row, Some(view::appeal(cx, &new, true)?));
    tx.commit(view).await
}

/// Settles a year of a community (积分年度结算): what everybody has in it stands fast.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `region_not_community`; `period_invalid` for a year to come; `point_year_settled`.
pub async fn settle_points(cx: &Cx, command: SettlePoints) -> Result<PointSettlement> {
    let (region, year) = (command.region_code, command.year);
    cx.actor.require(Permission::PointsManage, &Place::from(region))?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if year > day(cx.now()).year() {
        return Err(Error::new(Code::PeriodInvalid).at("#/year"));
    }
    let mut tx = cx.begin();
    let (id, now) = (tx.id::<PointEntryId>(), tx.now);
    let conn = tx.conn().await?;
    store::stop_entries(conn).await?;
    let done = || Error::new(Code::PointYearSettled).with("year", year);
    if store::settled(conn, region, year).await? {
        return Err(done());
    }
    let sums = store::sums(conn, region, year).await?;
    let row = settlement::Model {
        region_code: region,
        year,
        accounts: i32::try_from(sums.len()).map_err(Error::internal)?,
        points: sums.iter().map(|s| s.points).sum(),
        settled_by: cx.actor.account,
        settled_at: now,
    };
    store::freeze(conn, row.clone(), sums).await.map_err(|e| if e.code == Code::ValueTaken { done().because(e) } else { e })?;
    let subject = Subject { id: id.0, version: 1, region };
    tx.emit(subject, &PointEvent::Settled { year, accounts: row.accounts, points: row.points })?;
    tx.commit_created(view::settlement(row)).await
}

/// A year of a query.
fn plain_year(year: Option<i32>) -> Result<()> {
    if year.is_none_or(|year| (1900..=9999).contains(&year)) {
        Ok(())
    } else {
        Err(Error::new(Code::QueryParameterInvalid).with("reason", "a year from 1900 to 9999"))
    }
}

async fn with_appeals(cx: &Cx, page: Page<entry::Model>) -> Result<Page<PointEntry>> {
    let appeals = store::appeals(cx, page.items.iter().map(|e| e.id).collect()).await?;
    let view = |row: entry::Model| {
        let own = cx.actor.account == Some(row.account_id);
        let open = own || cx.actor.can(Permission::PointsManage, &Place::from(row.region_code));
        let open = open && cx.actor.sees(PersonalData::Staff);
        let appeal = appeals.get(&row.id).map(|a| view::appeal(cx, a, open)).transpose()?;
        Ok(view::entry(row, appeal))
    };
    let items = page.items.into_iter().map(view).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

async fn known(cx: &Cx, id: PointEntryId) -> Result<entry::Model> {
    let row = store::entry(cx, id).await?.filter(|row| {
        let place = Place { region: Some(row.region_code), grid: None, organization: row.organization_id };
        cx.actor.account == Some(row.account_id) || cx.actor.can(Permission::PointsRead, &place)
    });
    row.ok_or_else(|| Error::new(Code::PointEntryNotFound))
}

fn reach(cx: &Cx) -> Result<Reach> {
    let reach = cx.actor.reach(Permission::PointsRead);
    if reach.is_empty() { Err(Error::new(Code::PermissionMissing).with("permission", Permission::PointsRead)) } else { Ok(reach) }
}

fn entered(row: &entry::Model) -> PointEvent {
    PointEvent::Entered {
        account_id: row.account_id,
        rule_code: row.rule_code.clone(),
        points: row.points,
        order_id: row.order_id,
        reverses_id: row.reverses_id,
    }
}

/// An entry has three versions: entered, appealed against, decided.
const fn subject(row: &entry::Model, version: i32) -> Subject {
    Subject { id: row.id.0, version, region: row.region_code }
}

/// The sealed columns of points.
pub(crate) fn sealed_columns() -> Vec<kernel::sealed::SealedColumn> {
    use kernel::sealed::SealedColumn as S;
    vec![
        S::by_id("point_appeals", "reason", |key| format!("point_appeal {} reason", key[0])),
        S::by_id("point_appeals", "answer", |key| format!("point_appeal {} answer", key[0])),
    ]
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![
        schema.create_table_from_entity(rule::Entity),
        schema.create_table_from_entity(entry::Entity),
        schema.create_table_from_entity(appeal::Entity),
        schema.create_table_from_entity(settlement::Entity),
        schema.create_table_from_entity(row::sum::Entity),
    ]
}
