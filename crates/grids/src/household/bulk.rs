//! Many households at once, as an import has them.

use super::{PutHousehold, code, event::HouseholdEvent, household, row::Model, store};
use crate::{
    address::{
        AddressPath,
        bulk::{Tree, refused},
    },
    region, resident,
};
use kernel::{
    Code, Error, EventType, Permission, Place, RegionCode, Result, Tx,
    bulk::{Existing, Put},
    id::{AddressId, HouseholdId},
};
use std::collections::HashMap;

/// The households that a chunk of rows may mean.
pub(crate) struct Known {
    rows: HashMap<HouseholdId, Model>,
    by_code: HashMap<(RegionCode, String), HouseholdId>,
    by_address: HashMap<AddressId, Vec<HouseholdId>>,
    new: Vec<HouseholdId>,
}

impl Known {
    /// Reads them: a query for each community with codes, and one for the addresses.
    pub(crate) async fn of(tx: &mut Tx<'_>, codes: &[(RegionCode, &str)], addresses: &[AddressId]) -> Result<Self> {
        let mut known = Self { rows: HashMap::new(), by_code: HashMap::new(), by_address: HashMap::new(), new: Vec::new() };
        for row in store::meant(tx.conn().await?, codes, addresses).await? {
            known.keep(row);
        }
        Ok(known)
    }

    pub(crate) fn keep(&mut self, row: Model) {
        if let Some(code) = &row.code {
            self.by_code.insert((row.region_code, code.clone()), row.id);
        }
        let there = self.by_address.entry(row.address_id).or_default();
        if !there.contains(&row.id) {
            there.push(row.id);
        }
        self.rows.insert(row.id, row);
    }

    /// The household with this code; without one, the only household at this address.
    pub(crate) fn find(&self, region: RegionCode, code: Option<&str>, at: Option<AddressId>) -> Option<&Model> {
        let id = match code {
            Some(code) => self.by_code.get(&(region, code.to_owned()))?,
            None => match self.by_address.get(&at?)?.as_slice() {
                [only] => only,
                _ => return None,
            },
        };
        self.rows.get(id)
    }
}

/// Makes or changes households within a change (批量维护户), with the addresses that they need, one answer for each in their order.
/// Without `write` it only says what would become of them.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer: `permission_missing`, `region_unknown`, `region_closed`,
/// `region_not_community`, `field_missing`, `field_invalid`, `grid_foreign`, `address_taken`, `row_exists`.
pub async fn put_households(tx: &mut Tx<'_>, rows: &[PutHousehold], existing: Existing, write: bool) -> Result<Vec<Put>> {
    let paths = rows.iter().map(|r| (r.region_code, &r.path));
    let mut tree = Tree::of(tx, paths, rows.iter().filter_map(|r| r.grid_code.as_deref())).await?;
    let codes: Vec<_> = rows.iter().filter_map(|r| Some((r.region_code, r.code.as_deref()?.trim()))).collect();
    let at = |path: &AddressPath, region| tree.find(region, path).ok().flatten().map(|node| node.id);
    let addresses: Vec<_> = rows.iter().filter(|r| r.code.is_none()).filter_map(|r| at(&r.path, r.region_code)).collect();
    let mut known = Known::of(tx, &codes, &addresses).await?;
    let (mut answers, mut changed) = (Vec::with_capacity(rows.len()), Vec::new());
    for wanted in rows {
        let done = put(tx, &mut tree, &mut known, wanted, existing, &mut changed).await;
        answers.push(done.or_else(refused)?);
    }
    if write {
        tree.write(tx).await?;
        let new: Vec<Model> = known.new.iter().filter_map(|id| known.rows.get(id).cloned()).collect();
        for row in &new {
            tx.emit(row.subject(), &HouseholdEvent::of(EventType::HouseholdCreated, row))?;
        }
        store::insert(tx.conn().await?, new).await?;
        for row in changed.iter().filter_map(|id| known.rows.get(id)) {
            let mut row = row.clone();
            row.version += 1;
            row.updated_at = tx.now;
            tx.emit(row.subject(), &HouseholdEvent::of(EventType::HouseholdUpdated, &row))?;
            let conn = tx.conn().await?;
            store::write(conn, &row).await?;
            resident::store::follow(conn, &row).await?;
        }
    }
    Ok(answers)
}

async fn put(
    tx: &mut Tx<'_>,
    tree: &mut Tree,
    known: &mut Known,
    wanted: &PutHousehold,
    existing: Existing,
    changed: &mut Vec<HouseholdId>,
) -> Result<Put> {
    let cx = tx.cx();
    let region = wanted.region_code;
    let grid = tree.grid(region, wanted.grid_code.as_deref())?;
    let place = Place { region: Some(region), grid, organization: None };
    cx.actor.require(Permission::HouseholdManage, &place).map_err(|e| e.at("#/region_code"))?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let code = wanted.code.as_deref().map(code).transpose().map_err(|e| e.field_at("#/code"))?;
    let there = tree.find(region, &wanted.path)?.map(|node| node.id);
    let Some(before) = known.find(region, code.as_deref(), there).cloned() else {
        let at = tree.grow(tx, region, &wanted.path, grid)?;
        let row = household(tx, &at, grid, wanted.kind.unwrap_or_default(), code);
        known.new.push(row.id);
        known.keep(row);
        return Ok(Put::Created);
    };
    cx.actor.require(Permission::HouseholdManage, &before.place()).map_err(|e| e.at("#/code"))?;
    match existing {
        Existing::Refuse => return Err(Error::new(Code::RowExists)),
        Existing::Skip => return Ok(Put::Skipped),
        Existing::Update => {}
    }
    let mut after = before.clone();
    if there != Some(before.address_id) {
        let at = tree.grow(tx, region, &wanted.path, grid)?;
        (after.address_id, after.building_id, after.estate_id, after.grid_id) = (at.id, at.building_id, at.estate_id, at.grid_id);
    }
    after.grid_id = grid.or(after.grid_id);
    after.kind = wanted.kind.unwrap_or(before.kind);
    if after == before {
        return Ok(Put::Unchanged);
    }
    if !known.new.contains(&after.id) && !changed.contains(&after.id) {
        changed.push(after.id);
    }
    known.keep(after);
    Ok(Put::Updated)
}
