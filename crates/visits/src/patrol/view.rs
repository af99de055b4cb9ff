//! What goes out: texts and routes in full for who recorded them and who may see such things, masked for others.

use super::{
    FindingHandling, FindingKind, FindingSeverity, PatrolKind,
    row::{finding, patrol},
};
use chrono::{DateTime, Utc};
use files::Attachment;
use kernel::{
    Cx, Error, RegionCode, Result,
    geo::{Datum, Point, Position},
    id::{AccountId, FindingId, GridId, OrderId, PatrolId},
    mask,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A patrol (巡查).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Patrol {
    /// Its id.
    pub id: PatrolId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid that it went through (网格), if one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// Alone or together (巡查方式).
    pub kind: PatrolKind,
    /// How many went along (参加人数).
    #[schema(minimum = 1)]
    pub participants: i16,
    /// Who recorded it (登记人).
    pub recorded_by: AccountId,
    /// When it began (开始时间).
    pub started_at: DateTime<Utc>,
    /// When it ended (结束时间).
    pub ended_at: DateTime<Utc>,
    /// Where it went (巡查路线), in WGS-84; only where one patrol is read or recorded, and for those who see it in full.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub route: Vec<Point>,
    /// How many points the route has (路线点数).
    #[schema(minimum = 0)]
    pub route_points: i16,
    /// What was written down (巡查记录); phone and ID numbers are masked for those who do not see it in full.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// How many things were found (发现数).
    #[schema(minimum = 0)]
    pub findings: i32,
    /// Whether the note is masked (已脱敏).
    pub masked: bool,
    /// When it was recorded (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// What was found on a patrol or on the way (巡查发现).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// Its version (版本), 1 when new.
    #[schema(minimum = 1)]
    pub version: i32,
    /// The patrol (巡查); absent when it was found on the way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patrol_id: Option<PatrolId>,
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格), if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// What it is (发现类型).
    pub kind: FindingKind,
    /// How bad it is (严重程度).
    pub severity: FindingSeverity,
    /// What was done about it (处置方式).
    pub handling: FindingHandling,
    /// What it is about (标题). Phone and ID numbers are masked for those who do not see it in full.
    pub title: String,
    /// What was found (内容), masked likewise.
    pub content: String,
    /// Where (位置), in WGS-84.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub point: Option<Point>,
    /// How many photos there are (照片数).
    #[schema(minimum = 0)]
    pub attachment_count: i16,
    /// The photos (照片), with links that are good for ten minutes; only where one finding is read, for those who see it in full. Of one that was
    /// pushed up they are the order's.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attachments: Vec<Attachment>,
    /// The order that it became (订单).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<OrderId>,
    /// Who recorded it (登记人).
    pub recorded_by: AccountId,
    /// When it was found (发现时间).
    pub found_at: DateTime<Utc>,
    /// Whether the texts are masked (已脱敏).
    pub masked: bool,
    /// When it was recorded (登记时间).
    pub created_at: DateTime<Utc>,
    /// When it last changed (更新时间).
    pub updated_at: DateTime<Utc>,
}

/// How much was patrolled and found somewhere (巡查统计).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PatrolCount {
    /// The community or village (社区、村).
    pub region_code: RegionCode,
    /// The grid (网格), where it is counted by grids; absent for what lies in none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub grid_id: Option<GridId>,
    /// Patrols of one person alone (自主巡查次数).
    #[schema(minimum = 0)]
    pub single_patrols: i64,
    /// Patrols of several together (集中巡查次数).
    #[schema(minimum = 0)]
    pub group_patrols: i64,
    /// Hazards found (隐患数).
    #[schema(minimum = 0)]
    pub hazards: i64,
    /// Clues found (线索数).
    #[schema(minimum = 0)]
    pub clues: i64,
    /// Other things found (其他发现数).
    #[schema(minimum = 0)]
    pub others: i64,
    /// Of all these, dealt with on the spot (当场处置数).
    #[schema(minimum = 0)]
    pub handled: i64,
    /// Of all these, pushed up as orders (上报数).
    #[schema(minimum = 0)]
    pub pushed_up: i64,
}

/// What is sealed of patrols and findings. Each is bound to its row and to itself.
pub(super) fn owner(kind: &str, id: uuid::Uuid, column: &str) -> String {
    format!("{kind} {id} {column}")
}

/// The patrol by itself.
pub(super) fn patrol_alone(cx: &Cx, row: patrol::Model) -> Result<Patrol> {
    let route = match &row.route {
        Some(sealed) if super::sees_patrol(cx, &row) => {
            serde_json::from_str(&cx.vault().open(&owner("patrol", row.id.0, "route"), sealed)?).map_err(Error::internal)?
        }
        _ => Vec::new(),
    };
    Ok(Patrol { route, ..patrol(cx, row)? })
}

/// The patrol in a list.
pub(super) fn patrol(cx: &Cx, row: patrol::Model) -> Result<Patrol> {
    let full = super::sees_patrol(cx, &row);
    let note = row.note.as_ref().map(|sealed| cx.vault().open(&owner("patrol", row.id.0, "note"), sealed)).transpose()?;
    Ok(Patrol {
        id: row.id,
        version: row.version,
        region_code: row.region_code,
        grid_id: row.grid_id,
        kind: row.kind,
        participants: row.participants,
        recorded_by: row.recorded_by,
        started_at: row.started_at,
        ended_at: row.ended_at,
        route: Vec::new(),
        route_points: row.route_points,
        note: note.map(|note| if full { note } else { mask::text(&note) }),
        findings: row.findings,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// The finding by itself.
pub(super) fn finding_alone(cx: &Cx, row: finding::Model, photos: Vec<Attachment>) -> Result<Finding> {
    let finding = finding(cx, row)?;
    let photos = if finding.masked { Vec::new() } else { photos };
    Ok(Finding { attachments: photos.into_iter().map(|a| a.linked(cx)).collect::<Result<_>>()?, ..finding })
}

/// The finding in a list.
pub(super) fn finding(cx: &Cx, row: finding::Model) -> Result<Finding> {
    let full = super::sees_finding(cx, &row);
    let open = |column: &str, sealed: &str| {
        let text = cx.vault().open(&owner("finding", row.id.0, column), sealed)?;
        Ok::<_, Error>(if full { text } else { mask::text(&text) })
    };
    Ok(Finding {
        id: row.id,
        version: row.version,
        patrol_id: row.patrol_id,
        region_code: row.region_code,
        grid_id: row.grid_id,
        kind: row.kind,
        severity: row.severity,
        handling: row.handling,
        title: open("title", &row.title)?,
        content: open("content", &row.content)?,
        point: row.lng.zip(row.lat).map(|(lng, lat)| Position { lng, lat }.to_datum(Datum::Wgs84)),
        attachment_count: row.attachment_count,
        attachments: Vec::new(),
        order_id: row.order_id,
        recorded_by: row.recorded_by,
        found_at: row.found_at,
        masked: !full,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
