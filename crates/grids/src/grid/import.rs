//! Many boundaries at once (批量导入边界): a GeoJSON `FeatureCollection` whose features are grids that exist.

use super::{
    Boundary,
    event::{Facts, GridUpdated},
    row, store,
    view::{ExternalCode, GridRef},
};
use crate::{ground::Ground, map, rules::GridRules};
use kernel::{
    Code, Cx, Error, Permission, Place, RegionCode, Result,
    check::worded,
    error::{FieldError, Language},
    geo::Datum,
    id::GridId,
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet, hash_map::Entry};
use utoipa::ToSchema;
use validator::Validate;

/// The most features of one import: each becomes an event of one statement.
const MAX_FEATURES: u64 = 2_000;
/// The most faults that a refusal names.
const MAX_FAULTS: usize = 100;

/// That it is a collection of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub enum CollectionType {
    /// GeoJSON's word.
    FeatureCollection,
}

/// That it is a feature.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub enum FeatureType {
    /// GeoJSON's word.
    Feature,
}

/// Draw the boundaries of many grids (批量导入边界): a GeoJSON `FeatureCollection` with some fields of ours beside.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ImportBoundaries {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    pub collection: CollectionType,
    /// The features (要素), one a grid.
    #[validate(nested, length(min = 1, max = 2000))]
    #[schema(min_items = 1, max_items = 2000)]
    pub features: Vec<GridFeature>,
    /// Within which region the grids lie (区划), of any level.
    pub region_code: RegionCode,
    /// The datum of all coordinates (坐标系); `wgs84` unless told. A `crs` within the file is not read.
    #[serde(default)]
    pub datum: Datum,
    /// The property that names the grid (编码字段); `code` unless told.
    #[serde(default = "code_property")]
    #[validate(length(min = 1, max = 40), custom(function = worded))]
    #[schema(min_length = 1, max_length = 40, pattern = "\\S", default = "code")]
    pub property: String,
    /// The system whose code that is (系统), as in `external_codes` of the grids. Absent: their own code (编码).
    #[validate(length(min = 1, max = 40))]
    #[schema(min_length = 1, max_length = 40, example = "cjt349")]
    pub system: Option<String>,
    /// Whether features that nothing is wrong with are taken although others are refused (仅导入合格行); all or nothing unless told.
    #[serde(default)]
    pub good_only: bool,
    /// Whether nothing is to be changed (试运行): the answer says what would be.
    #[serde(default)]
    pub dry_run: bool,
    /// The name of the collection; not read.
    #[validate(length(max = 200))]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// The reference system that some programs write; not read, see `datum`.
    #[schema(value_type = Option<Object>)]
    pub crs: Option<Map<String, Value>>,
}

/// One grid of a `FeatureCollection` (要素).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GridFeature {
    /// `Feature`.
    #[serde(rename = "type")]
    pub feature: FeatureType,
    /// What is known of it (属性); but for the code, nothing of it is read.
    #[schema(value_type = Object)]
    pub properties: Map<String, Value>,
    /// Its boundary (边界): a Polygon or a `MultiPolygon`, under the same rules as that of a single grid.
    #[schema(value_type = Object)]
    pub geometry: Value,
    /// The id that some programs write; not read.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub id: Option<Value>,
}

fn code_property() -> String {
    "code".to_owned()
}

/// What became of an import of boundaries (导入结果), or would.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct BoundaryImport {
    /// Whether nothing was changed (试运行).
    pub dry_run: bool,
    /// How many features there were (要素数).
    pub features: u32,
    /// The grids whose boundary is another now (已更新).
    pub changed: Vec<GridRef>,
    /// How many had this boundary already (未变化).
    pub unchanged: u32,
    /// How many were refused (不合格).
    pub refused: u32,
    /// What is wrong with those, at most 100 (错误).
    pub errors: Vec<FeatureFault>,
}

/// What is wrong with a feature (要素错误).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeatureFault {
    /// Where, in the body (位置).
    #[schema(example = "#/features/3/geometry")]
    pub pointer: String,
    /// The code of what is wrong (错误码).
    #[schema(example = "boundary_invalid")]
    pub code: String,
    /// What is wrong, in words (说明).
    pub detail: String,
}

/// Draws the boundaries of many grids (批量导入边界) in one change, with one event for each grid whose boundary is another now.
/// Features are matched with grids in use of the region by their code, or by their code in another system. `rules` tells those of
/// a community.
///
/// # Errors
/// `permission_missing`; `region_unknown`, `region_closed`; `content_invalid` with a pointer for each feature that is refused, unless
/// `good_only` says to leave those out; `version_stale` when one of the grids changes in the meantime.
pub async fn import_boundaries(
    cx: &Cx,
    command: ImportBoundaries,
    rules: impl AsyncFn(RegionCode) -> Result<GridRules>,
) -> Result<BoundaryImport> {
    let region = command.region_code;
    cx.actor.require(Permission::GridManage, &Place::from(region))?;
    crate::require_open(cx, region).await.map_err(|e| e.at("#/region_code"))?;
    let codes: Vec<Option<String>> = command.features.iter().map(|f| named(&f.properties, &command.property)).collect();
    let grids = match &command.system {
        None => store::in_use_by_code(cx, region, codes.iter().flatten()).await?,
        Some(system) => external(cx, region, system, codes.iter().flatten()).await?,
    };
    let (mut seen, mut grounds, mut faults, mut changed) = (HashSet::new(), HashMap::new(), Vec::new(), Vec::new());
    let features = u32::try_from(codes.len()).map_err(Error::internal)?;
    let mut report = BoundaryImport { dry_run: command.dry_run, features, ..BoundaryImport::default() };
    for (n, (feature, code)) in command.features.into_iter().zip(codes).enumerate() {
        let drawn = match meant(&grids, code.as_deref(), &command.property, &mut seen) {
            Err((at, e)) => Err(e.at(format!("#/features/{n}/{at}"))),
            Ok(row) => {
                if let Entry::Vacant(unknown) = grounds.entry(row.region_code) {
                    let rules = rules(row.region_code).await?;
                    unknown.insert(Ground::of(cx, row.region_code, &rules).await?);
                }
                redrawn(row, grounds.get(&row.region_code), &feature.geometry, command.datum).map_err(|mut e| {
                    e.fields.clear();
                    e.at(format!("#/features/{n}/geometry"))
                })
            }
        };
        match drawn {
            Ok(Some(row)) => changed.push(row),
            Ok(None) => report.unchanged += 1,
            Err(e) => {
                report.refused += 1;
                faults.extend(e.fields);
            }
        }
    }
    faults.truncate(MAX_FAULTS);
    if !faults.is_empty() && !command.good_only {
        let mut refusal = Error::new(Code::ContentInvalid);
        refusal.fields = faults;
        return Err(refusal);
    }
    report.errors = faults.iter().map(fault).collect();
    report.changed = changed.iter().cloned().map(GridRef::from).collect();
    if command.dry_run || changed.is_empty() {
        cx.require_unseen_key().await?;
        return Ok(report);
    }
    draw_all(cx, changed, report).await
}

/// The grid with its new boundary; nothing when it has that already.
fn redrawn(row: &row::Model, ground: Option<&Ground>, geometry: &Value, datum: Datum) -> Result<Option<row::Model>> {
    let boundary = Boundary::read(geometry, datum)?;
    if let Some(ground) = ground {
        ground.holds(&boundary)?;
    }
    let mut new = row.clone();
    new.draw(Some(boundary), None)?;
    Ok((new.boundary != row.boundary).then_some(new))
}

async fn draw_all(cx: &Cx, mut rows: Vec<row::Model>, report: BoundaryImport) -> Result<BoundaryImport> {
    // Held in one order, so that of two imports one waits and none blocks the other.
    rows.sort_unstable_by_key(|row| row.id);
    let ids: Vec<GridId> = rows.iter().map(|row| row.id).collect();
    let mut tx = cx.begin();
    let now = tx.now;
    for row in &mut rows {
        row.version += 1;
        row.updated_at = now;
        if tx.conn().await?.execute(&store::update(row)).await?.rows_affected() != 1 {
            return Err(Error::new(Code::VersionStale).with("id", row.id));
        }
        tx.emit(row.subject(), &GridUpdated(Facts::from(&*row)))?;
    }
    map::publish(&mut tx, &ids).await?;
    let report = tx.commit(report).await?;
    map::touch(cx);
    Ok(report)
}

/// The code that a feature gives itself. Some programs write codes of digits as numbers.
fn named(properties: &Map<String, Value>, property: &str) -> Option<String> {
    match properties.get(property)? {
        Value::String(code) => Some(code.trim().to_owned()).filter(|code| !code.is_empty()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// The grids in use of a region that have one of these codes in another system; a code that two of them have is none.
async fn external<'a>(
    cx: &Cx,
    region: RegionCode,
    system: &str,
    codes: impl Iterator<Item = &'a String>,
) -> Result<HashMap<String, row::Model>> {
    let wanted: HashSet<&String> = codes.collect();
    let (mut found, mut twice) = (HashMap::<String, GridId>::new(), HashSet::new());
    for (id, text) in store::external_codes(cx, region).await? {
        let codes: Vec<ExternalCode> = serde_json::from_str(&text).map_err(Error::internal)?;
        for code in codes.into_iter().filter(|c| c.system == system && wanted.contains(&c.code)) {
            if found.insert(code.code.clone(), id).is_some_and(|other| other != id) {
                twice.insert(code.code);
            }
        }
    }
    found.retain(|code, _| !twice.contains(code));
    let rows = store::whole(cx, found.values().copied()).await?;
    Ok(found.into_iter().filter_map(|(code, id)| rows.iter().find(|r| r.id == id).cloned().map(|row| (code, row))).collect())
}

/// The grid of a feature, or where and why it has none.
fn meant<'a>(
    grids: &'a HashMap<String, row::Model>,
    code: Option<&str>,
    property: &str,
    seen: &mut HashSet<GridId>,
) -> std::result::Result<&'a row::Model, (String, Error)> {
    let at = || format!("properties/{}", property.replace('~', "~0").replace('/', "~1"));
    let Some(code) = code else { return Err((at(), Error::new(Code::FieldMissing).with("name", property))) };
    let Some(row) = grids.get(code) else { return Err((at(), Error::new(Code::GridNotFound))) };
    if seen.insert(row.id) {
        Ok(row)
    } else {
        Err((at(), Error::new(Code::FieldInvalid).with("reason", "a feature before it is of the same grid")))
    }
}

fn fault(field: &FieldError) -> FeatureFault {
    let code = field.code.as_str().to_owned();
    FeatureFault { pointer: field.pointer.clone(), code, detail: field.sentence(Language::Chinese) }
}

const _: () = assert!(MAX_FEATURES * 8 < 32_766, "the values of all events go into one statement of SQLite");
