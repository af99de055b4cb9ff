//! What goes out: personal fields to whom they belong and to whoever confirms, and to nobody else.

use super::{
    CheckInKind, CheckInState,
    flow::{self, Action},
    row::Model,
};
use chrono::{DateTime, Utc};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AccountId, CheckInId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A check-in (双报到).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckIn {
    /// Its id.
    pub id: CheckInId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Who (账号).
    pub account_id: AccountId,
    /// Where (报到类别).
    pub kind: CheckInKind,
    /// Where it stands (报到状态).
    pub state: CheckInState,
    /// The community, or the region of the organization (区划).
    pub region_code: RegionCode,
    /// Where they work or belong (单位、组织).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_id: Option<OrganizationId>,
    /// What they can do (技能特长).
    pub skills: Vec<String>,
    /// Where they live, in words (住址); only where one check-in is read or changed, for the member and whoever confirms.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// What they would like to do (认领岗位意愿); shown as the address is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub post_wish: Option<String>,
    /// When they have time (可服务时间); shown as the address is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hours: Option<String>,
    /// What the community says of them (社区评语); shown as the address is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub words: Option<String>,
    /// Who confirmed it (确认人).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_by: Option<AccountId>,
    /// When it was confirmed (确认时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it ended (结束时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// When they checked in (报到时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What the caller can do with it now (可执行操作).
    pub allowed_actions: Vec<Action>,
}

/// What somebody says of themselves, as it is sealed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Detail {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) post_wish: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) hours: Option<String>,
}

/// What a sealed column of a check-in is bound to.
pub(super) fn owner(id: CheckInId, column: &str) -> String {
    format!("check_in {id} {column}")
}

/// A check-in in a list: nothing personal.
pub(super) fn plain(row: Model, own: bool, confirms: bool) -> Result<CheckIn> {
    let mine = |a: &Action| if *a == Action::End { own || confirms } else { confirms && !own };
    Ok(CheckIn {
        allowed_actions: Action::all().filter(|a| flow::next(row.state, *a).is_some() && mine(a)).collect(),
        skills: serde_json::from_str(&row.skills).map_err(Error::internal)?,
        id: row.id,
        version: row.version,
        account_id: row.account_id,
        kind: row.kind,
        state: row.state,
        region_code: row.region_code,
        organization_id: row.organization_id,
        address: None,
        post_wish: None,
        hours: None,
        words: None,
        confirmed_by: row.confirmed_by,
        confirmed_at: row.confirmed_at,
        ended_at: row.ended_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// A check-in by itself, in full.
pub(super) fn full(cx: &Cx, row: Model, own: bool, confirms: bool) -> Result<CheckIn> {
    let open = |column: &str, sealed: Option<&String>| sealed.map(|s| cx.vault().open(&owner(row.id, column), s)).transpose();
    let detail = match open("detail", row.detail.as_ref())? {
        Some(json) => serde_json::from_str(&json).map_err(Error::internal)?,
        None => Detail::default(),
    };
    let words = open("words", row.words.as_ref())?;
    let Detail { address, post_wish, hours } = detail;
    Ok(CheckIn { address, post_wish, hours, words, ..plain(row, own, confirms)? })
}
