//! The functions of scripts that are about names and addresses alone, as
//! [MDN](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file)
//! and, for the ones that end in `Ex`,
//! [Microsoft](https://learn.microsoft.com/en-us/windows/win32/winhttp/ipv6-extensions-to-navigator-auto-config-file-format)
//! describe them. Where the descriptions are silent we do as Chromium does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

use crate::host;

/// `isPlainHostName`: no dot, and not an IPv6 address, which has none either.
pub(super) fn is_plain_host_name(host: &str) -> bool {
    !host.contains('.') && literal(host).is_none()
}

/// `dnsDomainIs`: how the host ends. `dnsDomainIs("badexample.com", "example.com")` is true
/// everywhere; a leading dot makes the difference.
pub(super) fn dns_domain_is(host: &str, domain: &str) -> bool {
    host.ends_with(domain)
}

/// `localHostOrDomainIs`: the whole name, or its first labels.
pub(super) fn local_host_or_domain_is(host: &str, whole: &str) -> bool {
    whole
        .strip_prefix(host)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// `dnsDomainLevels`: how many dots.
pub(super) fn dns_domain_levels(host: &str) -> i32 {
    i32::try_from(host.matches('.').count()).unwrap_or(i32::MAX)
}

/// Four decimal numbers up to 255 of one to three digits, as `isInNet` wants them; leading zeros are
/// allowed and mean nothing.
pub(super) fn dotted(text: &str) -> Option<Ipv4Addr> {
    let mut bytes = [0; 4];
    let mut parts = text.split('.');
    for byte in &mut bytes {
        let part = parts.next()?;
        if !(1..=3).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *byte = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(bytes))
}

/// Whether an address and a pattern agree under a mask, whose ones need not stand together.
pub(super) fn in_net(address: Ipv4Addr, pattern: Ipv4Addr, mask: Ipv4Addr) -> bool {
    (address.to_bits() ^ pattern.to_bits()) & mask.to_bits() == 0
}

/// `convert_addr`: the address as a signed number. A part that is missing or no number counts as 0,
/// and of one that is too large the last eight bits.
pub(super) fn convert_addr(text: &str) -> i32 {
    let mut parts = text.split('.').map(|part| {
        let value = part.trim().parse::<i64>().unwrap_or(0);
        u8::try_from(value.rem_euclid(256)).unwrap_or(0)
    });
    let bytes = [(); 4].map(|()| parts.next().unwrap_or(0));
    i32::from_be_bytes(bytes)
}

/// `isInNetEx`: whether an address lies in `prefix/bits`; both must be of one family, or IPv4 in the
/// form that IPv6 has for it.
pub(super) fn is_in_net_ex(address: &str, prefix: &str) -> bool {
    let Some(address) = literal(address) else { return false };
    let Some((prefix, bits)) = prefix.split_once('/') else {
        return false;
    };
    let (Some(prefix), true) = (literal(prefix), bits.bytes().all(|b| b.is_ascii_digit())) else {
        return false;
    };
    let Ok(bits) = bits.parse::<u32>() else { return false };
    let (address, prefix, bits) = match (address, prefix) {
        (IpAddr::V4(_), IpAddr::V4(_)) if bits > 32 => return false,
        (IpAddr::V4(address), IpAddr::V4(prefix)) => (address.to_ipv6_mapped(), prefix.to_ipv6_mapped(), bits + 96),
        (IpAddr::V4(address), IpAddr::V6(prefix)) => (address.to_ipv6_mapped(), prefix, bits),
        (IpAddr::V6(address), IpAddr::V4(prefix)) if bits <= 32 => (address, prefix.to_ipv6_mapped(), bits + 96),
        (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        (IpAddr::V6(address), IpAddr::V6(prefix)) => (address, prefix, bits),
    };
    let differs = address.to_bits() ^ prefix.to_bits();
    bits <= 128 && (bits == 0 || differs.leading_zeros() >= bits)
}

/// `sortIpAddressList`: IPv6 before IPv4, ascending, each as it was written; `None` (a script sees
/// `false`) when there is no address or a text that is none.
pub(super) fn sort_ip_address_list(list: &str) -> Option<String> {
    let list: String = list.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    let mut addresses = Vec::new();
    for text in list.split(';').filter(|text| !text.is_empty()) {
        addresses.push((literal(text)?, text));
    }
    addresses.sort_by_key(|(address, _)| (address.is_ipv4(), *address));
    let sorted: Vec<&str> = addresses.iter().map(|(_, text)| *text).collect();
    Some(sorted.join(";")).filter(|sorted| !sorted.is_empty())
}

/// The addresses as scripts write lists of them.
pub(super) fn join(addresses: &[IpAddr]) -> String {
    let texts: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    texts.join(";")
}

/// The first address that older scripts understand.
pub(super) fn first_ipv4(addresses: &[IpAddr]) -> Option<Ipv4Addr> {
    addresses.iter().find_map(|address| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    })
}

/// What a look-up is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It is an address itself.
    Address(IpAddr),
    /// A name, international ones in their ASCII form, in lower case.
    Name(String),
}

/// Reads the argument of a look-up; `None` is no name that could be looked up.
pub(super) fn wanted(text: &str) -> Option<Wanted> {
    if let Some(address) = literal(text) {
        return Some(Wanted::Address(address));
    }
    match host::name(text).ok()? {
        Host::Domain(name) if name.len() > LONGEST_NAME => None,
        Host::Domain(name) => Some(Wanted::Name(name)),
        Host::Ipv4(address) => Some(Wanted::Address(address.into())),
        Host::Ipv6(address) => Some(Wanted::Address(address.into())),
    }
}

/// Of a name in text, with a dot at its end ([RFC 1035 §2.3.4](https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4)).
const LONGEST_NAME: usize = 254;

/// An address, IPv6 with brackets or without.
fn literal(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match bare {
        Some(text) => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}

/// What becomes of a pattern of `shExpMatch`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Glob {
    /// It has no other signs than `*` and `?`, and this is the answer.
    Plain(bool),
    /// Browsers make a regular expression of a pattern and leave its other signs alone, so that
    /// `(*.a.com|*.b.com)` means what it looks like. This is that expression.
    Expression(String),
}

/// `shExpMatch`: whether the whole text has the form of a pattern. Case counts.
pub(super) fn sh_exp_match(text: &str, pattern: &str) -> Glob {
    if pattern.contains(|c| r"\^$+()[]{}|".contains(c)) {
        let expression = pattern.replace('.', r"\.").replace('*', ".*").replace('?', ".");
        return Glob::Expression(format!("^{expression}$"));
    }
    let [text, pattern] = [text, pattern].map(|text| text.encode_utf16().collect::<Vec<_>>());
    Glob::Plain(matches(&text, &pattern))
}

/// Takes each `*` as short as possible and comes back to the last one alone: the time is at most the
/// product of both lengths. A `?` is what a script counts as one character.
fn matches(mut text: &[u16], mut pattern: &[u16]) -> bool {
    // `*` and `?`.
    const ANY: u16 = 0x2a;
    const ONE: u16 = 0x3f;
    let mut resume: Option<(&[u16], &[u16])> = None;
    loop {
        match (text, pattern) {
            (_, [ANY, rest @ ..]) => {
                resume = Some((text, rest));
                pattern = rest;
            }
            ([], []) => return true,
            ([first, text_rest @ ..], [wanted, rest @ ..]) if *wanted == ONE || first == wanted => {
                text = text_rest;
                pattern = rest;
            }
            _ => match resume {
                Some(([_, shorter @ ..], rest)) => {
                    resume = Some((shorter, rest));
                    text = shorter;
                    pattern = rest;
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests;
