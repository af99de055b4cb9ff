//! What becomes of grids when the map is redrawn (网格沿革): one is split into several, several are merged into one. The old
//! ones end with their duties and keep their codes; who came from whom is kept.

use super::{
    Boundary, GridChange, GridPart, MergeGrids, SplitGrid, boundary,
    event::{Facts, GridCreated, GridMerged, GridSplit, GridUpdated, Succeeded},
    manageable, require_code, row, store, stored,
    view::{Grid, GridLineage, GridParts, Succession},
};
use crate::{duty, ground::Ground, map, rules::GridRules};
use kernel::{Code, Cx, Error, Result, Tx, geo::Position, id::GridId};
use sea_orm::ConnectionTrait;

/// Splits a grid (拆分网格) into two or more of its kind, community and parent. What lay in it lies in the part that holds its
/// centre, else directly under the community.
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `grid_closed`; `version_stale`; `boundary_invalid`; `boundary_outside_community`;
/// `grid_code_taken`.
pub async fn split_grid(cx: &Cx, id: GridId, command: SplitGrid, rules: &GridRules) -> Result<GridParts> {
    let old = manageable(cx, id, command.version).await?;
    let mut drawn = Vec::new();
    let ground = Ground::of(cx, old.region_code, rules).await?;
    for (n, part) in command.parts.into_iter().enumerate() {
        require_code(old.region_code, part.code.as_deref(), &format!("#/parts/{n}/code"))?;
        let boundary = part.boundary.as_ref().map(|b| Boundary::read(b, part.datum)).transpose();
        let boundary = boundary.and_then(|b| b.as_ref().map_or(Ok(()), |b| ground.holds(b)).map(|()| b));
        drawn.push((boundary.map_err(|e| at(e, &format!("#/parts/{n}")))?, part));
    }
    let mut tx = cx.begin();
    super::hold(&mut tx, id).await?;
    let mut parts = Vec::with_capacity(drawn.len());
    for (n, (boundary, part)) in drawn.into_iter().enumerate() {
        parts.push(begin(&mut tx, &old, part, boundary).await.map_err(|e| at(e, &format!("#/parts/{n}")))?);
    }
    end(&mut tx, vec![old], &parts, GridChange::Split).await?;
    let grids = parts.into_iter().map(|row| Ok(rules.judge(Grid::try_from(row)?))).collect::<Result<Vec<_>>>()?;
    let parts = tx.commit_created(GridParts { grids }).await?;
    map::touch(cx);
    Ok(parts)
}

/// Merges grids (合并网格) of one community and kind into a new one, in which everything lies that lay in them.
///
/// # Errors
/// `grid_not_found`; `permission_missing`; `grid_closed`; `grids_foreign`; `field_invalid` for a grid that is named twice or is of
/// another kind; `boundary_invalid`; `boundary_outside_community`; `grid_code_taken`.
pub async fn merge_grids(cx: &Cx, command: MergeGrids, rules: &GridRules) -> Result<Grid> {
    let mut ids = command.grid_ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let invalid = |reason: &str| Error::field_with("#/grid_ids", Code::FieldInvalid, vec![("reason", reason.to_owned())]);
    if ids.len() != command.grid_ids.len() {
        return Err(invalid("a grid is named twice"));
    }
    let mut old = Vec::with_capacity(ids.len());
    for (n, id) in command.grid_ids.iter().enumerate() {
        old.push(
            manageable(cx, *id, None).await.map_err(|e| if e.code == Code::GridNotFound { e.at(format!("#/grid_ids/{n}")) } else { e })?,
        );
    }
    let Some(first) = old.first().cloned() else { return Err(invalid("there are two or more")) };
    if old.iter().any(|g| g.region_code != first.region_code) {
        return Err(Error::new(Code::GridsForeign).at("#/grid_ids"));
    }
    if old.iter().any(|g| g.kind != first.kind) {
        return Err(invalid("the grids are of one kind"));
    }
    let mut part = command.into;
    require_code(first.region_code, part.code.as_deref(), "#/into/code")?;
    let boundary = match &part.boundary {
        Some(given) => {
            let boundary = Boundary::read(given, part.datum).map_err(|e| at(e, "#/into"))?;
            Ground::of(cx, first.region_code, rules).await?.holds(&boundary).map_err(|e| at(e, "#/into"))?;
            Some(boundary)
        }
        // Theirs were within the community, or drawn before it had a boundary.
        None => boundary::union(old.iter().map(|g| g.boundary.as_deref()))?,
    };
    let counted: Option<Vec<u32>> = old.iter().map(|g| g.households.map(i32::unsigned_abs)).collect();
    part.households = part.households.or_else(|| counted.map(|n| n.iter().sum()));
    let parent = old.iter().all(|g| g.parent_id == first.parent_id).then_some(first.parent_id).flatten();
    let model = row::Model { parent_id: parent, ..first };
    let mut tx = cx.begin();
    for id in &ids {
        super::hold(&mut tx, *id).await?;
    }
    let new = begin(&mut tx, &model, part, boundary).await.map_err(|e| at(e, "#/into"))?;
    end(&mut tx, old, std::slice::from_ref(&new), GridChange::Merge).await?;
    let grid = tx.commit_created(rules.judge(Grid::try_from(new)?)).await?;
    map::touch(cx);
    Ok(grid)
}

/// Where a grid came from and what became of it (网格沿革), one step in each direction.
///
/// # Errors
/// `grid_not_found`; `database_unavailable`.
pub async fn grid_lineage(cx: &Cx, id: GridId) -> Result<GridLineage> {
    super::find(cx, id).await?;
    let steps = async |backwards| {
        let rows = store::successions(cx, id, backwards).await?;
        let steps = rows.into_iter().map(|(step, grid)| Succession { change: step.change, at: step.at, grid: grid.into() });
        Ok::<Vec<_>, Error>(steps.collect())
    };
    Ok(GridLineage { predecessors: steps(true).await?, successors: steps(false).await? })
}

/// The codes of the grids that took a grid's place.
pub(crate) async fn successors(cx: &Cx, id: GridId) -> Result<Vec<String>> {
    Ok(store::successions(cx, id, false).await?.into_iter().map(|(_, grid)| grid.code).collect())
}

fn at(mut error: Error, pointer: &str) -> Error {
    for field in &mut error.fields {
        if !field.pointer.starts_with(pointer) {
            field.pointer = format!("{pointer}{}", field.pointer.trim_start_matches('#'));
        }
    }
    error
}

/// Draws a grid that takes the place of one like this.
async fn begin(tx: &mut Tx<'_>, like: &row::Model, part: GridPart, boundary: Option<Boundary>) -> Result<row::Model> {
    let code = match part.code {
        Some(code) => code,
        None => store::next_code(tx.conn().await?, like.region_code).await?,
    };
    let mut row = row::Model {
        parent_id: like.parent_id,
        households: stored(part.households)?,
        ..row::Model::new(tx, like.region_code, code.clone(), part.name, like.kind)
    };
    row.draw(boundary, None)?;
    let insert = store::insert(row.clone());
    tx.conn().await?.execute(&insert).await.map_err(|e| Error::from(e).when_taken(Code::GridCodeTaken, "code", code).at("#/code"))?;
    tx.emit(row.subject(), &GridCreated(Facts::from(&row)))?;
    Ok(row)
}

/// Ends the old grids and says what took their place.
async fn end(tx: &mut Tx<'_>, old: Vec<row::Model>, new: &[row::Model], change: GridChange) -> Result<()> {
    let ended: Vec<GridId> = old.iter().map(|g| g.id).collect();
    let begun: Vec<GridId> = new.iter().map(|g| g.id).collect();
    let at = tx.now;
    let mapped: Vec<GridId> = old.iter().chain(new).filter(|g| g.boundary.is_some()).map(|g| g.id).collect();
    let pairs = ended.iter().flat_map(|from_id| begun.iter().map(move |to_id| (*from_id, *to_id)));
    let steps = pairs.map(|(from_id, to_id)| row::succession::Model { from_id, to_id, change, at }).collect();
    store::record(tx.conn().await?, steps).await?;
    duty::end_all(tx, &ended).await?;
    rehang(tx, &ended, |child| new.iter().find(|g| new.len() == 1 || holds(g, child)).map(|g| g.id)).await?;
    for mut row in old {
        row.valid_to = Some(tx.now);
        row.version += 1;
        row.updated_at = tx.now;
        if tx.conn().await?.execute(&store::update(&row)).await?.rows_affected() != 1 {
            return Err(Error::new(Code::VersionStale));
        }
        let said = Succeeded { ended: ended.clone(), begun: begun.clone() };
        match change {
            GridChange::Split => tx.emit(row.subject(), &GridSplit(said))?,
            GridChange::Merge => tx.emit(row.subject(), &GridMerged(said))?,
        }
    }
    if mapped.is_empty() { Ok(()) } else { map::publish(tx, &mapped).await }
}

fn holds(grid: &row::Model, child: &row::Model) -> bool {
    let (Some(boundary), Some(lng), Some(lat)) = (&grid.boundary, child.center_lng, child.center_lat) else { return false };
    boundary::contains(boundary, Position { lng, lat }).unwrap_or(false)
}

/// Hangs what lay in grids that end under others, or under nothing.
pub(super) async fn rehang(tx: &mut Tx<'_>, ended: &[GridId], new: impl Fn(&row::Model) -> Option<GridId>) -> Result<()> {
    let now = tx.now;
    for mut child in store::children(tx.conn().await?, ended).await? {
        child.parent_id = new(&child);
        child.version += 1;
        child.updated_at = now;
        tx.conn().await?.execute(&store::update(&child)).await?;
        tx.emit(child.subject(), &GridUpdated(Facts::from(&child)))?;
    }
    Ok(())
}
