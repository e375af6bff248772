//! Pages as proxies send them, and pages that nobody should send.

use super::*;

#[test]
fn keeps_words_and_drops_the_rest() {
    for (page, kind, expected) in [
        ("<p>a</p><p>b</p>", "text/html", Some("a\nb")),
        ("a <b>c</b> d<br>e", "text/html; charset=utf-8", Some("a c d\ne")),
        ("<STYLE>x</sTyLe>a<Script>'</b>'</SCRIPT >b", "text/html", Some("ab")),
        ("<!-- a > b -->c", "text/html", Some("c")),
        ("<!-- never closed", "text/html", None),
        ("a < b &lt;i&gt; &#65;&amp;", "text/html", Some("a < b <i> A&")),
        ("<a href='x>y'>z</a>", "text/html", Some("y'>z")),
        ("<title>T</title>\n<h1>T</h1>", "text/html", Some("T")),
        ("plain\r\n\r\ntext\u{1b}[2J", "text/plain", Some("plain\ntext [2J")),
        ("<html>x", "", Some("x")),
        ("a\u{202e}b", "text/plain", Some("a\u{fffd}b")),
        ("&#27;[31m&#x202e;", "text/html", Some("&#27;[31m\u{fffd}")),
        ("\u{1}\0binary", "application/octet-stream", None),
        ("x\0", "", None),
        ("{\"a\": 1}", "application/json", None),
        ("", "text/html", None),
        ("<p></p>", "text/html", None),
    ] {
        assert_eq!(reduce(page.as_bytes(), Some(kind)).as_deref(), expected, "{page}");
    }
}

#[test]
fn a_page_of_squid_keeps_its_message() {
    let page =
        b"<!DOCTYPE html><html><head><meta name=\"x\"><title>ERROR: The requested URL could not be retrieved</title>\
        <style type=\"text/css\"><!-- body :lang(fa) { direction: rtl; } --></style></head>\
        <body id=\"ERR_ACCESS_DENIED\"><div id=\"titles\"><h1>ERROR</h1></div><hr>\
        <blockquote id=\"error\"><p><b>Access Denied.</b></p></blockquote>\
        <p>Your cache administrator is <a href=\"mailto:w\">webmaster</a>.</p></body></html>";
    assert_eq!(
        reduce(page, Some("text/html;charset=utf-8")).unwrap(),
        "ERROR: The requested URL could not be retrieved\nERROR\nAccess Denied.\nYour cache administrator is webmaster."
    );
}

#[test]
fn a_long_page_is_cut_and_says_so() {
    let text = reduce("ä ".repeat(100_000).as_bytes(), Some("text/plain")).unwrap();
    assert_eq!(text.chars().count(), CHARS + 1);
    assert!(text.ends_with('…'));
}
