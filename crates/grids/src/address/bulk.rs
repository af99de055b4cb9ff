//! Many addresses at once, as an import has them: found by their names, and what is missing on the way to them made.

use super::{
    AddressKind, AddressPath, PutAddress, child,
    event::AddressEvent,
    row::{self, Model},
    store, tidy,
};
use crate::{grid, region};
use kernel::{
    Code, Error, EventType, Permission, Place, RegionCode, Result, Tx,
    bulk::{Existing, Put},
    error::Kind,
    geo::Point,
    id::{AddressId, GridId},
};
use std::collections::HashMap;

/// A refusal of one row, or a fault that ends the whole.
pub(crate) fn refused(error: Error) -> Result<Put> {
    if matches!(error.code.kind(), Kind::Unavailable | Kind::Internal | Kind::StorageFull) { Err(error) } else { Ok(Put::Refused(error)) }
}

/// The steps of a path in their one form, from the estate down.
pub(crate) fn steps(path: &AddressPath) -> Result<Vec<(AddressKind, String)>> {
    let fields = [
        (AddressKind::Estate, &path.estate, "#/estate"),
        (AddressKind::Building, &path.building, "#/building"),
        (AddressKind::Unit, &path.unit, "#/unit"),
        (AddressKind::Room, &path.room, "#/room"),
    ];
    let mut steps = Vec::new();
    for (kind, name, pointer) in fields {
        if let Some(name) = name {
            steps.push((kind, tidy(kind, name).map_err(|e| e.field_at(pointer))?));
        }
    }
    if steps.is_empty() { Err(Error::field_with("#/estate", Code::FieldMissing, vec![("name", "estate".to_owned())])) } else { Ok(steps) }
}

/// What is known of the addresses and grids that a chunk of rows names; new addresses wait here until they are written.
pub(crate) struct Tree {
    nodes: HashMap<(RegionCode, String), Model>,
    grids: HashMap<String, (GridId, RegionCode)>,
    new: Vec<Model>,
}

impl Tree {
    /// Reads whatever the paths and codes may name: a query for each community, and one for the grids.
    pub(crate) async fn of<'a>(
        tx: &mut Tx<'_>,
        paths: impl Iterator<Item = (RegionCode, &'a AddressPath)>,
        grids: impl Iterator<Item = &'a str>,
    ) -> Result<Self> {
        let mut wanted: HashMap<RegionCode, Vec<String>> = HashMap::new();
        for (region, path) in paths {
            let Ok(steps) = steps(path) else { continue };
            let texts = wanted.entry(region).or_default();
            let mut text = String::new();
            for (_, name) in steps {
                text += &name;
                texts.push(text.clone());
            }
        }
        for texts in wanted.values_mut() {
            texts.sort_unstable();
            texts.dedup();
        }
        let nodes = store::meant(tx.conn().await?, &wanted).await?.into_iter().map(|n| ((n.region_code, n.text.clone()), n)).collect();
        let codes: Vec<&str> = grids.collect();
        let grids = grid::open_by_code(tx.conn().await?, &codes).await?;
        Ok(Self { nodes, grids, new: Vec::new() })
    }

    /// The grid of this code, if it is one of this community.
    pub(crate) fn grid(&self, region: RegionCode, code: Option<&str>) -> Result<Option<GridId>> {
        let Some(code) = code else { return Ok(None) };
        let found = self.grids.get(code).filter(|(_, home)| *home == region).map(|(id, _)| *id);
        found.map(Some).ok_or_else(|| Error::new(Code::GridForeign).with("region", region).at("#/grid_code"))
    }

    /// The address with this path, if there is one.
    pub(crate) fn find(&self, region: RegionCode, path: &AddressPath) -> Result<Option<&Model>> {
        let text: String = steps(path)?.into_iter().map(|(_, name)| name).collect();
        Ok(self.nodes.get(&(region, text)))
    }

    /// The address with this path, made with all that leads to it where it is missing.
    pub(crate) fn grow(&mut self, tx: &Tx<'_>, region: RegionCode, path: &AddressPath, grid: Option<GridId>) -> Result<Model> {
        let mut above: Option<Model> = None;
        for (kind, name) in steps(path)? {
            let text = above.as_ref().map_or_else(String::new, |a| a.text.clone()) + &name;
            let key = (region, text);
            let node = match self.nodes.get(&key) {
                Some(node) if node.kind == kind => node.clone(),
                Some(_) => return Err(Error::new(Code::AddressTaken)),
                None => {
                    let mut node = child(above.as_ref(), region, kind, name, tx.id::<AddressId>(), tx.now);
                    node.grid_id = grid.or(node.grid_id);
                    self.new.push(node.clone());
                    self.nodes.insert(key, node.clone());
                    node
                }
            };
            above = Some(node);
        }
        above.ok_or_else(|| Error::new(Code::AddressUnknown))
    }

    /// Writes what has grown.
    pub(crate) async fn write(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let new = std::mem::take(&mut self.new);
        for row in &new {
            tx.emit(row.subject(), &AddressEvent::of(EventType::AddressCreated, row))?;
        }
        store::insert(tx.conn().await?, new).await
    }
}

/// Makes or changes addresses within a change (批量维护地址), one answer for each in their order. Without `write` it only says
/// what would become of them.
///
/// # Errors
/// `database_unavailable`. What is wrong with a row is the row's answer: `permission_missing`, `region_unknown`, `region_closed`,
/// `region_not_community`, `field_missing`, `field_invalid`, `grid_foreign`, `address_taken`, `point_outside_country`, `row_exists`.
pub async fn put_addresses(tx: &mut Tx<'_>, rows: &[PutAddress], existing: Existing, write: bool) -> Result<Vec<Put>> {
    let paths = rows.iter().map(|r| (r.region_code, &r.path));
    let mut tree = Tree::of(tx, paths, rows.iter().filter_map(|r| r.grid_code.as_deref())).await?;
    let mut answers = Vec::with_capacity(rows.len());
    for wanted in rows {
        let done = put(tx, &mut tree, wanted, existing, write).await;
        answers.push(done.or_else(refused)?);
    }
    if write {
        tree.write(tx).await?;
    }
    Ok(answers)
}

async fn put(tx: &mut Tx<'_>, tree: &mut Tree, wanted: &PutAddress, existing: Existing, write: bool) -> Result<Put> {
    let cx = tx.cx();
    let region = wanted.region_code;
    let grid = tree.grid(region, wanted.grid_code.as_deref())?;
    let place = Place { region: Some(region), grid, organization: None };
    cx.actor.require(Permission::AddressManage, &place).map_err(|e| e.at("#/region_code"))?;
    region::require_community(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let point = wanted.point.map(Point::to_wgs84).transpose().map_err(|e| e.at("#/point"))?;
    let before = tree.find(region, &wanted.path)?.cloned();
    let Some(before) = before else {
        let mut node = tree.grow(tx, region, &wanted.path, grid)?;
        (node.lng, node.lat) = (point.map(|p| p.lng), point.map(|p| p.lat));
        tree.keep(node);
        return Ok(Put::Created);
    };
    match existing {
        Existing::Refuse => return Err(Error::new(Code::RowExists)),
        Existing::Skip => return Ok(Put::Skipped),
        Existing::Update => {}
    }
    let mut after = before.clone();
    after.grid_id = grid.or(before.grid_id);
    if let Some(point) = point {
        (after.lng, after.lat) = (Some(point.lng), Some(point.lat));
    }
    if after == before {
        return Ok(Put::Unchanged);
    }
    if tree.new.iter().any(|n| n.id == after.id) {
        tree.keep(after);
    } else if write {
        after.version += 1;
        after.updated_at = tx.now;
        tx.emit(after.subject(), &AddressEvent::of(EventType::AddressUpdated, &after))?;
        let conn = tx.conn().await?;
        store::write(conn, &store::update(&after), Error::new(Code::VersionStale)).await?;
        if after.grid_id != before.grid_id {
            super::regrid(conn, &after, before.grid_id).await?;
        }
        tree.keep(after);
    }
    Ok(Put::Updated)
}

impl Tree {
    /// Takes a node as it is now, be it written or not.
    fn keep(&mut self, node: row::Model) {
        if let Some(new) = self.new.iter_mut().find(|n| n.id == node.id) {
            *new = node.clone();
        }
        self.nodes.insert((node.region_code, node.text.clone()), node);
    }
}
