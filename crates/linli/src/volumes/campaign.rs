//! The demo's visit campaign (走访全覆盖), as the seed tells it of 丹徒: 134 cadres, 40,347 households, 96,242 residents. How far it has come is
//! kept, so that it goes on where it stopped.

use super::{communities, fill};
use crate::{
    demo::PASSWORD,
    invented::{Dice, Filling},
};
use chrono::{Duration, NaiveDate};
use identity::{CreateAccount, CreateGrant};
use kernel::{
    Actor, Core, Cx, Error, RegionCode, Result, Role,
    id::{AccountId, HouseholdId, VisitCampaignId},
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use visits::{
    campaign::{self, AssignVisitor, CreateVisitCampaign, ListVisitTargets, StepVisitCampaign},
    visit::{self, RecordVisit, VisitResult},
};

/// 丹徒区宜城街道.
const STREET: &str = "321112002000";
/// Whose campaign it is: an account of the demo.
const OPERATOR: &str = "dantu";
const HOUSEHOLDS: u32 = 40_347;
const PEOPLE: u32 = 96_242;
const CADRES: u32 = 134;
/// What each of them has done so far.
const VISITS: usize = 15;
/// Where it is kept how far the campaign has come.
const KEPT: &str = "demo_campaign";

/// Fills the street and lets its cadres visit.
pub(super) async fn tell(core: &Core, gentle: bool) -> Result<()> {
    let cx = Cx::system(core.clone());
    let places = communities(&cx, STREET.parse()?).await?;
    let count = u32::try_from(places.len()).map_err(Error::internal)?.max(1);
    let share = |all: u32, n: u32| all / count * n + all % count * n / count;
    let mut fillings = Vec::new();
    for (n, (region, _)) in (0u32..).zip(places) {
        let (households, people) = (share(HOUSEHOLDS, n + 1) - share(HOUSEHOLDS, n), share(PEOPLE, n + 1) - share(PEOPLE, n));
        let before = 1_000_000 + u64::from(share(PEOPLE, n));
        fillings.push(Filling { region, prefix: format!("DT{n:02}"), estates: 6, households, people, grids: Vec::new(), before });
    }
    fill(core, "demo_dantu_filled", &fillings, gentle, &mut |_, _| {}).await?;
    let Some(operator) = actor(&cx, OPERATOR).await? else { return Ok(()) };
    let operator = Cx::new(core.clone(), operator);
    let mut state = match identity::setting(core, KEPT).await? {
        Some(kept) => serde_json::from_str(&kept).map_err(Error::internal)?,
        None => {
            let id = begin(&operator, core.clock.now().date_naive()).await?;
            keep(core, State { campaign: id, done: 0, cursor: None }).await?
        }
    };
    while state.done < CADRES {
        let cursor = visit_some(core, &operator, &state).await?;
        state = keep(core, State { done: state.done + 1, cursor, ..state }).await?;
    }
    Ok(())
}

/// How far the campaign has come.
#[derive(Serialize, Deserialize)]
struct State {
    campaign: VisitCampaignId,
    /// Cadres who have begun.
    done: u32,
    /// Where the households of the next one begin.
    cursor: Option<String>,
}

async fn keep(core: &Core, state: State) -> Result<State> {
    identity::set_setting(core, KEPT, &serde_json::to_string(&state).map_err(Error::internal)?).await?;
    Ok(state)
}

async fn actor(cx: &Cx, name: &str) -> Result<Option<Arc<Actor>>> {
    let Some(id) = identity::find_by_name(cx, name).await? else { return Ok(None) };
    Ok(identity::actor_of(cx, id).await?.map(Arc::new))
}

async fn begin(operator: &Cx, today: NaiveDate) -> Result<VisitCampaignId> {
    let plan = CreateVisitCampaign {
        region_code: STREET.parse()?,
        kind: "走访全覆盖".to_owned(),
        title: "村村到、户户进、人人访".to_owned(),
        starts_on: None,
        ends_on: today + Duration::days(90),
        grid_ids: Vec::new(),
        building_ids: Vec::new(),
        household_ids: Vec::new(),
    };
    let planned = campaign::create_visit_campaign(operator, plan).await?;
    campaign::start_visit_campaign(operator, planned.id, StepVisitCampaign::default()).await?;
    Ok(planned.id)
}

/// The next cadre gets the next share of the households, and visits the first of them; tells where the share after begins.
async fn visit_some(core: &Core, operator: &Cx, state: &State) -> Result<Option<String>> {
    let (campaign, n) = (state.campaign, state.done);
    let cadre = cadre(core, n).await?;
    let share = u64::from(HOUSEHOLDS * (n + 1) / CADRES - HOUSEHOLDS * n / CADRES);
    let (homes, cursor) = next(operator, state, share).await?;
    let assign =
        AssignVisitor { visitor_id: cadre, grid_ids: Vec::new(), building_ids: Vec::new(), household_ids: homes.clone(), version: None };
    campaign::assign_visitor(operator, campaign, assign).await?;
    let actor = identity::actor_of(operator, cadre).await?.ok_or_else(|| Error::internal("a cadre who was just made"))?;
    let cx = Cx::new(core.clone(), Arc::new(actor));
    let mut dice = Dice::new(u64::from(n));
    for home in homes.into_iter().take(VISITS) {
        let (result, resident_ids) = match dice.below(10) {
            0 => (VisitResult::Absent, Vec::new()),
            _ => (VisitResult::Met, members(operator, home).await?),
        };
        let visit = RecordVisit {
            household_id: home,
            campaign_id: Some(campaign),
            visited_at: None,
            result,
            resident_ids,
            note: None,
            revisit_on: (result == VisitResult::Absent).then(|| (core.clock.now() + Duration::days(7)).date_naive()),
        };
        visit::record_visit(&cx, visit).await?;
    }
    Ok(cursor)
}

/// The next so many households of the campaign, and where those after them begin.
async fn next(operator: &Cx, state: &State, most: u64) -> Result<(Vec<HouseholdId>, Option<String>)> {
    let (mut homes, mut cursor) = (Vec::new(), state.cursor.clone());
    loop {
        let limit = Some(100.min(most - homes.len() as u64));
        let query = ListVisitTargets { limit, cursor, ..ListVisitTargets::default() };
        let page = campaign::list_visit_targets(operator, state.campaign, query).await?;
        homes.extend(page.items.into_iter().map(|target| target.household_id));
        cursor = page.next_cursor;
        if homes.len() as u64 == most || !page.has_more {
            return Ok((homes, cursor));
        }
    }
}

/// Who is met where somebody opens: all but one in a large family.
async fn members(operator: &Cx, home: HouseholdId) -> Result<Vec<kernel::id::ResidentId>> {
    let query = grids::ListHouseholdMembers { limit: Some(100), ..grids::ListHouseholdMembers::default() };
    let page = grids::list_household_members(operator, home, query).await?;
    let most = if page.items.len() > 2 { page.items.len() - 1 } else { page.items.len() };
    Ok(page.items.into_iter().take(most).map(|member| member.resident_id).collect())
}

async fn cadre(core: &Core, n: u32) -> Result<AccountId> {
    let cx = Cx::system(core.clone());
    let name = format!("dantu-cadre-{:03}", n + 1);
    if let Some(id) = identity::find_by_name(&cx, &name).await? {
        return Ok(id);
    }
    let region: RegionCode = STREET.parse()?;
    let account = CreateAccount {
        name,
        password: PASSWORD.to_owned(),
        display_name: format!("下沉干部{:03}", n + 1),
        phone: None,
        grants: vec![CreateGrant::in_region(Role::PartyMember, region)],
    };
    Ok(identity::create_account(&cx, account, &[]).await?.id)
}
