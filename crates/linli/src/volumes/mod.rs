//! The demo at its real size, and places for load tests: households and people by the verbs that an import calls, some hundred a
//! transaction, so that the server answers meanwhile. Interrupted, it goes on where it stopped.

mod campaign;
mod trees;

use crate::{
    invented::Filling,
    terminal::{Fault, Outcome},
};
use chrono::FixedOffset;
use clap::ValueEnum;
use grids::{GridKind, ListRegions, PutGrid, put_grids, put_households, put_residents};
use kernel::{
    Core, Cx, Error, RegionCode, RegionLevel, Result,
    bulk::{Existing, Put},
};
use std::time::{Duration, Instant};

/// Households a transaction; the demo takes few, and rests, because somebody may be trying it meanwhile.
const AT_ONCE: u32 = 150;
const GENTLY: u32 = 20;
/// 康乐社区: 13 estates, 3,306 households, 11,108 people, 9 grids.
const KANGLE: &str = "321003005008";
/// 京口区: 61 communities and villages, 295 grids.
const JINGKOU: &str = "321102000000";
const JINGKOU_GRIDS: usize = 295;

/// A place for load tests.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Scale {
    /// 京口区: 295 grids and, unless told, 100,000 people
    District,
    /// 江苏省: five million people, unless told
    Province,
}

impl Scale {
    fn people(self) -> u32 {
        match self {
            Self::District => 100_000,
            Self::Province => 5_000_000,
        }
    }

    const fn region(self) -> &'static str {
        match self {
            Self::District => JINGKOU,
            Self::Province => "320000000000",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Province => "province",
        }
    }
}

/// Fills the demo: the trees of organizations, Kangle with its households and people, Jingkou with its grids, Dantu with its visit campaign. `gentle`: somebody may be
/// trying the demo meanwhile, and does not wait for it.
pub(crate) async fn fill_demo(core: &Core, gentle: bool) -> Result<()> {
    let jingkou = draw_jingkou(core).await?;
    trees::plant(core, &jingkou).await?;
    let grids = (1..=9).map(|n| format!("{KANGLE}W{n:03}")).collect();
    let kangle =
        Filling { region: KANGLE.parse()?, prefix: "KL".to_owned(), estates: 13, households: 3306, people: 11_108, grids, before: 0 };
    fill(core, "demo_filled", &[kangle], gentle, &mut |_, _| {}).await?;
    campaign::tell(core, gentle).await
}

/// Jingkou's 295 grids, shared out among its communities and villages.
async fn draw_jingkou(core: &Core) -> Result<Vec<(RegionCode, Vec<String>)>> {
    let cx = Cx::system(core.clone());
    let communities = communities(&cx, JINGKOU.parse()?).await?;
    let count = communities.len().max(1);
    let mut drawn = Vec::new();
    for (n, (region, name)) in communities.into_iter().enumerate() {
        let grids = JINGKOU_GRIDS * (n + 1) / count - JINGKOU_GRIDS * n / count;
        let rows: Vec<PutGrid> = (1..=grids)
            .map(|k| PutGrid {
                region_code: region,
                code: format!("{region}W{k:03}"),
                name: format!("{}第{k}网格", name.trim_end_matches("居委会").trim_end_matches("村委会")),
                kind: Some(GridKind::Comprehensive),
                parent_code: None,
                households: None,
                extent: None,
                point: None,
            })
            .collect();
        let mut tx = cx.begin();
        put_grids(&mut tx, &rows, Existing::Skip, true).await?;
        tx.commit(()).await?;
        drawn.push((region, rows.into_iter().map(|row| row.code).collect()));
    }
    Ok(drawn)
}

/// The communities and villages of a region that are in use.
async fn communities(cx: &Cx, region: RegionCode) -> Result<Vec<(RegionCode, String)>> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let query =
            ListRegions { parent: Some(region), level: Some(RegionLevel::Community), limit: Some(100), cursor, ..ListRegions::default() };
        let page = grids::list_regions(cx, query).await?;
        found.extend(page.items.into_iter().map(|region| (region.code, region.name)));
        match page.next_cursor {
            Some(next) if page.has_more => cursor = Some(next),
            _ => return Ok(found),
        }
    }
}

/// Fills a place for load tests with this many people, the same ones each time.
pub(crate) async fn seed(core: &Core, scale: Scale, people: Option<u32>) -> Outcome {
    let people = people.unwrap_or_else(|| scale.people());
    let cx = Cx::system(core.clone());
    let mut places = draw_jingkou(core).await?;
    if matches!(scale, Scale::Province) {
        let drawn: std::collections::HashMap<_, _> = places.into_iter().collect();
        let all = communities(&cx, scale.region().parse()?).await?;
        places = all.into_iter().map(|(region, _)| (region, drawn.get(&region).cloned().unwrap_or_default())).collect();
    }
    if places.is_empty() {
        return Err(Fault("there are no regions yet: run `linli seed`, or `linli regions import`".to_owned()));
    }
    let (count, mut before) = (places.len() as u64, 0);
    let mut fillings = Vec::new();
    for (n, (region, grids)) in (0u64..).zip(places) {
        let share = u64::from(people) * (n + 1) / count - u64::from(people) * n / count;
        let people = u32::try_from(share).unwrap_or(u32::MAX);
        let households = people * 10 / 24;
        fillings.push(Filling {
            region,
            prefix: format!("S{n}"),
            estates: people.div_ceil(2000).max(1),
            households,
            people,
            grids,
            before,
        });
        before += share;
    }
    let bar = indicatif::ProgressBar::new(u64::from(people));
    let done = fill(core, &format!("seeded_{}_{people}", scale.word()), &fillings, false, &mut |_, people| bar.inc(people)).await;
    bar.finish_and_clear();
    Ok(done?)
}

/// Fills places, and keeps under this name how far it has come.
async fn fill(core: &Core, name: &str, fillings: &[Filling], gentle: bool, told: &mut (dyn FnMut(usize, u64) + Send)) -> Result<()> {
    let cx = Cx::system(core.clone());
    // 北京时间: nobody is born tomorrow.
    let east = FixedOffset::east_opt(8 * 3600).ok_or_else(|| Error::internal("an offset"))?;
    let today = core.clock.now().with_timezone(&east).date_naive();
    let kept = identity::setting(core, name).await?;
    let (mut place, mut from) = match kept.as_deref().and_then(|text| text.split_once(' ')) {
        Some((place, from)) => (place.parse().map_err(Error::internal)?, from.parse().map_err(Error::internal)?),
        None => (0usize, 0u32),
    };
    let some = if gentle { GENTLY } else { AT_ONCE };
    while let Some(filling) = fillings.get(place) {
        while from < filling.households {
            let began = Instant::now();
            let (households, people) = filling.some(from, some, today);
            let mut tx = cx.begin();
            good(put_households(&mut tx, &households, Existing::Skip, true).await?)?;
            good(put_residents(&mut tx, &people, Existing::Skip, true).await?)?;
            tx.commit(()).await?;
            from += some;
            identity::set_setting(core, name, &format!("{place} {from}")).await?;
            told(place, people.len() as u64);
            if gentle {
                tokio::time::sleep((began.elapsed() * 2).min(Duration::from_secs(2))).await;
            }
        }
        (place, from) = (place + 1, 0);
        identity::set_setting(core, name, &format!("{place} {from}")).await?;
    }
    Ok(())
}

/// Nobody who is invented breaks a rule.
fn good(answers: Vec<Put>) -> Result<()> {
    match answers.into_iter().find_map(|answer| if let Put::Refused(error) = answer { Some(error) } else { None }) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}
