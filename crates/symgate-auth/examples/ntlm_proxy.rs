//! Authenticates a hand-written socket loop to an NTLM proxy, for a GET or a tunnel:
//! `ntlm_proxy HOST PORT http://SERVER/FILE USER PASSWORD`, or `SERVER:PORT` in place of the URL.
#![expect(clippy::print_stdout, reason = "an example talks")]
#![expect(clippy::disallowed_types, reason = "the crate does no I/O, its caller does")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::SystemTime;

use symgate_auth::mechanism::{Order, RequestLine};
use symgate_auth::{
    Answer, AuthSession, Authenticator, Channel, Credentials, Limits, Next, Origin, Seed, Target, UriScheme, ntlm,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: [String; 6] = std::env::args().collect::<Vec<_>>().try_into().map_err(|_| USAGE)?;
    let [_, host, port, target, user, password] = &arguments;
    let request = RequestLine {
        method: if target.contains("://") { "GET" } else { "CONNECT" },
        target,
        wall: SystemTime::UNIX_EPOCH.elapsed()?.as_secs(),
        channel: &Channel::CLEARTEXT,
        body: &[],
    };
    let mut random = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    let proxy = Origin::new(UriScheme::Http, host, port.parse()?);
    let mut stream = BufReader::new(TcpStream::connect(proxy.authority())?);
    let authenticator = Authenticator::new(Arc::default(), Seed::new(random)).with_order(Order::new([ntlm::spec()]));
    let mut session = AuthSession::new(Target::Proxy, proxy, "", authenticator, Limits::default());
    session.start(&request)?;
    loop {
        let mut head = format!("{} {target} HTTP/1.1\r\nHost: {target}\r\n", request.method).into_bytes();
        if let Some(value) = session.authorization() {
            head.extend([b"Proxy-Authorization: ", value.expose(), b"\r\n"].concat());
        }
        stream.get_mut().write_all(&[&head[..], b"\r\n"].concat())?;
        let mut lines = stream.by_ref().lines();
        let status = lines.next().ok_or("the proxy closed the connection")??;
        let (mut length, mut challenges) = (0, Vec::new());
        while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            match line.split_once(": ").ok_or("not a field")? {
                (name, value) if name.eq_ignore_ascii_case("Content-Length") => length = value.parse()?,
                (name, value) if name.eq_ignore_ascii_case("Proxy-Authenticate") => challenges.push(value.to_owned()),
                _ => {}
            }
        }
        if !status.contains(" 407 ") {
            session.handle_success([], [])?;
            println!("{status}");
            return Ok(());
        }
        io::copy(&mut stream.by_ref().take(length), &mut io::sink())?;
        session.handle_challenge(challenges.iter().map(String::as_bytes), &request)?;
        if let Next::Ask(_) = session.next() {
            let credentials = Arc::new(Credentials::password(user.as_str(), password.as_str()));
            session.handle_answer(Answer::Use(credentials), &request)?;
        }
    }
}

const USAGE: &str = "usage: ntlm_proxy HOST PORT http://SERVER/FILE|SERVER:PORT USER PASSWORD";
