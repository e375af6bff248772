//! (g) A warm evaluation of a proxy auto-config script, beside npm's pac-resolver.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::IpAddr;
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use symgate_proxy::{Pac, PacLimits, PacResult, Resolver, When};
use url::Url;

use super::table::{Table, median, ratio, seconds, verdict};
use crate::Dir;
use crate::peer::{Program, node_modules, require};

/// One script, compiled once on either side, asked for the same URLs in turn; the rounds of both are interleaved.
///
/// The other side's rounds are timed by node itself, so that no pipe counts.
pub(super) fn run(rounds: usize) -> Result<String, String> {
    let script = script();
    let pac = Pac::compile(&script, Arc::new(Nobody), When::System, PacLimits::default());
    let pac = pac.map_err(|error| error.to_string())?;
    let mut theirs = Resolved::start(&script)?;
    for (index, text) in URLS.iter().enumerate() {
        let ours = ask(&pac, &url(text)?)?;
        let answer = theirs.say(&format!("answer {index}"))?;
        if routes(&ours) != routes(&PacResult::parse(&answer)) {
            return Err(format!("{text}: {:?} here, `{answer}` there", routes(&ours)));
        }
    }
    let title = format!(
        "(g) a warm script of {RULES} rules, beside pac-resolver; {TIMES} evaluations, medians of {rounds} rounds"
    );
    let mut table = Table::new(&title, ["", "symgate, us", "pac-resolver, us", "ratio", "target", ""]);
    for (index, text) in URLS.iter().enumerate() {
        let url = url(text)?;
        let mut pairs = Vec::new();
        for round in 0..=rounds {
            let begun = Instant::now();
            for _ in 0..TIMES {
                std::hint::black_box(ask(&pac, &url)?);
            }
            let ours = seconds(begun.elapsed()) * 1e6 / f64::from(TIMES);
            let said = theirs.say(&format!("{TIMES} {index}"))?;
            let there: f64 = said.parse().map_err(|_| format!("node says `{said}`"))?;
            // The first round lets node compile what is hot.
            if round > 0 {
                pairs.push((ours, there / f64::from(TIMES)));
            }
        }
        let ratio = ratio(&pairs);
        let cells = [
            median(pairs.iter().map(|pair| pair.0)),
            median(pairs.iter().map(|pair| pair.1)),
        ];
        let [ours, theirs] = cells.map(|cost| format!("{cost:.1}"));
        table.row([
            text,
            &ours,
            &theirs,
            &format!("{ratio:.2}"),
            "<= 1.0",
            verdict(ratio, 1.0),
        ]);
    }
    Ok(table.into_text())
}

fn ask(pac: &Pac, url: &Url) -> Result<PacResult, String> {
    let found = pac.find(url, When::System).map_err(|error| error.to_string())?;
    Ok(found.result)
}

fn routes(result: &PacResult) -> Vec<String> {
    result.routes().iter().map(ToString::to_string).collect()
}

fn url(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| format!("{text}: {error}"))
}

/// node with the script in it: a line in, a line out.
struct Resolved {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    _dir: Dir,
}

impl Resolved {
    fn start(script: &str) -> Result<Self, String> {
        let [node] = require([Program::PacResolver]).ok_or("this benchmark needs its peer")?;
        let dir = Dir::new();
        let driver = dir.write("driver.js", DRIVER);
        let script = dir.write("script.pac", script);
        // `require` looks beside the driver.
        symlink(node_modules(), dir.join("node_modules")).map_err(|error| format!("no link: {error}"))?;
        let mut command = Command::new(node.command());
        command.arg(driver).arg(script);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("node does not start: {error}"))?;
        let (questions, answers) = child.stdin.take().zip(child.stdout.take()).ok_or("node has no pipes")?;
        Ok(Self {
            child,
            questions,
            answers: BufReader::new(answers),
            _dir: dir,
        })
    }

    fn say(&mut self, line: &str) -> Result<String, String> {
        let mut answer = String::new();
        writeln!(self.questions, "{line} {}", URLS.join(" "))
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|error| format!("node: {error}"))?;
        Ok(answer.trim_end().to_owned())
    }
}

impl Drop for Resolved {
    fn drop(&mut self) {
        // It may be gone already, and nothing is left to do then.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// No rule looks up a name: a benchmark of look-ups would be one of the network.
#[derive(Debug)]
struct Nobody;

impl Resolver for Nobody {
    fn resolve(&self, _: &str, _: Instant) -> Vec<IpAddr> {
        Vec::new()
    }

    fn my_addresses(&self, _: Instant) -> Vec<IpAddr> {
        Vec::new()
    }
}

/// A script as companies have them: one condition after the other, the common case last.
fn script() -> String {
    let mut text = String::from("function FindProxyForURL(url, host) {\n");
    text += "    host = host.toLowerCase();\n    if (isPlainHostName(host)) return 'DIRECT';\n";
    for at in 1..RULES {
        let condition = match at % 4 {
            0 => format!("shExpMatch(host, '*.site{at}.corp.example')"),
            1 => format!("dnsDomainIs(host, '.branch{at}.corp.example')"),
            2 => format!("localHostOrDomainIs(host, 'service{at}.corp.example')"),
            _ => format!("shExpMatch(url, 'http://*/path{at}/*')"),
        };
        writeln!(
            text,
            "    if ({condition}) return 'PROXY p{at}.corp.example:8080; DIRECT';"
        )
        .expect("a string takes everything");
    }
    text + "    return 'PROXY proxy.corp.example:3128; PROXY spare.corp.example:3128';\n}\n"
}

/// `answer N` prints what the script answers to the URL, `TIMES N` the microseconds that so many answers take.
const DRIVER: &str = r#"
const fs = require("fs");
const readline = require("readline");
const { createPacResolver } = require("pac-resolver");
const { getQuickJS } = require("@tootallnate/quickjs-emscripten");
(async () => {
    const find = createPacResolver(await getQuickJS(), fs.readFileSync(process.argv[2], "utf8"));
    for await (const line of readline.createInterface({ input: process.stdin })) {
        const [what, index, ...urls] = line.split(" ");
        const url = urls[index];
        if (what === "answer") {
            console.log(await find(url));
            continue;
        }
        const begun = process.hrtime.bigint();
        for (let count = Number(what); count > 0; count--) await find(url);
        console.log(Number(process.hrtime.bigint() - begun) / 1000);
    }
})();
"#;

/// The first rule, one in the middle, and the end.
const URLS: [&str; 3] = [
    "http://intranet/",
    "https://www.site24.corp.example/",
    "https://msdl.microsoft.example/download/symbols",
];

const RULES: usize = 50;
const TIMES: u32 = 500;
