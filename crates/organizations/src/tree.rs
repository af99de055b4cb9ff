//! Where organizations stand in the tree, kept as a path: the ids from the top down to the organization, 32 characters each.
//!
//! What stands beneath one is all whose path begins with its own: a range of one index. A move rewrites the paths of what moves,
//! in its own transaction. Whoever puts something into the tree holds the organizations above it, from the top down, so that nothing
//! above moves meanwhile.

use crate::{OrganizationStatus, row::organization::Model, store};
use kernel::{Code, Error, RegionCode, Result, Tx, id::OrganizationId};
use uuid::Uuid;

/// How many organizations may stand above one another.
pub(crate) const MAX_DEPTH: usize = 10;
/// The characters of one id in a path.
const STEP: usize = 32;

/// The path of an organization beneath that one, or at the top.
pub(crate) fn path(parent: Option<&Model>, id: OrganizationId) -> String {
    format!("{}{}", parent.map(|p| p.path.as_str()).unwrap_or_default(), id.0.simple())
}

/// What lies between these two, both exclusive, is what stands beneath an organization with this path: ids are written with the
/// digits `0` to `f`.
pub(crate) fn beneath(path: &str) -> (String, String) {
    (path.to_owned(), format!("{path}g"))
}

/// The organizations on the way from the top.
fn ids(path: &str) -> impl Iterator<Item = OrganizationId> {
    path.as_bytes().chunks(STEP).filter_map(|step| Uuid::try_parse_ascii(step).ok()).map(OrganizationId)
}

fn refusal(reason: &str) -> Error {
    Error::new(Code::OrganizationParentInvalid).with("reason", reason).at("#/parent_id")
}

/// The parent that an organization of this region is to stand beneath, if it may: the tree around both is held until the change commits.
/// `child` is the organization as it was read, absent when it is new.
///
/// # Errors
/// `organization_parent_invalid`, with the rule; `version_stale` when something moved meanwhile.
pub(crate) async fn parent(
    tx: &mut Tx<'_>,
    child: Option<&Model>,
    region: RegionCode,
    parent: Option<OrganizationId>,
) -> Result<Option<Model>> {
    let unfit = || refusal("there is no such organization here");
    let conn = tx.conn().await?;
    let seen = match parent {
        Some(id) => Some(store::in_change(conn, id).await?.ok_or_else(unfit)?),
        None => None,
    };
    let around: Vec<OrganizationId> = seen.iter().chain(child).flat_map(|row| ids(&row.path)).collect();
    if around.is_empty() {
        return Ok(None);
    }
    let held = store::hold_tree(conn, &around).await?;
    let unmoved = |row: &Model| held.iter().find(|now| now.id == row.id && now.path == row.path).cloned();
    let stale = || Error::new(Code::VersionStale);
    if let Some(child) = child {
        unmoved(child).ok_or_else(stale)?;
    }
    let Some(seen) = seen else { return Ok(None) };
    let parent = unmoved(&seen).ok_or_else(stale)?;
    if child.is_some_and(|child| parent.path.starts_with(&child.path)) {
        return Err(refusal("that would make a ring"));
    }
    if !parent.region_code.covers(region) {
        return Err(unfit());
    }
    if parent.status != OrganizationStatus::Active {
        return Err(refusal("it is closed"));
    }
    let mut height = 0;
    if let Some(child) = child {
        height = store::deepest(conn, &child.path).await?.saturating_sub(child.path.len()) / STEP;
    }
    if parent.path.len() / STEP + 1 + height > MAX_DEPTH {
        return Err(refusal("more than 10 would stand above one another"));
    }
    Ok(Some(parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_was_written() {
        let all: Vec<OrganizationId> = (1..4).map(|n| OrganizationId(Uuid::from_u128(n))).collect();
        let path: String = all.iter().map(|id| id.0.simple().to_string()).collect();
        assert_eq!(ids(&path).collect::<Vec<_>>(), all);
        let (first, end) = beneath(&path);
        let child = format!("{path}{}", Uuid::from_u128(u128::MAX).simple());
        assert!(first < child && child < end);
    }
}
