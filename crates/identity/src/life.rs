//! The life of accounts, grants and sessions on a real database: what the pure tests beside the code cannot tell.

use crate::*;
use chrono::Duration;
use kernel::{
    Actor, Code, Core, Cx, Place, RegionCode, Result, Role,
    clock::{Clock, ManualClock},
    db::{Db, Pool},
    id::{AccountId, GridId, OrganizationId},
    vault::Vault,
};
use sea_orm::{ConnectionTrait, sea_query::Order};
use sea_orm_migration::MigratorTrait;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use uuid::Uuid;

const PASSWORD: &str = "correct horse";

struct House {
    core: Core,
    clock: Arc<ManualClock>,
    identity: Identity,
    file: String,
}

impl House {
    async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("linli-identity-{}-{}.db", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let file = std::env::temp_dir().join(name).display().to_string();
        let db = Db::connect(&format!("sqlite://{file}"), Pool::default()).await.unwrap();
        migrations::Migrator::up(db.writer(), None).await.unwrap();
        let clock = Arc::new(ManualClock::at(chrono::DateTime::from_timestamp(1_780_000_000, 0).unwrap()));
        let core = Core::new(db, Arc::<ManualClock>::clone(&clock) as Arc<dyn Clock>, Arc::new(Vault::new(&[(1, [5; 32])]).unwrap()));
        Self { core, clock, identity: Identity::new(Keys::from_seed(&[7; 32]).unwrap()), file }
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }

    fn system(&self) -> Cx {
        Cx::system(self.core.clone())
    }

    /// Opens an account, a second after the one before: lists go by time.
    async fn person(&self, name: &str, grants: Vec<CreateGrant>) -> AccountId {
        self.wait(1);
        create_account(&self.system(), new_account(name, grants), &[]).await.unwrap().id
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<Tokens> {
        let command = SignIn { name: name.to_owned(), password: password.to_owned() };
        self.identity.sign_in(&self.core, command, Some("192.0.2.1")).await
    }

    async fn refresh(&self, token: &str) -> Result<Tokens> {
        self.identity.refresh(&self.core, Refresh { refresh_token: token.to_owned() }).await
    }

    async fn who(&self, tokens: &Tokens) -> Result<Arc<Actor>> {
        self.identity.authenticate(&self.core, &tokens.access_token).await
    }

    async fn cx(&self, name: &str) -> Cx {
        let tokens = self.sign_in(name, PASSWORD).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        Cx::new(self.core.clone(), self.who(&tokens).await.unwrap())
    }

    /// The types of all events so far.
    async fn events(&self) -> Vec<String> {
        let pager = kernel::Pager::new("events", &(), kernel::PageQuery { limit: Some(100), cursor: None }).unwrap();
        let filter = kernel::event::Filter::of(&Actor::system(), Vec::new(), None).unwrap();
        let page = kernel::event::feed(&self.system(), &filter, &pager, None).await.unwrap().0;
        page.items.into_iter().map(|e| e.kind).collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.file));
        }
    }
}

fn new_account(name: &str, grants: Vec<CreateGrant>) -> CreateAccount {
    let (name, password, display_name) = (name.to_owned(), PASSWORD.to_owned(), "欧阳丽".to_owned());
    CreateAccount { name, password, display_name, phone: Some("13812341234".to_owned()), grants }
}

fn role(role: Role, region: &str) -> CreateGrant {
    CreateGrant::in_region(role, region.parse().unwrap())
}

/// A member of some grid.
fn in_grid() -> CreateGrant {
    CreateGrant { region_code: None, grid_id: Some(GridId(Uuid::from_u128(3))), ..role(Role::GridMember, HERE) }
}

fn refused<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|e| e.code)
}

const HERE: &str = "321182001017";
const THERE: &str = "321182001018";

#[tokio::test]
async fn the_first_administrator_needs_the_token_and_nobody_after() {
    let house = House::new().await;
    let command = |token: &str| SetUp {
        token: token.to_owned(),
        name: "admin".to_owned(),
        password: PASSWORD.to_owned(),
        display_name: "王丽".to_owned(),
    };
    let old = ensure_setup_token(&house.core).await.unwrap().unwrap();
    let token = ensure_setup_token(&house.core).await.unwrap().unwrap();
    assert_eq!(refused(set_up(&house.core, command(&old)).await), Some(Code::SetupTokenInvalid));
    assert_eq!(refused(set_up(&house.core, SetUp { name: "Ad".to_owned(), ..command(&token) }).await), Some(Code::ContentInvalid));
    let both = tokio::join!(set_up(&house.core, command(&token)), set_up(&house.core, command(&token)));
    assert_eq!(u8::from(both.0.is_ok()) + u8::from(both.1.is_ok()), 1);
    assert_eq!(refused(set_up(&house.core, command(&token)).await), Some(Code::SetupTokenInvalid));
    assert_eq!(ensure_setup_token(&house.core).await.unwrap(), None);
    let me = me(&house.cx("admin").await).await.unwrap();
    assert_eq!((me.account.display_name.as_str(), me.grants[0].region_code), ("王丽", Some(RegionCode::COUNTRY)));
    assert!(me.permissions.contains(&"account.manage".to_owned()));
    assert_eq!(house.events().await, ["account.created", "grant.given", "session.opened"]);
}

#[tokio::test]
async fn wrong_names_wrong_passwords_and_disabled_accounts_are_all_the_same() {
    let house = House::new().await;
    let zhang = house.person("zhang", vec![]).await;
    assert!(house.sign_in("zhang", PASSWORD).await.is_ok());
    for (name, password) in [("nobody", PASSWORD), ("zhang", "wrong"), ("Zhang", PASSWORD), ("", "")] {
        assert_eq!(refused(house.sign_in(name, password).await), Some(Code::CredentialsWrong), "{name}");
    }
    let disable = UpdateAccount { status: Some(AccountStatus::Disabled), ..UpdateAccount::default() };
    house.identity.update_account(&house.system(), zhang, disable).await.unwrap();
    for _ in 0..4 {
        assert_eq!(refused(house.sign_in("zhang", PASSWORD).await), Some(Code::CredentialsWrong));
    }
    assert_eq!(refused(house.sign_in("zhang", PASSWORD).await), Some(Code::RateLimited));
    house.wait(60);
    assert_eq!(refused(house.sign_in("zhang", PASSWORD).await), Some(Code::CredentialsWrong));
}

#[tokio::test]
async fn one_address_may_guess_thirty_times_a_minute() {
    let house = House::new().await;
    for n in 0..30 {
        assert_eq!(refused(house.sign_in(&format!("guess{n}"), "wrong").await), Some(Code::CredentialsWrong));
    }
    assert_eq!(refused(house.sign_in("guess30", "wrong").await), Some(Code::RateLimited));
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_copy_ends_the_session() {
    let house = House::new().await;
    house.person("zhang", vec![]).await;
    let first = house.sign_in("zhang", PASSWORD).await.unwrap();
    let second = house.refresh(&first.refresh_token).await.unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);
    assert_eq!(first.refresh_expires_at, second.refresh_expires_at);
    // The answer was lost: within ten seconds the same one comes again, without another step.
    house.wait(10);
    assert_eq!(house.refresh(&first.refresh_token).await.unwrap().refresh_token, second.refresh_token);
    // Two at once end with the same token.
    let (a, b) = tokio::join!(house.refresh(&second.refresh_token), house.refresh(&second.refresh_token));
    let third = a.unwrap();
    assert_eq!(third.refresh_token, b.unwrap().refresh_token);
    assert!(house.who(&third).await.is_ok());
    // Much later somebody uses an old one: everybody is out.
    house.wait(11);
    assert_eq!(refused(house.refresh(&second.refresh_token).await), Some(Code::RefreshTokenInvalid));
    assert_eq!(refused(house.refresh(&third.refresh_token).await), Some(Code::RefreshTokenInvalid));
    assert_eq!(refused(house.who(&third).await), Some(Code::TokenInvalid));
    assert_eq!(house.events().await, ["account.created", "session.opened", "session.revoked"]);
}

#[tokio::test]
async fn sessions_end_by_signing_out_and_by_time() {
    let house = House::new().await;
    house.person("zhang", vec![]).await;
    let (phone, desk) = (house.sign_in("zhang", PASSWORD).await.unwrap(), house.sign_in("zhang", PASSWORD).await.unwrap());
    let cx = Cx::new(house.core.clone(), house.who(&phone).await.unwrap());
    house.identity.sign_out(&cx).await.unwrap();
    assert_eq!(refused(house.who(&phone).await), Some(Code::TokenInvalid));
    assert_eq!(refused(house.refresh(&phone.refresh_token).await), Some(Code::RefreshTokenInvalid));
    assert!(house.who(&desk).await.is_ok());
    house.wait(15 * 60);
    assert_eq!(refused(house.who(&desk).await), Some(Code::TokenInvalid));
    let desk = house.refresh(&desk.refresh_token).await.unwrap();
    house.wait(30 * 86_400);
    assert_eq!(refused(house.refresh(&desk.refresh_token).await), Some(Code::RefreshTokenInvalid));
    assert_eq!(refused(house.identity.sign_out(&house.system()).await), Some(Code::TokenMissing));
}

#[tokio::test]
async fn grants_count_from_when_they_begin_until_they_end() {
    let house = House::new().await;
    let now = house.system().now() + Duration::seconds(1);
    let limited = CreateGrant {
        valid_from: Some(now + Duration::seconds(2)),
        valid_to: Some(now + Duration::seconds(4)),
        ..role(Role::Volunteer, HERE)
    };
    let zhang = house.person("zhang", vec![role(Role::Resident, HERE), limited]).await;
    let tokens = house.sign_in("zhang", PASSWORD).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(house.who(&tokens).await.unwrap().grants.len());
        house.wait(1);
    }
    assert_eq!(held, [1, 1, 2, 2, 1, 1]);
    let resident = house.who(&tokens).await.unwrap().grants[0].id;
    let revoked = revoke_grant(&house.system(), resident).await.unwrap();
    house.identity.forget(&house.system(), zhang);
    assert_eq!(revoked.valid_to, Some(house.system().now()));
    assert_eq!(house.who(&tokens).await.unwrap().grants.len(), 0);
    assert_eq!(revoke_grant(&house.system(), resident).await.unwrap(), revoked);
    // One that has not begun never begins.
    let later = CreateGrant { valid_from: Some(house.system().now() + Duration::days(1)), ..role(Role::Volunteer, HERE) };
    let later = grant_role(&house.system(), zhang, later, Place::default()).await.unwrap();
    assert!(revoke_grant(&house.system(), later.id).await.is_ok());
    let listed = list_grants(&house.system(), zhang, ListGrants::default()).await.unwrap();
    assert_eq!((listed.items.len(), listed.items[0].id, listed.has_more), (3, later.id, false));
}

#[tokio::test]
async fn accounts_are_seen_from_where_their_grants_are() {
    let house = House::new().await;
    let zhang = house.person("zhang", vec![role(Role::Resident, HERE)]).await;
    let other = house.person("other", vec![role(Role::Resident, THERE)]).await;
    let bare = house.person("bare", vec![]).await;
    let li = house.person("lina", vec![role(Role::CommunityWorker, HERE)]).await;
    house.person("street", vec![role(Role::StreetOperator, "321182001")]).await;
    house.person("admin", vec![role(Role::Administrator, "000000000000")]).await;
    let (li_cx, zhang_cx) = (house.cx("lina").await, house.cx("zhang").await);

    let seen = get_account(&li_cx, zhang).await.unwrap();
    assert_eq!((seen.display_name.as_str(), seen.phone.as_deref()), ("欧阳丽", Some("138****1234")));
    assert_eq!(get_account(&zhang_cx, zhang).await.unwrap().phone.as_deref(), Some("13812341234"));
    for (cx, id) in [(&li_cx, other), (&li_cx, bare), (&zhang_cx, li)] {
        assert_eq!(refused(get_account(cx, id).await), Some(Code::AccountNotFound));
        assert_eq!(refused(list_grants(cx, id, ListGrants::default()).await), Some(Code::AccountNotFound));
    }
    let listed =
        async |cx: &Cx, query: ListAccounts| list_accounts(cx, query).await.unwrap().items.into_iter().map(|a| a.name).collect::<Vec<_>>();
    let all = ListAccounts::default;
    assert_eq!(listed(&zhang_cx, all()).await, ["zhang"]);
    assert_eq!(listed(&li_cx, all()).await, ["lina", "zhang"]);
    let street = house.cx("street").await;
    assert_eq!(listed(&street, all()).await, ["street", "lina", "other", "zhang"]);
    assert_eq!(listed(&house.cx("admin").await, all()).await, ["admin", "street", "lina", "bare", "other", "zhang"]);
    let residents = ListAccounts {
        role: Some(Role::Resident),
        region_code: Some(THERE.parse().unwrap()),
        status: Some(AccountStatus::Active),
        ..all()
    };
    assert_eq!(listed(&street, residents).await, ["other"]);
    let page = list_accounts(&street, ListAccounts { limit: Some(3), ..all() }).await.unwrap();
    let next = list_accounts(&street, ListAccounts { limit: Some(3), cursor: page.next_cursor, ..all() }).await.unwrap();
    assert_eq!((next.items[0].id, next.has_more), (zhang, false));

    let names = names(&li_cx, &[zhang, zhang, other, AccountId(Uuid::nil())]).await.unwrap();
    assert_eq!((names.len(), names[&other].as_str()), (2, "欧阳丽"));
    let found = contact(&li_cx, other).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.phone.as_deref()), ("欧阳丽", Some("13812341234")));
    assert!(contact(&li_cx, AccountId(Uuid::nil())).await.unwrap().is_none());
    assert_eq!(find_by_name(&li_cx, "zhang").await.unwrap(), Some(zhang));
    assert_eq!(find_by_name(&li_cx, "nobody").await.unwrap(), None);
}

#[tokio::test]
async fn a_community_worker_opens_accounts_here_and_not_above() {
    let house = House::new().await;
    house.person("lina", vec![role(Role::CommunityWorker, HERE)]).await;
    house.person("zhang", vec![role(Role::Resident, HERE)]).await;
    let li = house.cx("lina").await;
    let chen = create_account(&li, new_account("chen", vec![role(Role::PartyMember, HERE)]), &[]).await.unwrap();
    assert_eq!((chen.phone.as_deref(), chen.display_name.as_str(), chen.version), (Some("138****1234"), "欧阳丽", 1));
    // Without a grant nobody but the account itself can see it: even its maker sees an outline.
    let bare = create_account(&li, new_account("bare", vec![]), &[]).await.unwrap();
    assert_eq!(bare.display_name, "欧阳*");
    let taken = create_account(&li, new_account("chen", vec![]), &[]).await;
    assert_eq!(refused(taken), Some(Code::AccountNameTaken));
    for (grant, code) in [
        (role(Role::StreetOperator, HERE), Code::GrantBeyondOwn),
        (role(Role::Resident, THERE), Code::PermissionMissing),
        (CreateGrant { region_code: None, ..role(Role::Resident, HERE) }, Code::GrantScopeInvalid),
    ] {
        assert_eq!(refused(create_account(&li, new_account("new", vec![grant]), &[]).await), Some(code));
    }
    assert_eq!(refused(create_account(&house.cx("zhang").await, new_account("new", vec![]), &[]).await), Some(Code::PermissionMissing));
    let limits = create_account(&li, CreateAccount { password: "short".to_owned(), ..new_account("new", vec![]) }, &[]).await;
    let limits = limits.unwrap_err();
    assert_eq!((limits.code, limits.fields[0].pointer.as_str()), (Code::ContentInvalid, "#/password"));
    assert!(!format!("{limits} {limits:?}").contains("short"));

    // In a grid that lies here.
    let here = Place::from(HERE.parse::<RegionCode>().unwrap());
    assert_eq!(refused(create_account(&li, new_account("wufei", vec![in_grid()]), &[]).await), Some(Code::PermissionMissing));
    assert_eq!(refused(create_account(&house.system(), new_account("wufei", vec![in_grid()]), &[]).await), Some(Code::ReferenceBroken));
    let wu = create_account(&li, new_account("wufei", vec![in_grid()]), &[here]).await.unwrap();
    assert_eq!(wu.display_name, "欧阳丽");
    let nobody = grant_role(&li, AccountId(Uuid::nil()), role(Role::Resident, HERE), Place::default()).await;
    assert_eq!(refused(nobody), Some(Code::AccountNotFound));
}

#[tokio::test]
async fn a_grant_in_a_grid_or_an_organization_lies_in_its_region() {
    let house = House::new().await;
    let place = |region: &str| Place::from(region.parse::<RegionCode>().unwrap());
    for (name, region) in [("lina", HERE), ("sunli", THERE)] {
        house.person(name, vec![role(Role::CommunityWorker, region)]).await;
    }
    house.person("street", vec![role(Role::StreetOperator, "321182001")]).await;
    house.person("county", vec![role(Role::Auditor, "321182")]).await;
    house.person("far", vec![role(Role::StreetOperator, "321003005")]).await;
    house.person("keeper", vec![role(Role::CommunityWorker, THERE)]).await;
    let in_organization = CreateGrant { grid_id: None, organization_id: Some(OrganizationId(Uuid::from_u128(4))), ..in_grid() };
    // Given by the system, not by whoever looks.
    let mut made = Vec::new();
    for (name, grants, at) in [
        ("gridder", vec![in_grid()], vec![place(HERE)]),
        ("clerk", vec![CreateGrant { role: Role::OrganizationStaff, ..in_organization }], vec![place(HERE)]),
        ("both", vec![in_grid(), role(Role::Resident, THERE)], vec![place(HERE), Place::default()]),
    ] {
        house.wait(1);
        made.push(create_account(&house.system(), new_account(name, grants), &at).await.unwrap().id);
    }
    let listed =
        async |cx: &Cx, query: ListAccounts| list_accounts(cx, query).await.unwrap().items.into_iter().map(|a| a.name).collect::<Vec<_>>();
    let all = ListAccounts::default;
    let [li, sun, street, county, far] = ["lina", "sunli", "street", "county", "far"].map(|name| house.cx(name));
    let (li, sun, street, county, far) = tokio::join!(li, sun, street, county, far);
    assert_eq!(listed(&li, all()).await, ["both", "clerk", "gridder", "lina"]);
    assert_eq!(listed(&sun, all()).await, ["both", "keeper", "sunli"]);
    assert_eq!(listed(&street, all()).await, ["both", "clerk", "gridder", "keeper", "street", "sunli", "lina"]);
    assert_eq!(listed(&county, all()).await.len(), 8);
    assert_eq!(listed(&far, all()).await, ["far"]);

    // Narrowed, within what one may see; a page never holds an account twice.
    let here = ListAccounts { region_code: Some(HERE.parse().unwrap()), ..all() };
    assert_eq!(listed(&street, here.clone()).await, ["both", "clerk", "gridder", "lina"]);
    assert_eq!(listed(&sun, here.clone()).await, [""; 0]);
    assert_eq!(listed(&house.system(), here).await, ["both", "clerk", "gridder", "lina"]);
    let members = ListAccounts { role: Some(Role::GridMember), ..all() };
    for cx in [&li, &street, &house.system()] {
        assert_eq!(listed(cx, members.clone()).await, ["both", "gridder"]);
    }
    assert_eq!(listed(&sun, members.clone()).await, [""; 0]);
    let everywhere = ListAccounts { region_code: Some(RegionCode::COUNTRY), ..members };
    assert_eq!(listed(&street, everywhere).await, ["both", "gridder"]);
    let disabled = ListAccounts { status: Some(AccountStatus::Disabled), ..all() };
    assert_eq!(listed(&street, disabled.clone()).await, [""; 0]);
    let (mut cursor, mut paged) = (None, Vec::new());
    loop {
        let page = list_accounts(&street, ListAccounts { limit: Some(2), cursor, ..all() }).await.unwrap();
        paged.extend(page.items.into_iter().map(|a| a.name));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, listed(&street, all()).await);

    // A worker of that grid sees who is in it.
    house.wait(1);
    let worker = CreateGrant { role: Role::CommunityWorker, ..in_grid() };
    create_account(&house.system(), new_account("gridhead", vec![worker]), &[place(HERE)]).await.unwrap();
    assert_eq!(listed(&house.cx("gridhead").await, all()).await, ["gridhead", "both", "gridder"]);

    // Managed from there too, and from nowhere else.
    let disable = || UpdateAccount { status: Some(AccountStatus::Disabled), ..UpdateAccount::default() };
    let change = async |cx: &Cx, id| house.identity.update_account(cx, id, disable()).await;
    for id in [made[0], made[1]] {
        assert_eq!(get_account(&li, id).await.unwrap().display_name, "欧阳丽");
        for cx in [&sun, &far] {
            assert_eq!(refused(get_account(cx, id).await), Some(Code::AccountNotFound));
            assert_eq!(refused(change(cx, id).await), Some(Code::AccountNotFound));
        }
        assert_eq!(refused(change(&county, id).await), Some(Code::PermissionMissing));
        assert_eq!(change(&li, id).await.unwrap().status, AccountStatus::Disabled);
    }
    assert_eq!(refused(change(&li, made[2]).await), Some(Code::PermissionMissing));
    assert_eq!(change(&street, made[2]).await.unwrap().status, AccountStatus::Disabled);
    assert_eq!(listed(&street, disabled).await, ["both", "clerk", "gridder"]);
    let given = list_grants(&li, made[0], ListGrants::default()).await.unwrap().items.remove(0);
    for cx in [&sun, &far] {
        assert_eq!(refused(revoke_grant(cx, given.id).await), Some(Code::GrantNotFound));
    }
    assert_eq!(refused(revoke_grant(&county, given.id).await), Some(Code::PermissionMissing));
    assert!(revoke_grant(&li, given.id).await.unwrap().valid_to.is_some());

    // To have given a grant is no standing: once the giver has left the region, it sees nothing of it.
    let (keeper, of_keeper) = (house.cx("keeper").await, list_accounts(&house.system(), ListAccounts { limit: Some(100), ..all() }).await);
    let keeper_id = of_keeper.unwrap().items.into_iter().find(|a| a.name == "keeper").unwrap().id;
    let protege = create_account(&keeper, new_account("protege", vec![in_grid()]), &[place(THERE)]).await.unwrap();
    assert!(get_account(&keeper, protege.id).await.is_ok());
    let held = list_grants(&keeper, keeper_id, ListGrants::default()).await.unwrap().items.remove(0);
    revoke_grant(&house.system(), held.id).await.unwrap();
    grant_role(&house.system(), keeper_id, role(Role::CommunityWorker, HERE), Place::default()).await.unwrap();
    house.identity.forget(&house.system(), keeper_id);
    assert_eq!(refused(get_account(&house.cx("keeper").await, protege.id).await), Some(Code::AccountNotFound));
}

#[tokio::test]
async fn a_list_of_accounts_reads_one_range_of_an_index() {
    let house = House::new().await;
    let db = house.core.db.reader();
    let plan = async |region: Option<&str>, role: Option<Role>| {
        let regions = region.map(|r| r.parse().unwrap()).into_iter().collect();
        let grids = region.is_none().then_some(GridId(Uuid::nil())).into_iter().collect();
        let reach = kernel::access::Reach { regions, grids, ..Default::default() };
        let wanted = grant::Wanted { region: None, role, now: house.system().now() };
        let mut query = grant::holders(&reach, wanted).remove(0);
        query.order_by(grant::row::Column::AccountId, Order::Desc).limit(21);
        let mut statement = db.get_database_backend().build(&query);
        statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        let steps = db.query_all_raw(statement).await.unwrap();
        steps.iter().map(|step| step.try_get::<String>("", "detail").unwrap()).collect::<Vec<_>>().join("; ")
    };
    for (region, role, index) in [
        (Some(HERE), None, "grants_place (place_code=?)"),
        (Some("321182001"), None, "grants_township (<expr>=?)"),
        (Some("321182"), None, "grants_county (<expr>=?)"),
        (Some("3211"), None, "grants_city (<expr>=?)"),
        (Some("32"), None, "grants_province (<expr>=?)"),
        (Some(HERE), Some(Role::Resident), "grants_place (place_code=?)"),
        (Some("321182"), Some(Role::Volunteer), "grants_county (<expr>=?)"),
        (Some("000000000000"), Some(Role::Auditor), "grants_office (role=?)"),
        (None, None, "grants_grid (grid_id=?)"),
    ] {
        let plan = plan(region, role).await;
        assert!(plan.contains(index) && !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{region:?} {role:?}: {plan}");
    }
}

#[tokio::test]
async fn an_account_is_changed_by_its_owner_and_by_who_stands_over_it() {
    let house = House::new().await;
    let li = house.person("lina", vec![role(Role::CommunityWorker, HERE)]).await;
    let zhang = house.person("zhang", vec![role(Role::Resident, HERE)]).await;
    let two = house.person("two", vec![role(Role::Resident, HERE), role(Role::Resident, THERE)]).await;
    let boss = house.person("boss", vec![role(Role::Administrator, HERE)]).await;
    let (li_cx, zhang_cx) = (house.cx("lina").await, house.cx("zhang").await);
    let none = UpdateAccount::default;
    let change = async |cx: &Cx, id, command| house.identity.update_account(cx, id, command).await;

    let phone = UpdateAccount { phone: Some("0514-87654321".to_owned()), version: Some(1), ..none() };
    let view = change(&zhang_cx, zhang, phone.clone()).await.unwrap();
    assert_eq!((view.phone.as_deref(), view.version), (Some("0514-87654321"), 2));
    assert_eq!(refused(change(&zhang_cx, zhang, phone).await), Some(Code::VersionStale));
    assert_eq!(change(&zhang_cx, zhang, none()).await.unwrap(), view);
    assert_eq!(change(&li_cx, zhang, UpdateAccount { display_name: Some("张三".to_owned()), ..none() }).await.unwrap().version, 3);

    let password =
        |old: Option<&str>| UpdateAccount { password: Some("another horse".to_owned()), old_password: old.map(str::to_owned), ..none() };
    assert_eq!(refused(change(&li_cx, zhang, password(Some(PASSWORD))).await), Some(Code::AccountNotOwn));
    assert_eq!(refused(change(&zhang_cx, zhang, password(None)).await), Some(Code::ContentInvalid));
    assert_eq!(refused(change(&zhang_cx, zhang, password(Some("wrong"))).await), Some(Code::OldPasswordWrong));
    let elsewhere = house.sign_in("zhang", PASSWORD).await.unwrap();
    assert!(change(&zhang_cx, zhang, password(Some(PASSWORD))).await.is_ok());
    assert_eq!(refused(house.who(&elsewhere).await), Some(Code::TokenInvalid));
    assert_eq!(refused(house.sign_in("zhang", PASSWORD).await), Some(Code::CredentialsWrong));
    let here = house.sign_in("zhang", "another horse").await.unwrap();

    let disable = || UpdateAccount { status: Some(AccountStatus::Disabled), ..none() };
    assert_eq!(refused(change(&li_cx, li, disable()).await), Some(Code::AccountIsOwn));
    assert_eq!(refused(change(&zhang_cx, li, disable()).await), Some(Code::AccountNotFound));
    assert_eq!(refused(change(&li_cx, boss, disable()).await), Some(Code::GrantBeyondOwn));
    assert_eq!(refused(change(&li_cx, two, disable()).await), Some(Code::PermissionMissing));
    assert_eq!(change(&li_cx, zhang, disable()).await.unwrap().status, AccountStatus::Disabled);
    assert_eq!(refused(house.who(&here).await), Some(Code::TokenInvalid));
    assert_eq!(refused(house.refresh(&here.refresh_token).await), Some(Code::RefreshTokenInvalid));
    let enable = UpdateAccount { status: Some(AccountStatus::Active), ..none() };
    change(&li_cx, zhang, enable).await.unwrap();
    assert!(house.sign_in("zhang", "another horse").await.is_ok());
    assert_eq!(refused(house.who(&here).await), Some(Code::TokenInvalid));

    let events = house.events().await;
    let count = |kind: &str| events.iter().filter(|e| *e == kind).count();
    assert_eq!((count("account.updated"), count("account.disabled")), (4, 1));
    // `elsewhere` by the new password; `zhang_cx` and `here` by the disabling.
    assert_eq!(count("session.revoked"), 3);
}

#[tokio::test]
async fn a_setting_is_kept_and_replaced() {
    let house = House::new().await;
    assert_eq!(setting(&house.core, "x").await.unwrap(), None);
    for value in ["1", "2"] {
        set_setting(&house.core, "x", value).await.unwrap();
        assert_eq!(setting(&house.core, "x").await.unwrap().as_deref(), Some(value));
    }
}
