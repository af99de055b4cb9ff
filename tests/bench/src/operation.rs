//! The operations: what is asked of Linli, once.

use crate::{
    Outcome,
    wire::{Ask, Wire},
    world::{self, HOME, Person, World},
};
use serde_json::json;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Operation {
    Actix,
    Livez,
    Place,
    Accept,
    Claim,
    Complete,
    Flow,
    Get,
    List,
    Taken,
    Overdue,
    Deep,
    Feed,
    Locate,
}

/// Where the order comes from that an operation is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// There is none, or there are fifty.
    None,
    /// The operation places it.
    Fresh,
    /// It was laid ready before the leg, in a state that the operation changes.
    Ready,
    /// It is one of the many that are there from the beginning.
    Loaded,
}

impl Operation {
    pub(crate) const ALL: [(Self, &str, &str); 14] = [
        (Self::Actix, "actix", "the floor: actix answers an empty 200"),
        (Self::Livez, "livez", "GET /livez"),
        (Self::Place, "place", "place an order"),
        (Self::Accept, "accept", "accept an assigned order"),
        (Self::Claim, "claim", "claim an order from the pool"),
        (Self::Complete, "complete", "complete and evaluate, two requests"),
        (Self::Flow, "flow", "the whole flow, seven requests"),
        (Self::Get, "get", "read one order, at random"),
        (Self::List, "list", "first page of 50 of a community"),
        (Self::Taken, "taken", "first page of 50 of a taker"),
        (Self::Overdue, "overdue", "first page of 50 overdue in a community"),
        (Self::Deep, "deep", "a page of 50 deep in a community's list"),
        (Self::Feed, "feed", "a page of 50 of the change feed"),
        (Self::Locate, "locate", "the grid of a point, among 400"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(o, ..)| *o == self).map_or("", |(_, name, _)| name)
    }

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(|(_, name, _)| name).join(", ");
        Self::ALL.iter().find(|(_, n, _)| *n == name).map(|(o, ..)| *o).ok_or_else(|| format!("one of {}", names()))
    }

    /// Whether it asks the database at all.
    pub(crate) const fn stores(self) -> bool {
        !matches!(self, Self::Actix | Self::Livez)
    }

    pub(crate) const fn writes(self) -> bool {
        matches!(self.order(), Order::Fresh | Order::Ready)
    }

    pub(crate) const fn order(self) -> Order {
        match self {
            Self::Place | Self::Flow => Order::Fresh,
            Self::Accept | Self::Claim | Self::Complete => Order::Ready,
            Self::Get => Order::Loaded,
            _ => Order::None,
        }
    }
}

/// A key as clients make them: never the same, in no order.
pub(crate) fn key(base: u64, k: u64) -> String {
    format!("{:016x}-{base:x}", scatter(k))
}

/// Spreads numbers that follow each other over all numbers.
pub(crate) fn scatter(k: u64) -> u64 {
    (k + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

async fn send(wire: &mut Wire, person: &Person, path: &str, key: &str, body: &str) -> Outcome<String> {
    let answer = wire.ask(Ask { path, token: &person.token, key, body: Some(body) }).await?;
    Ok(serde_json::from_slice::<serde_json::Value>(answer)?["id"].as_str().unwrap_or_default().to_owned())
}

fn order() -> String {
    let contact = json!({"name": "张三", "phone": "13812341234", "address": "翡丽中央 12幢3单元401室"});
    json!({"title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天,老人上下楼不安全,希望社区能尽快安排人来修一下。", "region_code": HOME,
        "item_code": "B-1-1", "channel": "mini_program", "contact": contact})
    .to_string()
}

/// Carries out an operation once, as the `k`-th of a leg that began at `base`; gives the order's id where it matters. Every
/// change carries an Idempotency-Key.
pub(crate) async fn once(world: &World, wire: &mut Wire, operation: Operation, base: u64, k: u64) -> Outcome<String> {
    let people = &world.people;
    let read = async |wire: &mut Wire, person: &Person, path: &str| {
        wire.ask(Ask { path, token: &person.token, ..Ask::default() }).await.map(|_| String::new())
    };
    let (worker, resident, taker, key) = (&people.worker, people.resident(k), people.taker(k), key(base, k));
    let assign = match operation {
        Operation::Flow => json!({"mode": "assign", "lead": {"kind": "person", "id": taker.id}}).to_string(),
        _ => String::new(),
    };
    let [triage, dispatch, accept, complete, evaluate, close] = [
        (worker, "triage", "{\"priority\":\"high\"}"),
        (worker, "dispatch", assign.as_str()),
        (taker, "accept", "{}"),
        (taker, "complete", "{\"result\":\"solved\",\"answer\":\"楼道灯已更换,并检查了整个单元。\"}"),
        (resident, "evaluate", "{\"level\":\"very_satisfied\",\"tags\":[\"及时\"],\"comment\":\"谢谢\"}"),
        (worker, "close", "{}"),
    ];
    let steps: &[_] = match operation {
        Operation::Flow => &[triage, dispatch, accept, complete, evaluate, close],
        Operation::Complete => &[complete, evaluate],
        Operation::Accept | Operation::Claim => &[accept],
        _ => &[],
    };
    let id = match operation.order() {
        Order::Fresh => send(wire, resident, "/api/v1/orders", &key, &order()).await?,
        Order::Ready => world::id(base, k),
        Order::Loaded => world.loaded(scatter(k + base)),
        Order::None => String::new(),
    };
    for (person, step, body) in steps {
        send(wire, person, &format!("/api/v1/orders/{id}/{step}"), &format!("{key}-{step}"), body).await?;
    }
    match operation {
        Operation::Actix | Operation::Livez => read(wire, &Person::default(), "/livez").await?,
        Operation::Get => read(wire, worker, &format!("/api/v1/orders/{id}")).await?,
        Operation::List => read(wire, worker, &list("region_code", HOME)).await?,
        Operation::Overdue => read(wire, worker, &format!("{}&overdue=true", list("region_code", HOME))).await?,
        Operation::Deep => read(wire, worker, &format!("{}&cursor={}", list("region_code", HOME), world.deep)).await?,
        Operation::Taken => read(wire, &people.takers[0], &list("view", "taken")).await?,
        Operation::Feed => read(wire, &people.district, &format!("/api/v1/events?limit=50&cursor={}", world.late)).await?,
        Operation::Locate => {
            let (lng, lat) = world::point(scatter(k));
            read(wire, resident, &format!("/api/v1/grids/locate?lng={lng}&lat={lat}")).await?
        }
        _ => String::new(),
    };
    Ok(id)
}

fn list(name: &str, value: &str) -> String {
    format!("/api/v1/orders?limit=50&{name}={value}")
}

/// Walks down the community's list and the feed, a good way, for a cursor.
pub(crate) async fn walk(world: &mut World) -> Outcome {
    let mut wire = Wire::open(&world.server.address).await?;
    let (worker, district) = (world.people.worker.clone(), world.people.district.clone());
    for (path, person, end) in
        [(list("region_code", HOME), worker, &mut world.deep), ("/api/v1/events?limit=50".to_owned(), district, &mut world.late)]
    {
        for _ in 0..(world.orders / 1000).clamp(2, 100) {
            let page = wire.json(&format!("{path}{}{end}", if end.is_empty() { "" } else { "&cursor=" }), &person.token, None).await?;
            *end = page["next_cursor"].as_str().ok_or("the list is too short")?.to_owned();
        }
    }
    Ok(())
}
