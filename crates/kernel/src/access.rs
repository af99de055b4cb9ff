//! Who may do what, where.
//!
//! A grant is a role within a scope: a region and everything under it, one grid, or one
//! organization, for a period. [`POLICY`] is the one table that says which roles hold which
//! permission. Two rules decide an answer: outside the caller's sight is `404`, inside
//! sight but without the permission is `403` naming the permission.

use crate::{
    clock::Time,
    error::{Code, Error, Result},
    id::{AccountId, GrantId, GridId, OrganizationId, SessionId},
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
    ($($(#[$doc:meta])* $name:ident $word:literal : $($role:ident)*;)+) => {
        /// Everything that somebody can be allowed to do.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Permission { $($(#[$doc])* $name),+ }

        impl Permission {
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
    /// 事件流
    EventRead           "event.read":             StreetOperator DistrictOperator Auditor Administrator;
    /// 推送地址维护: who is told of events by webhook, and of how that went.
    WebhookManage       "webhook.manage":         StreetOperator DistrictOperator Administrator;
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
}

impl Permission {
    /// The roles that hold it.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        POLICY.iter().find(|(p, _)| *p == self).map_or(&[], |(_, roles)| roles)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
    /// The grants in force.
    pub grants: Vec<Grant>,
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
        Self { account: None, session: None, grants: Vec::new() }
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
        self.account.is_none() || self.holding(permission).any(|g| g.scope.covers(place))
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
        Actor { account: Some(AccountId(uuid::Uuid::nil())), session: None, grants: vec![grant] }
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
