//! The tables `admission_items` and `duty_items`.

use crate::paging::words;

words! {
    /// What an item of an admission list is about (清单类别).
    AdmissionKind {
        /// 准入事项: a task of a department that may enter communities.
        Task "task"
        /// 不得考核事项: what communities are not assessed by, such as 台账, 奖牌, 挂牌.
        NotAssessed "not_assessed"
    }
    /// Where an item stands, as it is stored; that it has expired is computed from its period.
    StoredState {
        /// 待审批
        Proposed "proposed"
        /// 已批准
        Approved "approved"
        /// 未批准
        Refused "refused"
    }
    /// Whose duty an item is by its nature (职责性质).
    DutyNature {
        /// 法定职责
        Statutory "statutory"
        /// 协助职责: the community only helps.
        Assisting "assisting"
    }
}

pub(super) mod item {
    //! The table `admission_items`.
    use super::{AdmissionKind, StoredState};
    use kernel::{
        RegionCode,
        id::{AccountId, AdmissionItemId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "admission_items")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AdmissionItemId,
        pub version: i32,
        pub region_code: RegionCode,
        pub kind: AdmissionKind,
        /// Absent for what communities are not assessed by.
        pub department_id: Option<OrganizationId>,
        #[sea_orm(column_type = "Text")]
        pub title: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub nature: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub basis: String,
        pub budget_fen: Option<i64>,
        pub valid_from: ChronoDate,
        /// Absent: until another list replaces it.
        pub valid_to: Option<ChronoDate>,
        pub state: StoredState,
        #[sea_orm(column_type = "Text", nullable)]
        pub approver: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        pub proposed_by: Option<AccountId>,
        pub decided_by: Option<AccountId>,
        pub decided_at: Option<ChronoDateTimeUtc>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod duty {
    //! The table `duty_items`.
    use super::DutyNature;
    use kernel::{
        RegionCode,
        id::{AccountId, DutyItemId, OrganizationId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "duty_items")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: DutyItemId,
        pub version: i32,
        pub region_code: RegionCode,
        pub department_id: OrganizationId,
        pub nature: DutyNature,
        #[sea_orm(column_type = "Text")]
        pub title: String,
        #[sea_orm(column_type = "Text")]
        pub basis: String,
        pub valid_from: ChronoDate,
        pub valid_to: Option<ChronoDate>,
        /// When it was ended before its time.
        pub ended_at: Option<ChronoDateTimeUtc>,
        pub created_by: Option<AccountId>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
