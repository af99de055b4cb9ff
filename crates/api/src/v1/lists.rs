//! The lists that can be exported (导出): each by the function that its operation calls, so with the same rights and masks.
//! The columns are what the contract says of an item.

use super::{catalogue, grids as grid_lists, household_links, orders, webhooks};
use crate::contract;
use ::grids::{consent, tag};
use ::organizations::{admission, check_in, points};
use connect::{hotline, webhook, wechat};
use jobs::{Column, List, Lists};
use kernel::{Code, Error, id};
use organizations::{alliance, meeting, partnership};
use serde_json::{Map, Value};
use services::{participation, whistle};
use std::{collections::HashMap, sync::LazyLock};
use visits::{cadence, campaign, diary, note, opinion, patrol, plan, reception, snapshot, visit};

/// Declares them: the operation, its parameters, the function; `of` is what the list lies beneath, whose id stands among the
/// parameters.
macro_rules! lists {
    ($($name:literal $(of $id:ty)? : $query:ty => $page:path;)+) => {
        const LISTS: &[List] = &[$(List { name: $name, page: lists!(@page $query, $page $(, $id)?) }),+];
    };
    (@page $query:ty, $page:path) => {
        |cx, query| {
            let query: $query = jobs::parameters(query)?;
            Ok(Box::pin(async move { jobs::as_values($page(cx, query).await?) }))
        }
    };
    (@page $query:ty, $page:path, $id:ty) => {
        |cx, query| {
            let (id, query) = beneath(query)?;
            let (id, query): ($id, $query) = (jobs::parameters(id)?, jobs::parameters(query)?);
            Ok(Box::pin(async move { jobs::as_values($page(cx, id, query).await?) }))
        }
    };
}

lists! {
    "list_orders": orders::ListOrders => orders::page;
    "list_order_events" of id::OrderId: orders::PageOf => orders::timeline;
    "list_service_items": catalogue::ListServiceItems => catalogue::items;
    "list_policies": catalogue::ListPolicies => catalogue::policies;
    "list_regions": ::grids::ListRegions => ::grids::list_regions;
    "list_grids": ::grids::ListGrids => ::grids::list_grids;
    "list_duties" of id::GridId: ::grids::ListDuties => ::grids::list_duties;
    "list_vacancies": ::grids::CheckDuties => ::grids::list_vacancies;
    "list_double_duties": ::grids::CheckDuties => ::grids::list_double_duties;
    "list_addresses": ::grids::ListAddresses => ::grids::list_addresses;
    "list_households": ::grids::ListHouseholds => ::grids::list_households;
    "list_household_members" of id::HouseholdId: ::grids::ListHouseholdMembers => ::grids::list_household_members;
    "list_residents": ::grids::ListResidents => ::grids::list_residents;
    "list_organizations": ::organizations::ListOrganizations => ::organizations::list_organizations;
    "list_members" of id::OrganizationId: ::organizations::ListMembers => ::organizations::list_members;
    "list_volunteers": ::volunteers::ListVolunteers => ::volunteers::list_volunteers;
    "list_cases": ::mediation::ListCases => ::mediation::list_cases;
    "list_receptions": reception::ListReceptions => reception::list_receptions;
    "list_reception_sessions": reception::ListReceptionSessions => reception::list_reception_sessions;
    "list_appointments": reception::ListAppointments => reception::list_appointments;
    "list_diary_templates": diary::ListDiaryTemplates => diary::list_diary_templates;
    "list_diaries": diary::ListDiaries => diary::list_diaries;
    "list_opinions": opinion::ListOpinions => opinion::list_opinions;
    "list_unusual_grids": ::grids::ListUnusualGrids => grid_lists::unusual;
    "list_household_links": ::grids::ListLinks => household_links::page;
    "list_checklists": ::grids::ListChecklists => ::grids::list_checklists;
    "list_checklist_runs": ::grids::ListChecklistRuns => ::grids::list_checklist_runs;
    "list_visit_campaigns": campaign::ListVisitCampaigns => campaign::list_visit_campaigns;
    "list_visit_coverage" of id::VisitCampaignId: campaign::ListVisitCoverage => campaign::list_visit_coverage;
    "list_visit_targets" of id::VisitCampaignId: campaign::ListVisitTargets => campaign::list_visit_targets;
    "list_visits": visit::ListVisits => visit::list_visits;
    "list_due_visits": cadence::ListDueVisits => cadence::list_due_visits;
    "list_household_plans": plan::ListHouseholdPlans => plan::list_household_plans;
    "list_household_notes" of id::HouseholdId: note::ListHouseholdNotes => note::list_household_notes;
    "list_snapshots": snapshot::ListSnapshots => snapshot::list_snapshots;
    "list_praises": snapshot::ListPraises => snapshot::list_praises;
    "list_patrols": patrol::ListPatrols => patrol::list_patrols;
    "list_findings": patrol::ListFindings => patrol::list_findings;
    "list_tags": tag::ListTags => tag::list_tags;
    "list_resident_tags" of id::ResidentId: tag::ListResidentTags => tag::list_resident_tags;
    "list_consents" of id::ResidentId: consent::ListConsents => consent::list_consents;
    "list_data_requests": identity::ListDataRequests => identity::list_data_requests;
    "list_accounts": identity::ListAccounts => identity::list_accounts;
    "list_grants" of id::AccountId: identity::ListGrants => identity::list_grants;
    "list_applications": identity::ListApplications => identity::list_applications;
    "list_credentials" of id::ApplicationId: identity::ListCredentials => identity::list_credentials;
    "list_webhook_endpoints": webhook::ListWebhookEndpoints => webhook::list_endpoints;
    "list_webhook_deliveries" of id::WebhookEndpointId: webhook::ListWebhookDeliveries => webhook::list_deliveries;
    "list_webhook_attempts" of id::WebhookDeliveryId: webhooks::ListWebhookAttempts => webhooks::attempts;
    "list_wechat_templates": wechat::ListWechatTemplates => wechat::list_templates;
    "list_wechat_messages": wechat::ListWechatMessages => wechat::list_messages;
    "list_wechat_checks": wechat::ListWechatChecks => wechat::list_checks;
    "list_hotlines": hotline::ListHotlines => hotline::list_hotlines;
    "list_hotline_categories" of id::HotlineId: hotline::ListHotlineCategories => hotline::list_categories;
    "list_hotline_messages" of id::HotlineId: hotline::ListHotlineMessages => hotline::list_messages;
    "list_hotline_rates": hotline::ListHotlineRates => hotline::list_rates;
    "list_hotline_orders": hotline::ListHotlineOrders => hotline::list_orders;
    "list_subtree" of id::OrganizationId: ::organizations::ListSubtree => ::organizations::list_subtree;
    "list_account_memberships" of id::AccountId: ::organizations::ListMemberships => ::organizations::list_account_memberships;
    "list_organization_links" of id::OrganizationId: ::organizations::link::ListOrganizationLinks => ::organizations::link::list_organization_links;
    "list_five_ones": ::organizations::profile::ListFiveOnes => ::organizations::profile::list_five_ones;
    "list_posts": ::organizations::post::ListPosts => ::organizations::post::list_posts;
    "list_pledges": ::organizations::pledge::ListPledges => ::organizations::pledge::list_pledges;
    "list_public_pledges": ::organizations::pledge::ListPublicPledges => ::organizations::pledge::list_public_pledges;
    "list_venues": ::organizations::venue::ListVenues => ::organizations::venue::list_venues;
    "list_alliances": alliance::ListAlliances => alliance::list_alliances;
    "list_alliance_members" of id::AllianceId: alliance::ListAllianceMembers => alliance::list_alliance_members;
    "list_joint_meetings": meeting::ListJointMeetings => meeting::list_joint_meetings;
    "list_partnership_items": partnership::ListPartnershipItems => partnership::list_partnership_items;
    "list_admission_items": admission::ListAdmissionItems => admission::list_admission_items;
    "list_duty_items": admission::ListDutyItems => admission::list_duty_items;
    "list_check_ins": check_in::ListCheckIns => check_in::list_check_ins;
    "list_participation" of id::OrganizationId: participation::ListParticipation => participation::list_participation;
    "list_point_rules": points::ListPointRules => points::list_point_rules;
    "list_point_entries": points::ListPointEntries => points::list_point_entries;
    "list_own_points": points::ListOwnPoints => points::list_own_points;
    "list_point_standings": points::ListPointStandings => points::list_point_standings;
    "list_whistles": whistle::ListWhistles => whistle::list_whistles;
}

/// Lists that cannot be exported, and why.
#[cfg(test)]
const NOT_EXPORTED: [(&str, &str); 7] = [
    ("list_events", "a feed, which is followed and not copied"),
    ("list_event_types", "the catalogue of this version, the same for everybody"),
    ("list_own_consents", "one's own, in `get_own_data`"),
    ("list_own_data_requests", "one's own, in `get_own_data`"),
    ("list_jobs", "one's own jobs: they end within days"),
    ("list_job_errors", "what is wrong with a file that is at hand"),
    ("list_own_memberships", "one's own: `list_account_memberships` of oneself"),
];

/// What a list lies beneath, and its parameters.
fn beneath(mut query: Value) -> kernel::Result<(Value, Value)> {
    let id = query.as_object_mut().and_then(|query| query.remove("id"));
    let id = id.ok_or_else(|| Error::field_with("#/query/id", Code::FieldMissing, vec![("name", "id".to_owned())]))?;
    Ok((id, query))
}

/// All of them.
pub(crate) fn lists() -> Lists {
    Lists { all: LISTS, columns: |name| COLUMNS.get(name).cloned().unwrap_or_default() }
}

/// The columns of each list, read from the contract when something is exported for the first time.
static COLUMNS: LazyLock<HashMap<String, Vec<Column>>> = LazyLock::new(|| {
    let document = contract::document();
    LISTS.iter().map(|list| (list.name.to_owned(), columns(&document, list.name).unwrap_or_default())).collect()
});

fn columns(document: &Value, name: &str) -> Option<Vec<Column>> {
    let items = document["paths"].as_object()?.values().filter_map(Value::as_object).flat_map(Map::values);
    let operation = items.into_iter().find(|operation| operation["operationId"] == name)?;
    let page = resolved(document, &operation["responses"]["200"]["content"]["application/json"]["schema"]);
    let mut columns = Vec::new();
    gather(document, resolved(document, &page["properties"]["items"]["items"]), &[], "", &mut columns);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for column in &columns {
        *seen.entry(column.title.clone()).or_default() += 1;
    }
    for column in &mut columns {
        if seen.get(&column.title).is_some_and(|n| *n > 1) {
            column.title = format!("{}({})", column.title, column.path.join("."));
        }
    }
    Some(columns)
}

/// The columns of an item; what it holds has columns of its own, one level down.
fn gather(document: &Value, schema: &Value, path: &[String], above: &str, columns: &mut Vec<Column>) {
    // What a page can expand is asked for by `expand`, which an export does not have.
    for (name, field) in schema["properties"].as_object().into_iter().flatten().filter(|(name, _)| *name != "expanded") {
        let inner = resolved(document, field);
        let title = [field, inner].into_iter().find_map(|s| term(s["description"].as_str()?)).unwrap_or_else(|| name.clone());
        let title = if above.is_empty() { title } else { format!("{above}·{title}") };
        let path = [path, std::slice::from_ref(name)].concat();
        if path.len() < 3 && inner["properties"].is_object() {
            gather(document, inner, &path, &title, columns);
        } else {
            columns.push(Column { path, title });
        }
    }
}

/// A schema behind its references and alternatives.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let alternative = |word: &str| schema[word].as_array().and_then(|all| all.iter().find(|s| s["type"] != "null"));
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return resolved(document, &document["components"]["schemas"][name]);
    }
    match ["oneOf", "allOf", "anyOf"].into_iter().find_map(alternative) {
        Some(inner) => resolved(document, inner),
        None => schema,
    }
}

/// The Chinese term of a description: what stands in its first parentheses that hold Chinese, else a description that is one.
fn term(description: &str) -> Option<String> {
    let chinese = |text: &&str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let bracketed = description.split('(').skip(1).filter_map(|t| t.split(')').next()).find(chinese);
    let own = || description.split(['.', ':', ';']).next().filter(|t| chinese(t) && t.chars().count() <= 20);
    Some(bracketed.or_else(own)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_of_the_contract_can_be_exported() {
        let document = contract::document();
        let operations = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
        for operation in operations {
            let page = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let name = operation["operationId"].as_str().unwrap();
            if !name.starts_with("list_") || resolved(&document, page)["properties"]["has_more"].is_null() {
                continue;
            }
            let exported = LISTS.iter().any(|list| list.name == name);
            let said = NOT_EXPORTED.iter().any(|(list, _)| *list == name);
            assert!(exported != said, "{name}: give it a line in LISTS, or in NOT_EXPORTED with a reason");
        }
        for list in LISTS {
            let columns = columns(&document, list.name).unwrap_or_default();
            assert!(columns.len() > 1, "{} has columns", list.name);
        }
    }

    #[test]
    fn columns_are_called_as_the_contract_calls_them() {
        let residents = &COLUMNS["list_residents"];
        let title = |key: &str| residents.iter().find(|c| c.path == [key]).map(|c| c.title.as_str());
        assert!(COLUMNS.values().flatten().all(|c| c.path[0] != "expanded"));
        assert_eq!((title("name"), title("id_number"), title("region_code")), (Some("姓名"), Some("身份证号码"), Some("所属社区、村")));
    }
}
