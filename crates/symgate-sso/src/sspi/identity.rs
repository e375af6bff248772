//! Name and password in the form that SSPI takes: UTF-16, cleared on drop.

use std::ptr;
use std::str;

use symgate_auth::Secret;
use windows_sys::Win32::System::Rpc::{SEC_WINNT_AUTH_IDENTITY_UNICODE, SEC_WINNT_AUTH_IDENTITY_W};

/// A user, by name and password.
pub(super) struct Identity {
    user: Wide,
    domain: Wide,
    password: Wide,
}

impl Identity {
    /// `None` when the password is not UTF-8, or a part is longer than the system takes.
    pub(super) fn new(user: &str, domain: &str, password: &Secret) -> Option<Self> {
        let password = str::from_utf8(password.expose()).ok()?;
        let fits = [user, domain, password].iter().all(|part| part.len() <= LONGEST);
        fits.then(|| Self {
            user: Wide::new(user),
            domain: Wide::new(domain),
            password: Wide::new(password),
        })
    }

    /// The structure of the interface. Its pointers are good as long as `self`.
    pub(super) fn data(&self) -> SEC_WINNT_AUTH_IDENTITY_W {
        SEC_WINNT_AUTH_IDENTITY_W {
            User: self.user.as_ptr().cast_mut(),
            UserLength: self.user.len(),
            Domain: self.domain.as_ptr().cast_mut(),
            DomainLength: self.domain.len(),
            Password: self.password.as_ptr().cast_mut(),
            PasswordLength: self.password.len(),
            Flags: SEC_WINNT_AUTH_IDENTITY_UNICODE,
        }
    }
}

/// UTF-16 with a zero at its end.
pub(super) struct Wide(Vec<u16>);

impl Wide {
    pub(super) fn new(text: &str) -> Self {
        // Room for all from the start: a vector that grows leaves copies behind. UTF-16 never has more units than
        // UTF-8 has bytes.
        let mut units = Vec::with_capacity(text.len() + 1);
        units.extend(text.encode_utf16());
        units.push(0);
        Self(units)
    }

    pub(super) const fn as_ptr(&self) -> *const u16 {
        self.0.as_ptr()
    }

    /// The units before the zero. Only names and what an `Identity` bounds are asked for it.
    const fn len(&self) -> u32 {
        self.0.len() as u32 - 1
    }
}

impl Drop for Wide {
    fn drop(&mut self) {
        for unit in &mut self.0 {
            // SAFETY: it is a live value; the write is volatile so that it happens although nobody reads it again.
            unsafe { ptr::write_volatile(unit, 0) };
        }
    }
}

/// Longer than any name or password that Windows takes.
const LONGEST: usize = 32_767;

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;

    #[test]
    fn text_becomes_units_and_a_zero() {
        for text in ["", "alice", "pässwörd", "🔑"] {
            let wide = Wide::new(text);
            let expected: Vec<u16> = text.encode_utf16().chain([0]).collect();
            assert_eq!(wide.0, expected, "{text}");
            assert_eq!(wide.len() as usize, expected.len() - 1, "{text}");
        }
    }

    #[test]
    fn structure_names_the_parts() {
        let identity = Identity::new("alice", "LAB", &Secret::new("S3cret pass")).expect("text");
        let data = identity.data();
        for (pointer, length, text) in [
            (data.User, data.UserLength, "alice"),
            (data.Domain, data.DomainLength, "LAB"),
            (data.Password, data.PasswordLength, "S3cret pass"),
        ] {
            // SAFETY: pointer and length are those of a string of `identity`.
            let units = unsafe { slice::from_raw_parts(pointer, length as usize) };
            assert_eq!(String::from_utf16_lossy(units), text);
        }
    }

    #[test]
    fn password_that_is_no_text_or_endless_is_refused() {
        for password in [vec![0xff], vec![b'x'; LONGEST + 1]] {
            assert!(Identity::new("alice", "", &Secret::new(password)).is_none());
        }
    }
}
