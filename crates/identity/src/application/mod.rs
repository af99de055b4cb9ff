//! Applications (应用): programs that may call, and what they may do where.
//!
//! An application lies in a region like a grant, and has **scopes**: permissions of the one table that people go by, never
//! more than whoever let it in holds there. It acts as an **account** of its own, with which nobody can sign in, so
//! everything that asks who did something works for programs as it does for people; its events also name the application.
//!
//! It comes in with a **credential** ([`credential`]). Personal fields are masked for it whatever its scopes say, until
//! somebody with the right to do so records an **agreement** (数据共享协议) that names them, for a period. Suspended or revoked, it
//! is refused at once here, and within five seconds by other processes.

mod command;
mod credential;
pub(crate) mod event;
mod flow;
pub(crate) mod key;
pub(crate) mod row;
pub(crate) mod store;
mod view;

pub use command::{
    CreateApplication, IssueCredential, ListApplications, ListCredentials, RecordAgreement, RotateCredential, StepApplication,
    UpdateApplication,
};
pub use credential::{issue_credential, list_credentials, revoke_credential, rotate_credential};
pub use flow::ApplicationStatus;
pub use key::CredentialKind;
pub use view::{Application, Credential, DataAgreement, IssuedCredential};
pub(crate) use view::{classes, scopes};

use crate::account;
use chrono::SubsecRound;
use event::ApplicationEvent;
use flow::Action;
use kernel::{
    Cx, Page, Permission, RegionCode, Subject, Tx,
    access::{Permissions, Program},
    clock::has_plain_year,
    error::{Code, Error, Result},
    id::{AccountId, ApplicationId, CredentialId},
    mask,
};
use sea_orm::ActiveEnum;
use view::{contact_owner, show};

pub(crate) fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity), schema.create_table_from_entity(row::credential::Entity)]
}

fn subject(row: &row::Model) -> Subject {
    Subject { id: row.id.0, version: row.version, region: row.region_code }
}

/// Requires that the caller holds there what an application is given.
fn require_own(cx: &Cx, given: Permissions, region: RegionCode) -> Result<()> {
    for permission in given.iter() {
        if !permission.for_programs() {
            return Err(Error::new(Code::ScopeNotForPrograms).with("permission", permission).at("#/scopes"));
        }
        if !cx.actor.can(permission, &region.into()) {
            return Err(Error::new(Code::ScopeBeyondOwn).with("permission", permission).at("#/scopes"));
        }
    }
    Ok(())
}

/// Lets a program in (应用登记). The caller has looked up that the region is open.
///
/// # Errors
/// `permission_missing`; `scope_not_for_programs`, `scope_beyond_own`.
pub async fn create_application(cx: &Cx, command: CreateApplication) -> Result<Application> {
    account::keep_limits(&command)?;
    let region = command.region_code;
    cx.actor.require(Permission::ApplicationManage, &region.into())?;
    let scopes: Permissions = command.scopes.iter().copied().collect();
    require_own(cx, scopes, region)?;
    let mut tx = cx.begin();
    let id: ApplicationId = tx.id();
    // Nobody can sign in without a password, and the name is nobody's to choose.
    let new = account::New {
        name: format!("app.{}", id.0.simple()),
        hash: None,
        display_name: command.name.clone(),
        phone: None,
        grants: Vec::new(),
    };
    let account_id: AccountId = account::open(&mut tx, new).await?.id;
    let row = row::Model {
        id,
        account_id,
        name: command.name,
        purpose: command.purpose,
        contact: cx.vault().seal(&contact_owner(id), &command.contact)?,
        region_code: region,
        scopes: scopes.to_string(),
        status: ApplicationStatus::Active,
        requests_per_minute: command.requests_per_minute,
        agreement_reference: None,
        agreement_classes: None,
        agreement_from: None,
        agreement_to: None,
        agreement_by: None,
        agreement_at: None,
        version: 1,
        created_by: cx.actor.account,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(&mut tx, row.clone()).await?;
    tx.emit(subject(&row), &ApplicationEvent::Created { account_id, region_code: region, scopes: scopes.iter().collect() })?;
    tx.commit_created(show(cx, row)?).await
}

/// The program that acts as this account and where its application stands; absent for the account of a person. For what goes on in its
/// name while it is not there: it has come in with nothing, and sees what is personal by no agreement.
pub(crate) async fn of_account(cx: &Cx, account: AccountId) -> Result<Option<(ApplicationStatus, Program)>> {
    let row = store::find_by_account(cx, account).await?;
    Ok(row.map(|row| {
        let program = Program {
            id: row.id,
            credential: CredentialId(uuid::Uuid::nil()),
            region: row.region_code,
            scopes: scopes_of(&row),
            personal: Vec::new(),
            requests_per_minute: None,
        };
        (row.status, program)
    }))
}

/// An application that the caller may know of.
async fn seen(cx: &Cx, id: ApplicationId, permission: Permission) -> Result<row::Model> {
    let missing = Code::ApplicationNotFound;
    let row = store::find(cx, id).await?.ok_or_else(|| Error::new(missing))?;
    cx.actor.require_sight(permission, Permission::ApplicationRead, &row.region_code.into(), missing)?;
    Ok(row)
}

/// The same, for a change of the version that the caller has read.
async fn changeable(cx: &Cx, id: ApplicationId, permission: Permission, version: Option<i32>, action: Action) -> Result<row::Model> {
    let row = seen(cx, id, permission).await?;
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let status = flow::next(row.status, action)?;
    Ok(row::Model { status, ..row })
}

/// One application (查询应用).
///
/// # Errors
/// `application_not_found`, also for those who may not know of it.
pub async fn get_application(cx: &Cx, id: ApplicationId) -> Result<Application> {
    show(cx, seen(cx, id, Permission::ApplicationRead).await?)
}

/// The applications that the caller may see (应用列表).
///
/// # Errors
/// `permission_missing`; `cursor_invalid`, `query_parameter_invalid`.
pub async fn list_applications(cx: &Cx, query: ListApplications) -> Result<Page<Application>> {
    let reach = store::reach(cx)?;
    let page = store::list(cx, query, &reach).await?;
    let items = page.items.into_iter().map(|row| show(cx, row)).collect::<Result<_>>()?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Commits a changed application.
async fn advance(mut tx: Tx<'_>, mut row: row::Model, event: &ApplicationEvent) -> Result<Application> {
    let read = row.version;
    row.version += 1;
    row.updated_at = tx.now;
    tx.emit(subject(&row), event)?;
    store::stage(&mut tx, row.clone(), read);
    let view = show(tx.cx(), row)?;
    tx.commit(view).await
}

/// Changes an application (应用变更).
///
/// # Errors
/// `application_not_found`, also for those who may not know of it; `permission_missing`, `scope_not_for_programs`,
/// `scope_beyond_own`; `application_state_conflict`, `version_stale`.
pub(crate) async fn update(cx: &Cx, id: ApplicationId, command: UpdateApplication) -> Result<Application> {
    account::keep_limits(&command)?;
    let mut row = changeable(cx, id, Permission::ApplicationManage, command.version, Action::Change).await?;
    let mut changed = Vec::new();
    if let Some(name) = command.name.filter(|name| *name != row.name) {
        row.name = name;
        changed.push("name");
    }
    if let Some(purpose) = command.purpose.filter(|purpose| *purpose != row.purpose) {
        row.purpose = purpose;
        changed.push("purpose");
    }
    if let Some(contact) = command.contact {
        row.contact = cx.vault().seal(&contact_owner(id), &contact)?;
        changed.push("contact");
    }
    if let Some(limit) = command.requests_per_minute.filter(|limit| Some(*limit) != row.requests_per_minute) {
        row.requests_per_minute = Some(limit);
        changed.push("requests_per_minute");
    }
    let mut told = None;
    if let Some(scopes) = command.scopes {
        let (old, new) = (scopes_of(&row), scopes.into_iter().collect::<Permissions>());
        require_own(cx, new.iter().filter(|p| !old.contains(*p)).collect(), row.region_code)?;
        if new != old {
            row.scopes = new.to_string();
            told = Some(new.iter().collect());
            changed.push("scopes");
        }
    }
    let tx = cx.begin();
    if changed.is_empty() {
        return tx.commit(show(cx, row)?).await;
    }
    advance(tx, row, &ApplicationEvent::Updated { changed, scopes: told }).await
}

fn scopes_of(row: &row::Model) -> Permissions {
    scopes(&row.scopes)
}

/// Suspends (停用), resumes (恢复) or revokes (注销) an application.
///
/// # Errors
/// `application_not_found`, also for those who may not know of it; `permission_missing`; `application_state_conflict`,
/// `version_stale`.
pub(crate) async fn step(cx: &Cx, id: ApplicationId, command: StepApplication, to: ApplicationStatus) -> Result<Application> {
    account::keep_limits(&command)?;
    let action = match to {
        ApplicationStatus::Active => Action::Resume,
        ApplicationStatus::Suspended => Action::Suspend,
        ApplicationStatus::Revoked => Action::Revoke,
    };
    let row = changeable(cx, id, Permission::ApplicationManage, command.version, action).await?;
    let reason = command.reason.map(|reason| mask::text(&reason));
    let event = match to {
        ApplicationStatus::Active => ApplicationEvent::Resumed { reason },
        ApplicationStatus::Suspended => ApplicationEvent::Suspended { reason },
        ApplicationStatus::Revoked => ApplicationEvent::Revoked { reason },
    };
    advance(cx.begin(), row, &event).await
}

/// Records an agreement on personal data (数据共享协议登记) in the place of the one before.
///
/// # Errors
/// `application_not_found`, also for those who may not know of it; `permission_missing`; `period_invalid`;
/// `application_state_conflict`, `version_stale`.
pub(crate) async fn agree(cx: &Cx, id: ApplicationId, command: RecordAgreement) -> Result<Application> {
    account::keep_limits(&command)?;
    let mut row = changeable(cx, id, Permission::ApplicationAgree, command.version, Action::Change).await?;
    let tx = cx.begin();
    for (time, at) in [(command.valid_from, "#/valid_from"), (Some(command.valid_to), "#/valid_to")] {
        if !time.is_none_or(has_plain_year) {
            return Err(Error::field_with(at, Code::FieldInvalid, vec![("reason", "a year of four digits".to_owned())]));
        }
    }
    let (from, to) = (command.valid_from.map_or(tx.now, |t| t.trunc_subsecs(6)), command.valid_to.trunc_subsecs(6));
    if to <= from {
        return Err(Error::new(Code::PeriodInvalid).at("#/valid_to"));
    }
    let mut classes = command.classes;
    classes.sort_unstable();
    classes.dedup();
    row.agreement_reference = Some(command.reference.clone());
    row.agreement_classes = Some(classes.iter().map(ActiveEnum::to_value).collect::<Vec<_>>().join(" "));
    (row.agreement_from, row.agreement_to) = (Some(from), Some(to));
    (row.agreement_by, row.agreement_at) = (cx.actor.account, Some(tx.now));
    let event = ApplicationEvent::Agreed { reference: command.reference, classes, valid_from: from, valid_to: to };
    advance(tx, row, &event).await
}

/// Ends the agreement now (数据共享协议终止). Without one in force nothing happens.
///
/// # Errors
/// `application_not_found`, also for those who may not know of it; `permission_missing`; `version_stale`.
pub(crate) async fn end_agreement(cx: &Cx, id: ApplicationId) -> Result<()> {
    let mut row = seen(cx, id, Permission::ApplicationAgree).await?;
    let tx = cx.begin();
    if row.agreement_to.is_none_or(|to| to <= tx.now) {
        return tx.commit(()).await;
    }
    row.agreement_from = row.agreement_from.map(|from| from.min(tx.now));
    row.agreement_to = Some(tx.now);
    advance(tx, row, &ApplicationEvent::AgreementEnded {}).await.map(|_| ())
}
