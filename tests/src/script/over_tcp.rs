//! Plays a script over TCP: a peer that reads and writes what the script says, and any [`Driver`] on the other side.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use symgate_auth::{Answer, Ask, Outcome, Peers};
use symgate_http::{Request, Routes};
use url::Url;

use super::play::{make_answer, parse_routes, show_ask, show_body, show_error, show_report};
use super::{Answered, Given, Kind, Script, unescape};

/// Carries errands out over real sockets; it keeps connections between them.
pub trait Driver {
    /// Carries out one errand: asks it for routes and answers, and tells it what comes.
    ///
    /// # Errors
    ///
    /// The errand's end without an answer, with its causes.
    fn run(&mut self, errand: &mut Errand) -> Result<(), Box<dyn Error>>;
}

/// One errand of a script, as a driver's other side sees it.
#[derive(Debug)]
pub struct Errand {
    /// What is fetched.
    pub request: Request,
    /// What the errands of the script share.
    pub peers: Arc<Peers>,
    routes: VecDeque<String>,
    answers: VecDeque<Answered>,
    said: Vec<String>,
    body: Vec<u8>,
}

impl Errand {
    /// The routes that the script gives next.
    pub fn routes(&mut self, url: &Url) -> Routes {
        self.say(format!("! choose {url}"));
        let routes = self.routes.pop_front().unwrap_or_default();
        parse_routes(&routes).unwrap_or_default()
    }

    /// The answer that the script gives next.
    pub fn answer(&mut self, ask: &Ask) -> Answer {
        self.say(show_ask(ask));
        let answered = self.answers.pop_front().unwrap_or(Answered::Pass);
        make_answer(answered).unwrap_or(Answer::Pass)
    }

    /// Takes note of a report.
    pub fn report(&mut self, ask: &Ask, outcome: Outcome) {
        self.say(show_report(ask, outcome));
    }

    /// Takes note of the final answer's status.
    pub fn head(&mut self, status: u16) {
        self.say(format!("! head {status}"));
    }

    /// Takes a piece of the final answer's body.
    pub fn body(&mut self, piece: &[u8]) {
        self.body.extend_from_slice(piece);
    }

    fn say(&mut self, line: String) {
        if !self.body.is_empty() {
            let body = std::mem::take(&mut self.body);
            self.said.push(show_body(&body));
        }
        self.said.push(line);
    }
}

/// Whether a script holds only what sockets on one machine can do: no TLS, nothing that breaks on command, no timing.
#[must_use]
pub fn fits_tcp(script: &Script) -> bool {
    !script.is_whole()
        && script.lines.iter().all(|line| match &line.kind {
            Kind::Given(Given::Get(url)) => url.starts_with("http://symbols.example"),
            // SOCKS5 counts the bytes of names, which are others on this machine.
            Kind::Given(Given::Routes(routes)) => !routes.contains("socks5"),
            Kind::Given(Given::Answer(_) | Given::End | Given::Field(..) | Given::Opened | Given::Reused) => true,
            Kind::Given(_) => false,
            // A `Location` would lead off this machine.
            Kind::Peer(bytes) => !bytes.starts_with(b"Location: h"),
            Kind::Blank | Kind::Said => true,
        })
}

/// Plays the script with a peer on a port of this machine, which stands for its servers and proxies alike.
///
/// # Errors
///
/// What the driver wrote or said that the script does not say.
pub fn play_over_tcp(text: &str, driver: &mut dyn Driver) -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?.to_string();
    let text = ["proxy.example:3128", "symbols.example:80", "symbols.example"]
        .iter()
        .fold(text.to_owned(), |text, name| text.replace(name, &address));
    let script = Script::parse(&text)?;
    let peer = {
        let script = Script::parse(&text)?;
        thread::spawn(move || serve(&listener, &script))
    };
    let outcome = run(&script, driver);
    if outcome.is_err() {
        // Whoever waits for a connection that nobody makes any more gets one, and finds it empty.
        for _ in script.lines.iter().filter(|line| line.text == "! opened") {
            drop(TcpStream::connect(&address));
        }
    }
    let Ok(served) = peer.join() else {
        return Err("the peer panicked".into());
    };
    match (outcome, served) {
        (Err(driver), Err(peer)) => Err(format!("{driver}\nand the peer read {peer}")),
        (outcome, served) => outcome.and(served),
    }
}

/// The driver's side: each errand in turn, and what it says against what the script says.
fn run(script: &Script, driver: &mut dyn Driver) -> Result<(), String> {
    let peers = Arc::new(Peers::new());
    let mut fields = Vec::new();
    let mut lines = script.lines.iter().peekable();
    while let Some(line) = lines.next() {
        let url = match &line.kind {
            Kind::Given(Given::Field(name, value)) => {
                fields.push((name, value));
                continue;
            }
            Kind::Given(Given::Get(url)) => url,
            _ => continue,
        };
        let url: Url = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let mut request = Request::get(url);
        for (name, value) in &fields {
            request = request.with_field(name, value.as_bytes());
        }
        let mut errand = Errand {
            request,
            peers: Arc::clone(&peers),
            routes: VecDeque::new(),
            answers: VecDeque::new(),
            said: Vec::new(),
            body: Vec::new(),
        };
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| !matches!(line.kind, Kind::Given(Given::Get(_)))) {
            match &line.kind {
                Kind::Given(Given::Answer(answered)) => errand.answers.push_back(answered.clone()),
                Kind::Given(Given::Routes(routes)) => errand.routes.push_back(routes.clone()),
                Kind::Said if SAID.iter().any(|word| line.text.starts_with(word)) => expected.push(line.text.clone()),
                Kind::Blank | Kind::Given(_) | Kind::Peer(_) | Kind::Said => {}
            }
        }
        match driver.run(&mut errand) {
            Ok(()) => errand.say("! done".into()),
            Err(error) => errand.say(show_error(&*error)),
        }
        if errand.said != expected {
            return Err(format!("the driver said {:#?}\ninstead of {expected:#?}", errand.said));
        }
    }
    Ok(())
}

/// The peer's side: connections as the script opens them, and on each what it reads and writes.
fn serve(listener: &TcpListener, script: &Script) -> Result<(), String> {
    let mut stream: Option<TcpStream> = None;
    for line in &script.lines {
        match (&line.kind, stream.as_mut()) {
            (Kind::Given(Given::Opened), _) => {
                let (accepted, _) = listener.accept().map_err(|error| error.to_string())?;
                let patience = Some(Duration::from_secs(30));
                accepted.set_read_timeout(patience).map_err(|error| error.to_string())?;
                stream = Some(accepted);
            }
            (Kind::Given(Given::End), _) => stream = None,
            (Kind::Peer(bytes), Some(stream)) => stream.write_all(bytes).map_err(|error| error.to_string())?,
            (Kind::Said, Some(stream)) => {
                let Some(wanted) = line.text.strip_prefix("C> ") else {
                    continue;
                };
                let wanted = unescape(wanted)?;
                let mut read = vec![0; wanted.len()];
                stream
                    .read_exact(&mut read)
                    .map_err(|error| format!("`{}`: {error}", line.text))?;
                if read != wanted {
                    return Err(format!("`{}` instead of `{}`", super::escape(&read), line.text));
                }
            }
            (Kind::Blank | Kind::Given(_), _) | (Kind::Peer(_) | Kind::Said, None) => {}
        }
    }
    Ok(())
}

/// What a driver's other side can see of an errand.
const SAID: [&str; 7] = ["! ask", "! body", "! choose", "! done", "! error", "! head", "! report"];
