//! What goes out, masked.

use super::{Members, row::Model};
use crate::{address, household, resident};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AccountId, HouseholdId, HouseholdLinkId},
    mask,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a party member was found to know of a household (四知).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FourKnows {
    /// 提户知人: of the household, its people.
    pub people: bool,
    /// 提人知事: of its people, what concerns them.
    pub matters: bool,
    /// 提事知情: of what concerns them, how it stands.
    pub circumstances: bool,
    /// 提情知策: of how it stands, which policies apply.
    pub policies: bool,
}

/// A party member's link with a household (党员联户).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HouseholdLink {
    /// Its id.
    pub id: HouseholdLinkId,
    /// The community or village (所属社区、村).
    pub region_code: RegionCode,
    /// The household (户).
    pub household_id: HouseholdId,
    /// Where the household lives (标准地址).
    pub address: String,
    /// The name of the head of the household, masked (户主姓名); absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(example = "张*")]
    pub head_name: Option<String>,
    /// The account of the party member (党员).
    pub member_id: AccountId,
    /// The name of the party member, masked (党员姓名).
    #[schema(example = "陈*")]
    pub member_name: String,
    /// What the member was found to know at the last check (四知); absent before the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub knows: Option<FourKnows>,
    /// When that was checked (检查时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub checked_at: Option<DateTime<Utc>>,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// From when on (联系起).
    pub valid_from: DateTime<Utc>,
    /// Until when (联系止); absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_to: Option<DateTime<Utc>>,
    /// When it was entered (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

pub(super) async fn one(cx: &Cx, conn: &impl ConnectionTrait, row: Model, members: &impl Members) -> Result<HouseholdLink> {
    shown(cx, conn, vec![row], members).await?.pop().ok_or_else(|| Error::internal("the link is shown"))
}

/// The views of these rows: a query for each sort of what they refer to.
pub(super) async fn shown(cx: &Cx, conn: &impl ConnectionTrait, rows: Vec<Model>, members: &impl Members) -> Result<Vec<HouseholdLink>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let homes = household::store::named(conn, rows.iter().map(|r| r.household_id).collect()).await?;
    let texts = address::store::texts(conn, homes.values().map(|h| h.address_id).collect()).await?;
    let heads = resident::masked_names(conn, cx, homes.values().filter_map(|h| h.head_id).collect()).await?;
    let names = members.names(&rows.iter().map(|r| r.member_id).collect::<Vec<_>>()).await?;
    let view = |row: Model| {
        let home = homes.get(&row.household_id);
        Ok(HouseholdLink {
            id: row.id,
            region_code: row.region_code,
            household_id: row.household_id,
            address: home.and_then(|h| texts.get(&h.address_id).cloned()).unwrap_or_default(),
            head_name: home.and_then(|h| h.head_id).and_then(|head| heads.get(&head).cloned()),
            member_id: row.member_id,
            member_name: names.get(&row.member_id).map(|name| mask::name(name)).unwrap_or_default(),
            knows: row.knows.map(|text| serde_json::from_str(&text)).transpose().map_err(Error::internal)?,
            checked_at: row.checked_at,
            version: row.version,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    };
    rows.into_iter().map(view).collect()
}
