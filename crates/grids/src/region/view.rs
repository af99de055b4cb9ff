//! What is asked of regions, and how one is shown.

use super::row;
use chrono::NaiveDate;
use kernel::{Error, RegionCode, RegionLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which regions to list (区划列表), by code ascending.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRegions {
    /// Only what lies under this region (上级区划): its direct children or, together with `level`, everything
    /// of that level within it. `000000000000` is the whole country.
    pub parent: Option<RegionCode>,
    /// Only this level (层级). Absent: every level.
    pub level: Option<RegionLevel>,
    /// Whether regions that have ended are listed too (含已撤销); they are not unless told.
    #[serde(default)]
    #[param(default = false)]
    pub include_closed: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A region (区划): a province, city, county, township or community.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Region {
    /// Its code (统计用区划代码), twelve digits.
    pub code: RegionCode,
    /// Its name (名称).
    #[schema(max_length = 100, example = "新联社区居委会")]
    pub name: String,
    /// Its level (层级).
    pub level: RegionLevel,
    /// The region above it (上级区划); absent for a province.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parent_code: Option<RegionCode>,
    /// The day from which it is known to exist (启用日期): the day of the list that first named it,
    /// unless the list says better.
    pub valid_from: NaiveDate,
    /// The day on which it ended (撤销日期): from that day on nothing new can lie in it. Absent while it exists.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<NaiveDate>,
    /// The region that took its place (由何区划接替); absent when none did or none is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaced_by: Option<RegionCode>,
}

impl TryFrom<row::Model> for Region {
    type Error = Error;
    fn try_from(row: row::Model) -> Result<Self, Error> {
        Ok(Self {
            code: row.code,
            name: row.name,
            level: row.level.parse().map_err(Error::internal)?,
            parent_code: (row.parent_code != RegionCode::COUNTRY).then_some(row.parent_code),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            replaced_by: row.replaced_by,
        })
    }
}
