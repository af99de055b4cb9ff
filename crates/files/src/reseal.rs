//! Sealing files anew after the vault has a new key. May run while servers do, and be done again.

use crate::{Files, Variant, row::Model, store};
use kernel::{
    Code, Cx,
    error::{Error, Result},
    id::AttachmentId,
    sealed::Resealed,
};

const VARIANTS: [Variant; 2] = [Variant::Original, Variant::Thumbnail];

/// Seals every file anew that an older key has sealed; `told` hears how many have been done each time.
///
/// # Errors
/// `storage_unavailable`; `database_unavailable`. A file that does not open is counted, logged by its id, and left as it is.
pub async fn reseal(files: &Files, cx: &Cx, mut told: impl FnMut(u64)) -> Result<Resealed> {
    let mut all = Resealed::default();
    let mut after = None;
    loop {
        let rows = store::walk(cx, after).await?;
        let Some(last) = rows.last() else { return Ok(all) };
        after = Some(last.id);
        for row in rows.iter().flat_map(variants) {
            match anew(files, cx, row).await {
                Ok(true) => all.done += 1,
                Ok(false) => {}
                Err(error) if matches!(error.code, Code::KeyMissing | Code::Internal) => {
                    tracing::warn!(attachment = %row.0, %error, "does not open");
                    all.broken += 1;
                }
                Err(error) => return Err(error),
            }
        }
        told(all.done);
    }
}

/// How many files another key than the newest has sealed.
///
/// # Errors
/// `storage_unavailable`; `database_unavailable`.
pub async fn older(files: &Files, cx: &Cx) -> Result<u64> {
    let (mut count, mut after) = (0, None);
    loop {
        let rows = store::walk(cx, after).await?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = Some(last.id);
        for (id, variant) in rows.iter().flat_map(variants) {
            count += u64::from(files.is_older(cx, id, variant).await?);
        }
    }
}

fn variants(row: &Model) -> impl Iterator<Item = (AttachmentId, Variant)> {
    let (id, thumbnail) = (row.id, row.has_thumbnail);
    VARIANTS.into_iter().filter(move |variant| *variant == Variant::Original || thumbnail).map(move |variant| (id, variant))
}

async fn anew(files: &Files, cx: &Cx, (id, variant): (AttachmentId, Variant)) -> Result<bool, Error> {
    let done = files.reseal(cx, id, variant).await?;
    // What was deleted meanwhile must not come back.
    if done && store::find(cx, id).await?.is_none() {
        files.remove(id).await?;
    }
    Ok(done)
}
