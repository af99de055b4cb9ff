//! What differs by place about venues (阵地规则): how fast one walks, and which circles are asked after.
//!
//! The seeds name circles of 10 and 15 minutes and of one kilometre and say nothing of a pace. GB 50180-2018 (城市居住区规划设计标准)
//! has 800 to 1,000 metres for the circle of fifteen minutes: 4 km an hour is what the country's rules begin with. No source
//! has a factor for the way around buildings, so it is 100 % until a place says otherwise.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// The furthest that anybody can ask for, in metres.
pub(super) const FURTHEST: u32 = 10_000;

/// The rules of a place for its venues (阵地规则).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VenueRules {
    /// How many metres one walks in an hour (步行速度).
    #[validate(range(min = 1000, max = 10_000))]
    #[schema(minimum = 1000, maximum = 10000, example = 4000)]
    pub metres_per_hour: u32,
    /// How long the way is for each 100 metres as the crow flies (绕行系数): 100 is straight on.
    #[validate(range(min = 100, max = 300))]
    #[schema(minimum = 100, maximum = 300, example = 100)]
    pub detour_percent: u32,
    /// The circles that the report tells of (服务圈), in minutes on foot.
    #[serde(default)]
    #[validate(length(max = 5), custom(function = minutes))]
    #[schema(max_items = 5, example = json!([10, 15]))]
    pub circle_minutes: Vec<u32>,
    /// The circles that the report tells of (服务圈), in metres as the crow flies.
    #[serde(default)]
    #[validate(length(max = 5), custom(function = metres))]
    #[schema(max_items = 5, example = json!([1000]))]
    pub circle_metres: Vec<u32>,
}

fn within(circles: &[u32], most: u32, reason: &'static str) -> Result<(), ValidationError> {
    let fits = circles.iter().enumerate().all(|(n, c)| (1..=most).contains(c) && !circles[..n].contains(c));
    if fits { Ok(()) } else { Err(ValidationError::new("circles").with_message(reason.into())) }
}

fn minutes(circles: &[u32]) -> Result<(), ValidationError> {
    within(circles, 60, "1 to 60 minutes, each once")
}

fn metres(circles: &[u32]) -> Result<(), ValidationError> {
    within(circles, FURTHEST, "1 to 10000 metres, each once")
}

impl VenueRules {
    /// How far one comes in so many minutes, in metres as the crow flies.
    pub(super) fn reach(&self, minutes: u32) -> f64 {
        f64::from(minutes) / 60.0 * f64::from(self.metres_per_hour) * 100.0 / f64::from(self.detour_percent.max(1))
    }

    /// How many minutes it takes to walk so many metres as the crow flies, begun ones included.
    pub(super) fn minutes(&self, metres: f64) -> u32 {
        let minutes = metres * f64::from(self.detour_percent) / 100.0 / f64::from(self.metres_per_hour.max(1)) * 60.0;
        // A thousandth of a second more is not a minute more.
        (minutes - 1e-5).ceil().max(0.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kilometre_is_a_quarter_of_an_hour_and_a_detour_takes_longer() {
        let rules = VenueRules { metres_per_hour: 4000, detour_percent: 100, circle_minutes: vec![10, 15], circle_metres: vec![1000] };
        assert!(rules.validate().is_ok());
        assert_eq!((rules.reach(15), rules.minutes(1000.0), rules.minutes(1000.1), rules.minutes(0.0)), (1000.0, 15, 16, 0));
        let around = VenueRules { detour_percent: 125, ..rules.clone() };
        assert_eq!((around.reach(15), around.minutes(800.0)), (800.0, 15));
        for wrong in [
            VenueRules { metres_per_hour: 999, ..rules.clone() },
            VenueRules { detour_percent: 99, ..rules.clone() },
            VenueRules { circle_minutes: vec![10, 10], ..rules.clone() },
            VenueRules { circle_metres: vec![0], ..rules.clone() },
            VenueRules { circle_minutes: vec![61], ..rules },
        ] {
            assert!(wrong.validate().is_err(), "{wrong:?}");
        }
    }
}
