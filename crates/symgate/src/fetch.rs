//! One GET of any URL, under a client's policy and through its proxies ([`Client::fetch`]).

use std::io;

use symgate_auth::{Answer, Ask, CredentialSource, Outcome};
use symgate_http::{NoRoute, Note, Request, ResponseHead, Routes, origin_of};
use symgate_net::{Cancel, Finished, Handler, Trace};
use symgate_policy::Errand;
use symgate_proxy::Choice;
use url::Url;

use crate::client::Client;
use crate::passage::{Passage, Told};
use crate::place::base_path;
use crate::remote::end;
use crate::{Tunnels, WayNote};

/// One GET.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Get {
    /// What is asked for.
    pub request: Request,
    /// For which URLs a proxy is asked for a tunnel.
    pub tunnels: Tunnels,
}

impl From<Request> for Get {
    fn from(request: Request) -> Self {
        Self {
            request,
            tunnels: Tunnels::ForHttps,
        }
    }
}

/// Watches one [`fetch`](Client::fetch) and takes its answer. Called on the thread that fetches; each method may block,
/// and the errand waits. Nothing that it is told holds a secret; text that came from a peer is untrusted.
pub trait Watcher {
    /// Which ways lead to a URL, the first one or where a redirect leads, and why. Those that are latched are among
    /// them.
    fn chosen(&mut self, url: &Url, choice: &Choice) {
        let _ = (url, choice);
    }

    /// Something happened while a way was chosen, or because of one that was.
    fn way(&mut self, note: &WayNote<'_>) {
        let _ = note;
    }

    /// Something happened on the way.
    fn note(&mut self, note: &Note) {
        let _ = note;
    }

    /// Somebody wants credentials; `by` is who answers, `None` where nobody does.
    fn asked(&mut self, ask: &Ask, by: Option<&str>) {
        let _ = (ask, by);
    }

    /// Something happened on the network.
    fn trace(&mut self, trace: &Trace<'_>) {
        let _ = trace;
    }

    /// What became of an answer.
    fn judged(&mut self, ask: &Ask, outcome: Outcome) {
        let _ = (ask, outcome);
    }

    /// The head of the final answer.
    ///
    /// # Errors
    ///
    /// Ends the errand as [`Sink`](symgate_net::Error::Sink).
    fn head(&mut self, head: &ResponseHead) -> io::Result<()>;

    /// A piece of the final answer's body, decoded.
    ///
    /// # Errors
    ///
    /// Ends the errand as [`Sink`](symgate_net::Error::Sink).
    fn body(&mut self, piece: &[u8]) -> io::Result<()>;
}

impl Client {
    /// A GET of this URL as this client asks for files: with its `User-Agent`, and its word on redirects to clear text.
    #[must_use]
    pub fn get(&self, url: Url) -> Get {
        Request::get(url)
            .with_field("User-Agent", self.settings().user_agent.as_str())
            .with_field("Accept", "*/*")
            .with_downgrade(self.settings().downgrade)
            .into()
    }

    /// Fetches any URL, on this thread, under this client's policy: through its proxies, with its answers, and past
    /// nobody who is latched. Any final answer is a success, whatever its status.
    ///
    /// The URL counts as named by the user, like one in the symbol path (DECISIONS §3): what was given for stores answers
    /// its origin, and a client certificate is shown there. A refusal shuts the store that it lies in, or the proxy
    /// (DECISIONS §4).
    ///
    /// ```no_run
    /// use std::io::{self, Write as _};
    /// use symgate::http::ResponseHead;
    /// use symgate::net::Cancel;
    /// use symgate::path::SymbolPath;
    /// use symgate::{Client, Config, Watcher};
    ///
    /// struct ToStdout;
    /// impl Watcher for ToStdout {
    ///     fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
    ///         eprintln!("status {}", head.status);
    ///         Ok(())
    ///     }
    ///     fn body(&mut self, piece: &[u8]) -> io::Result<()> {
    ///         io::stdout().write_all(piece)
    ///     }
    /// }
    ///
    /// let client = Client::new(Config::new(SymbolPath::default(), "/var/cache/symbols"))?;
    /// let get = client.get("https://symbols.example/pingme.txt".parse()?);
    /// client.fetch(get, &mut ToStdout, &Cancel::new())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`symgate_net::Client::fetch`].
    pub fn fetch(&self, get: Get, watcher: &mut dyn Watcher, cancel: &Cancel) -> Result<Finished, symgate_net::Error> {
        let Get { request, tunnels } = get;
        let Some(origin) = origin_of(request.url()) else {
            return Err(symgate_net::Error::Http(symgate_http::Error::Unsupported {
                url: request.url().scheme().to_owned(),
                reason: "only `http` and `https` URLs can be fetched",
            }));
        };
        let net = self.net_showing(&origin)?;
        let errand = Errand::new(origin, &base_path(request.url()));
        let gate = self.session().gate(errand, cancel.flag().clone());
        let mut visit = Visit {
            passage: Passage::new(self, gate, tunnels, cancel),
            watcher,
        };
        let fetched = net.fetch(request, &self.peers(), &mut visit, cancel);
        if let Err(error) = &fetched {
            visit
                .passage
                .failed(error, &mut |told| tell(visit.watcher, None, &told));
            let (gate, _shut) = visit.passage.into_shut();
            end(self, &gate, error);
        }
        fetched
    }
}

/// What the errand asks and tells.
struct Visit<'v> {
    passage: Passage<'v>,
    watcher: &'v mut dyn Watcher,
}

impl CredentialSource for Visit<'_> {
    fn answer(&mut self, ask: &Ask) -> Answer {
        let answer = self.passage.gate.answer(ask);
        let by = match &answer {
            Answer::Ambient | Answer::Use(_) => self.passage.gate.answered_by(ask.target),
            _ => None,
        };
        self.watcher.asked(ask, by);
        answer
    }

    fn report(&mut self, ask: &Ask, outcome: Outcome) {
        self.watcher.judged(ask, outcome);
        self.passage.gate.report(ask, outcome);
    }
}

impl Handler for Visit<'_> {
    fn routes(&mut self, url: &Url) -> Result<Routes, NoRoute> {
        let watcher = &mut *self.watcher;
        self.passage.routes(url, &mut |told| tell(watcher, Some(url), &told))
    }

    fn head(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.passage.head(head);
        self.watcher.head(head)
    }

    fn body(&mut self, piece: &[u8]) -> io::Result<()> {
        self.watcher.body(piece)
    }

    fn note(&mut self, note: &Note) {
        let watcher = &mut *self.watcher;
        watcher.note(note);
        self.passage.note(note, &mut |told| tell(watcher, None, &told));
    }

    fn trace(&mut self, trace: &Trace<'_>) {
        self.watcher.trace(trace);
    }
}

/// Tells the watcher what belongs to the way to `url`.
fn tell(watcher: &mut dyn Watcher, url: Option<&Url>, told: &Told<'_>) {
    match (told, url) {
        (Told::Chosen(choice), Some(url)) => watcher.chosen(url, choice),
        (Told::Way(note), _) => watcher.way(note),
        (Told::Chosen(_), None) => {}
    }
}
