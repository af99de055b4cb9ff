//! Accounts (账号) and grants (授权).
//!
//! Identity knows neither regions nor grids nor organizations; this file looks up where a grant's scope lies.

use crate::{prelude::*, problem::ProblemBody};
use identity::{Account, CreateAccount, CreateGrant, Grant, ListAccounts, ListGrants, UpdateAccount};
use kernel::{
    Code, Cx, Error, Place, Scope,
    id::{AccountId, GrantId},
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(create_account).service(list_accounts).service(get_account).service(update_account);
    cfg.service(list_grants).service(grant_role).service(revoke_grant);
}

/// Open an account (开立账号).
///
/// With its first grants (授权), which may be none. Needs `account.manage` at each grant's place, and nobody gives a role
/// above their own there (不得越权授予). The name (姓名) and the phone (电话) are stored encrypted.
#[utoipa::path(
    tag = "accounts",
    operation_id = "create_account",
    request_body(content = CreateAccount, example = json!({
        "name": "wang.li",
        "password": "correct horse battery",
        "display_name": "王丽",
        "phone": "13812341234",
        "grants": [{ "role": "party_member", "region_code": "321182001017" }]
    })),
    responses((status = 201, body = Account), WriteProblems),
    extensions(("x-permission" = json!("account.manage")))
)]
#[post("/accounts")]
async fn create_account(call: Call, body: Body<CreateAccount>) -> Answer {
    let mut places = Vec::new();
    for (n, grant) in body.0.grants.iter().enumerate() {
        places.push(place_of(&call.cx, grant, &format!("#/grants/{n}")).await?);
    }
    created(identity::create_account(&call.cx, body.0, &places).await?)
}

/// List accounts (账号列表).
///
/// One's own, and those with a grant (授权) where the caller may read accounts (`account.read`); newest first.
#[utoipa::path(
    tag = "accounts",
    operation_id = "list_accounts",
    params(ListAccounts),
    responses((status = 200, body = Page<Account>), ReadProblems),
    extensions(("x-permission" = json!("account.read")))
)]
#[get("/accounts")]
async fn list_accounts(call: Call, query: Query<ListAccounts>) -> Answer {
    ok(identity::list_accounts(&call.cx, query.into_inner()).await?)
}

/// Read one account (查询账号).
///
/// One's own in full; that of somebody with a grant (授权) where the caller may read accounts (`account.read`) with the
/// phone (电话) masked; 404 otherwise.
#[utoipa::path(
    tag = "accounts",
    operation_id = "get_account",
    params(("id" = AccountId, Path, description = "Account id (账号编号)")),
    responses((status = 200, body = Account), ReadProblems),
    extensions(("x-permission" = json!("own")))
)]
#[get("/accounts/{id}")]
async fn get_account(call: Call, id: Path<AccountId>) -> Answer {
    ok(identity::get_account(&call.cx, *id).await?)
}

/// Change an account (修改账号).
///
/// The owner changes the name (姓名), the phone (电话), and, with the old one, the password (密码), which ends every other
/// session. Who manages the account (`account.manage` over all its grants) changes the name and the phone, and disables
/// (停用) or enables it; disabling ends its sessions. What is absent stays as it is.
#[utoipa::path(
    tag = "accounts",
    operation_id = "update_account",
    params(("id" = AccountId, Path, description = "Account id (账号编号)")),
    request_body(content = UpdateAccount, example = json!({ "phone": "0514-87654321", "version": 1 })),
    responses(
        (status = 200, body = Account),
        WriteProblems,
        (status = 429, description = "Too many wrong old passwords; see `Retry-After` (尝试过于频繁).", body = ProblemBody, content_type = "application/problem+json")
    ),
    extensions(("x-permission" = json!("own")))
)]
#[post("/accounts/{id}")]
async fn update_account(call: Call, id: Path<AccountId>, body: Body<UpdateAccount>) -> Answer {
    ok(call.identity.update_account(&call.cx, *id, body.0).await?)
}

/// List the grants of an account (授权列表).
///
/// Those that have ended (已失效) included; newest first. For the owner and whoever may read the account.
#[utoipa::path(
    tag = "accounts",
    operation_id = "list_grants",
    params(("id" = AccountId, Path, description = "Account id (账号编号)"), ListGrants),
    responses((status = 200, body = Page<Grant>), ReadProblems),
    extensions(("x-permission" = json!("own")))
)]
#[get("/accounts/{id}/grants")]
async fn list_grants(call: Call, id: Path<AccountId>, query: Query<ListGrants>) -> Answer {
    ok(identity::list_grants(&call.cx, *id, query.into_inner()).await?)
}

/// Give an account a role (授权).
///
/// Within exactly one of a region (区划), a grid (网格) and an organization (组织), for a period (有效期). Needs
/// `account.manage` there, and nobody gives a role above their own there (不得越权授予).
#[utoipa::path(
    tag = "accounts",
    operation_id = "grant_role",
    params(("id" = AccountId, Path, description = "Account id (账号编号)")),
    request_body(content = CreateGrant, example = json!({ "role": "volunteer", "region_code": "321182001017" })),
    responses((status = 201, body = Grant), WriteProblems),
    extensions(("x-permission" = json!("account.manage")))
)]
#[post("/accounts/{id}/grants")]
async fn grant_role(call: Call, id: Path<AccountId>, body: Body<CreateGrant>) -> Answer {
    let place = place_of(&call.cx, &body.0, "#").await?;
    let grant = identity::grant_role(&call.cx, *id, body.0, place).await?;
    call.identity.forget(&call.cx, grant.account_id);
    created(grant)
}

/// Take a role back (撤销授权).
///
/// The grant ends now and stays on record. Needs `account.manage` at its place, and a role not above one's own there.
#[utoipa::path(
    tag = "accounts",
    operation_id = "revoke_grant",
    params(("id" = GrantId, Path, description = "Grant id (授权编号)")),
    responses((status = 204, description = "Taken back (已撤销)."), ReadProblems),
    extensions(("x-permission" = json!("account.manage")))
)]
#[delete("/grants/{id}")]
async fn revoke_grant(call: Call, id: Path<GrantId>) -> Answer {
    let grant = identity::revoke_grant(&call.cx, *id).await?;
    call.identity.forget(&call.cx, grant.account_id);
    no_content()
}

/// Where a grant about to be given would lie: in a region that is open, an existing grid or an existing organization.
async fn place_of(cx: &Cx, grant: &CreateGrant, at: &str) -> kernel::Result<Place> {
    let broken = |name: &str| Error::new(Code::ReferenceBroken).at(format!("{at}/{name}"));
    let region = match grant.scope().map_err(|e| e.at(at))? {
        Scope::Region(RegionCode::COUNTRY) => RegionCode::COUNTRY,
        Scope::Region(region) => {
            grids::require_open(cx, region).await.map_err(|e| e.at(format!("{at}/region_code")))?;
            region
        }
        Scope::Grid(grid) => grids::grid_region(cx, grid).await?.ok_or_else(|| broken("grid_id"))?,
        Scope::Organization(organization) => {
            organizations::named_region(cx, organization).await.map_err(|e| e.at(format!("{at}/organization_id")))?
        }
    };
    Ok(region.into())
}
