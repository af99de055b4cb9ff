//! The demo: the five levels of Jiangsu, 康乐社区 and 新联社区 with grids, organizations and people of every role, a
//! catalogue, and the story that the seed documents tell of 新联社区: 215 orders, nine in ten of them done.
//!
//! Everything is made by the same verbs that the API calls, with a clock that is set into the past; nothing is
//! written behind their backs. The people are invented. Started again, it finds what is there and goes on where it
//! stopped: accounts by name, organizations by name, orders by the moment at which they were placed.

mod duty;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use grids::{CreateGrid, GridKind, ImportOptions};
use identity::{CreateAccount, CreateGrant};
use kernel::{
    Actor, Core, Cx, Error, PageQuery, RegionCode, Result, Role, Scope,
    access::Grant,
    clock::ManualClock,
    geo::{Datum, Point},
    id::{AccountId, GrantId, GridId, OrganizationId},
};
use organizations::{CreateOrganization, ListOrganizations, OrganizationKind};
use services::{
    attribute::{AttributeType, AttributeValue, ItemAttribute},
    catalogue::{self, CreateServiceItem, ItemLevel, ProviderKind, Reporting},
    limit::{Limit, LimitUnit},
    order::{
        self, AcceptOrder, Channel, CompleteOrder, Contact, DispatchMode, DispatchOrder, EvaluateOrder, GiveReason, ListOrders, Order,
        OrderListView, OrderResult, PlaceOrder, Priority, RecordProgress, RejectOrder, Satisfaction, TakeStep, TakerRef, Terms,
        TriageOrder,
    },
};
use std::{collections::HashMap, fmt, sync::Arc};
use volunteers::{RegisterVolunteer, VolunteerKind};

/// The password of every account of the demo. There is none outside of it.
pub(crate) const PASSWORD: &str = "linli-demo-2026";
const XINLIAN: &str = "321182001017";
const KANGLE: &str = "321003005008";
/// The seed: 215 orders at 新联社区, 90 % of them done.
const ORDERS: usize = 215;
const REGIONS: &[u8] = include_bytes!("../data/regions_jiangsu.csv");

/// Everybody who can sign in: name, what they are called, what they are, role, where.
const PEOPLE: [(&str, &str, &str, Role, &str); 17] = [
    ("resident", "张晓兰", "居民 resident, 新联社区", Role::Resident, XINLIAN),
    ("resident2", "李建国", "居民 resident, 新联社区", Role::Resident, XINLIAN),
    ("worker", "王芳", "社区工作者 community worker (dispatches), 新联社区", Role::CommunityWorker, XINLIAN),
    ("grid", "孙强", "网格员 grid member, 新联社区", Role::GridMember, XINLIAN),
    ("party", "陈志远", "党员 party member, 新联社区", Role::PartyMember, XINLIAN),
    ("party2", "周敏", "党员 party member, 新联社区", Role::PartyMember, XINLIAN),
    ("volunteer", "吴倩", "志愿者 volunteer, 新联社区", Role::Volunteer, XINLIAN),
    ("staff", "郑凯", "单位工作人员 organization staff, 驻区单位", Role::OrganizationStaff, XINLIAN),
    ("street", "冯涛", "街道 street operator, 三茅街道", Role::StreetOperator, "321182001000"),
    ("district", "吕静", "区县 district operator, 扬中市", Role::DistrictOperator, "321182000000"),
    ("auditor", "何平", "审计 auditor, 镇江市", Role::Auditor, "321100000000"),
    ("admin", "管理员", "管理员 administrator", Role::Administrator, "000000000000"),
    ("kangle-resident", "许梅", "居民 resident, 康乐社区", Role::Resident, KANGLE),
    ("kangle-worker", "曹亮", "社区工作者 community worker, 康乐社区", Role::CommunityWorker, KANGLE),
    ("kangle-party", "武东", "党员 party member, 康乐社区", Role::PartyMember, KANGLE),
    ("kangle-volunteer", "严丽", "志愿者 volunteer, 康乐社区", Role::Volunteer, KANGLE),
    ("dantu", "高远", "街道 street operator (visit campaign), 宜城街道", Role::StreetOperator, "321112002000"),
];

/// The five of the eight groups of the 宜之家 list that the seed names, with who may provide them and whether somebody
/// has to come to an address. The limits are the demo's own.
const CATALOGUE: [(&str, &str, &[ProviderKind], bool); 5] = [
    ("YZJ-01", "安全隐患排查", &[], false),
    ("YZJ-02", "服务特殊人群", &[], false),
    ("YZJ-03", "矛盾排查化解", &[], false),
    ("YZJ-04", "政策法律宣讲", &[], false),
    ("YZJ-05", "民意搜集调查", &[], false),
];

/// What outside systems may ask for, through Open311.
const REPORTED: [(&str, Reporting); 2] = [("YZJ-01", Reporting::Realtime), ("YZJ-05", Reporting::Batch)];

/// What they are asked about a hazard.
fn hazard() -> ItemAttribute {
    let value = |(key, name): (&str, &str)| AttributeValue { key: key.to_owned(), name: name.to_owned() };
    ItemAttribute {
        code: "HAZARD".to_owned(),
        datatype: AttributeType::SingleValueList,
        required: true,
        question: "隐患类型".to_owned(),
        hint: None,
        values: [("light", "照明"), ("fire", "消防"), ("road", "道路"), ("other", "其他")].map(value).to_vec(),
    }
}

/// What residents ask for: group of the catalogue, title, content. The first three are the questions of the seed.
const WISHES: [(usize, &str, &str); 12] = [
    (0, "建筑垃圾堆放点有生活垃圾", "小区建筑垃圾临时堆放点内有生活垃圾,如何处理?"),
    (4, "新能源汽车充电桩租赁", "新能源汽车充电桩如何租赁?"),
    (0, "道路破损修补", "小区内及周边道路破损何时修补完成?"),
    (0, "楼道灯不亮", "二楼楼道灯坏了三天,老人上下楼不安全。"),
    (1, "独居老人需要帮助买菜", "邻居老人腿脚不便,希望有人帮忙买菜送药。"),
    (2, "楼上漏水协商", "楼上卫生间漏水,希望社区帮助协商。"),
    (3, "医保报销政策咨询", "异地就医如何报销,需要哪些材料?"),
    (0, "飞线充电隐患", "单元门口有电动车飞线充电,担心起火。"),
    (1, "残疾人上门理发", "家中老人卧床,希望志愿者上门理发。"),
    (2, "噪音扰民", "隔壁晚上十点后仍在装修,沟通无效。"),
    (3, "遗产继承法律咨询", "房屋过户需要哪些手续,想咨询律师。"),
    (4, "增设晾晒架建议", "建议在小区空地增设公共晾晒架。"),
];

/// What the demo made, or found from an earlier start.
#[derive(Default)]
pub(crate) struct SeedReport {
    regions: u64,
    orders: usize,
}

impl fmt::Display for SeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nDemo: {} regions, 新联社区 with {} orders, 康乐社区. Sign in with any of these; the password is {PASSWORD}\n",
            self.regions, self.orders
        )?;
        for (name, called, what, ..) in PEOPLE {
            writeln!(f, "  {name:<18} {called}  {what}")?;
        }
        Ok(())
    }
}

/// Makes the demo world, or completes it.
pub(crate) async fn seed(core: &Core) -> Result<SeedReport> {
    if identity::setting(core, "demo_done").await?.is_some() {
        return Ok(SeedReport { regions: 23_563, orders: ORDERS });
    }
    let cx = Cx::system(core.clone());
    let as_of = NaiveDate::from_ymd_opt(2023, 12, 31).ok_or_else(|| Error::internal("a date"))?;
    let options = ImportOptions { as_of, close_missing: false, dry_run: false };
    let regions = grids::import_regions(core, REGIONS, options, &mut |_| {}).await?.rows;
    let world = World::make(core, &cx).await?;
    crate::venues::enter(&cx).await?;
    let began = match identity::setting(core, "demo_began").await? {
        Some(text) => text.parse().map_err(Error::internal)?,
        None => {
            let now = core.clock.now();
            identity::set_setting(core, "demo_began", &now.to_rfc3339()).await?;
            now
        }
    };
    world.tell_xinlian(began).await?;
    world.tell_kangle(began).await?;
    crate::allies::tell(&cx).await?;
    duty::tell(&world, began).await?;
    identity::set_setting(core, "demo_done", "yes").await?;
    Ok(SeedReport { regions, orders: ORDERS })
}

/// The people and places of the demo.
struct World {
    core: Core,
    clock: Arc<ManualClock>,
    people: HashMap<&'static str, Arc<Actor>>,
}

/// One step of an order's story.
enum Do {
    Triage(Priority),
    Reject,
    ToPool,
    Assign(&'static str, Vec<&'static str>),
    Claim(&'static str),
    Accept(&'static str),
    Decline(&'static str),
    Start(&'static str),
    Progress(&'static str),
    Complete(&'static str, OrderResult),
    Judge(Satisfaction),
    Close,
    Suspend,
}

impl World {
    async fn make(core: &Core, cx: &Cx) -> Result<Self> {
        let mut people = HashMap::new();
        for (n, (name, called, _, role, region)) in PEOPLE.into_iter().enumerate() {
            let region: RegionCode = region.parse()?;
            // The story begins ten months ago: its people have been there since before it.
            let since = Some(core.clock.now() - Duration::days(400));
            let grant =
                (role != Role::OrganizationStaff).then(|| CreateGrant { valid_from: since, ..CreateGrant::in_region(role, region) });
            let id = match identity::find_by_name(cx, name).await? {
                Some(id) => id,
                None => {
                    let phone = Some(format!("1390000{:04}", 1001 + n));
                    let account = CreateAccount {
                        name: name.to_owned(),
                        password: PASSWORD.to_owned(),
                        display_name: called.to_owned(),
                        phone,
                        grants: grant.clone().into_iter().collect(),
                    };
                    identity::create_account(cx, account, &[]).await?.id
                }
            };
            let scope = Scope::Region(region);
            let grants = grant.map(|_| Grant { id: GrantId(id.0), role, scope, valid_to: None }).into_iter().collect();
            people.insert(name, Arc::new(Actor { account: Some(id), session: None, grants, program: None }));
        }
        let clock = Arc::new(ManualClock::at(core.clock.now()));
        let mut world = Self { core: Core { clock: clock.clone(), ..core.clone() }, clock, people };
        world.places(cx).await?;
        for (code, name, kinds, needs_address) in CATALOGUE {
            let item = CreateServiceItem {
                code: code.to_owned(),
                level: ItemLevel::Category,
                parent_code: None,
                name: name.to_owned(),
                description: None,
                provider_kinds: kinds.to_vec(),
                region_code: "320000000000".parse()?,
                needs_address,
                respond_limit: Some(Limit { value: 4, unit: LimitUnit::WorkingHours }),
                finish_limit: Some(Limit { value: 3, unit: LimitUnit::WorkingDays }),
                reporting: REPORTED.iter().find(|(reported, _)| *reported == code).map_or(Reporting::None, |(_, how)| *how),
                attributes: if code == "YZJ-01" { vec![hazard()] } else { Vec::new() },
            };
            if catalogue::get_service_item(cx, code).await.is_err() {
                catalogue::create_service_item(cx, item).await?;
            }
        }
        Ok(world)
    }

    fn id(&self, name: &str) -> Result<AccountId> {
        self.people.get(name).ok_or_else(|| Error::internal(format!("the demo knows nobody called {name}")))?.account()
    }

    fn cx(&self, name: &str) -> Result<Cx> {
        let actor = self.people.get(name).ok_or_else(|| Error::internal(format!("the demo knows nobody called {name}")))?;
        Ok(Cx::new(self.core.clone(), Arc::clone(actor)))
    }

    /// Grids, organizations, and who takes orders where.
    async fn places(&mut self, cx: &Cx) -> Result<()> {
        // No boundaries of grids are published: these are squares of about 400 m near the place.
        for (region, name, lng, lat, count) in [(XINLIAN, "新联", 119.818, 32.234, 4), (KANGLE, "康乐", 119.432, 32.388, 9)] {
            let region: RegionCode = region.parse()?;
            let mut grids: Vec<GridId> = Vec::new();
            for n in 0..count {
                let code = format!("{region}W{:03}", n + 1);
                let (west, south) = (lng + f64::from(n % 3) * 0.004, lat + f64::from(n / 3) * 0.004);
                let (east, north) = (west + 0.004, south + 0.004);
                let boundary = serde_json::json!({ "type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]] });
                let grid = CreateGrid {
                    region_code: region,
                    name: format!("{name}社区第{}网格", n + 1),
                    kind: GridKind::Comprehensive,
                    code: Some(code),
                    boundary: Some(boundary),
                    datum: Datum::Wgs84,
                    center: None,
                    parent_id: None,
                    households: None,
                    external_codes: Vec::new(),
                    extent: None,
                };
                match grids::create_grid(cx, grid, &grids::GridRules::default()).await {
                    Ok(grid) => grids.push(grid.id),
                    Err(e) if e.code == kernel::Code::GridCodeTaken => {}
                    Err(e) => return Err(e),
                }
            }
            let party =
                self.organization(cx, &format!("{name}社区党委"), OrganizationKind::CommunityPartyOrganization, region, None, None).await?;
            self.organization(cx, &format!("{name}社区居民委员会"), OrganizationKind::ResidentsCommittee, region, None, None).await?;
            for (n, grid) in grids.into_iter().enumerate() {
                self.organization(
                    cx,
                    &format!("{name}社区第{}网格党支部", n + 1),
                    OrganizationKind::GridBranch,
                    region,
                    Some(grid),
                    Some(party),
                )
                .await?;
            }
        }
        let xinlian: RegionCode = XINLIAN.parse()?;
        self.organization(cx, "翡丽中央物业服务中心", OrganizationKind::PropertyCompany, xinlian, None, None).await?;
        let unit = self.organization(cx, "驻区单位志愿服务站", OrganizationKind::ResidentUnit, xinlian, None, None).await?;
        let staff = self.id("staff")?;
        let scope = CreateGrant {
            role: Role::OrganizationStaff,
            region_code: None,
            grid_id: None,
            organization_id: Some(unit),
            valid_from: None,
            valid_to: None,
        };
        let page = identity::ListGrants { limit: None, cursor: None };
        if identity::list_grants(cx, staff, page).await?.items.is_empty() {
            let place = kernel::Place { region: Some(xinlian), grid: None, organization: Some(unit) };
            identity::grant_role(cx, staff, scope, place).await?;
            let member = organizations::AddMember::new(staff, organizations::MemberRole::Staff);
            organizations::add_member(cx, unit, member).await?;
        }
        let grant = Grant { id: GrantId(unit.0), role: Role::OrganizationStaff, scope: Scope::Organization(unit), valid_to: None };
        self.people.insert("staff", Arc::new(Actor { account: Some(staff), session: None, grants: vec![grant], program: None }));

        for (name, kind, skills) in [
            ("party", VolunteerKind::PartyMember, &["电工", "水暖维修"][..]),
            ("party2", VolunteerKind::PartyMember, &["法律咨询", "调解"]),
            ("volunteer", VolunteerKind::Volunteer, &["理发", "陪护"]),
            ("grid", VolunteerKind::GridMember, &["巡查"]),
            ("kangle-party", VolunteerKind::PartyMember, &["调解"]),
            ("kangle-volunteer", VolunteerKind::Volunteer, &["助老"]),
        ] {
            let account = self.id(name)?;
            if volunteers::find_volunteer(cx, account).await?.is_none() {
                let region_code = if name.starts_with("kangle") { KANGLE } else { XINLIAN }.parse()?;
                let skills = skills.iter().map(|s| (*s).to_owned()).collect();
                let profile = RegisterVolunteer {
                    account_id: Some(account),
                    kind,
                    region_code,
                    grid_id: None,
                    organization_id: None,
                    skills,
                    available: true,
                };
                volunteers::register_volunteer(cx, profile).await?;
            }
        }
        Ok(())
    }

    async fn organization(
        &self,
        cx: &Cx,
        name: &str,
        kind: OrganizationKind,
        region_code: RegionCode,
        grid_id: Option<GridId>,
        parent_id: Option<OrganizationId>,
    ) -> Result<OrganizationId> {
        let list = ListOrganizations { region_code: Some(region_code), kind: Some(kind), limit: Some(100), ..ListOrganizations::default() };
        let known = organizations::list_organizations(cx, list).await?;
        if let Some(known) = known.items.into_iter().find(|o| o.name == name) {
            return Ok(known.id);
        }
        let organization = CreateOrganization { grid_id, parent_id, ..CreateOrganization::new(name, kind, region_code) };
        let rules = services::policy::organization_rules(cx, region_code).await?;
        Ok(organizations::create_organization(cx, organization, &rules).await?.id)
    }

    /// 215 orders over ten months: 180 closed and 14 judged make nine in ten; 21 are on their way.
    async fn tell_xinlian(&self, began: DateTime<Utc>) -> Result<()> {
        let takers = ["party", "party2", "volunteer", "grid"];
        for n in 0..ORDERS {
            let taker = takers[n % takers.len()];
            let mut steps = vec![Do::Triage([Priority::Normal, Priority::Normal, Priority::High, Priority::Low][n % 4])];
            let open = n.checked_sub(194);
            let pooled = n % 3 == 0;
            match open {
                Some(18..=20) => steps.clear(),
                Some(15..=17) => {}
                _ if pooled => steps.push(Do::ToPool),
                _ => steps.push(Do::Assign(taker, if n % 5 == 0 { vec![takers[(n + 1) % 4]] } else { vec![] })),
            }
            let worked = !matches!(open, Some(8..));
            if worked {
                steps.push(if pooled { Do::Claim(taker) } else { Do::Accept(taker) });
                if n % 2 == 0 || open.is_some() {
                    steps.push(Do::Start(taker));
                    steps.push(Do::Progress(taker));
                }
            }
            match open {
                None => {
                    let result = if n % 20 == 19 { OrderResult::Explained } else { OrderResult::Solved };
                    steps.push(Do::Complete(taker, result));
                    let level = match n % 10 {
                        0..6 => Satisfaction::VerySatisfied,
                        6..9 => Satisfaction::Satisfied,
                        _ => Satisfaction::Neutral,
                    };
                    steps.push(Do::Judge(level));
                    if n < 180 {
                        steps.push(Do::Close);
                    }
                }
                Some(0..=1) => steps.push(Do::Complete(taker, OrderResult::PartlySolved)),
                Some(2) => steps.push(Do::Suspend),
                Some(8) if !pooled => steps.push(Do::Decline(taker)),
                Some(_) => {}
            }
            // From ten months ago to this week; those on their way are the newest.
            let age = match open {
                None => Duration::hours(24 * 300 - i64::try_from(n).unwrap_or_default() * 36),
                Some(late) => Duration::hours(60 - 2 * i64::try_from(late).unwrap_or_default()),
            };
            let requester = if n % 3 == 1 { "resident2" } else { "resident" };
            self.story(XINLIAN, requester, "worker", n, began - age, began, steps).await?;
        }
        Ok(())
    }

    /// A handful at 康乐社区 that end otherwise: refused, done again, waiting in the pool.
    async fn tell_kangle(&self, began: DateTime<Utc>) -> Result<()> {
        let (taker, other) = ("kangle-party", "kangle-volunteer");
        let stories = [
            vec![Do::Triage(Priority::Normal), Do::Reject],
            vec![
                Do::Triage(Priority::High),
                Do::Assign(taker, vec![]),
                Do::Accept(taker),
                Do::Complete(taker, OrderResult::Unsolved),
                Do::Judge(Satisfaction::Dissatisfied),
                Do::Assign(other, vec![taker]),
                Do::Accept(other),
                Do::Complete(other, OrderResult::Solved),
                Do::Judge(Satisfaction::VerySatisfied),
                Do::Close,
            ],
            vec![Do::Triage(Priority::Urgent), Do::ToPool],
        ];
        for (n, steps) in stories.into_iter().enumerate() {
            let age = Duration::days(20 - 5 * i64::try_from(n).unwrap_or_default());
            self.story(KANGLE, "kangle-resident", "kangle-worker", n, began - age, began, steps).await?;
        }
        Ok(())
    }

    /// Tells one order's story from `at` on, or the rest of it. Its version says how far it has come.
    #[expect(clippy::too_many_arguments, reason = "a story has a place, two people, a number, two times and its steps")]
    async fn story(
        &self,
        region: &str,
        requester: &str,
        worker: &str,
        n: usize,
        at: DateTime<Utc>,
        end: DateTime<Utc>,
        steps: Vec<Do>,
    ) -> Result<()> {
        let region: RegionCode = region.parse()?;
        self.clock.set(at);
        let at = kernel::clock::Clock::now(&*self.clock);
        let told = ListOrders {
            view: Some(OrderListView::Scope),
            region_code: Some(region),
            created_after: Some(at),
            created_before: Some(at + Duration::microseconds(1)),
            ..ListOrders::default()
        };
        let known = order::list(&self.cx(worker)?, told, PageQuery::default()).await?.items.into_iter().next();
        let mut order = match known {
            Some(order) => order,
            None => order::place(&self.cx(requester)?, wish(region, n)).await?,
        };
        // An automatic rework is a step of its own: the story's steps and the order's versions then differ by it.
        let mut done = usize::try_from(order.version - 1 - i32::from(order.rework_count)).unwrap_or_default();
        let total = i32::try_from(steps.len().max(1)).unwrap_or(1);
        let pace = ((end - at) / total).min(Duration::hours(5));
        for (m, step) in steps.into_iter().enumerate() {
            if done > 0 {
                done -= 1;
                continue;
            }
            self.clock.set(at + pace * i32::try_from(m).unwrap_or_default() + Duration::minutes(7));
            order = self.take(step, requester, worker, &order, n).await?;
        }
        Ok(())
    }

    async fn take(&self, step: Do, requester: &str, worker: &str, order: &Order, n: usize) -> Result<Order> {
        let id = order.id;
        let note = |text: &str| TakeStep { note: Some(text.to_owned()), version: None };
        let reason = |text: &str| GiveReason { reason: text.to_owned(), version: None };
        let person = |name: &str| self.id(name).map(|id| TakerRef::Person { id });
        let dispatch = |mode, lead, assistants| DispatchOrder {
            mode,
            lead,
            assistants,
            respond_limit: None,
            finish_limit: None,
            note: None,
            version: None,
        };
        match step {
            Do::Triage(priority) => {
                let item = CATALOGUE[WISHES[n % WISHES.len()].0].0.to_owned();
                order::triage(
                    &self.cx(worker)?,
                    id,
                    TriageOrder { item_code: Some(item), priority: Some(priority), ..TriageOrder::default() },
                )
                .await
            }
            Do::Reject => {
                let text = "该事项由专业公司负责,请拨打其客服热线。".to_owned();
                let reject =
                    RejectOrder {
                        code: "not_competent".to_owned(), text, channel: Some("专业公司客服热线".to_owned()), version: None
                    };
                order::reject(&self.cx(worker)?, id, reject).await
            }
            Do::ToPool => order::dispatch(&self.cx(worker)?, id, dispatch(DispatchMode::Pool, None, vec![])).await,
            Do::Assign(lead, others) => {
                let others = others.into_iter().map(person).collect::<Result<_>>()?;
                order::dispatch(&self.cx(worker)?, id, dispatch(DispatchMode::Assign, Some(person(lead)?), others)).await
            }
            Do::Claim(taker) | Do::Accept(taker) => order::accept(&self.cx(taker)?, id, AcceptOrder::default()).await,
            Do::Decline(taker) => order::decline(&self.cx(taker)?, id, reason("本周外出")).await,
            Do::Start(taker) => order::start(&self.cx(taker)?, id, note("已到现场")).await,
            Do::Progress(taker) => {
                let note = "已查看情况,正在处理。".to_owned();
                order::record_progress(&self.cx(taker)?, id, RecordProgress { note, attachment_ids: Vec::new(), version: None }).await
            }
            Do::Complete(taker, result) => {
                let answer = match result {
                    OrderResult::Solved => "已处理完毕,请查看。",
                    OrderResult::PartlySolved => "已先行处理,余下部分等待配件。",
                    OrderResult::Unsolved => "目前条件不具备,暂未解决。",
                    OrderResult::Explained => "已向居民解释政策和办理渠道。",
                };
                order::complete(
                    &self.cx(taker)?,
                    id,
                    CompleteOrder { result, answer: answer.to_owned(), attachment_ids: Vec::new(), version: None },
                )
                .await
            }
            Do::Judge(level) => {
                let comment = level.is_dissatisfied().then(|| "问题没有解决。".to_owned());
                let tags = if level.is_dissatisfied() { vec![] } else { vec!["及时".to_owned()] };
                order::evaluate(&self.cx(requester)?, id, EvaluateOrder { level, tags, comment, version: None }).await
            }
            Do::Close => order::close(&self.cx(worker)?, id, note("已回访")).await,
            Do::Suspend => order::suspend(&self.cx(worker)?, id, reason("等待配件到货")).await,
        }
    }
}

/// The n-th wish of a community.
fn wish(region: RegionCode, n: usize) -> PlaceOrder {
    let (group, title, content) = WISHES[n % WISHES.len()];
    let channels = [Channel::QrCode, Channel::MiniProgram, Channel::Website, Channel::Other];
    let (lng, lat) = if region.to_string() == KANGLE { (119.434, 32.39) } else { (119.82, 32.236) };
    let spread = f64::from(u16::try_from(n % 10).unwrap_or_default()) * 0.0005;
    PlaceOrder {
        title: title.to_owned(),
        content: content.to_owned(),
        region_code: region,
        item_code: Some(CATALOGUE[group].0.to_owned()),
        point: Some(Point { lng: lng + spread, lat, datum: Datum::Wgs84 }),
        contact: n.is_multiple_of(2).then(|| Contact {
            name: None,
            phone: None,
            address: Some(format!("{}幢{}单元", n % 20 + 1, n % 4 + 1)),
        }),
        channel: Some(channels[n % channels.len()]),
        on_behalf: false,
        requester_id: None,
        attachment_ids: Vec::new(),
        department_id: None,
        admission_item_id: None,
        terms: Terms::default(),
    }
}
