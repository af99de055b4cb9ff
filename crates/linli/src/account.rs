//! `linli account create`: an account with one role, made by whoever may start this program.

use crate::terminal::{Fault, Outcome, say};
use identity::{CreateAccount, CreateGrant};
use kernel::{
    Core, Cx, Place, RegionCode, Role,
    id::{GridId, OrganizationId},
};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, de::value::StrDeserializer};
use std::io::Read;
use validator::{Validate, ValidationErrors};

/// Whom to make, and where the role holds.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("scope").args(["region", "grid", "organization"]).required(true))]
pub(crate) struct Create {
    /// The name to sign in with (账号名)
    #[arg(long)]
    name: String,
    /// What the person is called (姓名) [default: the name]
    #[arg(long)]
    display_name: Option<String>,
    /// The role, such as resident, grid_member, community_worker or administrator
    #[arg(long, value_parser = role)]
    role: Role,
    /// Region code (区划代码) in which the role holds; 0 pads it: 32 is the province 320000000000
    #[arg(long, value_parser = region)]
    region: Option<RegionCode>,
    /// Id of the grid (网格) in which the role holds
    #[arg(long)]
    grid: Option<GridId>,
    /// Id of the organization (组织) in which the role holds
    #[arg(long)]
    organization: Option<OrganizationId>,
    /// Read the password from stdin; its last line end does not belong to it
    #[arg(long, required = true)]
    password_stdin: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::deserialize(StrDeserializer::<serde::de::value::Error>::new(text)).map_err(|e| e.to_string())
}

fn region(text: &str) -> Result<RegionCode, String> {
    text.parse().map_err(|e: kernel::Error| e.sentence(kernel::error::Language::English))
}

/// Makes the account.
pub(crate) async fn create(core: &Core, create: Create) -> Outcome {
    let mut read = Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut read).map_err(|e| Fault(format!("no password on stdin: {e}")))?;
    let password = read.strip_suffix('\n').map_or(read.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    let cx = Cx::system(core.clone());
    // A grant may name anything; here a slip of the finger is found.
    if let Some(region) = create.region.filter(|region| *region != RegionCode::COUNTRY) {
        grids::require_open(&cx, region).await?;
    }
    let mut place = Place::default();
    if let Some(grid) = create.grid {
        place.region = Some(grids::get_grid(&cx, grid).await?.region_code);
    }
    if let Some(organization) = create.organization {
        place.region = Some(organizations::get_organization(&cx, organization).await?.region_code);
    }
    let grant = CreateGrant {
        role: create.role,
        region_code: create.region,
        grid_id: create.grid,
        organization_id: create.organization,
        valid_from: None,
        valid_to: None,
    };
    let command = CreateAccount {
        display_name: create.display_name.unwrap_or_else(|| create.name.clone()),
        name: create.name,
        password: password.to_owned(),
        phone: None,
        grants: vec![grant],
    };
    command.validate().map_err(|errors| Fault(broken_rules(&errors)))?;
    let account = identity::create_account(&cx, command, &[place]).await?;
    say(&format!("made the account {} with the id {}\n", account.name, account.id))
}

/// What is wrong with which field. Never the value, which may be the password.
fn broken_rules(errors: &ValidationErrors) -> String {
    let told = errors.field_errors().into_iter().flat_map(|(field, errors)| {
        errors.iter().map(move |error| {
            let limit = |name: &str| error.params.get(name).map(ToString::to_string);
            match (&error.message, limit("min").zip(limit("max"))) {
                (Some(message), _) => format!("{field}: {message}"),
                (None, Some((min, max))) => format!("{field}: between {min} and {max} characters"),
                (None, None) => format!("{field}: {}", error.code),
            }
        })
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    told.join("; ")
}
