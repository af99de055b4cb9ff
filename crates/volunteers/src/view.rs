//! What goes out.

use crate::VolunteerKind;
use chrono::{DateTime, Utc};
use kernel::{
    Place, RegionCode,
    id::{AccountId, GridId, OrganizationId},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A taker of orders (接单人). Who they are stands in their account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Volunteer {
    /// Who (账号).
    pub account_id: AccountId,
    /// As what (类别).
    pub kind: VolunteerKind,
    /// The region served (服务区划), with everything beneath it.
    pub region_code: RegionCode,
    /// The one grid of it that is served (服务网格); absent: the whole region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid_id: Option<GridId>,
    /// The organization that they belong to (所属组织); absent when to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// What they can do (技能特长).
    pub skills: Vec<String>,
    /// Whether they take orders now (可接单).
    pub available: bool,
    /// The version (版本), one higher after each change.
    #[schema(minimum = 1)]
    pub version: i32,
    /// When they were registered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

impl Volunteer {
    /// Whether an order in this region, and in this grid if it has one, is theirs to take: the region lies
    /// within the one served, and whoever serves one grid takes orders of that grid or of none.
    #[must_use]
    pub fn serves(&self, region: RegionCode, grid: Option<GridId>) -> bool {
        self.region_code.covers(region) && (self.grid_id.is_none() || grid.is_none() || self.grid_id == grid)
    }

    /// Where they stand on the roll.
    pub(crate) fn place(&self) -> Place {
        Place { region: Some(self.region_code), grid: self.grid_id, organization: self.organization_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn volunteer(region: &str, grid: Option<u128>) -> Volunteer {
        let long_ago = DateTime::UNIX_EPOCH;
        Volunteer {
            account_id: AccountId(Uuid::nil()),
            kind: VolunteerKind::PartyMember,
            region_code: region.parse().unwrap(),
            grid_id: grid.map(|n| GridId(Uuid::from_u128(n))),
            organization_id: None,
            skills: Vec::new(),
            available: true,
            version: 1,
            created_at: long_ago,
            updated_at: long_ago,
        }
    }

    #[test]
    fn a_taker_serves_their_region_and_in_it_their_grid() {
        let here: RegionCode = "321182001017".parse().unwrap();
        let grid = |n| Some(GridId(Uuid::from_u128(n)));
        for (region, own, wanted, serves) in [
            ("321182001017", None, None, true),
            ("321182001017", None, grid(1), true),
            ("321182001", None, grid(1), true),
            ("321182001018", None, None, false),
            ("321182001017", Some(1), grid(1), true),
            ("321182001017", Some(1), grid(2), false),
            ("321182001017", Some(1), None, true),
        ] {
            assert_eq!(volunteer(region, own).serves(here, wanted), serves, "{region} {own:?} {wanted:?}");
        }
    }
}
