//! Credentials (凭据): API keys and client secrets. Of a secret nothing is kept but its digest; it is shown once.
//!
//! **Rotation** gives a credential a successor and an end: until then both are good, so nobody has to change a secret
//! everywhere at one moment. A credential that became known is revoked instead.

use super::{
    CredentialKind, IssueCredential, ListCredentials, RotateCredential,
    event::CredentialEvent,
    flow::{self, Action},
    key,
    row::{self, credential::Model},
    scopes, seen, store,
    view::{Credential, IssuedCredential},
};
use crate::account;
use chrono::{DateTime, Duration, SubsecRound, Utc};
use kernel::{
    Cx, Page, Permission, RegionCode, Subject, Tx,
    access::Permissions,
    clock::has_plain_year,
    error::{Code, Error, Result},
    id::{ApplicationId, CredentialId},
};

/// How many credentials of an application may be good at once.
const AT_ONCE: usize = 10;
/// How long an old credential goes on, unless told.
const OVERLAP: Duration = Duration::days(1);

fn subject(row: &Model, region: RegionCode) -> Subject {
    Subject { id: row.id.0, version: row.version, region }
}

/// When a new credential is to end, if at all.
fn end(asked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    let Some(at) = asked.map(|t| t.trunc_subsecs(6)) else { return Ok(None) };
    if at <= now || !has_plain_year(at) {
        return Err(Error::field_with("#/expires_at", Code::FieldInvalid, vec![("reason", "a time to come".to_owned())]));
    }
    Ok(Some(at))
}

/// The application, locked, if it can be given a credential.
async fn ready(tx: &mut Tx<'_>, id: ApplicationId) -> Result<row::Model> {
    let row = store::lock(tx, id).await?.ok_or_else(|| Error::new(Code::ApplicationNotFound))?;
    flow::next(row.status, Action::Change)?;
    if store::living(tx, id).await? >= AT_ONCE {
        return Err(Error::new(Code::CredentialLimitReached).with("limit", AT_ONCE));
    }
    Ok(row)
}

/// A new credential and its secret.
fn fresh(tx: &Tx<'_>, application_id: ApplicationId, kind: CredentialKind, label: String) -> (Model, String) {
    let id: CredentialId = tx.id();
    let secret = key::make(kind, id);
    let row = Model {
        id,
        application_id,
        kind,
        label,
        digest: key::digest(&secret),
        hint: secret[secret.len() - 4..].to_owned(),
        scopes: None,
        version: 1,
        replaced_by: None,
        created_by: tx.cx().actor.account,
        created_at: tx.now,
        expires_at: None,
        revoked_at: None,
        last_used_on: None,
    };
    (row, secret)
}

async fn write(tx: &mut Tx<'_>, row: &Model, region: RegionCode) -> Result<()> {
    store::insert_credential(tx, row.clone()).await?;
    let event = CredentialEvent::Issued { application_id: row.application_id, kind: row.kind, expires_at: row.expires_at };
    tx.emit(subject(row, region), &event)
}

/// Commits, and only then adds the secret: the answer that is kept for an Idempotency-Key is without it.
async fn answer(tx: Tx<'_>, row: Model, secret: String) -> Result<IssuedCredential> {
    let kept = tx.commit_created(IssuedCredential { credential: row.into(), secret: None }).await?;
    Ok(IssuedCredential { secret: Some(secret), ..kept })
}

/// Issues a credential (签发凭据).
///
/// # Errors
/// `application_not_found`, also for those who may not know of it; `permission_missing`; `scope_invalid` for what the
/// application has not; `application_state_conflict`, `credential_limit_reached`.
pub async fn issue_credential(cx: &Cx, id: ApplicationId, command: IssueCredential) -> Result<IssuedCredential> {
    account::keep_limits(&command)?;
    let read = seen(cx, id, Permission::ApplicationManage).await?;
    let mut tx = cx.begin();
    let application = ready(&mut tx, id).await?;
    let (mut row, secret) = fresh(&tx, id, command.kind, command.label);
    row.expires_at = end(command.expires_at, tx.now)?;
    if let Some(asked) = command.scopes {
        let (asked, all) = (asked.into_iter().collect::<Permissions>(), scopes(&application.scopes));
        if let Some(beyond) = asked.iter().find(|p| !all.contains(*p)) {
            let reason = format!("{beyond} is not one of the application's");
            return Err(Error::field_with("#/scopes", Code::FieldInvalid, vec![("reason", reason)]));
        }
        row.scopes = Some(asked.to_string());
    }
    write(&mut tx, &row, read.region_code).await?;
    answer(tx, row, secret).await
}

/// The credentials of an application, those that have ended included, newest first (凭据列表).
///
/// # Errors
/// `application_not_found`, also for those who may not know of it; `cursor_invalid`.
pub async fn list_credentials(cx: &Cx, id: ApplicationId, query: ListCredentials) -> Result<Page<Credential>> {
    seen(cx, id, Permission::ApplicationRead).await?;
    Ok(store::list_credentials(cx, id, query).await?.map(Into::into))
}

/// A credential of an application that the caller manages, and where that lies.
async fn managed(cx: &Cx, id: CredentialId) -> Result<(Model, RegionCode)> {
    let missing = || Error::new(Code::CredentialNotFound);
    let row = store::find_credential(cx, id).await?.ok_or_else(missing)?;
    let application = seen(cx, row.application_id, Permission::ApplicationManage).await;
    let application = application.map_err(|e| if e.code == Code::ApplicationNotFound { missing() } else { e })?;
    Ok((row, application.region_code))
}

/// Gives a credential a successor (轮换凭据): both are good for the overlap, then the new one alone.
///
/// # Errors
/// `credential_not_found`, also for those who may not know of it; `permission_missing`; `credential_ended`,
/// `application_state_conflict`, `credential_limit_reached`, `version_stale`.
pub async fn rotate_credential(cx: &Cx, id: CredentialId, command: RotateCredential) -> Result<IssuedCredential> {
    account::keep_limits(&command)?;
    let (old, region) = managed(cx, id).await?;
    let mut tx = cx.begin();
    ready(&mut tx, old.application_id).await?;
    if old.revoked_at.is_some() || old.replaced_by.is_some() || old.expires_at.is_some_and(|at| at <= tx.now) {
        return Err(Error::new(Code::CredentialEnded));
    }
    let (mut new, secret) = fresh(&tx, old.application_id, old.kind, old.label.clone());
    new.scopes.clone_from(&old.scopes);
    new.expires_at = end(command.expires_at, tx.now)?;
    write(&mut tx, &new, region).await?;
    let ends = tx.now + command.overlap_seconds.map_or(OVERLAP, Duration::seconds);
    let ends = old.expires_at.map_or(ends, |at| at.min(ends));
    let read = old.version;
    let old = Model { version: read + 1, replaced_by: Some(new.id), expires_at: Some(ends), ..old };
    let event = CredentialEvent::Rotated { application_id: old.application_id, replaced_by: new.id, expires_at: ends };
    tx.emit(subject(&old, region), &event)?;
    store::stage_credential(&mut tx, &old, read);
    answer(tx, new, secret).await
}

/// Revokes a credential (吊销凭据). One that is revoked already stays as it is. Returns whose it is.
///
/// # Errors
/// `credential_not_found`, also for those who may not know of it; `permission_missing`; `version_stale`.
pub async fn revoke_credential(cx: &Cx, id: CredentialId) -> Result<ApplicationId> {
    let (row, region) = managed(cx, id).await?;
    let (application_id, read) = (row.application_id, row.version);
    let mut tx = cx.begin();
    if row.revoked_at.is_some() {
        return Ok(application_id);
    }
    let row = Model { version: read + 1, revoked_at: Some(tx.now), ..row };
    tx.emit(subject(&row, region), &CredentialEvent::Revoked { application_id })?;
    store::stage_credential(&mut tx, &row, read);
    tx.commit(application_id).await
}
