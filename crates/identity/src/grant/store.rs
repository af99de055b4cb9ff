//! Every query on grants.

use super::{ListGrants, row};
use kernel::{
    Cx, Page, PageQuery, Pager, RegionCode, Role, Time, Tx,
    access::Reach,
    error::Result,
    id::{AccountId, GrantId},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Alias, Expr, IntoColumnRef, Query, SelectStatement},
};

pub(crate) async fn find(cx: &Cx, id: GrantId) -> Result<Option<row::Model>> {
    Ok(row::Entity::find_by_id(id).one(cx.reader()).await?)
}

/// Every grant of an account, those that have ended included.
pub(crate) async fn of_account(cx: &Cx, account: AccountId) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::AccountId.eq(account)).order_by_desc(row::Column::Id).all(cx.reader()).await?)
}

pub(crate) async fn of_accounts(cx: &Cx, accounts: Vec<AccountId>) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find().filter(row::Column::AccountId.is_in(accounts)).all(cx.reader()).await?)
}

/// The grants of this role that lie in exactly this region and are in force, by account: a range of the index
/// (place_code, account_id).
pub(crate) async fn in_role(cx: &Cx, role: Role, region: RegionCode, now: Time, limit: u64) -> Result<Vec<row::Model>> {
    let wanted = Wanted { region: Some(region), role: Some(role), now };
    let select = row::Entity::find().filter(wanted.of_role()).filter(row::Column::PlaceCode.eq(region));
    Ok(select.order_by_asc(row::Column::AccountId).limit(limit).all(cx.reader()).await?)
}

pub(crate) async fn list(cx: &Cx, account: AccountId, query: ListGrants) -> Result<Page<row::Model>> {
    let pager = Pager::new("grants", &account, PageQuery { limit: query.limit, cursor: query.cursor })?;
    let after: Option<GrantId> = pager.after()?;
    let rows = row::Entity::find()
        .filter(row::Column::AccountId.eq(account))
        .apply_if(after, |q, after| q.filter(row::Column::Id.lt(after)))
        .order_by_desc(row::Column::Id)
        .limit(pager.fetch())
        .all(cx.reader())
        .await?;
    pager.page(rows, |r| r.id)
}

/// Ends a grant now; absent if it has ended already. One that has not begun never begins.
pub(crate) async fn end(tx: &mut Tx<'_>, row: row::Model) -> Result<Option<row::Model>> {
    let now = tx.now;
    let valid_from = std::cmp::min(row.valid_from, now);
    let done = row::Entity::update_many()
        .col_expr(row::Column::ValidFrom, Expr::val(valid_from))
        .col_expr(row::Column::ValidTo, Expr::val(now))
        .filter(row::Column::Id.eq(row.id))
        .filter(Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(now)))
        .exec(tx.conn().await?)
        .await?;
    Ok((done.rows_affected == 1).then_some(row::Model { valid_from, valid_to: Some(now), ..row }))
}

/// What a list of accounts asks of a grant. With neither region nor role it may be one that has not begun, or one that has
/// ended, if all of that account's have.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) region: Option<RegionCode>,
    pub(crate) role: Option<Role>,
    pub(crate) now: Time,
}

impl Wanted {
    /// Whether any grant will do.
    pub(crate) const fn anything(self) -> bool {
        self.region.is_none() && self.role.is_none()
    }

    /// Of this role and in force, wherever it lies; where anything will do, one that says where the account belongs.
    fn of_role(self) -> Condition {
        let open = Condition::any().add(row::Column::ValidTo.is_null()).add(row::Column::ValidTo.gt(self.now));
        if self.anything() {
            let other = |column| Expr::col((Alias::new("other"), column));
            let living = Query::select()
                .expr(Expr::val(1))
                .from_as(row::Entity, Alias::new("other"))
                .and_where(other(row::Column::AccountId).equals((row::Entity, row::Column::AccountId)))
                .cond_where(Condition::any().add(other(row::Column::ValidTo).is_null()).add(other(row::Column::ValidTo).gt(self.now)))
                .to_owned();
            return Condition::all().add(open.add(Expr::exists(living).not()));
        }
        let role = self.role.map(|role| row::Column::Role.eq(role));
        // Those that hold an office are few: `grants_office` has them alone, so that nobody looks for the
        // residents of a community among all residents of the country.
        let many = self.role.is_none_or(|role| matches!(role, Role::Resident | Role::PartyMember | Role::Volunteer));
        let office = (!many).then(|| Expr::cust(r#""grants"."role" NOT IN ('resident', 'party_member', 'volunteer')"#));
        Condition::all().add(row::Column::ValidFrom.lte(self.now)).add(open).add_option(role).add_option(office)
    }

    /// That, in the region asked for.
    fn condition(self) -> Condition {
        self.of_role().add_option(self.region.and_then(lies_in))
    }

    /// The part of these regions that is asked for.
    fn part_of(self, regions: &[RegionCode]) -> Vec<RegionCode> {
        match self.region {
            None => regions.to_vec(),
            Some(asked) if regions.iter().any(|r| r.covers(asked)) => vec![asked],
            Some(asked) => regions.iter().copied().filter(|r| asked.covers(*r)).collect(),
        }
    }
}

/// Lies in this region or beneath it; absent for the country. Each level has an index in which a region
/// is *one* value: within it the accounts stand in order, and a page costs the same in a community and in
/// a province.
fn lies_in(region: RegionCode) -> Option<Expr> {
    let (first, last) = region.range();
    match last.as_i64() - first.as_i64() + 1 {
        1 => Some(row::Column::PlaceCode.eq(region)),
        _ if region == RegionCode::COUNTRY => None,
        span => Some(Expr::cust(format!("\"grants\".\"place_code\" / {span}")).eq(first.as_i64() / span)),
    }
}

/// The accounts that hold such a grant within a reach: a query for each region, grid and organization of it,
/// and each of them one range of an index that ends with the account.
pub(crate) fn holders(reach: &Reach, wanted: Wanted) -> Vec<SelectStatement> {
    let regions = wanted.part_of(&reach.regions).into_iter().map(|region| wanted.of_role().add_option(lies_in(region)));
    let grids = reach.grids.iter().map(|grid| wanted.condition().add(row::Column::GridId.eq(*grid)));
    let organizations = reach.organizations.iter().map(|id| wanted.condition().add(row::Column::OrganizationId.eq(*id)));
    let query = |grants| Query::select().distinct().column(row::Column::AccountId).from(row::Entity).cond_where(grants).to_owned();
    regions.chain(grids).chain(organizations).map(query).collect()
}

/// Whether an account (named by its column) holds such a grant anywhere. Reads `grants_account`.
pub(crate) fn held_by(account: impl IntoColumnRef, wanted: Wanted) -> Expr {
    let query = Query::select()
        .expr(Expr::val(1))
        .from(row::Entity)
        .and_where(Expr::col((row::Entity, row::Column::AccountId)).eq(Expr::col(account)))
        .cond_where(wanted.condition())
        .to_owned();
    Expr::exists(query)
}
