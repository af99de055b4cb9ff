//! Accounts (账号): who can sign in.
//!
//! An account lies nowhere by itself; its grants say where it belongs. Somebody sees an account if
//! their right to read accounts covers one of its grants that has not ended (of those that have, when all have), or if it is their own. Managing one
//! asks for more: the right over *every* grant that is in force, and no grant above one's own, because
//! disabling somebody here disables them everywhere. The name that one signs in with is open; what
//! the person is called and the phone are sealed.

mod command;
pub(crate) mod event;
pub(crate) mod row;
mod store;
mod view;

pub use command::{CreateAccount, ListAccounts, UpdateAccount};
pub(crate) use command::{keep_limits, login_name, not_blank};
pub use row::AccountStatus;
pub(crate) use store::{anybody, find_by_name as find_row_by_name};
pub use view::{Account, Contact, Me, SealedContact};

use crate::{
    application::{self, ApplicationStatus},
    grant::{self, Granting},
    limiter::Limiter,
    password, session,
};
use event::AccountEvent;
use kernel::{
    Actor, Cx, Guard, Page, Permission, Place, RegionCode, Subject, Time, Tx,
    access::POLICY,
    error::{Code, Error, Result},
    id::AccountId,
    person::dialled,
};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryTrait, sea_query::Expr};
use std::collections::{HashMap, HashSet};
pub(crate) use view::owner;
use view::{Sight, show, unseal};

pub(crate) fn table(schema: &sea_orm::Schema) -> sea_orm::sea_query::TableCreateStatement {
    schema.create_table_from_entity(row::Entity)
}

/// An account about to be opened: decided, the password hashed.
pub(crate) struct New {
    pub(crate) name: String,
    /// Absent for an account that nobody signs in with.
    pub(crate) hash: Option<String>,
    pub(crate) display_name: String,
    pub(crate) phone: Option<String>,
    pub(crate) grants: Vec<Granting>,
}

/// Opens an account with its first grants (开立账号).
///
/// `places` says where the grid or organization of each grant lies, in the order of the grants, for
/// this crate does not know; a missing one means the place that the grant itself names, which is
/// enough for regions.
///
/// # Errors
/// `permission_missing` without the right to manage accounts at each grant's place (anywhere, if there is
/// no grant); `grant_beyond_own`, `grant_scope_invalid`, `period_invalid`; `reference_broken` for a grid or an
/// organization whose place is missing; `account_name_taken`.
pub async fn create_account(cx: &Cx, command: CreateAccount, places: &[Place]) -> Result<Account> {
    keep_limits(&command)?;
    if cx.actor.reach(Permission::AccountManage).is_empty() {
        return Err(Error::new(Code::PermissionMissing).with("permission", Permission::AccountManage));
    }
    let now = cx.now();
    let place = |n: usize| places.get(n).copied().unwrap_or_default();
    let grants = command.grants.iter().enumerate().map(|(n, g)| grant::decide(&cx.actor, g, place(n), now)).collect::<Result<Vec<_>>>()?;
    let hash = password::hash(command.password).await?;
    let mut tx = cx.begin();
    let new = New { name: command.name, hash: Some(hash), display_name: command.display_name, phone: command.phone, grants };
    let view = open(&mut tx, new).await?;
    tx.commit_created(view).await
}

/// Writes an account and its grants.
pub(crate) async fn open(tx: &mut Tx<'_>, new: New) -> Result<Account> {
    let (id, now) = (tx.id::<AccountId>(), tx.now);
    let cx = tx.cx().clone();
    let (phone, phone_index) = seal_phone(&cx, id, new.phone.as_deref())?;
    let row = row::Model {
        id,
        name: new.name.clone(),
        display_name: cx.vault().seal(&owner(id), &new.display_name)?,
        phone,
        phone_index,
        password_hash: new.hash,
        status: AccountStatus::Active,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let insert = row::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn().await?).await;
    insert.map_err(|e| Error::from(e).when_taken(Code::AccountNameTaken, "name", &new.name))?;
    let mut rows = Vec::new();
    let region = new.grants.first().map_or(RegionCode::COUNTRY, |g| g.place_code);
    tx.emit(Subject { id: id.0, version: 1, region }, &AccountEvent::Created {})?;
    for granting in new.grants {
        rows.push(grant::give(tx, id, granting).await?);
    }
    show(&cx, row, sight(&cx.actor, id, &rows, now).unwrap_or(Sight::Outline))
}

fn seal_phone(cx: &Cx, id: AccountId, phone: Option<&str>) -> Result<(Option<String>, Option<String>)> {
    let sealed = phone.map(|p| cx.vault().seal(&owner(id), p)).transpose()?;
    let index = phone.and_then(dialled).map(|digits| cx.vault().blind_index(&digits)).transpose()?;
    Ok((sealed, index))
}

/// How much of an account with these grants the actor may see; absent if nothing.
fn sight(actor: &Actor, id: AccountId, grants: &[grant::row::Model], now: Time) -> Option<Sight> {
    if actor.account.is_none_or(|own| own == id) {
        return Some(Sight::Own);
    }
    let country = actor.reach(Permission::AccountRead).regions.contains(&RegionCode::COUNTRY);
    let telling = || telling(grants, now).into_iter().any(|g| actor.can(Permission::AccountRead, &g.place()));
    (country || telling()).then_some(Sight::of(actor))
}

/// The grants that say where an account belongs: those that have not ended, or, when all have, the ended ones.
fn telling(grants: &[grant::row::Model], now: Time) -> Vec<&grant::row::Model> {
    let live: Vec<_> = grants.iter().filter(|g| g.valid_to.is_none_or(|to| to > now)).collect();
    if live.is_empty() { grants.iter().collect() } else { live }
}

/// An account with its grants, if the actor may know of it.
async fn sighted(cx: &Cx, id: AccountId) -> Result<(row::Model, Vec<grant::row::Model>, Sight)> {
    let missing = || Error::new(Code::AccountNotFound);
    let row = store::find(cx, id).await?.ok_or_else(missing)?;
    let grants = grant::of_account(cx, id).await?;
    let sight = sight(&cx.actor, id, &grants, cx.now()).ok_or_else(missing)?;
    Ok((row, grants, sight))
}

/// Requires that the actor may know of an account.
pub(crate) async fn require_sight(cx: &Cx, id: AccountId) -> Result<()> {
    sighted(cx, id).await.map(|_| ())
}

/// Requires that there is such an account and that the actor may know of it, or that it has no grant at all: then there
/// is nothing to know, and somebody has to give it its first.
pub(crate) async fn require_reachable(cx: &Cx, id: AccountId) -> Result<()> {
    let missing = || Error::new(Code::AccountNotFound);
    store::find(cx, id).await?.ok_or_else(missing)?;
    let grants = grant::of_account(cx, id).await?;
    if grants.is_empty() || sight(&cx.actor, id, &grants, cx.now()).is_some() { Ok(()) } else { Err(missing()) }
}

/// Requires that an account named in a command is one that the caller may know of, or that has no grant yet; to anybody
/// else it is as if there were none. For other crates.
///
/// # Errors
/// `reference_broken`.
pub async fn require_named(cx: &Cx, id: AccountId) -> Result<()> {
    require_reachable(cx, id).await.map_err(|e| if e.code == Code::AccountNotFound { Error::new(Code::ReferenceBroken) } else { e })
}

/// Whether this account is in use and holds a permission at this place now: whether it is one of those there. For other
/// crates, which ask it of people other than the caller.
///
/// # Errors
/// `database_unavailable`.
pub async fn holds(cx: &Cx, id: AccountId, permission: Permission, place: &Place) -> Result<bool> {
    let active = store::find(cx, id).await?.is_some_and(|row| row.status == AccountStatus::Active);
    let now = cx.now();
    let grants = if active { grant::of_account(cx, id).await? } else { Vec::new() };
    Ok(grants.iter().any(|g| g.in_force(now) && permission.roles().contains(&g.role) && g.covers(place)))
}

/// Those of these accounts that [`holds`] is true of, in two queries.
///
/// # Errors
/// `database_unavailable`.
pub async fn who_holds(cx: &Cx, ids: &[AccountId], permission: Permission, place: &Place) -> Result<HashSet<AccountId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let accounts = store::find_many(cx, ids.to_vec()).await?;
    let active: HashSet<AccountId> = accounts.into_iter().filter(|a| a.status == AccountStatus::Active).map(|a| a.id).collect();
    let now = cx.now();
    let grants = grant::of_accounts(cx, ids.to_vec()).await?;
    let holding = grants.into_iter().filter(|g| g.in_force(now) && permission.roles().contains(&g.role) && g.covers(place));
    Ok(holding.map(|g| g.account_id).filter(|id| active.contains(id)).collect())
}

/// Whether this account is in use and has this role at this place now. For other crates, which ask it of people other than the
/// caller.
///
/// # Errors
/// `database_unavailable`.
pub async fn has_role(cx: &Cx, id: AccountId, role: kernel::Role, place: &Place) -> Result<bool> {
    let active = store::find(cx, id).await?.is_some_and(|row| row.status == AccountStatus::Active);
    let now = cx.now();
    let grants = if active { grant::of_account(cx, id).await? } else { Vec::new() };
    Ok(grants.iter().any(|g| g.in_force(now) && g.role == role && g.covers(place)))
}

/// The accounts in use that have this role at this place now, by id, at most so many: for reports of other crates.
///
/// # Errors
/// `database_unavailable`.
pub async fn in_role(cx: &Cx, role: kernel::Role, place: &Place, limit: u64) -> Result<Vec<AccountId>> {
    let Some(region) = place.region else { return Ok(Vec::new()) };
    let now = cx.now();
    let grants = grant::in_role(cx, role, region, now, limit).await?;
    let mut ids: Vec<AccountId> = grants.into_iter().filter(|g| g.covers(place)).map(|g| g.account_id).collect();
    ids.dedup();
    let accounts = if ids.is_empty() { Vec::new() } else { store::find_many(cx, ids).await? };
    let mut active: Vec<AccountId> = accounts.into_iter().filter(|a| a.status == AccountStatus::Active).map(|a| a.id).collect();
    active.sort_unstable();
    Ok(active)
}

/// An account as one who asks, with the grants that are in force now; absent if it is not in use. For what goes on in somebody's
/// name while they are not there.
///
/// # Errors
/// `database_unavailable`.
pub async fn actor_of(cx: &Cx, id: AccountId) -> Result<Option<Actor>> {
    if store::find(cx, id).await?.is_none_or(|row| row.status != AccountStatus::Active) {
        return Ok(None);
    }
    let now = cx.now();
    let rows = grant::of_account(cx, id).await?;
    // Programs have scopes instead; so most accounts without grants are theirs.
    let program = if rows.is_empty() { application::of_account(cx, id).await? } else { None };
    if let Some((application, program)) = program {
        let good = application == ApplicationStatus::Active;
        return Ok(good.then(|| Actor { account: Some(id), session: None, grants: Vec::new(), program: Some(program) }));
    }
    let grants = rows.iter().filter(|g| g.in_force(now)).map(grant::row::Model::granted).collect::<Result<_>>()?;
    Ok(Some(Actor { account: Some(id), session: None, grants, program: None }))
}

/// One account (查询账号).
///
/// # Errors
/// `account_not_found`, also for those who may not know of it.
pub async fn get_account(cx: &Cx, id: AccountId) -> Result<Account> {
    let (row, _, sight) = sighted(cx, id).await?;
    show(cx, row, sight)
}

/// The accounts that the actor may see, newest first (账号列表).
///
/// # Errors
/// `cursor_invalid`, `query_parameter_invalid`.
pub async fn list_accounts(cx: &Cx, query: ListAccounts) -> Result<Page<Account>> {
    let page = store::list(cx, query).await?;
    let own = cx.actor.account;
    let items = page.items.into_iter().map(|row| {
        let sight = if own.is_none_or(|own| own == row.id) { Sight::Own } else { Sight::of(&cx.actor) };
        show(cx, row, sight)
    });
    Ok(Page { items: items.collect::<Result<Vec<_>>>()?, next_cursor: page.next_cursor, has_more: page.has_more })
}

/// Who asks, and what they may do (当前账号).
///
/// # Errors
/// `token_missing` for the system itself.
pub async fn me(cx: &Cx) -> Result<Me> {
    let id = cx.actor.account()?;
    let row = store::find(cx, id).await?.ok_or_else(|| Error::new(Code::AccountNotFound))?;
    let now = cx.now();
    let grants = grant::of_account(cx, id).await?;
    let grants: Vec<_> = grants.into_iter().filter(|g| g.in_force(now)).collect();
    let held = |roles: &[kernel::Role]| grants.iter().any(|g| roles.contains(&g.role));
    let permissions = POLICY.iter().filter(|(_, roles)| held(roles)).map(|(p, _)| p.as_str().to_owned()).collect();
    Ok(Me { account: show(cx, row, Sight::Own)?, grants: grants.into_iter().map(Into::into).collect(), permissions })
}

/// Changes an account. Its sessions end when it is disabled, and all but the asking one when the password changes.
pub(crate) async fn update(cx: &Cx, id: AccountId, command: UpdateAccount, guesses: &Limiter) -> Result<Account> {
    keep_limits(&command)?;
    let (row, grants, sight) = sighted(cx, id).await?;
    let own = cx.actor.account == Some(id);
    if !own {
        require_manage(&cx.actor, &grants, cx.now())?;
    }
    if own && command.status.is_some() {
        return Err(Error::new(Code::AccountIsOwn));
    }
    if command.version.is_some_and(|v| v != row.version) {
        return Err(Error::new(Code::VersionStale));
    }
    let mut new = row.clone();
    let mut changed = Vec::new();
    if let Some(display_name) = &command.display_name {
        new.display_name = cx.vault().seal(&owner(id), display_name)?;
        changed.push("display_name");
    }
    if let Some(phone) = &command.phone {
        (new.phone, new.phone_index) = seal_phone(cx, id, Some(phone))?;
        changed.push("phone");
    }
    if let Some(password) = command.password {
        if !own {
            return Err(Error::new(Code::AccountNotOwn));
        }
        check_old_password(cx, &row, command.old_password, guesses).await?;
        new.password_hash = Some(password::hash(password).await?);
        changed.push("password");
    }
    if let Some(status) = command.status.filter(|s| *s != row.status) {
        new.status = status;
        if status == AccountStatus::Active {
            changed.push("status");
        }
    }
    let disabled = new.status == AccountStatus::Disabled && row.status == AccountStatus::Active;
    let mut tx = cx.begin();
    if changed.is_empty() && !disabled {
        return tx.commit(show(cx, row, sight)?).await;
    }
    new.version += 1;
    new.updated_at = tx.now;
    if disabled || changed.contains(&"password") {
        session::end_all(&mut tx, id, cx.actor.session.filter(|_| own)).await?;
    }
    let region = grants.first().map_or(RegionCode::COUNTRY, |g| g.place_code);
    let subject = Subject { id: id.0, version: new.version, region };
    if !changed.is_empty() {
        tx.emit(subject, &AccountEvent::Updated { changed })?;
    }
    if disabled {
        tx.emit(subject, &AccountEvent::Disabled {})?;
    }
    tx.stage(Guard::Update(rewrite(&new, row.version)), Error::new(Code::VersionStale));
    tx.commit(show(cx, new, sight)?).await
}

/// The statement that writes the changed account over the version that was read.
pub(crate) fn rewrite(new: &row::Model, read: i32) -> sea_orm::sea_query::UpdateStatement {
    row::Entity::update_many()
        .col_expr(row::Column::DisplayName, Expr::val(new.display_name.clone()))
        .col_expr(row::Column::Phone, Expr::val(new.phone.clone()))
        .col_expr(row::Column::PhoneIndex, Expr::val(new.phone_index.clone()))
        .col_expr(row::Column::PasswordHash, Expr::val(new.password_hash.clone()))
        .col_expr(row::Column::Status, Expr::val(new.status))
        .col_expr(row::Column::Version, Expr::val(new.version))
        .col_expr(row::Column::UpdatedAt, Expr::val(new.updated_at))
        .filter(row::Column::Id.eq(new.id))
        .filter(row::Column::Version.eq(read))
        .into_query()
}

async fn check_old_password(cx: &Cx, row: &row::Model, old: Option<String>, guesses: &Limiter) -> Result<()> {
    let field = "#/old_password";
    let old = old.ok_or_else(|| Error::field_with(field, Code::FieldMissing, vec![("name", "old_password".to_owned())]))?;
    let guess = guesses.attempt(&row.name, cx.now()).await?;
    if !password::fits(old, row.password_hash.clone()).await? {
        return Err(Error::new(Code::OldPasswordWrong).at(field));
    }
    guess.forgive();
    Ok(())
}

/// Requires the right to manage an account with these grants: over every one that has not ended (over
/// some of them, if all have), and none of them above the actor's own.
fn require_manage(actor: &Actor, grants: &[grant::row::Model], now: Time) -> Result<()> {
    let missing = || Error::new(Code::PermissionMissing).with("permission", Permission::AccountManage);
    if actor.reach(Permission::AccountManage).regions.contains(&RegionCode::COUNTRY) && grants.is_empty() {
        return Ok(());
    }
    let live: Vec<_> = grants.iter().filter(|g| g.valid_to.is_none_or(|to| to > now)).collect();
    if live.is_empty() {
        return if grants.iter().any(|g| g.rank_of(actor, Permission::AccountManage).is_some()) { Ok(()) } else { Err(missing()) };
    }
    for grant in live {
        let rank = grant.rank_of(actor, Permission::AccountManage).ok_or_else(missing)?;
        if grant::needed_rank(grant.role) > rank {
            return Err(Error::new(Code::GrantBeyondOwn));
        }
    }
    Ok(())
}

/// Requires that the caller manages this account: over every grant that is in force, and none above their own.
pub(crate) async fn require_manageable(cx: &Cx, id: AccountId) -> Result<()> {
    require_manage(&cx.actor, &grant::of_account(cx, id).await?, cx.now())
}

/// How to reach an account, unmasked, for the work of other crates; absent if there is no such account.
///
/// # Errors
/// `database_unavailable`.
pub async fn contact(cx: &Cx, id: AccountId) -> Result<Option<Contact>> {
    store::find(cx, id).await?.map(|row| unseal(cx, &row)).transpose()
}

/// What these accounts are called, unmasked, in one query; who does not exist is left out. The caller masks.
///
/// # Errors
/// `database_unavailable`.
pub async fn names(cx: &Cx, ids: &[AccountId]) -> Result<HashMap<AccountId, String>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = store::find_many(cx, ids).await?;
    rows.into_iter().map(|row| Ok((row.id, unseal(cx, &row)?.name))).collect()
}

/// The accounts in use that have this phone number, at most two: one is somebody, two are nobody in particular.
///
/// # Errors
/// `database_unavailable`.
pub async fn with_phone(cx: &Cx, phone: &str) -> Result<Vec<AccountId>> {
    let Some(digits) = dialled(phone) else { return Ok(Vec::new()) };
    let index = cx.vault().blind_index(&digits)?;
    store::with_phone(cx, index, 2).await
}

/// The account of this sign-in name; absent if there is none.
///
/// # Errors
/// `database_unavailable`.
pub async fn find_by_name(cx: &Cx, name: &str) -> Result<Option<AccountId>> {
    Ok(store::find_by_name(cx.reader(), name).await?.map(|row| row.id))
}
