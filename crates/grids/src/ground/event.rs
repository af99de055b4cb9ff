//! What happens to the ground of a community.

use kernel::EventType;
use serde::Serialize;
use utoipa::ToSchema;

/// The boundary of a community was drawn (社区界线).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegionBoundarySet {
    /// How much it encloses, in square metres.
    pub(super) area: f64,
}

impl kernel::Event for RegionBoundarySet {
    fn kind(&self) -> EventType {
        EventType::RegionBoundarySet
    }
}
