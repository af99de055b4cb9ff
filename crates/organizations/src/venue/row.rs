//! The tables `venues` and `venue_hours`, and the words that they store.

use kernel::Subject;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a venue is (阵地类别). What a place calls its own is its `brand`: there is one kind for all that do the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum VenueKind {
    /// 党群服务中心: of a community, a street or a county; 邻里中心.
    ServiceCenter,
    /// 睦邻点: a small point among the homes; 客厅阵地, 红色便民点.
    NeighborPoint,
    /// 议事亭: where matters are talked over; 议事厅.
    DiscussionPavilion,
    /// 驿站: where one rests on the way and is served; 党群驿站, 宜之家, 小哥驿站, 暖新加油吧, 司机之家.
    Station,
    /// 初心角: where the Party's history is shown; 红色展馆.
    MemorialCorner,
    /// 政务服务点: counters of the government; 便民服务中心.
    GovernmentService,
    /// 公共法律服务点: legal aid and mediation; 法律服务工作室.
    LegalService,
    /// 其他
    Other,
}

/// What a venue has for whoever cannot use stairs, see or hear, or comes with a child (无障碍设施).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accessibility {
    /// 无障碍出入口: a ramp, or no step at all.
    StepFreeEntrance,
    /// 无障碍卫生间
    AccessibleToilet,
    /// 电梯: a lift for wheelchairs, or all of it at ground level.
    Lift,
    /// 无障碍停车位
    AccessibleParking,
    /// 盲道
    TactilePaving,
    /// 低位服务台
    LowCounter,
    /// 轮椅借用
    Wheelchair,
    /// 母婴室
    NursingRoom,
}

impl Accessibility {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::StepFreeEntrance,
        Self::AccessibleToilet,
        Self::Lift,
        Self::AccessibleParking,
        Self::TactilePaving,
        Self::LowCounter,
        Self::Wheelchair,
        Self::NursingRoom,
    ];

    /// Its bit in the column: an order that never changes.
    pub(super) const fn bit(self) -> i32 {
        1 << self as i32
    }

    /// The bits of several.
    pub(super) fn bits(several: &[Self]) -> i32 {
        several.iter().fold(0, |bits, one| bits | one.bit())
    }

    /// What bits stand for.
    pub(super) fn of(bits: i32) -> Vec<Self> {
        Self::ALL.into_iter().filter(|one| bits & one.bit() != 0).collect()
    }
}

pub(super) mod venue {
    //! The table `venues`.
    use super::VenueKind;
    use kernel::{
        RegionCode,
        id::{GridId, OrganizationId, VenueId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "venues")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: VenueId,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub organization_id: Option<OrganizationId>,
        pub kind: VenueKind,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        pub brand: Option<String>,
        pub address: Option<String>,
        pub phone: Option<String>,
        pub lng: Option<f64>,
        pub lat: Option<f64>,
        /// The band of latitude that it lies in, by which what is near is found; NULL when it is not on the map.
        pub band: Option<i32>,
        /// Square metres.
        pub area: Option<f64>,
        pub office_area: Option<f64>,
        pub public_area: Option<f64>,
        /// JSON lists, and the hours as JSON.
        #[sea_orm(column_type = "Text")]
        pub rooms: String,
        #[sea_orm(column_type = "Text")]
        pub hours: String,
        #[sea_orm(column_type = "Text")]
        pub services: String,
        #[sea_orm(column_type = "Text")]
        pub features: String,
        /// Bits.
        pub accessibility: i32,
        pub version: i32,
        pub closed_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod hours {
    //! The table `venue_hours`: the opening hours once more, one row a period, by which those that are open are found.
    use kernel::id::VenueId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "venue_hours")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub venue_id: VenueId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub n: i16,
        /// 0 is Monday; NULL for a day that differs.
        pub day: Option<i16>,
        pub on_date: Option<ChronoDate>,
        /// Minutes of the day.
        pub opens: i16,
        pub closes: i16,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl venue::Model {
    pub(super) const fn subject(&self) -> Subject {
        Subject { id: self.id.0, version: self.version, region: self.region_code }
    }

    /// Puts it on the map, or takes it off: only what is in use and has a point is there.
    pub(super) fn settle(&mut self) {
        self.band = self.lat.filter(|_| self.closed_at.is_none() && self.lng.is_some()).map(super::near::band);
    }
}
