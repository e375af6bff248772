//! The cascade's copies: a file found upstream is put into each store further down (SYMSRV §1.2),
//! compressed in the middle, expanded in the leftmost store.

use std::fs::{self, File};
use std::path::Path;

use symgate_path::{FileId, Variant};

use crate::check::Check;
use crate::error::{Action, Error, PutError};
use crate::store::Store;
use crate::write::{Begin, Committed, Existing, Writing, is_fit};

/// In which form a copy arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Byte for byte, under the name of this variant: a mid-level store, a plain file, or a pointer
    /// for a store with [`wants_pointers`](Store::wants_pointers). The check sees what a compressed
    /// file expands to.
    AsIs(Variant),
    /// The only member of a compressed file, under the plain name: the leftmost store.
    Expanded,
}

impl Store {
    /// Copies the file at `from`, anywhere, into this store.
    ///
    /// A file that is here already and that `check` accepts wins ([`Winner::Theirs`](crate::Winner::Theirs)) without
    /// `from` being read, unless `writing` says to overwrite. A compressed one wins as it is: what it expands to is
    /// judged when somebody copies it on.
    ///
    /// # Errors
    /// As [`begin`](Self::begin) and [`commit`](crate::Incoming::commit); an error whose
    /// [`is_unwritable`](Error::is_unwritable) holds means that the cascade may skip this store. An
    /// error in reading `from` names `from`.
    pub fn copy<C: Check>(
        &self,
        from: &Path,
        id: &FileId,
        form: Form,
        check: &mut C,
        writing: &Writing<'_>,
    ) -> Result<Committed<C::Warning>, PutError<C::Refusal>> {
        let variant = match form {
            Form::AsIs(variant) => variant,
            Form::Expanded => Variant::Plain,
        };
        let mut begun = self.begin(id, variant, writing)?;
        if let Begin::Exists(path) = &begun
            && variant == Variant::Plain
            && !is_fit(path, check)
        {
            let existing = Existing::Overwrite;
            begun = self.begin(id, variant, &Writing { existing, ..*writing })?;
        }
        let mut incoming = match begun {
            Begin::Write(incoming) => incoming,
            Begin::Exists(path) => {
                return Committed::theirs(&path)?.ok_or_else(|| {
                    // Removed between two looks; the caller's next attempt writes it.
                    Error::Incomplete { path }.into()
                });
            }
        };
        let mut source = open(from)?;
        match form {
            Form::AsIs(_) => {
                let length = source
                    .metadata()
                    .map_err(|error| Error::io(Action::Read, from, error))?
                    .len();
                incoming.expect_length(length);
                incoming.append_file(&mut source, from, writing)?;
            }
            Form::Expanded => incoming.append_expanded(&mut source, from, writing)?,
        }
        match form {
            Form::AsIs(Variant::Compressed) => incoming.commit_compressed(check, writing),
            _ => incoming.commit(check),
        }
    }
}

/// Opens what a reader may take for a file.
pub(crate) fn open(from: &Path) -> Result<File, Error> {
    let read = |error| Error::io(Action::Read, from, error);
    let found = fs::metadata(from).map_err(read)?;
    if !found.is_file() {
        // Opening a named pipe would wait for its writer.
        return Err(Error::NoFile { path: from.to_owned() });
    }
    if found.len() == 0 {
        return Err(Error::Empty { path: from.to_owned() });
    }
    File::open(from).map_err(read)
}
