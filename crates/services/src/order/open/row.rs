//! The tables `open_requests` and `open_updates`.

use crate::catalogue::Reporting;
use kernel::{
    RegionCode,
    id::{ItemId, OrderId},
};

pub(super) mod request {
    //! The table `open_requests`: what everybody may be shown of an order, masked when it was written.
    use super::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "open_requests")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        pub region_code: RegionCode,
        pub item_code: String,
        /// The version that was asked for.
        pub item_id: ItemId,
        pub reporting: Reporting,
        /// Empty where nobody is shown anything.
        #[sea_orm(column_type = "Text")]
        pub description: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub address: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod update {
    //! The table `open_updates`: by which of its own ids an outside system has sent an update, and which version it made.
    use super::*;
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "open_updates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: OrderId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub external_id: String,
        pub order_version: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
