//! What happens to grids.

use super::{GridKind, row};
use kernel::{EventType, id::GridId};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a grid whenever something happens to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Facts {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// Its kind.
    kind: GridKind,
    /// Whether its boundary is drawn.
    has_boundary: bool,
}

impl From<&row::Model> for Facts {
    fn from(row: &row::Model) -> Self {
        Self { code: row.code.clone(), name: row.name.clone(), kind: row.kind, has_boundary: row.boundary.is_some() }
    }
}

/// A grid was drawn (网格建立).
#[derive(Debug, Serialize)]
pub(super) struct GridCreated(pub(super) Facts);

/// A grid was changed (网格变更).
#[derive(Debug, Serialize)]
pub(super) struct GridUpdated(pub(super) Facts);

/// A grid was closed (网格撤销).
#[derive(Debug, Serialize)]
pub(super) struct GridClosed(pub(super) Facts);

impl kernel::Event for GridCreated {
    fn kind(&self) -> EventType {
        EventType::GridCreated
    }
}

impl kernel::Event for GridUpdated {
    fn kind(&self) -> EventType {
        EventType::GridUpdated
    }
}

impl kernel::Event for GridClosed {
    fn kind(&self) -> EventType {
        EventType::GridClosed
    }
}

/// A grid took the place of others, or others took its place.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Succeeded {
    /// The grids that ended.
    pub(super) ended: Vec<GridId>,
    /// The grids that took their place.
    pub(super) begun: Vec<GridId>,
}

/// A grid was split (网格拆分).
#[derive(Debug, Serialize)]
pub(super) struct GridSplit(pub(super) Succeeded);

/// Grids were merged (网格合并).
#[derive(Debug, Serialize)]
pub(super) struct GridMerged(pub(super) Succeeded);

impl kernel::Event for GridSplit {
    fn kind(&self) -> EventType {
        EventType::GridSplit
    }
}

impl kernel::Event for GridMerged {
    fn kind(&self) -> EventType {
        EventType::GridMerged
    }
}
