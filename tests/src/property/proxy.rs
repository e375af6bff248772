//! Laws of `symgate-proxy`: any text as a setting.

#[path = "../../../crates/symgate-proxy/tests/laws/mod.rs"]
#[expect(
    dead_code,
    reason = "one law wants words of its own, which only the crate's proptest makes up"
)]
mod law;

/// Any text as a list of proxies.
pub fn proxy_list(bytes: &[u8]) {
    law::proxy_list_loses_nothing(bytes);
}

/// Any text as a list of exceptions.
pub fn no_proxy(bytes: &[u8]) {
    law::no_proxy_list_loses_nothing(bytes);
}

/// Two lines of any text as a system's list of exceptions and a URL.
pub fn bypass_list(bytes: &[u8]) {
    law::bypass_list_loses_nothing(bytes);
}

/// Any text as what a script returns.
pub fn pac_result(bytes: &[u8]) {
    law::pac_result_loses_nothing(bytes);
}

/// Three lines of any text as a list of proxies, a list of exceptions and a URL.
pub fn choose(bytes: &[u8]) {
    law::choosing_is_total(bytes);
}

/// Any text around a user and a password, as a list of proxies: nothing shows them.
pub fn proxy_secrets(bytes: &[u8]) {
    law::nothing_printed_depends_on_a_password(bytes);
}

/// Any bytes as a file of settings, and its first lines as the values of one.
pub fn proxy_settings(bytes: &[u8]) {
    law::settings_file_loses_nothing(bytes);
}

/// Any bytes as settings of KDE and GNOME, and its first lines as the values of both.
pub fn kioslaverc(bytes: &[u8]) {
    law::desktop_settings_lose_nothing(bytes);
}
