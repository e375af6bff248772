//! Whole runs over a client: what is printed, who is asked, and what the proxy hears.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use symgate::auth::Credentials;
use symgate::net::Cancel;
use symgate::policy::{Answers, Debugger, Policy, Prompted, Prompter, Prompts, Question};
use symgate::proxy::ProxyConfig;
use symgate::{Client, Config};
use symgate_console::{Console, Flow, Module, Runner, Start};
use symgate_path::SymbolPath;
use symgate_tests::Dir;
use symgate_tests::fault::{Fault, Reply};
use symgate_tests::made::{Pe, Record};
use symgate_tests::sample::Sample;

const ONE: Sample = Sample(1);
const TWO: Sample = Sample(2);

/// A proxy that lets in who says `alice:right`, and has the first sample and nothing else.
fn proxy() -> Fault {
    Fault::start(|request| {
        // base64 of `alice:right`
        if !request.head.contains("Basic YWxpY2U6cmlnaHQ=") {
            let fields = "Proxy-Authenticate: Basic realm=\"corp\"\r\n";
            Reply::answer("407 Proxy Authentication Required", fields, "log in")
        } else if request.target.ends_with(&ONE.file()) {
            Reply::ok(ONE.pdb())
        } else {
            Reply::missing()
        }
    })
}

/// A person who types these passwords, one after the other, and then cancels.
struct Person {
    passwords: Vec<&'static str>,
    asked: Arc<AtomicUsize>,
}

impl Prompter for Person {
    fn ask(&mut self, _: &Question<'_>) -> Prompted {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.passwords.pop() {
            Some(password) => Prompted::Answer(Credentials::password("alice", password)),
            None => Prompted::Cancelled,
        }
    }
}

/// A debugging session behind a proxy.
struct Session {
    dir: Dir,
    proxy: Fault,
    asked: Arc<AtomicUsize>,
    runner: Runner,
}

impl Session {
    /// With these modules; the person's passwords are typed from the last to the first.
    fn new(debugger: Debugger, modules: &[Sample], passwords: &[&'static str]) -> Self {
        let (dir, proxy) = (Dir::new(), proxy());
        let path = format!("srv*{}*http://symbols.invalid/sym", dir.join("store").display());
        let console = Console::new(Start {
            debugger,
            options: debugger.start_options(),
            path: SymbolPath::parse(&path).path,
            home: dir.join("home"),
            modules: modules.iter().map(|sample| module(&dir, *sample)).collect(),
        });
        let plan = console.plan();
        let mut config = Config::new(plan.path, plan.default_store);
        config.proxy = ProxyConfig::direct().with_proxy(&proxy.address().to_string());
        config.policy = Policy::debugger(debugger, Some(console.debugging().effective()));
        let asked = Arc::new(AtomicUsize::new(0));
        config.answers = Answers::default().with_prompter(Person {
            passwords: passwords.to_vec(),
            asked: Arc::clone(&asked),
        });
        let runner = Runner::new(console, Client::new(config).unwrap());
        Self {
            dir,
            proxy,
            asked,
            runner,
        }
    }

    /// What a line prints, with what differs from run to run named.
    fn run(&mut self, line: &str) -> String {
        let said = Mutex::new(String::new());
        let flow = self
            .runner
            .run_line(line, &|text| said.lock().unwrap().push_str(text), &Cancel::new());
        assert_eq!(flow == Flow::Quit, line == "q");
        let said = said.into_inner().unwrap();
        said.replace(self.dir.join("store").to_str().unwrap(), "STORE")
            .replace(self.dir.path().to_str().unwrap(), "DIR")
            .replace(&self.proxy.address().to_string(), "PROXY")
    }

    fn heard(&self) -> usize {
        self.proxy.heard().len()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn module(dir: &Dir, sample: Sample) -> Module {
    let pdb = format!("d:\\build\\{}", sample.name());
    let image = Pe::new(vec![Record::rsds(sample.guid(), 1, &pdb)]).build();
    Module::read(&dir.write(format!("app{}.dll", sample.0), image)).unwrap()
}

/// SYMSRV §11.5, scenario 1 of §3.5.
#[test]
fn a_refusal_lasts_until_the_client_is_closed() {
    let mut session = Session::new(Debugger::Cdb, &[ONE], &["right", "wrong"]);
    let refused = session.run(".reload /f app1.dll");
    assert!(refused.contains("Authentication was refused\n\t\t\t\t"), "{refused}");
    let heard = session.heard();
    assert!(heard > 0);

    session.run("!sym prompts");
    let latched = session.run(".reload /f app1.dll");
    assert!(
        latched.contains("is not contacted any more: refused automatically"),
        "{latched}"
    );
    assert!(
        latched.ends_with("asked again before: !symsrv close, then .reload /f.\n"),
        "{latched}"
    );
    assert_eq!(
        (session.heard(), session.asked()),
        (heard, 0),
        "nobody was contacted or asked"
    );

    session.run("!symsrv close");
    let said = session.run(".reload /f app1.dll");
    assert_eq!(said, "*** WARNING: Unable to verify checksum for app1.dll\n");
    assert_eq!(session.asked(), 2, "a wrong password is asked for again");
    assert!(
        session
            .run("lm")
            .contains("   app1       C (private pdb symbols)  STORE/")
    );
    assert_eq!(session.run("q"), "");
}

/// Scenario 2.
#[test]
fn cancel_is_a_refusal_too() {
    let mut session = Session::new(Debugger::WinDbg, &[ONE], &["wrong2", "wrong"]);
    session.run(".reload /f");
    assert_eq!(session.asked(), 3);
    let heard = session.heard();
    let latched = session.run(".reload /f");
    assert!(latched.contains("cancelled by the user"), "{latched}");
    assert_eq!((session.heard(), session.asked()), (heard, 3));
    session.run("!symsrv close; .reload /f");
    assert_eq!(session.asked(), 4);
}

#[test]
fn noisy_mode_tells_what_symsrv_and_dbghelp_tell() {
    let mut session = Session::new(Debugger::Cdb, &[ONE], &["right"]);
    session.run("!sym noisy");
    let refused = session.run(".reload /f app1.dll");
    let proxy = "*** ERROR: Module load completed but symbols could not be loaded for app1.dll\n";
    let (symsrv, rest) = refused.split_once("DBGHELP: app1 - no symbols loaded\n").unwrap();
    assert!(rest.starts_with(proxy), "{rest}");
    // The reason between is the facade's, word by word.
    let symsrv: Vec<&str> = symsrv.lines().filter(|line| !line.starts_with("symgate: ")).collect();
    let beside = ["app1.pdb", "dll/app1.pdb", "symbols/dll/app1.pdb"];
    let beside = beside.map(|place| format!("DBGHELP: DIR/{place} - file not found"));
    let (beside_image, symsrv) = symsrv.split_at(beside.len());
    assert_eq!(beside_image, beside, "the image's own directory comes first");
    assert_eq!(
        symsrv,
        [
            "SYMSRV:  BYINDEX: 0x1",
            "         STORE*http://symbols.invalid/sym",
            "         app1.pdb",
            "         497B72F6390A44FC878E5A2D63B6CC011",
            "SYMSRV:  UNC: STORE/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pdb - path not found",
            "SYMSRV:  UNC: STORE/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pd_ - path not found",
            "SYMSRV:  UNC: STORE/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/file.ptr - path not found",
            "SYMSRV:  HTTPGET: /sym/index2.txt",
            "SYMSRV:  HttpQueryInfo: 80190197 - HTTP_STATUS_PROXY_AUTH_REQ",
            "SYMSRV:  AUTH: refused (prompts off) - http://symbols.invalid/sym",
            "SYMSRV:  AUTH: store disabled until '!symsrv close' - http://symbols.invalid/sym",
            "SYMSRV:  RESULT: 0x80190197",
        ]
    );
    let latched = session.run(".reload /f app1.dll");
    let (_, latched) = latched.split_once("file.ptr - path not found\n").unwrap();
    let (symsrv, _) = latched.split_once("DBGHELP: ").unwrap();
    let symsrv: Vec<&str> = symsrv.lines().filter(|line| !line.starts_with("symgate: ")).collect();
    assert_eq!(
        symsrv,
        [
            "SYMSRV:  AUTH: store disabled until '!symsrv close' - http://symbols.invalid/sym",
            "SYMSRV:  RESULT: 0x80190197",
        ]
    );
    session.run("!sym prompts; !symsrv close");
    let loaded = session.run(".reload /f app1.dll");
    let end = "\
SYMSRV:  HTTPGET: /sym/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pdb
SYMSRV:  HttpQueryInfo: 801900c8 - HTTP_STATUS_OK
SYMSRV:  app1.pdb from http://symbols.invalid/sym: 3584 bytes - copied
SYMSRV:  PATH: STORE/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pdb
SYMSRV:  RESULT: 0x00000000
DBGHELP: app1 - private symbols
        STORE/app1.pdb/497B72F6390A44FC878E5A2D63B6CC011/app1.pdb
*** WARNING: Unable to verify checksum for app1.dll
";
    assert!(loaded.ends_with(end), "{loaded}");
}

#[test]
fn results_are_told_in_the_order_of_the_modules() {
    let mut session = Session::new(Debugger::WinDbg, &[TWO, ONE], &["right"]);
    let said = session.run(".reload /f");
    let place = |text: &str| said.find(text).unwrap();
    assert!(
        place("not be loaded for app2.dll") < place("checksum for app1.dll"),
        "{said}"
    );
}

#[test]
fn a_cancelled_load_ends_the_line() {
    let mut session = Session::new(Debugger::WinDbg, &[ONE], &["right"]);
    let cancel = Cancel::new();
    cancel.cancel();
    let said = Mutex::new(String::new());
    let out = |text: &str| said.lock().unwrap().push_str(text);
    let flow = session.runner.run_line(".reload /f; q", &out, &cancel);
    assert_eq!(flow, Flow::Continue);
    assert!(said.into_inner().unwrap().contains("The load was interrupted"));
    assert_eq!(session.heard(), 0);
}

#[test]
fn the_path_can_be_changed_while_the_session_stays() {
    let mut session = Session::new(Debugger::WinDbg, &[ONE], &["right"]);
    session.run(
        ".sympath DIR"
            .replace("DIR", session.dir.path().to_str().unwrap())
            .as_str(),
    );
    let missing = session.run(".reload /f");
    assert!(
        missing.contains("The system cannot find the file specified"),
        "{missing}"
    );
    assert_eq!(session.heard(), 0, "the new path names no server");
    let said = session.run(&format!(".sympath {}", session.dir.path().display()));
    assert!(
        said.ends_with("OK                                             DIR\n"),
        "{said}"
    );
    session.dir.write("app1.pdb", ONE.pdb());
    session.run(".reload /f");
    assert!(session.run("lm").ends_with("(private pdb symbols)  DIR/app1.pdb\n"));
    session.run("!chksym app1");
    let said = session.run(&format!("!chksym app1 {}", session.dir.join("app1.pdb").display()));
    assert!(said.ends_with("MATCH: app1.pdb and DIR/app1.dll\n"), "{said}");
}

#[test]
fn symbols_of_another_build_are_taken_when_asked_for() {
    let mut session = Session::new(Debugger::WinDbg, &[ONE], &[]);
    let directory = session.dir.path().display().to_string();
    session.dir.write("app1.pdb", TWO.pdb());
    session.run(&format!(".sympath {directory}"));
    let said = session.run(".reload /f");
    assert!(said.contains("*** ERROR: "), "{said}");
    session.run(".reload /i");
    let list = session.run("lm");
    assert!(
        list.contains("   app1       C M (private pdb symbols)  DIR/app1.pdb\n"),
        "{list}"
    );
    let said = session.run("!chksym app1");
    assert!(said.ends_with("MISMATCH: app1.pdb and DIR/app1.dll\n"), "{said}");
}

#[test]
fn overwriting_fetches_anew() {
    let mut session = Session::new(Debugger::WinDbg, &[ONE], &["right"]);
    session.run(".reload /f");
    let heard = session.heard();
    session.run(".reload /f");
    assert_eq!(session.heard(), heard, "the copy is served");
    session.run(".reload /fo");
    assert!(session.heard() > heard);
    assert!(session.run("lm").contains("(private pdb symbols)"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The person always cancels, so each contact ends in a latch, one way or the other.
    #[test]
    fn whatever_the_commands_nothing_leaves_for_a_latched_proxy(lines in vec(prop::sample::select(LINES.to_vec()), 1..12)) {
        let mut session = Session::new(Debugger::Cdb, &[ONE], &[]);
        for line in &lines {
            let latched = !session.runner.client().session().latches().list().is_empty();
            let (heard, asked) = (session.heard(), session.asked());
            session.run(line);
            if latched && !matches!(*line, "!symsrv close" | ".restart") {
                prop_assert_eq!(session.heard(), heard, "{} of {:?}", line, lines);
            }
            if session.runner.console().debugging().effective() == Prompts::Off {
                prop_assert_eq!(session.asked(), asked, "{} of {:?}", line, lines);
            }
        }
    }
}

const LINES: &[&str] = &[
    "!sym prompts",
    "!sym prompts",
    "!sym prompts off",
    ".symopt-80000",
    "!sym noisy",
    ".reload",
    ".reload /f",
    ".reload /f",
    ".reload /f /o",
    "!lmi app1",
    "ld app1",
    "!symsrv close",
    ".restart",
    ".symfix+",
    ".sympath+ srv*http://symbols.invalid/sym",
];
