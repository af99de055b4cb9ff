//! Reception days (接待日) and appointments (接待预约).

use crate::prelude::*;
use kernel::id::{AppointmentId, ReceptionId, ReceptionSessionId};
use visits::reception::{
    self, Appointment, BookAppointment, CancelAppointment, CancelReceptionSession, CloseReception, CreateReception, ListAppointments,
    ListReceptionSessions, ListReceptions, PlanReception, Reception, ReceptionSession, RecordAttendance, UpdateReception,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(list_receptions)
        .service(create_reception)
        .service(get_reception)
        .service(update_reception)
        .service(plan_reception)
        .service(close_reception)
        .service(list_reception_sessions)
        .service(get_reception_session)
        .service(cancel_reception_session)
        .service(book_appointment)
        .service(list_appointments)
        .service(get_appointment)
        .service(cancel_appointment)
        .service(record_attendance);
}

/// List reception days by their rule (接待日列表)
///
/// What a place has announced, such as the 20th of each month (温暖20); the newest of a region first.
#[utoipa::path(tag = "visits", operation_id = "list_receptions", params(ListReceptions),
    responses((status = 200, body = Page<Reception>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/receptions")]
async fn list_receptions(call: Call, query: Query<ListReceptions>) -> Answer {
    ok(reception::list_receptions(&call.cx, query.into_inner()).await?)
}

/// Announce reception days (设立接待日)
///
/// The days follow from `rule`, a recurrence rule of RFC 5545 over days, and are planned until `plan_until`; each has slots
/// (时段) of `slot_minutes` that take `slot_capacity` appointments.
#[utoipa::path(tag = "visits", operation_id = "create_reception",
    request_body(content = CreateReception, example = json!({
        "region_code": "321102000000", "title": "温暖20 社情民意日", "rule": "FREQ=MONTHLY;BYMONTHDAY=20", "on_day_off": "next_working_day",
        "opens": "09:00:00", "closes": "11:00:00", "slot_minutes": 20, "slot_capacity": 2, "place": "社区党群服务中心一楼接待室", "host_ids": []
    })),
    responses((status = 201, body = Reception), WriteProblems), extensions(("x-permission" = json!("reception.manage"))))]
#[post("/receptions")]
async fn create_reception(call: Call, body: Body<CreateReception>) -> Answer {
    created(reception::create_reception(&call.cx, body.0).await?)
}

/// Read reception days (查询接待日)
///
/// The rule, the hours, and who receives (接待人).
#[utoipa::path(tag = "visits", operation_id = "get_reception", params(("id" = ReceptionId, Path, description = "Reception id (接待日编号)")),
    responses((status = 200, body = Reception), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/receptions/{id}")]
async fn get_reception(call: Call, id: Path<ReceptionId>) -> Answer {
    ok(reception::get_reception(&call.cx, *id).await?)
}

/// Change reception days (修改接待日)
///
/// Title, place and hosts (接待人), of the days to come as well. Another rule or other hours are other reception days.
#[utoipa::path(tag = "visits", operation_id = "update_reception", params(("id" = ReceptionId, Path, description = "Reception id (接待日编号)")),
    request_body(content = UpdateReception, example = json!({ "place": "滨江议事厅", "version": 1 })),
    responses((status = 200, body = Reception), WriteProblems), extensions(("x-permission" = json!("reception.manage"))))]
#[post("/receptions/{id}")]
async fn update_reception(call: Call, id: Path<ReceptionId>, body: Body<UpdateReception>) -> Answer {
    ok(reception::update_reception(&call.cx, *id, body.0).await?)
}

/// Plan further reception days (续排场次)
///
/// By the same rule, up to two years from today. Days that are planned already stay as they are.
#[utoipa::path(tag = "visits", operation_id = "plan_reception", params(("id" = ReceptionId, Path, description = "Reception id (接待日编号)")),
    request_body(content = PlanReception, example = json!({ "until": "2028-06-30", "version": 1 })),
    responses((status = 200, body = Reception), WriteProblems), extensions(("x-permission" = json!("reception.manage"))))]
#[post("/receptions/{id}/plan")]
async fn plan_reception(call: Call, id: Path<ReceptionId>, body: Body<PlanReception>) -> Answer {
    ok(reception::plan_reception(&call.cx, *id, body.0).await?)
}

/// End reception days (停止接待日)
///
/// The days to come (后续场次) are cancelled. Refused while somebody has booked one of them: cancel those days first, so that
/// who has booked is told why.
#[utoipa::path(tag = "visits", operation_id = "close_reception", params(("id" = ReceptionId, Path, description = "Reception id (接待日编号)")),
    request_body(content = CloseReception, example = json!({ "version": 2 })),
    responses((status = 200, body = Reception), WriteProblems), extensions(("x-permission" = json!("reception.manage"))))]
#[post("/receptions/{id}/close")]
async fn close_reception(call: Call, id: Path<ReceptionId>, body: Body<CloseReception>) -> Answer {
    ok(reception::close_reception(&call.cx, *id, body.0).await?)
}

/// List reception days by date (场次列表)
///
/// With what is left of their slots (余号), the earliest first.
#[utoipa::path(tag = "visits", operation_id = "list_reception_sessions", params(ListReceptionSessions),
    responses((status = 200, body = Page<ReceptionSession>), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/reception_sessions")]
async fn list_reception_sessions(call: Call, query: Query<ListReceptionSessions>) -> Answer {
    ok(reception::list_reception_sessions(&call.cx, query.into_inner()).await?)
}

/// Read a reception day (查询场次)
///
/// With its slots (时段) and what is left of them (余号).
#[utoipa::path(tag = "visits", operation_id = "get_reception_session", params(("id" = ReceptionSessionId, Path, description = "Session id (场次编号)")),
    responses((status = 200, body = ReceptionSession), ReadProblems), extensions(("x-permission" = json!("signed_in"))))]
#[get("/reception_sessions/{id}")]
async fn get_reception_session(call: Call, id: Path<ReceptionSessionId>) -> Answer {
    ok(reception::get_reception_session(&call.cx, *id).await?)
}

/// Cancel a reception day (取消场次)
///
/// Its appointments are cancelled with it. The reason (原因) is public.
#[utoipa::path(tag = "visits", operation_id = "cancel_reception_session", params(("id" = ReceptionSessionId, Path, description = "Session id (场次编号)")),
    request_body(content = CancelReceptionSession, example = json!({ "reason": "代表外出培训,改为下月接待。", "version": 1 })),
    responses((status = 200, body = ReceptionSession), WriteProblems), extensions(("x-permission" = json!("reception.manage"))))]
#[post("/reception_sessions/{id}/cancel")]
async fn cancel_reception_session(call: Call, id: Path<ReceptionSessionId>, body: Body<CancelReceptionSession>) -> Answer {
    ok(reception::cancel_reception_session(&call.cx, *id, body.0).await?)
}

/// Book an appointment (预约接待)
///
/// For oneself, by residents of the region; `on_behalf` (代为预约) by those who keep the receptions (`reception.manage`) for
/// somebody without an account. One appointment a person a day; of those who want the last place at once one gets it, and the
/// others are told `appointment_slot_full`.
#[utoipa::path(tag = "visits", operation_id = "book_appointment", params(("id" = ReceptionSessionId, Path, description = "Session id (场次编号)")),
    request_body(content = BookAppointment, example = json!({ "slot": 1, "subject": "小区充电桩不够用" })),
    responses((status = 201, body = Appointment), WriteProblems), extensions(("x-permission" = json!("reception.book"))))]
#[post("/reception_sessions/{id}/appointments")]
async fn book_appointment(call: Call, id: Path<ReceptionSessionId>, body: Body<BookAppointment>) -> Answer {
    created(reception::book_appointment(&call.cx, *id, body.0).await?)
}

/// List appointments (预约列表)
///
/// Those where the caller holds `reception.read`, those of a day (`session_id`) that the caller hosts, or one's own (我的预约).
#[utoipa::path(tag = "visits", operation_id = "list_appointments", params(ListAppointments),
    responses((status = 200, body = Page<Appointment>), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/appointments")]
async fn list_appointments(call: Call, query: Query<ListAppointments>) -> Answer {
    ok(reception::list_appointments(&call.cx, query.into_inner()).await?)
}

/// Read an appointment (查询预约)
///
/// In full for whom it is, for the hosts of the day (接待人) and with `reception.manage`; masked with `reception.read`.
#[utoipa::path(tag = "visits", operation_id = "get_appointment", params(("id" = AppointmentId, Path, description = "Appointment id (预约编号)")),
    responses((status = 200, body = Appointment), ReadProblems), extensions(("x-permission" = json!("own"))))]
#[get("/appointments/{id}")]
async fn get_appointment(call: Call, id: Path<AppointmentId>) -> Answer {
    ok(reception::get_appointment(&call.cx, *id).await?)
}

/// Cancel an appointment (取消预约)
///
/// By whoever booked it, or with `reception.manage`, until its slot begins. The place (名额) is free again.
#[utoipa::path(tag = "visits", operation_id = "cancel_appointment", params(("id" = AppointmentId, Path, description = "Appointment id (预约编号)")),
    request_body(content = CancelAppointment, example = json!({ "version": 1 })),
    responses((status = 200, body = Appointment), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/appointments/{id}/cancel")]
async fn cancel_appointment(call: Call, id: Path<AppointmentId>, body: Body<CancelAppointment>) -> Answer {
    ok(reception::cancel_appointment(&call.cx, *id, body.0).await?)
}

/// Record who came (登记到访)
///
/// By a host of the day (接待人) or with `reception.manage`, once the day has begun; with a note of what was said (接待记录).
#[utoipa::path(tag = "visits", operation_id = "record_attendance", params(("id" = AppointmentId, Path, description = "Appointment id (预约编号)")),
    request_body(content = RecordAttendance, example = json!({ "attended": true, "note": "反映充电桩不足,已记录。", "version": 1 })),
    responses((status = 200, body = Appointment), WriteProblems), extensions(("x-permission" = json!("own"))))]
#[post("/appointments/{id}/attendance")]
async fn record_attendance(call: Call, id: Path<AppointmentId>, body: Body<RecordAttendance>) -> Answer {
    ok(reception::record_attendance(&call.cx, *id, body.0).await?)
}
