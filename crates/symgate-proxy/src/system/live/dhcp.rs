//! Option 252 of DHCP, where a system tells what its DHCP client was given.

use super::{Family, Machine, Registered};

pub(super) fn urls(machine: &dyn Machine) -> Vec<String> {
    let mut urls = match machine.family() {
        Family::Windows => interfaces(machine),
        // Only if NetworkManager is there and was told; other DHCP clients tell nobody.
        Family::Unix => machine
            .printed("nmcli", &["--terse", "--fields", "DHCP4", "device", "show"])
            .map(|bytes| from_nmcli(&String::from_utf8_lossy(&bytes)))
            .unwrap_or_default(),
        Family::MacOs => Vec::new(),
    };
    urls.truncate(URLS);
    urls
}

/// What the DHCP client of Windows keeps of each interface.
fn interfaces(machine: &dyn Machine) -> Vec<String> {
    let ids = machine.keys_below(INTERFACES);
    let values = ids.iter().filter_map(|id| {
        match machine.registered(&format!(r"{INTERFACES}\{id}"), "DhcpInterfaceOptions")? {
            Registered::Bytes(bytes) => option(&bytes),
            Registered::Number(_) | Registered::Text(_) => None,
        }
    });
    values.collect()
}

/// The text of option 252 in `DhcpInterfaceOptions`: records of five numbers of 32 bits (code, vendor's class, length, a
/// flag, the time of its end) and the data, filled up to four bytes. Undocumented; a value of another form says nothing.
fn option(mut bytes: &[u8]) -> Option<String> {
    while let Some((head, rest)) = bytes.split_first_chunk::<20>() {
        let number = |at: usize| {
            let four = head.get(at..at + 4).and_then(|four| four.first_chunk::<4>());
            four.map_or(0, |four| u32::from_le_bytes(*four))
        };
        let length = usize::try_from(number(8)).ok()?;
        let (data, _) = rest.split_at_checked(length)?;
        if number(0) == 252 {
            return url(&String::from_utf8_lossy(data));
        }
        bytes = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

/// Lines such as `DHCP4.OPTION[12]:wpad = http://wpad/wpad.dat`, colons in the value escaped.
fn from_nmcli(printed: &str) -> Vec<String> {
    let values = printed.lines().filter_map(|line| {
        let (_, option) = line.split_once(':')?;
        let (name, value) = option.split_once('=')?;
        matches!(name.trim(), "wpad" | "private_252").then_some(value)
    });
    values.filter_map(|value| url(&value.replace('\\', ""))).collect()
}

/// The text of the option: some servers end it with a zero or a line feed.
fn url(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace() || c == '\u{fffd}');
    let fits = text.len() <= LONGEST && !text.contains(char::is_control);
    (fits && !text.is_empty()).then(|| text.to_owned())
}

const INTERFACES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces";

/// Addresses that are told.
const URLS: usize = 4;

/// Bytes of an address: what fits into an option.
const LONGEST: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(code: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [code, 0, u32::try_from(data.len()).unwrap(), 0, 1_700_000_000] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn the_registry_of_windows_tells() {
        let mut bytes = record(1, &[255, 255, 255, 0]);
        bytes.extend(record(252, b"http://wpad/wpad.dat\0"));
        bytes.extend(record(51, &[0, 0, 1, 0]));
        assert_eq!(option(&bytes).as_deref(), Some("http://wpad/wpad.dat"));
        assert_eq!(option(&record(1, &[1, 2, 3])), None);
        for end in 0..bytes.len() {
            let cut = option(&bytes[..end]);
            assert!(cut.is_none_or(|url| url == "http://wpad/wpad.dat"), "{end}");
        }
        let mut lying = record(252, b"x");
        lying[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(option(&lying), None);
    }

    #[test]
    fn network_manager_tells() {
        let printed = "DHCP4.OPTION[1]:dhcp_lease_time = 3600\n\
                       DHCP4.OPTION[7]:wpad = http\\://pac.corp.com/p.pac\n\n\
                       DHCP4.OPTION[8]:private_252 = \n";
        assert_eq!(from_nmcli(printed), ["http://pac.corp.com/p.pac"]);
        assert!(from_nmcli("garbage\n:\n").is_empty());
    }
}
