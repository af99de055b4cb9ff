//! What a program must hold for each operation: its scope (应用权限).
//!
//! Of an operation that asks for a permission it is that. For those where one's relation to the thing decides, or that are
//! open to whoever has signed in, it stands here; any one of those named will do. What has no line is for people only.
//!
//! The gate asks this of programs alone and before anything else; the domain then asks again, by place, as it asks people.

use kernel::{
    Permission::{self as P},
    access::Permissions,
};
use serde_json::{Value, json};

/// Operations of which the permission does not tell it all, and the scopes of which a program needs one.
const SCOPES: &[(&str, &[P])] = &[
    ("place_order", &[P::OrderPlace, P::OrderPlaceOnBehalf]),
    ("place_orders", &[P::OrderPlace, P::OrderPlaceOnBehalf]),
    ("list_orders", &[P::OrderRead, P::OrderPlace, P::OrderTake]),
    ("get_order", &[P::OrderRead, P::OrderPlace, P::OrderTake]),
    ("list_order_events", &[P::OrderRead, P::OrderPlace, P::OrderTake]),
    ("list_order_attachments", &[P::OrderRead, P::OrderPlace, P::OrderTake]),
    ("decline_order", &[P::OrderTake]),
    ("hand_back_order", &[P::OrderTake]),
    ("start_order", &[P::OrderTake]),
    ("record_progress", &[P::OrderTake]),
    ("complete_order", &[P::OrderTake]),
    ("evaluate_order", &[P::OrderEvaluate]),
    ("cancel_order", &[P::OrderCancel, P::OrderPlace]),
    ("register_volunteer", &[P::VolunteerManage]),
    ("get_volunteer", &[P::VolunteerRead]),
    ("update_volunteer", &[P::VolunteerManage]),
    ("list_appointments", &[P::ReceptionRead, P::ReceptionBook]),
    ("get_appointment", &[P::ReceptionRead, P::ReceptionBook]),
    ("cancel_appointment", &[P::ReceptionManage, P::ReceptionBook]),
    ("record_attendance", &[P::ReceptionManage]),
    ("list_diaries", &[P::DiaryRead, P::DiaryWrite]),
    ("get_diary", &[P::DiaryRead, P::DiaryWrite]),
    ("list_opinions", &[P::OpinionRead, P::OpinionHandle]),
    ("get_opinion", &[P::OpinionRead, P::OpinionHandle]),
    ("record_opinion", &[P::OpinionHandle]),
    ("feed_opinion_back", &[P::OpinionHandle]),
    ("get_hotline_order", &[P::HotlineRead, P::HotlinePush, P::HotlineHandle]),
    ("call_back_hotline_order", &[P::HotlineHandle, P::HotlinePush]),
    ("upload_attachment", UPLOADS),
    ("list_jobs", &[P::DataImport, P::DataExport]),
    ("get_job", &[P::DataImport, P::DataExport]),
    ("list_job_errors", &[P::DataImport]),
    ("carry_out_job", &[P::DataImport]),
    ("cancel_job", &[P::DataImport, P::DataExport]),
    ("list_import_columns", &[P::DataImport]),
    ("get_attachment", UPLOADS),
    ("delete_attachment", UPLOADS),
    ("get_account", &[P::AccountRead]),
    ("list_grants", &[P::AccountRead]),
    // What is told to whoever has signed in is told to every program that may read or place anything.
    ("list_service_items", REFERENCE),
    ("get_service_item", REFERENCE),
    ("list_policies", REFERENCE),
    ("list_regions", REFERENCE),
    ("get_region", REFERENCE),
    ("list_grids", REFERENCE),
    ("locate_grid", REFERENCE),
    ("get_grid", REFERENCE),
    ("get_grid_lineage", REFERENCE),
    ("list_receptions", &[P::ReceptionRead, P::ReceptionBook]),
    ("get_reception", &[P::ReceptionRead, P::ReceptionBook]),
    ("list_reception_sessions", &[P::ReceptionRead, P::ReceptionBook]),
    ("get_reception_session", &[P::ReceptionRead, P::ReceptionBook]),
    ("list_diary_templates", &[P::DiaryRead, P::DiaryWrite]),
    ("get_diary_template", &[P::DiaryRead, P::DiaryWrite]),
    ("get_region_boundary", REFERENCE),
    ("list_checklists", CHECKLISTS),
    ("get_checklist", CHECKLISTS),
    ("list_visit_campaigns", &[P::VisitRead, P::VisitRecord]),
    ("get_visit_campaign", &[P::VisitRead, P::VisitRecord]),
    ("list_visit_coverage", &[P::VisitRead, P::VisitRecord]),
    ("list_visit_targets", &[P::VisitRead, P::VisitRecord]),
    ("list_visits", &[P::VisitRead, P::VisitRecord]),
    ("get_visit", &[P::VisitRead, P::VisitRecord]),
    ("record_visit", &[P::VisitRecord]),
    ("list_household_notes", &[P::HouseholdNoteRead, P::HouseholdNoteWrite]),
    ("list_snapshots", &[P::SnapshotRead, P::SnapshotSend]),
    ("get_snapshot", &[P::SnapshotRead, P::SnapshotSend]),
    ("list_patrols", &[P::PatrolRead, P::PatrolRecord]),
    ("get_patrol", &[P::PatrolRead, P::PatrolRecord]),
    ("list_findings", &[P::PatrolRead, P::PatrolRecord]),
    ("get_finding", &[P::PatrolRead, P::PatrolRecord]),
    ("list_tags", &[P::ResidentRead, P::TagManage]),
    ("get_tag", &[P::ResidentRead, P::TagManage]),
    ("tag_resident", &[P::ResidentManage, P::ResidentManageSensitive]),
    ("end_resident_tag", &[P::ResidentManage, P::ResidentManageSensitive]),
    ("get_consent", &[P::ResidentReadSensitive]),
    ("withdraw_consent", &[P::ResidentManage]),
    ("list_venues", VENUES),
    ("get_venue", VENUES),
    ("list_check_ins", &[P::CheckInRead]),
    ("get_check_in", &[P::CheckInRead]),
    ("end_check_in", &[P::CheckInConfirm]),
    ("judge_whistle", &[P::WhistleBlow]),
    ("list_point_rules", &[P::PointsRead, P::PointsEnter, P::PointsManage]),
];

/// Whoever writes something that a file can belong to.
const UPLOADS: &[P] = &[
    P::OrderPlace,
    P::OrderPlaceOnBehalf,
    P::OrderTake,
    P::DiaryWrite,
    P::OpinionHandle,
    P::ChecklistRun,
    P::SnapshotSend,
    P::PatrolRecord,
];

/// Whoever works with checklists.
const CHECKLISTS: &[P] = &[P::ChecklistRead, P::ChecklistManage, P::ChecklistRun];

/// Whoever works with venues.
const VENUES: &[P] = &[P::ReferenceRead, P::OrganizationRead, P::VenueManage];

/// Whoever works with regions, grids and the catalogue.
const REFERENCE: &[P] = &[
    P::ReferenceRead,
    P::OrderRead,
    P::OrderPlace,
    P::OrderPlaceOnBehalf,
    P::OrderTriage,
    P::OrderDispatch,
    P::OrderTake,
    P::CatalogueManage,
    P::GridManage,
    P::AddressRead,
    P::HouseholdRead,
    P::ResidentRead,
    P::OrganizationRead,
    P::VolunteerRead,
    P::EventRead,
];

/// The scopes of an operation; none if it is for people only.
fn of(operation: &Value) -> Vec<P> {
    let permission = || P::named(operation["x-permission"].as_str().unwrap_or_default());
    let listed = SCOPES.iter().find(|(id, _)| operation["operationId"] == *id);
    let all = listed.map_or_else(|| permission().into_iter().collect(), |(_, scopes)| scopes.to_vec());
    all.into_iter().filter(|p| p.for_programs()).collect()
}

/// Writes them into the contract: `x-scopes`, the ways to sign in, and what happens when a quota is used up.
pub(crate) fn describe(document: &mut Value) {
    document["components"]["securitySchemes"]["api_key"] = json!({
        "type": "http", "scheme": "bearer", "bearerFormat": "lk_live_…",
        "description": "An API key of an application (API 密钥); `X-Api-Key` takes it as well.",
    });
    let all: serde_json::Map<_, _> =
        P::ALL.iter().filter(|p| p.for_programs()).map(|p| (p.as_str().to_owned(), json!(p.about().trim()))).collect();
    document["components"]["securitySchemes"]["client_credentials"] = json!({
        "type": "oauth2",
        "description": "A JWT by RFC8725 that an application has bought with its secret (客户端凭据); it lives for some minutes and is bought anew.",
        "flows": { "clientCredentials": { "tokenUrl": "/api/v1/oauth/token", "scopes": all } },
    });
    for (name, what, pattern) in [
        ("RateLimit", "What is left of the quota: requests `r` within `t` seconds.", "^\"minute\";r=[0-9]{1,7};t=[0-9]{1,2}$"),
        ("RateLimitPolicy", "The quota: `q` requests in `w` seconds.", "^\"minute\";q=[0-9]{1,7};w=60$"),
    ] {
        document["components"]["headers"][name] = json!({ "description": what, "schema": { "type": "string", "pattern": pattern } });
    }
    let items = document["paths"].as_object_mut().into_iter().flatten();
    for operation in items.filter_map(|(_, item)| item.as_object_mut()).flatten().map(|(_, operation)| operation) {
        let scopes = of(operation);
        if scopes.is_empty() {
            continue;
        }
        operation["x-scopes"] = json!(scopes);
        let Some(security) = operation["security"].as_array_mut() else { continue };
        for scope in &scopes {
            security.push(json!({ "client_credentials": [scope] }));
        }
        security.push(json!({ "api_key": [] }));
        let refusals = &mut operation["responses"];
        if refusals.get("429").is_none() {
            refusals["429"] = json!({
                "headers": { "Retry-After": { "$ref": "#/components/headers/RetryAfter" } },
                "description": "The application has used up its quota; see `Retry-After`, `RateLimit` and `RateLimit-Policy` (超出配额).",
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
        refusals["429"]["headers"]["RateLimit"] = json!({ "$ref": "#/components/headers/RateLimit" });
        refusals["429"]["headers"]["RateLimit-Policy"] = json!({ "$ref": "#/components/headers/RateLimitPolicy" });
    }
}

/// The scopes of an operation of the described contract.
pub(crate) fn read(operation: &Value) -> Vec<P> {
    let words = operation["x-scopes"].as_array().into_iter().flatten();
    words.filter_map(Value::as_str).filter_map(P::named).collect()
}

/// Refuses a program that holds none of an operation's scopes.
pub(crate) fn require(held: Permissions, needed: &[P]) -> kernel::Result<()> {
    use kernel::{Code, Error};
    let Some(first) = needed.first() else { return Err(Error::new(Code::PeopleOnly)) };
    if needed.iter().any(|p| held.contains(*p)) { Ok(()) } else { Err(Error::new(Code::PermissionMissing).with("permission", first)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_operations_and_says_more_than_their_permission() {
        let document = crate::contract::document();
        let items = document["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object());
        let operations: Vec<&Value> = items.flatten().map(|(_, operation)| operation).collect();
        for (id, scopes) in SCOPES {
            let operation = operations.iter().find(|o| o["operationId"] == *id).unwrap_or_else(|| panic!("{id} is no operation"));
            let permission = P::named(operation["x-permission"].as_str().unwrap_or_default());
            assert!(permission.is_none_or(|p| scopes.len() > 1 && scopes.contains(&p)), "{id} needs no line");
            assert_eq!(read(operation), *scopes, "{id}");
        }
        let people: Vec<&str> = operations.iter().filter(|o| read(o).is_empty()).filter_map(|o| o["operationId"].as_str()).collect();
        assert!(people.contains(&"get_me") && people.contains(&"create_application") && people.contains(&"grant_role"), "{people:?}");
    }
}
