//! Searches a chain of local stores and copies what it finds to the left: a whole driver, without servers.
//!
//! ```text
//! cargo run -p symgate-lookup --example directories -- /var/cache/sym /mnt/symbols ntdll.pdb/497B72F6390A44FC878E5A2D63B6CC4B1
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::path::PathBuf;

use symgate_lookup::{Action, Copied, Form, Got, Kind, Options, Probed, Search, Slot, Stopped};
use symgate_path::{FileId, Tier, Variant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(id) = arguments.pop() else {
        println!("usage: directories STORE... NAME/KEY");
        return Ok(());
    };
    let id: FileId = id.parse()?;
    let roots: Vec<PathBuf> = arguments.into_iter().map(PathBuf::from).collect();
    let place = |store: usize, variant| {
        let root = roots.get(store).cloned().unwrap_or_default();
        id.components(Tier::One, variant)
            .fold(root, |path, part| path.join(&*part))
    };

    let mut search = Search::new(vec![Kind::Local; roots.len()], Options::default());
    loop {
        let action = search.poll();
        println!("{action:?}");
        match action {
            Action::Probe { store, variant } => {
                let path = place(store, variant);
                search.handle_probe(if path.is_file() { Probed::Found } else { Probed::NoFile })?;
            }
            // Files in use: a real store writes beside the place and renames.
            Action::Copy {
                from: Slot::Store(from),
                to: Slot::Store(to),
                form: Form::Plain,
                ..
            } => {
                let (from, to) = (place(from, Variant::Plain), place(to, Variant::Plain));
                let made = to.parent().map_or(Ok(()), std::fs::create_dir_all);
                let copied = made.and_then(|()| std::fs::copy(from, to));
                search.handle_copied(if copied.is_ok() {
                    Copied::Copied
                } else {
                    Copied::Unwritable
                })?;
            }
            // Cabinets and pointers are beyond this example.
            Action::Copy { .. } => search.handle_copied(Copied::Failed)?,
            Action::Follow { .. } | Action::Get { .. } => search.handle_got(Got::Failed)?,
            Action::Tier { .. } => search.handle_tier(Err(Stopped::Failed))?,
            Action::Done(_) => return Ok(()),
        }
    }
}
