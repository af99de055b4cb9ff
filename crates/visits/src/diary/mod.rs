//! Diaries (民情日记): how a matter of the neighbourhood was heard, discussed and settled, step by step.
//!
//! Which steps there are is the place's own: a template names them (民情日记七步工作法 has seven) and an edit begins a new
//! version, while a diary keeps the version that it was begun with. Whoever writes diaries there may write a step, the author
//! or a colleague (三长: grid lead, party-group leader, building lead work it together). A matter that others must deal with
//! becomes an order by way of an opinion.

mod command;
mod event;
mod row;
mod view;

pub use command::{BeginDiary, CloseDiary, CreateDiaryTemplate, ListDiaries, ListDiaryTemplates, RecordDiaryStep, UpdateDiaryTemplate};
pub(crate) use event::event_types;
pub use view::{Diary, DiaryEntry, DiaryStep, DiaryTemplate};

use crate::{
    opinion::Origin,
    table::{Lies, newest, require_version, stage_new, stage_next},
};
use event::DiaryEvent;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, RegionCode, Result, Subject,
    access::PersonalData,
    id::{DiaryId, DiaryTemplateId},
};
use row::{diary, template};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

/// Writes a template of diaries (新建民情日记模板).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`.
pub async fn create_diary_template(cx: &Cx, command: CreateDiaryTemplate) -> Result<DiaryTemplate> {
    let region = command.region_code;
    cx.actor.require(Permission::DiaryManage, &Place::from(region))?;
    services::require_region(cx, region).await?;
    let mut tx = cx.begin();
    let row = template::Model {
        id: tx.id(),
        version: 1,
        region_code: region,
        name: command.name,
        in_order: command.in_order.unwrap_or(true),
        steps: serde_json::to_string(&command.steps).map_err(Error::internal)?,
        valid_from: tx.now,
        valid_to: None,
    };
    tx.emit(of_template(&row), &DiaryEvent::TemplateCreated {})?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(view::template(row)?).await
}

/// Changes a template (修改民情日记模板): a new version of it begins now.
///
/// # Errors
/// `diary_template_not_found`; `permission_missing`; `version_stale`.
pub async fn update_diary_template(cx: &Cx, id: DiaryTemplateId, command: UpdateDiaryTemplate) -> Result<DiaryTemplate> {
    let old = current_template(cx, id).await?.ok_or_else(|| Error::new(Code::DiaryTemplateNotFound))?;
    cx.actor.require(Permission::DiaryManage, &Place::from(old.region_code))?;
    require_version(command.version, old.version)?;
    let mut tx = cx.begin();
    let ended = template::Entity::update_many()
        .col_expr(template::Column::ValidTo, Expr::val(tx.now))
        .filter(template::Column::Id.eq(id))
        .filter(template::Column::Version.eq(old.version))
        .filter(template::Column::ValidTo.is_null())
        .exec(tx.conn().await?)
        .await?;
    if ended.rows_affected != 1 {
        return Err(Error::new(Code::VersionStale));
    }
    let steps = command.steps.map(|steps| serde_json::to_string(&steps)).transpose().map_err(Error::internal)?;
    let row = template::Model {
        version: old.version + 1,
        name: command.name.unwrap_or(old.name),
        in_order: command.in_order.unwrap_or(old.in_order),
        steps: steps.unwrap_or(old.steps),
        valid_from: tx.now,
        ..old
    };
    tx.emit(of_template(&row), &DiaryEvent::TemplateUpdated {})?;
    template::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    tx.commit(view::template(row)?).await
}

/// The current version of a template (查询民情日记模板).
///
/// # Errors
/// `diary_template_not_found`.
pub async fn get_diary_template(cx: &Cx, id: DiaryTemplateId) -> Result<DiaryTemplate> {
    view::template(current_template(cx, id).await?.ok_or_else(|| Error::new(Code::DiaryTemplateNotFound))?)
}

/// The current templates (民情日记模板列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_diary_templates(cx: &Cx, query: ListDiaryTemplates) -> Result<Page<DiaryTemplate>> {
    use template::Column as C;
    let pager = Pager::new("diary_templates", &query.region_code, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let up = query.region_code.map(|region| std::iter::successors(Some(region), |r| r.parent()));
    let mut select = template::Entity::find().filter(C::ValidTo.is_null()).apply_if(up, |q, up| q.filter(C::RegionCode.is_in(up)));
    if let Some((region, id)) = pager.after::<(RegionCode, DiaryTemplateId)>()? {
        select =
            select.filter(Expr::tuple([Expr::col(C::RegionCode), Expr::col(C::Id)]).lt(Expr::tuple([Expr::val(region), Expr::val(id)])));
    }
    let rows = select.order_by_desc(C::RegionCode).order_by_desc(C::Id).limit(pager.fetch()).all(cx.reader()).await?;
    let templates = rows.into_iter().map(view::template).collect::<Result<Vec<_>>>()?;
    pager.page(templates, |t| (t.region_code, t.id))
}

/// Begins a diary (记民情日记).
///
/// # Errors
/// `region_unknown`, `region_closed`, `region_not_community`; `grid_foreign`, `grid_closed`; `permission_missing`;
/// `diary_template_unknown`; `period_invalid` for a day to come.
pub async fn begin_diary(cx: &Cx, command: BeginDiary) -> Result<Diary> {
    let region = command.region_code;
    cx.actor.require(Permission::DiaryWrite, &Place { region: Some(region), grid: command.grid_id, organization: None })?;
    grids::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if let Some(grid) = command.grid_id {
        grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
    }
    let template = current_template(cx, command.template_id).await?.filter(|t| t.region_code.covers(region));
    let template = template.ok_or_else(|| Error::new(Code::DiaryTemplateUnknown).at("#/template_id"))?;
    let today = cx.now().with_timezone(&services::calendar::china()).date_naive();
    let happened_on = command.happened_on.unwrap_or(today);
    if happened_on > today || happened_on < today - chrono::Days::new(3660) {
        return Err(Error::new(Code::PeriodInvalid).at("#/happened_on"));
    }
    let mut tx = cx.begin();
    let id = tx.id();
    let row = diary::Model {
        id,
        version: 1,
        template_id: template.id,
        template_version: template.version,
        region_code: region,
        grid_id: command.grid_id,
        author_id: cx.actor.account()?,
        happened_on,
        title: command.title,
        content: view::seal(cx, id, &[])?,
        steps_done: 0,
        created_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
    };
    tx.emit(of_diary(&row), &DiaryEvent::Begun { template_id: template.id, template_version: template.version })?;
    stage_new(&mut tx, row.clone());
    tx.commit_created(view::alone(row, Vec::new(), &view::steps(&template)?, cx.actor.sees(PersonalData::Visits))).await
}

/// Writes what was done in a step (记录步骤), or corrects it.
///
/// # Errors
/// `diary_not_found`; `permission_missing`; `diary_closed`; `version_stale`; `diary_step_unknown`; `diary_step_early`.
pub async fn record_diary_step(cx: &Cx, id: DiaryId, command: RecordDiaryStep) -> Result<Diary> {
    let Writable { old, template, mut entries } = writable(cx, id, command.version).await?;
    let steps = view::steps(&template)?;
    let at = steps.iter().position(|s| s.code == command.step);
    let at = at.ok_or_else(|| Error::new(Code::DiaryStepUnknown).with("step", &command.step).at("#/step"))?;
    let written = entries.iter().position(|e| e.step == command.step);
    if let (Some(first), true, None) = (next_step(&steps[..at], &entries), template.in_order, written) {
        return Err(Error::new(Code::DiaryStepEarly).with("step", first));
    }
    let mut tx = cx.begin();
    let entry = DiaryEntry { step: command.step, text: command.text, by: cx.actor.account()?, at: tx.now };
    match written {
        Some(place) => entries[place] = entry,
        None => entries.push(entry),
    }
    let mut row = old.clone();
    row.content = view::seal(cx, id, &entries)?;
    row.steps_done = i16::try_from(entries.len()).map_err(Error::internal)?;
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(of_diary(&row), &DiaryEvent::StepRecorded { step: at + 1 })?;
    stage_next(&mut tx, [diary::Column::Id, diary::Column::Version], old, row.clone());
    let full = sees_in_full(cx, &row);
    tx.commit(view::alone(row, entries, &steps, full)).await
}

/// Closes a diary (办结民情日记).
///
/// # Errors
/// `diary_not_found`; `permission_missing`; `diary_closed`; `version_stale`; `diary_step_early` for a needed step that is not written.
pub async fn close_diary(cx: &Cx, id: DiaryId, command: CloseDiary) -> Result<Diary> {
    let Writable { old, template, entries } = writable(cx, id, command.version).await?;
    let steps = view::steps(&template)?;
    if let Some(first) = next_step(&steps, &entries) {
        return Err(Error::new(Code::DiaryStepEarly).with("step", first));
    }
    let mut tx = cx.begin();
    let mut row = old.clone();
    row.closed_at = Some(tx.now);
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(of_diary(&row), &DiaryEvent::Closed {})?;
    stage_next(&mut tx, [diary::Column::Id, diary::Column::Version], old, row.clone());
    let full = sees_in_full(cx, &row);
    tx.commit(view::alone(row, entries, &steps, full)).await
}

/// One diary (查询民情日记).
///
/// # Errors
/// `diary_not_found`, also for those who may not know of it.
pub async fn get_diary(cx: &Cx, id: DiaryId) -> Result<Diary> {
    let row = found(cx, id).await?;
    let (template, entries) = (template_of(cx, &row).await?, view::open(cx, &row)?);
    let full = sees_in_full(cx, &row);
    Ok(view::alone(row, entries, &view::steps(&template)?, full))
}

/// The diaries that one may read, or has written (民情日记列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_diaries(cx: &Cx, query: ListDiaries) -> Result<Page<Diary>> {
    use diary::Column as C;
    let filters = (query.region_code, query.grid_id, query.author_id, query.closed, cx.actor.account);
    let pager = Pager::new("diaries", &filters, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let reach = cx.actor.reach(Permission::DiaryRead);
    let me = cx.actor.account;
    let own = reach.is_empty() || (query.author_id.is_some() && query.author_id == me);
    let select = diary::Entity::find()
        .apply_if(own.then_some(me).flatten(), |q, me| q.filter(C::AuthorId.eq(me)))
        .apply_if(query.author_id, |q, author| q.filter(C::AuthorId.eq(author)))
        .apply_if(query.grid_id, |q, grid| q.filter(C::GridId.eq(grid)))
        .apply_if(query.closed, |q, closed| q.filter(if closed { C::ClosedAt.is_not_null() } else { C::ClosedAt.is_null() }));
    let lies = Lies { region: C::RegionCode, grid: C::GridId, id: C::Id };
    let rows = newest(cx, select, (!own).then_some(&reach), query.region_code, lies, &pager).await?;
    let page = pager.page(rows, |d| (d.region_code.as_i64(), d.id))?;
    Ok(page.map(|d| {
        let full = sees_in_full(cx, &d);
        view::in_list(d, full)
    }))
}

/// Where an opinion comes from that a diary tells of, for whoever writes it; nothing for others.
pub(crate) async fn origin(cx: &Cx, id: DiaryId) -> Result<Option<Origin>> {
    let Some(row) = diary::Entity::find_by_id(id).one(cx.reader()).await? else { return Ok(None) };
    let writes = knows(cx, &row) && cx.actor.can(Permission::DiaryWrite, &place(&row));
    Ok(writes.then_some(Origin {
        region_code: row.region_code,
        grid_id: row.grid_id,
        household_id: None,
        requester_id: None,
        contact: None,
    }))
}

/// A diary that the caller may write.
struct Writable {
    old: diary::Model,
    template: template::Model,
    entries: Vec<DiaryEntry>,
}

async fn writable(cx: &Cx, id: DiaryId, version: Option<i32>) -> Result<Writable> {
    let old = found(cx, id).await?;
    cx.actor.require(Permission::DiaryWrite, &place(&old))?;
    require_version(version, old.version)?;
    if old.closed_at.is_some() {
        return Err(Error::new(Code::DiaryClosed));
    }
    Ok(Writable { template: template_of(cx, &old).await?, entries: view::open(cx, &old)?, old })
}

async fn found(cx: &Cx, id: DiaryId) -> Result<diary::Model> {
    let row = diary::Entity::find_by_id(id).one(cx.reader()).await?;
    row.filter(|row| knows(cx, row)).ok_or_else(|| Error::new(Code::DiaryNotFound))
}

fn knows(cx: &Cx, row: &diary::Model) -> bool {
    cx.actor.account == Some(row.author_id) || cx.actor.can(Permission::DiaryRead, &place(row))
}

fn sees_in_full(cx: &Cx, row: &diary::Model) -> bool {
    cx.actor.sees(PersonalData::Visits)
        && (cx.actor.account == Some(row.author_id) || cx.actor.can(Permission::OpinionReadPersonal, &place(row)))
}

/// The first needed step that is not written.
fn next_step<'a>(steps: &'a [DiaryStep], entries: &[DiaryEntry]) -> Option<&'a str> {
    steps.iter().find(|s| s.required && !entries.iter().any(|e| e.step == s.code)).map(|s| s.code.as_str())
}

async fn current_template(cx: &Cx, id: DiaryTemplateId) -> Result<Option<template::Model>> {
    let select = template::Entity::find().filter(template::Column::Id.eq(id)).filter(template::Column::ValidTo.is_null());
    Ok(select.one(cx.reader()).await?)
}

async fn template_of(cx: &Cx, row: &diary::Model) -> Result<template::Model> {
    let found = template::Entity::find_by_id((row.template_id, row.template_version)).one(cx.reader()).await?;
    found.ok_or_else(|| Error::internal("a diary has its template"))
}

fn place(row: &diary::Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: None }
}

fn of_template(row: &template::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

fn of_diary(row: &diary::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(template::Entity), schema.create_table_from_entity(diary::Entity)]
}
