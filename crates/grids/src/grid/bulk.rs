//! Many grids at once, as an import has them: without boundaries, which come by themselves.

use super::{
    GridKind, center, ended,
    event::{Facts, GridCreated, GridUpdated},
    require_code, require_parent,
    row::Model,
    store,
};
use crate::{address::bulk::refused, region};
use kernel::{
    Code, Error, Permission, Place, RegionCode, Result, Tx,
    bulk::{Existing, Put},
    geo::Point,
    id::GridId,
};
use sea_orm::ConnectionTrait;
use std::collections::HashMap;

/// A grid as a row of a file says it: found by its code.
#[derive(Clone, Debug)]
pub struct PutGrid {
    /// Its community or village (所属社区、村).
    pub region_code: RegionCode,
    /// Its code (网格编码).
    pub code: String,
    /// Its name (网格名称).
    pub name: String,
    /// What kind of grid it is (网格类别); a new one is comprehensive unless told.
    pub kind: Option<GridKind>,
    /// The code of the grid that it lies in (上级网格编码).
    pub parent_code: Option<String>,
    /// How many households it has (户数).
    pub households: Option<u32>,
    /// What lies in it, in words (范围).
    pub extent: Option<String>,
    /// Its centre (中心点).
    pub point: Option<Point>,
}

/// Makes or changes grids within a change (批量维护网格), one answer for each in their order. Without `write` it only says what
/// would become of them.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer: `permission_missing`, `region_unknown`, `region_closed`,
/// `region_not_community`, `field_invalid`, `grid_code_taken`, `grid_ended`, `grid_parent_invalid`, `point_outside_country`,
/// `row_exists`.
pub async fn put_grids(tx: &mut Tx<'_>, rows: &[PutGrid], existing: Existing, write: bool) -> Result<Vec<Put>> {
    let codes: Vec<&str> = rows.iter().flat_map(|r| [Some(r.code.as_str()), r.parent_code.as_deref()]).flatten().collect();
    let mut known: HashMap<String, Model> =
        store::by_codes(tx.conn().await?, &codes).await?.into_iter().map(|row| (row.code.clone(), row)).collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let mut answers = Vec::with_capacity(rows.len());
    for wanted in rows {
        let done = put(tx, &mut known, wanted, existing).await;
        answers.push(match done {
            Ok((answer, after)) => {
                if let Some(after) = after {
                    let list: &mut Vec<GridId> = if matches!(answer, Put::Created) { &mut new } else { &mut changed };
                    list.push(after.id);
                    known.insert(after.code.clone(), after);
                }
                answer
            }
            Err(error) => refused(error)?,
        });
    }
    if write {
        let by_id: HashMap<GridId, &Model> = known.values().map(|row| (row.id, row)).collect();
        for row in new.iter().filter_map(|id| by_id.get(id)) {
            tx.emit(row.subject(), &GridCreated(Facts::from(*row)))?;
            tx.conn().await?.execute(&store::insert((*row).clone())).await?;
        }
        changed.retain(|id| !new.contains(id));
        changed.sort_unstable();
        changed.dedup();
        for row in changed.iter().filter_map(|id| by_id.get(id)) {
            let mut row = (*row).clone();
            row.version += 1;
            row.updated_at = tx.now;
            tx.emit(row.subject(), &GridUpdated(Facts::from(&row)))?;
            if tx.conn().await?.execute(&store::update(&row)).await?.rows_affected() != 1 {
                return Err(Error::new(Code::VersionStale));
            }
        }
    }
    Ok(answers)
}

async fn put(tx: &mut Tx<'_>, known: &mut HashMap<String, Model>, wanted: &PutGrid, existing: Existing) -> Result<(Put, Option<Model>)> {
    let cx = tx.cx();
    let region = wanted.region_code;
    cx.actor.require(Permission::GridManage, &Place::from(region)).map_err(|e| e.at("#/region_code"))?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    require_code(region, Some(&wanted.code), "#/code")?;
    let before = known.get(&wanted.code).cloned();
    if before.as_ref().is_some_and(|row| row.region_code != region) {
        return Err(Error::new(Code::GridCodeTaken).with("code", &wanted.code).at("#/code"));
    }
    if let Some((row, end)) = before.as_ref().and_then(|row| Some((row, row.valid_to?))) {
        return Err(ended(&row.code, end).at("#/code"));
    }
    match (&before, existing) {
        (Some(_), Existing::Refuse) => return Err(Error::new(Code::RowExists)),
        (Some(_), Existing::Skip) => return Ok((Put::Skipped, None)),
        _ => {}
    }
    let mut row = match &before {
        Some(row) => row.clone(),
        None => Model::new(tx, region, wanted.code.clone(), wanted.name.clone(), wanted.kind.unwrap_or(GridKind::Comprehensive)),
    };
    row.name.clone_from(&wanted.name);
    row.kind = wanted.kind.unwrap_or(row.kind);
    row.households = super::stored(wanted.households)?.or(row.households);
    row.extent = wanted.extent.clone().or(row.extent);
    if let Some(code) = &wanted.parent_code {
        let parent = known.get(code).filter(|p| p.region_code == region && p.id != row.id);
        let parent = parent.ok_or_else(|| parent_invalid("there is none"))?;
        if !row.kind.lies_in(parent.kind) {
            return Err(parent_invalid("its kind does not hold this one"));
        }
        row.parent_id = Some(parent.id);
    } else if wanted.kind.is_some() && row.parent_id.is_some() {
        require_parent(cx, row.parent_id, region, row.kind).await.map_err(|e| e.at("#/kind"))?;
    }
    row.draw(None, center(wanted.point)?)?;
    match before {
        None => Ok((Put::Created, Some(row))),
        Some(before) if before == row => Ok((Put::Unchanged, None)),
        Some(_) => Ok((Put::Updated, Some(row))),
    }
}

/// Of a row the parent is told by its code.
fn parent_invalid(reason: &str) -> Error {
    Error::new(Code::GridParentInvalid).with("reason", reason).at("#/parent_code")
}
