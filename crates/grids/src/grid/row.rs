//! The tables `grids` and `grid_successions`.
use super::GridKind;
use kernel::{RegionCode, Tx, id::GridId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "grids")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GridId,
    pub region_code: RegionCode,
    #[sea_orm(column_type = "Text", unique)]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub name: String,
    pub kind: GridKind,
    /// A GeoJSON Polygon in WGS-84.
    #[sea_orm(column_type = "Text", nullable)]
    pub boundary: Option<String>,
    pub center_lng: Option<f64>,
    pub center_lat: Option<f64>,
    /// The box around the boundary; there exactly when the boundary is.
    pub min_lng: Option<f64>,
    pub min_lat: Option<f64>,
    pub max_lng: Option<f64>,
    pub max_lat: Option<f64>,
    pub version: i32,
    pub valid_to: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub parent_id: Option<GridId>,
    pub households: Option<i32>,
    /// A JSON list of codes in other systems.
    #[sea_orm(column_type = "Text")]
    pub external_codes: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub extent: Option<String>,
    /// The number of the map at which its boundary, kind or end last changed; 0 before there was a map.
    pub map_number: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// A grid that begins now, without a boundary.
    pub(super) fn new(tx: &Tx<'_>, region_code: RegionCode, code: String, name: String, kind: GridKind) -> Self {
        Self {
            id: tx.id(),
            region_code,
            code,
            name,
            kind,
            boundary: None,
            center_lng: None,
            center_lat: None,
            min_lng: None,
            min_lat: None,
            max_lng: None,
            max_lat: None,
            version: 1,
            valid_to: None,
            created_at: tx.now,
            updated_at: tx.now,
            parent_id: None,
            households: None,
            external_codes: "[]".to_owned(),
            extent: None,
            map_number: 0,
        }
    }
}

pub(super) mod succession {
    use crate::grid::GridChange;
    use kernel::id::GridId;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "grid_successions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub from_id: GridId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub to_id: GridId,
        pub change: GridChange,
        pub at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
