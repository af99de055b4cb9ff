//! A mediation case (调解案件), from the application to the file.
//!
//! Somebody applies, orally or in writing, or the committee comes by itself (apply). The committee accepts
//! or refuses, a mediator begins, and the parties agree, orally or in writing, or do not. Any party may
//! end it at any time before. What was agreed is performed or not; then the case is closed. It costs nothing.
//!
//! Within 30 days of the day on which an agreement takes effect both parties together may ask the court to
//! confirm it (司法确认, People's Mediation Law art. 33): `confirm_by`.
//!
//! Mediation is confidential: who does not conduct cases here sees neither facts nor agreement, and the
//! parties only masked; who may not read cases here does not learn that there is one.

mod command;
mod event;
pub mod flow;
mod row;
mod store;
mod view;

pub use command::{AcceptCase, AgreeCase, ApplyCase, BeginCase, CloseCase, EndCase, ListCases, PerformCase, RecordPerformance, RefuseCase};
pub use event::event_types;
pub use flow::{Action, State};
pub use row::{AgreementForm, ApplicationForm, DisputeKind};
pub use store::tables;
pub use view::{CaseParty, MediationCase, PerformanceOutcome};

use chrono::{DateTime, SubsecRound, Utc};
use event::{Advanced, Applied};
use kernel::{
    Code, Cx, Error, Guard, Page, PageQuery, Pager, Permission, Place, Result, Subject,
    id::{AccountId, CaseId},
};
use row::Model;

/// The People's Mediation Law is in force since 2011-01-01 (Beijing time).
const LAW_IN_FORCE: DateTime<Utc> = match DateTime::from_timestamp_secs(1_293_811_200) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// Enters an application for mediation (申请调解).
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`, `grid_foreign`.
pub async fn apply_case(cx: &Cx, command: ApplyCase) -> Result<MediationCase> {
    let region = command.region_code;
    cx.actor.require(Permission::MediationManage, &Place { region: Some(region), grid: command.grid_id, organization: None })?;
    grids::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    if let Some(grid) = command.grid_id {
        grids::require_grid_in(cx, grid, region).await.map_err(|e| e.at("#/grid_id"))?;
    }
    let mut tx = cx.begin();
    let id: CaseId = tx.id();
    let parties = serde_json::to_string(&command.parties).map_err(Error::internal)?;
    let row = Model {
        id,
        version: 1,
        state: State::Applied,
        region_code: region,
        grid_id: command.grid_id,
        kind: command.kind,
        applied_how: command.applied_how,
        title: command.title,
        facts: row::Sealed::Facts.seal(cx, id, &command.facts)?,
        parties: row::Sealed::Parties.seal(cx, id, &parties)?,
        mediator_id: None,
        reason: None,
        agreement_form: None,
        agreement: None,
        effective_at: None,
        closed_from: None,
        created_at: tx.now,
        updated_at: tx.now,
        closed_at: None,
    };
    tx.stage(Guard::Insert(store::insert(&row)), Error::new(Code::Internal));
    tx.emit(subject(&row), &Applied { kind: row.kind, applied_how: row.applied_how })?;
    tx.commit_created(view::whole(cx, &row)?).await
}

/// One case (查询调解案件).
///
/// # Errors
/// `mediation_case_not_found`, also for those who may not know of it.
pub async fn get_case(cx: &Cx, id: CaseId) -> Result<MediationCase> {
    view::whole(cx, &found(cx, id, Permission::MediationRead).await?)
}

/// The cases that the caller may see (调解案件列表), without facts and agreements; the newest of a region first, the
/// region with the highest code first.
///
/// # Errors
/// `permission_missing` for a caller who may see none anywhere; `cursor_invalid`.
pub async fn list_cases(cx: &Cx, list: ListCases) -> Result<Page<MediationCase>> {
    let reach = cx.actor.reach(Permission::MediationRead);
    if reach.is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::MediationRead));
    }
    let pager = Pager::new(
        "mediation_cases",
        &(list.region_code, list.state, list.kind),
        PageQuery { limit: list.limit, cursor: list.cursor.clone() },
    )?;
    let rows = store::list(cx, &reach, &list, &pager).await?;
    let page = pager.page(rows, |r| (r.region_code.as_i64(), r.id))?;
    let items = page.items.iter().map(|row| view::brief(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Accepts an application (受理), perhaps naming the mediator at once.
///
/// # Errors
/// As every step: `mediation_case_not_found`, `permission_missing`; `mediation_state_conflict`; `version_stale`. `reference_broken`
/// when the mediator has no account that the caller may know of.
pub async fn accept_case(cx: &Cx, id: CaseId, command: AcceptCase) -> Result<MediationCase> {
    require_mediator(cx, id, command.mediator_id).await?;
    step(cx, id, command.version, Action::Accept, State::Accepted, |row, _| {
        row.mediator_id = command.mediator_id;
        Ok(())
    })
    .await
}

/// Refuses an application (不予受理), saying why.
///
/// # Errors
/// As every step.
pub async fn refuse_case(cx: &Cx, id: CaseId, command: RefuseCase) -> Result<MediationCase> {
    step(cx, id, command.version, Action::Refuse, State::Refused, |row, _| {
        row.reason = Some(row::Sealed::Reason.seal(cx, id, &command.reason)?);
        Ok(())
    })
    .await
}

/// Begins to mediate (开始调解): the named mediator, else the one named at acceptance, else the caller.
///
/// # Errors
/// As every step; `reference_broken` when the mediator has no account that the caller may know of.
pub async fn begin_case(cx: &Cx, id: CaseId, command: BeginCase) -> Result<MediationCase> {
    require_mediator(cx, id, command.mediator_id).await?;
    step(cx, id, command.version, Action::Begin, State::Mediating, |row, _| {
        row.mediator_id = command.mediator_id.or(row.mediator_id).or(cx.actor.account);
        let missing = || Error::field_with("#/mediator_id", Code::FieldMissing, vec![("name", "mediator_id".to_owned())]);
        row.mediator_id.map(|_| ()).ok_or_else(missing)
    })
    .await
}

/// Records what the parties have agreed (达成协议), orally or in writing.
///
/// # Errors
/// As every step; `content_invalid` when it would take effect in the future, or did before there was a law for it.
pub async fn agree_case(cx: &Cx, id: CaseId, command: AgreeCase) -> Result<MediationCase> {
    let to = match command.form {
        AgreementForm::Oral => State::AgreedOral,
        AgreementForm::Written => State::AgreedWritten,
    };
    step(cx, id, command.version, Action::Agree, to, |row, now| {
        let effective_at = command.effective_at.map_or(now, |at| at.trunc_subsecs(6));
        if effective_at > now || effective_at < LAW_IN_FORCE {
            let reason = vec![("reason", "not in the future, and not before the law of 2011".to_owned())];
            return Err(Error::field_with("#/effective_at", Code::FieldInvalid, reason));
        }
        row.agreement_form = Some(command.form);
        row.agreement = Some(row::Sealed::Agreement.seal(cx, id, &command.content)?);
        row.effective_at = Some(effective_at);
        Ok(())
    })
    .await
}

/// Ends mediation because no agreement can be reached (调解不成).
///
/// # Errors
/// As every step.
pub async fn fail_case(cx: &Cx, id: CaseId, command: EndCase) -> Result<MediationCase> {
    end(cx, id, command, Action::Fail, State::Failed).await
}

/// Ends mediation because a party refuses it, or will not go on (当事人终止).
///
/// # Errors
/// As every step.
pub async fn terminate_case(cx: &Cx, id: CaseId, command: EndCase) -> Result<MediationCase> {
    end(cx, id, command, Action::Terminate, State::TerminatedByParty).await
}

/// Ends mediation because the application has been taken back (撤回申请).
///
/// # Errors
/// As every step.
pub async fn withdraw_case(cx: &Cx, id: CaseId, command: EndCase) -> Result<MediationCase> {
    end(cx, id, command, Action::Withdraw, State::Withdrawn).await
}

/// Records that the parties have begun to perform the agreement (开始履行).
///
/// # Errors
/// As every step.
pub async fn start_performance(cx: &Cx, id: CaseId, command: PerformCase) -> Result<MediationCase> {
    step(cx, id, command.version, Action::StartPerformance, State::Performing, |_, _| Ok(())).await
}

/// Records whether the agreement has been performed (履行回访).
///
/// # Errors
/// As every step.
pub async fn record_performance(cx: &Cx, id: CaseId, command: RecordPerformance) -> Result<MediationCase> {
    let to = match command.outcome {
        PerformanceOutcome::Performed => State::Performed,
        PerformanceOutcome::Breached => State::Breached,
    };
    step(cx, id, command.version, Action::RecordPerformance, to, |_, _| Ok(())).await
}

/// Closes a case that has ended (归档).
///
/// # Errors
/// As every step.
pub async fn close_case(cx: &Cx, id: CaseId, command: CloseCase) -> Result<MediationCase> {
    step(cx, id, command.version, Action::Close, State::Closed, |_, _| Ok(())).await
}

async fn end(cx: &Cx, id: CaseId, command: EndCase, action: Action, to: State) -> Result<MediationCase> {
    step(cx, id, command.version, action, to, |row, _| {
        row.reason = command.reason.map(|reason| row::Sealed::Reason.seal(cx, id, &reason)).transpose()?;
        Ok(())
    })
    .await
}

/// Who is named as the mediator of a case is somebody whom the caller may know of.
async fn require_mediator(cx: &Cx, id: CaseId, mediator: Option<AccountId>) -> Result<()> {
    let Some(mediator) = mediator else { return Ok(()) };
    found(cx, id, Permission::MediationManage).await?;
    identity::require_named(cx, mediator).await.map_err(|e| e.at("#/mediator_id"))
}

/// One step of the course: find, require, decide, change, advance, emit.
async fn step(
    cx: &Cx,
    id: CaseId,
    seen: Option<i32>,
    action: Action,
    to: State,
    change: impl FnOnce(&mut Model, DateTime<Utc>) -> Result<()>,
) -> Result<MediationCase> {
    let old = found(cx, id, action.permission()).await?;
    flow::decide(old.state, action, to)?;
    if seen.is_some_and(|v| v != old.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let mut tx = cx.begin();
    let mut new = old.clone();
    change(&mut new, tx.now)?;
    new.state = to;
    new.version += 1;
    new.updated_at = tx.now;
    if to == State::Closed {
        new.closed_from = Some(old.state);
        new.closed_at = Some(tx.now);
    }
    tx.stage(Guard::Update(store::advance(&new, old.version)), Error::new(Code::VersionStale));
    tx.emit(subject(&new), &Advanced { from: old.state, to })?;
    tx.commit(view::whole(cx, &new)?).await
}

/// The case, if the caller holds the permission there.
async fn found(cx: &Cx, id: CaseId, permission: Permission) -> Result<Model> {
    let row = store::find(cx, id).await?.ok_or_else(|| Error::new(Code::CaseNotFound))?;
    cx.actor.require_sight(permission, Permission::MediationRead, &place(&row), Code::CaseNotFound)?;
    Ok(row)
}

fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: row.grid_id, organization: None }
}

fn subject(row: &Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}
