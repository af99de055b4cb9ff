//! A few entries of each list that stands between departments, communities and workplaces: admission and duty lists, a whistle, check-ins,
//! points. What is not assessed (台账、奖牌、挂牌) is what the seeds name; the rest is the demo's own.

use super::{World, XINLIAN};
use chrono::{DateTime, Datelike, Utc};
use kernel::{Error, PageQuery, RegionCode, Result, id::OrganizationId};
use organizations::{
    OrganizationKind,
    admission::{
        self, AdmissionKind, CreateDutyItem, DecideAdmissionItem, DutyNature, ListAdmissionItems, ListDutyItems, ProposeAdmissionItem,
    },
    check_in::{self, CheckInKind, FileCheckIn, ListCheckIns, PraiseCheckIn, StepCheckIn},
    points::{self, EnterPoints, ListPointEntries, ListPointRules, SetPointRule},
};
use services::{
    limit::{Limit, LimitUnit},
    order::{self, ListOrders, OrderListView, State},
    whistle::{self, ArriveWhistle, BlowWhistle, ListWhistles},
};

const YANGZHONG: &str = "321182000000";

/// Tells it, or what is missing of it.
pub(super) async fn tell(world: &World, began: DateTime<Utc>) -> Result<()> {
    world.clock.set(began);
    let system = kernel::Cx::system(world.core.clone());
    let county: RegionCode = YANGZHONG.parse()?;
    let department = OrganizationKind::GovernmentDepartment;
    let civil = world.organization(&system, "扬中市民政局", department, county, None, None).await?;
    let city = world.organization(&system, "扬中市城市管理局", department, county, None, None).await?;
    lists(world, county, civil, city).await?;
    call(world, city).await?;
    check_ins(world).await?;
    count(world, county).await
}

async fn lists(world: &World, county: RegionCode, civil: OrganizationId, city: OrganizationId) -> Result<()> {
    let district = world.cx("district")?;
    let year = kernel::clock::Clock::now(&*world.clock).year();
    let day = |month, day| chrono::NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| Error::internal("a date"));
    let none = ListAdmissionItems::default();
    if admission::list_admission_items(&district, none).await?.items.is_empty() {
        let item = |kind: AdmissionKind, title: &str, department_id| -> Result<ProposeAdmissionItem> {
            Ok(ProposeAdmissionItem {
                region_code: county,
                kind: Some(kind),
                department_id,
                title: title.to_owned(),
                nature: department_id.map(|_| "常态".to_owned()),
                basis: "社区工作准入制度".to_owned(),
                budget_fen: department_id.map(|_| 2_000_000),
                valid_from: Some(day(1, 1)?),
                valid_to: Some(day(12, 31)?),
            })
        };
        let mut items = vec![item(AdmissionKind::Task, "高龄津贴资格年审", Some(civil))?];
        for title in ["台账", "奖牌", "挂牌"] {
            items.push(item(AdmissionKind::NotAssessed, title, None)?);
        }
        for item in items {
            let proposed = admission::propose_admission_item(&district, item).await?;
            let approver = Some("扬中市委社会工作部".to_owned());
            let decision = DecideAdmissionItem { approved: true, approver, note: None, version: None };
            admission::decide_admission_item(&district, proposed.id, decision).await?;
        }
        let waiting = ProposeAdmissionItem { title: "社区问卷调查".to_owned(), ..item(AdmissionKind::Task, "", Some(civil))? };
        admission::propose_admission_item(&district, waiting).await?;
    }
    if admission::list_duty_items(&district, ListDutyItems::default()).await?.items.is_empty() {
        for (department_id, nature, title, basis) in [
            (city, DutyNature::Statutory, "违法建设查处", "《中华人民共和国城乡规划法》第六十八条"),
            (civil, DutyNature::Assisting, "低保对象入户核查", "《社会救助暂行办法》第十一条"),
        ] {
            let duty = CreateDutyItem {
                region_code: county,
                department_id,
                nature,
                title: title.to_owned(),
                basis: basis.to_owned(),
                valid_from: Some(day(1, 1)?),
                valid_to: None,
            };
            admission::create_duty_item(&district, duty).await?;
        }
    }
    Ok(())
}

/// 新联社区 calls the city management to an order that is on its way.
async fn call(world: &World, city: OrganizationId) -> Result<()> {
    let worker = world.cx("worker")?;
    if !whistle::list_whistles(&worker, ListWhistles::default()).await?.items.is_empty() {
        return Ok(());
    }
    let open = ListOrders { view: Some(OrderListView::Scope), states: vec![State::Accepted, State::InProgress], ..ListOrders::default() };
    let Some(order) = order::list(&worker, open, PageQuery::default()).await?.items.into_iter().next() else { return Ok(()) };
    let respond_limit = Some(Limit { value: 4, unit: LimitUnit::WorkingHours });
    let blow = BlowWhistle { department_ids: vec![city], reason: "需执法人员到场处置。".to_owned(), respond_limit };
    let blown = whistle::blow_whistle(&worker, order.id, blow).await?;
    // Nobody of the department signs in here: the system comes for it.
    let system = kernel::Cx::system(world.core.clone());
    for call in blown.items {
        whistle::arrive_whistle(&system, call.id, ArriveWhistle::default()).await?;
    }
    Ok(())
}

/// Two members live in 新联社区; one of them works at a unit there.
async fn check_ins(world: &World) -> Result<()> {
    let (worker, xinlian) = (world.cx("worker")?, XINLIAN.parse::<RegionCode>()?);
    if !check_in::list_check_ins(&worker, ListCheckIns::default()).await?.items.is_empty() {
        return Ok(());
    }
    let system = kernel::Cx::system(world.core.clone());
    let unit = world.organization(&system, "驻区单位志愿服务站", OrganizationKind::ResidentUnit, xinlian, None, None).await?;
    for (name, skill, post) in [("party", "水暖维修", "巡查员"), ("party2", "法律咨询", "矛盾调解员")] {
        let file = FileCheckIn {
            kind: CheckInKind::Residence,
            region_code: Some(xinlian),
            organization_id: None,
            skills: vec![skill.to_owned()],
            address: Some("翡丽中央".to_owned()),
            post_wish: Some(post.to_owned()),
            hours: Some("周末".to_owned()),
        };
        let home = check_in::file_check_in(&world.cx(name)?, file.clone()).await?;
        check_in::confirm_check_in(&worker, home.id, StepCheckIn::default()).await?;
        if name == "party" {
            let words = PraiseCheckIn { words: "全年参与接单服务,居民反映好。".to_owned(), version: None };
            check_in::praise_check_in(&worker, home.id, words).await?;
            let work = FileCheckIn {
                kind: CheckInKind::Workplace,
                region_code: None,
                organization_id: Some(unit),
                address: None,
                post_wish: None,
                hours: None,
                ..file
            };
            let work = check_in::file_check_in(&world.cx(name)?, work).await?;
            check_in::confirm_check_in(&worker, work.id, StepCheckIn::default()).await?;
        }
    }
    Ok(())
}

/// A rule of points, and what two members have by it.
async fn count(world: &World, county: RegionCode) -> Result<()> {
    let (district, worker) = (world.cx("district")?, world.cx("worker")?);
    if points::list_point_rules(&district, ListPointRules::default()).await?.items.is_empty() {
        let rule = SetPointRule {
            region_code: county,
            code: "party_day".to_owned(),
            title: "参加主题党日".to_owned(),
            points: 2,
            cap: Some(24),
            cap_period: Some(points::CapPeriod::Year),
            valid_from: None,
            valid_to: None,
        };
        points::set_point_rule(&district, rule).await?;
    }
    if points::list_point_entries(&worker, ListPointEntries::default()).await?.items.is_empty() {
        for name in ["party", "party2"] {
            let entry = EnterPoints {
                region_code: XINLIAN.parse()?,
                account_id: world.id(name)?,
                organization_id: None,
                code: "party_day".to_owned(),
                subject: "本月主题党日".to_owned(),
                order_id: None,
                happened_on: None,
            };
            points::enter_points(&worker, entry).await?;
        }
    }
    Ok(())
}
