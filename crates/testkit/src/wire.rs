//! The wire between a server and its database, to be cut: a proxy that can be told to fail.

use std::net::SocketAddr;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// How a wire is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Whole,
    Cut,
    Silent,
}

/// A wire in one's hand. It is whole until told.
#[derive(Debug)]
pub struct Wire {
    state: watch::Sender<State>,
}

impl Wire {
    /// A wire to the server of this URL, and the URL of its other end.
    pub(crate) async fn before(url: &str) -> (Self, String) {
        let host = url.split("//").nth(1).and_then(|rest| rest.split(['/', '?']).next()).unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let detour = url.replacen(&host, &address.to_string(), 1);
        let (state, watched) = watch::channel(State::Whole);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, host.clone(), watched.clone()));
            }
        });
        (Self { state }, detour)
    }

    /// Breaks every connection and refuses new ones, as a server does that has crashed.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Leaves every connection open and carries nothing, as a network does that has been split.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Makes it whole again; what was connected before is broken.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

async fn carry(mut client: TcpStream, host: String, mut watched: watch::Receiver<State>) {
    if *watched.borrow_and_update() == State::Whole {
        let Ok(mut server) = TcpStream::connect(&host).await else { return };
        tokio::select! {
            // Either side has had enough.
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = watched.changed() => {}
        }
    }
    while *watched.borrow_and_update() == State::Silent {
        if watched.changed().await.is_err() {
            return;
        }
    }
}
