//! What this machine would send to a host: `cargo run -p symgate-sso --example token -- proxy.example`.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use symgate_auth::mechanism::{TokenRequest, TokenSource};
use symgate_auth::{Origin, UriScheme};
use symgate_sso::System;

fn main() {
    let host = std::env::args().nth(1).unwrap_or_else(|| "localhost".to_owned());
    let request = TokenRequest {
        peer: Origin::new(UriScheme::Http, &host, 80),
        input: None,
        channel_binding: None,
    };
    let token = System::new().begin(&request).and_then(|mut context| context.step(None));
    match token {
        Ok(token) => println!("a token of {} bytes", token.expose().len()),
        Err(error) => println!("none: {error}"),
    }
}
