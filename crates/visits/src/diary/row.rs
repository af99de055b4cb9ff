//! The tables `diary_templates` and `diaries`.

pub(super) mod template {
    //! The table `diary_templates`: one row a version.
    use kernel::{RegionCode, id::DiaryTemplateId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "diary_templates")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DiaryTemplateId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        pub region_code: RegionCode,
        pub name: String,
        pub in_order: bool,
        /// A JSON list.
        #[sea_orm(column_type = "Text")]
        pub steps: String,
        pub valid_from: ChronoDateTimeUtc,
        pub valid_to: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod diary {
    //! The table `diaries`.
    use kernel::{
        RegionCode,
        id::{AccountId, DiaryId, DiaryTemplateId, GridId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "diaries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DiaryId,
        pub version: i32,
        pub template_id: DiaryTemplateId,
        pub template_version: i32,
        pub region_code: RegionCode,
        pub grid_id: Option<GridId>,
        pub author_id: AccountId,
        pub happened_on: ChronoDate,
        pub title: String,
        /// A JSON list of entries, sealed.
        #[sea_orm(column_type = "Text")]
        pub content: String,
        pub steps_done: i16,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
        pub closed_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
