//! What differs by place about the work orders of hotlines (热线工单规则): the limits for those that bring none of their own, how
//! long one may be returned, and what counts as satisfied. The days of the law differ from city to city (handbook 2, B.4), so they
//! are policy.

use crate::limit::Limit;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// What a caller wants of a hotline (工单类型).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum HotlineKind {
    /// 咨询
    Consult,
    /// 求助
    Help,
    /// 投诉
    Complaint,
    /// 举报
    Report,
    /// 建议
    Suggestion,
    /// 表扬
    Praise,
}

/// How work orders of hotlines are handled at a place (热线工单规则).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineRules {
    /// The limits of work orders that bring none of their own (时限); the first entry that fits decides, the last one fits all.
    #[validate(length(min = 1, max = 10), nested, custom(function = ends_with_all))]
    #[schema(min_items = 1, max_items = 10)]
    pub limits: Vec<HotlineLimits>,
    /// Within which time after it came a work order may be returned (退单时限).
    #[validate(nested)]
    pub return_within: Limit,
    /// How often more time may be asked for (延期次数).
    #[validate(range(min = 0, max = 10))]
    #[schema(minimum = 0, maximum = 10, example = 1)]
    pub extensions: u16,
    /// From which answer of the caller on a work order counts as satisfied (满意起点): 2 基本满意, 3 满意, 4 非常满意.
    #[validate(range(min = 2, max = 4))]
    #[schema(minimum = 2, maximum = 4, example = 3)]
    pub satisfied_from: u8,
}

/// The limits of some kinds of work order (分类时限).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct HotlineLimits {
    /// Of which kinds (工单类型); all that no entry before names when empty.
    #[validate(length(max = 6))]
    #[schema(max_items = 6)]
    pub kinds: Vec<HotlineKind>,
    /// Within which time it is taken in hand (签收时限).
    #[validate(nested)]
    pub sign: Limit,
    /// Within which time the caller is answered first (响应时限).
    #[validate(nested)]
    pub reply: Limit,
    /// Within which time it is done (办结时限).
    #[validate(nested)]
    pub finish: Limit,
}

fn ends_with_all(limits: &[HotlineLimits]) -> Result<(), ValidationError> {
    match limits.iter().position(|l| l.kinds.is_empty()) {
        Some(n) if n + 1 == limits.len() => Ok(()),
        _ => Err(ValidationError::new("limits").with_message("the last entry, and no other, has no kinds: it is for all the rest".into())),
    }
}

impl HotlineRules {
    /// The limits of this kind of work order.
    #[must_use]
    pub fn limits_of(&self, kind: HotlineKind) -> Option<&HotlineLimits> {
        self.limits.iter().find(|l| l.kinds.is_empty() || l.kinds.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::LimitUnit;

    fn limits(kinds: &[HotlineKind], days: u32) -> HotlineLimits {
        let days = Limit { value: days, unit: LimitUnit::WorkingDays };
        HotlineLimits { kinds: kinds.to_vec(), sign: days, reply: days, finish: days }
    }

    #[test]
    fn the_first_entry_that_fits_decides_and_the_last_fits_all() {
        let rules = HotlineRules {
            limits: vec![limits(&[HotlineKind::Consult], 2), limits(&[HotlineKind::Complaint, HotlineKind::Report], 15), limits(&[], 10)],
            return_within: Limit { value: 1, unit: LimitUnit::WorkingDays },
            extensions: 1,
            satisfied_from: 3,
        };
        assert!(rules.validate().is_ok());
        let days = |kind| rules.limits_of(kind).map(|l| l.finish.value);
        assert_eq!((days(HotlineKind::Consult), days(HotlineKind::Report), days(HotlineKind::Praise)), (Some(2), Some(15), Some(10)));
        for wrong in [vec![limits(&[HotlineKind::Consult], 2)], vec![limits(&[], 1), limits(&[], 2)], vec![]] {
            assert!(HotlineRules { limits: wrong, ..rules.clone() }.validate().is_err());
        }
    }
}
