//! The tables `receptions`, `reception_sessions` and `appointments`.

use crate::table::words;

words! {
    /// What becomes of a reception that falls on a day off (逢休息日).
    DayOff {
        /// 照常: it is held all the same.
        Hold "hold"
        /// 取消: there is none.
        Skip "skip"
        /// 顺延: it is held on the next working day.
        NextWorkingDay "next_working_day"
    }
    /// Where a reception day stands (场次状态).
    ReceptionSessionState {
        /// 已安排
        Planned "planned"
        /// 已取消
        Cancelled "cancelled"
    }
    /// Where an appointment stands (预约状态).
    AppointmentState {
        /// 已预约
        Booked "booked"
        /// 已到访
        Attended "attended"
        /// 未到访
        Missed "missed"
        /// 已取消
        Cancelled "cancelled"
    }
}

pub(super) mod reception {
    //! The table `receptions`.
    use super::super::DayOff;
    use kernel::{RegionCode, id::ReceptionId};
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "receptions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ReceptionId,
        pub version: i32,
        pub region_code: RegionCode,
        pub title: String,
        pub rule: String,
        pub on_day_off: DayOff,
        pub first_day: ChronoDate,
        pub planned_until: ChronoDate,
        /// Minutes after midnight.
        pub opens: i16,
        pub closes: i16,
        pub slot_minutes: i16,
        pub slot_capacity: i16,
        pub place: String,
        /// A JSON list of accounts.
        #[sea_orm(column_type = "Text")]
        pub host_ids: String,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
        pub closed_at: Option<ChronoDateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod session {
    //! The table `reception_sessions`.
    use super::super::ReceptionSessionState;
    use kernel::{
        RegionCode,
        id::{ReceptionId, ReceptionSessionId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "reception_sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: ReceptionSessionId,
        pub version: i32,
        pub reception_id: ReceptionId,
        pub region_code: RegionCode,
        pub day: ChronoDate,
        pub starts_at: ChronoDateTimeUtc,
        pub ends_at: ChronoDateTimeUtc,
        pub slots: i16,
        pub slot_minutes: i16,
        pub slot_capacity: i16,
        pub place: String,
        #[sea_orm(column_type = "Text")]
        pub host_ids: String,
        pub state: ReceptionSessionState,
        #[sea_orm(column_type = "Text", nullable)]
        pub reason: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod appointment {
    //! The table `appointments`.
    use super::super::AppointmentState;
    use kernel::{
        RegionCode,
        id::{AccountId, AppointmentId, ReceptionSessionId},
    };
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "appointments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: AppointmentId,
        pub version: i32,
        pub session_id: ReceptionSessionId,
        pub region_code: RegionCode,
        pub slot: i16,
        /// Which of the slot's places it takes; absent when it is cancelled.
        pub seat: Option<i16>,
        pub state: AppointmentState,
        /// Absent when it was booked for somebody without an account: then `contact` says for whom.
        pub requester_id: Option<AccountId>,
        pub booked_by: Option<AccountId>,
        /// Sealed.
        #[sea_orm(column_type = "Text")]
        pub subject: String,
        /// Sealed JSON. Absent: the requester's account says how to reach them.
        #[sea_orm(column_type = "Text", nullable)]
        pub contact: Option<String>,
        /// Sealed.
        #[sea_orm(column_type = "Text", nullable)]
        pub note: Option<String>,
        pub created_at: ChronoDateTimeUtc,
        pub updated_at: ChronoDateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
