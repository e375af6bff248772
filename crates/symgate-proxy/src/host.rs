//! Host names, addresses and ports, as they stand in settings.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::Host;

use crate::warning::Fault;

/// Reads a port in decimal digits, 1 to 65535.
pub(crate) fn port(text: &str) -> Result<u16, Fault> {
    // `u16::from_str` alone would take `+80`.
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Fault::Port);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(Fault::Port),
        Ok(port) => Ok(port),
    }
}

/// Reads a host name (IDN included) or an IPv4 address with the URL standard's parser, then keeps
/// to the characters of real host names: that parser would also accept `a;b` and `%61`.
pub(crate) fn name(text: &str) -> Result<Host<String>, Fault> {
    if text.contains('%') || text.starts_with('[') {
        return Err(Fault::Host);
    }
    let host = Host::parse(text).map_err(|_| Fault::Host)?;
    let Host::Domain(name) = &host else { return Ok(host) };
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    let plain = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if labels.into_iter().all(plain) {
        Ok(host)
    } else {
        Err(Fault::Host)
    }
}

/// Splits `[address]rest` into the address and what follows the bracket.
pub(crate) fn bracketed(text: &str) -> Option<Result<(Ipv6Addr, &str), Fault>> {
    let inner = text.strip_prefix('[')?;
    let split = inner.split_once(']').ok_or(Fault::Host);
    Some(split.and_then(|(address, rest)| Ok((address.parse::<Ipv6Addr>().map_err(|_| Fault::Host)?, rest))))
}

/// Reads `host`, `host:port`, `[v6]` or `[v6]:port` of a proxy.
pub(crate) fn authority(text: &str) -> Result<(Host<String>, Option<u16>), Fault> {
    if let Some(split) = bracketed(text) {
        let (address, rest) = split?;
        return Ok((Host::Ipv6(address), after_colon(rest)?));
    }
    match text.split_once(':') {
        None => Ok((name(text)?, None)),
        Some(_) if text.parse::<Ipv6Addr>().is_ok() => Err(Fault::Brackets),
        Some((host, digits)) => Ok((name(host)?, Some(port(digits)?))),
    }
}

/// Reads what follows a bracket: nothing, or a colon and a port.
pub(crate) fn after_colon(rest: &str) -> Result<Option<u16>, Fault> {
    match rest.strip_prefix(':') {
        Some(digits) => port(digits).map(Some),
        None if rest.is_empty() => Ok(None),
        None => Err(Fault::Port),
    }
}

/// Reads an IPv4 address in its one strict form: four decimal numbers without leading zeros.
pub(crate) fn ipv4(text: &str) -> Option<Ipv4Addr> {
    text.parse().ok()
}
