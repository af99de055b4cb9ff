//! A small world: two communities of one street, the people in them, and a server that they all use.
//!
//! 新联社区 ([`HOME`]) has two grids, an organization and one person for each role; 新胜社区 ([`FOREIGN`]), in the same
//! street, has one grid and three people who have no business at home. Everybody is made by the domain's own
//! verbs, once per process and database; each test gets a copy.

use crate::{
    client::Client,
    database::{Backend, Database},
    eventually, postgres,
    process::RUNTIME,
    wechat::WechatStub,
    wire::Wire,
};
use api::{CoreFactory, Server, Settings};
use chrono::{Duration, NaiveDate};
use grids::{CreateGrid, GridKind, ImportOptions};
use identity::{CreateAccount, CreateGrant, Identity, Keys, Ticket};
use kernel::{
    Core, Cx, Place, RegionCode, Role, Time,
    clock::{Clock, ManualClock},
    db::{Db, Pool},
    geo::Datum,
    id::{AccountId, GridId, OrganizationId, SessionId},
    vault::Vault,
};
use migrations::Migrator;
use organizations::{AddMember, CreateOrganization, MemberRole, OrganizationKind};
use sea_orm::{
    ConnectionTrait, Statement,
    sea_query::{Alias, Expr, Query},
};
use sea_orm_migration::MigratorTrait;
use serde_json::json;
use services::catalogue::{CreateServiceItem, create_service_item};
use std::{collections::BTreeMap, net::TcpListener, ops::Deref, sync::Arc};
use tokio::sync::OnceCell;
use volunteers::{RegisterVolunteer, VolunteerKind};

/// 新联社区, where the story plays.
pub const HOME: &str = "321182001017";
/// 新胜社区, in the same street.
pub const FOREIGN: &str = "321182001014";
/// What the keys of access and refresh tokens grow from.
pub const SEED: [u8; 32] = [8; 32];
/// The password of everybody.
pub const PASSWORD: &str = "correct-horse-8";

/// Connections of each worker and of the test itself.
const CONNECTIONS: u32 = 4;

/// After this long a server that does not answer hangs.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Where somebody's role holds.
#[derive(Clone, Copy)]
enum At {
    Region(&'static str),
    WestGrid,
    Telecom,
}

struct Part {
    name: &'static str,
    login: &'static str,
    called: &'static str,
    phone: &'static str,
    role: Role,
    at: At,
    serves: Option<(VolunteerKind, &'static [&'static str])>,
}

/// Who is who.
#[rustfmt::skip]
const CAST: &[Part] = &[
    Part { name: "zhang",    login: "zhang.san",     called: "张三",   phone: "13812341234", role: Role::Resident,          at: At::Region(HOME),        serves: None },
    Part { name: "li",       login: "li.si",         called: "李四",   phone: "13912345678", role: Role::Resident,          at: At::Region(HOME),        serves: None },
    Part { name: "wang",     login: "wang.fang",     called: "王芳",   phone: "13712340001", role: Role::CommunityWorker,   at: At::Region(HOME),        serves: None },
    Part { name: "sun",      login: "sun.ping",      called: "孙平",   phone: "13712340002", role: Role::GridMember,        at: At::Region(HOME),        serves: None },
    Part { name: "gao",      login: "gao.yuan",      called: "高远",   phone: "13712340003", role: Role::GridMember,        at: At::WestGrid,            serves: None },
    Part { name: "chen",     login: "chen.jun",      called: "陈军",   phone: "13712340004", role: Role::PartyMember,       at: At::Region(HOME),        serves: Some((VolunteerKind::PartyMember, &["水电维修", "助老陪护"])) },
    Part { name: "zhou",     login: "zhou.min",      called: "周敏",   phone: "13712340005", role: Role::PartyMember,       at: At::Region(HOME),        serves: Some((VolunteerKind::PartyMember, &["政策咨询"])) },
    Part { name: "wu",       login: "wu.lei",        called: "吴磊",   phone: "13712340006", role: Role::Volunteer,         at: At::Region(HOME),        serves: Some((VolunteerKind::Volunteer, &["助老陪护"])) },
    Part { name: "zheng",    login: "zheng.hua",     called: "郑华",   phone: "13712340007", role: Role::OrganizationStaff, at: At::Telecom,             serves: None },
    Part { name: "feng",     login: "feng.jie",      called: "冯杰",   phone: "13712340008", role: Role::StreetOperator,    at: At::Region("321182001"), serves: None },
    Part { name: "lv",       login: "lv.wen",        called: "吕文",   phone: "13712340009", role: Role::DistrictOperator,  at: At::Region("321182"),    serves: None },
    Part { name: "he",       login: "he.qing",       called: "何清",   phone: "13712340010", role: Role::Auditor,           at: At::Region("3211"),      serves: None },
    Part { name: "admin",    login: "admin",         called: "管理员", phone: "13712340011", role: Role::Administrator,     at: At::Region("000000000000"), serves: None },
    Part { name: "foreign",  login: "foreign.worker", called: "钱进",  phone: "13712340012", role: Role::CommunityWorker,   at: At::Region(FOREIGN),     serves: None },
    Part { name: "stranger", login: "stranger",      called: "赵远",   phone: "13712340013", role: Role::Resident,          at: At::Region(FOREIGN),     serves: None },
    Part { name: "guest",    login: "guest.member",  called: "许来",   phone: "13712340014", role: Role::PartyMember,       at: At::Region(FOREIGN),     serves: Some((VolunteerKind::PartyMember, &["水电维修"])) },
];

/// The regions around the two communities, and 康乐社区 in another city. The one without a successor's name has ended.
const REGIONS: &str = "code,name,valid_to,replaced_by
320000000000,江苏省,,
321000000000,扬州市,,
321003000000,邗江区,,
321003005000,双桥街道,,
321003005001,武塘社区居委会,,
321003005002,双桥社区居委会,,
321003005003,石桥社区居委会,,
321003005004,卜桥社区居委会,,
321003005006,文苑社区居委会,,
321003005007,虹桥社区居委会,,
321003005008,康乐社区居委会,,
321003005010,文扬社区居委会,,
321100000000,镇江市,,
321182000000,扬中市,,
321182001000,三茅街道,,
321182001001,文化新村社区居委会,,
321182001002,扬子新村社区居委会,,
321182001003,江州路社区居委会,,
321182001004,英雄社区居委会,,
321182001005,广宁社区居委会,,
321182001006,中桥社区居委会,,
321182001007,建设社区居委会,,
321182001008,金星社区居委会,,
321182001009,同心社区居委会,,
321182001010,丰裕社区居委会,,
321182001011,新民社区居委会,,
321182001012,旧联社区居委会,2025-01-01,321182001017
321182001013,港联社区居委会,,
321182001014,新胜社区居委会,,
321182001015,新扬社区居委会,,
321182001016,长江花城社区居委会,,
321182001017,新联社区居委会,,
321182001018,中扬社区居委会,,
";

/// What each test gets.
///
/// Cheap to clone: clones are the same world.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

/// What is in a world.
pub struct Inner {
    /// The clock of the server: Monday 2026-11-16, 09:00 in China, until it is moved.
    pub clock: Arc<ManualClock>,
    /// The things that were there before the test began.
    pub places: Places,
    /// Which database it lies in.
    pub backend: Backend,
    people: BTreeMap<&'static str, Ticket>,
    identity: Arc<Identity>,
    database: Database,
    core: Core,
    server: Server,
    http: reqwest::Client,
}

/// Ids of things that are there from the start.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// 第一网格: the west half of 新联社区, longitude 119.81–119.82, latitude 32.23–32.25 (WGS-84).
    pub west: GridId,
    /// 第二网格: the east half, longitude 119.82–119.83.
    pub east: GridId,
    /// The one grid of 新胜社区, longitude 119.84–119.86.
    pub abroad: GridId,
    /// 中国电信, a resident unit (驻区单位) of 新联社区; `zheng` works there.
    pub telecom: OrganizationId,
}

struct Template {
    database: Database,
    places: Places,
    people: BTreeMap<&'static str, Ticket>,
}

impl Deref for World {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl World {
    /// A world of one's own; `None` where there is no PostgreSQL to hold it.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn start(backend: Backend) -> Option<Self> {
        let wechat = Some(WechatStub::shared().await.setup());
        Self::start_with(backend, Settings { wechat, ..Settings::default() }).await
    }

    /// The same with a server that behaves differently.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn start_with(backend: Backend, settings: Settings) -> Option<Self> {
        let template = Template::of(backend).await?;
        let database = Database::copy(&template.database).await;
        Some(Self::open(backend, database, template.places, &template.people, settings, None).await)
    }

    /// The same with the wire between the server and its PostgreSQL in one's hand.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn start_wired() -> Option<(Self, Wire)> {
        let template = Template::of(Backend::Postgres).await?;
        let database = Database::copy(&template.database).await;
        let (wire, url) = Wire::before(database.url()).await;
        let world = Self::open(Backend::Postgres, database, template.places, &template.people, Settings::default(), Some(url)).await;
        Some((world, wire))
    }

    /// A world in which there is nothing and nobody yet: only tables.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn bare(backend: Backend) -> Option<Self> {
        let database = Database::empty(backend).await?;
        let db = database.connect(1).await;
        Migrator::up(db.writer(), None).await.expect("the migrations run");
        db.close().await;
        let nothing = GridId(uuid::Uuid::nil());
        let places = Places { west: nothing, east: nothing, abroad: nothing, telecom: OrganizationId(nothing.0) };
        Some(Self::open(backend, database, places, &BTreeMap::new(), Settings::default(), None).await)
    }

    async fn open(
        backend: Backend,
        database: Database,
        places: Places,
        people: &BTreeMap<&'static str, Ticket>,
        settings: Settings,
        detour: Option<String>,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(monday()));
        let core = core(database.connect(CONNECTIONS).await, &clock);
        let identity = Arc::new(identity());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = detour.unwrap_or_else(|| database.url().to_owned());
        let server =
            Server::start(factory(backend, url, &core), core.clone(), Arc::clone(&identity), settings, listener).expect("a server");
        kernel::tls::install();
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
        Self { inner: Arc::new(Inner { clock, places, backend, people: people.clone(), identity, database, core, server, http }) }
    }

    /// Somebody by name, signed in.
    ///
    /// # Panics
    /// For a name that is nobody's.
    #[must_use]
    #[track_caller]
    pub fn person(&self, name: &str) -> Client {
        let Some(ticket) = self.people.get(name) else { panic!("nobody is called {name}; there are {:?}", self.people.keys()) };
        Client { ticket: Some(*ticket), ..self.nobody() }
    }

    /// Somebody who is not of the cast, signed in.
    pub async fn signed_in(&self, account: AccountId) -> Client {
        Client { ticket: Some(Ticket { account, session: session(&self.core, account).await }), ..self.nobody() }
    }

    /// Somebody who has not signed in.
    #[must_use]
    pub fn nobody(&self) -> Client {
        Client {
            http: self.http.clone(),
            address: self.server.address(),
            identity: Arc::clone(&self.identity),
            clock: Arc::clone(&self.clock),
            ticket: None,
            secret: None,
        }
    }

    /// The name that somebody signs in with; the password is [`PASSWORD`].
    ///
    /// # Panics
    /// For a name that is nobody's.
    #[must_use]
    pub fn login(&self, name: &str) -> &'static str {
        CAST.iter().find(|p| p.name == name).expect("somebody of the cast").login
    }

    /// What the domain's verbs take, as the system itself.
    #[must_use]
    pub fn cx(&self) -> Cx {
        Cx::system(self.core.clone())
    }

    /// Database, clock and vault, to look behind the scenes.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// The database that the world lies in.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Where the files of the server are.
    #[must_use]
    pub fn files(&self) -> Arc<files::Files> {
        self.server.files()
    }

    /// Where the server sends webhooks.
    #[must_use]
    pub fn outlet(&self) -> Arc<connect::webhook::Outlet> {
        self.server.outlet()
    }

    /// WeChat, as the server knows it.
    ///
    /// # Panics
    /// In a world that is not connected to it.
    #[must_use]
    pub fn wechat(&self) -> Arc<connect::wechat::Wechat> {
        self.server.wechat().expect("a server that is connected to WeChat")
    }

    /// Runs this SQL behind the server's back.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn run(&self, sql: &str) {
        self.core.db.writer().execute_unprepared(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// This id as a literal of SQL: SQLite keeps its bytes.
    #[must_use]
    pub fn literal(&self, id: &str) -> String {
        if self.backend == Backend::Postgres { format!("'{id}'") } else { format!("X'{}'", id.replace('-', "")) }
    }

    /// How the database would answer this query.
    ///
    /// # Panics
    /// When it would not.
    pub async fn plan(&self, query: &str) -> String {
        let (explain, column) = if self.backend == Backend::Postgres { ("EXPLAIN", 0) } else { ("EXPLAIN QUERY PLAN", 3) };
        let db = &self.core.db;
        let sql = Statement::from_string(db.backend(), format!("{explain} {query}"));
        let rows = db.reader().query_all_raw(sql).await.unwrap_or_else(|e| panic!("{query}: {e}"));
        rows.iter().map(|row| row.try_get_by_index::<String>(column).expect("a line of text")).collect::<Vec<_>>().join("\n")
    }

    /// Waits until the log can be read to its end, which on PostgreSQL waits for the transactions of the whole cluster,
    /// other tests' included.
    ///
    /// # Panics
    /// When it cannot in the time that [`eventually`] has.
    pub async fn readable(&self) {
        if self.backend == Backend::Sqlite {
            return;
        }
        let hidden = "SELECT 1 FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint LIMIT 1";
        let hidden = Statement::from_string(self.core.db.backend(), hidden);
        eventually(async || {
            let row = self.core.db.reader().query_one_raw(hidden.clone()).await.expect("the log");
            row.is_none().then_some(())
        })
        .await;
    }

    /// Sign-in, tokens and programs of the server.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Moves the clock forward.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Takes the world away. Whoever still holds a clone holds an empty shell.
    pub async fn end(self) {
        let Ok(Inner { server, database, core, http, .. }) = Arc::try_unwrap(self.inner).map_err(drop) else { return };
        drop(http);
        server.stop().await;
        core.db.close().await;
        database.remove().await;
    }
}

/// The moment at which every test begins.
fn monday() -> Time {
    Time::from_timestamp(1_794_790_800, 0).expect("2026-11-16T01:00:00Z")
}

fn core(db: Db, clock: &Arc<ManualClock>) -> Core {
    let vault = Vault::new(&[(1, [7; 32])]).expect("a vault");
    Core::new(db, Arc::clone(clock) as Arc<dyn Clock>, Arc::new(vault))
}

fn identity() -> Identity {
    Identity::new(Keys::from_seed(&SEED).expect("keys"))
}

/// SQLite has one writer, so its workers share everything; on PostgreSQL each has connections of its own.
fn factory(backend: Backend, url: String, core: &Core) -> CoreFactory {
    let core = core.clone();
    Arc::new(move || {
        let (url, core) = (url.clone(), core.clone());
        Box::pin(async move {
            let pool = Pool { connections: CONNECTIONS, patient: false };
            let db = if backend == Backend::Sqlite { core.db.clone() } else { Db::connect(&url, pool).await? };
            Ok(Core { db, ..core })
        })
    })
}

impl Template {
    /// The furnished world that is copied, made when first asked for.
    async fn of(backend: Backend) -> Option<&'static Self> {
        if backend == Backend::Postgres {
            // Here, where the test that is skipped has its name.
            postgres::server().await?;
        }
        static SQLITE: OnceCell<Option<Template>> = OnceCell::const_new();
        static POSTGRES: OnceCell<Option<Template>> = OnceCell::const_new();
        let cell = if backend == Backend::Sqlite { &SQLITE } else { &POSTGRES };
        cell.get_or_init(|| async { RUNTIME.spawn(Self::make(backend)).await.expect("the world can be furnished") }).await.as_ref()
    }

    async fn make(backend: Backend) -> Option<Self> {
        let database = Database::empty(backend).await?;
        let db = database.connect(CONNECTIONS).await;
        Migrator::up(db.writer(), None).await.expect("the migrations run");
        // Things were made one after another in the hour before, so that lists by age have an order.
        let clock = Arc::new(ManualClock::at(monday() - Duration::hours(1)));
        let core = core(db, &clock);
        let (places, people) = furnish(&core, &clock).await;
        Database::settle(core.db).await;
        Some(Self { database, places, people })
    }
}

fn region(code: &str) -> RegionCode {
    code.parse().expect("a region code")
}

/// Puts everything and everybody in its place.
async fn furnish(core: &Core, clock: &ManualClock) -> (Places, BTreeMap<&'static str, Ticket>) {
    let cx = Cx::system(core.clone());
    let grid = async |community, name, edges| {
        clock.advance(Duration::seconds(1));
        grid(&cx, community, name, edges).await
    };
    let as_of = NaiveDate::from_ymd_opt(2024, 1, 1).expect("a day");
    let options = ImportOptions { as_of, close_missing: false, dry_run: false };
    grids::import_regions(core, REGIONS.as_bytes(), options, &mut |_| {}).await.expect("regions");
    let places = Places {
        west: grid(HOME, "第一网格", (119.81, 119.82)).await,
        east: grid(HOME, "第二网格", (119.82, 119.83)).await,
        abroad: grid(FOREIGN, "第一网格", (119.84, 119.86)).await,
        telecom: telecom(&cx).await,
    };
    let mut people = BTreeMap::new();
    for part in CAST {
        clock.advance(Duration::seconds(1));
        let account = account(&cx, &places, part).await;
        people.insert(part.name, Ticket { account, session: session(core, account).await });
    }
    let membership = AddMember::new(people["zheng"].account, MemberRole::Staff);
    organizations::add_member(&cx, places.telecom, membership).await.expect("a member");
    catalogue(&cx, clock).await;
    (places, people)
}

async fn grid(cx: &Cx, community: &str, name: &str, (west, east): (f64, f64)) -> GridId {
    let (south, north) = (32.23, 32.25);
    let ring = json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
    let command = CreateGrid {
        region_code: region(community),
        name: name.to_owned(),
        kind: GridKind::Comprehensive,
        code: None,
        boundary: Some(json!({ "type": "Polygon", "coordinates": ring })),
        datum: Datum::Wgs84,
        center: None,
        parent_id: None,
        households: None,
        external_codes: Vec::new(),
        extent: None,
    };
    grids::create_grid(cx, command, &grids::GridRules::default()).await.expect("a grid").id
}

async fn telecom(cx: &Cx) -> OrganizationId {
    let command = CreateOrganization::new("中国电信", OrganizationKind::ResidentUnit, region(HOME));
    organizations::create_organization(cx, command, &organizations::OrganizationRules::default()).await.expect("an organization").id
}

async fn account(cx: &Cx, places: &Places, part: &Part) -> AccountId {
    let mut grant = CreateGrant::in_region(part.role, region(HOME));
    let mut home = HOME;
    match part.at {
        At::Region(code) => (grant.region_code, home) = (Some(region(code)), code),
        At::WestGrid => (grant.region_code, grant.grid_id) = (None, Some(places.west)),
        At::Telecom => (grant.region_code, grant.organization_id) = (None, Some(places.telecom)),
    }
    let command = CreateAccount {
        name: part.login.to_owned(),
        password: PASSWORD.to_owned(),
        display_name: part.called.to_owned(),
        phone: Some(part.phone.to_owned()),
        grants: vec![grant],
    };
    let account = identity::create_account(cx, command, &[Place::from(region(home))]).await.expect("an account").id;
    if let Some((kind, skills)) = part.serves {
        let command = RegisterVolunteer {
            account_id: Some(account),
            kind,
            region_code: region(home),
            grid_id: None,
            organization_id: None,
            skills: skills.iter().map(|s| (*s).to_owned()).collect(),
            available: true,
        };
        volunteers::register_volunteer(cx, command).await.expect("a volunteer");
    }
    account
}

/// A session as if somebody had signed in, without the work of a password.
async fn session(core: &Core, account: AccountId) -> SessionId {
    let cx = Cx::system(core.clone());
    let tx = cx.begin();
    let id: SessionId = tx.id();
    let columns = ["id", "account_id", "generation", "rotated_at", "created_at", "expires_at"].map(Alias::new);
    let values = [
        Expr::val(id.0),
        Expr::val(account.0),
        Expr::val(1),
        Expr::val(tx.now),
        Expr::val(tx.now),
        Expr::val(tx.now + Duration::days(3650)),
    ];
    let insert = Query::insert().into_table(Alias::new("sessions")).columns(columns).values(values).expect("six of each").to_owned();
    core.db.writer().execute(&insert).await.expect("a session");
    id
}

/// Three things that one can ask for in 扬中市.
async fn catalogue(cx: &Cx, clock: &ManualClock) {
    let limit = |value: u32, unit: &str| json!({ "value": value, "unit": unit });
    let entries = [
        json!({ "code": "BM", "level": "category", "name": "便民服务" }),
        json!({ "code": "BM-01", "level": "subcategory", "parent_code": "BM", "name": "居家服务" }),
        json!({
            "code": "BM-01-01", "level": "item", "parent_code": "BM-01", "name": "水电维修", "needs_address": true,
            "respond_limit": limit(4, "working_hours"), "finish_limit": limit(3, "working_days"),
        }),
        json!({
            "code": "BM-01-02", "level": "item", "parent_code": "BM-01", "name": "陪同就医", "provider_kinds": ["volunteer"],
            "respond_limit": limit(30, "minutes"), "finish_limit": limit(2, "natural_days"),
        }),
        json!({ "code": "BM-01-03", "level": "item", "parent_code": "BM-01", "name": "宽带报修", "provider_kinds": ["social", "market"] }),
    ];
    for mut entry in entries {
        clock.advance(Duration::seconds(1));
        entry["region_code"] = json!("321182000000");
        let command: CreateServiceItem = serde_json::from_value(entry).expect("a catalogue entry");
        create_service_item(cx, command).await.expect("a service item");
    }
}
