//! The forms of SYMSRV §2.3, and what is none of them.

use super::*;

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

#[test]
fn understands_each_form() {
    let path = |text: &str| Pointer::Path(text.into());
    let message = |text: &str, no_longer_indexed| Pointer::Message {
        text: text.into(),
        no_longer_indexed,
    };
    let rows: Vec<(Vec<u8>, Pointer)> = vec![
        (br"\\server\share\dir\x.pdb".into(), path(r"\\server\share\dir\x.pdb")),
        (
            b"PATH:\\\\server\\share\\x.pdb\r\n".into(),
            path(r"\\server\share\x.pdb"),
        ),
        (
            b"path: \\\\server\\share\\x.pdb \0\0\n".into(),
            path(r"\\server\share\x.pdb"),
        ),
        (br"C:\build\x.pdb".into(), path(r"C:\build\x.pdb")),
        (b"d:/build/x.pdb".into(), path("d:/build/x.pdb")),
        (b"/srv/build/../x.pdb".into(), path("/srv/build/../x.pdb")),
        (b"PATH:https://h/x.pdb".into(), Pointer::Url("https://h/x.pdb".into())),
        (
            b"HTTP://h/x.pdb?a=<b>".into(),
            Pointer::Url("HTTP://h/x.pdb?a=<b>".into()),
        ),
        (br"x.pdb\1\x.pdb".into(), Pointer::Relative(r"x.pdb\1\x.pdb".into())),
        (b"..x/x.pdb".into(), Pointer::Relative("..x/x.pdb".into())),
        (b"PATH:x.pdb".into(), Pointer::Relative("x.pdb".into())),
        (b"MSG".into(), message("", false)),
        (b"MSG: not public \r\n".into(), message("not public", false)),
        (b"msg not public".into(), message("not public", false)),
        (b"MSGS\\x.pdb".into(), Pointer::Relative(r"MSGS\x.pdb".into())),
        (
            b"MSG: NOLONGERINDEXED, since May".into(),
            message("NOLONGERINDEXED, since May", true),
        ),
        (
            b"MSG:this file is No longer indexed".into(),
            message("this file is No longer indexed", true),
        ),
        (b"\xef\xbb\xbf\\\\s\\x.pdb".into(), path(r"\\s\x.pdb")),
        ("\\\\s\\Käse.pdb".as_bytes().into(), path("\\\\s\\Käse.pdb")),
        (b"\\\\s\\K\xe4se.pdb".into(), path("\\\\s\\Käse.pdb")),
        (utf16("\\\\s\\Käse.pdb\r\n", u16::to_le_bytes), path("\\\\s\\Käse.pdb")),
        (utf16("\\\\s\\x.pdb\0", u16::to_be_bytes), path(r"\\s\x.pdb")),
        (
            [utf16("\\\\s\\x.pdb", u16::to_le_bytes), vec![0]].concat(),
            path(r"\\s\x.pdb"),
        ),
    ];
    for (bytes, expected) in rows {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(Pointer::parse(&bytes), Ok(expected), "{shown:?}");
    }
}

#[test]
fn refuses_what_is_no_pointer() {
    let rows: Vec<(Vec<u8>, PointerError)> = vec![
        (b"".into(), PointerError::Empty),
        (b" \r\n\0".into(), PointerError::Empty),
        (b"PATH: ".into(), PointerError::Empty),
        (b"\xff\xfe".into(), PointerError::Empty),
        (vec![b'a'; MAX_POINTER + 1], PointerError::TooLong),
        (b"\xff\xfea".into(), PointerError::Encoding),
        (b"\xff\xfe\x00\xd8".into(), PointerError::Encoding),
        (b"\\\\s\\x.pdb\nsecond".into(), PointerError::Control(9)),
        (b"MSG: \x1b[31mred".into(), PointerError::Control(5)),
        (b"<html>Sign in</html>".into(), PointerError::NotAPath),
        (b"PATH:x*.pdb".into(), PointerError::NotAPath),
        (b"ftp://h/x.pdb".into(), PointerError::NotAPath),
        (b"C:x.pdb".into(), PointerError::NotAPath),
        (br"..\..\etc\passwd".into(), PointerError::Escapes),
        (b"PATH:a/../../x".into(), PointerError::Escapes),
    ];
    for (bytes, expected) in rows {
        let shown = String::from_utf8_lossy(bytes.get(..40).unwrap_or(&bytes)).into_owned();
        assert_eq!(Pointer::parse(&bytes), Err(expected.clone()), "{shown:?}");
        let text = expected.to_string();
        assert!(text.starts_with("the pointer ") && !text.ends_with('.'), "{text}");
    }
}

#[test]
fn takes_a_pointer_of_just_the_largest_size() {
    let text = "a".repeat(MAX_POINTER);
    assert_eq!(Pointer::parse(text.as_bytes()), Ok(Pointer::Relative(text.clone())));
}

#[test]
fn knows_a_path_of_windows_by_its_beginning() {
    for (path, expected) in [
        (r"\\s\x.pdb", true),
        (r"\x.pdb", true),
        (r"\/s/x.pdb", true),
        (r"C:\x.pdb", true),
        ("d:/x.pdb", true),
        ("/x.pdb", false),
        ("//s/x.pdb", false),
        (r"/a\b.pdb", false),
    ] {
        assert_eq!(Pointer::is_windows_path(path), expected, "{path}");
    }
}
