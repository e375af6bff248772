//! ureq, with symgate-proxy choosing: `cargo run -p symgate-examples --example proxy_of_ureq URL`.
//!
//! ureq takes a proxy for each request, so a list has its fail-over and a setting that cannot be followed is an error.
//! In return redirects are followed here, because each hop is a URL of its own and ureq would keep the first one's
//! proxy. SOCKS5 is a feature of ureq's that this package leaves out.
#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use std::error::Error;

use symgate_proxy::{Kind, Proxy, Route};
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body, ProxyProtocol};
use url::Url;

fn main() -> Result<(), Box<dyn Error>> {
    let mut url = Url::parse(&std::env::args().nth(1).ok_or("which URL?")?)?;
    // No provider of cryptography comes with ureq here; the first that is installed counts for all.
    drop(rustls::crypto::ring::default_provider().install_default());

    let config = symgate_proxy::from_system();
    let agent: Agent = Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into();
    for _ in 0..=MOST_REDIRECTS {
        let response = get(&agent, &config.choose(&url), &url)?;
        println!("{}", response.status());
        match next(&response) {
            Some(location) => url = url.join(location)?,
            None => return Ok(()),
        }
    }
    Err("too many redirects".into())
}

/// Tries the routes in order; the next one is for the case that the one before could not be reached.
fn get(agent: &Agent, choice: &symgate_proxy::Choice, url: &Url) -> Result<Response<Body>, Box<dyn Error>> {
    let mut last: Box<dyn Error> = "no route".into();
    for routed in choice {
        println!("{routed}");
        let proxy = match &routed.route {
            Route::Direct => None,
            Route::Proxy(proxy) => Some(translated(proxy)?),
            // A later route of the same list may still do.
            Route::Unusable(why) => {
                last = why.to_string().into();
                continue;
            }
        };
        match agent.get(url.as_str()).config().proxy(proxy).build().call() {
            Ok(response) => return Ok(response),
            Err(error) if is_unreached(&error) => last = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

/// The proxy in ureq's words, with the credentials that its setting carried.
fn translated(proxy: &Proxy) -> Result<ureq::Proxy, Box<dyn Error>> {
    let protocol = match proxy.kind() {
        Kind::Http => ProxyProtocol::Http,
        Kind::Https => ProxyProtocol::Https,
        Kind::Socks5 => return Err(format!("{proxy}: built without SOCKS").into()),
    };
    let mut builder = ureq::Proxy::builder(protocol)
        .host(&proxy.host().to_string())
        .port(proxy.port());
    if let Some(userinfo) = proxy.userinfo() {
        builder = builder.username(userinfo.expose_user());
        builder = builder.password(userinfo.expose_password().unwrap_or_default());
    }
    Ok(builder.build()?)
}

fn is_unreached(error: &ureq::Error) -> bool {
    matches!(
        error,
        ureq::Error::ConnectionFailed | ureq::Error::HostNotFound | ureq::Error::Io(_)
    )
}

fn next(response: &Response<Body>) -> Option<&str> {
    let status = response.status();
    let moves = status.is_redirection() && status != StatusCode::NOT_MODIFIED;
    response.headers().get("location").filter(|_| moves)?.to_str().ok()
}

const MOST_REDIRECTS: usize = 10;
