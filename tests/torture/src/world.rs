//! One database with its people, a journal, and the way to its servers.

use crate::{
    Outcome,
    api::{Answer, Api, Ask},
    database::Database,
    journal::Journal,
    machine,
    people::{People, Person},
    postgres::Postgres,
    server::{Server, Setup},
};
use serde_json::Value;
use std::path::Path;

/// Which of the two databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A furnished database. Its servers come and go; their addresses stay.
pub(crate) struct World {
    pub(crate) setup: Setup,
    /// Where the checker looks, whatever lies between the servers and their database.
    pub(crate) database: Database,
    pub(crate) people: People,
    pub(crate) api: Api,
    pub(crate) journal: Journal,
    /// Where its servers listen.
    pub(crate) ports: Vec<u16>,
}

impl World {
    /// Makes one in this folder, for so many servers, with so many takers in its first community. On PostgreSQL in a new
    /// database of this name; `detour` is the URL by which the servers go there, if not the straight one.
    pub(crate) async fn make(binary: &Path, folder: &Path, postgres: Option<&Postgres>, shape: Shape<'_>) -> Outcome<Self> {
        let kind = if postgres.is_some() { Kind::Postgres } else { Kind::Sqlite };
        let folder = folder.join(format!("{}_{}", shape.name, kind.name()));
        let (url, database) = match postgres {
            None => {
                let file = folder.join("linli.db");
                (format!("sqlite://{}", file.display()), Database::Sqlite(file))
            }
            Some(postgres) => {
                postgres.sql("postgres", &format!("CREATE DATABASE {}", shape.name))?;
                (postgres.url(shape.name), Database::Postgres(postgres.url(shape.name)))
            }
        };
        Self::furnish(Setup::make(binary, folder, url)?, database, shape).await
    }

    /// Makes it of an empty database somewhere.
    pub(crate) async fn furnish(mut setup: Setup, database: Database, shape: Shape<'_>) -> Outcome<Self> {
        setup.run(&["migrate"], "")?;
        let ports = (0..shape.servers).map(|_| machine::free_port()).collect::<Outcome<Vec<u16>>>()?;
        let addresses = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let first = setup.serve(ports[0]).await?;
        let people = People::make(&setup, &Api::new(vec![first.address.clone()])?, shape.takers).await?;
        drop(first);
        if let Some(detour) = shape.detour {
            setup.url = detour(&setup.url);
        }
        let journal = Journal::create(setup.folder.join("journal.jsonl"))?;
        Ok(Self { setup, database, people, api: Api::new(addresses)?, journal, ports })
    }

    /// Starts its `n`-th server and waits until it is ready.
    pub(crate) async fn serve(&self, n: usize) -> Outcome<Server> {
        self.setup.serve(self.ports[n]).await
    }

    /// Asks for a change of an order (a new one where there is no id yet) until it is answered, and writes an
    /// acknowledgement down.
    pub(crate) async fn act(&self, step: &Step<'_>) -> Outcome<Answer> {
        let asked = self.journal.now();
        let answer = self.api.settle(step.ask()).await?;
        if answer.done() {
            self.journal.acknowledge(step.ask(), step.action, asked, &answer).await?;
        }
        Ok(answer)
    }
}

/// Something that somebody is about to do.
#[derive(Clone)]
pub(crate) struct Step<'a> {
    /// As the contract calls it; `place` for a new order.
    pub(crate) action: &'a str,
    who: &'a Person,
    path: String,
    body: String,
    key: String,
}

impl<'a> Step<'a> {
    /// `order` is an id; nobody cares for it where a new order is placed. The key is to be one of its own.
    pub(crate) fn new(action: &'a str, who: &'a Person, order: &str, body: &Value, key: String) -> Self {
        let path = match action {
            "place" => "/api/v1/orders".to_owned(),
            "record_progress" => format!("/api/v1/orders/{order}/progress"),
            _ => format!("/api/v1/orders/{order}/{action}"),
        };
        Self { action, who, path, body: body.to_string(), key }
    }

    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask { who: self.who, path: &self.path, key: &self.key, body: &self.body }
    }
}

/// What a world is to be like.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    /// Of the folder and the database: letters, digits, underscores.
    pub(crate) name: &'a str,
    pub(crate) servers: usize,
    pub(crate) takers: usize,
    /// Where the servers find PostgreSQL, if something lies between.
    pub(crate) detour: Option<&'a (dyn Fn(&str) -> String + Sync)>,
}

impl<'a> Shape<'a> {
    /// One server, some takers, nothing in between.
    pub(crate) const fn plain(name: &'a str) -> Self {
        Self { name, servers: 1, takers: 8, detour: None }
    }
}
