//! The tables `checklists` and `checklist_runs`.

pub(super) mod checklist {
    //! The table `checklists`: one row a version.
    use kernel::{RegionCode, id::ChecklistId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "checklists")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ChecklistId,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i32,
        pub region_code: RegionCode,
        #[sea_orm(column_type = "Text")]
        pub name: String,
        /// A JSON list.
        #[sea_orm(column_type = "Text")]
        pub items: String,
        pub valid_from: ChronoDateTimeUtc,
        pub valid_to: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod run {
    //! The table `checklist_runs`.
    use kernel::{
        RegionCode,
        id::{AccountId, ChecklistId, ChecklistRunId, GridId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "checklist_runs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ChecklistRunId,
        pub checklist_id: ChecklistId,
        pub checklist_version: i32,
        pub grid_id: GridId,
        pub region_code: RegionCode,
        /// A JSON list, sealed.
        #[sea_orm(column_type = "Text")]
        pub results: String,
        pub score: i32,
        pub max_score: i32,
        /// A JSON list of the files that show it.
        #[sea_orm(column_type = "Text")]
        pub attachment_ids: String,
        pub run_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
