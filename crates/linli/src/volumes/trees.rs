//! The demo's organizations, as the seeds count them: Kangle's 9 branches with 215 members and 9 zones; Yangzhong's four
//! levels with 56 grids, 64 branches, 112 groups and 571 party households; Jingkou's 270 branches and 25 groups. `GET
//! /organizations/summary` tells each figure. The people are invented.

use super::{JINGKOU, KANGLE, communities, good};
use crate::{
    demo::PASSWORD,
    invented::{Dice, full_name},
};
use grids::{GridKind, PutGrid, put_grids};
use identity::{CreateAccount, CreateGrant};
use kernel::{Core, Cx, Error, RegionCode, Result, Role, bulk::Existing};
use organizations::{
    ListOrganizations, MemberRole, OrganizationKind, OrganizationTemplate, PutMembership, PutOrganization,
    post::{self, CreatePost, ListPosts},
    put_memberships, put_organizations,
};
use services::policy::{self, SetPolicy};
use std::collections::HashMap;

const YANGZHONG: &str = "321182000000";
const DANTU: &str = "321112000000";
/// The street of Yangzhong whose communities are urban.
const SANMAO: &str = "321182001000";
/// Made with its four grids and branches by the demo's story.
const XINLIAN: &str = "321182001017";
const XINLIAN_GRIDS: usize = 4;
/// Where it is kept that they stand.
const KEPT: &str = "demo_trees";

/// Plants them, unless they stand.
pub(super) async fn plant(core: &Core, jingkou: &[(RegionCode, Vec<String>)]) -> Result<()> {
    let cx = Cx::system(core.clone());
    if identity::setting(core, KEPT).await?.is_some() {
        return Ok(());
    }
    follow(&cx, YANGZHONG, OrganizationTemplate::Yangzhong).await?;
    follow(&cx, DANTU, OrganizationTemplate::Dantu).await?;
    plant_yangzhong(&cx).await?;
    plant_jingkou(&cx, jingkou).await?;
    plant_kangle(&cx).await?;
    identity::set_setting(core, KEPT, "yes").await
}

/// A county's organizations follow this template from now on.
async fn follow(cx: &Cx, county: &str, template: OrganizationTemplate) -> Result<()> {
    let region_code: RegionCode = county.parse()?;
    let mut rules = policy::organization_rules(cx, region_code).await?;
    if rules.template == Some(template) {
        return Ok(());
    }
    rules.template = Some(template);
    // As the API reads it: whatever other policies there are.
    let body = serde_json::json!({ "region_code": region_code, "organization_rules": rules });
    let command: SetPolicy = serde_json::from_value(body).map_err(Error::internal)?;
    policy::set_policy(cx, command).await?;
    Ok(())
}

/// What the n-th of so many gets of the whole.
const fn share(all: usize, n: usize, of: usize) -> usize {
    all * (n + 1) / of - all * n / of
}

/// 新联社区居委会 is 新联社区.
fn short(name: &str) -> &str {
    name.trim_end_matches("居委会").trim_end_matches("村委会")
}

fn organization(region: RegionCode, name: String, kind: OrganizationKind, parent: Option<&str>) -> PutOrganization {
    PutOrganization {
        region_code: region,
        name,
        kind: Some(kind),
        parent: parent.map(str::to_owned),
        grid_code: None,
        credit_code: None,
        address: None,
    }
}

async fn put(cx: &Cx, region: RegionCode, rows: Vec<PutOrganization>) -> Result<()> {
    let rules = HashMap::from([(region, policy::organization_rules(cx, region).await?)]);
    let mut tx = cx.begin();
    good(put_organizations(&mut tx, &rows, Existing::Skip, &rules).await?)?;
    tx.commit(()).await
}

async fn plant_yangzhong(cx: &Cx) -> Result<()> {
    let xinlian: RegionCode = XINLIAN.parse()?;
    let all = communities(cx, SANMAO.parse()?).await?;
    let urban: Vec<_> = all.into_iter().filter(|(_, name)| name.ends_with("居委会")).collect();
    let (others, mut other) = (urban.len().saturating_sub(1).max(1), 0);
    for (n, (region, name)) in urban.iter().enumerate() {
        let (region, name) = (*region, short(name));
        let (grids, branches) = if region == xinlian {
            (XINLIAN_GRIDS, XINLIAN_GRIDS)
        } else {
            other += 1;
            (share(56 - XINLIAN_GRIDS, other - 1, others), share(64 - XINLIAN_GRIDS, other - 1, others))
        };
        draw(cx, region, name, grids).await?;
        let party = format!("{name}党委");
        let mut rows = vec![organization(region, party.clone(), OrganizationKind::CommunityPartyOrganization, None)];
        let branch = |k: usize| format!("{name}第{}网格党支部", k + 1);
        for k in 0..branches {
            let grid_code = (k < grids).then(|| format!("{region}W{:03}", k + 1));
            rows.push(PutOrganization { grid_code, ..organization(region, branch(k), OrganizationKind::GridBranch, Some(&party)) });
        }
        let (groups, homes) = (share(112, n, urban.len()), share(571, n, urban.len()));
        let group = |k: usize| format!("{name}第{}楼道党小组", k + 1);
        for k in 0..groups {
            rows.push(organization(region, group(k), OrganizationKind::PartyGroup, Some(&branch(k % branches.max(1)))));
        }
        for k in 0..homes {
            let above = group(k % groups.max(1));
            rows.push(organization(region, format!("{name}党员中心户{:02}", k + 1), OrganizationKind::PartyHousehold, Some(&above)));
        }
        put(cx, region, rows).await?;
    }
    Ok(())
}

async fn draw(cx: &Cx, region: RegionCode, name: &str, grids: usize) -> Result<()> {
    let rows: Vec<PutGrid> = (1..=grids)
        .map(|k| PutGrid {
            region_code: region,
            code: format!("{region}W{k:03}"),
            name: format!("{name}第{k}网格"),
            kind: Some(GridKind::Comprehensive),
            parent_code: None,
            households: None,
            extent: None,
            point: None,
        })
        .collect();
    let mut tx = cx.begin();
    good(put_grids(&mut tx, &rows, Existing::Skip, true).await?)?;
    tx.commit(()).await
}

/// One grid, one branch, and in 25 of the 295 a group, where there are too few members.
async fn plant_jingkou(cx: &Cx, drawn: &[(RegionCode, Vec<String>)]) -> Result<()> {
    let called: HashMap<RegionCode, String> = communities(cx, JINGKOU.parse()?).await?.into_iter().collect();
    let mut n = 0;
    for (region, grids) in drawn {
        let name = called.get(region).map(|name| short(name)).unwrap_or_default();
        let party = format!("{name}党组织");
        let mut rows = vec![organization(*region, party.clone(), OrganizationKind::CommunityPartyOrganization, None)];
        for (k, code) in grids.iter().enumerate() {
            let (word, kind) =
                if n % 12 == 5 { ("党小组", OrganizationKind::PartyGroup) } else { ("党支部", OrganizationKind::GridBranch) };
            let row = organization(*region, format!("{name}第{}网格{word}", k + 1), kind, Some(&party));
            rows.push(PutOrganization { grid_code: Some(code.clone()), ..row });
            n += 1;
        }
        put(cx, *region, rows).await?;
    }
    Ok(())
}

async fn plant_kangle(cx: &Cx) -> Result<()> {
    let region: RegionCode = KANGLE.parse()?;
    let branch = |n: usize| format!("康乐社区第{}网格党支部", n + 1);
    let mut dice = Dice::new(215);
    for n in 0..215 {
        let (name, display_name) = (format!("kangle-member-{:03}", n + 1), full_name(&mut dice));
        if identity::find_by_name(cx, &name).await?.is_none() {
            let grants = vec![CreateGrant::in_region(Role::PartyMember, region)];
            let account = CreateAccount { name: name.clone(), password: PASSWORD.to_owned(), display_name, phone: None, grants };
            identity::create_account(cx, account, &[]).await?;
        }
        let role = if n < 9 { MemberRole::Secretary } else { MemberRole::Member };
        let member =
            PutMembership { region_code: region, organization: branch(n % 9), account: name, role: Some(role), from_on: None, to_on: None };
        let mut tx = cx.begin();
        good(put_memberships(&mut tx, &[member], Existing::Skip).await?)?;
        tx.commit(()).await?;
    }
    // 9 党员服务责任区, one a branch.
    let list = ListOrganizations {
        region_code: Some(region),
        kind: Some(OrganizationKind::GridBranch),
        limit: Some(100),
        ..ListOrganizations::default()
    };
    let rules = policy::organization_rules(cx, region).await?;
    for (n, branch) in organizations::list_organizations(cx, list).await?.items.into_iter().enumerate() {
        let posts = ListPosts { organization_id: Some(branch.id), ..ListPosts::default() };
        if post::list_posts(cx, posts).await?.items.is_empty() {
            let zone = CreatePost { kind: "duty_zone".to_owned(), title: format!("第{}党员服务责任区", n + 1), duties: None };
            post::create_post(cx, branch.id, zone, &rules).await?;
        }
    }
    Ok(())
}
