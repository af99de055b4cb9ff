//! How much was patrolled and found (巡查统计): patrols by when they began, findings by when they were found.

use super::{
    CountPatrols, FindingHandling, FindingKind, PatrolCount, PatrolCountBy, PatrolKind,
    row::{finding, patrol},
};
use crate::table::{lacking, plain_query};
use kernel::{
    Code, Cx, Error, Page, PageQuery, Pager, Permission, RegionCode, Result,
    id::GridId,
    page::{Direction, Places, within},
    region::RegionLevel,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use std::collections::BTreeMap;

type Key = (RegionCode, Option<GridId>);

/// Counts patrols and what was found, by community or grid (巡查统计).
///
/// # Errors
/// `permission_missing` for a caller who may read none anywhere; `query_parameter_invalid` for more than a county; `cursor_invalid`.
pub async fn count_patrols(cx: &Cx, query: CountPatrols) -> Result<Page<PatrolCount>> {
    plain_query(&[query.from, query.until], &[])?;
    let by = query.by.unwrap_or_default();
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let pager = Pager::new("patrol_counts", &(query.region_code, query.from, query.until, by), page)?;
    if query.region_code.level() < RegionLevel::County {
        return Err(Error::new(Code::QueryParameterInvalid).with("reason", "region_code is a county or less"));
    }
    let reach = cx.actor.reach(Permission::PatrolRead);
    if reach.is_empty() {
        return Err(lacking(Permission::PatrolRead));
    }
    use finding::Column as F;
    use patrol::Column as P;
    let places = Places { region: P::RegionCode, grid: P::GridId, organization: None };
    let patrols: Vec<(RegionCode, Option<GridId>, PatrolKind, i64)> = patrol::Entity::find()
        .select_only()
        .columns([P::RegionCode, P::GridId, P::Kind])
        .column_as(P::Id.count(), "number")
        .filter(within(&reach, query.region_code, places, None, Direction::Up))
        .apply_if(query.from, |q, from| q.filter(P::StartedAt.gte(from)))
        .apply_if(query.until, |q, until| q.filter(P::StartedAt.lt(until)))
        .group_by(P::RegionCode)
        .group_by(P::GridId)
        .group_by(P::Kind)
        .into_tuple()
        .all(cx.reader())
        .await?;
    let places = Places { region: F::RegionCode, grid: F::GridId, organization: None };
    let findings: Vec<(RegionCode, Option<GridId>, FindingKind, FindingHandling, i64)> = finding::Entity::find()
        .select_only()
        .columns([F::RegionCode, F::GridId, F::Kind, F::Handling])
        .column_as(F::Id.count(), "number")
        .filter(within(&reach, query.region_code, places, None, Direction::Up))
        .apply_if(query.from, |q, from| q.filter(F::FoundAt.gte(from)))
        .apply_if(query.until, |q, until| q.filter(F::FoundAt.lt(until)))
        .group_by(F::RegionCode)
        .group_by(F::GridId)
        .group_by(F::Kind)
        .group_by(F::Handling)
        .into_tuple()
        .all(cx.reader())
        .await?;
    let key = |region: RegionCode, grid: Option<GridId>| (region, grid.filter(|_| by == PatrolCountBy::Grid));
    let mut counts: BTreeMap<Key, PatrolCount> = BTreeMap::new();
    for (region, grid, kind, number) in patrols {
        let count = entry(&mut counts, key(region, grid));
        match kind {
            PatrolKind::Single => count.single_patrols += number,
            PatrolKind::Group => count.group_patrols += number,
        }
    }
    for (region, grid, kind, handling, number) in findings {
        let count = entry(&mut counts, key(region, grid));
        match kind {
            FindingKind::Hazard => count.hazards += number,
            FindingKind::Clue => count.clues += number,
            FindingKind::Other => count.others += number,
        }
        match handling {
            FindingHandling::Handled => count.handled += number,
            FindingHandling::PushedUp => count.pushed_up += number,
        }
    }
    // A county has some hundred communities and grids: they are added up for each page.
    let after = pager.after::<Key>()?;
    let rest = counts.into_iter().filter(|(key, _)| after.is_none_or(|after| *key > after)).map(|(_, count)| count);
    let most = usize::try_from(pager.fetch()).map_err(Error::internal)?;
    pager.page(rest.take(most).collect(), |count| (count.region_code, count.grid_id))
}

fn entry(counts: &mut BTreeMap<Key, PatrolCount>, (region_code, grid_id): Key) -> &mut PatrolCount {
    counts.entry((region_code, grid_id)).or_insert(PatrolCount {
        region_code,
        grid_id,
        single_patrols: 0,
        group_patrols: 0,
        hazards: 0,
        clues: 0,
        others: 0,
        handled: 0,
        pushed_up: 0,
    })
}
