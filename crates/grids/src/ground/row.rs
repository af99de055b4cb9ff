//! The table `region_boundaries`.
use kernel::RegionCode;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "region_boundaries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub region_code: RegionCode,
    /// A GeoJSON Polygon or MultiPolygon in WGS-84.
    #[sea_orm(column_type = "Text")]
    pub boundary: String,
    /// In square metres.
    pub area: f64,
    pub version: i32,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
