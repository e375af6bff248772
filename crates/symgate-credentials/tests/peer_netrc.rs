//! Files of `.netrc` as curl reads them: what it sends to a server is compared with what is parsed here.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use symgate_auth::Credentials;
use symgate_credentials::Netrc;
use symgate_tests::Dir;
use symgate_tests::peer::{Program, require};

/// Where we mean something else than curl, and what curl sends.
enum Curl {
    Same,
    Sends(Option<&'static str>),
}

use Curl::{Same, Sends};

#[test]
fn files_mean_what_they_mean_to_curl() {
    let Some([curl]) = require([Program::Curl]) else { return };
    let table: &[(&[u8], Option<&str>, Curl)] = &[
        (b"machine 127.0.0.1 login a password p\n", Some("a:p"), Same),
        (b"machine 127.0.0.1\n\tlogin a\n\tpassword p\n", Some("a:p"), Same),
        (b"machine\n127.0.0.1\nlogin\na\npassword\np", Some("a:p"), Same),
        (b"\tmachine 127.0.0.1  login\ta  password p\r\n", Some("a:p"), Same),
        (b"MACHINE 127.0.0.1 LOGIN a PASSWORD p\n", Some("a:p"), Same),
        (b"machine 127.0.0.1 password p login a\n", Some("a:p"), Same),
        (b"machine 127.0.0.1 account x login a password p\n", Some("a:p"), Same),
        (b"machine 127.0.0.1 port 80 login a password p\n", Some("a:p"), Same),
        (
            b"# machine 127.0.0.1 login x password x\nmachine 127.0.0.1 login a password p # c\n",
            Some("a:p"),
            Same,
        ),
        (
            b"machine 127.0.0.1 login \"a b\" password \"p\\\"\\\\q\\n\\t\"\n",
            Some("a b:p\"\\q\n\t"),
            Same,
        ),
        (b"machine 127.0.0.1 login a password \"\"\n", Some("a:"), Same),
        (b"machine 127.0.0.1 login \"\" password p\n", Some(":p"), Same),
        (b"machine 127.0.0.1 login a password p\"q\\r\n", Some("a:p\"q\\r"), Same),
        (b"machine 127.0.0.1 login a password machine\n", Some("a:machine"), Same),
        ("machine 127.0.0.1 login ä password ö\n".as_bytes(), Some("ä:ö"), Same),
        (
            b"machine other login x password x\nmachine 127.0.0.1 login a password p\n",
            Some("a:p"),
            Same,
        ),
        (b"machine other login x password x\n", None, Same),
        (
            b"machine 127.0.0.1 login a\nmachine 127.0.0.1 login b password q\n",
            Some("b:q"),
            Same,
        ),
        (
            b"machine 127.0.0.1 login a password p\nmachine 127.0.0.1 login b password q\n",
            Some("a:p"),
            Same,
        ),
        (
            b"machine 127.0.0.1 login a password p login b password q\n",
            Some("a:p"),
            Same,
        ),
        (
            b"macdef init\nmachine 127.0.0.1 login x password x\n\nmachine 127.0.0.1 login a password p\n",
            Some("a:p"),
            Same,
        ),
        (
            b"machine 127.0.0.1 login a password p\nmacdef init\nx\n",
            Some("a:p"),
            Same,
        ),
        // A password may begin with what begins a comment elsewhere.
        (
            b"machine 127.0.0.1 login a password #q\n",
            Some("a:#q"),
            Sends(Some("a:")),
        ),
        // No password goes to whoever asks.
        (b"default login d password e\n", None, Sends(Some("d:e"))),
        (
            b"default login d password e\nmachine 127.0.0.1 login a password p\n",
            Some("a:p"),
            Sends(Some("d:e")),
        ),
        // Half of an answer is none.
        (b"machine 127.0.0.1 login a\n", None, Sends(Some("a:"))),
        (b"machine 127.0.0.1 password p\n", None, Sends(Some(":p"))),
        // A mark that editors of Windows put in front is no word.
        (
            b"\xEF\xBB\xBFmachine 127.0.0.1 login a password p\n",
            Some("a:p"),
            Sends(None),
        ),
        // A quote ends a word.
        (
            b"machine 127.0.0.1 login \"a\"password p\n",
            Some("a:p"),
            Sends(Some("a:")),
        ),
    ];
    for (file, expected, theirs) in table {
        let shown = String::from_utf8_lossy(file);
        let ours = Netrc::parse(file)
            .find("127.0.0.1")
            .map(|credentials| shown_credentials(credentials));
        assert_eq!(ours.as_deref(), *expected, "ours: {shown}");
        let sent = sent_by(curl.command(), file);
        match theirs {
            Same => assert_eq!(sent.as_deref(), *expected, "curl: {shown}"),
            Sends(theirs) => assert_eq!(sent.as_deref(), *theirs, "curl: {shown}"),
        }
    }
}

/// Name and password that curl sends by Basic.
fn sent_by(curl: &std::path::Path, file: &[u8]) -> Option<String> {
    let dir = Dir::new();
    let path = dir.write("netrc", file);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut buffer = [0; 4096];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let length = stream.read(&mut buffer).unwrap();
            assert!(length > 0, "curl went away");
            head.extend_from_slice(&buffer[..length]);
        }
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            .unwrap();
        String::from_utf8(head).unwrap()
    });
    let mut command = Command::new(curl);
    command.args(["--disable", "--silent", "--noproxy", "*", "--netrc-file"]);
    let status = command.arg(path).arg(url).status().unwrap();
    assert!(status.success(), "{status}");
    let head = server.join().unwrap();
    let field = head
        .lines()
        .find_map(|line| line.strip_prefix("Authorization: Basic "))?;
    Some(String::from_utf8(BASE64_STANDARD.decode(field).unwrap()).unwrap())
}

fn shown_credentials(credentials: &Credentials) -> String {
    let Credentials::Password(password) = credentials else {
        panic!("a netrc has passwords")
    };
    format!(
        "{}:{}",
        password.user,
        std::str::from_utf8(password.password.expose()).unwrap()
    )
}
