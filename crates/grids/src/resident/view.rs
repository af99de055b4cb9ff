//! What goes out: masked, unless a purpose has been named.

use super::row::{self, Sealed};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, RegionCode, Result,
    id::{GridId, HouseholdId, HouseholdMemberId, ResidentId},
    mask,
    person::Sex,
};
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How somebody lives here (居住类别).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Residence {
    /// 常住: lives here.
    #[default]
    Permanent,
    /// 流动: lives here, registered elsewhere.
    Floating,
    /// 外出: registered here, lives elsewhere.
    Away,
    /// 境外人员
    Overseas,
}

/// What somebody is to the head of the household (与户主关系), as GB/T 4761 groups them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Kinship {
    /// 户主
    Head,
    /// 配偶
    Spouse,
    /// 子女
    Child,
    /// 孙子女、外孙子女
    Grandchild,
    /// 父母、公婆、岳父母
    Parent,
    /// 祖父母、外祖父母
    Grandparent,
    /// 兄弟姐妹
    Sibling,
    /// 其他
    #[default]
    Other,
}

/// Why somebody left (离开原因).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// 迁走
    Moved,
    /// 死亡
    Deceased,
    /// 登记有误
    Mistaken,
}

/// A resident (居民), as most see one: names and numbers masked, the age not told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Resident {
    /// Its id.
    pub id: ResidentId,
    /// The community or village (所属社区、村).
    pub region_code: RegionCode,
    /// The grid, which is that of the household (网格); absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// The household (户); absent for somebody who belongs to none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub household_id: Option<HouseholdId>,
    /// The name, masked (姓名).
    #[schema(example = "张**")]
    pub name: String,
    /// The phone, masked (电话); absent if none is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "138****1234")]
    pub phone: Option<String>,
    /// The ID number, masked (身份证号码); absent if none is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "3211**********0014")]
    pub id_number: Option<String>,
    /// Sex (性别).
    pub sex: Sex,
    /// How the resident lives here (居住类别).
    pub residence: Residence,
    /// Whether the data is locked (限制处理): kept, and neither shown nor changed.
    pub restricted: bool,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The day on which the resident left (离开日期); absent for those who are here.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left_on: Option<NaiveDate>,
    /// Why (离开原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left_why: Option<LeaveReason>,
    /// When the resident was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When the entry last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// A resident's fields in full (居民明文): those that were asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevealedResident {
    /// The resident.
    pub id: ResidentId,
    /// The name (姓名).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The phone (电话).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    /// The ID number (身份证号码).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_number: Option<String>,
    /// The day of birth (出生日期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub birth_date: Option<NaiveDate>,
}

/// A membership in a household (户成员), present or past.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HouseholdMember {
    /// Its id.
    pub id: HouseholdMemberId,
    /// The household (户).
    pub household_id: HouseholdId,
    /// The resident (居民).
    pub resident_id: ResidentId,
    /// The name, masked (姓名).
    #[schema(example = "张**")]
    pub name: String,
    /// What the resident is to the head (与户主关系).
    pub relation: Kinship,
    /// The first day (迁入日期).
    pub valid_from: NaiveDate,
    /// The last day (迁出日期); absent while it lasts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<NaiveDate>,
}

/// What the sealed fields of a resident say.
pub(super) struct Open {
    pub(super) name: String,
    pub(super) phone: Option<String>,
    pub(super) id_number: Option<String>,
}

pub(super) fn open(cx: &Cx, row: &row::Model) -> Result<Open> {
    let maybe = |column: Sealed, sealed: &Option<String>| sealed.as_deref().map(|s| column.open(cx, row.id, s)).transpose();
    Ok(Open {
        name: Sealed::Name.open(cx, row.id, &row.name)?,
        phone: maybe(Sealed::Phone, &row.phone)?,
        id_number: maybe(Sealed::IdNumber, &row.id_number)?,
    })
}

pub(super) fn masked(cx: &Cx, row: row::Model) -> Result<Resident> {
    let open = open(cx, &row)?;
    Ok(Resident {
        id: row.id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        household_id: row.household_id,
        name: if row.restricted { "*".to_owned() } else { mask::name(&open.name) },
        phone: open.phone.filter(|_| !row.restricted).map(|p| mask::phone(&p)),
        id_number: open.id_number.filter(|_| !row.restricted).map(|n| mask::id_number(&n)),
        sex: row.sex,
        residence: row.residence,
        restricted: row.restricted,
        version: row.version,
        left_on: row.left_on,
        left_why: row.left_why,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
