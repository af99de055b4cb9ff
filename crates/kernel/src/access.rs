//! Who may do what, where.
//!
//! A grant is a role within a scope: a region and everything under it, one grid, or one
//! organization, for a period. [`POLICY`] is the one table that says which roles hold which
//! permission. Two rules decide an answer: outside the caller's sight is `404`, inside
//! sight but without the permission is `403` naming the permission.

use crate::{
    clock::Time,
    error::{Code, Error, Result},
    id::{AccountId, ApplicationId, CredentialId, GrantId, GridId, OrganizationId, SessionId},
    region::RegionCode,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an account may be (角色).
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, utoipa::ToSchema, sea_orm::EnumIter, sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 居民: places orders and judges them.
    Resident,
    /// 专职网格员
    GridMember,
    /// 社区工作者: the dispatcher (社区派单).
    CommunityWorker,
    /// 党员: takes orders (党员接单).
    PartyMember,
    /// 志愿者: takes orders.
    Volunteer,
    /// 组织工作人员: acts for an organization.
    OrganizationStaff,
    /// 街道工作人员
    StreetOperator,
    /// 区(县)工作人员
    DistrictOperator,
    /// 审计员: reads, changes nothing.
    Auditor,
    /// 管理员
    Administrator,
}

/// Where a role holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// A region and all beneath it.
    Region(RegionCode),
    /// One grid.
    Grid(GridId),
    /// One organization.
    Organization(OrganizationId),
}

/// A role of an account within a scope, as it is in force now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: Scope,
    /// Until when; open when absent.
    pub valid_to: Option<Time>,
}

macro_rules! policy {
    ($($(#[doc = $doc:literal])+ $name:ident $word:literal : $($role:ident)*;)+) => {
        /// Everything that somebody can be allowed to do (权限).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Permission { $($(#[doc = $doc])+ $name),+ }

        impl Permission {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// All their words.
            const WORDS: &'static [&'static str] = &[$($word),+];

            /// What it allows, in a few words.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+)),+ }
            }

            /// Its word in the contract (`x-permission`) and in a refusal.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }

        /// The one table of rights: a permission and the roles that hold it in their scope.
        pub const POLICY: &[(Permission, &[Role])] = &[$((Permission::$name, &[$(Role::$role),*])),+];
    };
}

policy! {
    /// 点单 for oneself.
    OrderPlace          "order.place":            Resident GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 代为点单: on behalf of somebody, with the channel it came by.
    OrderPlaceOnBehalf  "order.place_on_behalf":  GridMember CommunityWorker StreetOperator DistrictOperator Administrator;
    /// See every order in the scope, personal fields masked.
    OrderRead           "order.read":             GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// See the contact of an order in full.
    OrderReadPersonal   "order.read_personal":    CommunityWorker StreetOperator Administrator;
    /// 受理分类
    OrderTriage         "order.triage":           CommunityWorker StreetOperator Administrator;
    /// 不予受理
    OrderReject         "order.reject":           CommunityWorker StreetOperator Administrator;
    /// 派单
    OrderDispatch       "order.dispatch":         CommunityWorker StreetOperator Administrator;
    /// 接单 and the work on it.
    OrderTake           "order.take":             PartyMember Volunteer OrganizationStaff GridMember CommunityWorker;
    /// 评单: the requester judges.
    OrderEvaluate       "order.evaluate":         Resident GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 重办
    OrderRework         "order.rework":           CommunityWorker StreetOperator Administrator;
    /// 销号
    OrderClose          "order.close":            CommunityWorker StreetOperator Administrator;
    /// 撤单 of somebody else's order, at their wish.
    OrderCancel         "order.cancel":           CommunityWorker StreetOperator Administrator;
    /// 挂起、恢复
    OrderSuspend        "order.suspend":          CommunityWorker StreetOperator Administrator;
    /// 并单
    OrderMerge          "order.merge":            CommunityWorker StreetOperator Administrator;
    /// 服务清单维护
    CatalogueManage     "catalogue.manage":       StreetOperator DistrictOperator Administrator;
    /// 网格维护
    GridManage          "grid.manage":            CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 网格任职查看: names in full; the private phone needs `duty.manage`.
    DutyRead            "duty.read":              GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 网格任职维护
    DutyManage          "duty.manage":            CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 地址查看
    AddressRead         "address.read":           GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 地址维护
    AddressManage       "address.manage":         CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 户查看
    HouseholdRead       "household.read":         GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 户维护
    HouseholdManage     "household.manage":       GridMember CommunityWorker StreetOperator Administrator;
    /// 居民查看, personal fields masked.
    ResidentRead        "resident.read":          GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 居民维护
    ResidentManage      "resident.manage":        GridMember CommunityWorker StreetOperator Administrator;
    /// 查看明文: personal fields of a resident in full, with a purpose.
    ResidentReveal      "resident.reveal":        GridMember CommunityWorker StreetOperator Administrator;
    /// 精确查找 by phone or ID number.
    ResidentLookUp      "resident.look_up":       GridMember CommunityWorker StreetOperator Administrator;
    /// 组织查看
    OrganizationRead    "organization.read":      GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Auditor Administrator;
    /// 组织与成员维护
    OrganizationManage  "organization.manage":    CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 接单人名册查看
    VolunteerRead       "volunteer.read":         GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 接单人登记
    VolunteerManage     "volunteer.manage":       CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 账号查看
    AccountRead         "account.read":           CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 账号开立与授权
    AccountManage       "account.manage":         CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 基础数据查看: regions, grids, the catalogue; everybody may, only programs are asked.
    ReferenceRead       "reference.read":         Resident GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Auditor Administrator;
    /// 应用查看: programs that may call, their credentials and usage.
    ApplicationRead     "application.read":       StreetOperator DistrictOperator Auditor Administrator;
    /// 应用维护: let programs in, issue and revoke their credentials.
    ApplicationManage   "application.manage":     StreetOperator DistrictOperator Administrator;
    /// 数据共享协议登记: let a program see personal fields.
    ApplicationAgree    "application.agree":      DistrictOperator Administrator;
    /// 事件流
    EventRead           "event.read":             StreetOperator DistrictOperator Auditor Administrator;
    /// 推送地址维护: who is told of events by webhook, and of how that went.
    WebhookManage       "webhook.manage":         StreetOperator DistrictOperator Administrator;
    /// 微信小程序维护: its messages, its QR codes, and what WeChat found fault with.
    WechatManage        "wechat.manage":          CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 热线工单推送: for the program of a hotline; a person may enter one by hand while the line is down.
    HotlinePush         "hotline.push":           StreetOperator DistrictOperator Administrator;
    /// 热线工单查看, the caller masked; and the rates.
    HotlineRead         "hotline.read":           CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// See a work order as it came, and the caller of a confidential one.
    HotlineReadPersonal "hotline.read_personal":  StreetOperator Administrator;
    /// 热线工单办理: ask for more time, record a call-back.
    HotlineHandle       "hotline.handle":         CommunityWorker StreetOperator Administrator;
    /// 热线对接维护: which hotlines push, how they are told, and what they were not told.
    HotlineManage       "hotline.manage":         StreetOperator DistrictOperator Administrator;
    /// 调解案件查看
    MediationRead       "mediation.read":         CommunityWorker StreetOperator Auditor Administrator;
    /// 调解案件办理
    MediationManage     "mediation.manage":       CommunityWorker StreetOperator Administrator;
    /// 预约接待
    ReceptionBook       "reception.book":         Resident GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 接待预约查看, personal fields masked.
    ReceptionRead       "reception.read":         GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 接待日维护, and the appointments in full.
    ReceptionManage     "reception.manage":       CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 民情日记查看, personal fields masked.
    DiaryRead           "diary.read":             GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 记民情日记
    DiaryWrite          "diary.write":            GridMember CommunityWorker PartyMember StreetOperator Administrator;
    /// 民情日记模板维护
    DiaryManage         "diary.manage":           CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 意见建议查看, personal fields masked.
    OpinionRead         "opinion.read":           GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// See opinions and diaries in full.
    OpinionReadPersonal "opinion.read_personal":  CommunityWorker StreetOperator Administrator;
    /// 意见建议办理: answer them, make orders of them, tell the outcome.
    OpinionHandle       "opinion.handle":         GridMember CommunityWorker StreetOperator Administrator;
    /// 导入 from files, besides the permission to enter what stands in them.
    DataImport          "data.import":            CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 导出 of lists to files, besides the permission to read them.
    DataExport          "data.export":            CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 网格报表查看: overlaps and gaps, sizes.
    GridRead            "grid.read":              GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 社区界线维护
    RegionManage        "region.manage":          StreetOperator DistrictOperator Administrator;
    /// 党员联户查看, personal fields masked; a party member sees their own.
    LinkRead            "link.read":              GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 党员联户维护
    LinkManage          "link.manage":            CommunityWorker StreetOperator Administrator;
    /// 清单检查查看
    ChecklistRead       "checklist.read":         GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 检查清单维护
    ChecklistManage     "checklist.manage":       CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 清单检查: hold a grid against a checklist.
    ChecklistRun        "checklist.run":          GridMember CommunityWorker StreetOperator Administrator;
    /// 走访查看: campaigns, targets, visits, household plans; personal fields masked.
    VisitRead           "visit.read":             GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 走访登记
    VisitRecord         "visit.record":           GridMember CommunityWorker PartyMember StreetOperator DistrictOperator Administrator;
    /// 走访活动维护, and which households are visited how often.
    VisitManage         "visit.manage":           CommunityWorker StreetOperator DistrictOperator Administrator;
    /// See visits and household plans in full.
    VisitReadPersonal   "visit.read_personal":    CommunityWorker StreetOperator Administrator;
    /// 一户一策 制定、调整、评估
    HouseholdPlanWrite  "household_plan.write":   GridMember CommunityWorker StreetOperator Administrator;
    /// 民情档案查看: restricted; nobody reads it by another right.
    HouseholdNoteRead   "household_note.read":    CommunityWorker StreetOperator Administrator;
    /// 民情档案登记
    HouseholdNoteWrite  "household_note.write":   GridMember CommunityWorker StreetOperator Administrator;
    /// 随手拍上报
    SnapshotSend        "snapshot.send":          Resident GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 随手拍查看
    SnapshotRead        "snapshot.read":          GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 随手拍审核: make an order of it, publish it, decline it.
    SnapshotReview      "snapshot.review":        CommunityWorker StreetOperator Administrator;
    /// 巡查查看, and what was found.
    PatrolRead          "patrol.read":            GridMember CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 巡查登记, and what was found.
    PatrolRecord        "patrol.record":          GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator Administrator;
    /// 标签维护: the catalogue of tags.
    TagManage           "tag.manage":             StreetOperator DistrictOperator Administrator;
    /// 敏感标签查看: sensitive tags of residents, and personal fields of children under 14.
    ResidentReadSensitive "resident.read_sensitive": CommunityWorker StreetOperator Administrator;
    /// 敏感标签维护: give and take sensitive tags, on a legal basis.
    ResidentManageSensitive "resident.manage_sensitive": CommunityWorker StreetOperator Administrator;
    /// 关联账号: bind a resident to an account, after looking at who it is.
    ResidentLink        "resident.link":          CommunityWorker StreetOperator Administrator;
    /// 个人信息请求查看
    DataRequestRead     "data_request.read":      CommunityWorker StreetOperator DistrictOperator Auditor Administrator;
    /// 个人信息请求办理: correction and deletion.
    DataRequestDecide   "data_request.decide":    CommunityWorker StreetOperator Administrator;
    /// 认领岗位, and pledge for oneself.
    PostClaim           "post.claim":             GridMember CommunityWorker PartyMember Volunteer OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 阵地维护
    VenueManage         "venue.manage":           CommunityWorker StreetOperator DistrictOperator Administrator;
    /// 双向服务清单: offer, need, claim, sign and judge for an organization.
    PartnershipAct      "partnership.act":        CommunityWorker OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 准入清单与职责清单查看; a department's staff sees its own items.
    AdmissionRead       "admission.read":         GridMember CommunityWorker OrganizationStaff StreetOperator DistrictOperator Auditor Administrator;
    /// 准入事项申报
    AdmissionPropose    "admission.propose":      OrganizationStaff StreetOperator DistrictOperator Administrator;
    /// 准入事项审批与职责清单维护
    AdmissionManage     "admission.manage":       StreetOperator DistrictOperator Administrator;
    /// 吹哨: call departments to an order, and judge how they came.
    WhistleBlow         "whistle.blow":           CommunityWorker StreetOperator Administrator;
    /// 吹哨查看; a department's staff sees the calls to it.
    WhistleRead         "whistle.read":           GridMember CommunityWorker OrganizationStaff StreetOperator DistrictOperator Auditor Administrator;
    /// 吹哨响应: arrive for a department, and judge the call.
    WhistleAnswer       "whistle.answer":         OrganizationStaff;
    /// 双报到: check in where one lives, works or belongs.
    CheckInFile         "check_in.file":          PartyMember Volunteer OrganizationStaff;
    /// 双报到查看, personal fields left out.
    CheckInRead         "check_in.read":          CommunityWorker OrganizationStaff StreetOperator DistrictOperator Auditor Administrator;
    /// 双报到确认、评语、结束, and personal fields in full.
    CheckInConfirm      "check_in.confirm":       CommunityWorker OrganizationStaff StreetOperator Administrator;
    /// 积分查看: the ledger and the standings.
    PointsRead          "points.read":            CommunityWorker OrganizationStaff StreetOperator DistrictOperator Auditor Administrator;
    /// 积分登记
    PointsEnter         "points.enter":           CommunityWorker StreetOperator Administrator;
    /// 积分规则、申诉、年度结算
    PointsManage        "points.manage":          StreetOperator DistrictOperator Administrator;
}

impl Permission {
    /// The roles that hold it.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        POLICY.iter().find(|(p, _)| *p == self).map_or(&[], |(_, roles)| roles)
    }

    /// The permission of this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|p| p.as_str() == word).copied()
    }

    /// Whether a program can be given it: what decides who may come in stays with people.
    #[must_use]
    pub const fn for_programs(self) -> bool {
        !matches!(
            self,
            Self::AccountManage
                | Self::ApplicationRead
                | Self::ApplicationManage
                | Self::ApplicationAgree
                | Self::ResidentLink
                | Self::DataRequestDecide
        )
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::named(&word).ok_or_else(|| serde::de::Error::unknown_variant(&word, Self::WORDS))
    }
}

impl utoipa::PartialSchema for Permission {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("Something that one can be allowed to do (权限); of a program, a scope (应用权限)."))
            .enum_values(Some(Self::WORDS.iter().copied()))
            .into()
    }
}

impl utoipa::ToSchema for Permission {}

/// A set of permissions: the scopes (应用权限) of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Permissions(u128);

const _: () = assert!(Permission::ALL.len() <= 128, "a bit for each permission");

impl Permissions {
    /// Whether it is in the set.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its permissions, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.contains(*p))
    }

    /// The set of these words, separated by spaces as RFC 6749 writes scopes; a word that names no permission is told.
    ///
    /// # Errors
    /// The first unknown word.
    pub fn read(words: &str) -> std::result::Result<Self, &str> {
        words.split_ascii_whitespace().map(|word| Permission::named(word).ok_or(word)).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(permissions.into_iter().fold(0, |set, p| set | 1 << p as u32))
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, permission) in self.iter().enumerate() {
            write!(f, "{}{permission}", if n == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// A class of personal fields (个人信息类别) that an agreement can let a program see.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    sea_orm::EnumIter,
    sea_orm::DeriveActiveEnum,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// 订单: contacts, texts, exact positions and files of orders.
    Orders,
    /// 走访: opinions, diaries, appointments.
    Visits,
    /// 居民: residents in full.
    Residents,
    /// 调解: parties and facts of mediation cases.
    Mediation,
    /// 人员: names and phones of accounts and of who is on duty.
    Staff,
}

/// What a program is, beside its account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// The application.
    pub id: ApplicationId,
    /// What it came in with.
    pub credential: CredentialId,
    /// Where it may act, with everything beneath.
    pub region: RegionCode,
    /// What it may do there.
    pub scopes: Permissions,
    /// What it sees in full, by an agreement that is in force.
    pub personal: Vec<PersonalData>,
    /// How often it may ask; as the server's setting says when absent.
    pub requests_per_minute: Option<u32>,
}

/// Where a thing lies, as far as a scope can ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Its region.
    pub region: Option<RegionCode>,
    /// Its grid.
    pub grid: Option<GridId>,
    /// The organization that it belongs to.
    pub organization: Option<OrganizationId>,
}

impl From<RegionCode> for Place {
    fn from(region: RegionCode) -> Self {
        Self { region: Some(region), ..Self::default() }
    }
}

impl Scope {
    /// Whether something at this place lies within the scope.
    #[must_use]
    pub fn covers(self, place: &Place) -> bool {
        match self {
            Self::Region(region) => place.region.is_some_and(|r| region.covers(r)),
            Self::Grid(grid) => place.grid == Some(grid),
            Self::Organization(organization) => place.organization == Some(organization),
        }
    }
}

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The account; absent for the system itself (seeding, workers), which may do everything.
    pub account: Option<AccountId>,
    /// The session, so that signing out can end it.
    pub session: Option<SessionId>,
    /// The grants in force; none for a program.
    pub grants: Vec<Grant>,
    /// The program that asks; absent for people.
    pub program: Option<Program>,
}

/// The places where an actor holds a permission: what a list is filtered by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// Regions, without those that lie within another of them.
    pub regions: Vec<RegionCode>,
    /// Grids.
    pub grids: Vec<GridId>,
    /// Organizations.
    pub organizations: Vec<OrganizationId>,
}

impl Reach {
    /// Whether there is nothing to see at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty() && self.grids.is_empty() && self.organizations.is_empty()
    }
}

impl Actor {
    /// The system itself.
    #[must_use]
    pub fn system() -> Self {
        Self { account: None, session: None, grants: Vec::new(), program: None }
    }

    /// The account, where one is needed.
    ///
    /// # Errors
    /// `token_missing` for the system itself.
    pub fn account(&self) -> Result<AccountId> {
        self.account.ok_or_else(|| Error::new(Code::TokenMissing))
    }

    /// The grants that give this permission.
    fn holding(&self, permission: Permission) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |g| permission.roles().contains(&g.role))
    }

    /// Whether the actor holds the permission at this place.
    #[must_use]
    pub fn can(&self, permission: Permission, place: &Place) -> bool {
        match &self.program {
            Some(program) => program.scopes.contains(permission) && Scope::Region(program.region).covers(place),
            None => self.account.is_none() || self.holding(permission).any(|g| g.scope.covers(place)),
        }
    }

    /// Whether personal fields of this class may be shown in full, to whoever may see them at all: to people always, to
    /// a program by its agreement.
    #[must_use]
    pub fn sees(&self, class: PersonalData) -> bool {
        self.program.as_ref().is_none_or(|program| program.personal.contains(&class))
    }

    /// Requires that.
    ///
    /// # Errors
    /// `agreement_missing`, naming the class.
    pub fn require_sees(&self, class: PersonalData) -> Result<()> {
        if self.sees(class) { Ok(()) } else { Err(Error::new(Code::AgreementMissing).with("class", sea_orm::ActiveEnum::to_value(&class))) }
    }

    /// Requires a permission at a place that is no secret.
    ///
    /// # Errors
    /// `permission_missing`, naming it.
    pub fn require(&self, permission: Permission, place: &Place) -> Result<()> {
        if self.can(permission, place) { Ok(()) } else { Err(Error::new(Code::PermissionMissing).with("permission", permission)) }
    }

    /// Requires a permission on something that only those with `sight` may know of.
    ///
    /// # Errors
    /// `missing` for those who may not know of it, `permission_missing` for those who may.
    pub fn require_sight(&self, permission: Permission, sight: Permission, place: &Place, missing: Code) -> Result<()> {
        if self.can(permission, place) || self.can(sight, place) { self.require(permission, place) } else { Err(Error::new(missing)) }
    }

    /// Where the actor holds the permission.
    #[must_use]
    pub fn reach(&self, permission: Permission) -> Reach {
        if self.account.is_none() {
            return Reach { regions: vec![RegionCode::COUNTRY], ..Reach::default() };
        }
        if let Some(program) = &self.program {
            let region = program.scopes.contains(permission).then_some(program.region);
            return Reach { regions: region.into_iter().collect(), ..Reach::default() };
        }
        let mut reach = Reach::default();
        for grant in self.holding(permission) {
            match grant.scope {
                Scope::Region(region) => reach.regions.push(region),
                Scope::Grid(grid) => reach.grids.push(grid),
                Scope::Organization(organization) => reach.organizations.push(organization),
            }
        }
        let all = reach.regions.clone();
        reach.regions.retain(|r| !all.iter().any(|other| other != r && other.covers(*r)));
        reach.regions.sort_unstable();
        reach.regions.dedup();
        reach
    }

    /// The organizations that the actor may act for.
    #[must_use]
    pub fn staff_of(&self) -> Vec<OrganizationId> {
        self.grants
            .iter()
            .filter(|g| g.role == Role::OrganizationStaff)
            .filter_map(|g| if let Scope::Organization(id) = g.scope { Some(id) } else { None })
            .collect()
    }
}

/// The table as Markdown: the text of `docs/access.md`.
#[must_use]
pub fn markdown() -> String {
    use sea_orm::{ActiveEnum, Iterable};
    let mut text = String::from(
        "# Who may do what (权限表)

Printed from `POLICY` in `crates/kernel/src/access.rs` by a test; to print it anew: `UPDATE_DOCS=1 cargo test -p kernel`.

A role holds its permissions within the scope of its grant: a region and all beneath it, one grid, or one organization. Besides these,
requesters, takers and followers see and do what is theirs: see [order-flow.md](order-flow.md).

",
    );
    let roles: Vec<Role> = Role::iter().collect();
    text.push_str(&format!("| permission | {} |\n", roles.iter().map(ActiveEnum::to_value).collect::<Vec<_>>().join(" | ")));
    text.push_str(&format!("|---{}|\n", "|---".repeat(roles.len())));
    for (permission, holders) in POLICY {
        let cells: Vec<&str> = roles.iter().map(|r| if holders.contains(r) { "●" } else { "" }).collect();
        text.push_str(&format!("| `{permission}` | {} |\n", cells.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_this_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/access.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(page, markdown()).expect("docs/access.md can be written");
        }
        let printed = std::fs::read_to_string(page).unwrap_or_default();
        assert!(printed == markdown(), "docs/access.md is stale: UPDATE_DOCS=1 cargo test -p kernel");
    }

    fn actor(role: Role, region: &str) -> Actor {
        let grant = Grant { id: GrantId(uuid::Uuid::nil()), role, scope: Scope::Region(region.parse().unwrap()), valid_to: None };
        Actor { account: Some(AccountId(uuid::Uuid::nil())), session: None, grants: vec![grant], program: None }
    }

    #[test]
    fn outside_sight_is_404_and_inside_without_the_right_is_403() {
        let here = Place::from("321182001017".parse::<RegionCode>().unwrap());
        let code =
            |a: &Actor| a.require_sight(Permission::OrderDispatch, Permission::OrderRead, &here, Code::OrderNotFound).map_err(|e| e.code);
        assert_eq!(code(&actor(Role::CommunityWorker, "321182001017")), Ok(()));
        assert_eq!(code(&actor(Role::StreetOperator, "321182001")), Ok(()));
        assert_eq!(code(&actor(Role::Auditor, "3211")), Err(Code::PermissionMissing));
        assert_eq!(code(&actor(Role::CommunityWorker, "321182001018")), Err(Code::OrderNotFound));
        assert_eq!(code(&actor(Role::Resident, "321182001017")), Err(Code::OrderNotFound));
    }

    #[test]
    fn a_program_has_its_scopes_in_its_region_and_sees_no_more_than_was_agreed() {
        let scopes = Permissions::read("order.read order.dispatch").unwrap();
        let region = "321182001".parse().unwrap();
        let program = Program {
            id: ApplicationId(uuid::Uuid::nil()),
            credential: CredentialId(uuid::Uuid::nil()),
            region,
            scopes,
            personal: vec![PersonalData::Orders],
            requests_per_minute: None,
        };
        // Whatever grants were written down for its account, they count for nothing.
        let a = Actor { program: Some(program), ..actor(Role::Administrator, "3211") };
        let at = |code: &str| Place::from(code.parse::<RegionCode>().unwrap());
        assert!(a.can(Permission::OrderDispatch, &at("321182001017")));
        assert!(!a.can(Permission::OrderDispatch, &at("321182002001")) && !a.can(Permission::OrderClose, &at("321182001017")));
        assert!(a.sees(PersonalData::Orders) && !a.sees(PersonalData::Residents));
        assert_eq!(a.reach(Permission::OrderRead).regions, vec![region]);
        assert!(a.reach(Permission::OrderClose).is_empty());
        assert_eq!(scopes.to_string(), "order.read order.dispatch");
        assert_eq!(Permissions::read("order.read order.eat"), Err("order.eat"));
        assert!(scopes.and(Permissions::default()).is_empty());
    }

    #[test]
    fn an_auditor_changes_nothing() {
        for (permission, roles) in POLICY {
            assert!(!roles.contains(&Role::Auditor) || permission.as_str().ends_with(".read"), "{permission}");
        }
    }

    #[test]
    fn reach_drops_what_lies_within_another() {
        let mut a = actor(Role::Administrator, "3211");
        a.grants.push(actor(Role::CommunityWorker, "321182001017").grants.remove(0));
        assert_eq!(a.reach(Permission::OrderRead).regions, vec!["3211".parse().unwrap()]);
    }
}
