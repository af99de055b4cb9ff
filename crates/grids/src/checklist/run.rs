//! Holding a grid against a checklist (清单检查).

use super::{
    ChecklistItem, ChecklistResult, ChecklistRun, ListChecklistRuns, RunChecklist,
    event::ChecklistWasRun,
    row::run,
    store,
    view::{self, owner},
};
use crate::grid;
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, Place, Result, Subject, Tx,
    id::{AttachmentId, ChecklistRunId, GridId},
};
use sea_orm::{EntityTrait, IntoActiveModel};

/// Holds a grid against a checklist (清单检查), item by item, and reckons the score.
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `grid_ended`; `checklist_unknown` for one that does not hold where the grid lies;
/// `version_stale` when there is a newer version of it than the one named; `content_invalid` for an item that is not in it, is there twice or
/// is missing, has more points than it is worth, or lacks its evidence; those of `claim`, which hands the files over to the run.
pub async fn run_checklist(
    cx: &Cx,
    grid: GridId,
    command: RunChecklist,
    claim: impl AsyncFnOnce(&mut Tx<'_>, ChecklistRunId, &[AttachmentId]) -> Result<()>,
) -> Result<ChecklistRun> {
    let home = grid::find(cx, grid).await?;
    cx.actor.require(Permission::ChecklistRun, &Place { region: Some(home.region_code), grid: Some(grid), organization: None })?;
    let home = grid::home(cx, home.id).await?;
    let list = store::newest(cx, command.checklist_id).await?;
    let list = list.filter(|list| list.valid_to.is_none() && list.region_code.covers(home.region_code));
    let list = view::checklist(list.ok_or_else(|| Error::new(Code::ChecklistUnknown).at("#/checklist_id"))?)?;
    if command.checklist_version.is_some_and(|seen| seen != list.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let score = reckon(&list.items, &command.results)?;
    let mut tx = cx.begin();
    let id: ChecklistRunId = tx.id();
    if !command.attachment_ids.is_empty() {
        claim(&mut tx, id, &command.attachment_ids).await?;
    }
    let row = run::Model {
        id,
        checklist_id: list.id,
        checklist_version: list.version,
        grid_id: grid,
        region_code: home.region_code,
        results: cx.vault().seal(&owner(id), &serde_json::to_string(&command.results).map_err(Error::internal)?)?,
        score: i32::try_from(score).map_err(Error::internal)?,
        max_score: i32::try_from(list.max_score).map_err(Error::internal)?,
        attachment_ids: serde_json::to_string(&command.attachment_ids).map_err(Error::internal)?,
        run_by: cx.actor.account,
        created_at: tx.now,
    };
    let said = ChecklistWasRun { grid_id: grid, checklist_id: list.id, score, max_score: list.max_score };
    tx.emit(Subject { id: id.0, version: 1, region: row.region_code }, &said)?;
    run::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await?;
    tx.commit_created(view::whole(cx, row)?).await
}

/// The score of these results, if they are one for each item, within its points, and with the evidence that it asks for.
fn reckon(items: &[ChecklistItem], results: &[ChecklistResult]) -> Result<u32> {
    let wrong = |n: usize, field: &str, reason: &str| {
        Err(Error::field_with(format!("#/results/{n}/{field}"), Code::FieldInvalid, vec![("reason", reason.to_owned())]))
    };
    for (n, result) in results.iter().enumerate() {
        let Some(item) = items.iter().find(|item| item.code == result.code) else { return wrong(n, "code", "there is no such item") };
        if results[..n].iter().any(|other| other.code == result.code) {
            return wrong(n, "code", "the item is there twice");
        }
        if result.points > item.points {
            let bounds = vec![("min", "0".to_owned()), ("max", item.points.to_string())];
            return Err(Error::field_with(format!("#/results/{n}/points"), Code::FieldRange, bounds));
        }
        if item.evidence_required && result.points > 0 && result.evidence.is_none() {
            let pointer = format!("#/results/{n}/evidence");
            return Err(Error::field_with(pointer, Code::FieldMissing, vec![("name", "evidence".to_owned())]));
        }
    }
    if let Some(item) = items.iter().find(|item| !results.iter().any(|result| result.code == item.code)) {
        let reason = format!("the item {} is missing", item.code);
        return Err(Error::field_with("#/results", Code::FieldInvalid, vec![("reason", reason)]));
    }
    Ok(results.iter().map(|result| u32::from(result.points)).sum())
}

/// One run with what was found (查询清单检查).
///
/// # Errors
/// `checklist_run_not_found`, also for those who may not know of it.
pub async fn get_checklist_run(cx: &Cx, id: ChecklistRunId) -> Result<ChecklistRun> {
    let missing = || Error::new(Code::ChecklistRunNotFound);
    let row = store::find_run(cx, id).await?.ok_or_else(missing)?;
    let place = Place { region: Some(row.region_code), grid: Some(row.grid_id), organization: None };
    if cx.actor.can(Permission::ChecklistRead, &place) { view::whole(cx, row) } else { Err(missing()) }
}

/// Whether the caller may see a run, and so its files.
///
/// # Errors
/// `database_unavailable`.
pub async fn sees_checklist_run(cx: &Cx, id: ChecklistRunId) -> Result<bool> {
    let row = store::find_run(cx, id).await?;
    let place = |row: run::Model| Place { region: Some(row.region_code), grid: Some(row.grid_id), organization: None };
    Ok(row.is_some_and(|row| cx.actor.can(Permission::ChecklistRead, &place(row))))
}

/// Runs by community and, within one, by age, without what was found (清单检查列表).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `cursor_invalid`; `query_parameter_invalid`.
pub async fn list_checklist_runs(cx: &Cx, query: ListChecklistRuns) -> Result<Page<ChecklistRun>> {
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let pager = Pager::new("checklist_runs", &(query.region_code, query.grid_id, query.checklist_id), page)?;
    let page = pager.page(store::runs(cx, &query, &pager).await?, |row| (row.region_code, row.id))?;
    Ok(page.map(view::brief))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(code: &str, points: u16, evidence_required: bool) -> ChecklistItem {
        ChecklistItem { code: code.to_owned(), text: "某项".to_owned(), points, evidence_required }
    }

    fn result(code: &str, points: u16, evidence: Option<&str>) -> ChecklistResult {
        ChecklistResult { code: code.to_owned(), points, evidence: evidence.map(str::to_owned), note: None }
    }

    #[test]
    fn the_score_is_the_sum_and_every_item_has_its_result() {
        let items = [item("1", 10, false), item("2", 5, true)];
        assert_eq!(reckon(&items, &[result("2", 5, Some("照片")), result("1", 7, None)]).unwrap(), 12);
        assert_eq!(reckon(&items, &[result("1", 0, None), result("2", 0, None)]).unwrap(), 0, "nothing needs no evidence");
        for (results, pointer) in [
            (vec![result("1", 1, None)], "#/results"),
            (vec![result("1", 1, None), result("3", 1, None)], "#/results/1/code"),
            (vec![result("1", 1, None), result("1", 1, None)], "#/results/1/code"),
            (vec![result("1", 11, None), result("2", 0, None)], "#/results/0/points"),
            (vec![result("1", 1, None), result("2", 1, None)], "#/results/1/evidence"),
        ] {
            assert_eq!(reckon(&items, &results).unwrap_err().fields[0].pointer, pointer);
        }
    }
}
