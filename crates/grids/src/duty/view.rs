//! What goes out, and how much of a person.

use super::{Person, row::Model};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, Permission, Place, RegionCode, Result,
    access::PersonalData,
    id::{AccountId, DutyId, GridId, OrganizationId},
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody is in a grid (网格职务).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum DutyRole {
    /// 专职网格员: the one of 1+N; a grid has one at a time.
    #[default]
    DedicatedMember,
    /// 网格长: a grid has one at a time.
    Lead,
    /// 网格书记: a grid has one at a time.
    Secretary,
    /// 网格辅助员
    Assistant,
    /// 楼栋长、楼组长
    BuildingLead,
    /// 党小组长
    PartyGroupLead,
    /// 社区民警
    Police,
    /// 律师
    Lawyer,
    /// 物业人员
    PropertyStaff,
    /// 志愿者
    Volunteer,
    /// 家庭医生
    Doctor,
    /// 社工
    SocialWorker,
    /// 其他服务力量
    Other,
}

impl DutyRole {
    /// Its word in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DedicatedMember => "dedicated_member",
            Self::Lead => "lead",
            Self::Secretary => "secretary",
            Self::Assistant => "assistant",
            Self::BuildingLead => "building_lead",
            Self::PartyGroupLead => "party_group_lead",
            Self::Police => "police",
            Self::Lawyer => "lawyer",
            Self::PropertyStaff => "property_staff",
            Self::Volunteer => "volunteer",
            Self::Doctor => "doctor",
            Self::SocialWorker => "social_worker",
            Self::Other => "other",
        }
    }

    /// Whether a grid has but one at a time.
    #[must_use]
    pub const fn sole(self) -> bool {
        matches!(self, Self::DedicatedMember | Self::Lead | Self::Secretary)
    }
}

/// Somebody's duty in a grid (网格任职).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Duty {
    /// Its id.
    pub id: DutyId,
    /// Where (网格).
    pub grid_id: GridId,
    /// The community of the grid (所属社区、村).
    pub region_code: RegionCode,
    /// As what (职务).
    pub role: DutyRole,
    /// Who (姓名).
    pub name: String,
    /// Their account (账号); absent when they have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account_id: Option<AccountId>,
    /// The organization that they come from (所属单位); absent when none is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<OrganizationId>,
    /// Their own phone (个人电话): masked, but for those who keep the duties of the place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    /// The phone of the duty (值班电话).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duty_phone: Option<String>,
    /// The buildings that they answer for (楼栋); absent: the whole grid.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub building: Option<String>,
    /// What they can do (技能特长).
    pub skills: Vec<String>,
    /// The version (版本), one higher after each change.
    #[schema(minimum = 1)]
    pub version: i32,
    /// From when on (任职起).
    pub valid_from: DateTime<Utc>,
    /// Until when (任职止); absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
}

pub(super) fn place(row: &Model) -> Place {
    Place { region: Some(row.region_code), grid: Some(row.grid_id), organization: None }
}

pub(super) fn whole(cx: &Cx, row: Model) -> Result<Duty> {
    let Person { name, phone } = Person::open(cx, &row)?;
    // To a program without an agreement even the name is masked.
    let named = cx.actor.sees(PersonalData::Staff);
    let open = named && cx.actor.can(Permission::DutyManage, &place(&row));
    Ok(Duty {
        id: row.id,
        grid_id: row.grid_id,
        region_code: row.region_code,
        role: row.role,
        name: if named { name } else { kernel::mask::name(&name) },
        account_id: row.account_id,
        organization_id: row.organization_id,
        phone: phone.map(|p| if open { p } else { kernel::mask::phone(&p) }),
        duty_phone: row.duty_phone,
        building: row.building,
        skills: serde_json::from_str(&row.skills).map_err(Error::internal)?,
        version: row.version,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
    })
}

/// The three leads of a grid (三长), who share one list of matters.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ThreeLeads {
    /// 网格长; absent while the post is vacant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lead: Option<Duty>,
    /// 楼栋长、楼组长
    pub building_leads: Vec<Duty>,
    /// 党小组长
    pub party_group_leads: Vec<Duty>,
}

/// The service team of a grid (“1+N”网格服务团队): everybody on duty there now.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ServiceTeam {
    /// The one: the dedicated grid member (专职网格员); absent while the post is vacant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dedicated_member: Option<Duty>,
    /// The N: police, lawyer, property, volunteers, doctor and whoever else serves the grid (服务力量).
    pub members: Vec<Duty>,
}

/// Somebody with the same duty in more than one grid (一人多格).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct DoubleDuty {
    /// Who (姓名).
    pub name: String,
    /// Their duties (任职), two or more.
    pub duties: Vec<Duty>,
}

/// How the posts of a region's comprehensive grids are filled (任职统计). All numbers count grids in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DutyReport {
    /// All comprehensive grids (综合网格数).
    pub grids: u32,
    /// With a dedicated member (已配专职网格员).
    pub with_dedicated_member: u32,
    /// With a lead (已配网格长).
    pub with_lead: u32,
    /// With a secretary (已配网格书记).
    pub with_secretary: u32,
    /// With a duty phone of lead or dedicated member on the public card (已公示).
    pub disclosed: u32,
}

/// The public card of a grid (网格公示牌).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GridCard {
    /// Its code (编码).
    pub code: String,
    /// Its name (名称).
    pub name: String,
    /// What kind of grid it is (类别).
    pub kind: crate::GridKind,
    /// The community or village (所属社区、村).
    pub region_code: RegionCode,
    /// What it is called (社区、村名称).
    pub region_name: String,
    /// What lies in it (范围).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub extent: Option<String>,
    /// Who is on duty (任职公示).
    pub duties: Vec<CardDuty>,
    /// Where to complain (监督电话); absent when the place has named none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supervision_phone: Option<String>,
    /// When the grid ended (撤销时间); absent while it is in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// The codes of the grids that took its place (接替网格); only when it has ended.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub successors: Vec<String>,
}

/// Somebody on the public card (公示人员).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CardDuty {
    /// As what (职务).
    pub role: DutyRole,
    /// Who (姓名): masked, unless the rules of the place have it in full.
    pub name: String,
    /// The phone of the duty (值班电话), never a private one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duty_phone: Option<String>,
    /// The buildings (楼栋).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub building: Option<String>,
}
