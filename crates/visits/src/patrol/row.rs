//! The tables `patrols` and `findings`.

use crate::table::words;

words! {
    /// Who goes on a patrol (巡查方式).
    PatrolKind {
        /// 自主巡查: one person alone.
        Single "single"
        /// 集中巡查: several together.
        Group "group"
    }
    /// What was found (发现类型).
    FindingKind {
        /// 隐患
        Hazard "hazard"
        /// 线索
        Clue "clue"
        /// 其他
        Other "other"
    }
    /// How bad it is (严重程度).
    FindingSeverity {
        /// 一般
        Low "low"
        /// 较重
        Medium "medium"
        /// 严重
        High "high"
    }
    /// What was done about it (处置方式).
    FindingHandling {
        /// 当场处置
        Handled "handled"
        /// 上报: it became an order.
        PushedUp "pushed_up"
    }
}

pub(super) mod patrol {
    //! The table `patrols`.
    use super::PatrolKind;
    use kernel::{
        RegionCode,
        id::{AccountId, GridId, PatrolId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "patrols")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: PatrolId,
        pub version: i32,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub kind: PatrolKind,
        pub participants: i16,
        pub recorded_by: AccountId,
        pub started_at: ChronoDateTimeUtc,
        pub ended_at: ChronoDateTimeUtc,
        /// A JSON list of points, sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub route: Option<String>,
        pub route_points: i16,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        pub findings: i32,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod finding {
    //! The table `findings`.
    use super::{FindingHandling, FindingKind, FindingSeverity};
    use kernel::{
        RegionCode,
        id::{AccountId, FindingId, GridId, OrderId, PatrolId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "findings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: FindingId,
        pub version: i32,
        pub patrol_id: Option<PatrolId>,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub kind: FindingKind,
        pub severity: FindingSeverity,
        pub handling: FindingHandling,
        /// Sealed, as is the content.
        #[sea_orm(column_type = "Text")]
        pub title: String,
        #[sea_orm(column_type = "Text")]
        pub content: String,
        pub lng: Option<f64>,
        pub lat: Option<f64>,
        pub attachment_count: i16,
        pub order_id: Option<OrderId>,
        pub recorded_by: AccountId,
        pub found_at: ChronoDateTimeUtc,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
