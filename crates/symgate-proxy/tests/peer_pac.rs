//! Scripts of the shapes that companies have: what they answer here and to pac-resolver.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::net::IpAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use symgate_proxy::{Pac, PacLimits, PacResult, Resolver, When};
use symgate_tests::Dir;
use symgate_tests::peer::{Program, node_modules, require};
use url::Url;

#[test]
fn scripts_answer_what_they_answer_to_pac_resolver() {
    let Some([node]) = require([Program::PacResolver]) else {
        return;
    };
    let directory = Dir::new();
    let driver = directory.path().join("driver.js");
    fs::write(&driver, DRIVER).unwrap();
    // `require` looks beside the driver.
    std::os::unix::fs::symlink(node_modules(), directory.path().join("node_modules")).unwrap();
    let files = SCRIPTS.iter().enumerate().map(|(index, (_, script))| {
        let file = directory.path().join(format!("{index}.pac"));
        fs::write(&file, script).unwrap();
        file
    });
    let mut peer = Command::new(node.command());
    peer.arg(&driver).arg(URLS.join(" ")).args(files);
    let output = peer.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), SCRIPTS.len() * URLS.len(), "{answers:?}");

    let limits = PacLimits {
        running: Duration::from_secs(30),
        total: Duration::from_secs(60),
        ..PacLimits::default()
    };
    for ((shape, script), answers) in SCRIPTS.iter().zip(answers.chunks(URLS.len())) {
        let pac = Pac::compile(script, Arc::new(Network), When::System, limits).unwrap();
        for (url, theirs) in URLS.iter().zip(answers) {
            let ours = pac.find(&Url::parse(url).unwrap(), When::System).unwrap();
            assert_eq!(
                routes(&ours.result),
                routes(&PacResult::parse(theirs)),
                "{shape}, {url}"
            );
        }
    }
    let direct = answers.iter().filter(|answer| **answer == "DIRECT").count();
    let rows = answers.len();
    // Both answers occur, so agreement says something.
    assert!(direct > 20 && rows - direct > 20, "{direct} of {rows}");
}

fn routes(result: &PacResult) -> Vec<String> {
    result.routes().iter().map(ToString::to_string).collect()
}

/// The names that the driver knows.
#[derive(Debug)]
struct Network;

impl Resolver for Network {
    fn resolve(&self, host: &str, _: Instant) -> Vec<IpAddr> {
        let address = match host {
            "www.corp.com" | "intranet" => "10.1.2.3",
            "dmz.corp.com" => "192.168.7.1",
            "example.com" => "93.184.215.14",
            _ => return Vec::new(),
        };
        vec![address.parse().unwrap()]
    }

    fn my_addresses(&self, _: Instant) -> Vec<IpAddr> {
        vec!["10.0.0.5".parse().unwrap()]
    }
}

/// Prints what scripts answer, a line for each URL, in the same network.
const DRIVER: &str = r#"
const fs = require("fs");
const dns = require("dns");
const known = {
    "www.corp.com": "10.1.2.3", "intranet": "10.1.2.3", "dmz.corp.com": "192.168.7.1", "example.com": "93.184.215.14",
};
dns.lookup = (host, options, done) => {
    const address = /^[0-9.]+$/.test(host) ? host : known[host];
    address ? done(null, address, 4) : done(new Error("no such name"));
};
const { createPacResolver } = require("pac-resolver");
const { getQuickJS } = require("@tootallnate/quickjs-emscripten");
const [urls, ...files] = process.argv.slice(2);
(async () => {
    const sandbox = { myIpAddress: async () => "10.0.0.5" };
    for (const file of files) {
        const find = createPacResolver(await getQuickJS(), fs.readFileSync(file, "utf8"), { sandbox });
        for (const url of urls.split(" ")) console.log(await find(url));
    }
})();
"#;

const URLS: &[&str] = &[
    "http://intranet/",
    "http://www.corp.com/symbols/a.pdb?x=1",
    "https://www.corp.com/",
    "http://dmz.corp.com:8080/",
    "https://msdl.microsoft.com/",
    "http://example.com/",
    "http://example.com/download/symbols/ntdll.pdb",
    "http://badcorp.com/",
    "http://10.1.2.3/",
    "http://172.16.5.6/",
    "http://127.0.0.1/",
    "http://nowhere.invalid/",
    "ftp://example.com/pub/a",
];

/// What kind of script, and the script.
const SCRIPTS: &[(&str, &str)] = &[
    (
        "one proxy",
        "function FindProxyForURL(url, host) { return 'PROXY proxy.corp.com:8080'; }",
    ),
    (
        "local names and domain direct, else a proxy or direct",
        r#"function FindProxyForURL(url, host) {
            if (isPlainHostName(host) || dnsDomainIs(host, ".corp.com"))
                return "DIRECT";
            return "PROXY p1.corp.com:8080; PROXY p2.corp.com:8080; DIRECT";
        }"#,
    ),
    (
        "named servers",
        r#"function FindProxyForURL(url, host) {
            if ((isPlainHostName(host) || dnsDomainIs(host, ".corp.com")) &&
                !localHostOrDomainIs(host, "www.corp.com") && !localHostOrDomainIs(host, "dmz.corp.com"))
                return "DIRECT";
            else
                return "PROXY proxy:80";
        }"#,
    ),
    (
        "by the scheme",
        r#"function FindProxyForURL(url, host) {
            if (url.substring(0, 5) == "http:") { return "PROXY http-proxy:80"; }
            else if (url.substring(0, 4) == "ftp:") { return "PROXY ftp-proxy:80"; }
            else if (url.substring(0, 6) == "https:") { return "HTTPS tls-proxy"; }
            else { return "DIRECT"; }
        }"#,
    ),
    (
        "by networks, after one look-up",
        r#"function FindProxyForURL(url, host) {
            var resolved = dnsResolve(host);
            if (!resolved) return "PROXY unresolved:3128";
            if (isInNet(resolved, "10.0.0.0", "255.0.0.0") ||
                isInNet(resolved, "172.16.0.0", "255.240.0.0") ||
                isInNet(resolved, "192.168.0.0", "255.255.0.0") ||
                isInNet(resolved, "127.0.0.0", "255.255.255.0"))
                return "DIRECT";
            return "PROXY proxy:3128";
        }"#,
    ),
    (
        "by networks of names",
        r#"function FindProxyForURL(url, host) {
            if (isInNet(host, "10.1.2.0", "255.255.255.0")) return "DIRECT";
            if (isResolvable(host)) return "PROXY resolvable:1";
            return "SOCKS5 s:1080";
        }"#,
    ),
    (
        "by where we are",
        r#"function FindProxyForURL(url, host) {
            if (isInNet(myIpAddress(), "10.0.0.0", "255.255.255.0"))
                return shExpMatch(url, "*corp.com*") ? "DIRECT" : "PROXY here:3128; DIRECT";
            return "DIRECT";
        }"#,
    ),
    (
        "patterns",
        r#"function FindProxyForURL(url, host) {
            var direct = ["*.corp.com", "10.*", "127.?.0.1", "*.invalid"];
            for (var i in direct) if (shExpMatch(host, direct[i])) return "DIRECT";
            if (shExpMatch(url, "http://*/download/symbols/*")) return "PROXY symbols:8080";
            if (shExpMatch(host, "(*.microsoft.com|*.windows.com)")) return "PROXY ms:8080";
            return "PROXY other:8080";
        }"#,
    ),
    (
        "spread over proxies by a sum of the name",
        r#"var proxies = ["PROXY a:1", "PROXY b:2", "PROXY c:3"];
        function sum(text) { var n = 0; for (var i = 0; i < text.length; i++) n += text.charCodeAt(i); return n; }
        function FindProxyForURL(url, host) {
            var n = sum(host) % proxies.length;
            return proxies.slice(n).concat(proxies.slice(0, n)).join("; ");
        }"#,
    ),
    (
        "levels and regular expressions",
        r#"function FindProxyForURL(url, host) {
            host = host.toLowerCase();
            if (dnsDomainLevels(host) > 2) return "PROXY deep:1";
            if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return "PROXY address:1";
            if (/\.pdb(\?|$)/i.test(url)) return "PROXY pdb:1";
            switch (host.split(".").pop()) { case "com": return "PROXY com:1"; default: return "DIRECT"; }
        }"#,
    ),
    (
        "week and hours that always are",
        r#"function FindProxyForURL(url, host) {
            if (weekdayRange("SUN", "SAT") && timeRange(0, 23) && !weekdayRange("XXX")) return "PROXY always:1";
            return "DIRECT";
        }"#,
    ),
    (
        "a comment of another age, and newer JavaScript",
        r#"// <!-- made by hand -->
        const DIRECT = new Set(["intranet", "example.com"]);
        const via = (...names) => names.map((name) => `PROXY ${name}:3128`).join(";");
        function FindProxyForURL(url, host) {
            if (DIRECT.has(host) || host.endsWith(".invalid")) { return "DIRECT"; }
            let { length } = host;
            return via("one", `p${length}`);
        }"#,
    ),
];
