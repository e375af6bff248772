//! Scripts that behave, and scripts that do not.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// The names of a small network; what is not in it does not exist.
#[derive(Debug, Default)]
struct Network {
    mine: &'static [&'static str],
    /// How long each look-up takes.
    takes: Duration,
    asked: AtomicUsize,
}

impl Resolver for Network {
    fn resolve(&self, host: &str, _: Instant) -> Vec<IpAddr> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        thread::sleep(self.takes);
        let known: &[&str] = match host {
            "www.corp.com" => &["10.1.2.3"],
            "both.corp.com" => &["2001:db8::7", "10.1.2.7", "10.1.2.8"],
            "new.corp.com" => &["2001:db8::9"],
            "xn--bcher-kva.example" => &["192.0.2.1"],
            _ => &[],
        };
        addresses(known)
    }

    fn my_addresses(&self, _: Instant) -> Vec<IpAddr> {
        addresses(self.mine)
    }
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}

fn network() -> Arc<Network> {
    Arc::new(Network {
        mine: &["2001:db8::1", "10.0.0.5"],
        ..Network::default()
    })
}

/// Sunday, 2026-03-01, 00:30:15 GMT; Saturday 23:30:15 an hour west.
const MOMENT: When = When::At(Moment {
    unix_seconds: 1_772_325_015,
    utc_offset: -3600,
});

#[test]
fn who_gives_up_does_not_wait_for_the_script() {
    let slow = "var end = Date.now() + 500; while (Date.now() < end) {}";
    let given_up = |begun: Instant| move || begun.elapsed() > Duration::from_millis(50);
    let begun = Instant::now();
    let limits = PacLimits::default();
    let compiled = Pac::compile_unless(slow, network(), MOMENT, limits, &given_up(begun));
    assert_eq!(compiled.err(), Some(PacError::Cancelled));
    let script = format!("function FindProxyForURL(url, host) {{ {slow} return 'DIRECT'; }}");
    let pac = Pac::compile(&script, network(), MOMENT, limits).unwrap();
    let url = Url::parse("https://h.test/").unwrap();
    let asked = Instant::now();
    let found = pac.find_unless(&url, MOMENT, &given_up(asked));
    assert_eq!(found.err(), Some(PacError::Cancelled));
    assert!(begun.elapsed() < Duration::from_millis(450));
    // Whoever has time gets an answer, after the run that nobody waits for.
    assert!(pac.find(&url, MOMENT).is_ok());
}

/// Hurried, so that what never ends is over soon.
fn hurried() -> PacLimits {
    PacLimits {
        running: Duration::from_millis(150),
        total: Duration::from_millis(400),
        ..PacLimits::default()
    }
}

/// Time enough on a machine that is busy with other tests.
fn patient() -> PacLimits {
    PacLimits {
        running: Duration::from_secs(30),
        total: Duration::from_secs(60),
        ..PacLimits::default()
    }
}

/// Little room, so that it is full soon.
fn narrow() -> PacLimits {
    PacLimits {
        memory: 4 << 20,
        ..patient()
    }
}

fn compile(script: &str) -> Result<Pac, PacError> {
    Pac::compile(script, network(), MOMENT, patient())
}

fn find_with(script: &str, resolver: Arc<Network>, limits: PacLimits, url: &str) -> Result<Found, PacError> {
    let url = Url::parse(url).expect("a URL");
    Pac::compile(script, resolver, MOMENT, limits)?.find(&url, MOMENT)
}

/// The body of a function as a script, for one URL.
fn run(body: &str) -> Result<Found, PacError> {
    let script = format!("function FindProxyForURL(url, host) {{ {body} }}");
    find_with(&script, network(), patient(), "https://www.corp.com/")
}

fn routes(found: &Found) -> Vec<String> {
    found.result.routes().iter().map(ToString::to_string).collect()
}

/// What an expression is for a script, in JSON, as it says it by `alert`.
fn value(expression: &str) -> String {
    let script = format!("alert(JSON.stringify({expression})); return 'DIRECT'");
    let found = run(&script).unwrap_or_else(|error| panic!("{expression}: {error}"));
    match found.notes.as_slice() {
        [PacNote::Alert(text)] => text.clone(),
        other => panic!("{expression}: {other:?}"),
    }
}

#[test]
fn each_function_answers_a_script() {
    for (call, expected) in [
        ("isPlainHostName('www')", "true"),
        ("isPlainHostName('www.corp.com')", "false"),
        ("isPlainHostName('::1')", "false"),
        ("isPlainHostName()", "false"),
        ("dnsDomainIs('www.corp.com', '.corp.com')", "true"),
        ("dnsDomainIs('www', '.corp.com')", "false"),
        ("dnsDomainIs('www')", "false"),
        ("localHostOrDomainIs('www', 'www.corp.com')", "true"),
        ("localHostOrDomainIs('home.corp.com', 'www.corp.com')", "false"),
        ("localHostOrDomainIs(undefined, null)", "false"),
        ("dnsDomainLevels('www.corp.com')", "2"),
        ("dnsDomainLevels('www')", "0"),
        ("isResolvable('www.corp.com')", "true"),
        ("isResolvable('new.corp.com')", "false"),
        ("isResolvable('none.corp.com')", "false"),
        ("isResolvable('10.0.0.1')", "true"),
        ("isResolvable()", "false"),
        ("isInNet('10.1.2.3', '10.0.0.0', '255.0.0.0')", "true"),
        ("isInNet('www.corp.com', '10.1.0.0', '255.255.0.0')", "true"),
        ("isInNet('www.corp.com', '10.2.0.0', '255.255.0.0')", "false"),
        ("isInNet('none.corp.com', '0.0.0.0', '0.0.0.0')", "false"),
        ("isInNet('10.1.2.3', '10.0.0.0')", "false"),
        ("isInNet('10.1.2.3', '10.0.0.0', '255.0.0.x')", "false"),
        ("isInNet(null, '10.0.0.0', '255.0.0.0')", "false"),
        ("dnsResolve('www.corp.com')", r#""10.1.2.3""#),
        ("dnsResolve('both.corp.com')", r#""10.1.2.7""#),
        ("dnsResolve('new.corp.com')", "null"),
        ("dnsResolve('none.corp.com')", "null"),
        ("dnsResolve('192.0.2.9')", r#""192.0.2.9""#),
        ("dnsResolve('bücher.example')", r#""192.0.2.1""#),
        ("dnsResolve('no name')", "null"),
        ("dnsResolve()", "null"),
        ("convert_addr('10.0.0.1')", "167772161"),
        ("convert_addr('192.168.1.1')", "-1062731519"),
        ("convert_addr()", "0"),
        ("myIpAddress()", r#""10.0.0.5""#),
        ("shExpMatch('http://www.corp.com/a', '*corp.com/*')", "true"),
        ("shExpMatch('www.corp.com', 'corp')", "false"),
        ("shExpMatch('www.b.com', '(*.a.com|*.b.com)')", "true"),
        ("shExpMatch('www.c.com', '(*.a.com|*.b.com)')", "false"),
        ("shExpMatch('10.5', '10.[0-9]')", "true"),
        ("shExpMatch('x')", "false"),
        ("shExpMatch(12345, '1*5')", "true"),
        ("weekdayRange('SAT')", "true"),
        ("weekdayRange('SUN', 'GMT')", "true"),
        ("weekdayRange('MON', 'FRI')", "false"),
        ("weekdayRange()", "false"),
        ("dateRange(28)", "true"),
        ("dateRange('MAR', 'GMT')", "true"),
        ("dateRange(1, 'JAN', 2026, 31, 'MAR', 2026)", "true"),
        ("dateRange(1995)", "false"),
        ("timeRange(23)", "true"),
        ("timeRange(0, 30, 0, 30, 'GMT')", "true"),
        ("timeRange(8, 18)", "false"),
        ("isResolvableEx('new.corp.com')", "true"),
        ("isResolvableEx('none.corp.com')", "false"),
        ("isInNetEx('10.1.2.3', '10.1.0.0/16')", "true"),
        ("isInNetEx('2001:db8::7', '2001:db8::/32')", "true"),
        ("isInNetEx('2001:db9::7', '2001:db8::/32')", "false"),
        ("isInNetEx('www.corp.com', '10.1.0.0/16')", "false"),
        ("isInNetEx('10.1.2.3')", "false"),
        ("dnsResolveEx('both.corp.com')", r#""2001:db8::7;10.1.2.7;10.1.2.8""#),
        ("dnsResolveEx('none.corp.com')", r#""""#),
        ("dnsResolveEx('[::1]')", r#""::1""#),
        ("myIpAddressEx()", r#""2001:db8::1;10.0.0.5""#),
        (
            "sortIpAddressList('10.0.0.2; ::1;10.0.0.1')",
            r#""::1;10.0.0.1;10.0.0.2""#,
        ),
        ("sortIpAddressList('nonsense')", "false"),
        ("sortIpAddressList()", "false"),
        ("getClientVersion()", r#""1.0""#),
        ("typeof alert('x')", r#""undefined""#),
        ("isPlainHostName.name", r#""isPlainHostName""#),
    ] {
        if call.contains("alert") {
            let found = run(&format!("return {call} === {expected} ? 'DIRECT' : 'PROXY p'"));
            assert_eq!(routes(&found.expect(call)), ["direct"], "{call}");
        } else {
            assert_eq!(value(call), expected, "{call}");
        }
    }
}

#[test]
fn a_machine_without_addresses_is_loopback_to_older_scripts() {
    let body = "function FindProxyForURL() { alert(myIpAddress() + '|' + myIpAddressEx()); return 'DIRECT' }";
    for (mine, expected) in [
        (&[][..], "127.0.0.1|"),
        (&["2001:db8::1"], "127.0.0.1|2001:db8::1"),
        (&["192.0.2.7", "2001:db8::1"], "192.0.2.7|192.0.2.7;2001:db8::1"),
    ] {
        let network = Arc::new(Network {
            mine,
            ..Network::default()
        });
        let found = find_with(body, network, patient(), "http://a/").expect("an answer");
        assert_eq!(found.notes, [PacNote::Alert(expected.to_owned())]);
    }
}

#[test]
fn a_script_sees_no_more_of_a_url_than_it_should() {
    for (url, seen, host) in [
        (
            "https://u:p@www.corp.com/a/b?c#d",
            "https://www.corp.com/",
            "www.corp.com",
        ),
        (
            "https://www.corp.com:8443/a",
            "https://www.corp.com:8443/",
            "www.corp.com",
        ),
        (
            "http://u:p@www.corp.com:81/a/b?c#d",
            "http://www.corp.com:81/a/b?c",
            "www.corp.com",
        ),
        ("http://WWW.corp.com", "http://www.corp.com/", "www.corp.com"),
        ("ftp://u@h/a", "ftp://h/a", "h"),
        ("wss://h/a?b", "wss://h/", "h"),
        ("other://u:p@h/a?b", "other://h/", "h"),
        (
            "https://[2001:db8::1]:444/a",
            "https://[2001:db8::1]:444/",
            "2001:db8::1",
        ),
        (
            "https://bücher.example/",
            "https://xn--bcher-kva.example/",
            "xn--bcher-kva.example",
        ),
    ] {
        let script = "function FindProxyForURL(url, host) { alert(url + ' ' + host) }";
        let found = find_with(script, network(), patient(), url).expect("an answer");
        let told = PacNote::Alert(format!("{seen} {host}"));
        assert_eq!(found.notes, [told, PacNote::NothingReturned], "{url}");
        assert_eq!(routes(&found), ["direct"], "{url}");
    }
}

#[test]
fn the_newer_function_is_preferred() {
    let both = "function FindProxyForURL() { return 'PROXY old' } function FindProxyForURLEx() { return 'PROXY new' }";
    let found = find_with(both, network(), patient(), "http://a/").expect("an answer");
    assert_eq!(routes(&found), ["http://new:80"]);
    let only = "var FindProxyForURLEx = (u, h) => 'PROXY ' + h";
    let found = find_with(only, network(), patient(), "http://a/").expect("an answer");
    assert_eq!(routes(&found), ["http://a:80"]);
}

#[test]
fn what_is_returned_is_text_or_nothing() {
    for (value, expected) in [
        ("'PROXY p:8080; DIRECT'", Ok(&["http://p:8080", "direct"][..])),
        ("''", Ok(&["direct"])),
        ("null", Ok(&["direct"])),
        ("undefined", Ok(&["direct"])),
        ("'nonsense'", Ok(&["unusable"])),
        ("42", Err(PacError::Type("number"))),
        ("true", Err(PacError::Type("boolean"))),
        ("{}", Err(PacError::Type("object"))),
        ("['DIRECT']", Err(PacError::Type("array"))),
        ("(() => 'DIRECT')", Err(PacError::Type("function"))),
        ("'x'.repeat(20000)", Err(PacError::ResultTooLong(16 << 10))),
    ] {
        let found = run(&format!("return {value}"));
        let routes = found.as_ref().map(routes).map_err(Clone::clone);
        assert_eq!(
            routes,
            expected.map(|r| r.iter().map(ToString::to_string).collect()),
            "{value}"
        );
        let nothing = found.is_ok_and(|found| found.notes == [PacNote::NothingReturned]);
        assert_eq!(nothing, matches!(value, "null" | "undefined"), "{value}");
    }
}

#[test]
fn a_script_that_is_none_is_refused_with_its_line() {
    let long = PacError::TooLong(1 << 20);
    assert_eq!(compile(&" ".repeat((1 << 20) + 1)).err(), Some(long));
    for script in ["", "var x = 1", "var FindProxyForURL = 'DIRECT'", "\u{feff}// nothing"] {
        assert_eq!(compile(script).err(), Some(PacError::NoFunction), "{script}");
    }
    for (script, expected) in [
        ("function FindProxyForURL(url, host) {", 1),
        ("\n\nfunction FindProxyForURL(url, host) { return 'DIRECT' }\n}", 4),
        ("<html>\n<body>502 Bad Gateway</body></html>", 1),
        ("var a = 1;\nvar b = 'x\n';", 2),
    ] {
        match compile(script) {
            Err(PacError::Syntax { line, .. }) => assert_eq!(line, expected, "{script}"),
            other => panic!("{script}: {other:?}"),
        }
    }
    assert!(compile("\u{feff}function FindProxyForURL() {}").is_ok());
}

#[test]
fn an_exception_is_told_in_one_short_line() {
    for (body, expected_line, expected) in [
        ("\n return nothing.here", Some(2), "nothing is not defined"),
        ("null.x", Some(1), "cannot read property 'x' of null"),
        ("\n\nthrow new Error('a\\nb\\u001b[31mc')", Some(3), "a b [31mc"),
        ("throw 'text'", None, "text"),
        ("throw undefined", None, "a value of type `undefined`"),
        ("throw 1.5", None, "a value of type `number`"),
        ("throw {toString() { while (true); }}", None, "a value of type `object`"),
        ("timeRange(1, 2, 3)", Some(1), "timeRange: bad number of arguments"),
        ("dnsResolve(Symbol())", Some(1), "cannot convert symbol to string"),
        ("dnsDomainIs('x'.repeat(20000), 'x')", Some(1), "argument too long"),
        ("shExpMatch('x', '(')", Some(1), "expecting ')'"),
    ] {
        match run(body).expect_err(body) {
            PacError::Exception { line, text } => {
                assert_eq!((line, text.as_str()), (expected_line, expected), "{body}");
            }
            other => panic!("{body}: {other}"),
        }
    }
    match run("throw new Error('x'.repeat(1e6))").expect_err("an exception") {
        PacError::Exception { text, .. } => assert_eq!(text.chars().count(), 201),
        other => panic!("{other}"),
    }
    let top = "\nvar x = undefined.y; function FindProxyForURL() {}";
    assert!(matches!(compile(top), Err(PacError::Exception { line: Some(2), .. })));
}

/// Everything that takes too long ends as a timeout, and the caller is back by then.
fn times_out(script: &str, network: Network, limits: PacLimits) {
    let network = Arc::new(network);
    let start = Instant::now();
    let outcome = find_with(script, Arc::clone(&network), limits, "http://a/");
    let given = if network.takes.is_zero() {
        limits.running
    } else {
        limits.total
    };
    assert_eq!(outcome.err(), Some(PacError::Timeout(given)), "{script}");
    // Ten times the promise, and less than the time of a run with look-ups.
    assert!(start.elapsed() < Duration::from_secs(4), "{script}");
}

#[test]
fn what_does_not_end_is_ended() {
    // Look-ups would have long: the script itself has not.
    let hurried = PacLimits {
        total: Duration::from_secs(60),
        ..hurried()
    };
    for body in [
        "while (true);",
        "for (;;) { try { while (true); } catch (e) {} finally { continue } }",
        "for (;;) { try { timeRange(1, 2, 3) } catch (e) {} }",
        "/(a+)+$/.test('a'.repeat(40) + 'b'); while (true) {}",
        "shExpMatch('a'.repeat(60) + 'b', '(a+)+$')",
        "for (;;) alert('x')",
        "for (;;) new Date().toString()",
        "[3, 2, 1].sort(() => { while (true); })",
        // No bytecode runs inside, so nothing but the caller's own patience ends it.
        "[].indexOf.call({length: 3e7}, 1)",
        "return {toString() { while (true); }} + ''",
    ] {
        times_out(
            &format!("function FindProxyForURL() {{ {body} }}"),
            Network::default(),
            hurried,
        );
    }
    times_out("while (true);", Network::default(), hurried);
    times_out(
        "function FindProxyForURL() {} ; var o = {}; Object.defineProperty(globalThis, 'FindProxyForURLEx', {get() { while (true); }})",
        Network::default(),
        hurried,
    );
}

#[test]
fn look_ups_count_into_the_deadline() {
    let takes = Duration::from_millis(60);
    let slow = || Network {
        takes,
        ..Network::default()
    };
    let few = PacLimits {
        total: Duration::from_millis(400),
        ..patient()
    };
    times_out(
        "function FindProxyForURL() { for (var i = 0; ; i++) dnsResolve('h' + i + '.corp.com') }",
        slow(),
        few,
    );
    // One that hangs, past all deadlines.
    let stuck = Network {
        takes: Duration::from_secs(2),
        ..Network::default()
    };
    times_out(
        "function FindProxyForURL() { return dnsResolve('h.corp.com') }",
        stuck,
        few,
    );
    // Longer than the script itself may run, and still in time.
    let ten = "function FindProxyForURL() { for (var i = 0; i < 10; i++) dnsResolve('h' + i + '.corp.com'); return 'PROXY p' }";
    let limits = PacLimits {
        running: takes * 9,
        ..patient()
    };
    let found = find_with(ten, Arc::new(slow()), limits, "http://a/").expect("an answer");
    assert_eq!(routes(&found), ["http://p:80"]);
}

#[test]
fn a_name_is_looked_up_once_in_a_run() {
    let network = network();
    let script = "function FindProxyForURL(u, h) { for (var i = 0; i < 9; i++) isInNet(h, '10.0.0.0', '255.0.0.0'); return dnsResolve(h) ? 'DIRECT' : '' }";
    let pac = Pac::compile(script, Arc::clone(&network) as Arc<dyn Resolver>, MOMENT, patient()).expect("a script");
    let url = Url::parse("http://www.corp.com/").expect("a URL");
    for run in 1..=3 {
        pac.find(&url, MOMENT).expect("an answer");
        assert_eq!(network.asked.load(Ordering::Relaxed), run);
    }
}

#[test]
fn a_script_lives_on_after_a_timeout() {
    let script = "var n = 0; function FindProxyForURL(u, h) { if (h == 'loop') while (true); return 'PROXY p' + ++n }";
    let pac = Pac::compile(script, network(), MOMENT, hurried()).expect("a script");
    let ask = |url: &str| {
        pac.find(&Url::parse(url).expect("a URL"), MOMENT)
            .map(|found| routes(&found))
    };
    assert_eq!(ask("http://a/"), Ok(vec!["http://p1:80".to_owned()]));
    assert!(matches!(ask("http://loop/"), Err(PacError::Timeout(_))));
    assert_eq!(ask("http://a/"), Ok(vec!["http://p2:80".to_owned()]));
}

#[test]
fn several_threads_may_ask() {
    let pac = compile("function FindProxyForURL(u, h) { return 'PROXY ' + h }").expect("a script");
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let pac = &pac;
            scope.spawn(move || {
                let url = Url::parse(&format!("http://{name}/")).expect("a URL");
                for _ in 0..20 {
                    let found = pac.find(&url, MOMENT).expect("an answer");
                    assert_eq!(routes(&found), [format!("http://{name}:80")]);
                }
            });
        }
    });
}

#[test]
fn memory_has_an_end() {
    for body in [
        "var a = []; for (;;) a.push(new Array(1000).fill(0))",
        "var a = []; for (;;) a.push('x'.repeat(100000) + a.length)",
        "var o = {}; for (var i = 0; ; i++) o['k' + i] = i",
        "var s = new Set(); for (var i = 0; ; i++) s.add(i)",
        "new Array(50000000).fill('x')",
        "'x'.repeat(100000000)",
    ] {
        let limits = narrow();
        let script = format!("function FindProxyForURL() {{ {body} }}");
        let pac = Pac::compile(&script, network(), MOMENT, limits).expect("a script");
        let url = Url::parse("http://a/").expect("a URL");
        let spent = PacError::Memory(limits.memory);
        assert_eq!(pac.find(&url, MOMENT).err().as_ref(), Some(&spent), "{body}");
        // Spent: it is not run again.
        assert_eq!(pac.find(&url, MOMENT).err(), Some(spent), "{body}");
    }
    let top = Pac::compile("var a = []; for (;;) a.push(a.slice())", network(), MOMENT, narrow());
    assert!(matches!(top, Err(PacError::Memory(_))), "{top:?}");
}

#[test]
fn a_script_may_catch_that_memory_ends_and_the_process_lives_on() {
    for body in [
        "try { var a = []; for (;;) a.push(new Array(1000).fill(0)) } catch (e) { a = null }",
        "for (var i = 0; i < 50; i++) try { var a = []; for (;;) a.push('x'.repeat(1e6) + i) } catch (e) {} a = 0",
        "try { var o = {}; for (var i = 0; ; i++) o['k' + i] = {o} } catch (e) {} o = null",
        "try { var f = () => 0; for (;;) { let g = f; f = () => g } } catch (e) {} f = null",
        "try { JSON.parse('['.repeat(1e6)) } catch (e) {}",
        "try { eval('('.repeat(1e5)) } catch (e) {}",
        "try { new RegExp('('.repeat(1e5)) } catch (e) {}",
    ] {
        let script = format!("function FindProxyForURL() {{ {body}; return 'PROXY p' }}");
        let pac = Pac::compile(&script, network(), MOMENT, narrow()).expect("a script");
        let outcome = pac.find(&Url::parse("http://a/").expect("a URL"), MOMENT);
        assert!(
            matches!(&outcome, Ok(found) if routes(found) == ["http://p:80"])
                || matches!(outcome, Err(PacError::Memory(_) | PacError::Timeout(_))),
            "{body}: {outcome:?}"
        );
        // The engine's end, with its assertions, is on its thread; the next one begins after it.
        drop(pac);
    }
    assert!(run("return 'DIRECT'").is_ok());
}

#[test]
fn a_script_that_wants_promises_gets_them_and_the_process_lives_on() {
    for body in [
        "(async function() { return 1 })()",
        "(async () => { for await (var x of [1]) alert(x) })()",
        "(async function*() { yield 1 })().next()",
        "import('x')",
        "import('x').then(() => { while (true); })",
        "Array.fromAsync([1])",
        "new Promise(() => {}); Promise.reject(1)",
        "queueMicrotask(() => { while (true); })",
    ] {
        // The engine's end, with its assertions, is on its thread.
        let found = run(&format!("{body}; return 'PROXY p'")).expect(body);
        assert_eq!(routes(&found), ["http://p:80"], "{body}");
        assert_eq!(found.notes, [], "{body}");
    }
    assert_eq!(
        run("return (async () => 'PROXY p')()").err(),
        Some(PacError::Type("promise"))
    );
    let swallowed = "function FindProxyForURL() { new Promise(() => { while (true); }); return 'PROXY p' }";
    times_out(swallowed, Network::default(), hurried());
}

#[test]
fn a_script_looks_up_so_many_names() {
    let network = network();
    for (count, ends) in [(256, true), (257, false), (100_000, false)] {
        let script = format!(
            "function FindProxyForURL() {{ for (var i = 0; i < {count}; i++) try {{ dnsResolve('h' + i) }} catch (e) {{}}; return myIpAddress() }}"
        );
        let outcome = find_with(&script, Arc::clone(&network), patient(), "http://a/");
        match outcome {
            Ok(_) => assert!(ends, "{count}"),
            Err(PacError::Exception { text, .. }) => {
                assert_eq!((ends, text.as_str()), (false, "too many names to look up"), "{count}");
            }
            Err(other) => panic!("{count}: {other}"),
        }
    }
    assert_eq!(network.asked.load(Ordering::Relaxed), 3 * 256);
    assert_eq!(value("dnsResolve('x'.repeat(16000))"), "null");
}

#[test]
fn who_waits_too_long_behind_others_hears_of_the_time() {
    let limits = PacLimits {
        total: Duration::from_millis(200),
        ..patient()
    };
    let slow = Arc::new(Network {
        takes: Duration::from_millis(220),
        ..Network::default()
    });
    let script = "function FindProxyForURL(u, h) { return dnsResolve(h) ? 'PROXY p' : 'DIRECT' }";
    let pac = Pac::compile(script, slow, MOMENT, limits).expect("a script");
    thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let pac = &pac;
            scope.spawn(move || {
                let url = Url::parse(&format!("http://{name}/")).expect("a URL");
                // The first may still be in time to say what it found.
                if let Err(error) = pac.find(&url, MOMENT) {
                    assert_eq!(error, PacError::Timeout(limits.total));
                }
            });
        }
    });
}

#[test]
fn recursion_has_an_end() {
    for body in [
        "function f() { return f() + 1 } return f()",
        "var o = {toString() { return '' + o }}; return '' + o",
        "var a = []; a[0] = a; for (var i = 0; i < 1e5; i++) a = [a]; return JSON.stringify(a)",
        "return eval('('.repeat(1e5))",
        "[1].map(function f(x) { return [x].map(f) })",
        "dnsResolve({toString() { return dnsResolve(this) }})",
    ] {
        match run(body) {
            Err(PacError::Exception { text, .. }) => assert_eq!(text, "Maximum call stack size exceeded", "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn a_script_finds_nothing_of_the_world() {
    for name in [
        "require",
        "process",
        "fetch",
        "XMLHttpRequest",
        "std",
        "os",
        "print",
        "console",
        "setTimeout",
        "Worker",
        "SharedArrayBuffer",
    ] {
        assert_eq!(value(&format!("typeof {name}")), r#""undefined""#, "{name}");
    }
}

#[test]
fn a_script_says_a_little() {
    let found =
        run("for (var i = 0; i < 100; i++) alert('x'.repeat(1000)); alert(); return 'DIRECT'").expect("an answer");
    assert_eq!(found.notes.len(), 16);
    let found = run("alert(); alert(null); alert('a\\nb'); return 'DIRECT'").expect("an answer");
    let texts: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "the script says: undefined",
            "the script says: undefined",
            "the script says: a b"
        ]
    );
}

#[test]
fn the_systems_clock_serves_too() {
    let script = "function FindProxyForURL() { return dateRange(2020, 2999) && weekdayRange('SUN', 'SAT') && timeRange(0, 0, 23, 59) ? 'PROXY p' : '' }";
    let pac = Pac::compile(script, network(), When::System, patient()).expect("a script");
    let found = pac
        .find(&Url::parse("http://a/").expect("a URL"), When::System)
        .expect("an answer");
    assert_eq!(routes(&found), ["http://p:80"]);
}
