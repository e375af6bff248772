//! reqwest, with symgate-proxy choosing: `cargo run -p symgate-examples --example proxy_of_reqwest URL`.
//!
//! One client asks for each URL, those of redirects included. What reqwest's hook cannot express:
//!
//! - a list: one proxy or none is the answer, so the second route of a list never gets its turn;
//! - an error: a setting that cannot be followed becomes a proxy that does not exist, because "none" would mean direct;
//! - the reason, which is printed here from a choice of our own;
//! - SOCKS5, which is a feature of reqwest's that this package leaves out.
#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use std::error::Error;
use std::sync::Arc;

use reqwest::blocking::Client;
use symgate_proxy::{Kind, Proxy, ProxyConfig, Route};
use url::Url;

fn main() -> Result<(), Box<dyn Error>> {
    let url = Url::parse(&std::env::args().nth(1).ok_or("which URL?")?)?;
    // No provider of cryptography comes with reqwest here; the first that is installed counts for all.
    drop(rustls::crypto::ring::default_provider().install_default());

    let config = Arc::new(symgate_proxy::from_system());
    println!("{}", config.choose(&url));
    let chooser = Arc::clone(&config);
    let client = Client::builder()
        .proxy(reqwest::Proxy::custom(move |url| proxy(&chooser, url)))
        .build()?;
    let response = client.get(url).send()?;
    println!("{}", response.status());
    Ok(())
}

/// The first route, in reqwest's words: `None` is direct.
fn proxy(config: &ProxyConfig, url: &Url) -> Option<Url> {
    // A choice has a route at least.
    match &config.choose(url).routes().first()?.route {
        Route::Direct => None,
        Route::Proxy(proxy) => Some(address(proxy).unwrap_or_else(nowhere)),
        Route::Unusable(_) => Some(nowhere()),
    }
}

/// The proxy as a URL, with the credentials that its setting carried.
fn address(proxy: &Proxy) -> Option<Url> {
    if proxy.kind() == Kind::Socks5 {
        return None;
    }
    let mut url = Url::parse(&proxy.to_string()).ok()?;
    if let Some(userinfo) = proxy.userinfo() {
        url.set_username(userinfo.expose_user()).ok()?;
        url.set_password(userinfo.expose_password()).ok()?;
    }
    Some(url)
}

/// A name that never resolves (RFC 6761 §6.4), so that the request fails instead of going direct.
fn nowhere() -> Url {
    Url::parse("http://unusable.invalid/").expect("it is a URL")
}
