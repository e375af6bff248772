//! Explains a symbol path: what is odd about it, and what would be searched.
//!
//! ```text
//! cargo run -p symgate-path --example explain -- 'cache*;srv*https://symbols.example/s' ntdll.pdb/K1
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use symgate_path::{Effective, FileId, Security, Store, SymbolPath, Tier, Variant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let text = arguments
        .next()
        .unwrap_or_else(|| r"C:\mine;srv*C:\cache*https://symbols.example/s".to_owned());
    let id: FileId = arguments
        .next()
        .as_deref()
        .unwrap_or("ntdll.pdb/497B72F6390A44FC878E5A2D63B6CC4B1")
        .parse()?;

    let parsed = SymbolPath::parse(&text);
    for warning in &parsed.warnings {
        println!("warning: {warning}");
    }
    println!("path:     {}", parsed.path);
    println!("expanded: {}", parsed.path.expanded());
    for search in parsed.path.effective(Security::Open) {
        match search {
            Effective::Chain(chain) => {
                println!("chain {chain}");
                for store in chain.stores() {
                    let components: Vec<_> = id.components(Tier::One, Variant::Plain).collect();
                    match store {
                        Store::Default => println!("  default store: {}", components.join("/")),
                        Store::Directory(directory) => println!("  {directory}: {}", components.join("/")),
                        Store::Http(base) => println!("  {}", base.file_url(&id, Tier::One, Variant::Plain)),
                    }
                }
            }
            Effective::Directory { directory, .. } => println!("directory {directory}"),
            Effective::DebugInfod { servers, .. } => println!("debuginfod, {} servers", servers.len()),
            Effective::Skipped(skip) => println!("skipped: {skip}"),
            _ => println!("something newer than this example"),
        }
    }
    Ok(())
}
