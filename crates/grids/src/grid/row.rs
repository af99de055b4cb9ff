//! The table `grids`.
use super::GridKind;
use kernel::{RegionCode, id::GridId};
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
}

impl ActiveModelBehavior for ActiveModel {}
