//! Copies a file into a symbol store: `keep STORE NAME/KEY FILE`. A cabinet or an SZDD file is expanded.

#![expect(clippy::print_stdout, reason = "printing the path is what it is for")]

use std::error::Error;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use symgate_path::{FileId, Variant};
use symgate_store::{AnyContent, Form, Store, Winner, Writing};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, id, file] = arguments.as_slice() else {
        return Err("usage: keep STORE NAME/KEY FILE".into());
    };
    let id: FileId = id.parse()?;
    let file = Path::new(file);

    let mut magic = [0; 4];
    let compressed = File::open(file)?.read_exact(&mut magic).is_ok() && matches!(&magic, b"MSCF" | b"SZDD");
    let form = if compressed {
        Form::Expanded
    } else {
        Form::AsIs(Variant::Plain)
    };
    let done = Store::new(root).copy(file, &id, form, &mut AnyContent, &Writing::default())?;
    match done.winner {
        Winner::Ours => println!("{} ({} bytes)", done.path.display(), done.bytes),
        Winner::Theirs => println!("{} was there already", done.path.display()),
    }
    Ok(())
}
