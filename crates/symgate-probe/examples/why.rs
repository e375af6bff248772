//! Says why a URL cannot be fetched, with the proxies of this machine: `cargo run --example why -- URL`.

use std::error::Error;
use std::io;

use symgate::net::Cancel;
use symgate::{Client, Config};
use symgate_probe::Recorder;

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("a URL is missing")?;
    let client = Client::new(Config::from_env().0)?;
    let get = client.get(url.parse()?);
    let mut recorder = Recorder::new(get.request.url(), io::sink());
    let ended = client.fetch(get, &mut recorder, &Cancel::new());
    let report = recorder.finish(&ended);
    #[expect(clippy::print_stdout, reason = "an example shows what it found")]
    {
        println!("{report}");
    }
    Ok(())
}
