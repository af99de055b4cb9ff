//! The one table of error codes, and the one error type.
//!
//! A rule refuses with a [`Code`]; the table below gives the code its word in the
//! contract, its kind (which `api` maps to a status, once) and its sentence in English and
//! Chinese. `{name}` in a sentence is filled from the error's parameters.

use serde::Serialize;
use std::{fmt, sync::Arc};

/// What sort of refusal it is. `api::problem` is the only place that knows statuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The request cannot be read: 400.
    Malformed,
    /// Nobody is signed in: 401.
    Unauthenticated,
    /// The caller may see it but not do it: 403.
    Forbidden,
    /// It does not exist, or the caller may not know that it does: 404.
    NotFound,
    /// The path exists, the method does not: 405.
    MethodNotAllowed,
    /// The state of things forbids it: 409.
    Conflict,
    /// It is not as the request says that it must be: 412.
    PreconditionFailed,
    /// The body is over the limit: 413.
    TooLarge,
    /// The body is not JSON: 415.
    UnsupportedMedia,
    /// The content breaks a rule: 422.
    Invalid,
    /// Too often: 429.
    TooManyRequests,
    /// Our fault: 500, and nothing but a request id is told.
    Internal,
    /// The database is away: 503, with `Retry-After`.
    Unavailable,
    /// The disk is full: 507.
    StorageFull,
}

/// The language of a problem's sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// 中文, unless the client prefers English.
    #[default]
    Chinese,
    /// English.
    English,
}

macro_rules! codes {
    ($($name:ident $word:literal $kind:ident $en:literal $zh:literal;)+) => {
        /// Every error code of the product.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[expect(missing_docs, reason = "the sentence in the table is the documentation")]
        pub enum Code { $($name),+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in the contract, `noun_problem`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// What sort of refusal it is.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),+ }
            }

            /// The sentence, with its `{placeholders}`.
            #[must_use]
            pub const fn sentence(self, language: Language) -> &'static str {
                match (self, language) { $((Self::$name, Language::English) => $en, (Self::$name, Language::Chinese) => $zh),+ }
            }
        }
    };
}

codes! {
    // The request itself
    BodyMalformed            "body_malformed"             Malformed        "The body is not well-formed JSON: {reason}." "请求体不是合法的 JSON:{reason}。";
    BodyTooLarge             "body_too_large"             TooLarge         "The body is over the limit of {limit} bytes." "请求体超过 {limit} 字节的上限。";
    BodyTooSlow              "body_too_slow"              Malformed        "The body did not arrive within {seconds} seconds." "请求体未在 {seconds} 秒内到达。";
    MediaTypeUnsupported     "media_type_unsupported"     UnsupportedMedia "Send the body as application/json." "请以 application/json 发送请求体。";
    PathNotFound             "path_not_found"             NotFound         "There is nothing at this path." "该路径不存在。";
    MethodNotAllowed         "method_not_allowed"         MethodNotAllowed "This path takes {allow}." "该路径只接受 {allow}。";
    PathParameterInvalid     "path_parameter_invalid"     NotFound         "Nothing has such an id." "没有这样的标识。";
    QueryParameterUnknown    "query_parameter_unknown"    Malformed        "There is no parameter {name} here." "此处没有参数 {name}。";
    QueryParameterRepeated   "query_parameter_repeated"   Malformed        "The parameter {name} is given twice." "参数 {name} 重复。";
    QueryParameterInvalid    "query_parameter_invalid"    Malformed        "A parameter has a value that it cannot have: {reason}." "参数的值不合法:{reason}。";
    CursorInvalid            "cursor_invalid"             Malformed        "The cursor is not one of this list with these filters." "该游标不属于此列表及其筛选条件。";
    ContentInvalid           "content_invalid"            Invalid          "The content breaks a rule; see errors." "内容不符合要求,详见 errors。";
    FieldUnknown             "field_unknown"              Invalid          "There is no field {name} here." "此处没有字段 {name}。";
    FieldMissing             "field_missing"              Invalid          "The field {name} is missing." "缺少字段 {name}。";
    FieldType                "field_type"                 Invalid          "The value is not of the right type: {reason}." "值的类型不对:{reason}。";
    FieldLength              "field_length"               Invalid          "The length must be between {min} and {max}." "长度须在 {min} 与 {max} 之间。";
    FieldRange               "field_range"                Invalid          "The value must be between {min} and {max}." "值须在 {min} 与 {max} 之间。";
    FieldInvalid             "field_invalid"              Invalid          "The value is not allowed: {reason}." "值不合法:{reason}。";
    NulCharacter             "nul_character"              Invalid          "Text must not hold the character U+0000." "文本不得包含 U+0000 字符。";
    IdempotencyKeyInvalid    "idempotency_key_invalid"    Malformed        "An Idempotency-Key has 1 to 255 visible ASCII characters." "Idempotency-Key 须为 1 至 255 个可见 ASCII 字符。";
    IdempotencyKeyReused     "idempotency_key_reused"     Invalid          "This Idempotency-Key was used for another request." "该 Idempotency-Key 已用于另一请求。";
    IdempotencyKeySeen       "idempotency_key_seen"       Conflict         "A request with this Idempotency-Key has already been carried out." "带有该 Idempotency-Key 的请求已经执行。";
    IfMatchInvalid           "if_match_invalid"           Malformed        "The If-Match cannot be used here: {reason}." "If-Match 无法在此使用:{reason}。";
    PreconditionFailed       "precondition_failed"        PreconditionFailed "It is no longer at the version that If-Match names; read it again." "数据已不是 If-Match 所指的版本,请重新读取。";
    FormUrlencodedExpected   "form_urlencoded_expected"   UnsupportedMedia "Send the body as application/x-www-form-urlencoded." "请以 application/x-www-form-urlencoded 发送请求体。";
    QuotaExceeded            "quota_exceeded"             TooManyRequests  "The application may ask {limit} times a minute; go on in {seconds} seconds." "该应用每分钟限 {limit} 次请求,请 {seconds} 秒后再试。";
    RateLimited              "rate_limited"               TooManyRequests  "Too many attempts; try again later." "尝试过于频繁,请稍后再试。";
    // Who asks
    TokenMissing             "token_missing"              Unauthenticated  "Sign in and send the token as Authorization: Bearer." "请先登录,并以 Authorization: Bearer 发送令牌。";
    TokenInvalid             "token_invalid"              Unauthenticated  "The token is not valid (any more)." "令牌无效或已失效。";
    IssuerUnavailable        "issuer_unavailable"         Unavailable      "The issuer of this token cannot be asked for its keys; try again shortly." "暂时无法向该令牌的签发方获取公钥,请稍后重试。";
    ApiKeyInvalid            "api_key_invalid"            Unauthenticated  "The API key is none of ours." "API 密钥不正确。";
    ClientInvalid            "client_invalid"             Unauthenticated  "The client id or its secret is wrong." "客户端标识或密钥不正确。";
    CredentialRevoked        "credential_revoked"         Unauthenticated  "This credential was revoked; use a new one." "该凭据已吊销,请使用新凭据。";
    CredentialExpired        "credential_expired"         Unauthenticated  "This credential has expired; use a new one." "该凭据已过期,请使用新凭据。";
    ApplicationRevoked       "application_revoked"        Unauthenticated  "The application was revoked; none of its credentials is good any more." "该应用已注销,其所有凭据均已失效。";
    ApplicationSuspended     "application_suspended"      Unauthenticated  "The application is suspended; ask who manages it." "该应用已停用,请联系其管理者。";
    GrantTypeUnsupported     "grant_type_unsupported"     Malformed        "Only the grant type client_credentials is taken." "仅支持 client_credentials 授权方式。";
    ScopeInvalid             "scope_invalid"              Malformed        "The scope {scope} is not one of this application's." "应用权限 {scope} 不属于该应用。";
    ClientRepeated           "client_repeated"            Malformed        "Send the client id and secret either by Basic or in the body." "客户端标识与密钥只能以 Basic 或请求体之一发送。";
    CredentialsWrong         "credentials_wrong"          Unauthenticated  "The name or the password is wrong." "账号或密码错误。";
    RefreshTokenInvalid      "refresh_token_invalid"      Unauthenticated  "The refresh token is not valid (any more); sign in again." "刷新令牌无效或已失效,请重新登录。";
    SetupTokenInvalid        "setup_token_invalid"        Unauthenticated  "The set-up token is wrong, or the set-up is done." "初始化令牌错误,或初始化已完成。";
    PermissionMissing        "permission_missing"         Forbidden        "This needs the permission {permission} here." "此操作在此处需要权限 {permission}。";
    // Things not found
    AccountNotFound          "account_not_found"          NotFound         "There is no such account." "没有这个账号。";
    GrantNotFound            "grant_not_found"            NotFound         "There is no such grant." "没有这项授权。";
    RegionNotFound           "region_not_found"           NotFound         "There is no such region." "没有这个区划。";
    GridNotFound             "grid_not_found"             NotFound         "There is no such grid." "没有这个网格。";
    DutyNotFound             "duty_not_found"             NotFound         "There is no such duty." "没有这项任职。";
    OrganizationNotFound     "organization_not_found"     NotFound         "There is no such organization." "没有这个组织。";
    MembershipNotFound       "membership_not_found"       NotFound         "There is no such membership." "没有这项成员关系。";
    VolunteerNotFound        "volunteer_not_found"        NotFound         "There is no such volunteer." "没有这名志愿者。";
    ItemNotFound             "service_item_not_found"     NotFound         "There is no such service item." "没有这个服务事项。";
    OrderNotFound            "order_not_found"            NotFound         "There is no such order." "没有这个订单。";
    CaseNotFound             "mediation_case_not_found"   NotFound         "There is no such mediation case." "没有这个调解案件。";
    ReceptionNotFound        "reception_not_found"        NotFound         "There are no such reception days." "没有这个接待日安排。";
    ReceptionSessionNotFound "reception_session_not_found" NotFound        "There is no such reception day." "没有这个接待场次。";
    AppointmentNotFound      "appointment_not_found"      NotFound         "There is no such appointment." "没有这个预约。";
    DiaryTemplateNotFound    "diary_template_not_found"   NotFound         "There is no such diary template." "没有这个民情日记模板。";
    DiaryNotFound            "diary_not_found"            NotFound         "There is no such diary." "没有这篇民情日记。";
    OpinionSourceNotFound    "opinion_source_not_found"   NotFound         "There is nothing of yours where this opinion was heard." "没有您可记录意见的该来源。";
    OpinionNotFound          "opinion_not_found"          NotFound         "There is no such opinion." "没有这条意见建议。";
    VisitCampaignNotFound    "visit_campaign_not_found"   NotFound         "There is no such visit campaign." "没有这项走访活动。";
    VisitNotFound            "visit_not_found"            NotFound         "There is no such visit." "没有这次走访。";
    HouseholdPlanNotFound    "household_plan_not_found"   NotFound         "There is no such household plan." "没有这份一户一策。";
    SnapshotNotFound         "snapshot_not_found"         NotFound         "There is no such snapshot." "没有这条随手拍。";
    PatrolNotFound           "patrol_not_found"           NotFound         "There is no such patrol." "没有这次巡查。";
    FindingNotFound          "finding_not_found"          NotFound         "There is no such finding." "没有这条巡查发现。";
    // Regions, grids, places
    RegionCodeInvalid        "region_code_invalid"        Invalid          "{value} is no region code: 2, 4, 6, 9 or 12 digits." "{value} 不是区划代码(2、4、6、9 或 12 位数字)。";
    RegionUnknown            "region_unknown"             Invalid          "The region {region} does not exist." "区划 {region} 不存在。";
    RegionClosed             "region_closed"              Invalid          "The region {region} ended on {date}." "区划 {region} 已于 {date} 撤销。";
    RegionNotCommunity       "region_not_community"       Invalid          "The region {region} is not a community or village." "区划 {region} 不是社区或村。";
    RegionImportInvalid      "region_import_invalid"      Invalid          "Line {line}: {reason}. Nothing was imported." "第 {line} 行:{reason}。未导入任何数据。";
    GridCodeTaken            "grid_code_taken"            Conflict         "The code {code} is taken." "编码 {code} 已被使用。";
    GridClosed               "grid_closed"                Conflict         "The grid is closed." "该网格已撤销。";
    GridEnded                "grid_ended"                 Invalid          "The grid {code} ended on {date}; see its lineage for what took its place." "网格 {code} 已于 {date} 撤销,接替的网格见其沿革。";
    GridParentInvalid        "grid_parent_invalid"        Invalid          "The parent must be a grid in use of the same community, of a kind that holds this one: {reason}." "上级须为同一社区内在用的网格,且其类别可容纳本网格:{reason}。";
    GridsForeign             "grids_foreign"              Invalid          "Grids of different communities cannot be merged." "不同社区的网格不能合并。";
    GridForeign              "grid_foreign"               Invalid          "The grid does not belong to the community {region}." "该网格不属于社区 {region}。";
    BoundaryInvalid          "boundary_invalid"           Invalid          "The boundary is not a simple polygon: {reason}." "边界不是合法的多边形:{reason}。";
    PointOutsideCountry      "point_outside_country"      Invalid          "The point lies outside the country." "该坐标点在境外。";
    PointOutsideCommunity    "point_outside_community"    Invalid          "The point lies outside the community {region}." "该坐标点不在社区 {region} 内。";
    DutyTaken                "duty_taken"                 Conflict         "The grid has a {role} for this time already, since {from}." "该网格在此期间已有 {role},自 {from} 起。";
    DutyOverlap              "duty_overlap"               Conflict         "The same person holds the duty {role} in this grid from {from} on; the periods overlap." "同一人自 {from} 起已在该网格任 {role},任期重叠。";
    DutyEnded                "duty_ended"                 Conflict         "The duty has ended." "该任职已结束。";
    // Addresses, households, residents
    AddressNotFound          "address_not_found"          NotFound         "There is no such address." "没有这个地址。";
    AddressTaken             "address_taken"              Conflict         "This address exists in the community already." "该社区已有此地址。";
    AddressClosed            "address_closed"             Conflict         "The address is closed." "该地址已停用。";
    AddressInUse             "address_in_use"             Conflict         "Addresses beneath it or households at it are still in use." "其下仍有在用地址或在册户。";
    AddressParentInvalid     "address_parent_invalid"     Invalid          "The parent must be an address in use of this community, of a higher kind." "上级须为本社区在用的更高一级地址。";
    AddressUnknown           "address_unknown"            Invalid          "There is no such address in use in this community." "该社区没有此在用地址。";
    HouseholdNotFound        "household_not_found"        NotFound         "There is no such household." "没有这一户。";
    HouseholdUnknown         "household_unknown"          Invalid          "There is no such household in this community." "该社区没有这一户。";
    HouseholdCodeTaken       "household_code_taken"       Conflict         "The code {code} is taken in this community." "户编号 {code} 在该社区已被使用。";
    HouseholdClosed          "household_closed"           Conflict         "The household is closed." "该户已注销。";
    HouseholdOccupied        "household_occupied"         Conflict         "People still belong to the household." "该户仍有在户成员。";
    HouseholdHeadExists      "household_head_exists"      Conflict         "The household has a head already." "该户已有户主。";
    HouseholdMemberExists    "household_member_exists"    Conflict         "The resident belongs to this household already." "该居民已在此户中。";
    HouseholdMemberMissing   "household_member_missing"   Conflict         "The resident does not belong to this household." "该居民不在此户中。";
    ResidentNotFound         "resident_not_found"         NotFound         "There is no such resident." "没有这名居民。";
    ResidentLeft             "resident_left"              Conflict         "The resident has left." "该居民已离开。";
    ResidentRestricted       "resident_restricted"        Conflict         "The data of this resident is locked: it is kept, and neither shown nor changed." "该居民的数据已限制处理,仅存储。";
    IdNumberInvalid          "id_number_invalid"          Invalid          "It is no ID number: {reason}." "身份证号码有误:{reason}。";
    IdNumberTaken            "id_number_taken"            Conflict         "A resident with this ID number is recorded in this community already." "该社区已登记此身份证号码的居民。";
    PeriodOverlaps           "period_overlaps"            Conflict         "The period overlaps one before it." "该时段与已有时段重叠。";
    RowExists                "row_exists"                 Conflict         "It is there already." "该记录已存在。";
    BoundaryOutside          "boundary_outside_community" Invalid          "The boundary leaves the community {region} by {area} square metres." "边界超出社区 {region} 约 {area} 平方米。";
    BoundaryNotFound         "boundary_not_found"         NotFound         "The community has no boundary yet." "该社区尚未划定界线。";
    LinkNotFound             "household_link_not_found"   NotFound         "There is no such link." "没有这项联户。";
    LinkEnded                "household_link_ended"       Conflict         "The link has ended." "该联户已结束。";
    LinkOverlaps             "household_link_overlaps"    Conflict         "This member is linked with the household already, since {from}." "该党员自 {from} 起已联系此户。";
    LinkHouseholdTaken       "household_link_taken"       Conflict         "The household is linked with as many members as the place has it ({limit})." "该户已由 {limit} 名党员联系,达到当地规定的人数。";
    NotPartyMember           "not_party_member"           Invalid          "The account is not that of a party member of this community." "该账号不是本社区党员。";
    ChecklistNotFound        "checklist_not_found"        NotFound         "There is no such checklist." "没有这份检查清单。";
    ChecklistUnknown         "checklist_unknown"          Invalid          "There is no such checklist in use here." "此处没有这份在用的检查清单。";
    ChecklistClosed          "checklist_closed"           Conflict         "The checklist is used no more." "该检查清单已停用。";
    ChecklistRunNotFound     "checklist_run_not_found"    NotFound         "There is no such run of a checklist." "没有这次清单检查。";
    // Accounts and grants
    AccountNameTaken         "account_name_taken"         Conflict         "The name {name} is taken." "账号名 {name} 已被使用。";
    AccountNotOwn            "account_not_own"            Forbidden        "Only the owner of the account may do this." "只有账号本人可以执行此操作。";
    AccountIsOwn             "account_is_own"             Forbidden        "Nobody can disable or enable their own account." "不能停用或启用自己的账号。";
    OldPasswordWrong         "old_password_wrong"         Invalid          "The old password is wrong." "原密码错误。";
    GrantScopeInvalid        "grant_scope_invalid"        Invalid          "A grant names exactly one of region, grid and organization." "一项授权须且只须指明区划、网格、组织之一。";
    GrantBeyondOwn           "grant_beyond_own"           Forbidden        "Nobody can grant what they do not hold here themselves." "不能授予自己在此处不具备的权限。";
    PeriodInvalid            "period_invalid"             Invalid          "The period ends before it begins." "有效期的结束早于开始。";
    // Applications
    ApplicationNotFound      "application_not_found"      NotFound         "There is no such application." "没有这个应用。";
    ApplicationStateConflict "application_state_conflict" Conflict         "The application is {state}; {action} is not possible from there." "应用当前状态为 {state},不能执行 {action}。";
    CredentialNotFound       "credential_not_found"       NotFound         "There is no such credential." "没有这个凭据。";
    CredentialEnded          "credential_ended"           Conflict         "The credential has ended." "该凭据已失效。";
    CredentialLimitReached   "credential_limit_reached"   Conflict         "An application has at most {limit} credentials in use; revoke one first." "每个应用最多有 {limit} 个在用凭据,请先吊销一个。";
    ScopeBeyondOwn           "scope_beyond_own"           Forbidden        "You do not hold {permission} there yourself." "您在该处没有权限 {permission},不能授予应用。";
    ScopeNotForPrograms      "scope_not_for_programs"     Invalid          "{permission} is never given to a program." "权限 {permission} 不得授予应用。";
    PeopleOnly               "people_only"                Forbidden        "This is for people, not for programs." "此操作只限人员,不对应用开放。";
    AgreementMissing         "agreement_missing"          Forbidden        "No agreement in force lets this application see personal fields of the class {class}." "该应用没有关于 {class} 类个人信息的有效共享协议。";
    // Organizations and volunteers
    OrganizationNameTaken    "organization_name_taken"    Conflict         "An organization of this name exists in this region." "该区划内已有同名组织。";
    OrganizationClosed       "organization_closed"        Conflict         "The organization is closed." "该组织已撤销。";
    OrganizationInUse        "organization_in_use"        Conflict         "Organizations beneath it are still active, or it leads an alliance that is; move or close them first, or let another lead." "其下仍有在册组织,或仍牵头未解散的联盟,请先调整或撤销。";
    OrganizationParentInvalid "organization_parent_invalid" Invalid        "The parent must be an active organization of this region or one above it, and not stand beneath this one: {reason}." "上级须为本区划或上级区划的在册组织,且不得为本组织的下级:{reason}。";
    MembershipExists         "membership_exists"          Conflict         "The account is {role} of this organization already, since {from}; the periods overlap." "该账号自 {from} 起已在该组织任 {role},任期重叠。";
    VolunteerExists          "volunteer_exists"           Conflict         "The account is registered already." "该账号已登记。";
    // Catalogue
    ItemCodeTaken            "service_item_code_taken"    Conflict         "The code {code} is taken." "编码 {code} 已被使用。";
    ItemParentInvalid        "service_item_parent_invalid" Invalid         "The parent must be a current {level}." "上级须为现行的{level}。";
    ItemInUse                "service_item_in_use"        Conflict         "Entries beneath it are still offered; close them first." "其下仍有现行事项,请先停用。";
    ItemUnknown              "service_item_unknown"       Invalid          "There is no such current service item for this region." "该区划没有此现行服务事项。";
    // The order flow
    OrderStateConflict       "order_state_conflict"       Conflict         "The order is {state}; {action} is not possible from there." "订单当前状态为 {state},不能执行 {action}。";
    OrderVersionStale        "order_version_stale"        Conflict         "The order has moved on to version {version}." "订单已更新至版本 {version}。";
    OrderTaken               "order_taken"                Conflict         "Somebody else has taken the order; it is {state} now." "订单已被他人接走,当前状态为 {state}。";
    AddressMissing           "order_address_missing"      Invalid          "This service needs an address." "该服务事项需要地址。";
    RequesterMissing         "order_requester_missing"    Invalid          "An order on behalf needs the account or the contact of the requester." "代他人点单须提供点单人的账号或联系方式。";
    TakerIneligible          "taker_ineligible"           Forbidden        "The taker is not eligible for this order: {reason}." "接单方不符合接单条件:{reason}。";
    TakerForeign             "taker_foreign"              Invalid          "The taker does not serve the region {region}." "接单方不服务于区划 {region}。";
    TakerUnknown             "taker_unknown"              Invalid          "There is no such taker." "没有这个接单方。";
    TakerLimitReached        "taker_limit_reached"        Conflict         "The taker already has {limit} open orders." "接单方已有 {limit} 件在办订单。";
    NotTheTaker              "not_the_taker"              Forbidden        "Only the lead taker may do this." "只有主办方可以执行此操作。";
    NotTheRequester          "not_the_requester"          Forbidden        "Only the requester may do this." "只有点单人可以执行此操作。";
    CloserIsDoer             "closer_is_doer"             Forbidden        "Whoever did the work cannot close the order." "办理者不能为自己办理的订单销号。";
    EvaluatorIsDoer          "evaluator_is_doer"          Forbidden        "Whoever did the work cannot judge it." "办理者不能评价自己办理的订单。";
    EvaluationSatisfied      "evaluation_satisfied"       Conflict         "Only a dissatisfied evaluation or a failed call-back leads to rework." "仅评价不满意或回访未通过时可以重办。";
    MergeIntoItself          "merge_into_itself"          Invalid          "An order cannot be merged into itself." "订单不能并入自身。";
    MergeTargetClosed        "merge_target_closed"        Conflict         "The other order is {state}; nothing can be merged into it." "目标订单状态为 {state},不能并入。";
    OrderDesignated          "order_designated"           Conflict         "The community was named for this order after a dispute; it may not return it." "经异议审核已指定由该社区承办,不得退单。";
    OrderRejectLate          "order_reject_late"          Conflict         "It could be returned until {until}." "退单期限为 {until},已逾期。";
    ExternalVersionOld       "external_version_old"       Conflict         "Version {version} is older than {known}, which is here already." "版本 {version} 早于已收到的版本 {known}。";
    ExternalVersionReused    "external_version_reused"    Conflict         "Version {version} came before with another content; what is new has a higher version." "版本 {version} 已收到且内容不同,更新内容须使用更高版本。";
    ExternalNumberTaken      "external_number_taken"      Conflict         "The number {number} of {system} belongs to another order." "{system} 的编号 {number} 已对应其他订单。";
    ExternalRegionChanged    "external_region_changed"    Conflict         "The order lies in {region} and is being worked on; it cannot move to another region." "订单属于 {region} 且正在办理,不能改派到其他区划。";
    DispatchInvalid          "dispatch_invalid"           Invalid          "The dispatch does not fit its mode: {reason}." "派单内容与方式不符:{reason}。";
    // Mediation
    CaseStateConflict        "mediation_state_conflict"   Conflict         "The case is {state}; {action} is not possible from there." "案件当前状态为 {state},不能执行 {action}。";
    PartyRefused             "mediation_party_refused"    Conflict         "A party has refused; mediation cannot go on (People's Mediation Law, art. 17)." "一方当事人明确拒绝,不得调解(人民调解法第十七条)。";
    // Receptions, diaries, opinions
    ReceptionRuleInvalid     "reception_rule_invalid"     Invalid          "The rule names no reception days: {reason}." "接待日规则无法得出日期:{reason}。";
    ReceptionClosed          "reception_closed"           Conflict         "These reception days have ended." "该接待日安排已停止。";
    ReceptionBooked          "reception_booked"           Conflict         "Appointments are booked for coming days; cancel those days first." "后续场次已有预约,请先取消相应场次。";
    SessionCancelled         "reception_session_cancelled" Conflict        "The reception day is cancelled." "该场接待已取消。";
    SessionOver              "reception_session_over"     Conflict         "It has begun already." "该时段已开始,不能办理。";
    SessionAhead             "reception_session_ahead"    Conflict         "The reception has not begun yet." "接待尚未开始。";
    SlotUnknown              "appointment_slot_unknown"   Invalid          "The reception day has slots 1 to {slots}." "该场接待只有第 1 至 {slots} 个时段。";
    SlotFull                 "appointment_slot_full"      Conflict         "Slot {slot} is full." "第 {slot} 个时段已约满。";
    AppointmentExists        "appointment_exists"         Conflict         "You have an appointment at this reception day already." "您已预约该场接待。";
    AppointmentStateConflict "appointment_state_conflict" Conflict         "The appointment is {state}; {action} is not possible from there." "预约当前状态为 {state},不能执行 {action}。";
    DiaryTemplateUnknown     "diary_template_unknown"     Invalid          "There is no such diary template in use in this region." "该区划没有此现行民情日记模板。";
    DiaryStepUnknown         "diary_step_unknown"         Invalid          "The template has no step {step}." "模板中没有步骤 {step}。";
    DiaryStepEarly           "diary_step_early"           Conflict         "The step {step} comes first." "须先完成步骤 {step}。";
    DiaryClosed              "diary_closed"               Conflict         "The diary is closed." "该民情日记已办结。";
    OpinionStateConflict     "opinion_state_conflict"     Conflict         "The opinion is {state}; {action} is not possible from there." "意见当前状态为 {state},不能执行 {action}。";
    // Visits, household plans, snapshots, patrols
    VisitCampaignStateConflict "visit_campaign_state_conflict" Conflict    "The campaign is {state}; {action} is not possible from there." "走访活动当前状态为 {state},不能执行 {action}。";
    VisitCampaignEmpty       "visit_campaign_empty"       Conflict         "There is no household in what the campaign goes over." "该走访活动的范围内没有在册户。";
    VisitCampaignUnknown     "visit_campaign_unknown"     Invalid          "There is no such visit campaign with this household." "没有包含此户的该走访活动。";
    VisitTargetUnknown       "visit_target_unknown"       Invalid          "The campaign has no household there." "该走访活动在此没有走访对象。";
    VisitorUnknown           "visitor_unknown"            Invalid          "There is no such visitor for these households." "没有可走访这些户的该走访人。";
    VisitResidentUnknown     "visit_resident_unknown"     Invalid          "There is no such resident in this household." "该户没有这名居民。";
    VisitClassUnknown        "visit_class_unknown"        Invalid          "The visit rules of the place have no class {class}." "当地走访规则中没有类别 {class}。";
    HouseholdPlanExists      "household_plan_exists"      Conflict         "The household has a plan that has not ended." "该户已有未办结的一户一策。";
    HouseholdPlanClosed      "household_plan_closed"      Conflict         "The household plan has ended." "该一户一策已办结。";
    MeasureUnknown           "measure_unknown"            Invalid          "The plan has no measure {number}." "该一户一策没有第 {number} 项措施。";
    SnapshotStateConflict    "snapshot_state_conflict"    Conflict         "The snapshot is {state}; {action} is not possible from there." "随手拍当前状态为 {state},不能执行 {action}。";
    SnapshotToneConflict     "snapshot_tone_conflict"     Conflict         "A problem becomes an order and a praise is published, not the other way round." "问题类随手拍转为订单,好风景类予以发布,不能互换。";
    SnapshotCategoryUnknown  "snapshot_category_unknown"  Invalid          "The snapshot rules of the place have no category {category}." "当地随手拍规则中没有类别 {category}。";
    PatrolUnknown            "patrol_unknown"             Invalid          "You have no such patrol in this community." "您在该社区没有这次巡查。";
    // Files
    AttachmentNotFound       "attachment_not_found"       NotFound         "There is no such file." "没有这个附件。";
    AttachmentUnknown        "attachment_unknown"         Invalid          "You have no unused file with this id." "您没有以此为标识且未使用的附件。";
    AttachmentTypeRefused    "attachment_type_refused"    Invalid          "By its content the file is none of those taken: {taken}." "按内容判断,该文件不属于可接收的类型:{taken}。";
    AttachmentUnreadable     "attachment_unreadable"      Invalid          "The file begins like {media_type}, but cannot be read as such or holds what cannot be removed." "该文件以 {media_type} 开头,但无法按此读取,或含有无法清除的内容。";
    AttachmentPixelsExceeded "attachment_pixels_exceeded" Invalid          "The picture has {width} × {height} pixels; at most {limit} are taken." "图片为 {width} × {height} 像素,最多接收 {limit} 像素。";
    AttachmentQuotaReached   "attachment_quota_reached"   TooManyRequests  "An account may upload {limit} files a day." "每个账号每天最多上传 {limit} 个文件。";
    LinkInvalid              "link_invalid"               Forbidden        "The link is wrong or has expired; ask for a new one." "链接错误或已失效,请重新获取。";
    FormExpected             "form_expected"              UnsupportedMedia "Send the body as multipart/form-data." "请以 multipart/form-data 发送请求体。";
    FormMalformed            "form_malformed"             Malformed        "The form cannot be read: {reason}." "表单无法读取:{reason}。";
    StorageUnavailable       "storage_unavailable"        Unavailable      "The place of the files cannot be reached; try again shortly." "文件存储暂时不可用,请稍后重试。";
    // Webhooks
    WebhookEndpointNotFound  "webhook_endpoint_not_found" NotFound         "There is no such webhook endpoint." "没有这个推送地址。";
    WebhookDeliveryNotFound  "webhook_delivery_not_found" NotFound         "There is no such delivery." "没有这条推送。";
    WebhookUrlRefused        "webhook_url_refused"        Invalid          "Webhooks are not sent there: {reason}." "不能向该地址推送:{reason}。";
    WebhookTypeUnknown       "webhook_type_unknown"       Invalid          "No type of event is meant by {pattern}." "{pattern} 不对应任何事件类型。";
    WebhookRangeInvalid      "webhook_range_invalid"      Invalid          "The range of events is wrong: {reason}." "事件范围不合法:{reason}。";
    WebhookStateConflict     "webhook_state_conflict"     Conflict         "The endpoint is {state}; {action} is not possible from there." "推送地址当前状态为 {state},不能执行 {action}。";
    // Open311
    ApiKeyMissing            "api_key_missing"            Unauthenticated  "Send the API key of an application as api_key." "请以 api_key 发送应用的 API 密钥。";
    JurisdictionNotFound     "jurisdiction_not_found"     NotFound         "There is no such jurisdiction; jurisdiction_id is the code of a region." "没有这个辖区;jurisdiction_id 为区划代码。";
    JurisdictionVague        "jurisdiction_vague"         Invalid          "Which community it is cannot be told: name it in jurisdiction_id, or send a point that lies in a drawn grid." "无法确定所属社区:请在 jurisdiction_id 中指明社区,或提供落在已绘制网格内的坐标。";
    LocationMissing          "location_missing"           Invalid          "Send lat and long, or address_string." "请提供 lat 与 long,或 address_string。";
    TimesTooFarApart         "times_too_far_apart"        Malformed        "The times may lie at most {days} days apart." "起止时间最多相隔 {days} 天。";
    PageTooFar               "page_too_far"               Malformed        "Only the first {limit} are given page by page; ask for a shorter time." "仅前 {limit} 条可分页获取,请缩短时间范围。";
    // WeChat
    WechatNotConfigured      "wechat_not_configured"      Unavailable      "This server is not connected to WeChat." "本系统未接入微信。";
    WechatUnavailable        "wechat_unavailable"         Unavailable      "WeChat cannot be reached; try again shortly." "暂时无法连接微信,请稍后重试。";
    WechatRefused            "wechat_refused"             Unavailable      "WeChat refuses this server (error {errcode}); its operator must look." "微信拒绝了本系统的请求(错误码 {errcode}),请联系运维人员。";
    WechatBusy               "wechat_busy"                TooManyRequests  "WeChat takes no more of this for now; try again later." "微信接口调用过于频繁,请稍后再试。";
    WechatCodeInvalid        "wechat_code_invalid"        Unauthenticated  "The code of WeChat is wrong, used or too old; ask WeChat for a new one." "微信 code 错误、已使用或已过期,请重新获取。";
    WechatUserBlocked        "wechat_user_blocked"        Forbidden        "WeChat has blocked this user." "该微信用户已被微信限制。";
    WechatUnbound            "wechat_unbound"             Conflict         "No account is bound to this WeChat user; send phone_code too." "该微信用户尚未绑定账号,请同时提交 phone_code。";
    WechatPhoneUnknown       "wechat_phone_unknown"       Conflict         "No account has this phone number; ask your community." "没有账号使用该手机号,请联系社区。";
    WechatPhoneShared        "wechat_phone_shared"        Conflict         "Several accounts have this phone number; sign in by name and bind then." "多个账号使用该手机号,请用账号密码登录后绑定。";
    WechatPasswordNeeded     "wechat_password_needed"     Forbidden        "This account manages others; sign in with its password and bind then." "该账号有管理权限,请用账号密码登录后绑定。";
    WechatAccountBound       "wechat_account_bound"       Conflict         "The account of this phone number is bound to another WeChat user." "该手机号的账号已绑定其他微信用户。";
    WechatUserTaken          "wechat_user_taken"          Conflict         "This WeChat user is bound to another account." "该微信用户已绑定其他账号。";
    WechatTemplateUnfit      "wechat_template_unfit"      Invalid          "The value cannot stand there: {reason}." "该值不能用于此字段:{reason}。";
    WechatSceneInvalid       "wechat_scene_invalid"       Invalid          "A scene has 1 to 32 characters of digits, letters and !#$&'()*+,/:;=?@-._~." "scene 须为 1 至 32 个数字、字母或 !#$&'()*+,/:;=?@-._~ 字符。";
    WechatPageUnknown        "wechat_page_unknown"        Invalid          "WeChat knows no such published page." "微信中没有已发布的该页面。";
    WechatPushInvalid        "wechat_push_invalid"        Forbidden        "This is no fresh message of WeChat's: {reason}." "不是有效的微信推送:{reason}。";
    WechatMessageNotFound    "wechat_message_not_found"   NotFound         "There is no such message." "没有这条订阅消息。";
    WechatMessageDone        "wechat_message_done"        Conflict         "The message is {state}; only a failed one is sent again." "消息状态为 {state},只能重发失败的消息。";
    WechatCheckNotFound      "wechat_check_not_found"     NotFound         "There is no such check." "没有这项内容检测。";
    WechatCheckSettled       "wechat_check_settled"       Conflict         "The check is {state}; there is nothing to decide." "检测状态为 {state},无须审定。";
    // Hotlines
    HotlineNotFound          "hotline_not_found"          NotFound         "There is no such hotline." "没有这个热线对接。";
    HotlineOrderNotFound     "hotline_order_not_found"    NotFound         "There is no such work order." "没有这个热线工单。";
    HotlineMessageNotFound   "hotline_message_not_found"  NotFound         "There is no such message." "没有这条回传。";
    HotlineUnknown           "hotline_unknown"            Invalid          "No hotline {system} pushes here." "此处没有热线系统 {system} 的对接。";
    HotlineSystemTaken       "hotline_system_taken"       Conflict         "There is a hotline {system} already." "热线系统 {system} 已有对接。";
    HotlineConfigInvalid     "hotline_config_invalid"     Invalid          "The hotline cannot be told like this: {reason}." "回传配置不合法:{reason}。";
    HotlineAddressRefused    "hotline_address_refused"    Invalid          "Nothing is sent there: {reason}." "不能向该地址回传:{reason}。";
    HotlineSignatureMissing  "hotline_signature_missing"  Unauthenticated  "This hotline signs what it pushes; the header {header} is missing." "该热线须签名,缺少请求头 {header}。";
    HotlineSignatureWrong    "hotline_signature_wrong"    Unauthenticated  "The signature does not fit the body as it arrived." "签名与收到的请求体不符。";
    HotlineSignatureOld      "hotline_signature_old"      Unauthenticated  "It was signed {seconds} seconds away from now, and {window} are allowed; compare the clocks." "签名时间相差 {seconds} 秒,最多允许 {window} 秒,请校对时钟。";
    HotlineSignatureReplayed "hotline_signature_replayed" Conflict         "A request with this signature id has been taken already." "该签名编号的请求已处理过。";
    HotlineStateConflict     "hotline_state_conflict"     Conflict         "The order is {state}; {action} is not possible from there." "订单当前状态为 {state},不能执行 {action}。";
    HotlineExtensionLate     "hotline_extension_late"     Conflict         "More time is asked for before {finish_by}, and for later than that." "延期须在 {finish_by} 前申请,且新期限须晚于该时间。";
    HotlineExtensionsUsed    "hotline_extensions_used"    Conflict         "More time can be asked for {limit} times." "延期最多申请 {limit} 次。";
    // Tags, consents, one's own data, keys
    TagNotFound              "tag_not_found"              NotFound         "There is no such tag." "没有这个标签。";
    ResidentTagNotFound      "resident_tag_not_found"     NotFound         "No resident has this tag entry." "没有这条居民标签。";
    ConsentNotFound          "consent_not_found"          NotFound         "There is no such consent." "没有这条同意记录。";
    DataRequestNotFound      "data_request_not_found"     NotFound         "There is no such request." "没有这项个人信息请求。";
    TagCodeTaken             "tag_code_taken"             Conflict         "The code {code} is taken in this region." "该区划已有编码 {code} 的标签。";
    TagClosed                "tag_closed"                 Conflict         "The tag is used no more." "该标签已停用。";
    TagUnknown               "tag_unknown"                Invalid          "There is no such tag in use in this community." "该社区没有此在用标签。";
    ResidentTagExists        "resident_tag_exists"        Conflict         "The resident has this tag for this time already." "该居民在此期间已有此标签。";
    ResidentTagEnded         "resident_tag_ended"         Conflict         "The resident has this tag no more." "该居民标签已结束。";
    LegalBasisMissing        "legal_basis_missing"        Invalid          "This is sensitive personal data: name a consent, or the law that asks for it." "此为敏感个人信息,须指明单独同意或所依据的法律条款。";
    ConsentUnknown           "consent_unknown"            Invalid          "There is no such consent of this resident." "该居民没有此同意记录。";
    ConsentUnfit             "consent_unfit"              Invalid          "The consent does not carry this: {reason}." "该同意不足以支持此项处理:{reason}。";
    ConsentWithdrawn         "consent_withdrawn"          Conflict         "The consent has been withdrawn." "该同意已撤回。";
    GuardianNeeded           "guardian_needed"            Invalid          "For a child under 14 a guardian must consent." "不满十四周岁未成年人须由监护人同意。";
    AccountLinked            "account_linked"             Conflict         "The resident or the account is linked already." "该居民或账号已有关联。";
    AccountUnlinked          "account_unlinked"           Conflict         "No account is linked to the resident." "该居民未关联账号。";
    DataRequestOpen          "data_request_open"          Conflict         "A deletion is asked for already." "已有删除请求待处理。";
    DataRequestDecided       "data_request_decided"       Conflict         "The request has been decided." "该请求已处理。";
    DeletionBlocked          "deletion_blocked"           Conflict         "{count} orders of this account are still open; finish or cancel them first." "该账号尚有 {count} 个未结订单,请先办结或撤单。";
    KeyMissing               "key_missing"                Unavailable      "Something is sealed with a key that this server does not have; its operator must look." "部分数据所用的加密密钥缺失,请联系运维人员。";
    // Trees, posts, pledges
    OrganizationLevelInvalid "organization_level_invalid" Invalid          "By the template of this place, {kind} stands at level {level}: {allowed}." "按当地组织层级模板,{kind} 位于第 {level} 级:{allowed}。";
    CreditCodeInvalid        "credit_code_invalid"        Invalid          "This is no unified social credit code: {reason}." "统一社会信用代码不合法:{reason}。";
    CreditCodeTaken          "credit_code_taken"          Conflict         "An active organization of this region has the credit code {code}." "该区划内已有在册组织使用信用代码 {code}。";
    OrganizationLinkNotFound "organization_link_not_found" NotFound        "There is no such link between organizations." "没有这项组织关系。";
    OrganizationLinkExists   "organization_link_exists"   Conflict         "This link stands already." "该组织关系已存在。";
    OrganizationLinkInvalid  "organization_link_invalid"  Invalid          "These organizations cannot be linked like this: {reason}." "不能建立该组织关系:{reason}。";
    ProfileUnfit             "profile_unfit"              Invalid          "This cannot be recorded of an organization of the kind {kind}." "不能为类别为 {kind} 的组织登记此内容。";
    ProfileNotFound          "profile_not_found"          NotFound         "Nothing is recorded of this organization." "该组织尚无登记内容。";
    WorkerOverloaded         "worker_overloaded"          Conflict         "One worker covers at most {limit} neighbourhoods here." "当地每名专职社工最多负责 {limit} 个邻里。";
    PostNotFound             "post_not_found"             NotFound         "There is no such post." "没有这个岗位。";
    PostKindUnknown          "post_kind_unknown"          Invalid          "There are no posts of the kind {kind} here; there are {allowed}." "当地没有类别为 {kind} 的岗位,可选:{allowed}。";
    PostHeld                 "post_held"                  Conflict         "Somebody holds this post." "该岗位已有人认领。";
    PostFree                 "post_free"                  Conflict         "Nobody holds this post." "该岗位无人认领。";
    PostClosed               "post_closed"                Conflict         "The post is closed." "该岗位已撤销。";
    PledgeNotFound           "pledge_not_found"           NotFound         "There is no such pledge." "没有这项承诺。";
    PledgeJudged             "pledge_judged"              Conflict         "The pledge has been judged." "该承诺已评定。";
    // Alliances, their meetings, offers and needs
    AllianceNotFound         "alliance_not_found"         NotFound         "There is no such alliance." "没有这个联盟。";
    AllianceMemberNotFound   "alliance_member_not_found"  NotFound         "There is no such member of an alliance." "没有这个联盟成员单位。";
    AllianceNameTaken        "alliance_name_taken"        Conflict         "An alliance of this name exists in this region." "该区划内已有同名联盟。";
    AllianceStateConflict    "alliance_state_conflict"    Conflict         "The alliance is {state}; {action} is not possible from there." "联盟当前状态为 {state},不能执行 {action}。";
    AllianceMemberOutside    "alliance_member_outside"    Invalid          "The organization lies neither in the region of the alliance nor above or beneath it." "该组织不在联盟所在区划,也不在其上级或下级区划。";
    AllianceMemberOverlaps   "alliance_member_overlaps"   Conflict         "The organization is a member in a part of this period already." "该单位在此期间的部分时间已是成员。";
    AllianceMemberLeft       "alliance_member_left"       Conflict         "The organization has left already." "该单位已退出。";
    RotationAbsent           "rotation_absent"            Conflict         "The chair of this alliance does not rotate." "该联盟未实行轮值主席。";
    RotationMonthOutside     "rotation_month_outside"     Invalid          "Nobody has a turn in {month}." "{month} 没有轮值单位。";
    RotationMonthPast        "rotation_month_past"        Invalid          "{month} is past." "{month} 已过。";
    SwapOutsideAlliance      "swap_outside_alliance"      Invalid          "A turn can only go to an organization that is a member with a turn at that time." "轮值只能调换给当时有轮值资格的成员单位。";
    SwapSameUnit             "swap_same_unit"             Invalid          "Both turns are of the same organization." "两个轮值月属于同一单位。";
    JointMeetingNotFound     "joint_meeting_not_found"    NotFound         "There is no such joint meeting." "没有这次联席会议。";
    JointMeetingStateConflict "joint_meeting_state_conflict" Conflict      "The meeting is {state}; {action} is not possible from there." "联席会议当前状态为 {state},不能执行 {action}。";
    PartnershipItemNotFound  "partnership_item_not_found" NotFound         "There is no such offer or need." "没有这条服务清单。";
    PartnershipItemStateConflict "partnership_item_state_conflict" Conflict "It is {state}; {action} is not possible from there." "该清单当前状态为 {state},不能执行 {action}。";
    PartnershipOwnItem       "partnership_own_item"       Conflict         "Nobody claims what is their own." "不能认领本单位发布的清单。";
    PartnershipPartyForeign  "partnership_party_foreign"  Forbidden        "The organization is neither of the two sides that may do this." "该组织不是有权办理的一方。";
    PartnershipSignedTwice   "partnership_signed_twice"   Conflict         "This side has signed already." "该方已签约。";
    PartnershipSignerSame    "partnership_signer_same"    Conflict         "You signed for the other side; somebody else signs for this one." "您已代另一方签约,本方须由他人签约。";
    PartnershipOutsideAlliance "partnership_outside_alliance" Invalid      "The organization is not a member of this alliance." "该组织不是此联盟的成员单位。";
    PartnershipRegionOutside "partnership_region_outside" Invalid          "The organization lies neither in this region nor above or beneath it." "该组织不在此区划,也不在其上级或下级区划。";
    // The machine
    VersionStale             "version_stale"              Conflict         "It has changed meanwhile; read it again." "数据已被修改,请重新读取。";
    ReferenceBroken          "reference_broken"           Invalid          "Something that this refers to does not exist." "所引用的对象不存在。";
    ValueTaken               "value_taken"                Conflict         "This value must be unique and is taken." "该值须唯一,且已被使用。";
    DatabaseUnavailable      "database_unavailable"       Unavailable      "The database cannot be reached; try again shortly." "数据库暂时不可用,请稍后重试。";
    ServerOverloaded         "server_overloaded"          Unavailable      "The server has more to do than it can; try again shortly." "服务器繁忙,请稍后重试。";
    // Imports and exports
    JobNotFound              "job_not_found"              NotFound         "There is no such job." "没有这个任务。";
    JobStateConflict         "job_state_conflict"         Conflict         "This cannot be done with a job that is {state}." "任务处于 {state} 状态,不能执行此操作。";
    JobFileGone              "job_file_gone"              Conflict         "The file of this job is gone; start over." "该任务的文件已失效,请重新开始。";
    SheetUnreadable          "sheet_unreadable"           Invalid          "The file is no table that can be read: {reason}." "文件不是可读取的表格:{reason}。";
    SheetTooLarge            "sheet_too_large"            Invalid          "The table is over the limit of {limit} {what}." "表格超过上限:{limit} {what}。";
    SheetHeaderInvalid       "sheet_header_invalid"       Invalid          "The first row is not the header that is expected: {reason}." "首行表头不符合要求:{reason}。";
    ImportRefused            "import_refused"             Invalid          "{rows} rows are wrong, so nothing was written; see the errors of the job." "有 {rows} 行错误,未写入任何数据,详见任务的错误明细。";
    ListUnknown              "list_unknown"               Invalid          "There is no list {list} to export." "没有可导出的列表 {list}。";
    // Venues
    VenueNotFound            "venue_not_found"            NotFound         "There is no such venue." "没有这个阵地。";
    VenueNameTaken           "venue_name_taken"           Conflict         "A venue in use of this community is called {name} already." "该社区已有名为 {name} 的在用阵地。";
    VenueClosed              "venue_closed"               Conflict         "The venue is closed for good." "该阵地已关闭。";
    VenueHoursInvalid        "venue_hours_invalid"        Invalid          "The opening hours cannot be: {reason}." "开放时间不合理:{reason}。";
    VenuePhoneMobile         "venue_phone_mobile"         Invalid          "Everybody is shown this number, so it must be that of the place: a mobile number is somebody's own." "该电话将对外公开,须为场所电话,不能是个人手机号。";
    // Admission and duty lists, whistles, check-ins, points
    AdmissionItemNotFound    "admission_item_not_found"   NotFound         "There is no such item of an admission list." "没有这个准入事项。";
    DutyItemNotFound         "duty_item_not_found"        NotFound         "There is no such item of a duty list." "没有这个职责事项。";
    WhistleNotFound          "whistle_not_found"          NotFound         "There is no such whistle." "没有这次吹哨。";
    CheckInNotFound          "check_in_not_found"         NotFound         "There is no such check-in." "没有这条报到记录。";
    AdmissionMissing         "admission_missing"          Invalid          "By the admission rule a task of a department enters the community {region} only by an approved item of its admission list that is in force on {day}; the department names none." "按照社区工作准入制度,部门任务进入社区 {region} 须有准入清单中在 {day} 有效的已批准事项,该部门没有此事项。";
    AdmissionStateConflict   "admission_state_conflict"   Conflict         "The item is {state}; {action} is not possible from there." "准入事项当前状态为 {state},不能执行 {action}。";
    DutyItemEnded            "duty_item_ended"            Conflict         "The item of the duty list has ended." "该职责事项已终止。";
    WhistleDutyMissing       "whistle_duty_missing"       Invalid          "The department has no duty in force in the community {region} on {day}, so it cannot be called there." "该部门在 {day} 对社区 {region} 没有有效的职责事项,不能吹哨。";
    WhistleLimitMissing      "whistle_limit_missing"      Invalid          "The whistle rules of the place set no limit for arriving; name one." "当地吹哨规则未设定报到时限,请指明时限。";
    WhistleExists            "whistle_exists"             Conflict         "The department is called to this order already." "该部门已被吹哨到此订单。";
    WhistleStateConflict     "whistle_state_conflict"     Conflict         "The whistle is {state}; {action} is not possible from there." "吹哨当前状态为 {state},不能执行 {action}。";
    WhistleJudged            "whistle_judged"             Conflict         "This side has judged already." "该方已作出评价。";
    MatterIsOwn              "matter_is_own"              Forbidden        "Nobody does this in a matter of their own." "不能对本人的事项作此操作。";
    CheckInExists            "check_in_exists"            Conflict         "There is a check-in of this kind already; end it first." "已有同类报到,请先结束。";
    CheckInStateConflict     "check_in_state_conflict"    Conflict         "The check-in is {state}; {action} is not possible from there." "报到当前状态为 {state},不能执行 {action}。";
    PointEntryNotFound       "point_entry_not_found"      NotFound         "There is no such entry of points." "没有这条积分流水。";
    PointRuleUnknown         "point_rule_unknown"         Invalid          "No rule {code} is in force in {region} on {day}." "区划 {region} 在 {day} 没有有效的积分规则 {code}。";
    PointEntryExists         "point_entry_exists"         Conflict         "This has been counted by the rule {code} already." "该事项已按规则 {code} 计分。";
    PointCapReached          "point_cap_reached"          Conflict         "The rule {code} gives at most {cap} points a period." "规则 {code} 每周期最多计 {cap} 分。";
    PointYearSettled         "point_year_settled"         Conflict         "The points of {year} are settled." "{year} 年度积分已结算。";
    PointAppealConflict      "point_appeal_conflict"      Conflict         "The appeal is {state}; {action} is not possible from there." "申诉当前状态为 {state},不能执行 {action}。";
    DeadlineExceeded         "deadline_exceeded"          Unavailable      "The answer took too long; try again with the same Idempotency-Key." "处理超时,请以同一 Idempotency-Key 重试。";
    StorageFull              "storage_full"               StorageFull      "There is no room left to store this." "存储空间已满。";
    Internal                 "internal_error"             Internal         "Something went wrong on our side." "服务内部错误。";
}

/// A refusal of one field of the request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    /// Where, as a JSON pointer in fragment form: `#/contact/phone`.
    pub pointer: String,
    /// Why.
    pub code: Code,
    /// What fills the sentence.
    pub params: Params,
}

/// Named values of a sentence.
pub type Params = Vec<(&'static str, String)>;

/// Why something was refused, or what broke.
#[derive(Clone, Debug)]
pub struct Error {
    /// The line of the table.
    pub code: Code,
    /// What fills the sentence; also given to the client as `params`.
    pub params: Params,
    /// The fields at fault.
    pub fields: Vec<FieldError>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A refusal with this code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, params: Vec::new(), fields: Vec::new(), source: None }
    }

    /// Names a value of the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.params.push((name, value.to_string()));
        self
    }

    /// Keeps what caused it, for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// A refusal of the content because of this rule at this field.
    #[must_use]
    pub fn field(pointer: impl Into<String>, code: Code) -> Self {
        Self::field_with(pointer, code, Vec::new())
    }

    /// The same with values for the sentence.
    #[must_use]
    pub fn field_with(pointer: impl Into<String>, code: Code, params: Params) -> Self {
        let mut error = Self::new(Code::ContentInvalid);
        error.fields.push(FieldError { pointer: pointer.into(), code, params });
        error
    }

    /// Says at which field of the request this refusal arose. The code stays.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.fields.push(FieldError { pointer: pointer.into(), code: self.code, params: self.params.clone() });
        self
    }

    /// The same as a refusal of the content, where no more is wrong than this field.
    #[must_use]
    pub fn field_at(self, pointer: impl Into<String>) -> Self {
        Self::field_with(pointer, self.code, self.params)
    }

    /// Something that cannot happen, happened.
    #[must_use]
    pub fn internal(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal).because(what)
    }

    /// The sentence of this error.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        fill(self.code.sentence(language), &self.params)
    }
}

impl FieldError {
    /// The sentence of this field's refusal.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        fill(self.code.sentence(language), &self.params)
    }
}

fn fill(template: &str, params: &[(&'static str, String)]) -> String {
    params.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.sentence(Language::English))?;
        for field in &self.fields {
            write!(f, " [{} {}]", field.pointer, field.code.as_str())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Self {
        use sea_orm::SqlErr;
        let code = match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Code::ValueTaken,
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Code::ReferenceBroken,
            _ => crate::db::classify(&error),
        };
        Self::new(code).because(error)
    }
}

impl Error {
    /// Turns a broken unique constraint into the domain's word for it; anything else passes.
    #[must_use]
    pub fn when_taken(self, code: Code, name: &'static str, value: impl fmt::Display) -> Self {
        if self.code == Code::ValueTaken { Self::new(code).with(name, value) } else { self }
    }

    /// Whether a broken unique constraint names this column or index.
    #[must_use]
    pub fn breaks(&self, constraint: &str) -> bool {
        self.code == Code::ValueTaken && self.source.as_ref().is_some_and(|s| s.to_string().contains(constraint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_and_speaks_both_languages() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} twice", code.as_str());
            assert!(code.as_str().contains('_'), "{} is no noun_problem", code.as_str());
            let holes = |text: &str| text.split('{').skip(1).filter_map(|t| t.split('}').next().map(str::to_owned)).collect::<HashSet<_>>();
            assert_eq!(holes(code.sentence(Language::English)), holes(code.sentence(Language::Chinese)), "{}", code.as_str());
            let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(chinese(code.sentence(Language::Chinese)), "{} has no Chinese", code.as_str());
            let english = code.sentence(Language::English);
            assert!(!chinese(english) && english.ends_with('.'), "{}: {english}", code.as_str());
        }
    }
}
