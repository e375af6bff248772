//! Reading a symbol path (SYMSRV §1.1). Total: every text is a value, and each correction a [`Warning`].
//!
//! The text is split at `;` into elements and each element at `*` into tokens; neither can be escaped. Elements and
//! tokens lose the blanks and quotes around them. What an element is, its first token says.

use crate::directory::{Directory, is_margin, scheme, trim};
use crate::element::{Chain, Element, Local, Store, Written};
use crate::http::{self, HttpBase, HttpBaseError};
use crate::warning::{Warning, WarningKind};

/// Reads all elements of `text`, empty ones left out.
pub(crate) fn parse(text: &str) -> (Vec<Element>, Vec<Warning>) {
    let mut parser = Parser::default();
    let mut elements = Vec::new();
    for piece in Token::pieces(text, 0, ';') {
        parser.warn_of_characters(piece);
        let element = piece.trimmed();
        if !element.text.is_empty() {
            elements.push(parser.element(element));
        }
    }
    let Parser { mut warnings } = parser;
    warnings.sort_by_key(|warning| warning.offset);
    (elements, warnings)
}

#[derive(Default)]
struct Parser {
    warnings: Vec<Warning>,
}

impl Parser {
    fn warn(&mut self, offset: usize, kind: WarningKind) {
        self.warnings.push(Warning { offset, kind });
    }

    /// One warning of each kind for an element: a hundred quotes are one mistake.
    fn warn_of_characters(&mut self, element: Token<'_>) {
        if let Some(at) = element.text.find('"') {
            self.warn(element.offset + at, WarningKind::Quote);
        }
        let inner = element.trimmed();
        if let Some(at) = inner.text.find(char::is_control) {
            self.warn(inner.offset + at, WarningKind::ControlCharacter);
        }
    }

    fn element(&mut self, element: Token<'_>) -> Element {
        let mut tokens = Token::pieces(element.text, element.offset, '*').map(Token::trimmed);
        // Splitting yields at least one piece.
        let head = tokens.next().unwrap_or(element);
        let rest: Vec<Token<'_>> = tokens.collect();
        if rest.is_empty() {
            return self.plain(head);
        }
        if head.is("srv") {
            Element::Server(self.chain(&rest))
        } else if head.is("symsrv") {
            self.symsrv(&rest)
        } else if head.is("cache") {
            Element::Cache(self.cache(&rest))
        } else if head.is("debuginfod") {
            self.debuginfod(head, &rest)
        } else {
            self.warn(element.offset, WarningKind::MissingPrefix);
            let all: Vec<Token<'_>> = [head].into_iter().chain(rest).collect();
            Element::Server(self.chain(&all))
        }
    }

    fn plain(&mut self, token: Token<'_>) -> Element {
        if scheme(token.text).is_none() {
            return Element::Directory(Directory::from_token(token.text));
        }
        self.warn(token.offset, WarningKind::UrlWithoutPrefix);
        Element::Server(self.chain(&[token]))
    }

    fn chain(&mut self, tokens: &[Token<'_>]) -> Chain {
        // `srv*` alone is no chain of one default store but the default server.
        if let [] | [Token { text: "", .. }] = tokens {
            return Chain::of(Vec::new());
        }
        let stores: Vec<(usize, Written)> = tokens
            .iter()
            .take(Chain::MAX)
            .map(|token| (token.offset, self.store(*token)))
            .collect();
        if let Some(token) = tokens.get(Chain::MAX) {
            self.warn(token.offset, WarningKind::TooManyStores);
        }
        if let Some((_, downstream)) = stores.split_last() {
            for (offset, store) in downstream {
                if matches!(store, Written::Store(Store::Http(_))) {
                    self.warn(*offset, WarningKind::HttpNotLast);
                }
            }
        }
        Chain::of(stores.into_iter().map(|(_, store)| store).collect())
    }

    fn store(&mut self, token: Token<'_>) -> Written {
        if token.text.is_empty() {
            return Written::Store(Store::Default);
        }
        if scheme(token.text).is_none() {
            return Written::Store(Store::Directory(Directory::from_token(token.text)));
        }
        match self.url(token) {
            Ok(base) => Written::Store(Store::Http(base)),
            Err(error) => {
                self.warn(
                    token.offset,
                    WarningKind::InvalidUrl {
                        reason: error.to_string(),
                    },
                );
                Written::Invalid(without_password(token.text))
            }
        }
    }

    fn url(&mut self, token: Token<'_>) -> Result<HttpBase, HttpBaseError> {
        let read = http::read(token.text)?;
        if read.base.userinfo().is_some() {
            self.warn(token.offset, WarningKind::Userinfo);
        }
        if read.query {
            self.warn(token.offset, WarningKind::Query);
        }
        if read.fragment {
            self.warn(token.offset, WarningKind::Fragment);
        }
        Ok(read.base)
    }

    fn symsrv(&mut self, tokens: &[Token<'_>]) -> Element {
        // The caller saw an asterisk, so there is a token, if only an empty one.
        let Some((dll, rest)) = tokens.split_first() else {
            return Element::Server(Chain::of(Vec::new()));
        };
        let file = dll.text.rsplit(['/', '\\']).next().unwrap_or(dll.text);
        if file.eq_ignore_ascii_case("symsrv.dll") && scheme(dll.text).is_none() {
            return Element::Server(self.chain(rest));
        }
        let text: Vec<String> = rest.iter().map(|token| self.scrubbed(*token)).collect();
        let name = self.scrubbed(*dll);
        self.warn(
            dll.offset,
            match name.as_str() {
                "" => WarningKind::MissingDll,
                _ => WarningKind::UnsupportedServer { dll: name.clone() },
            },
        );
        Element::Unsupported {
            dll: name,
            text: text.join("*"),
        }
    }

    fn cache(&mut self, tokens: &[Token<'_>]) -> Local {
        if let Some(token) = tokens.get(1) {
            self.warn(token.offset, WarningKind::TextAfterCache);
        }
        match tokens.first() {
            None | Some(Token { text: "", .. }) => Local::Default,
            Some(token) if scheme(token.text).is_some() => {
                self.warn(token.offset, WarningKind::CacheNotDirectory);
                Local::Default
            }
            Some(token) => Local::Directory(Directory::from_token(token.text)),
        }
    }

    fn debuginfod(&mut self, head: Token<'_>, tokens: &[Token<'_>]) -> Element {
        let mut servers = Vec::new();
        for token in tokens.iter().filter(|token| !token.text.is_empty()) {
            match self.url(*token) {
                Ok(server) => servers.push(server),
                Err(_) => self.warn(token.offset, WarningKind::DebugInfodServer),
            }
        }
        if servers.is_empty() {
            self.warn(head.offset, WarningKind::NoServers);
        }
        Element::DebugInfod(servers)
    }

    /// Prints a token that is kept but not understood, without the password that a URL in it may have.
    fn scrubbed(&mut self, token: Token<'_>) -> String {
        if scheme(token.text).is_none() || !token.text.contains('@') {
            return token.text.to_owned();
        }
        self.warn(token.offset, WarningKind::Userinfo);
        match http::read(token.text) {
            Ok(read) => read.base.to_string(),
            Err(_) => without_password(token.text),
        }
    }
}

/// Replaces a URL that could not be taken apart, and may hold a password, by one that is equally invalid. A colon is
/// enough: in `https://me:pass;word@h` the path's own `;` has cut the password in two.
fn without_password(text: &str) -> String {
    match text.split_once(':') {
        Some((scheme, rest)) if rest.contains([':', '@']) => format!("{scheme}://[invalid]"),
        _ => text.to_owned(),
    }
}

/// A piece of the text and the byte where it begins.
#[derive(Clone, Copy)]
struct Token<'t> {
    offset: usize,
    text: &'t str,
}

impl<'t> Token<'t> {
    /// Splits `text`, which begins at byte `offset`, at each `separator`.
    fn pieces(text: &'t str, offset: usize, separator: char) -> impl Iterator<Item = Self> {
        let mut next = offset;
        text.split(separator).map(move |text| {
            let offset = next;
            next += text.len() + separator.len_utf8();
            Self { offset, text }
        })
    }

    fn trimmed(self) -> Self {
        let start = self.text.len() - self.text.trim_start_matches(is_margin).len();
        Self {
            offset: self.offset + start,
            text: trim(self.text),
        }
    }

    fn is(self, keyword: &str) -> bool {
        self.text.eq_ignore_ascii_case(keyword)
    }
}

#[cfg(test)]
mod tests;
