//! Prints what each file given is, and which symbol files it wants: `cargo run --example identify -- hello.exe
//! hello.pdb`.
#![expect(clippy::print_stdout, reason = "printing is what a command does")]

use std::env;
use std::error::Error;
use std::fs::File;

fn main() -> Result<(), Box<dyn Error>> {
    for path in env::args().skip(1) {
        let identity = symgate_index::identify(File::open(&path)?, &path)?;
        println!("{} {}", identity.format, identity.id);
        for wanted in &identity.wants {
            println!("  wants {wanted}");
        }
        for note in &identity.notes {
            println!("  passed over: {note}");
        }
    }
    Ok(())
}
