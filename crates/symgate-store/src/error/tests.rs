//! Each error prints one line, and each predicate holds for what it names.

use std::error::Error as _;
use std::io::ErrorKind;

use super::*;

#[test]
fn each_error_prints_one_plain_line_and_knows_its_kind() {
    let path = || PathBuf::from("sym/x.pdb");
    let io = |action, kind: ErrorKind| Error::io(action, &path(), kind.into());
    // unwritable, full, locked, cancelled, content
    let rows: Vec<(Error, &str, [bool; 5])> = vec![
        (
            Error::Reserved {
                name: "~symgate-x".into(),
            },
            "names that begin with `~symgate-` are reserved, `~symgate-x` cannot be stored",
            [false; 5],
        ),
        (
            Error::ForeignRoot { root: r"C:\sym".into() },
            r"`C:\sym` is a Windows path and cannot be reached from this system",
            [true, false, false, false, false],
        ),
        (
            Error::Occupied { path: path() },
            "`sym/x.pdb` is not a regular file",
            [true, false, false, false, false],
        ),
        (
            Error::NoFile { path: path() },
            "`sym/x.pdb` cannot be copied, it is not a regular file",
            [false; 5],
        ),
        (
            Error::LockTimeout { path: path() },
            "timed out while another program was writing `sym/x.pdb`",
            [true, false, true, false, false],
        ),
        (
            Error::Cancelled { path: path() },
            "cancelled while writing `sym/x.pdb`",
            [false, false, false, true, false],
        ),
        (
            Error::Incomplete { path: path() },
            "`sym/x.pdb` was not received completely",
            [false; 5],
        ),
        (
            Error::Empty { path: path() },
            "nothing was received for `sym/x.pdb`",
            [false, false, false, false, true],
        ),
        (
            Error::Length {
                path: path(),
                expected: 7,
                written: 5,
            },
            "5 bytes were received for `sym/x.pdb`, 7 were announced",
            [false, false, false, false, true],
        ),
        (
            Error::Expand {
                path: path(),
                source: ExpandError::Truncated,
            },
            "cannot expand `sym/x.pdb`",
            [false, false, false, false, true],
        ),
        (
            Error::Expand {
                path: path(),
                source: ExpandError::Read {
                    source: ErrorKind::Other.into(),
                },
            },
            "cannot expand `sym/x.pdb`",
            [false; 5],
        ),
        (
            Error::Pointer {
                path: path(),
                source: PointerError::Empty,
            },
            "cannot follow `sym/x.pdb`",
            [false, false, false, false, true],
        ),
        (
            Error::TooLarge { path: path(), limit: 3 },
            "`sym/x.pdb` would exceed the limit of 3 bytes",
            [false, false, false, false, true],
        ),
        (
            io(Action::CreateDirectory, ErrorKind::NotFound),
            "cannot create the directory `sym/x.pdb`",
            [true, false, false, false, false],
        ),
        (
            io(Action::Create, ErrorKind::PermissionDenied),
            "cannot create `sym/x.pdb`",
            [true, false, false, false, false],
        ),
        (
            io(Action::Create, ErrorKind::NotFound),
            "cannot create `sym/x.pdb`",
            [true, false, false, false, false],
        ),
        (
            // What a share says that died: the kind has no name.
            io(Action::Write, ErrorKind::Other),
            "cannot write `sym/x.pdb`",
            [true, false, false, false, false],
        ),
        (
            io(Action::Write, ErrorKind::StorageFull),
            "cannot write `sym/x.pdb`",
            [true, true, false, false, false],
        ),
        (
            io(Action::Write, ErrorKind::FileTooLarge),
            "cannot write `sym/x.pdb`",
            [true, true, false, false, false],
        ),
        (
            io(Action::Flush, ErrorKind::QuotaExceeded),
            "cannot flush to disk `sym/x.pdb`",
            [true, true, false, false, false],
        ),
        (
            io(Action::Publish, ErrorKind::ReadOnlyFilesystem),
            "cannot rename into place `sym/x.pdb`",
            [true, false, false, false, false],
        ),
        (
            io(Action::Inspect, ErrorKind::HostUnreachable),
            "cannot look at `sym/x.pdb`",
            [true, false, false, false, false],
        ),
        (
            io(Action::Read, ErrorKind::PermissionDenied),
            "cannot read `sym/x.pdb`",
            [false; 5],
        ),
    ];
    for (error, text, kinds) in rows {
        assert_eq!(error.to_string(), text);
        let found = [
            error.is_unwritable(),
            error.is_full(),
            error.is_locked(),
            error.is_cancelled(),
            error.is_content(),
        ];
        assert_eq!(found, kinds, "{text}");
        if let Some(source) = error.source() {
            assert!(!text.contains(&source.to_string()), "{text} repeats its source");
        }
        // A put error is transparent for the store's errors.
        let put = PutError::<Error>::from(error);
        assert_eq!(put.to_string(), text);
        assert!(put.as_store().is_some());
    }
}

#[test]
fn a_refusal_is_the_source_of_its_put_error() {
    let refused = PutError::Refused {
        path: "x.pdb".into(),
        refusal: PointerError::Empty,
    };
    assert_eq!(refused.to_string(), "the content for `x.pdb` was refused");
    assert_eq!(
        refused.source().map(ToString::to_string).as_deref(),
        Some("the pointer is empty")
    );
    assert!(refused.as_store().is_none());
}

#[test]
fn each_reason_of_a_bad_member_prints_one_plain_line() {
    let io = || ErrorKind::Other.into();
    let rows = [
        (
            ExpandError::UnknownFormat,
            "it is neither a cabinet (`MSCF`) nor an `SZDD` file",
        ),
        (ExpandError::Truncated, "it is truncated"),
        (ExpandError::Malformed("why"), "it is damaged: why"),
        (
            ExpandError::Corrupt { source: io() },
            "its compressed content is damaged",
        ),
        (ExpandError::NoMember, "the cabinet has no member"),
        (
            ExpandError::SeveralMembers(3),
            "the cabinet has 3 members instead of one",
        ),
        (ExpandError::PartOfSet, "the cabinet is one of a set"),
        (ExpandError::Unsupported(2), "the compression method 2 is not supported"),
        (
            ExpandError::TooLarge { claimed: 9, limit: 8 },
            "the member would have 9 bytes, more than the limit of 8",
        ),
        (
            ExpandError::Length { claimed: 9, actual: 8 },
            "the member has 8 bytes, its header says 9",
        ),
        (ExpandError::Read { source: io() }, "it cannot be read"),
    ];
    for (error, text) in rows {
        assert_eq!(error.to_string(), text);
    }
}
