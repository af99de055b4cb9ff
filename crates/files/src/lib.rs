//! Photos, recordings and documents (附件) that belong to what people do: the lamp that is dark, the lamp that shines.
//!
//! A file is uploaded by itself and used afterwards: [`upload`] gives an id, and whoever places an order or records
//! progress names it. Until then it is its uploader's alone; [`claim`] hands it over, within the transaction of what
//! uses it, and from then on whoever sees that sees the file. What is never used is [`purge`]d after a day.
//!
//! What a file is, its content says and not its name ([`kind`]). Pictures are drawn anew ([`picture`]) and recordings
//! lose what phones write into them ([`movie`]), so that nothing tells where they were made. The bytes are sealed by
//! the vault before they leave the process: neither folder nor bucket shows anything.
//!
//! A row is written before the bytes and deleted after them. So there are no bytes that no row knows of, and a row
//! without bytes is one that nobody could use yet.

mod blob;
mod event;
pub mod fuzzing;
mod kind;
mod link;
mod movie;
mod picture;
mod reseal;
mod row;
mod store;
mod view;

pub use blob::{Files, Limits, PART, S3, Storage};
pub use link::{Link, Links, Variant, is_signed, sign};
pub use reseal::{older, reseal};
pub use row::{OwnerKind, Part, Quarantine};
pub use view::Attachment;

use event::AttachmentEvent;
use kernel::{
    Cx, RegionCode, Subject, Tx,
    error::{Code, Error, Result},
    event::{Catalogued, catalogued},
    id::AttachmentId,
};
use row::{Model, State};
use uuid::Uuid;

/// How long a file may wait to be used.
pub const UNUSED_LIFETIME: chrono::Duration = chrono::Duration::hours(24);

/// What uses a file, and as what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The kind of thing.
    pub kind: OwnerKind,
    /// Its id.
    pub id: Uuid,
    /// What the file is to it.
    pub part: Part,
}

/// Stores a file (上传附件). In `quarantine` it is shown to nobody before [`release`], if it is of a kind that [`is_checkable`].
///
/// # Errors
/// `body_too_large`; `attachment_type_refused`, `attachment_unreadable`, `attachment_pixels_exceeded` for what is not taken;
/// `attachment_quota_reached`; `storage_unavailable`; `idempotency_key_seen`.
pub async fn upload(files: &Files, cx: &Cx, bytes: Vec<u8>, purpose: Option<String>, quarantine: bool) -> Result<Attachment> {
    let account = cx.actor.account()?;
    // A repeated request must not leave a second file behind.
    if cx.replay().await?.is_some() {
        return Err(Error::new(Code::IdempotencyKeySeen));
    }
    let limits = files.limits;
    if bytes.len() > limits.bytes {
        return Err(Error::new(Code::BodyTooLarge).with("limit", limits.bytes));
    }
    store::check_quota(cx, account, limits).await?;
    let made = files.prepare(bytes).await?;
    let quarantined = quarantine && is_checkable(made.kind.media_type());

    // Its row first, in a transaction of its own: a crash from here on leaves what `purge` finds.
    let alone = cx.clone().with_key(None);
    let mut tx = alone.begin();
    let size = i64::try_from(made.bytes.len()).map_err(Error::internal)?;
    let row = Model {
        id: tx.id(),
        uploaded_by: account,
        state: State::Uploading,
        purpose,
        media_type: made.kind.media_type().to_owned(),
        size,
        width: made.size.map(|s| i32::try_from(s.0).unwrap_or(i32::MAX)),
        height: made.size.map(|s| i32::try_from(s.1).unwrap_or(i32::MAX)),
        has_thumbnail: made.thumbnail.is_some(),
        owner_kind: None,
        owner_id: None,
        part: None,
        created_at: tx.now,
        used_at: None,
        quarantine: quarantined.then_some(Quarantine::Checking),
    };
    store::insert(&mut tx, row.clone()).await?;
    tx.commit(()).await?;
    files.put(cx, row.id, Variant::Original, made.bytes).await?;
    if let Some(thumbnail) = made.thumbnail {
        files.put(cx, row.id, Variant::Thumbnail, thumbnail).await?;
    }
    let mut tx = cx.begin();
    store::finish(&mut tx, row.id);
    tx.emit(subject(&row, 1), &AttachmentEvent::Uploaded { media_type: row.media_type.clone(), size, quarantined })?;
    tx.commit_created(Attachment::of(Model { state: State::Ready, ..row })).await
}

/// Hands files of the caller over to what uses them, within its transaction. They come back as they are shown there.
///
/// # Errors
/// `attachment_unknown` for an id that is not an unused file of the caller's, or that is named twice.
pub async fn claim(tx: &mut Tx<'_>, ids: &[AttachmentId], owner: Owner) -> Result<Vec<Attachment>> {
    let mut claimed = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let row = store::claim(tx, *id, owner).await?;
        let row = row.ok_or_else(|| Error::new(Code::AttachmentUnknown).at(format!("#/attachment_ids/{n}")))?;
        claimed.push(Attachment::of(row));
    }
    Ok(claimed)
}

/// The files that something uses, in the order in which they were uploaded. Whether the caller may see them is for whoever
/// knows the thing to say.
///
/// # Errors
/// `database_unavailable`.
pub async fn of(cx: &Cx, owner: Uuid) -> Result<Vec<Attachment>> {
    Ok(store::of(cx, owner).await?.into_iter().map(Attachment::of).collect())
}

/// The files that these things use, each with what uses it, in the order in which they were uploaded.
///
/// # Errors
/// `database_unavailable`.
pub async fn of_all(cx: &Cx, owners: &[Uuid]) -> Result<Vec<(Uuid, Attachment)>> {
    let rows = store::of_all(cx, owners).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.owner_id?, Attachment::of(row)))).collect())
}

/// Hands the files of one thing over to another that grew from it, within its transaction. They come back as they are shown
/// there.
///
/// # Errors
/// `database_unavailable`.
pub async fn pass_on(tx: &mut Tx<'_>, from: Uuid, to: Owner) -> Result<Vec<Attachment>> {
    Ok(store::pass_on(tx, from, to).await?.into_iter().map(Attachment::of).collect())
}

/// Whose a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// Its uploader's, who is the caller.
    Own,
    /// Something uses it: only that can say who may see it.
    Used(OwnerKind, Uuid),
}

/// A file, and whose it is.
///
/// # Errors
/// `attachment_not_found`, also for an unused file of somebody else.
pub async fn find(cx: &Cx, id: AttachmentId) -> Result<(Attachment, Held)> {
    let row = store::find(cx, id).await?.filter(|r| r.state == State::Ready).ok_or_else(missing)?;
    let held = match (row.owner_kind, row.owner_id) {
        (Some(kind), Some(id)) => Held::Used(kind, id),
        _ if cx.actor.account == Some(row.uploaded_by) => Held::Own,
        _ => return Err(missing()),
    };
    Ok((Attachment::of(row), held))
}

/// The bytes behind a signed link, with their media type.
///
/// # Errors
/// `link_invalid` for a link that is wrong or old; `attachment_not_found` for a file that is gone; `storage_unavailable`.
pub async fn open(files: &Files, cx: &Cx, id: AttachmentId, link: &Link) -> Result<(Vec<u8>, String)> {
    link.check(cx, id)?;
    let row = store::find(cx, id).await?.filter(|r| r.state == State::Ready && r.quarantine != Some(Quarantine::Blocked));
    let row = row.ok_or_else(missing)?;
    let media_type = match link.variant {
        Variant::Thumbnail if !row.has_thumbnail => return Err(missing()),
        Variant::Thumbnail => "image/jpeg".to_owned(),
        Variant::Original => row.media_type,
    };
    Ok((files.get(cx, id, link.variant).await?.ok_or_else(missing)?, media_type))
}

/// Whether there is somebody who can look at files of this type: pictures and recordings of sound.
#[must_use]
pub fn is_checkable(media_type: &str) -> bool {
    media_type.starts_with("image/") || media_type.starts_with("audio/")
}

/// Where whoever checks a file in quarantine may fetch it for this long: a path on this server. Absent when there is none such.
///
/// # Errors
/// `database_unavailable`.
pub async fn link_to_check(cx: &Cx, id: AttachmentId, lifetime: chrono::Duration) -> Result<Option<String>> {
    let row = store::find(cx, id).await?.filter(|r| r.state == State::Ready && r.quarantine.is_some());
    row.map(|row| link::path(cx, row.id, Variant::Original, (cx.now() + lifetime).timestamp())).transpose()
}

/// Lets a file out of quarantine, or keeps it there for another reason. Whether there is one in quarantine.
///
/// # Errors
/// `database_unavailable`.
pub async fn release(tx: &mut Tx<'_>, id: AttachmentId, to: Option<Quarantine>) -> Result<bool> {
    store::quarantine(tx, id, to).await
}

/// Deletes a file that its uploader has not used (删除附件).
///
/// # Errors
/// `attachment_not_found`; `storage_unavailable`.
pub async fn delete(files: &Files, cx: &Cx, id: AttachmentId) -> Result<()> {
    let row = store::find(cx, id).await?;
    let row = row.filter(|r| r.owner_id.is_none() && r.state == State::Ready && cx.actor.account == Some(r.uploaded_by));
    if remove(files, cx, row.ok_or_else(missing)?).await? { Ok(()) } else { Err(missing()) }
}

/// Deletes what was never used within a day, and finishes what a crash left half-deleted; returns how many.
///
/// # Errors
/// `database_unavailable`; `storage_unavailable`.
pub async fn purge(files: &Files, cx: &Cx) -> Result<u64> {
    let mut purged = 0;
    loop {
        let rows = store::unused(cx, cx.now() - UNUSED_LIFETIME).await?;
        if rows.is_empty() {
            return Ok(purged);
        }
        for row in rows {
            purged += u64::from(remove(files, cx, row).await?);
        }
    }
}

/// First nobody can use it any more, then its bytes go, then its row. Whether it was this call that deleted it.
async fn remove(files: &Files, cx: &Cx, row: Model) -> Result<bool> {
    if row.state != State::Deleting && !store::doom(cx, row.id).await? {
        return Ok(false);
    }
    files.remove(row.id).await?;
    let mut tx = cx.begin();
    if !store::delete(&mut tx, row.id).await? {
        return Ok(false);
    }
    tx.emit(subject(&row, 2), &AttachmentEvent::Deleted {})?;
    tx.commit(true).await
}

fn missing() -> Error {
    Error::new(Code::AttachmentNotFound)
}

const fn subject(row: &Model, version: i32) -> Subject {
    Subject { id: row.id.0, version, region: RegionCode::COUNTRY }
}

/// What this crate logs, for the catalogue of events.
#[must_use]
pub fn event_types() -> Vec<Catalogued> {
    use kernel::EventType as T;
    catalogued::<AttachmentEvent>(&[T::AttachmentUploaded, T::AttachmentDeleted])
}

/// The tables of this crate as its entities see them, for the test that compares them with the migrations.
#[doc(hidden)]
#[must_use]
pub fn tables(schema: &sea_orm::Schema) -> Vec<sea_orm::sea_query::TableCreateStatement> {
    vec![schema.create_table_from_entity(row::Entity)]
}
