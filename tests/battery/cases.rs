//! How each operation of the contract is asked for: by whom, about what, with which body, and what others are told.

use crate::{
    contract::{Operation, document, operations},
    orders,
};
use chrono::Duration;
use identity::{CreateAccount, CreateGrant};
use kernel::{Place, RegionCode, Role};
use serde_json::{Value, json};
use services::order::{Action, State};
use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};
use testkit::{Client, FOREIGN, HOME, PASSWORD, Request, World};

/// Who tries what is not theirs: another resident of the place, a resident, a worker and an administrator of another
/// community, a taker of the place and one of elsewhere whom the order is not assigned to, and an auditor, who only reads.
pub(super) const PEOPLE: [&str; 7] = ["li", "stranger", "foreign", "ruler", "zhou", "guest", "he"];

/// A thing of 新联社区, made anew for each case.
#[derive(Clone, Copy)]
pub(super) enum Thing {
    Nothing,
    Policy,
    Order(State),
    /// A case that has gone through these steps.
    Mediation(&'static [&'static str]),
    Item,
    Region,
    Grid,
    Duty,
    Organization,
    Membership,
    Volunteer,
    Account,
    Grant,
    /// A program of 新联社区 with an API key.
    Application,
    SuspendedApplication,
    /// The API key of one.
    Credential,
    Reception,
    ReceptionSession,
    Appointment,
    DiaryTemplate,
    Diary,
    Opinion(Option<&'static str>),
    /// A photo of 张三's that is not used yet.
    Attachment,
    Address,
    Household,
    Resident,
    /// A resident who belongs to a household, and which.
    Housed,
    WebhookEndpoint,
    PausedEndpoint,
    WebhookDelivery,
    WechatTemplate,
    /// A message to 张三 that has failed.
    WechatMessage,
    /// A check that waits for a person.
    WechatCheck,
    Hotline,
    /// What one is told of a step.
    HotlineMessage,
    /// A work order that 冯杰 entered by hand; its order is in this state.
    HotlineOrder(State),
    /// An export of 王芳's that nobody has taken up.
    PendingExport,
    /// One that is done.
    ExportedList,
    /// An import of 王芳's that is checked.
    CheckedImport,
    /// 新联社区 with a boundary.
    Bounded,
    /// A grid with hardly any households.
    SmallGrid,
    /// An address in 第一网格.
    AddressInGrid,
    /// 陈军's link with a household.
    HouseholdLink,
    Checklist,
    ChecklistRun,
    /// A campaign over one household, which may have started.
    Campaign(bool),
    Visit,
    /// A household that is due for a visit.
    Due,
    Plan,
    /// A household of which something is noted.
    Noted,
    /// A snapshot of 张三's, of this tone.
    Snapshot(&'static str),
    Patrol,
    Finding,
    /// An ordinary tag of the county's catalogue.
    Tag,
    /// A resident's ordinary tag.
    ResidentTag,
    /// What a resident has agreed to.
    Consent,
    /// A resident who is linked to an account.
    Linked,
    /// What 张三 asks about his data.
    DataRequest,
    /// An organization's link to another.
    OrganizationLink,
    /// A neighbourhood; whether something is recorded of it.
    Neighborhood(bool),
    /// An account that is a member somewhere.
    Joined,
    /// A post; whether 陈军 holds it.
    Post(bool),
    /// 陈军's pledge.
    Pledge,
    Venue,
    /// An alliance of 新联社区 in which 中国电信 and another take turns.
    Alliance,
    AllianceMember,
    JointMeeting,
    /// What an organization of 新联社区 offers: open, claimed by 中国电信, or signed.
    PartnershipItem(&'static str),
    /// A department whose staff 郑华 is.
    Department,
    /// A task of one, which may have been approved.
    AdmissionItem(bool),
    DutyItem,
    /// A department called to an order; it may have come.
    Whistle(bool),
    /// Somebody new who lives there; perhaps confirmed.
    CheckIn(bool),
    PointRule,
    /// Points of 陈军's; he may have appealed.
    PointEntry(bool),
}

use Thing::Venue;
use Thing::{
    Account, Address, Application, Appointment, Attachment, Credential, Diary, DiaryTemplate, Duty, Grant, Grid, Housed, Household, Item,
    Mediation, Membership, Nothing, Opinion, Order, Organization, PausedEndpoint, Policy, Reception, ReceptionSession, Region, Resident,
    SuspendedApplication, Volunteer, WebhookDelivery, WebhookEndpoint, WechatCheck, WechatMessage, WechatTemplate,
};
use Thing::{AddressInGrid, Bounded, Checklist, ChecklistRun, HouseholdLink, SmallGrid};
use Thing::{AdmissionItem, CheckIn, Department, DutyItem, PointEntry, PointRule, Whistle};
use Thing::{Alliance, AllianceMember, JointMeeting, PartnershipItem};
use Thing::{Campaign, Due, Finding, Noted, Patrol, Plan, Snapshot, Visit};
use Thing::{CheckedImport, ExportedList, PendingExport};
use Thing::{Consent, DataRequest, Linked, ResidentTag, Tag};
use Thing::{Hotline, HotlineMessage, HotlineOrder};
use Thing::{Joined, Neighborhood, OrganizationLink, Pledge, Post};

const AGREED: &[&str] = &["accept_case", "begin_case", "agree_case"];
const PERFORMING: &[&str] = &["accept_case", "begin_case", "agree_case", "start_performance"];

/// What an operation that anybody may call has for a row.
pub(super) const ANYBODY: &str = "anybody";

/// Each operation, who may do it, what it is about, and what [`PEOPLE`] are told: `+` it is done or shown · `-` it is
/// shown with nothing of the place in it · `.` there is no such thing, as of a thing that there is not · `p` the permission
/// is missing · `P` the same, as of a thing that there is not · `x` it is somebody else's to do.
#[rustfmt::skip]
pub(super) const CASES: &[(&str, &str, Thing, &str)] = &[
    //                                                   li stranger foreign ruler zhou guest he
    ("get_file",             "zhang", Attachment,                ANYBODY),
    ("get_livez",            "zhang", Nothing,                   ANYBODY),
    ("get_readyz",           "zhang", Nothing,                   ANYBODY),
    ("get_jwks",             "zhang", Nothing,                   ANYBODY),
    ("get_openapi",          "zhang", Nothing,                   ANYBODY),
    ("list_event_types",     "zhang", Nothing,                   ANYBODY),
    ("get_grid_card",        "zhang", Grid,                      ANYBODY),
    ("sign_in",              "zhang", Nothing,                   ANYBODY),
    ("refresh_session",      "zhang", Nothing,                   ANYBODY),
    ("set_up",               "zhang", Nothing,                   ANYBODY),
    ("buy_token",            "zhang", Nothing,                   ANYBODY),

    ("sign_in_by_wechat",    "zhang", Nothing,                   ANYBODY),
    ("verify_wechat_push",   "zhang", Nothing,                   ANYBODY),
    ("receive_wechat_push",  "zhang", Nothing,                   ANYBODY),

    ("get_job_file",         "wang",  ExportedList,              ANYBODY),

    ("import_sheet",         "wang",  Nothing,                   "p p p p p p p"),
    ("list_import_columns",  "zhang", Nothing,                   "+ + + + + + +"),
    ("export_list",          "wang",  Nothing,                   "p p p p p p p"),
    ("list_jobs",            "wang",  PendingExport,             "- - - - - - -"),
    ("get_job",              "wang",  PendingExport,             ". . . . . . ."),
    ("list_job_errors",      "wang",  CheckedImport,             ". . . . . . ."),
    ("carry_out_job",        "wang",  CheckedImport,             ". . . . . . ."),
    ("cancel_job",           "wang",  PendingExport,             ". . . . . . ."),

    ("list_orders",          "wang",  Order(State::Placed),      "- - - - - - +"),
    ("place_order",          "zhang", Nothing,                   "+ p p p + p p"),
    ("get_order",            "zhang", Order(State::Accepted),    ". . . . . . +"),
    ("list_order_events",    "zhang", Order(State::Accepted),    ". . . . . . +"),
    ("list_order_followers", "wang",  Order(State::Accepted),    ". . . . . . +"),
    ("triage_order",         "wang",  Order(State::Placed),      ". . . . . . p"),
    ("reject_order",         "wang",  Order(State::Placed),      ". . . . . . p"),
    ("dispatch_order",       "wang",  Order(State::Triaged),     ". . . . . . p"),
    ("accept_order",         "chen",  Order(State::Dispatched),  ". . . . . . x"),
    ("decline_order",        "chen",  Order(State::Dispatched),  ". . . . . . x"),
    ("hand_back_order",      "chen",  Order(State::Accepted),    ". . . . . . x"),
    ("start_order",          "chen",  Order(State::Accepted),    ". . . . . . x"),
    ("record_progress",      "chen",  Order(State::InProgress),  ". . . . . . x"),
    ("complete_order",       "chen",  Order(State::InProgress),  ". . . . . . x"),
    ("evaluate_order",       "zhang", Order(State::Completed),   ". . . . . . x"),
    ("rework_order",         "wang",  Order(State::Completed),   ". . . . . . p"),
    ("close_order",          "wang",  Order(State::Completed),   ". . . . . . p"),
    ("cancel_order",         "zhang", Order(State::Accepted),    ". . . . . . p"),
    ("suspend_order",        "wang",  Order(State::Accepted),    ". . . . . . p"),
    ("resume_order",         "wang",  Order(State::Suspended),   ". . . . . . p"),
    ("merge_order",          "wang",  Order(State::Placed),      ". . . . . . p"),

    ("place_orders",         "zhang", Nothing,                   "+ - - - + - -"),
    ("dispatch_orders",      "wang",  Nothing,                   "- - - - - - -"),
    ("accept_orders",        "chen",  Nothing,                   "- - - - - - -"),
    ("close_orders",         "wang",  Nothing,                   "- - - - - - -"),

    ("upsert_order",         "wang",  Nothing,                   "p p p p p p p"),
    ("link_order",           "wang",  Order(State::Placed),      ". . . . . . p"),
    ("list_order_attachments", "wang", Order(State::Accepted),   ". . . . . . p"),
    ("upload_attachment",    "zhang", Nothing,                   "+ + + + + + +"),
    ("get_attachment",       "zhang", Attachment,                ". . . . . . ."),
    ("delete_attachment",    "zhang", Attachment,                ". . . . . . ."),

    ("list_service_items",   "zhang", Item,                      "+ + + + + + +"),
    ("create_service_item",  "lv",    Nothing,                   "p p p p p p p"),
    ("get_service_item",     "zhang", Item,                      "+ + + + + + +"),
    ("update_service_item",  "lv",    Item,                      "p p p p p p p"),
    ("close_service_item",   "lv",    Item,                      "p p p p p p p"),
    ("list_policies",        "zhang", Policy,                    "+ + + + + + +"),
    ("set_policy",           "lv",    Nothing,                   "p p p p p p p"),
    ("list_regions",         "zhang", Nothing,                   "+ + + + + + +"),
    ("get_region",           "zhang", Region,                    "+ + + + + + +"),
    ("list_grids",           "zhang", Grid,                      "+ + + + + + +"),
    ("create_grid",          "wang",  Nothing,                   "p p p p p p p"),
    ("locate_grid",          "zhang", Nothing,                   "+ + + + + + +"),
    ("get_grid",             "zhang", Grid,                      "+ + + + + + +"),
    ("update_grid",          "wang",  Grid,                      "p p p p p p p"),
    ("close_grid",           "wang",  Grid,                      "p p p p p p p"),
    ("split_grid",           "wang",  Grid,                      "p p p p p p p"),
    ("merge_grids",          "wang",  Nothing,                   "p p p p p p p"),
    ("get_grid_lineage",     "zhang", Grid,                      "+ + + + + + +"),
    ("assign_duty",          "wang",  Grid,                      "p p p p p p p"),
    ("list_duties",          "wang",  Grid,                      "p p p p p p -"),
    ("get_three_leads",      "wang",  Grid,                      "p p p p p p +"),
    ("get_service_team",     "wang",  Grid,                      "p p p p p p +"),
    ("update_duty",          "wang",  Duty,                      ". . . . . . p"),
    ("end_duty",             "wang",  Duty,                      ". . . . . . p"),
    ("list_vacancies",       "wang",  Nothing,                   "p p - - p p +"),
    ("list_double_duties",   "wang",  Duty,                      "p p - - p p -"),
    ("get_duty_report",      "wang",  Nothing,                   "p p p p p p +"),
    ("get_branch_report",    "wang",  Nothing,                   "p p p p + p +"),

    ("list_addresses",       "wang",  Address,                   "p p - - p p +"),
    ("create_address",       "wang",  Nothing,                   "p p p p p p p"),
    ("get_address",          "wang",  Address,                   ". . . . . . +"),
    ("update_address",       "wang",  Address,                   ". . . . . . p"),
    ("close_address",        "wang",  Address,                   ". . . . . . p"),
    ("list_households",      "wang",  Household,                 "p p - - p p +"),
    ("create_household",     "wang",  Nothing,                   "p p p p p p p"),
    ("get_household",        "wang",  Household,                 ". . . . . . +"),
    ("update_household",     "wang",  Household,                 ". . . . . . p"),
    ("close_household",      "wang",  Household,                 ". . . . . . p"),
    ("list_household_members", "wang", Household,                ". . . . . . -"),
    ("list_residents",       "wang",  Resident,                  "p p - - p p +"),
    ("create_resident",      "wang",  Nothing,                   "p p p p p p p"),
    ("look_up_resident",     "wang",  Nothing,                   "p p p p p p p"),
    ("get_resident",         "wang",  Resident,                  ". . . . . . +"),
    ("update_resident",      "wang",  Resident,                  ". . . . . . p"),
    ("reveal_resident",      "wang",  Resident,                  ". . . . . . p"),
    ("move_in",              "wang",  Resident,                  ". . . . . . p"),
    ("move_out",             "wang",  Housed,                    ". . . . . . p"),
    ("leave_resident",       "wang",  Resident,                  ". . . . . . p"),

    ("list_organizations",   "wang",  Organization,              "p p - - + - +"),
    ("create_organization",  "wang",  Nothing,                   "p p p p p p p"),
    ("get_organization",     "wang",  Organization,              ". . . . + . +"),
    ("update_organization",  "wang",  Organization,              ". . . . p . p"),
    ("close_organization",   "wang",  Organization,              ". . . . p . p"),
    ("list_members",         "wang",  Organization,              ". . . . + . +"),
    ("add_member",           "wang",  Organization,              ". . . . p . p"),
    ("end_membership",       "wang",  Membership,                ". . . . p . p"),

    ("list_volunteers",      "wang",  Volunteer,                 "p p - - p p +"),
    ("register_volunteer",   "wang",  Nothing,                   "p p p p p p p"),
    ("get_volunteer",        "wang",  Volunteer,                 ". . . . . . +"),
    ("update_volunteer",     "wang",  Volunteer,                 ". . . . . . p"),

    ("list_cases",           "wang",  Mediation(&[]),            "p p - - p p +"),
    ("apply_case",           "wang",  Nothing,                   "p p p p p p p"),
    ("get_case",             "wang",  Mediation(&[]),            ". . . . . . +"),
    ("accept_case",          "wang",  Mediation(&[]),            ". . . . . . p"),
    ("refuse_case",          "wang",  Mediation(&[]),            ". . . . . . p"),
    ("begin_case",           "wang",  Mediation(&["accept_case"]), ". . . . . . p"),
    ("agree_case",           "wang",  Mediation(&["accept_case", "begin_case"]), ". . . . . . p"),
    ("fail_case",            "wang",  Mediation(&["accept_case", "begin_case"]), ". . . . . . p"),
    ("terminate_case",       "wang",  Mediation(&[]),            ". . . . . . p"),
    ("withdraw_case",        "wang",  Mediation(&[]),            ". . . . . . p"),
    ("start_performance",    "wang",  Mediation(AGREED),         ". . . . . . p"),
    ("record_performance",   "wang",  Mediation(PERFORMING),     ". . . . . . p"),
    ("close_case",           "wang",  Mediation(&["withdraw_case"]), ". . . . . . p"),

    ("list_receptions",      "zhang", Reception,                 "+ + + + + + +"),
    ("create_reception",     "wang",  Nothing,                   "p p p p p p p"),
    ("get_reception",        "zhang", Reception,                 "+ + + + + + +"),
    ("update_reception",     "wang",  Reception,                 "p p p p p p p"),
    ("plan_reception",       "wang",  Reception,                 "p p p p p p p"),
    ("close_reception",      "wang",  Reception,                 "p p p p p p p"),
    ("list_reception_sessions", "zhang", Reception,              "+ + + + + + +"),
    ("get_reception_session", "zhang", ReceptionSession,         "+ + + + + + +"),
    ("cancel_reception_session", "wang", ReceptionSession,       "p p p p p p p"),
    ("book_appointment",     "zhang", ReceptionSession,          "+ p p p + p p"),
    // Li and Zhou are shown what they have booked themselves, a line above.
    ("list_appointments",    "wang",  Appointment,               "+ - - - + - +"),
    ("get_appointment",      "zhang", Appointment,               ". . . . . . +"),
    ("cancel_appointment",   "zhang", Appointment,               ". . . . . . p"),
    ("record_attendance",    "wang",  Appointment,               ". . . . . . p"),

    ("list_diary_templates", "zhang", DiaryTemplate,             "+ + + + + + +"),
    ("create_diary_template", "wang", Nothing,                   "p p p p p p p"),
    ("get_diary_template",   "zhang", DiaryTemplate,             "+ + + + + + +"),
    ("update_diary_template", "wang", DiaryTemplate,             "p p p p p p p"),
    ("list_diaries",         "wang",  Diary,                     "- - - - - - +"),
    ("begin_diary",          "sun",   Nothing,                   "p p p p + p p"),
    ("get_diary",            "sun",   Diary,                     ". . . . . . +"),
    ("record_diary_step",    "sun",   Diary,                     ". . . . . . p"),
    ("close_diary",          "sun",   Diary,                     ". . . . . . p"),

    ("list_opinions",        "wang",  Opinion(None),             "- - - - - - +"),
    ("record_opinion",       "sun",   Nothing,                   ". . . . . . ."),
    ("get_opinion",          "sun",   Opinion(None),             ". . . . . . +"),
    ("order_opinion",        "wang",  Opinion(None),             ". . . . . . p"),
    ("answer_opinion",       "wang",  Opinion(None),             ". . . . . . p"),
    ("feed_opinion_back",    "sun",   Opinion(Some("answer_opinion")), ". . . . . . p"),

    ("list_accounts",        "wang",  Account,                   "- - - - - - +"),
    ("create_account",       "wang",  Nothing,                   "p p p p p p p"),
    ("get_account",          "wang",  Account,                   ". . . . . . +"),
    ("update_account",       "wang",  Account,                   ". . . . . . p"),
    ("list_grants",          "wang",  Account,                   ". . . . . . +"),
    // Whether there is such an account is looked at after the permission where the grant would hold.
    ("grant_role",           "wang",  Account,                   "P P P P P P P"),
    ("revoke_grant",         "wang",  Grant,                     ". . . . . . p"),
    ("list_applications",    "feng",  Application,               "p p p - p p +"),
    ("create_application",   "feng",  Nothing,                   "p p p p p p p"),
    ("get_application",      "feng",  Application,               ". . . . . . +"),
    ("update_application",   "feng",  Application,               ". . . . . . p"),
    ("suspend_application",  "feng",  Application,               ". . . . . . p"),
    ("resume_application",   "feng",  SuspendedApplication,      ". . . . . . p"),
    ("revoke_application",   "feng",  Application,               ". . . . . . p"),
    ("record_agreement",     "lv",    Application,               ". . . . . . p"),
    ("end_agreement",        "lv",    Application,               ". . . . . . p"),
    ("get_application_usage", "feng", Application,               ". . . . . . +"),
    ("list_credentials",     "feng",  Application,               ". . . . . . +"),
    ("issue_credential",     "feng",  Application,               ". . . . . . p"),
    ("rotate_credential",    "feng",  Credential,                ". . . . . . p"),
    ("revoke_credential",    "feng",  Credential,                ". . . . . . p"),
    ("sign_out",             "zhang", Nothing,                   "+ + + + + + +"),
    ("get_me",               "zhang", Nothing,                   "+ + + + + + +"),
    ("list_events",          "feng",  Order(State::Placed),      "p p p - p p +"),
    ("list_webhook_endpoints", "feng", WebhookEndpoint,           "p p p - p p p"),
    ("create_webhook_endpoint", "feng", Nothing,                  "p p p p p p p"),
    ("get_webhook_endpoint", "feng",  WebhookEndpoint,            ". . . . . . ."),
    ("update_webhook_endpoint", "feng", WebhookEndpoint,          ". . . . . . ."),
    ("remove_webhook_endpoint", "feng", WebhookEndpoint,          ". . . . . . ."),
    ("rotate_webhook_secret", "feng", WebhookEndpoint,            ". . . . . . ."),
    ("pause_webhook_endpoint", "feng", WebhookEndpoint,           ". . . . . . ."),
    ("resume_webhook_endpoint", "feng", PausedEndpoint,           ". . . . . . ."),
    ("test_webhook_endpoint", "feng", WebhookEndpoint,            ". . . . . . ."),
    ("replay_webhook_events", "feng", WebhookEndpoint,            ". . . . . . ."),
    ("list_webhook_deliveries", "feng", WebhookEndpoint,          ". . . . . . ."),
    ("get_webhook_delivery", "feng",  WebhookDelivery,            ". . . . . . ."),
    ("list_webhook_attempts", "feng", WebhookDelivery,            ". . . . . . ."),
    ("redeliver_webhook",    "feng",  WebhookDelivery,            ". . . . . . ."),
    ("bind_wechat",          "zhang", Nothing,                    "+ + + + + + +"),
    ("unbind_wechat",        "zhang", Nothing,                    "+ + + + + + +"),
    ("list_wechat_subscriptions", "zhang", WechatTemplate,        "- - - - - - -"),
    ("record_wechat_subscriptions", "zhang", WechatTemplate,      "- - - - - - -"),
    ("list_wechat_templates", "wang", WechatTemplate,             "p p - - p p p"),
    ("set_wechat_template",  "wang",  Nothing,                    "p p p p p p p"),
    ("list_wechat_messages", "wang",  WechatMessage,              "p p - - p p p"),
    ("retry_wechat_message", "wang",  WechatMessage,              ". . . . . . ."),
    ("list_wechat_checks",   "wang",  WechatCheck,                "p p - - p p p"),
    ("decide_wechat_check",  "wang",  WechatCheck,                ". . . . . . ."),
    ("get_wechat_qr_code",   "wang",  Nothing,                    "p p p p p p p"),
    ("list_hotlines",        "feng",  Hotline,                   "p p p - p p p"),
    ("create_hotline",       "feng",  Nothing,                   "p p p p p p p"),
    ("get_hotline",          "feng",  Hotline,                   ". . . . . . ."),
    ("update_hotline",       "feng",  Hotline,                   ". . . . . . ."),
    ("remove_hotline",       "feng",  Hotline,                   ". . . . . . ."),
    ("set_hotline_categories", "feng", Hotline,                  ". . . . . . ."),
    ("list_hotline_categories", "feng", Hotline,                 ". . . . . . ."),
    ("list_hotline_messages", "feng", Hotline,                   ". . . . . . ."),
    ("reconcile_hotline",    "feng",  Hotline,                   ". . . . . . ."),
    ("redeliver_hotline_messages", "feng", Hotline,              ". . . . . . ."),
    ("redeliver_hotline_message", "feng", HotlineMessage,        ". . . . . . ."),
    ("list_hotline_rates",   "wang",  HotlineOrder(State::Placed), "p p - - p p +"),
    ("push_hotline_order",   "feng",  Nothing,                   "p p p p p p p"),
    ("list_hotline_orders",  "wang",  HotlineOrder(State::Placed), "p p - - p p +"),
    ("get_hotline_order",    "wang",  HotlineOrder(State::Placed), ". . . . . . +"),
    ("reveal_hotline_order", "feng",  HotlineOrder(State::Placed), ". . . . . . p"),
    ("extend_hotline_order", "wang",  HotlineOrder(State::Placed), ". . . . . . p"),
    ("call_back_hotline_order", "wang", HotlineOrder(State::Completed), ". . . . . . p"),
    ("rework_hotline_order", "feng",  HotlineOrder(State::Completed), ". . . . . . p"),
    ("stream_events",        "feng",  Nothing,                   "p p p + p p +"),

    ("get_region_boundary",  "zhang", Bounded,                   "+ + + + + + +"),
    ("set_region_boundary",  "feng",  Region,                    "p p p p p p p"),
    ("get_grid_coverage",    "wang",  Bounded,                   "p p p p p p +"),
    ("import_boundaries",    "wang",  Nothing,                   "p p p p p p p"),
    ("list_unusual_grids",   "wang",  SmallGrid,                 "p p p p p p +"),
    ("get_address_grid",     "wang",  AddressInGrid,             ". . . . . . +"),
    ("list_order_candidates", "wang", Order(State::Triaged),     ". . . . . . p"),
    ("list_household_links", "wang",  HouseholdLink,             "- - - - - - +"),
    ("create_household_link", "wang", Nothing,                   "p p p p p p p"),
    ("get_household_link",   "wang",  HouseholdLink,             ". . . . . . +"),
    ("check_household_link", "wang",  HouseholdLink,             ". . . . . . p"),
    ("end_household_link",   "wang",  HouseholdLink,             ". . . . . . p"),
    ("get_link_report",      "wang",  Nothing,                   "p p p p p p +"),
    ("list_checklists",      "zhang", Checklist,                 "+ + + + + + +"),
    ("create_checklist",     "wang",  Nothing,                   "p p p p p p p"),
    ("get_checklist",        "zhang", Checklist,                 "+ + + + + + +"),
    ("update_checklist",     "wang",  Checklist,                 "p p p p p p p"),
    ("close_checklist",      "wang",  Checklist,                 "p p p p p p p"),
    ("get_checklist_report", "wang",  Checklist,                 "p p p p p p +"),
    ("run_checklist",        "wang",  Grid,                      "p p p p p p p"),
    ("list_checklist_runs",  "wang",  ChecklistRun,              "p p - - p p +"),
    ("get_checklist_run",    "wang",  ChecklistRun,              ". . . . . . +"),
    ("list_visit_campaigns", "wang",  Campaign(false),           "- - - - - - +"),
    ("create_visit_campaign", "wang", Nothing,                   "p p p p p p p"),
    ("get_visit_campaign",   "wang",  Campaign(true),            ". . . . . . +"),
    ("update_visit_campaign", "wang", Campaign(false),           ". . . . . . p"),
    ("start_visit_campaign", "wang",  Campaign(false),           ". . . . . . p"),
    ("close_visit_campaign", "wang",  Campaign(true),            ". . . . . . p"),
    ("assign_visitor",       "wang",  Campaign(true),            ". . . . . . p"),
    ("list_visit_coverage",  "wang",  Campaign(true),            ". . . . . . +"),
    ("list_visit_targets",   "wang",  Campaign(true),            ". . . . . . +"),
    ("list_visits",          "wang",  Visit,                     "- - - - - - +"),
    ("record_visit",         "sun",   Nothing,                   ". . . . + . p"),
    ("list_due_visits",      "wang",  Due,                       "p p - - p p +"),
    ("get_visit",            "sun",   Visit,                     ". . . . . . +"),
    ("set_visit_class",      "wang",  Household,                 ". . . . . . p"),
    ("list_household_plans", "wang",  Plan,                      "p p - - p p +"),
    ("create_household_plan", "wang", Nothing,                   ". . . . . . p"),
    ("get_household_plan",   "wang",  Plan,                      ". . . . . . +"),
    ("update_household_plan", "wang", Plan,                      ". . . . . . p"),
    ("review_household_plan", "wang", Plan,                      ". . . . . . p"),
    ("close_household_plan", "wang",  Plan,                      ". . . . . . p"),
    ("list_household_notes", "wang",  Noted,                     ". . . . . . p"),
    ("write_household_note", "wang",  Household,                 ". . . . . . p"),
    ("list_snapshots",       "wang",  Snapshot("problem"),       "- - - - - - +"),
    ("send_snapshot",        "zhang", Nothing,                   "+ p p p + p p"),
    ("find_similar_snapshots", "zhang", Snapshot("problem"),     "+ p p p + p p"),
    ("get_snapshot",         "zhang", Snapshot("problem"),       ". . . . . . +"),
    ("order_snapshot",       "wang",  Snapshot("problem"),       ". . . . . . p"),
    ("publish_snapshot",     "wang",  Snapshot("praise"),        ". . . . . . p"),
    ("decline_snapshot",     "wang",  Snapshot("problem"),       ". . . . . . p"),
    ("list_praises",         "zhang", Nothing,                   ANYBODY),
    ("list_patrols",         "wang",  Patrol,                    "- - - - - - +"),
    ("record_patrol",        "sun",   Nothing,                   "p p p p + p p"),
    ("count_patrols",        "wang",  Patrol,                    "p p - - p p +"),
    ("get_patrol",           "sun",   Patrol,                    ". . . . . . +"),
    ("list_findings",        "wang",  Finding,                   "- - - - - - +"),
    ("record_finding",       "sun",   Nothing,                   "p p p p + p p"),
    ("get_finding",          "sun",   Finding,                   ". . . . . . +"),
    ("list_tags",            "zhang", Tag,                       "+ + + + + + +"),
    ("create_tag",           "lv",    Nothing,                   "p p p p p p p"),
    ("get_tag",              "zhang", Tag,                       "+ + + + + + +"),
    ("update_tag",           "lv",    Tag,                       "p p p p p p p"),
    ("close_tag",            "lv",    Tag,                       "p p p p p p p"),
    ("list_resident_tags",   "wang",  Resident,                  ". . . . . . -"),
    ("tag_resident",         "wang",  Resident,                  ". . . . . . p"),
    ("end_resident_tag",     "wang",  ResidentTag,               ". . . . . . p"),
    ("link_account",         "wang",  Resident,                  ". . . . . . p"),
    ("unlink_account",       "wang",  Linked,                    ". . . . . . p"),
    ("list_consents",        "wang",  Resident,                  ". . . . . . p"),
    ("record_consent",       "wang",  Resident,                  ". . . . . . p"),
    ("get_consent",          "wang",  Consent,                   ". . . . . . p"),
    ("withdraw_consent",     "wang",  Consent,                   ". . . . . . p"),
    ("list_own_consents",    "zhang", Nothing,                   "- - - - - - -"),
    ("give_consent",         "zhang", Nothing,                   "+ + + + + + +"),
    ("get_own_data",         "zhang", Nothing,                   "+ + + + + + +"),
    ("list_own_data_requests", "zhang", Nothing,                 "- - - - - - -"),
    ("make_data_request",    "zhang", Nothing,                   "+ + + + + + +"),
    ("list_data_requests",   "wang",  DataRequest,               "p p - - p p +"),
    ("get_data_request",     "wang",  DataRequest,               ". . . . . . +"),
    ("decide_data_request",  "wang",  DataRequest,               ". . . . . . p"),

    ("get_organization_statistics", "wang", Organization,        "p p p p + p +"),
    ("list_subtree",         "wang",  Organization,              ". . . . - . -"),
    ("list_account_memberships", "wang", Joined,                 "p p - - + - +"),
    ("list_own_memberships", "zheng", Nothing,                   "- - - - + - -"),
    ("list_organization_links", "wang", Organization,            ". . . . - . -"),
    ("create_organization_link", "wang", Organization,           ". . . . p . p"),
    ("end_organization_link", "wang", OrganizationLink,          ". . . . p . p"),
    ("list_five_ones",       "wang",  Neighborhood(true),        "p p p p + p +"),
    ("get_organization_profile", "wang", Neighborhood(true),     ". . . . + . +"),
    ("set_organization_profile", "wang", Neighborhood(false),    ". . . . p . p"),
    ("list_posts",           "wang",  Post(false),               "p p - - + - +"),
    ("create_post",          "wang",  Organization,              ". . . . p . p"),
    ("get_post",             "wang",  Post(false),               ". . . . + . +"),
    ("claim_post",           "chen",  Post(false),               ". . . . p . p"),
    ("release_post",         "chen",  Post(true),                ". . . . p . p"),
    ("close_post",           "wang",  Post(false),               ". . . . p . p"),
    ("list_pledges",         "wang",  Pledge,                    "p p - - + - +"),
    ("make_pledge",          "chen",  Organization,              ". . . . + . p"),
    ("get_pledge",           "wang",  Pledge,                    ". . . . + . +"),
    ("judge_pledge",         "wang",  Pledge,                    ". . . . p . p"),
    ("list_public_pledges",  "zhang", Pledge,                    ANYBODY),
    ("list_venues",          "zhang", Venue,                     "+ + + + + + +"),
    ("create_venue",         "wang",  Nothing,                   "p p p p p p p"),
    ("get_venue",            "zhang", Venue,                     "+ + + + + + +"),
    ("update_venue",         "wang",  Venue,                     "p p p p p p p"),
    ("close_venue",          "wang",  Venue,                     "p p p p p p p"),
    ("get_venue_circles",    "wang",  Venue,                     "p p p p p p +"),
    ("get_venue_map",        "zhang", Venue,                     ANYBODY),
    ("list_nearby_venues",   "zhang", Venue,                     ANYBODY),
    ("list_alliances",       "wang",  Alliance,                  "p p - - + - +"),
    ("create_alliance",      "wang",  Nothing,                   "p p p p p p p"),
    ("get_alliance_report",  "wang",  Nothing,                   "p p p p + p +"),
    ("get_alliance",         "wang",  Alliance,                  ". . . . + . +"),
    ("update_alliance",      "wang",  Alliance,                  ". . . . p . p"),
    ("close_alliance",       "wang",  Alliance,                  ". . . . p . p"),
    ("list_alliance_members", "wang", Alliance,                  ". . . . + . +"),
    ("join_alliance",        "wang",  Alliance,                  ". . . . p . p"),
    ("leave_alliance",       "wang",  AllianceMember,            ". . . . p . p"),
    ("get_alliance_rotation", "wang", Alliance,                  ". . . . + . +"),
    ("swap_alliance_turns",  "wang",  Alliance,                  ". . . . p . p"),
    ("plan_joint_meeting",   "wang",  Alliance,                  ". . . . p . p"),
    ("list_joint_meetings",  "wang",  JointMeeting,              "p p - - + - +"),
    ("get_joint_meeting",    "wang",  JointMeeting,              ". . . . + . +"),
    ("record_joint_meeting", "wang",  JointMeeting,              ". . . . p . p"),
    ("cancel_joint_meeting", "wang",  JointMeeting,              ". . . . p . p"),
    ("list_partnership_items", "wang", PartnershipItem("open"),  "p p - - + - +"),
    ("create_partnership_item", "wang", Nothing,                 ". . . . p . p"),
    ("get_partnership_item", "wang",  PartnershipItem("open"),   ". . . . + . +"),
    ("claim_partnership_item", "zheng", PartnershipItem("open"), ". . . . p . p"),
    ("sign_partnership_item", "zheng", PartnershipItem("claimed"), ". . . . p . p"),
    ("judge_partnership_item", "zheng", PartnershipItem("signed"), ". . . . p . p"),
    ("withdraw_partnership_item", "zheng", PartnershipItem("claimed"), ". . . . p . p"),
    ("list_admission_items", "wang",  AdmissionItem(false),      "p p - - p p +"),
    ("propose_admission_item", "feng", Nothing,                  "p p p p p p p"),
    ("get_admission_item",   "wang",  AdmissionItem(false),      ". . . . . . +"),
    ("decide_admission_item", "feng", AdmissionItem(false),      ". . . . . . p"),
    ("list_duty_items",      "wang",  DutyItem,                  "p p - - p p +"),
    ("create_duty_item",     "feng",  Nothing,                   "p p p p p p p"),
    ("end_duty_item",        "feng",  DutyItem,                  ". . . . . . p"),
    ("blow_whistle",         "wang",  Order(State::Accepted),    ". . . . . . p"),
    ("list_whistles",        "wang",  Whistle(false),            "p p - - p p +"),
    ("count_whistles",       "wang",  Whistle(false),            "p p - - p p -"),
    ("get_whistle",          "wang",  Whistle(false),            ". . . . . . +"),
    ("arrive_whistle",       "zheng", Whistle(false),            ". . . . . . p"),
    ("finish_whistle",       "wang",  Whistle(true),             ". . . . . . p"),
    ("judge_whistle",        "wang",  Whistle(true),             ". . . . . . p"),
    ("list_check_ins",       "wang",  CheckIn(false),            "- - - - - - +"),
    ("file_check_in",        "zhou",  Nothing,                   "p p p p + + p"),
    ("get_check_in",         "wang",  CheckIn(false),            ". . . . . . +"),
    ("confirm_check_in",     "wang",  CheckIn(false),            ". . . . . . p"),
    ("praise_check_in",      "wang",  CheckIn(true),             ". . . . . . p"),
    ("end_check_in",         "wang",  CheckIn(true),             ". . . . . . p"),
    ("list_participation",   "wang",  Organization,              ". . . . p . -"),
    ("list_point_rules",     "zhang", PointRule,                 "+ + + + + + +"),
    ("set_point_rule",       "feng",  Nothing,                   "p p p p p p p"),
    ("list_point_entries",   "wang",  PointEntry(false),         "p p - - p p +"),
    ("enter_points",         "wang",  Nothing,                   "p p p p p p p"),
    ("list_own_points",      "chen",  PointEntry(false),         "- - - - - - -"),
    ("list_point_standings", "wang",  PointEntry(false),         "p p p p p p +"),
    ("appeal_points",        "chen",  PointEntry(false),         ". . . . . . p"),
    ("decide_point_appeal",  "feng",  PointEntry(true),          ". . . . . . p"),
    ("settle_points",        "feng",  Nothing,                   "p p p p p p p"),
];

/// A world with what requests can be about.
pub(super) struct Scene {
    pub(super) world: World,
    /// Administrator of 新胜社区.
    pub(super) ruler: Client,
    count: AtomicU32,
    /// The household of the last resident that was made with one.
    home: Mutex<Option<String>>,
}

/// The type of [`form`].
pub(super) const FORM: &str = "multipart/form-data; boundary=linli";

/// A form with a small photo.
pub(super) fn form() -> Vec<u8> {
    crate::attachments::form("linli", "lamp.jpg", &crate::attachments::photo(2, 2))
}

/// An operation that is about to be asked for.
pub(super) struct Ready {
    /// Who may.
    pub(super) by: Client,
    /// What stands in the path; nothing if nothing does.
    pub(super) id: String,
    /// The body, where there is one.
    pub(super) body: Option<Value>,
}

impl Scene {
    pub(super) async fn set(world: &World) -> Self {
        let command = CreateAccount {
            name: "ruler".to_owned(),
            password: PASSWORD.to_owned(),
            display_name: "鲁平".to_owned(),
            phone: None,
            grants: vec![CreateGrant::in_region(Role::Administrator, FOREIGN.parse::<RegionCode>().unwrap())],
        };
        let place = Place::from(FOREIGN.parse::<RegionCode>().unwrap());
        let account = identity::create_account(&world.cx(), command, &[place]).await.unwrap().id;
        Self { world: world.clone(), ruler: world.signed_in(account).await, count: AtomicU32::new(0), home: Mutex::new(None) }
    }

    /// One of [`PEOPLE`], or of the world's cast.
    pub(super) fn person(&self, name: &str) -> Client {
        if name == "ruler" { self.ruler.clone() } else { self.world.person(name) }
    }

    /// A word that no other call was given.
    fn fresh(&self, word: &str) -> String {
        format!("{word}{}", self.count.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes what an operation needs.
    pub(super) async fn ready(&self, operation: &Operation) -> Ready {
        let id = operation.id.as_str();
        let case = CASES.iter().find(|c| c.0 == id);
        let (_, by, thing, _) = case.unwrap_or_else(|| panic!("{id} has no line in CASES of tests/battery/cases.rs: who may get at what?"));
        // One checks in once.
        let by = if id == "file_check_in" { self.newcomer().await } else { self.person(by) };
        Ready { by, id: self.make(*thing).await, body: self.body(id).await }
    }

    /// A party member of 新联社区 whom nobody has seen before.
    async fn newcomer(&self) -> Client {
        let command = CreateAccount {
            name: self.fresh("newcomer."),
            password: PASSWORD.to_owned(),
            display_name: "辛来".to_owned(),
            phone: None,
            grants: vec![CreateGrant::in_region(Role::PartyMember, HOME.parse::<RegionCode>().unwrap())],
        };
        let place = Place::from(HOME.parse::<RegionCode>().unwrap());
        let account = identity::create_account(&self.world.cx(), command, &[place]).await.unwrap().id;
        self.world.signed_in(account).await
    }

    pub(super) async fn make(&self, thing: Thing) -> String {
        let by = |name: &str| self.world.person(name);
        let post = async |by: Client, path: &str, body: Value| {
            by.post(path).json(body).send().await.expect(201)["id"].as_str().unwrap().to_owned()
        };
        match thing {
            Nothing => String::new(),
            Region => HOME.to_owned(),
            Order(state) => orders::at(&self.world, state).await["id"].as_str().unwrap().to_owned(),
            Mediation(steps) => {
                let id = post(by("wang"), "/mediation/cases", self.body("apply_case").await.unwrap()).await;
                for step in steps {
                    let action = step.trim_end_matches("_case");
                    let body = self.body(step).await.unwrap();
                    by("wang").post(format!("/mediation/cases/{id}/{action}")).json(body).send().await.expect(200);
                }
                id
            }
            Item => {
                let body = self.body("create_service_item").await.unwrap();
                by("lv").post("/catalogue/items").json(&body).send().await.expect(201);
                body["code"].as_str().unwrap().to_owned()
            }
            Grid => post(by("wang"), "/grids", self.body("create_grid").await.unwrap()).await,
            Duty => {
                let grid = Box::pin(self.make(Grid)).await;
                post(by("wang"), &format!("/grids/{grid}/duties"), self.body("assign_duty").await.unwrap()).await
            }
            Policy => {
                // No two begin at one moment.
                self.world.later(Duration::minutes(1));
                let flow = json!({ "region_code": "321182000000", "order_flow": { "claim_limit": 5, "automatic_reworks": 1 } });
                by("lv").post("/policies").json(flow).send().await.expect(201);
                String::new()
            }
            Organization => {
                let id = post(by("wang"), "/organizations", self.body("create_organization").await.unwrap()).await;
                let member = json!({ "account_id": by("sun").account(), "role": "staff" });
                post(by("wang"), &format!("/organizations/{id}/members"), member).await;
                id
            }
            Membership => {
                let organization = Box::pin(self.make(Organization)).await;
                post(by("wang"), &format!("/organizations/{organization}/members"), self.body("add_member").await.unwrap()).await
            }
            Volunteer => {
                let body = self.body("register_volunteer").await.unwrap();
                by("wang").post("/volunteers").json(&body).send().await.expect(201);
                body["account_id"].as_str().unwrap().to_owned()
            }
            Reception => post(by("wang"), "/receptions", self.body("create_reception").await.unwrap()).await,
            ReceptionSession => {
                let reception = Box::pin(self.make(Reception)).await;
                let sessions = by("wang").get(format!("/reception_sessions?reception_id={reception}")).send().await.expect(200);
                sessions["items"][0]["id"].as_str().unwrap().to_owned()
            }
            Appointment => {
                let session = Box::pin(self.make(ReceptionSession)).await;
                let body = self.body("book_appointment").await.unwrap();
                post(by("zhang"), &format!("/reception_sessions/{session}/appointments"), body).await
            }
            DiaryTemplate => post(by("wang"), "/diary_templates", self.body("create_diary_template").await.unwrap()).await,
            Diary => post(by("sun"), "/diaries", Box::pin(self.body("begin_diary")).await.unwrap()).await,
            Opinion(answered) => {
                let id = post(by("sun"), "/opinions", Box::pin(self.body("record_opinion")).await.unwrap()).await;
                if answered.is_some() {
                    let body = self.body("answer_opinion").await.unwrap();
                    by("wang").post(format!("/opinions/{id}/answer")).json(body).send().await.expect(200);
                }
                id
            }
            PendingExport => post(by("wang"), "/exports", self.body("export_list").await.unwrap()).await,
            ExportedList => {
                let id = Box::pin(self.make(PendingExport)).await;
                crate::jobs::until(&self.world, &by("wang"), &id, "done").await;
                id
            }
            CheckedImport => crate::jobs::checked(&self.world, &by("wang")).await,
            Attachment => by("zhang").post("/attachments").body(FORM, form()).send().await.expect(201)["id"].as_str().unwrap().to_owned(),
            Account => post(by("wang"), "/accounts", self.body("create_account").await.unwrap()).await,
            Bounded => {
                let body = self.body("set_region_boundary").await.unwrap();
                by("feng").post(format!("/regions/{HOME}/boundary")).json(body).send().await.expect(200);
                HOME.to_owned()
            }
            SmallGrid => {
                let mut body = self.body("create_grid").await.unwrap();
                body["households"] = json!(7);
                post(by("wang"), "/grids", body).await
            }
            AddressInGrid => {
                let mut body = self.body("create_address").await.unwrap();
                body["grid_id"] = json!(self.world.places.west);
                post(by("wang"), "/addresses", body).await
            }
            HouseholdLink => post(by("wang"), "/household_links", Box::pin(self.body("create_household_link")).await.unwrap()).await,
            Checklist => post(by("wang"), "/checklists", self.body("create_checklist").await.unwrap()).await,
            ChecklistRun => {
                let path = format!("/grids/{}/checklist_runs", self.world.places.west);
                post(by("wang"), &path, Box::pin(self.body("run_checklist")).await.unwrap()).await
            }
            Address => post(by("wang"), "/addresses", self.body("create_address").await.unwrap()).await,
            Household => post(by("wang"), "/households", Box::pin(self.body("create_household")).await.unwrap()).await,
            Resident => post(by("wang"), "/residents", self.body("create_resident").await.unwrap()).await,
            Housed => {
                let resident = post(by("wang"), "/residents", self.body("create_resident").await.unwrap()).await;
                let home = Box::pin(self.make(Household)).await;
                self.home.lock().unwrap().replace(home.clone());
                let body = json!({ "household_id": home });
                by("wang").post(format!("/residents/{resident}/move_in")).json(body).send().await.expect(200);
                resident
            }
            WebhookEndpoint => post(by("feng"), "/webhook_endpoints", self.body("create_webhook_endpoint").await.unwrap()).await,
            PausedEndpoint => {
                let id = Box::pin(self.make(WebhookEndpoint)).await;
                by("feng").post(format!("/webhook_endpoints/{id}/pause")).json(json!({})).send().await.expect(200);
                id
            }
            WebhookDelivery => {
                let id = Box::pin(self.make(WebhookEndpoint)).await;
                by("feng").post(format!("/webhook_endpoints/{id}/test")).send().await.expect(200);
                let path = format!("/webhook_endpoints/{id}/deliveries");
                testkit::eventually(async || {
                    connect::webhook::dispatch(&self.world.cx()).await.unwrap();
                    let deliveries = by("feng").get(&path).send().await.expect(200);
                    deliveries["items"][0]["id"].as_str().map(str::to_owned)
                })
                .await
            }
            WechatTemplate => {
                let body = self.body("set_wechat_template").await.unwrap();
                by("wang").post("/wechat/templates").json(body).send().await.expect(200)["id"].as_str().unwrap().to_owned()
            }
            WechatMessage => crate::wechat::failed_message(&self.world, &self.fresh("template-bad-")).await,
            WechatCheck => crate::wechat::doubtful_order(&self.world).await,
            Hotline => post(by("feng"), "/hotlines", self.body("create_hotline").await.unwrap()).await,
            HotlineMessage => {
                let order = Box::pin(self.make(HotlineOrder(State::Triaged))).await;
                let order = by("feng").get(format!("/hotline_orders/{order}")).send().await.expect(200);
                let path = format!("/hotlines/{}/messages", order["hotline_id"].as_str().unwrap());
                testkit::eventually(async || {
                    connect::hotline::dispatch(&self.world.cx()).await.unwrap();
                    let messages = by("feng").get(&path).send().await.expect(200);
                    messages["items"][0]["id"].as_str().map(str::to_owned)
                })
                .await
            }
            HotlineOrder(state) => {
                let pushed = by("feng").post("/hotline_orders").json(Box::pin(self.body("push_hotline_order")).await.unwrap()).send().await;
                let pushed = pushed.expect(201);
                let order = json!({ "id": pushed["order_id"] });
                for action in &orders::ways()[&state] {
                    let (name, body) = orders::usual(&self.world, *action, &Value::Null);
                    orders::step(&by(name), &order, action.as_str(), body).await.expect(200);
                }
                pushed["id"].as_str().unwrap().to_owned()
            }
            Application => {
                let id = post(by("feng"), "/applications", self.body("create_application").await.unwrap()).await;
                let body = self.body("issue_credential").await.unwrap();
                by("feng").post(format!("/applications/{id}/credentials")).json(body).send().await.expect(201);
                id
            }
            SuspendedApplication => {
                let id = Box::pin(self.make(Application)).await;
                by("feng").post(format!("/applications/{id}/suspend")).json(json!({})).send().await.expect(200);
                id
            }
            Credential => {
                let id = Box::pin(self.make(Application)).await;
                let listed = by("feng").get(format!("/applications/{id}/credentials")).send().await.expect(200);
                listed["items"][0]["id"].as_str().unwrap().to_owned()
            }
            Campaign(started) => {
                let home = Box::pin(self.make(Household)).await;
                self.home.lock().unwrap().replace(home.clone());
                let mut body = self.body("create_visit_campaign").await.unwrap();
                body["household_ids"] = json!([home]);
                let id = post(by("wang"), "/visit_campaigns", body).await;
                if started {
                    by("wang").post(format!("/visit_campaigns/{id}/start")).json(json!({})).send().await.expect(200);
                }
                id
            }
            Visit => post(by("sun"), "/visits", Box::pin(self.body("record_visit")).await.unwrap()).await,
            Due => {
                self.world.later(Duration::minutes(1));
                let classes = json!({ "classes": [{ "code": "star_5", "name": "五星户", "every_days": 7 }] });
                let policy = json!({ "region_code": "321182000000", "visit_rules": classes });
                by("lv").post("/policies").json(policy).send().await.expect(201);
                self.world.later(Duration::seconds(6));
                let home = Box::pin(self.make(Household)).await;
                let class = json!({ "visit_class": "star_5" });
                by("wang").post(format!("/households/{home}/visit_class")).json(class).send().await.expect(200);
                home
            }
            Plan => post(by("wang"), "/household_plans", Box::pin(self.body("create_household_plan")).await.unwrap()).await,
            Noted => {
                let home = Box::pin(self.make(Household)).await;
                post(by("wang"), &format!("/households/{home}/notes"), self.body("write_household_note").await.unwrap()).await;
                home
            }
            Snapshot(tone) => {
                let mut body = self.body("send_snapshot").await.unwrap();
                body["tone"] = json!(tone);
                post(by("zhang"), "/snapshots", body).await
            }
            Patrol => post(by("sun"), "/patrols", self.body("record_patrol").await.unwrap()).await,
            Finding => post(by("sun"), "/findings", self.body("record_finding").await.unwrap()).await,
            Tag => post(by("lv"), "/tags", self.body("create_tag").await.unwrap()).await,
            ResidentTag => {
                let resident = Box::pin(self.make(Resident)).await;
                let body = Box::pin(self.body("tag_resident")).await.unwrap();
                post(by("wang"), &format!("/residents/{resident}/tags"), body).await
            }
            Consent => {
                let resident = Box::pin(self.make(Resident)).await;
                post(by("wang"), &format!("/residents/{resident}/consents"), self.body("record_consent").await.unwrap()).await
            }
            Linked => {
                let resident = Box::pin(self.make(Resident)).await;
                let body = Box::pin(self.body("link_account")).await.unwrap();
                by("wang").post(format!("/residents/{resident}/link")).json(body).send().await.expect(200);
                resident
            }
            Alliance => {
                let body = Box::pin(self.body("create_alliance")).await.unwrap();
                let lead = body["lead_id"].clone();
                let id = post(by("wang"), "/alliances", body).await;
                for unit in [lead, json!(self.world.places.telecom)] {
                    post(by("wang"), &format!("/alliances/{id}/members"), json!({ "organization_id": unit })).await;
                }
                id
            }
            AllianceMember => {
                let alliance = Box::pin(self.make(Alliance)).await;
                let body = Box::pin(self.body("join_alliance")).await.unwrap();
                post(by("wang"), &format!("/alliances/{alliance}/members"), body).await
            }
            JointMeeting => {
                let alliance = Box::pin(self.make(Alliance)).await;
                post(by("wang"), &format!("/alliances/{alliance}/meetings"), self.body("plan_joint_meeting").await.unwrap()).await
            }
            PartnershipItem(state) => {
                let mut body = self.body("create_partnership_item").await.unwrap();
                let owner = Box::pin(self.make(Organization)).await;
                body["organization_id"] = json!(owner);
                let id = post(by("wang"), "/partnership_items", body).await;
                let telecom = json!({ "organization_id": self.world.places.telecom });
                let step = async |by: Client, verb: &str, body: &Value| {
                    by.post(format!("/partnership_items/{id}/{verb}")).json(body).send().await.expect(200);
                };
                if state != "open" {
                    step(by("zheng"), "claim", &telecom).await;
                }
                if state == "signed" {
                    step(by("zheng"), "sign", &telecom).await;
                    step(by("wang"), "sign", &json!({ "organization_id": owner })).await;
                }
                id
            }
            DataRequest => post(by("zhang"), "/me/data/requests", self.body("make_data_request").await.unwrap()).await,
            OrganizationLink => {
                let from = Box::pin(self.make(Organization)).await;
                let body = Box::pin(self.body("create_organization_link")).await.unwrap();
                post(by("wang"), &format!("/organizations/{from}/links"), body).await
            }
            Neighborhood(recorded) => {
                let new = json!({ "name": self.fresh("邻里"), "kind": "neighborhood", "region_code": HOME });
                let id = post(by("wang"), "/organizations", new).await;
                if recorded {
                    let body = self.body("set_organization_profile").await.unwrap();
                    by("wang").post(format!("/organizations/{id}/profile")).json(body).send().await.expect(200);
                }
                id
            }
            Joined => {
                let account = Box::pin(self.make(Account)).await;
                let organization = Box::pin(self.make(Organization)).await;
                let member = json!({ "account_id": account, "role": "member" });
                post(by("wang"), &format!("/organizations/{organization}/members"), member).await;
                account
            }
            Post(held) => {
                let organization = Box::pin(self.make(Organization)).await;
                let id = post(by("wang"), &format!("/organizations/{organization}/posts"), self.body("create_post").await.unwrap()).await;
                if held {
                    by("chen").post(format!("/posts/{id}/claim")).json(json!({})).send().await.expect(200);
                }
                id
            }
            Pledge => {
                let organization = Box::pin(self.make(Organization)).await;
                post(by("chen"), &format!("/organizations/{organization}/pledges"), self.body("make_pledge").await.unwrap()).await
            }
            Venue => post(by("wang"), "/venues", self.body("create_venue").await.unwrap()).await,
            Department => {
                let body = json!({ "name": self.fresh("民政局"), "kind": "government_department", "region_code": HOME });
                let id = post(by("wang"), "/organizations", body).await;
                let grant = json!({ "role": "organization_staff", "organization_id": id });
                post(by("wang"), &format!("/accounts/{}/grants", by("zheng").account()), grant).await;
                id
            }
            AdmissionItem(approved) => {
                let id = post(by("feng"), "/admission_items", Box::pin(self.body("propose_admission_item")).await.unwrap()).await;
                if approved {
                    let body = self.body("decide_admission_item").await.unwrap();
                    by("feng").post(format!("/admission_items/{id}/decide")).json(body).send().await.expect(200);
                }
                id
            }
            DutyItem => post(by("feng"), "/duty_items", Box::pin(self.body("create_duty_item")).await.unwrap()).await,
            Whistle(arrived) => {
                let order = Box::pin(self.make(Order(State::Placed))).await;
                let body = Box::pin(self.body("blow_whistle")).await.unwrap();
                let blown = by("wang").post(format!("/orders/{order}/whistles")).json(body).send().await.expect(201);
                let id = blown["items"][0]["id"].as_str().unwrap().to_owned();
                if arrived {
                    by("zheng").post(format!("/whistles/{id}/arrive")).json(json!({})).send().await.expect(200);
                }
                id
            }
            PointRule => post(by("feng"), "/point_rules", self.body("set_point_rule").await.unwrap()).await,
            PointEntry(appealed) => {
                let id = post(by("wang"), "/point_entries", Box::pin(self.body("enter_points")).await.unwrap()).await;
                if appealed {
                    let body = self.body("appeal_points").await.unwrap();
                    by("chen").post(format!("/point_entries/{id}/appeal")).json(body).send().await.expect(201);
                }
                id
            }
            CheckIn(confirmed) => {
                let id = post(self.newcomer().await, "/check_ins", self.body("file_check_in").await.unwrap()).await;
                if confirmed {
                    by("wang").post(format!("/check_ins/{id}/confirm")).json(json!({})).send().await.expect(200);
                }
                id
            }
            Grant => {
                let account = Box::pin(self.make(Account)).await;
                post(by("wang"), &format!("/accounts/{account}/grants"), self.body("grant_role").await.unwrap()).await
            }
        }
    }

    /// A body that nothing is wrong with, in the state that the case's thing is in.
    async fn body(&self, operation: &str) -> Option<Value> {
        let world = &self.world;
        let reason = json!({ "reason": "因故" });
        let action = Action::all().find(|a| operation == format!("{}_order", a.as_str()) || operation == a.as_str());
        if let Some(action) = action {
            let into = if action == Action::Merge { orders::placed(world).await } else { Value::Null };
            return Some(orders::usual(world, action, &into).1);
        }
        Some(match operation {
            "sign_in" => json!({ "name": world.login("zhang"), "password": PASSWORD }),
            "refresh_session" => {
                let body = json!({ "name": world.login("li"), "password": PASSWORD });
                let tokens = world.nobody().post("/sessions").json(body).send().await.expect(201);
                json!({ "refresh_token": tokens["refresh_token"] })
            }
            "set_up" => json!({ "token": "x", "name": "root.admin", "password": PASSWORD, "display_name": "管理员" }),
            "place_order" => orders::lamp(),
            "place_orders" => json!({ "items": [orders::lamp()] }),
            "dispatch_orders" | "accept_orders" | "close_orders" => {
                let (state, action) = match operation {
                    "dispatch_orders" => (State::Triaged, Action::Dispatch),
                    "accept_orders" => (State::Dispatched, Action::Accept),
                    _ => (State::Completed, Action::Close),
                };
                json!({ "items": [{ "id": orders::at(world, state).await["id"], "body": orders::usual(world, action, &Value::Null).1 }] })
            }
            "create_service_item" => json!({
                "code": self.fresh("T-"), "level": "item", "parent_code": "BM-01", "name": "家电维修", "region_code": "321182000000",
                "finish_limit": { "value": 3, "unit": "working_days" },
            }),
            "update_service_item" => json!({ "name": "家电清洗", "respond_limit": { "value": 2, "unit": "working_hours" } }),
            "set_policy" => {
                json!({ "region_code": "321182000000", "working_time": { "periods": [{ "from": "09:00:00", "to": "12:00:00" }] } })
            }
            "create_grid" => {
                json!({ "region_code": HOME, "name": self.fresh("第三网格"), "kind": "comprehensive", "center": { "lng": 119.815, "lat": 32.24 } })
            }
            "split_grid" => json!({ "parts": [{ "name": self.fresh("东网格") }, { "name": self.fresh("西网格") }] }),
            "merge_grids" => json!({
                "grid_ids": [Box::pin(self.make(Grid)).await, Box::pin(self.make(Grid)).await], "into": { "name": self.fresh("大网格") },
            }),
            "assign_duty" => json!({ "role": "police", "name": self.fresh("民警"), "duty_phone": "0511-88010000" }),
            "update_duty" => json!({ "duty_phone": "0511-88010001" }),
            "update_grid" => json!({ "name": self.fresh("第四网格") }),
            "export_list" => json!({ "list": "list_residents", "query": { "region_code": HOME } }),
            "carry_out_job" => json!({ "mode": "good_rows" }),
            "cancel_job" => json!({}),
            "create_address" => json!({ "region_code": HOME, "kind": "estate", "name": self.fresh("花园") }),
            "update_address" => json!({ "name": self.fresh("家园") }),
            "create_household" => json!({
                "region_code": HOME, "address_id": Box::pin(self.make(Address)).await, "code": self.fresh("H-"), "grid_id": world.places.west,
            }),
            "update_household" => json!({ "kind": "collective" }),
            "create_resident" => json!({ "region_code": HOME, "name": "秦有福", "phone": "13800001111" }),
            "update_resident" => json!({ "residence": "floating" }),
            "look_up_resident" => json!({ "region_code": HOME, "purpose": "service", "phone": "13800001111" }),
            "reveal_resident" => json!({ "purpose": "visit", "fields": ["name"] }),
            "move_in" => json!({ "household_id": Box::pin(self.make(Household)).await, "relation": "spouse" }),
            "move_out" => json!({ "household_id": self.home.lock().unwrap().clone() }),
            "leave_resident" => json!({ "reason": "moved" }),
            "create_organization" => json!({ "name": self.fresh("协会"), "kind": "social_organization", "region_code": HOME }),
            "update_organization" => json!({ "name": self.fresh("新协会") }),
            "add_member" => json!({ "account_id": world.person("zhou").account(), "role": "staff" }),
            "register_volunteer" => {
                json!({ "account_id": Box::pin(self.make(Account)).await, "kind": "volunteer", "region_code": HOME, "skills": ["理发"] })
            }
            "update_volunteer" => json!({ "skills": ["修车"] }),
            "apply_case" => json!({
                "region_code": HOME, "kind": "neighbour", "title": "漏水纠纷", "facts": "三楼渗水。", "applied_how": "oral",
                "parties": [{ "name": "张三" }, { "name": "李四" }],
            }),
            "agree_case" => json!({ "form": "written", "content": "一个月内修复。" }),
            "record_performance" => json!({ "outcome": "performed" }),
            "accept_case" | "begin_case" | "start_performance" | "close_case" | "close_grid" | "close_address" | "close_household"
            | "end_duty" => {
                json!({})
            }
            "refuse_case" | "fail_case" | "terminate_case" | "withdraw_case" => reason,
            // Always one that has begun, with slots to come.
            "create_reception" => json!({
                "region_code": HOME, "title": self.fresh("温暖20"), "rule": "FREQ=DAILY;COUNT=3", "opens": "00:00:00", "closes": "23:30:00",
                "slot_minutes": 30, "slot_capacity": 20, "place": "党群服务中心", "host_ids": [world.person("chen").account()],
            }),
            "update_reception" => json!({ "place": self.fresh("议事厅") }),
            "plan_reception" => json!({ "until": "2027-12-31" }),
            "close_reception" | "cancel_appointment" | "close_diary" | "feed_opinion_back" => json!({}),
            "cancel_reception_session" => json!({ "reason": "因故改期" }),
            "book_appointment" => json!({ "slot": 47, "subject": "充电桩不够" }),
            "record_attendance" => json!({ "attended": true }),
            "create_diary_template" => json!({
                "region_code": HOME, "name": self.fresh("民情日记"), "steps": [{ "code": "1", "name": "听", "required": false }],
            }),
            "update_diary_template" => json!({ "name": self.fresh("新民情日记") }),
            "begin_diary" => json!({ "template_id": Box::pin(self.make(DiaryTemplate)).await, "region_code": HOME, "title": "飞线充电" }),
            "record_diary_step" => json!({ "step": "1", "text": "入户了解情况。" }),
            "record_opinion" => json!({
                "source": { "kind": "diary", "id": Box::pin(self.make(Diary)).await }, "title": "增设充电桩", "content": "晚上排不上。",
            }),
            "order_opinion" => json!({ "contact": { "name": "张三", "phone": "13812341234" } }),
            "answer_opinion" => json!({ "answer": "已列入计划。" }),
            "create_account" => json!({
                "name": self.fresh("somebody."), "password": PASSWORD, "display_name": "钱多多", "grants": [{ "role": "resident", "region_code": HOME }],
            }),
            "create_application" => json!({
                "name": self.fresh("热线"), "purpose": "热线转单", "contact": "信息中心 0511-88010000", "region_code": HOME,
                "scopes": ["order.read", "order.place_on_behalf"],
            }),
            "update_application" => json!({ "name": self.fresh("新热线") }),
            "suspend_application" | "resume_application" | "revoke_application" | "rotate_credential" => json!({}),
            "record_agreement" => json!({ "reference": "17号", "classes": ["orders"], "valid_to": "2027-12-31T00:00:00Z" }),
            "issue_credential" => json!({ "kind": "api_key", "label": "生产环境" }),
            "update_account" => json!({ "display_name": "钱少少" }),
            "create_webhook_endpoint" => json!({
                "region_code": HOME, "name": self.fresh("区平台"), "url": "https://1.1.1.1/linli", "types": ["grid.*"],
            }),
            "update_webhook_endpoint" => json!({ "name": self.fresh("新平台") }),
            "rotate_webhook_secret" | "pause_webhook_endpoint" | "resume_webhook_endpoint" => json!({}),
            "replay_webhook_events" => json!({ "after_event_id": 0 }),
            "sign_in_by_wechat" => json!({ "code": self.fresh("o-zhou-"), "phone_code": "phone:13712340005" }),
            "bind_wechat" => json!({ "code": self.fresh("o-") }),
            "record_wechat_subscriptions" => json!({ "accepted": ["template-of-all"], "refused": [] }),
            "set_wechat_template" => json!({
                "region_code": HOME, "event_type": "order.completed", "audience": "requester", "template_id": "template-of-all",
                "fields": [{ "key": "thing1", "from": "title" }],
            }),
            "decide_wechat_check" => json!({ "pass": true }),
            "grant_role" => json!({ "role": "volunteer", "region_code": HOME }),
            "upsert_order" => json!({
                "external": { "system": "cityos", "number": self.fresh("CG"), "version": 1 }, "order": orders::lamp(),
            }),
            "link_order" => json!({ "external": { "system": "cityos", "number": self.fresh("CG"), "version": 1 } }),
            "create_hotline" => json!({
                "system": self.fresh("12345.t"), "name": "镇江12345", "region_code": HOME,
                "outbound": { "base_url": "https://1.1.1.1/api", "paths": [{ "kind": "sign", "path": "/sign" }] },
            }),
            "update_hotline" => json!({ "name": self.fresh("扬中12345") }),
            "set_hotline_categories" => {
                json!({ "region_code": HOME, "entries": [{ "category_code": "B2*", "item_code": "BM-01-01" }] })
            }
            "push_hotline_order" => {
                let hotline = Box::pin(self.make(Hotline)).await;
                let hotline = world.person("feng").get(format!("/hotlines/{hotline}")).send().await.expect(200);
                crate::hotline::work_order(hotline["system"].as_str().unwrap(), &self.fresh("ZJ"))
            }
            "extend_hotline_order" => json!({ "reason": "需停电施工。", "new_finish_by": "2027-06-30T10:00:00Z" }),
            "call_back_hotline_order" => json!({ "at": "2026-11-16T01:00:00Z", "reached": true, "solved": true, "satisfaction": 3 }),
            "rework_hotline_order" => json!({ "reason": "仍未解决。" }),
            "set_region_boundary" => json!({ "boundary": square(119.8, 32.22, 119.84, 32.26) }),
            "import_boundaries" => {
                let grid = Box::pin(self.make(Grid)).await;
                let grid = world.person("wang").get(format!("/grids/{grid}")).send().await.expect(200);
                let feature = json!({ "type": "Feature", "properties": { "code": grid["code"] }, "geometry": square(119.821, 32.231, 119.822, 32.232) });
                json!({ "type": "FeatureCollection", "region_code": HOME, "features": [feature] })
            }
            "create_household_link" => json!({
                "region_code": HOME, "household_id": Box::pin(self.make(Household)).await, "member_id": world.person("chen").account(),
            }),
            "check_household_link" => json!({ "people": true, "matters": true, "circumstances": true, "policies": false }),
            "end_household_link" | "close_checklist" => json!({}),
            "create_checklist" => {
                json!({ "region_code": HOME, "name": self.fresh("八必有"), "items": [{ "code": "1", "text": "有场所", "points": 10 }] })
            }
            "update_checklist" => json!({ "name": self.fresh("新八必有") }),
            "run_checklist" => json!({
                "checklist_id": Box::pin(self.make(Checklist)).await, "results": [{ "code": "1", "points": 8, "evidence": "照片" }],
            }),
            "create_visit_campaign" => json!({
                "region_code": HOME, "kind": "大走访", "title": self.fresh("走访全覆盖"), "ends_on": "2027-12-31", "grid_ids": [world.places.west],
            }),
            "update_visit_campaign" => json!({ "title": self.fresh("大走访") }),
            "start_visit_campaign" | "close_visit_campaign" | "set_visit_class" | "order_snapshot" | "update_household_plan" => json!({}),
            "assign_visitor" => {
                json!({ "visitor_id": world.person("sun").account(), "household_ids": [self.home.lock().unwrap().clone()] })
            }
            "record_visit" => json!({ "household_id": Box::pin(self.make(Household)).await, "result": "met", "note": "一切都好。" }),
            "create_household_plan" => json!({
                "household_id": Box::pin(self.make(Household)).await, "needs": [{ "text": "缺少照料" }],
                "measures": [{ "text": "每周上门", "owner": "高远" }], "review_on": "2027-12-31",
            }),
            "review_household_plan" => json!({ "note": "好转", "done": [1], "review_on": "2027-12-31" }),
            "close_household_plan" => json!({ "outcome": "reached", "note": "已稳定" }),
            "write_household_note" => json!({ "content": "听力不好。" }),
            "send_snapshot" => json!({
                "region_code": HOME, "tone": "problem", "category": "rubbish", "title": "绿化带堆放垃圾", "content": "堆了三天。",
                "point": { "lng": 119.815, "lat": 32.24 },
            }),
            "publish_snapshot" => json!({ "published_title": "春到三茅河", "published_text": "樱花盛开。" }),
            "decline_snapshot" => json!({ "reason": "已有人上报。" }),
            "record_patrol" => json!({
                "region_code": HOME, "grid_id": world.places.west, "participants": 1, "started_at": "2026-11-16T00:00:00Z",
                "ended_at": "2026-11-16T00:50:00Z", "note": "消防通道。",
            }),
            "record_finding" => json!({
                "region_code": HOME, "grid_id": world.places.west, "kind": "hazard", "severity": "low", "title": "通道被占", "content": "已劝离。",
                "handling": "handled",
            }),
            "create_tag" => json!({
                "region_code": "321182000000", "code": self.fresh("T"), "name": "空巢老人", "class": "ordinary", "reason": "走访关爱",
            }),
            "update_tag" => json!({ "name": "独居老人" }),
            "close_tag" | "end_resident_tag" | "withdraw_consent" | "unlink_account" => json!({}),
            "tag_resident" => json!({ "tag_id": Box::pin(self.make(Tag)).await, "note": "独居" }),
            "link_account" => json!({ "account_id": Box::pin(self.make(Account)).await, "verified_by": "document" }),
            "record_consent" | "give_consent" => {
                json!({ "purpose": "关爱走访", "kinds": ["phone"], "text_version": "2026-01", "channel": "written", "text": "同意。" })
            }
            "make_data_request" => json!({ "kind": "correction", "detail": "姓名有误。" }),
            "decide_data_request" => json!({ "done": true, "answer": "已更正。" }),
            "create_organization_link" => {
                json!({ "to_id": Box::pin(self.make(Organization)).await, "kind": "guides", "note": "每季度例会" })
            }
            "set_organization_profile" => json!({ "neighborhood": { "households": 300, "office": "3号楼底层", "council": true } }),
            "create_post" => json!({ "kind": "mediation", "title": self.fresh("调解岗"), "duties": "每周二坐班" }),
            "claim_post" => json!({ "account_id": world.person("chen").account() }),
            "release_post" | "close_post" => json!({}),
            "make_pledge" => json!({ "text": "每周参加一次环境整治。", "from_on": "2026-12-01", "due_on": "2027-11-30" }),
            "judge_pledge" => json!({ "kept": true, "published": true }),
            "create_venue" => json!({
                "region_code": HOME, "kind": "station", "name": self.fresh("驿站"), "point": { "lng": 119.815, "lat": 32.24 },
            }),
            "update_venue" => json!({ "name": self.fresh("新驿站") }),
            "close_venue" => json!({}),
            "create_alliance" => json!({
                "name": self.fresh("红色联盟"), "kind": "red_alliance", "region_code": HOME, "lead_id": Box::pin(self.make(Organization)).await,
            }),
            "update_alliance" => json!({ "name": self.fresh("新联盟") }),
            "close_alliance" | "leave_alliance" => json!({}),
            "join_alliance" => json!({ "organization_id": Box::pin(self.make(Organization)).await }),
            "swap_alliance_turns" => json!({ "month": "2027-12", "other_month": "2028-01", "reason": "换届" }),
            "plan_joint_meeting" => json!({ "kind": "consult", "title": "民情恳谈", "planned_at": "2026-11-20T06:00:00Z" }),
            "record_joint_meeting" => json!({
                "attendee_ids": [world.places.telecom], "matters": [{ "title": "停车", "outcome": "增设车棚", "settled": true }],
            }),
            "cancel_joint_meeting" => json!({ "reason": "因故改期" }),
            "create_partnership_item" => json!({
                "organization_id": world.places.telecom, "side": "offer", "kind": "package", "title": self.fresh("宽带进社区"), "region_code": HOME,
            }),
            "claim_partnership_item" | "sign_partnership_item" => json!({ "organization_id": world.places.telecom }),
            "judge_partnership_item" => json!({ "organization_id": world.places.telecom, "fulfilled": true, "proof": "已开展。" }),
            "withdraw_partnership_item" => json!({ "organization_id": world.places.telecom, "reason": "人手不足" }),
            "propose_admission_item" => json!({
                "region_code": HOME, "department_id": Box::pin(self.make(Department)).await, "title": "高龄津贴年审", "basis": "市委文件",
            }),
            "decide_admission_item" => json!({ "approved": true }),
            "create_duty_item" => json!({
                "region_code": HOME, "department_id": Box::pin(self.make(Department)).await, "nature": "statutory", "title": "违建查处",
                "basis": "城乡规划法",
            }),
            "blow_whistle" => {
                let duty = Box::pin(self.body("create_duty_item")).await.unwrap();
                world.person("feng").post("/duty_items").json(&duty).send().await.expect(201);
                json!({ "department_ids": [duty["department_id"]], "reason": "需现场处置。", "respond_limit": { "value": 30, "unit": "minutes" } })
            }
            "end_duty_item" | "arrive_whistle" | "confirm_check_in" | "end_check_in" => json!({}),
            "finish_whistle" => json!({ "outcome": "done" }),
            "judge_whistle" => json!({ "score": 5, "comment": "到场及时。" }),
            "file_check_in" => json!({ "kind": "residence", "region_code": HOME, "skills": ["理发"], "address": "翡丽中央12幢" }),
            "praise_check_in" => json!({ "words": "热心。" }),
            "set_point_rule" => json!({ "region_code": HOME, "code": self.fresh("party_day_"), "title": "主题党日", "points": 2 }),
            "enter_points" => {
                let rule = Box::pin(self.body("set_point_rule")).await.unwrap();
                world.person("feng").post("/point_rules").json(&rule).send().await.expect(201);
                json!({ "region_code": HOME, "account_id": world.person("chen").account(), "code": rule["code"], "subject": self.fresh("主题党日") })
            }
            "appeal_points" => json!({ "reason": "已请假。" }),
            "decide_point_appeal" => json!({ "upheld": true, "answer": "予以更正。" }),
            // Each year once, and none in which others enter points.
            "settle_points" => json!({ "region_code": HOME, "year": 1000 + self.count.fetch_add(1, Ordering::Relaxed) % 900 }),
            _ => return None,
        })
    }
}

fn square(west: f64, south: f64, east: f64, north: f64) -> Value {
    json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

/// The value of a query parameter that an operation needs.
fn needed(operation: &Operation) -> &'static str {
    match operation.id.as_str() {
        "locate_grid" => "?lng=119.815&lat=32.24",
        "get_duty_report"
        | "get_branch_report"
        | "list_unusual_grids"
        | "get_link_report"
        | "get_checklist_report"
        | "list_due_visits"
        | "count_patrols"
        | "get_organization_statistics"
        | "list_five_ones" => "?region_code=321182001017",
        "get_venue_circles" | "get_venue_map" => "?region_code=321182001017",
        "list_nearby_venues" => "?lng=119.815&lat=32.24&metres=1000",
        "get_alliance_report" => "?region_code=321182001017",
        "list_point_standings" => "?region_code=321182001017",
        "find_similar_snapshots" => "?region_code=321182001017&category=rubbish&lng=119.815&lat=32.24",
        "get_wechat_qr_code" => "?region_code=321182001017&scene=c%3DK7Q2M4X9TA",
        "list_import_columns" => "?subject=residents",
        "get_job_file" => "?expires=1&signature=00000000000000000000000000000000",
        "get_file" => "?variant=original&expires=1&signature=00000000000000000000000000000000",
        _ => "",
    }
}

impl Operation {
    /// Asks for it properly, about this.
    pub(super) fn about(&self, by: &Client, id: &str, body: Option<&Value>) -> Request {
        let request = by.request(self.method.clone(), self.path_to(id));
        match body {
            Some(body) => request.json(body),
            None if self.id == "buy_token" => request.body("application/x-www-form-urlencoded", "grant_type=client_credentials"),
            None if self.id == "import_sheet" => {
                request.body(crate::jobs::FORM, crate::jobs::form("residents", true, crate::jobs::RESIDENTS.as_bytes()))
            }
            None if self.raw() => request.body(FORM, form()),
            None => request,
        }
    }

    /// Its path with this in place of its parameter.
    pub(super) fn path_to(&self, id: &str) -> String {
        let path: Vec<&str> = self.path.split('/').map(|segment| if segment.starts_with('{') { id } else { segment }).collect();
        path.join("/") + needed(self)
    }

    /// Something that there is not, in place of its path parameter.
    pub(super) fn nothing(&self) -> &'static str {
        if self.path.contains("{code}") { "NO-SUCH" } else { "019aa1c2-0000-7000-8000-000000000001" }
    }
}

#[test]
fn every_operation_has_a_case_and_every_case_an_operation() {
    let document = document();
    let asked: Vec<&str> = CASES.iter().map(|c| c.0).collect();
    let all = operations(&document);
    let lacking: Vec<_> = all.iter().map(|o| o.id.as_str()).filter(|id| !asked.contains(id)).collect();
    assert!(lacking.is_empty(), "without a line in CASES: {lacking:?}");
    assert_eq!(asked.len(), all.len(), "a case without an operation, or twice");
    for (operation, _, thing, told) in CASES {
        let operation = all.iter().find(|o| o.id == *operation).unwrap();
        assert_eq!(operation.permission() == "public", *told == ANYBODY, "{}", operation.id);
        assert!(!operation.takes_path() || !matches!(thing, Nothing), "{} is about something", operation.id);
        assert!(*told == ANYBODY || told.split(' ').count() == PEOPLE.len(), "{}", operation.id);
    }
}
