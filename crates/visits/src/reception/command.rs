//! What comes in.

use super::{AppointmentState, DayOff};
use chrono::{NaiveDate, NaiveTime};
use kernel::check::worded;
use kernel::{
    RegionCode,
    id::{AccountId, ReceptionId, ReceptionSessionId},
};
use serde::Deserialize;
use services::order::Contact;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Announces reception days (设立接待日).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateReception {
    /// For whom (区划): residents of this region.
    pub region_code: RegionCode,
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S", example = "温暖20 社情民意日")]
    pub title: String,
    /// On which days (日期规则): a recurrence rule of RFC 5545 over days.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "FREQ=MONTHLY;BYMONTHDAY=20")]
    pub rule: String,
    /// What becomes of a day off (逢休息日); it is held unless told.
    pub on_day_off: Option<DayOff>,
    /// The first day that counts (起始日); today unless told.
    pub first_day: Option<NaiveDate>,
    /// Until when days are planned now (排期至); a year from the first unless told.
    pub plan_until: Option<NaiveDate>,
    /// When it opens (开始时间), `HH:MM:SS` in China time.
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$", example = "09:00:00")]
    pub opens: NaiveTime,
    /// When it closes (结束时间).
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$", example = "11:00:00")]
    pub closes: NaiveTime,
    /// How long a slot is, in minutes (时段长度). What is left at the end is no slot.
    #[validate(range(min = 5, max = 480))]
    #[schema(minimum = 5, maximum = 480, example = 20)]
    pub slot_minutes: i16,
    /// How many appointments a slot takes (时段名额).
    #[validate(range(min = 1, max = 100))]
    #[schema(minimum = 1, maximum = 100, example = 2)]
    pub slot_capacity: i16,
    /// Where it is held (地点).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "社区党群服务中心一楼接待室")]
    pub place: String,
    /// Who receives (接待人): accounts of representatives and committee members (两代表一委员), cadres.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub host_ids: Vec<AccountId>,
}

/// Changes reception days (修改接待日): those to come, too. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UpdateReception {
    /// What it is called (名称).
    #[validate(length(min = 1, max = 100), custom(function = worded))]
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub title: Option<String>,
    /// Where it is held (地点).
    #[validate(length(min = 1, max = 200), custom(function = worded))]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S")]
    pub place: Option<String>,
    /// Who receives (接待人).
    #[validate(length(max = 50))]
    #[schema(max_items = 50)]
    pub host_ids: Option<Vec<AccountId>>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Plans further days by the rule (续排场次).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PlanReception {
    /// Until when (排期至): at most two years from today.
    pub until: NaiveDate,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Ends reception days (停止接待日).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseReception {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Cancels a reception day (取消场次) and its appointments.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CancelReceptionSession {
    /// Why (原因): it is public.
    #[validate(length(min = 1, max = 500), custom(function = worded))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Books an appointment (预约接待).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BookAppointment {
    /// The number of the slot (时段序号), from 1.
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    #[validate(range(min = 1, max = 1000))]
    pub slot: i16,
    /// What it is about (事由). Stored sealed.
    #[validate(length(min = 1, max = 1000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S", example = "小区充电桩不够用")]
    pub subject: String,
    /// How to reach the resident (联系方式). Stored sealed. Absent: the account's own name and phone.
    #[validate(nested)]
    pub contact: Option<Contact>,
    /// Whether it is booked for somebody without an account (代为预约): then `contact` has a name.
    #[serde(default)]
    pub on_behalf: bool,
}

/// Cancels an appointment (取消预约).
#[derive(Clone, Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CancelAppointment {
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Records whether the resident came (登记到访).
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RecordAttendance {
    /// Whether the resident came (是否到访).
    pub attended: bool,
    /// What was said (接待记录). Stored sealed.
    #[validate(length(min = 1, max = 2000), custom(function = worded))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub note: Option<String>,
    /// The version that was read (版本).
    #[schema(minimum = 1)]
    pub version: Option<i32>,
}

/// Which reception days there are (接待日列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListReceptions {
    /// Within this region (区划), of any level. Absent: the whole country.
    pub region_code: Option<RegionCode>,
    /// Whether those that have ended are listed too (含已停止); they are not unless told.
    #[serde(default)]
    #[param(default = false)]
    pub include_closed: bool,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which reception days to list (场次列表), the earliest first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListReceptionSessions {
    /// Only of these (接待日安排).
    pub reception_id: Option<ReceptionId>,
    /// Within this region (区划), of any level. Absent: the whole country.
    pub region_code: Option<RegionCode>,
    /// On this day or later (起); today unless told.
    pub from: Option<NaiveDate>,
    /// On this day or earlier (止).
    pub until: Option<NaiveDate>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}

/// Which appointments to list (预约列表), the newest of a region first.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAppointments {
    /// Only of this reception day (场次); its hosts may ask for it.
    pub session_id: Option<ReceptionSessionId>,
    /// Only in this state (状态).
    #[param(inline)]
    pub state: Option<AppointmentState>,
    /// Only one's own (我的预约). Who may read no others is shown their own in any case.
    #[serde(default)]
    #[param(default = false)]
    pub mine: bool,
    /// Within this region (区划), of any level.
    pub region_code: Option<RegionCode>,
    /// Items a page, 1–100; 20 unless told.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    pub cursor: Option<String>,
}
