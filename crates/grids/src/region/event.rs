//! What happens to regions.

use super::ImportReport;
use chrono::NaiveDate;
use kernel::EventType;
use serde::Serialize;
use utoipa::ToSchema;

/// A list of regions was imported (区划导入).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegionImported {
    /// The day that the list describes.
    pub(super) as_of: NaiveDate,
    /// Whether regions that it does not name ended.
    pub(super) close_missing: bool,
    #[serde(flatten)]
    pub(super) report: ImportReport,
}

impl kernel::Event for RegionImported {
    fn kind(&self) -> EventType {
        EventType::RegionImported
    }
}
