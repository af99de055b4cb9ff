//! Deleting what has been kept long enough: residents who left, tags and consents that ended. Each says how many there were; with
//! [`Purge::dry`] nothing is written. Safe to stop and to do again.

use crate::{
    consent::row::{self as consent, Column as CC},
    region, resident,
    tag::row::given::{self, Column as TC},
};
use kernel::{
    Cx, Result,
    retention::{CHUNK, Purge},
};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Query},
};

/// Erases what identifies residents who left before then.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge_residents(cx: &Cx, purge: &Purge) -> Result<u64> {
    let (places, before) = (purge.ruled.covers(resident::store::C::RegionCode), region::day(purge.before));
    if purge.dry {
        return resident::purge_left(cx, places, before, true, 0).await;
    }
    let mut all = 0;
    loop {
        let done = resident::purge_left(cx, places.clone(), before, false, CHUNK).await?;
        all += done;
        if done < CHUNK {
            return Ok(all);
        }
    }
}

/// Deletes tags of residents that ended before then.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge_tags(cx: &Cx, purge: &Purge) -> Result<u64> {
    let due = given::Entity::find().filter(purge.ruled.covers(TC::RegionCode)).filter(TC::ValidTo.lt(region::day(purge.before)));
    purge.delete(cx, due, TC::Id).await
}

/// Deletes consents that were withdrawn or ended before then, unless a tag still names one: what was kept must be shown to have been
/// lawful for as long as it is kept.
///
/// # Errors
/// `database_unavailable`.
pub async fn purge_consents(cx: &Cx, purge: &Purge) -> Result<u64> {
    let over = sea_orm::Condition::any().add(CC::WithdrawnAt.lt(purge.before)).add(CC::ValidTo.lt(purge.before));
    let named = Query::select()
        .expr(Expr::val(1))
        .from(given::Entity)
        .and_where(Expr::col((given::Entity, TC::ConsentId)).equals((consent::Entity, CC::Id)))
        .to_owned();
    let due = consent::Entity::find().filter(purge.ruled.covers(CC::RegionCode)).filter(over).filter(Expr::exists(named).not());
    purge.delete(cx, due, CC::Id).await
}
