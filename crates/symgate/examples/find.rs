//! Fetches one symbol file: `find NAME/KEY [SYMBOL-PATH]`; the path and the proxies are else the environment's.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::env;
use std::error::Error;

use symgate::net::Cancel;
use symgate::path::SymbolPath;
use symgate::{Client, Config, Event, Job, Observer, Wanted};

/// Says what is asked for and what is answered.
struct Told;

impl Observer for Told {
    fn observe(&self, _: usize, event: &Event<'_>) {
        match event {
            Event::Requested { url } => eprintln!("? {url}"),
            Event::Answered { status } => eprintln!("  {status}"),
            Event::Way { note } => eprintln!("  {note}"),
            _ => {}
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let wanted = arguments.next().ok_or("fetch NAME/KEY [SYMBOL-PATH]")?;
    let (mut config, _) = Config::from_env();
    if let Some(path) = arguments.next() {
        config.path = SymbolPath::parse(&path).path;
    }
    let client = Client::new(config)?;
    let job = Job {
        observer: &Told,
        cancel: &Cancel::new(),
        ..Job::silent()
    };
    let found = client.find(&Wanted::new(wanted.parse()?), &job)?;
    println!(
        "{} ({} bytes, from {})",
        found.path.display(),
        found.bytes,
        found.source
    );
    Ok(())
}
