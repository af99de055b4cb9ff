//! The people: two communities that have no business with each other, and a district that sees both.

use crate::{Outcome, api::Api, server::Setup};
use serde_json::json;
use std::{
    fmt::Write,
    sync::{PoisonError, RwLock},
};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "torture-password-1";
const REGIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/linli/data/regions_jiangsu.csv");
/// 新联社区 and 新胜社区, both in this county.
const COMMUNITIES: [&str; 2] = ["321182001017", "321182001014"];
const COUNTY: &str = "321182000000";
/// How many open orders a taker may hold: never the reason for a refusal here.
const CLAIM_LIMIT: u32 = 1000;

/// Somebody.
#[derive(Debug, Default)]
pub(crate) struct Person {
    pub(crate) name: String,
    /// 32 hexadecimal digits.
    pub(crate) id: String,
    token: RwLock<String>,
}

impl Person {
    pub(crate) fn token(&self) -> String {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn take(&self, token: &str) {
        token.clone_into(&mut self.token.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// A community and its people.
#[derive(Debug)]
pub(crate) struct Community {
    pub(crate) code: &'static str,
    /// Sorts, dispatches, closes (社区工作者).
    pub(crate) worker: Person,
    pub(crate) residents: Vec<Person>,
    pub(crate) takers: Vec<Person>,
}

/// Everybody.
#[derive(Debug)]
pub(crate) struct People {
    pub(crate) communities: [Community; 2],
    /// Reads the change feed of the county.
    pub(crate) district: Person,
    /// Closes what a community's worker has done and so may not close.
    pub(crate) street: Person,
}

/// An id as 32 hexadecimal digits, however it was written.
pub(crate) fn plain(id: &str) -> String {
    id.replace('-', "")
}

impl People {
    /// Regions and an administrator through the binary; through the API everybody else, with a catalogue of one item and a
    /// generous limit of claims. Nobody has signed in yet: a token is fetched when it is first refused.
    pub(crate) async fn make(setup: &Setup, api: &Api, takers: usize) -> Outcome<Self> {
        setup.run(&["regions", "import", REGIONS, "--as-of", "2023-12-31"], "")?;
        let create =
            ["account", "create", "--name", "torture-admin", "--role", "administrator", "--region", "000000000000", "--password-stdin"];
        setup.run(&create, PASSWORD)?;
        let admin = Person { name: "torture-admin".to_owned(), ..Person::default() };
        api.sign_in(&admin).await?;
        let make = async |role: &str, region: &str, name: String| {
            let account = json!({"name": name, "password": PASSWORD, "display_name": "王小明", "phone": "13812341234",
                "grants": [{"role": role, "region_code": region}]});
            let made = api.make(&admin, "/api/v1/accounts", account).await?;
            Outcome::Ok(Person { name, id: plain(made["id"].as_str().unwrap_or_default()), ..Person::default() })
        };
        for (code, level, parent) in [("B", "category", None), ("B-1", "subcategory", Some("B")), ("B-1-1", "item", Some("B-1"))] {
            let item = json!({"code": code, "level": level, "parent_code": parent, "name": "家电维修", "region_code": COUNTY,
                "respond_limit": {"value": 30, "unit": "minutes"}, "finish_limit": {"value": 3, "unit": "working_days"}});
            api.make(&admin, "/api/v1/catalogue/items", item).await?;
        }
        let flow = json!({"region_code": COUNTY, "order_flow": {"claim_limit": CLAIM_LIMIT, "automatic_reworks": 1}});
        api.make(&admin, "/api/v1/policies", flow).await?;
        let mut communities = Vec::new();
        for (n, code) in COMMUNITIES.into_iter().enumerate() {
            let worker = make("community_worker", code, format!("worker-{n}")).await?;
            let mut community = Community { code, worker, residents: Vec::new(), takers: Vec::new() };
            for k in 0..4 {
                community.residents.push(make("resident", code, format!("resident-{n}-{k}")).await?);
            }
            for k in 0..if n == 0 { takers } else { 4 } {
                let taker = make("party_member", code, format!("taker-{n}-{k}")).await?;
                let register = json!({"account_id": taker.id, "kind": "party_member", "region_code": code});
                api.make(&admin, "/api/v1/volunteers", register).await?;
                community.takers.push(taker);
            }
            communities.push(community);
        }
        let communities = <[Community; 2]>::try_from(communities).map_err(|c| format!("{} communities", c.len()))?;
        let district = make("district_operator", COUNTY, "district".to_owned()).await?;
        let people = Self { communities, district, street: make("street_operator", COUNTY, "street".to_owned()).await? };
        for person in people.all() {
            api.sign_in(person).await?;
        }
        Ok(people)
    }

    /// Everybody, in no order that matters.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Person> {
        self.communities.iter().flat_map(|c| c.residents.iter().chain(&c.takers).chain([&c.worker])).chain([&self.district, &self.street])
    }

    /// Somebody by their id.
    pub(crate) fn find(&self, id: &str) -> Option<&Person> {
        self.all().find(|p| p.id == id)
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
