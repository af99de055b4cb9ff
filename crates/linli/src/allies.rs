//! The alliances of the demo: 宝龙商圈红色联盟 with 18 departments, 27 service packages and a chair that rotates monthly; 红色物业 1+4 of
//! 宜城街道 with 126 matters and 65 disputes of owners; 八共八联 of 康乐社区 with its 24 resident units and 10 pairing items.
//!
//! The figures are those of the seeds (handbook 1, ORG-06 to 10 and 27); what departments and units are called is invented. What is
//! there already is left alone.

use chrono::{Datelike, Duration, NaiveDate};
use kernel::{
    Cx, Error, RegionCode, Result,
    id::{AllianceId, OrganizationId},
};
use organizations::{
    CreateOrganization, ListOrganizations, OrganizationKind,
    alliance::{self, AllianceKind, CreateAlliance, JoinAlliance, ListAllianceMembers, ListAlliances},
    meeting::{self, JointMeetingKind, ListJointMeetings, MatterKind, MeetingMatter, PlanJointMeeting, RecordJointMeeting},
    partnership::{
        self, ClaimPartnershipItem, CreatePartnershipItem, JudgePartnershipItem, ListPartnershipItems, PartnershipItem,
        PartnershipItemKind, PartnershipSide, SignPartnershipItem,
    },
};

const DANTU: &str = "321112000000";
const YICHENG: &str = "321112002000";
const KANGLE: &str = "321003005008";
/// The seed says more than 20 units for a partnership; Kangle has 24 resident units.
const UNITS: usize = 24;
/// Those of them that the seed names.
const NAMED_UNITS: [&str; 4] = ["省渔管会", "市中级法院", "市人社局", "市残联"];

const DEPARTMENTS: [&str; 18] = [
    "商务局",
    "市场监督管理局",
    "人力资源和社会保障局",
    "税务局",
    "消防救援大队",
    "城市管理局",
    "卫生健康委员会",
    "文化体育和旅游局",
    "司法局",
    "应急管理局",
    "住房和城乡建设局",
    "公安分局",
    "行政审批局",
    "总工会",
    "团委",
    "妇女联合会",
    "民政局",
    "教育局",
];

/// What a department offers: the theme, over and over.
const PACKAGES: [&str; 9] =
    ["企业用工招聘", "减税降费政策解读", "消防安全培训", "食品安全指导", "证照代办", "法律体检", "健康义诊", "文艺进商圈", "金融惠企对接"];

/// What Kangle and its units do for each other; whether the community needs it, or a unit offers it.
const PAIRS: [(&str, bool); 10] = [
    ("党课共上", false),
    ("场地共用", false),
    ("义诊义剪", false),
    ("助学辅导", false),
    ("法律咨询", false),
    ("孤老陪护", true),
    ("环境整治", true),
    ("飞线整治", true),
    ("就业岗位", true),
    ("节日慰问", true),
];

/// Makes them, or completes them.
pub(crate) async fn tell(cx: &Cx) -> Result<()> {
    baolong(cx).await?;
    red_property(cx).await?;
    kangle(cx).await
}

/// The first day of the month ten months ago.
fn since(cx: &Cx) -> NaiveDate {
    let day = (cx.now() - Duration::days(300)).date_naive();
    day.with_day(1).unwrap_or(day)
}

async fn baolong(cx: &Cx) -> Result<()> {
    let (district, street): (RegionCode, RegionCode) = (DANTU.parse()?, YICHENG.parse()?);
    let lead = organization(cx, "宝龙商圈党委", OrganizationKind::CommunityPartyOrganization, street).await?;
    let red = founded(cx, "宝龙商圈红色联盟", AllianceKind::RedAlliance, district, lead).await?;
    let mut units = Vec::new();
    for name in DEPARTMENTS {
        units.push(organization(cx, &format!("丹徒区{name}"), OrganizationKind::GovernmentDepartment, district).await?);
    }
    joined(cx, red, units.iter().map(|unit| (*unit, None)).collect()).await?;
    let known = items(cx, red).await?.len();
    for n in known..27 {
        let (unit, theme) = (units[n % units.len()], PACKAGES[n % PACKAGES.len()]);
        let title = format!("{theme}专题服务套餐({})", n / PACKAGES.len() + 1);
        let item = offered(cx, red, unit, PartnershipSide::Offer, PartnershipItemKind::Package, title).await?;
        // 15 actions of the three deliveries (送服务、送政策、送优惠).
        if n < 15 {
            agreed(cx, &item, lead).await?;
            judged(cx, &item, lead).await?;
        }
    }
    Ok(())
}

async fn red_property(cx: &Cx) -> Result<()> {
    let street: RegionCode = YICHENG.parse()?;
    let lead = organization(cx, "宜城街道党工委", OrganizationKind::StreetPartyCommittee, street).await?;
    let red = founded(cx, "宜城街道红色物业", AllianceKind::RedProperty, street, lead).await?;
    let mut parts = vec![(lead, Some("street_party"))];
    for (name, kind, part) in [
        ("宜城社区党总支", OrganizationKind::CommunityPartyOrganization, "community_party"),
        ("宜城物业党支部", OrganizationKind::PropertyCompany, "property_branch"),
        ("宜城业主代表会", OrganizationKind::OwnersCommittee, "owners"),
        ("宜城居民志愿者服务队", OrganizationKind::VolunteerTeam, "volunteers"),
    ] {
        parts.push((organization(cx, name, kind, street).await?, Some(part)));
    }
    let attendee_ids: Vec<OrganizationId> = parts.iter().map(|(unit, _)| *unit).collect();
    joined(cx, red, parts).await?;
    let list = ListJointMeetings { alliance_id: Some(red), limit: Some(100), ..ListJointMeetings::default() };
    let known = meeting::list_joint_meetings(cx, list).await?.items;
    let kinds = [
        (JointMeetingKind::Consult, "民情恳谈会"),
        (JointMeetingKind::Coordinate, "事务协调会"),
        (JointMeetingKind::Evaluate, "成效评估会"),
    ];
    for n in 0..6_u8 {
        let (kind, name) = kinds[usize::from(n) % kinds.len()];
        let title = format!("第{}次{name}", n + 1);
        let planned_at = cx.now() - Duration::days(30 * i64::from(6 - n));
        let found = known.iter().find(|m| m.title == title);
        let id = match found {
            Some(meeting) if meeting.held_at.is_some() => continue,
            Some(meeting) => meeting.id,
            None => meeting::plan_joint_meeting(cx, red, PlanJointMeeting { kind, title, place: None, planned_at }).await?.id,
        };
        // 6 × 21 matters; 5 × 11 and 10 disputes.
        let disputes = if n == 5 { 10 } else { 11 };
        let matter = |kind, title: &str| MeetingMatter {
            kind,
            title: title.to_owned(),
            outcome: Some("已协商解决".to_owned()),
            settled: true,
            order_id: None,
        };
        let matters = (0..21)
            .map(|_| matter(MatterKind::Matter, "小区公共事务"))
            .chain((0..disputes).map(|_| matter(MatterKind::Dispute, "业主矛盾纠纷")))
            .collect();
        let record = RecordJointMeeting { held_at: None, attendee_ids: attendee_ids.clone(), matters, version: None };
        meeting::record_joint_meeting(cx, id, record).await?;
    }
    Ok(())
}

async fn kangle(cx: &Cx) -> Result<()> {
    let region: RegionCode = KANGLE.parse()?;
    let lead = organization(cx, "康乐社区党委", OrganizationKind::CommunityPartyOrganization, region).await?;
    let pact = founded(cx, "康乐社区八共八联", AllianceKind::CoBuilding, region, lead).await?;
    let list = || ListOrganizations {
        region_code: Some(region),
        kind: Some(OrganizationKind::ResidentUnit),
        limit: Some(100),
        ..ListOrganizations::default()
    };
    let known = organizations::list_organizations(cx, list()).await?.items.len();
    for n in known..UNITS {
        let name = NAMED_UNITS.get(n).map_or_else(|| format!("驻区单位{:02}", n + 1), |name| (*name).to_owned());
        organization(cx, &name, OrganizationKind::ResidentUnit, region).await?;
    }
    let units: Vec<OrganizationId> = organizations::list_organizations(cx, list()).await?.items.into_iter().map(|o| o.id).collect();
    joined(cx, pact, units.iter().map(|unit| (*unit, None)).collect()).await?;
    let known = items(cx, pact).await?.len();
    for (n, (title, needs)) in PAIRS.into_iter().enumerate().skip(known) {
        let unit = *units.get(n).ok_or_else(|| Error::internal("the demo has units"))?;
        let (owner, claimant, side) = if needs { (lead, unit, PartnershipSide::Need) } else { (unit, lead, PartnershipSide::Offer) };
        let item = offered(cx, pact, owner, side, PartnershipItemKind::Pairing, title.to_owned()).await?;
        match n % 3 {
            0 => {
                agreed(cx, &item, claimant).await?;
                judged(cx, &item, lead).await?;
            }
            1 => agreed(cx, &item, claimant).await?,
            _ => {}
        }
    }
    Ok(())
}

async fn organization(cx: &Cx, name: &str, kind: OrganizationKind, region: RegionCode) -> Result<OrganizationId> {
    let list = ListOrganizations { region_code: Some(region), kind: Some(kind), limit: Some(100), ..ListOrganizations::default() };
    let known = organizations::list_organizations(cx, list).await?;
    if let Some(known) = known.items.into_iter().find(|o| o.name == name && o.region_code == region) {
        return Ok(known.id);
    }
    // As the API reads it, so that what another part of the demo wants to know besides is as usual.
    let body = serde_json::json!({ "name": name, "kind": kind, "region_code": region });
    let organization: CreateOrganization = serde_json::from_value(body).map_err(Error::internal)?;
    let rules = services::policy::organization_rules(cx, region).await?;
    Ok(organizations::create_organization(cx, organization, &rules).await?.id)
}

async fn founded(cx: &Cx, name: &str, kind: AllianceKind, region: RegionCode, lead: OrganizationId) -> Result<AllianceId> {
    let list = ListAlliances { region_code: Some(region), kind: Some(kind), limit: Some(100), ..ListAlliances::default() };
    if let Some(known) = alliance::list_alliances(cx, list).await?.items.into_iter().find(|a| a.name == name) {
        return Ok(known.id);
    }
    let new = CreateAlliance {
        name: name.to_owned(),
        kind,
        region_code: region,
        lead_id: lead,
        starts_on: Some(since(cx)),
        ends_on: None,
        rotation_months: None,
        rotation_start: None,
        required_parts: None,
    };
    Ok(alliance::create_alliance(cx, new).await?.id)
}

async fn joined(cx: &Cx, alliance: AllianceId, units: Vec<(OrganizationId, Option<&'static str>)>) -> Result<()> {
    let list = ListAllianceMembers { limit: Some(100), ..ListAllianceMembers::default() };
    let known = alliance::list_alliance_members(cx, alliance, list).await?.items;
    let from = alliance::get_alliance(cx, alliance).await?.starts_on;
    for (unit, part) in units {
        if known.iter().any(|m| m.organization_id == unit) {
            continue;
        }
        let join = JoinAlliance {
            organization_id: unit,
            seat: None,
            part: part.map(str::to_owned),
            position: None,
            joined_on: Some(from),
            left_on: None,
            version: None,
        };
        alliance::join_alliance(cx, alliance, join).await?;
    }
    Ok(())
}

async fn items(cx: &Cx, alliance: AllianceId) -> Result<Vec<PartnershipItem>> {
    let list = ListPartnershipItems { alliance_id: Some(alliance), limit: Some(100), ..ListPartnershipItems::default() };
    Ok(partnership::list_partnership_items(cx, list).await?.items)
}

async fn offered(
    cx: &Cx,
    alliance: AllianceId,
    unit: OrganizationId,
    side: PartnershipSide,
    kind: PartnershipItemKind,
    title: String,
) -> Result<PartnershipItem> {
    let item = CreatePartnershipItem {
        organization_id: unit,
        side,
        kind,
        title,
        detail: None,
        alliance_id: Some(alliance),
        region_code: None,
        valid_until: None,
    };
    partnership::create_partnership_item(cx, item).await
}

/// Claimed, and signed by both sides.
async fn agreed(cx: &Cx, item: &PartnershipItem, claimant: OrganizationId) -> Result<()> {
    partnership::claim_partnership_item(cx, item.id, ClaimPartnershipItem { organization_id: claimant, version: None }).await?;
    for unit in [item.owner_id, claimant] {
        partnership::sign_partnership_item(cx, item.id, SignPartnershipItem { organization_id: unit, version: None }).await?;
    }
    Ok(())
}

async fn judged(cx: &Cx, item: &PartnershipItem, receiver: OrganizationId) -> Result<()> {
    let judge =
        JudgePartnershipItem {
            organization_id: receiver, fulfilled: true, proof: "活动已开展,有签到和照片。".to_owned(), version: None
        };
    partnership::judge_partnership_item(cx, item.id, judge).await?;
    Ok(())
}
