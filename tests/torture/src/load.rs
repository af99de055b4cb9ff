//! The mixed load: clients that place, sort, dispatch, claim, do, judge and close orders in two communities, each with a
//! key of its own, often several at the same order.

use crate::{
    Outcome,
    dice::Dice,
    people::{Community, Person, plain},
    world::{Step, World},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// About how many orders are open at a time.
const OPEN: usize = 48;

/// What is done with an order, by where it stands: how often in proportion.
const HABITS: [(&str, &[(&str, usize)]); 8] = [
    ("placed", &[("triage", 14), ("cancel", 1), ("reject", 1), ("merge", 1)]),
    ("triaged", &[("dispatch", 14), ("triage", 1), ("suspend", 1), ("cancel", 1)]),
    ("dispatched", &[("accept", 14), ("decline", 1), ("dispatch", 1), ("suspend", 1), ("cancel", 1)]),
    ("accepted", &[("start", 5), ("complete", 6), ("record_progress", 1), ("hand_back", 1), ("suspend", 1), ("cancel", 1)]),
    ("in_progress", &[("complete", 8), ("record_progress", 3), ("hand_back", 1), ("suspend", 1)]),
    ("completed", &[("evaluate", 8), ("close", 2), ("rework", 1)]),
    ("evaluated", &[("close", 8), ("rework", 1)]),
    ("suspended", &[("resume", 8), ("cancel", 1)]),
];

/// An order as the clients believe it to be.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) community: usize,
    pub(crate) requester: usize,
    pub(crate) state: String,
    pub(crate) version: i64,
    /// 32 hexadecimal digits.
    pub(crate) lead: Option<String>,
}

impl Card {
    /// What an answer or a read says about it.
    pub(crate) fn learn(&mut self, view: &Value) {
        view["state"].as_str().unwrap_or_default().clone_into(&mut self.state);
        self.version = view["version"].as_i64().unwrap_or_default();
        self.lead = view["lead"]["id"].as_str().map(plain);
    }

    fn over(&self) -> bool {
        HABITS.iter().all(|(state, _)| *state != self.state)
    }
}

struct Shared {
    world: Arc<World>,
    board: Mutex<Vec<Card>>,
    stop: AtomicBool,
}

/// Clients at work.
pub(crate) struct Load {
    shared: Arc<Shared>,
    clients: JoinSet<Outcome>,
}

impl Load {
    /// Sends so many clients to work. The seed makes their choices, and their keys: no two loads of a world share one.
    pub(crate) fn start(world: &Arc<World>, clients: usize, seed: u64) -> Self {
        Self::paced(world, clients, seed, Duration::ZERO)
    }

    /// The same, but each client asks only once in so long.
    pub(crate) fn paced(world: &Arc<World>, clients: usize, seed: u64, pace: Duration) -> Self {
        let shared = Arc::new(Shared { world: Arc::clone(world), board: Mutex::default(), stop: AtomicBool::new(false) });
        let mut tasks = JoinSet::new();
        for n in 0..clients as u64 {
            let client =
                Client { shared: Arc::clone(&shared), dice: Dice::new(seed << 16 | n), name: format!("{seed}-{n}"), count: 0, pace };
            tasks.spawn(client.work());
        }
        Self { shared, clients: tasks }
    }

    /// Tells the clients to stop, and waits until whatever they have asked is resolved.
    pub(crate) async fn finish(mut self) -> Outcome {
        self.shared.stop.store(true, Ordering::Relaxed);
        while let Some(client) = self.clients.join_next().await {
            client??;
        }
        Ok(())
    }
}

struct Client {
    shared: Arc<Shared>,
    dice: Dice,
    name: String,
    count: u64,
    pace: Duration,
}

impl Client {
    async fn work(mut self) -> Outcome {
        while !self.shared.stop.load(Ordering::Relaxed) {
            let next = Instant::now() + self.pace;
            let chosen = {
                let board = self.shared.board.lock().unwrap_or_else(PoisonError::into_inner);
                let place = board.is_empty() || (board.len() < OPEN && self.dice.one_in(3));
                (!place).then(|| self.dice.pick(&board).clone())
            };
            match chosen {
                None => self.place().await?,
                Some(card) => self.step(card).await?,
            }
            tokio::time::sleep_until(next.into()).await;
        }
        Ok(())
    }

    fn key(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.name, self.count)
    }

    async fn place(&mut self) -> Outcome {
        let world = Arc::clone(&self.shared.world);
        let community = self.dice.below(world.people.communities.len());
        let home = &world.people.communities[community];
        let requester = self.dice.below(home.residents.len());
        let Some(view) = self.take("place", &home.residents[requester], "", &lamp(home)).await? else { return Ok(()) };
        let id = plain(view["id"].as_str().unwrap_or_default());
        let mut card = Card { id, community, requester, state: String::new(), version: 0, lead: None };
        card.learn(&view);
        self.shared.board.lock().unwrap_or_else(PoisonError::into_inner).push(card);
        Ok(())
    }

    async fn step(&mut self, mut card: Card) -> Outcome {
        let world = Arc::clone(&self.shared.world);
        let habits = HABITS.iter().find(|(state, _)| *state == card.state).map_or(&[][..], |(_, habits)| habits);
        let action = *self.dice.weigh(habits);
        let into = self.other(&card);
        let (who, body) = role(&world, &card, action, &mut self.dice, into.as_deref());
        match self.take(action, who, &card.id, &body).await? {
            Some(view) => card.learn(&view),
            // Somebody else was faster: look where it stands.
            None => {
                let (status, view) =
                    world.api.read(&world.people.communities[card.community].worker, &format!("/api/v1/orders/{}", card.id)).await?;
                if status != 200 {
                    return Err(format!("{}: its own community does not find it: {status}", card.id).into());
                }
                card.learn(&view);
            }
        }
        let mut board = self.shared.board.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = board.iter().position(|c| c.id == card.id && c.version <= card.version) {
            if card.over() {
                board.swap_remove(at);
            } else {
                board[at] = card;
            }
        }
        Ok(())
    }

    /// Another order of the same community, into which this one could be merged.
    fn other(&mut self, card: &Card) -> Option<String> {
        let board = self.shared.board.lock().unwrap_or_else(PoisonError::into_inner);
        let others: Vec<&Card> = board.iter().filter(|c| c.community == card.community && c.id != card.id).collect();
        if others.is_empty() { None } else { Some(self.dice.pick(&others).id.clone()) }
    }

    /// Takes a step; `None` where it is refused. Now and then what was acknowledged is sent again at once.
    async fn take(&mut self, action: &str, who: &Person, order: &str, body: &Value) -> Outcome<Option<Value>> {
        let step = Step::new(action, who, order, body, self.key());
        let answer = self.shared.world.act(&step).await?;
        if !answer.done() {
            return Ok(None);
        }
        if self.dice.one_in(20) {
            self.shared.world.act(&step).await?;
        }
        Ok(Some(answer.json()))
    }
}

/// Who takes an action, and with which words.
pub(crate) fn role<'a>(world: &'a World, card: &Card, action: &str, dice: &mut Dice, into: Option<&str>) -> (&'a Person, Value) {
    let home = &world.people.communities[card.community];
    let lead = card.lead.as_deref().and_then(|id| world.people.find(id)).unwrap_or_else(|| dice.pick(&home.takers));
    let requester = &home.residents[card.requester];
    let reason = json!({"reason": "现场无人,改日再来"});
    let (who, mut body) = match action {
        "reject" => (&home.worker, json!({"code": "not_competent", "text": "不属于社区职责"})),
        "dispatch" => (&home.worker, dispatch(home, dice)),
        "accept" => (lead, json!({})),
        "decline" => (lead, reason),
        "hand_back" => (if dice.one_in(2) { lead } else { &home.worker }, reason),
        "start" => (lead, json!({})),
        "record_progress" => (lead, json!({"note": "已联系住户"})),
        "complete" => (lead, json!({"result": "solved", "answer": "已更换灯泡,并检查了整个单元。"})),
        "evaluate" => (requester, json!({"level": if dice.one_in(4) { "dissatisfied" } else { "satisfied" }, "tags": ["及时"]})),
        "cancel" => (requester, json!({"note": "不用了"})),
        "suspend" | "rework" => (&home.worker, reason),
        "merge" => (&home.worker, json!({"into": into.unwrap_or(&card.id)})),
        // Nobody closes what they have done themselves.
        "close" if card.lead.as_ref() == Some(&home.worker.id) => (&world.people.street, json!({})),
        _ => (&home.worker, json!({})),
    };
    if dice.one_in(4) {
        body["version"] = json!(card.version);
    }
    (who, body)
}

/// What is wanted.
pub(crate) fn lamp(home: &Community) -> Value {
    json!({"title": "楼道灯不亮", "content": "3单元2楼的灯坏了三天,老人上下楼不安全。", "region_code": home.code, "item_code": "B-1-1",
        "channel": "mini_program"})
}

fn dispatch(home: &Community, dice: &mut Dice) -> Value {
    let person = |p: &Person| json!({"kind": "person", "id": p.id});
    match dice.below(10) {
        0 => json!({"mode": "self_handled"}),
        1 => json!({"mode": "assign", "lead": person(&home.takers[0]), "assistants": [person(&home.takers[1]), person(&home.takers[2])]}),
        2..=5 => json!({"mode": "assign", "lead": person(dice.pick(&home.takers))}),
        _ => json!({"mode": "pool"}),
    }
}
