//! What differs by place about grids (网格规则). The numbers are policy: a grid outside of them is warned of, not refused.

use crate::{Grid, GridKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// The rules of a place for its grids (网格规则).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GridRules {
    /// How many households a grid should have (网格规模), by kind; a kind that is not named has no bounds.
    #[serde(default)]
    #[validate(length(max = 4), custom(function = sizes))]
    #[schema(max_items = 4)]
    pub sizes: Vec<GridSize>,
    /// How the public card shows the names of those on duty (公示姓名); masked unless told.
    #[serde(default)]
    pub card_names: CardNames,
    /// The phone for complaints on the public card (监督电话); absent: none is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 3, max = 20), custom(function = kernel::check::dialable))]
    #[schema(min_length = 3, max_length = 20, pattern = "^[+]?[0-9-]{3,20}$", example = "12345")]
    pub supervision_phone: Option<String>,
    /// How many metres the boundary of a grid may leave that of its community (越界容差), because surveys differ; 10 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = 1000))]
    #[schema(minimum = 0, maximum = 1000, example = 10)]
    pub boundary_tolerance: Option<u16>,
}

/// The bounds of a kind of grid (网格规模).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GridSize {
    /// Which kind (类别).
    pub kind: GridKind,
    /// The fewest households that it should have; no such bound when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000)]
    pub min_households: Option<u32>,
    /// The most households that it should have; no such bound when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000)]
    pub max_households: Option<u32>,
}

/// How names appear where everybody can read them (公示姓名).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardNames {
    /// 张*
    #[default]
    Masked,
    /// In full: where the law has the names of grid members posted, or they have agreed to it.
    Full,
}

fn sizes(sizes: &[GridSize]) -> Result<(), ValidationError> {
    let wrong = |what: &'static str| Err(ValidationError::new("sizes").with_message(what.into()));
    for (n, size) in sizes.iter().enumerate() {
        if sizes[..n].iter().any(|s| s.kind == size.kind) {
            return wrong("a kind is named twice");
        }
        let (min, max) = (size.min_households.unwrap_or(0), size.max_households.unwrap_or(100_000));
        if min > max || max > 100_000 {
            return wrong("the fewest are at most the most, and those at most 100000");
        }
    }
    Ok(())
}

/// What is unusual about a grid (网格提示). It is a hint, not a refusal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridWarning {
    /// Which.
    pub code: GridWarningCode,
    /// The bound of the place's rules that is passed (界限).
    pub bound: u32,
}

/// What may be unusual about a grid (网格提示类别).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GridWarningCode {
    /// 户数偏少: fewer households than the rules of the place have it.
    TooFewHouseholds,
    /// 户数偏多: more households than that.
    TooManyHouseholds,
}

impl GridRules {
    /// How many metres the boundary of a grid may leave that of its community.
    #[must_use]
    pub fn tolerance_metres(&self) -> u16 {
        self.boundary_tolerance.unwrap_or(10)
    }

    /// What is unusual about a grid of this kind and size.
    #[must_use]
    pub fn warnings(&self, kind: GridKind, households: Option<u32>) -> Vec<GridWarning> {
        let (Some(size), Some(households)) = (self.sizes.iter().find(|s| s.kind == kind), households) else { return Vec::new() };
        let few = size.min_households.filter(|min| households < *min);
        let many = size.max_households.filter(|max| households > *max);
        few.map(|bound| GridWarning { code: GridWarningCode::TooFewHouseholds, bound })
            .into_iter()
            .chain(many.map(|bound| GridWarning { code: GridWarningCode::TooManyHouseholds, bound }))
            .collect()
    }

    /// The same grid with what is unusual about it.
    #[must_use]
    pub fn judge(&self, mut grid: Grid) -> Grid {
        grid.warnings = if grid.valid_to.is_some() { Vec::new() } else { self.warnings(grid.kind, grid.households) };
        grid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_outside_of_its_bounds_is_warned_of() {
        let size = GridSize { kind: GridKind::Comprehensive, min_households: Some(300), max_households: Some(500) };
        let rules = GridRules { sizes: vec![size], ..GridRules::default() };
        let code = |kind, households| rules.warnings(kind, households).first().map(|w| (w.code, w.bound));
        assert_eq!(code(GridKind::Comprehensive, Some(299)), Some((GridWarningCode::TooFewHouseholds, 300)));
        assert_eq!(code(GridKind::Comprehensive, Some(300)), None);
        assert_eq!(code(GridKind::Comprehensive, Some(500)), None);
        assert_eq!(code(GridKind::Comprehensive, Some(501)), Some((GridWarningCode::TooManyHouseholds, 500)));
        assert_eq!(code(GridKind::Comprehensive, None), None);
        assert_eq!(code(GridKind::Micro, Some(5)), None);
        let twice = GridRules { sizes: vec![size, size], ..GridRules::default() };
        assert!(twice.validate().is_err());
        let turned = GridSize { min_households: Some(501), ..size };
        assert!(GridRules { sizes: vec![turned], ..GridRules::default() }.validate().is_err());
        assert!(rules.validate().is_ok());
    }
}
