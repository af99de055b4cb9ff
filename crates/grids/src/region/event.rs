//! What happens to regions.

use super::ImportReport;
use chrono::NaiveDate;
use serde::Serialize;

/// A list of regions was imported (区划导入).
#[derive(Debug, Serialize)]
pub(super) struct RegionImported {
    pub(super) as_of: NaiveDate,
    pub(super) close_missing: bool,
    #[serde(flatten)]
    pub(super) report: ImportReport,
}

impl kernel::Event for RegionImported {
    fn kind(&self) -> &'static str {
        "region.imported"
    }
}
