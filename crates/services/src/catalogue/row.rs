//! The table `service_items`.
use super::{ItemLevel, Reporting};
use kernel::{RegionCode, id::ItemId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_items")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ItemId,
    pub code: String,
    pub version: i32,
    pub level: ItemLevel,
    pub parent_code: Option<String>,
    pub name: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub provider_kinds: String,
    pub region_code: RegionCode,
    pub needs_address: bool,
    pub respond_limit: Option<String>,
    pub finish_limit: Option<String>,
    pub reporting: Reporting,
    /// JSON.
    #[sea_orm(column_type = "Text")]
    pub attributes: String,
    pub valid_from: ChronoDateTimeUtc,
    pub valid_to: Option<ChronoDateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
