//! Admission and duty lists (准入清单、职责清单).

use crate::prelude::*;
use kernel::id::{AdmissionItemId, DutyItemId};
use organizations::admission::{
    self, AdmissionItem, CreateDutyItem, DecideAdmissionItem, DutyItem, EndDutyItem, ListAdmissionItems, ListDutyItems,
    ProposeAdmissionItem,
};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_admission_items).service(propose_admission_item).service(get_admission_item).service(decide_admission_item);
    config.service(list_duty_items).service(create_duty_item).service(end_duty_item);
}

/// List admission lists (准入清单列表)
///
/// What departments (部门) may bring into communities, and what communities are not assessed by (不得考核事项): of the regions (区划) where the
/// caller may read them, and of those above, which hold there too. A department's staff sees its own items.
#[utoipa::path(tag = "departments", operation_id = "list_admission_items", params(ListAdmissionItems),
    responses((status = 200, body = Page<AdmissionItem>), ReadProblems), extensions(("x-permission" = json!("admission.read"))))]
#[get("/admission_items")]
async fn list_admission_items(call: Call, query: Query<ListAdmissionItems>) -> Answer {
    ok(admission::list_admission_items(&call.cx, query.into_inner()).await?)
}

/// Propose an item for an admission list (申报准入事项)
///
/// A task (准入事项) with its department, basis (依据), period (起止日) and budget (经费), or with `not_assessed` something that communities are not
/// assessed by, such as 台账, 奖牌, 挂牌. It lets nothing in before it is approved (审批).
#[utoipa::path(tag = "departments", operation_id = "propose_admission_item",
    request_body(content = ProposeAdmissionItem, example = json!({
        "region_code": "321182000000", "department_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "title": "高龄津贴资格年审", "nature": "常态",
        "basis": "《江苏省城乡社区治理促进条例》", "budget_fen": 2000000, "valid_from": "2026-01-01", "valid_to": "2026-12-31"
    })),
    responses((status = 201, body = AdmissionItem), WriteProblems), extensions(("x-permission" = json!("admission.propose"))))]
#[post("/admission_items")]
async fn propose_admission_item(call: Call, body: Body<ProposeAdmissionItem>) -> Answer {
    created(admission::propose_admission_item(&call.cx, body.0).await?)
}

/// Read an item of an admission list (查询准入事项)
///
/// Its state (状态) is that of today: an approved item expires with its period.
#[utoipa::path(tag = "departments", operation_id = "get_admission_item",
    params(("id" = AdmissionItemId, Path, description = "Item id (准入事项编号)")),
    responses((status = 200, body = AdmissionItem), ReadProblems), extensions(("x-permission" = json!("admission.read"))))]
#[get("/admission_items/{id}")]
async fn get_admission_item(call: Call, id: Path<AdmissionItemId>) -> Answer {
    ok(admission::get_admission_item(&call.cx, *id).await?)
}

/// Approve or refuse an item of an admission list (审批准入事项)
///
/// From then on an order (订单) of the department may name it as `admission_item_id`. A refusal needs a word (审批意见).
#[utoipa::path(tag = "departments", operation_id = "decide_admission_item",
    params(("id" = AdmissionItemId, Path, description = "Item id (准入事项编号)")),
    request_body(content = DecideAdmissionItem, example = json!({ "approved": true, "approver": "扬中市委社会工作部", "version": 1 })),
    responses((status = 200, body = AdmissionItem), WriteProblems), extensions(("x-permission" = json!("admission.manage"))))]
#[post("/admission_items/{id}/decide")]
async fn decide_admission_item(call: Call, id: Path<AdmissionItemId>, body: Body<DecideAdmissionItem>) -> Answer {
    ok(admission::decide_admission_item(&call.cx, *id, body.0).await?)
}

/// List duty lists (职责清单列表)
///
/// What departments (部门) must do by law (法定职责), and where communities only help (协助职责): of the regions where the caller may read them, and
/// of those above.
#[utoipa::path(tag = "departments", operation_id = "list_duty_items", params(ListDutyItems),
    responses((status = 200, body = Page<DutyItem>), ReadProblems), extensions(("x-permission" = json!("admission.read"))))]
#[get("/duty_items")]
async fn list_duty_items(call: Call, query: Query<ListDutyItems>) -> Answer {
    ok(admission::list_duty_items(&call.cx, query.into_inner()).await?)
}

/// Enter an item in a duty list (登记职责事项)
///
/// A department with a duty in force can be called to an order there (吹哨).
#[utoipa::path(tag = "departments", operation_id = "create_duty_item",
    request_body(content = CreateDutyItem, example = json!({
        "region_code": "321182000000", "department_id": "019aa1c2-7d40-7c3e-9f5b-2a6e4d1c8b70", "nature": "statutory", "title": "违法建设查处",
        "basis": "《中华人民共和国城乡规划法》第六十八条", "valid_from": "2026-01-01"
    })),
    responses((status = 201, body = DutyItem), WriteProblems), extensions(("x-permission" = json!("admission.manage"))))]
#[post("/duty_items")]
async fn create_duty_item(call: Call, body: Body<CreateDutyItem>) -> Answer {
    created(admission::create_duty_item(&call.cx, body.0).await?)
}

/// End an item of a duty list (终止职责事项)
///
/// Now, whatever its period said. It stays on record.
#[utoipa::path(tag = "departments", operation_id = "end_duty_item", params(("id" = DutyItemId, Path, description = "Item id (职责事项编号)")),
    request_body(content = EndDutyItem, example = json!({ "version": 1 })),
    responses((status = 200, body = DutyItem), WriteProblems), extensions(("x-permission" = json!("admission.manage"))))]
#[post("/duty_items/{id}/end")]
async fn end_duty_item(call: Call, id: Path<DutyItemId>, body: Body<EndDutyItem>) -> Answer {
    ok(admission::end_duty_item(&call.cx, *id, body.0).await?)
}
