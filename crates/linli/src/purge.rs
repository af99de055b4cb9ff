//! `linli purge`: deletes what the retention policies (保存期限) say is over, class by class, or only counts it. The same is done every
//! `purge_hours` by a server, where that is set.

use crate::terminal::{Fault, Outcome, say};
use chrono::Days;
use kernel::{Core, Cx, Error, RegionCode, Result, retention::Purge};
use services::retention::{DataClass, record_purge, retention_rules};

/// What to do: one of the two.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PurgeCommand {
    /// Count what would go, delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Delete it; it cannot be brought back
    #[arg(long)]
    yes: bool,
}

/// Something that went, or would.
pub(crate) struct Gone {
    region: RegionCode,
    class: DataClass,
    days: u32,
    count: u64,
}

/// Deletes, or counts, and prints what came of it.
pub(crate) async fn run(core: &Core, command: &PurgeCommand) -> Outcome {
    let gone = purge(&Cx::system(core.clone()), command.dry_run || !command.yes).await.map_err(Fault::from)?;
    let what = if command.dry_run { "would go" } else { "gone" };
    if gone.is_empty() {
        return say("no retention policy names a time: nothing to do\n");
    }
    let line = |g: &Gone| format!("{}  {}  after {} days  {} {what}\n", g.region, g.class.as_str(), g.days, g.count);
    say(&gone.iter().map(line).collect::<String>())
}

/// Goes through the policies of all places. What has gone is written down, an event for each class.
pub(crate) async fn purge(cx: &Cx, dry: bool) -> Result<Vec<Gone>> {
    let mut all = Vec::new();
    for (ruled, rules) in retention_rules(cx).await? {
        for (class, days) in rules.classes() {
            let before = cx.now().checked_sub_days(Days::new(days.into())).ok_or_else(|| Error::internal("a time before all times"))?;
            let what = Purge { ruled: ruled.clone(), before, dry };
            let count = match class {
                DataClass::OrderContacts => services::order::purge_contacts(cx, &what).await?,
                DataClass::OpinionContacts => visits::purge_opinions(cx, &what).await?,
                DataClass::LeftResidents => grids::purge_residents(cx, &what).await?,
                DataClass::EndedTags => grids::purge_tags(cx, &what).await?,
                DataClass::EndedConsents => grids::purge_consents(cx, &what).await?,
                DataClass::Sessions => identity::purge_sessions(cx, &what).await?,
            };
            if count > 0 && !dry {
                record_purge(cx, ruled.region, class, days, count).await?;
            }
            all.push(Gone { region: ruled.region, class, days, count });
        }
    }
    Ok(all)
}

/// The same for the background: how many things went.
pub(crate) async fn in_background(cx: &Cx) -> Result<u64> {
    Ok(purge(cx, false).await?.iter().map(|gone| gone.count).sum())
}
