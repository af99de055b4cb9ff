//! What happens to checklists. What was found of a grid stands in no event, but for the score.

use kernel::{EventType, id::GridId};
use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a checklist.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChecklistFacts {
    /// How many items it has.
    items: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct ChecklistEvent {
    #[serde(flatten)]
    facts: ChecklistFacts,
    #[serde(skip)]
    kind: EventType,
}

impl ChecklistEvent {
    fn of(kind: EventType, items: usize) -> Self {
        Self { facts: ChecklistFacts { items: u32::try_from(items).unwrap_or(u32::MAX) }, kind }
    }

    pub(super) fn created(items: usize) -> Self {
        Self::of(EventType::ChecklistCreated, items)
    }

    pub(super) fn updated(items: usize) -> Self {
        Self::of(EventType::ChecklistUpdated, items)
    }

    pub(super) fn closed(items: usize) -> Self {
        Self::of(EventType::ChecklistClosed, items)
    }
}

impl kernel::Event for ChecklistEvent {
    fn kind(&self) -> EventType {
        self.kind
    }
}

/// A grid was held against a checklist (清单检查).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChecklistWasRun {
    /// The grid.
    pub(super) grid_id: GridId,
    /// The checklist.
    pub(super) checklist_id: kernel::id::ChecklistId,
    /// The points that it got.
    pub(super) score: u32,
    /// The points that there were.
    pub(super) max_score: u32,
}

impl kernel::Event for ChecklistWasRun {
    fn kind(&self) -> EventType {
        EventType::ChecklistRun
    }
}
