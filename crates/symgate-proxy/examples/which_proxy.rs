//! Prints the routes to a URL: `cargo run --example which_proxy https://msdl.microsoft.com/`.
#![expect(clippy::print_stdout, reason = "printing is what the example is for")]

use url::Url;

fn main() -> Result<(), url::ParseError> {
    let url = std::env::args().nth(1);
    let url = Url::parse(url.as_deref().unwrap_or("https://msdl.microsoft.com/"))?;

    let config = symgate_proxy::from_system();
    config
        .warnings()
        .iter()
        .for_each(|warning| println!("warning: {warning}"));
    config
        .choose(&url)
        .routes()
        .iter()
        .for_each(|routed| println!("{routed}"));
    Ok(())
}
