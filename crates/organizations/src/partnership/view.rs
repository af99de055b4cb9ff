//! What goes out. The proof is in full for the two sides, with numbers of people masked for others.

use super::{
    PartnershipItemKind, PartnershipItemState, PartnershipSide,
    flow::{self, Action, Party},
    row::Model,
};
use crate::alliance::{Names, common::today};
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{
    Cx, Permission, Place, RegionCode, Result,
    access::PersonalData,
    id::{AllianceId, OrganizationId, PartnershipItemId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an organization offers or needs (服务清单条目), and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartnershipItem {
    /// Its id (编号).
    pub id: PartnershipItemId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// Where it stands (状态).
    pub state: PartnershipItemState,
    /// Whether it is offered or needed (供需).
    pub side: PartnershipSide,
    /// What sort of thing it is (类别).
    pub kind: PartnershipItemKind,
    /// Within which alliance (联盟); absent where everybody in the region may claim it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alliance_id: Option<AllianceId>,
    /// For which region (面向区划).
    pub region_code: RegionCode,
    /// Whoever offers or needs it (发布单位).
    pub owner_id: OrganizationId,
    /// What that is called (发布单位名称).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner_name: Option<String>,
    /// What it is (名称).
    pub title: String,
    /// More about it (说明).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// The last day on which both sides can have signed (截止日期).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_until: Option<NaiveDate>,
    /// Whoever claimed it (认领单位).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimant_id: Option<OrganizationId>,
    /// What that is called (认领单位名称).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimant_name: Option<String>,
    /// When it was claimed (认领时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimed_at: Option<DateTime<Utc>>,
    /// When whoever offers or needs it signed (发布方签约时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner_signed_at: Option<DateTime<Utc>>,
    /// When whoever claimed it signed (认领方签约时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub claimant_signed_at: Option<DateTime<Utc>>,
    /// When the receiving side judged (评价时间).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub judged_at: Option<DateTime<Utc>>,
    /// What shows that it was fulfilled (履约佐证), or why it was not; only where one is read or changed, and with numbers of people masked
    /// for those who act for neither side.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<String>,
    /// Why it was withdrawn (撤回原因).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// When it was entered (发布时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
    /// What the caller can do with it now (可执行操作); to claim it, for an organization of theirs.
    pub allowed_actions: Vec<Action>,
}

fn sealed(id: PartnershipItemId) -> String {
    format!("partnership item {id} proof")
}

pub(super) fn seal(cx: &Cx, id: PartnershipItemId, proof: &str) -> Result<String> {
    cx.vault().seal(&sealed(id), proof)
}

/// The sides that the caller acts for.
fn sides(cx: &Cx, row: &Model) -> Vec<Party> {
    let acts = |id, region| cx.actor.can(Permission::PartnershipAct, &Place { region: Some(region), grid: None, organization: Some(id) });
    let claimant = row.claimant_id.zip(row.claimant_region).is_some_and(|(id, region)| acts(id, region));
    let owner = acts(row.owner_id, row.owner_region);
    [(Party::Owner, owner), (Party::Claimant, claimant)].into_iter().filter(|(_, acts)| *acts).map(|(party, _)| party).collect()
}

/// The item by itself, with its proof.
pub(super) fn alone(cx: &Cx, row: Model, names: &Names) -> Result<PartnershipItem> {
    let full = cx.actor.sees(PersonalData::Visits) && !sides(cx, &row).is_empty();
    let proof = row.proof.as_deref().map(|proof| cx.vault().open(&sealed(row.id), proof)).transpose()?;
    let proof = proof.map(|proof| if full { proof } else { mask::text(&proof) });
    Ok(PartnershipItem { proof, ..in_list(cx, row, names) })
}

/// The item in a list.
pub(super) fn in_list(cx: &Cx, row: Model, names: &Names) -> PartnershipItem {
    let state = flow::standing(row.state, row.valid_until, today(cx));
    let sides = sides(cx, &row);
    let claims = !cx.actor.reach(Permission::PartnershipAct).is_empty();
    let signed = |party: &Party| match party {
        Party::Owner => row.owner_signed_at.is_some(),
        Party::Claimant => row.claimant_signed_at.is_some(),
        Party::Other => true,
    };
    let theirs = |a: &Action| match a {
        Action::Claim => claims,
        Action::Sign => sides.iter().any(|p| !signed(p)),
        _ => sides.iter().any(|p| flow::belongs(*a, row.side, *p)),
    };
    PartnershipItem {
        allowed_actions: Action::all().filter(|a| !flow::outcomes(state, *a).is_empty() && theirs(a)).collect(),
        id: row.id,
        version: row.version,
        state,
        side: row.side,
        kind: row.kind,
        alliance_id: row.alliance_id,
        region_code: row.region_code,
        owner_name: names.get(&row.owner_id).cloned(),
        owner_id: row.owner_id,
        title: row.title,
        detail: row.detail,
        valid_until: row.valid_until,
        claimant_name: row.claimant_id.and_then(|id| names.get(&id).cloned()),
        claimant_id: row.claimant_id,
        claimed_at: row.claimed_at,
        owner_signed_at: row.owner_signed_at,
        claimant_signed_at: row.claimant_signed_at,
        judged_at: row.judged_at,
        proof: None,
        reason: row.reason,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}
