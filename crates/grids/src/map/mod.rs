//! The map in memory (内存地图): which grid does a point lie in, among all that are drawn, without asking the database.
//!
//! Each process keeps one map. It is empty at start and read in the background when a point is first asked for; until it is there
//! the database answers. What changes a boundary takes the next number of the map and writes it to the grids that
//! changed, in its own transaction ([`bump`], [`publish`]): the row that holds the number is locked until the commit, so whoever
//! sees a number sees every change up to it, and catches up by reading the grids with a higher number than their own.
//!
//! [`Freshness::Recent`] is for questions: the map may be a second old, and counts at once what this process has changed.
//! [`Freshness::Exact`] is for decisions: the number is compared with the database's first, a single row.
//!
//! Boundaries lie in it on a lattice of 10⁻⁷ degrees, about a centimetre, as whole numbers: eight bytes a position, and no
//! rounding within the test whether a point lies inside.

mod shape;
mod store;
mod tree;

pub(crate) use shape::Shape;
pub(crate) use store::{bump, table};

use kernel::{Cx, RegionCode, Result, Tx, geo::Position, id::GridId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use tree::Tree;

/// How long the map is believed for a question without asking whether it has changed.
const BELIEF: Duration = Duration::from_secs(1);

/// How old an answer may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Freshness {
    /// A second, but no older than what this process has changed.
    Recent,
    /// As new as the database.
    Exact,
}

/// Where a point lies by the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hit {
    /// The grid.
    pub(crate) id: GridId,
    /// Its number of the map: that of the row, unless it has changed since.
    pub(crate) number: i64,
}

/// Which grids count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Among {
    /// All.
    All,
    /// Those of one community.
    Of(RegionCode),
    /// Those of all others.
    Except(RegionCode),
}

/// The map of one process.
#[derive(Default)]
pub(crate) struct Map {
    known: RwLock<Known>,
    /// Whoever reads from the database holds it: one at a time.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Known {
    /// Absent until it has been read.
    tree: Option<Tree>,
    /// The number up to which all changes are in it.
    number: i64,
    /// When the number was last compared; the comparison began then.
    compared: Option<Instant>,
    /// When this process last changed something.
    touched: Option<Instant>,
}

impl Known {
    fn is_believed(&self) -> bool {
        let recent = self.compared.filter(|at| at.elapsed() < BELIEF);
        self.tree.is_some() && recent.is_some_and(|at| self.touched.is_none_or(|touched| touched < at))
    }
}

impl Map {
    fn look<T>(&self, at: impl FnOnce(&Known) -> T) -> T {
        at(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, how: impl FnOnce(&mut Known) -> T) -> T {
        how(&mut self.known.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of what is known; nothing until the map has been read.
    fn number(&self) -> Option<i64> {
        self.look(|known| known.tree.is_some().then_some(known.number))
    }
}

/// The grid that holds a place, the first by rank and then by age where several do. Nothing at all when the map cannot tell yet: then
/// the database must be asked.
pub(crate) async fn find(cx: &Cx, at: Position, among: Among, freshness: Freshness) -> Result<Option<Option<Hit>>> {
    let map = cx.shelf::<Map>();
    if freshness == Freshness::Exact || !map.look(Known::is_believed) {
        compare(cx, &map).await?;
    }
    Ok(map.look(|known| known.tree.as_ref().map(|tree| tree.find(at, among))))
}

/// The community of the grid that holds a place, as for a question; nothing at all when the map cannot tell yet.
pub(crate) async fn community(cx: &Cx, at: Position) -> Result<Option<Option<RegionCode>>> {
    let map = cx.shelf::<Map>();
    if !map.look(Known::is_believed) {
        compare(cx, &map).await?;
    }
    Ok(map.look(|known| known.tree.as_ref().map(|tree| tree.community(at))))
}

/// Reads the map now, for whoever cannot wait until somebody asks: benchmarks, and tests of the map itself.
///
/// # Errors
/// `database_unavailable`.
pub async fn warm_map(cx: &Cx) -> Result<usize> {
    let map = cx.shelf::<Map>();
    let _turn = map.turn.lock().await;
    if map.number().is_none() {
        read_all(cx, &map).await?;
    }
    Ok(map.look(|known| known.tree.as_ref().map_or(0, Tree::len)))
}

/// What this process has changed counts at once. Called after the commit.
pub(crate) fn touch(cx: &Cx) {
    cx.shelf::<Map>().change(|known| known.touched = Some(Instant::now()));
}

/// Gives grids that this change holds, and whose boundary, kind or end it changes, the next number of the map. It comes last before
/// the commit: whoever changes the map next waits for it.
pub(crate) async fn publish(tx: &mut Tx<'_>, grids: &[GridId]) -> Result<()> {
    let number = store::bump(tx).await?;
    store::number(tx, grids, number).await
}

/// Brings the map up to what the database holds.
async fn compare(cx: &Cx, map: &Arc<Map>) -> Result<()> {
    let known = map.number();
    let began = Instant::now();
    let number = store::read_number(cx).await?;
    match known {
        // Somebody else may have come further in the meantime.
        Some(known) if known == number => {
            map.change(|known| known.compared = known.compared.max(Some(began)));
            Ok(())
        }
        Some(known) if known < number => catch_up(cx, map, began).await,
        // Never read, or the database was taken back to an older state.
        _ => {
            if known.is_some() {
                map.change(|known| known.tree = None);
            }
            read_in_background(cx, map);
            Ok(())
        }
    }
}

async fn catch_up(cx: &Cx, map: &Map, began: Instant) -> Result<()> {
    let _turn = map.turn.lock().await;
    let Some(known) = map.number() else { return Ok(()) };
    let number = store::read_number(cx).await?;
    if known < number {
        // One that changes while they are read may come twice: the later counts.
        let changed: HashMap<GridId, Option<Shape>> = store::changed(cx, known).await?.into_iter().collect();
        let ids: HashSet<GridId> = changed.keys().copied().collect();
        let shapes = changed.into_values().flatten().collect();
        map.change(|known| {
            if let Some(tree) = &mut known.tree {
                tree.replace(&ids, shapes);
            }
            known.number = number;
        });
    }
    map.change(|known| known.compared = known.compared.max(Some(began)));
    Ok(())
}

/// Reads the map while others are answered by the database.
fn read_in_background(cx: &Cx, map: &Arc<Map>) {
    let (cx, map) = (cx.clone(), Arc::clone(map));
    tokio::spawn(async move {
        // Somebody is at it.
        let Ok(_turn) = map.turn.try_lock() else { return };
        if map.number().is_none()
            && let Err(error) = read_all(&cx, &map).await
        {
            tracing::warn!(%error, "the map of grids could not be read; the database answers");
        }
    });
}

async fn read_all(cx: &Cx, map: &Map) -> Result<()> {
    let began = Instant::now();
    let number = store::read_number(cx).await?;
    let shapes = store::all(cx).await?;
    let tree = Tree::new(shapes);
    tracing::info!(grids = tree.len(), milliseconds = began.elapsed().as_millis(), "the map of grids is read");
    map.change(|known| {
        known.tree = Some(tree);
        known.number = number;
        known.compared = Some(began);
    });
    Ok(())
}
