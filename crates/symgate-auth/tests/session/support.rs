//! One session with everything that it needs, and short ways to feed and question it.

use std::sync::Arc;

use symgate_auth::mechanism::{Order, RequestLine};
use symgate_auth::{
    Answer, Ask, AuthSession, Authenticator, Channel, Credentials, Error, GaveUp, Limits, Next, Origin, Outcome, Peers,
    Seed, Sent, Target, UriScheme, basic,
};

pub(crate) static CLEARTEXT: Channel = Channel::CLEARTEXT;

pub(crate) const REQUEST: RequestLine<'static> = RequestLine {
    method: "GET",
    target: "/symbols/a.pdb/1/a.pdb",
    wall: 0,
    channel: &CLEARTEXT,
    body: &[],
};

pub(crate) fn peer(target: Target) -> Origin {
    match target {
        Target::Origin => Origin::new(UriScheme::Https, "symbols.example", 443),
        Target::Proxy => Origin::new(UriScheme::Http, "proxy.example", 3128),
    }
}

pub(crate) fn credentials(user: &str) -> Arc<Credentials> {
    Arc::new(Credentials::password(user, format!("{user}'s password")))
}

pub(crate) fn using(user: &str) -> Answer {
    Answer::Use(credentials(user))
}

/// A session and the memory that it shares with others of its client.
pub(crate) struct Scene {
    pub(crate) peers: Arc<Peers>,
    pub(crate) session: AuthSession,
    target: Target,
    order: Order,
}

impl Scene {
    pub(crate) fn new(target: Target) -> Self {
        Self::with_order(target, Order::new([basic::spec()]))
    }

    pub(crate) fn with_order(target: Target, order: Order) -> Self {
        let peers = Arc::new(Peers::new());
        let path = match target {
            Target::Origin => "/symbols/a.pdb/1/a.pdb",
            Target::Proxy => "",
        };
        let session = session(target, path, &peers, &order);
        Self {
            peers,
            session,
            target,
            order,
        }
    }

    /// Another fetch of the same client.
    pub(crate) fn next_fetch(&mut self, path: &str) {
        self.session = session(self.target, path, &self.peers, &self.order);
    }

    /// The session's peer was named by somebody else.
    pub(crate) fn as_stranger(&mut self) {
        let other = session(self.target, "/elsewhere", &self.peers, &self.order);
        self.session = other.as_stranger();
    }

    pub(crate) fn challenge(&mut self, fields: &[&str]) -> Result<(), Error> {
        let fields = fields.iter().map(|field| field.as_bytes());
        self.session.handle_challenge(fields, &REQUEST)
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> Result<(), Error> {
        self.session.handle_answer(answer, &REQUEST)
    }

    pub(crate) fn start(&mut self) -> Option<String> {
        self.session.start(&REQUEST).unwrap();
        self.value()
    }

    pub(crate) fn success(&mut self) {
        self.session.handle_success([], []).unwrap();
    }

    pub(crate) fn closed(&mut self) -> Result<(), Error> {
        self.session.handle_closed(&REQUEST, Sent::Maybe)
    }

    /// What would be sent.
    pub(crate) fn value(&self) -> Option<String> {
        let value = self.session.authorization()?;
        Some(String::from_utf8(value.expose().to_vec()).unwrap())
    }

    #[track_caller]
    pub(crate) fn ask(&self) -> Ask {
        match self.session.next() {
            Next::Ask(ask) => ask.clone(),
            other @ (Next::Ready | Next::Token(_)) => panic!("no question but {other:?}"),
        }
    }

    /// All reports since the last call, as attempt and outcome.
    pub(crate) fn reports(&mut self) -> Vec<(u32, Outcome)> {
        std::iter::from_fn(|| self.session.take_report())
            .map(|(ask, outcome)| (ask.attempt, outcome))
            .collect()
    }
}

fn session(target: Target, path: &str, peers: &Arc<Peers>, order: &Order) -> AuthSession {
    let (peers, seed) = (Arc::clone(peers), Seed::new([7; 32]));
    let authenticator = Authenticator::new(peers, seed).with_order(order.clone());
    AuthSession::new(target, peer(target), path, authenticator, Limits::default())
}

#[track_caller]
pub(crate) fn gave_up(result: Result<(), Error>) -> GaveUp {
    match result {
        Err(Error::GaveUp(gave_up)) => *gave_up,
        other => panic!("{other:?}"),
    }
}
