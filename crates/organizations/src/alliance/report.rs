//! The figures of a region's alliances (联盟统计): how many there are, with how many units; what is offered and needed, by state and by
//! organization; what joint meetings have come to.

use super::{AllianceKind, AllianceState, common::today, row::alliance, row::member, store};
use crate::{
    meeting::{JointMeetingState, MeetingColumn as J, MeetingEntity},
    partnership::{ItemColumn as I, ItemEntity, PartnershipItemKind, PartnershipItemState as S, PartnershipSide},
};
use kernel::{
    Cx, Permission, Place, RegionCode, Result,
    id::{AllianceId, OrganizationId},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// So many organizations are told of; those with the most.
const MOST_ORGANIZATIONS: usize = 200;

/// Which figures to add up (联盟统计).
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadAllianceReport {
    /// Of this region (区划), of any level, and all beneath it.
    pub region_code: RegionCode,
    /// Of this alliance only (联盟).
    pub alliance_id: Option<AllianceId>,
}

/// The figures of a region's alliances (联盟统计).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllianceReport {
    /// Alliances that last, by kind (各类联盟).
    pub alliances: Vec<AllianceKindCount>,
    /// What is offered (供给), by state.
    pub offers: PartnershipCounts,
    /// What is needed (需求), by state.
    pub needs: PartnershipCounts,
    /// How many service packages were offered and not withdrawn (服务套餐数).
    #[schema(minimum = 0)]
    pub packages: i64,
    /// By organization (按单位), the 200 with the most.
    pub organizations: Vec<PartnershipTally>,
    /// Joint meetings (联席会议).
    pub meetings: MeetingCounts,
}

/// Alliances of one kind (一类联盟).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AllianceKindCount {
    /// The kind (类别).
    pub kind: AllianceKind,
    /// How many (联盟数).
    #[schema(minimum = 0)]
    pub alliances: i64,
    /// How many organizations are members of one today, each counted once (成员单位数).
    #[schema(minimum = 0)]
    pub units: i64,
}

/// How many stand where (各状态数).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PartnershipCounts {
    /// 待认领
    #[schema(minimum = 0)]
    pub open: i64,
    /// 已认领
    #[schema(minimum = 0)]
    pub claimed: i64,
    /// 已签约
    #[schema(minimum = 0)]
    pub signed: i64,
    /// 已履约
    #[schema(minimum = 0)]
    pub fulfilled: i64,
    /// 未履约
    #[schema(minimum = 0)]
    pub unfulfilled: i64,
    /// 已撤回
    #[schema(minimum = 0)]
    pub withdrawn: i64,
    /// 已失效
    #[schema(minimum = 0)]
    pub lapsed: i64,
}

impl PartnershipCounts {
    fn add(&mut self, state: S, n: i64) {
        let place = match state {
            S::Open => &mut self.open,
            S::Claimed => &mut self.claimed,
            S::Signed => &mut self.signed,
            S::Fulfilled => &mut self.fulfilled,
            S::Unfulfilled => &mut self.unfulfilled,
            S::Withdrawn => &mut self.withdrawn,
            S::Lapsed => &mut self.lapsed,
        };
        *place += n;
    }
}

/// What one organization offers, needs and has claimed (单位统计).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartnershipTally {
    /// Which (单位).
    pub organization_id: OrganizationId,
    /// What it is called (单位名称).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization_name: Option<String>,
    /// How much it has offered or needed, withdrawn or not (发布数).
    #[schema(minimum = 0)]
    pub owned: i64,
    /// How much of others it has claimed (认领数).
    #[schema(minimum = 0)]
    pub claimed: i64,
    /// Of both, what was fulfilled (履约数).
    #[schema(minimum = 0)]
    pub fulfilled: i64,
}

/// What joint meetings have come to (联席会议统计).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct MeetingCounts {
    /// How many were held (召开数).
    #[schema(minimum = 0)]
    pub held: i64,
    /// How many matters were spoken of, disputes included (议题数).
    #[schema(minimum = 0)]
    pub matters: i64,
    /// How many of them are settled (已解决数).
    #[schema(minimum = 0)]
    pub settled: i64,
    /// How many of them are disputes (纠纷数).
    #[schema(minimum = 0)]
    pub disputes: i64,
    /// How many of those are settled (已化解数).
    #[schema(minimum = 0)]
    pub disputes_settled: i64,
}

/// Adds up the figures of a region's alliances (联盟统计).
///
/// # Errors
/// `permission_missing`.
pub async fn alliance_report(cx: &Cx, query: ReadAllianceReport) -> Result<AllianceReport> {
    let region = query.region_code;
    cx.actor.require(Permission::OrganizationRead, &Place::from(region))?;
    let items = items(cx, &query).await?;
    let mut tallies: BTreeMap<OrganizationId, PartnershipTally> = BTreeMap::new();
    let (mut offers, mut needs, mut packages) = (PartnershipCounts::default(), PartnershipCounts::default(), 0);
    for item in items {
        let counts = if item.side == PartnershipSide::Offer { &mut offers } else { &mut needs };
        counts.add(item.state, item.count);
        if (item.side, item.kind) == (PartnershipSide::Offer, PartnershipItemKind::Package) && item.state != S::Withdrawn {
            packages += item.count;
        }
        let fulfilled = if item.state == S::Fulfilled { item.count } else { 0 };
        let mut tally = |id: OrganizationId, owned, claimed| {
            let none = PartnershipTally { organization_id: id, organization_name: None, owned: 0, claimed: 0, fulfilled: 0 };
            let tally = tallies.entry(id).or_insert(none);
            tally.owned += owned;
            tally.claimed += claimed;
            tally.fulfilled += fulfilled;
        };
        tally(item.owner, item.count, 0);
        if let Some(claimant) = item.claimant {
            tally(claimant, 0, item.count);
        }
    }
    let mut organizations: Vec<PartnershipTally> = tallies.into_values().collect();
    organizations.sort_by_key(|t| (-(t.owned + t.claimed), t.organization_id));
    organizations.truncate(MOST_ORGANIZATIONS);
    let names = store::names(cx, organizations.iter().map(|t| t.organization_id).collect()).await?;
    for tally in &mut organizations {
        tally.organization_name = names.get(&tally.organization_id).cloned();
    }
    Ok(AllianceReport {
        alliances: kinds(cx, &query).await?,
        offers,
        needs,
        packages,
        organizations,
        meetings: meetings(cx, &query).await?,
    })
}

/// Items that are alike in all that is counted.
struct Alike {
    owner: OrganizationId,
    claimant: Option<OrganizationId>,
    side: PartnershipSide,
    kind: PartnershipItemKind,
    state: S,
    count: i64,
}

async fn items(cx: &Cx, query: &ReadAllianceReport) -> Result<Vec<Alike>> {
    let (first, last) = query.region_code.range();
    let overdue = || Condition::all().add(I::State.is_in([S::Open, S::Claimed])).add(I::ValidUntil.lt(today(cx)));
    let mut all = Vec::new();
    for lapsed in [false, true] {
        let select = ItemEntity::find()
            .select_only()
            .columns([I::OwnerId, I::ClaimantId, I::Side, I::Kind, I::State])
            .column_as(I::Id.count(), "count")
            .filter(I::RegionCode.between(first, last))
            .filter(if lapsed {
                overdue()
            } else {
                let open = Condition::any().add(I::ValidUntil.is_null()).add(I::ValidUntil.gte(today(cx)));
                open.add(I::State.is_not_in([S::Open, S::Claimed]))
            })
            .apply_if(query.alliance_id, |q, id| q.filter(I::AllianceId.eq(id)))
            .group_by(I::OwnerId)
            .group_by(I::ClaimantId)
            .group_by(I::Side)
            .group_by(I::Kind)
            .group_by(I::State);
        type Row = (OrganizationId, Option<OrganizationId>, PartnershipSide, PartnershipItemKind, S, i64);
        let rows: Vec<Row> = select.into_tuple().all(cx.reader()).await?;
        all.extend(rows.into_iter().map(|(owner, claimant, side, kind, state, count)| {
            let state = if lapsed { S::Lapsed } else { state };
            Alike { owner, claimant, side, kind, state, count }
        }));
    }
    Ok(all)
}

async fn kinds(cx: &Cx, query: &ReadAllianceReport) -> Result<Vec<AllianceKindCount>> {
    use alliance::Column as C;
    use member::Column as M;
    let (first, last) = query.region_code.range();
    let lasting = || {
        let all = Condition::all().add(C::RegionCode.between(first, last)).add(C::State.eq(AllianceState::Active));
        match query.alliance_id {
            Some(id) => all.add(C::Id.eq(id)),
            None => all,
        }
    };
    let counted = alliance::Entity::find().select_only().column(C::Kind).column_as(C::Id.count(), "count").filter(lasting());
    let counted: Vec<(AllianceKind, i64)> = counted.group_by(C::Kind).order_by_asc(C::Kind).into_tuple().all(cx.reader()).await?;
    let mut kinds = Vec::new();
    for (kind, alliances) in counted {
        let of = alliance::Entity::find().select_only().column(C::Id).filter(lasting()).filter(C::Kind.eq(kind)).into_query();
        let units = member::Entity::find()
            .select_only()
            .column_as(Expr::col(M::OrganizationId).count_distinct(), "count")
            .filter(M::AllianceId.in_subquery(of))
            .filter(store::on(today(cx)));
        let units: Option<i64> = units.into_tuple().one(cx.reader()).await?;
        kinds.push(AllianceKindCount { kind, alliances, units: units.unwrap_or(0) });
    }
    Ok(kinds)
}

async fn meetings(cx: &Cx, query: &ReadAllianceReport) -> Result<MeetingCounts> {
    let (first, last) = query.region_code.range();
    let select = MeetingEntity::find()
        .select_only()
        .column_as(J::Id.count(), "held")
        .column_as(J::Matters.sum(), "matters")
        .column_as(J::Settled.sum(), "settled")
        .column_as(J::Disputes.sum(), "disputes")
        .column_as(J::DisputesSettled.sum(), "disputes_settled")
        .filter(J::RegionCode.between(first, last))
        .filter(J::State.eq(JointMeetingState::Held))
        .apply_if(query.alliance_id, |q, id| q.filter(J::AllianceId.eq(id)));
    type Row = (i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
    let row: Option<Row> = select.into_tuple().one(cx.reader()).await?;
    Ok(row.map_or_else(MeetingCounts::default, |(held, matters, settled, disputes, disputes_settled)| MeetingCounts {
        held,
        matters: matters.unwrap_or(0),
        settled: settled.unwrap_or(0),
        disputes: disputes.unwrap_or(0),
        disputes_settled: disputes_settled.unwrap_or(0),
    }))
}
