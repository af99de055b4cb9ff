//! Checklists (检查清单): what a grid is held against, item by item, such as “八必有”.
//!
//! Which checklists there are and what stands in them is the place's own: a checklist names its items with weights, and an edit
//! begins a new version. A grid is held against the version in force ([`run_checklist`]); the run keeps that version, what was found
//! for each item with its evidence, and the score. Evidence may name people, so it is sealed. A checklist of a region holds
//! for all grids within.

mod command;
pub(crate) mod event;
mod report;
mod row;
mod run;
mod store;
mod view;

pub use command::{
    ChecklistReportQuery, CloseChecklist, CreateChecklist, ListChecklistRuns, ListChecklists, RunChecklist, UpdateChecklist,
};
pub use report::{ChecklistStanding, checklist_report};
pub use run::{get_checklist_run, list_checklist_runs, run_checklist, sees_checklist_run};
pub use view::{Checklist, ChecklistItem, ChecklistResult, ChecklistRun};

use crate::region;
use event::ChecklistEvent;
use kernel::{Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Subject, id::ChecklistId};
use row::checklist;
use sea_orm::{EntityTrait, IntoActiveModel};

/// Writes a checklist (新建检查清单).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `content_invalid` for two items with one code.
pub async fn create_checklist(cx: &Cx, command: CreateChecklist) -> Result<Checklist> {
    let region = command.region_code;
    cx.actor.require(Permission::ChecklistManage, &Place::from(region))?;
    region::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    distinct(&command.items)?;
    let mut tx = cx.begin();
    let row = checklist::Model {
        id: tx.id(),
        version: 1,
        region_code: region,
        name: command.name,
        items: serde_json::to_string(&command.items).map_err(Error::internal)?,
        valid_from: tx.now,
        valid_to: None,
    };
    tx.emit(row.subject(), &ChecklistEvent::created(command.items.len()))?;
    checklist::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    tx.commit_created(view::checklist(row)?).await
}

/// Changes a checklist (修改检查清单): a new version of it begins now.
///
/// # Errors
/// `checklist_not_found`; `permission_missing`; `checklist_closed`; `version_stale`; `content_invalid` for two items with one code.
pub async fn update_checklist(cx: &Cx, id: ChecklistId, command: UpdateChecklist) -> Result<Checklist> {
    let old = manageable(cx, id, command.version).await?;
    if let Some(items) = &command.items {
        distinct(items)?;
    }
    let items = command.items.map(|items| serde_json::to_string(&items)).transpose().map_err(Error::internal)?;
    let mut tx = cx.begin();
    store::end(&mut tx, &old).await?;
    let row = checklist::Model {
        version: old.version + 1,
        name: command.name.unwrap_or(old.name),
        items: items.unwrap_or(old.items),
        valid_from: tx.now,
        ..old
    };
    let view = view::checklist(row.clone())?;
    tx.emit(row.subject(), &ChecklistEvent::updated(view.items.len()))?;
    checklist::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn().await?).await?;
    tx.commit(view).await
}

/// Ends a checklist (停用检查清单): no grid is held against it any more; its runs stay.
///
/// # Errors
/// As [`update_checklist`].
pub async fn close_checklist(cx: &Cx, id: ChecklistId, command: CloseChecklist) -> Result<Checklist> {
    let mut row = manageable(cx, id, command.version).await?;
    let mut tx = cx.begin();
    store::end(&mut tx, &row).await?;
    row.valid_to = Some(tx.now);
    // A closed checklist has no later version, so its end is one step beyond the last.
    let subject = Subject { version: row.version + 1, ..row.subject() };
    let view = view::checklist(row)?;
    tx.emit(subject, &ChecklistEvent::closed(view.items.len()))?;
    tx.commit(view).await
}

/// The newest version of a checklist, closed ones included (查询检查清单).
///
/// # Errors
/// `checklist_not_found`.
pub async fn get_checklist(cx: &Cx, id: ChecklistId) -> Result<Checklist> {
    view::checklist(store::newest(cx, id).await?.ok_or_else(|| Error::new(Code::ChecklistNotFound))?)
}

/// The checklists in force (检查清单列表), the newest of a region first.
///
/// # Errors
/// `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_checklists(cx: &Cx, query: ListChecklists) -> Result<Page<Checklist>> {
    let pager = Pager::new("checklists", &query.region_code, PageQuery { limit: query.limit, cursor: query.cursor.clone() })?;
    let rows = store::in_force(cx, query.region_code, &pager).await?;
    let lists = rows.into_iter().map(view::checklist).collect::<Result<Vec<_>>>()?;
    pager.page(lists, |list| (list.region_code, list.id))
}

async fn manageable(cx: &Cx, id: ChecklistId, version: Option<i32>) -> Result<checklist::Model> {
    let row = store::newest(cx, id).await?.ok_or_else(|| Error::new(Code::ChecklistNotFound))?;
    cx.actor.require(Permission::ChecklistManage, &Place::from(row.region_code))?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    if row.valid_to.is_some() { Err(Error::new(Code::ChecklistClosed)) } else { Ok(row) }
}

/// Each item has a code of its own.
fn distinct(items: &[ChecklistItem]) -> Result<()> {
    match items.iter().enumerate().find(|(n, item)| items[..*n].iter().any(|other| other.code == item.code)) {
        Some((n, _)) => {
            Err(Error::field_with(format!("#/items/{n}/code"), Code::FieldInvalid, vec![("reason", "the code is there twice".to_owned())]))
        }
        None => Ok(()),
    }
}

impl checklist::Model {
    const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }
}

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(checklist::Entity), schema.create_table_from_entity(row::run::Entity)]
}
