//! What SSPI's status codes mean for a client, in words of our own: the system's are in the user's language.

use windows_sys::Win32::Foundation::{
    SEC_E_BAD_BINDINGS, SEC_E_BUFFER_TOO_SMALL, SEC_E_CONTEXT_EXPIRED, SEC_E_DECRYPT_FAILURE, SEC_E_DOWNGRADE_DETECTED,
    SEC_E_INCOMPLETE_CREDENTIALS, SEC_E_INTERNAL_ERROR, SEC_E_INVALID_TOKEN, SEC_E_KDC_UNKNOWN_ETYPE,
    SEC_E_LOGON_DENIED, SEC_E_MESSAGE_ALTERED, SEC_E_MUTUAL_AUTH_FAILED, SEC_E_NO_AUTHENTICATING_AUTHORITY,
    SEC_E_NO_CREDENTIALS, SEC_E_OUT_OF_SEQUENCE, SEC_E_SECPKG_NOT_FOUND, SEC_E_TARGET_UNKNOWN, SEC_E_TIME_SKEW,
    SEC_E_UNKNOWN_CREDENTIALS, SEC_E_UNSUPPORTED_FUNCTION, SEC_E_WRONG_PRINCIPAL,
};

/// A status as part of a sentence.
pub(super) fn text(status: i32) -> String {
    match TEXTS.iter().find(|(known, _)| *known == status) {
        Some((_, text)) => (*text).to_owned(),
        None => format!("status 0x{status:08x}"),
    }
}

/// The package is not installed.
pub(super) const NO_PACKAGE: i32 = SEC_E_SECPKG_NOT_FOUND;

/// The peer's token cannot be read.
pub(super) const BAD_TOKEN: i32 = SEC_E_INVALID_TOKEN;

const TEXTS: &[(i32, &str)] = &[
    (SEC_E_BAD_BINDINGS, "the channel bindings differ"),
    (SEC_E_BUFFER_TOO_SMALL, "the token is longer than the system allows"),
    (SEC_E_CONTEXT_EXPIRED, "the ticket expired"),
    (SEC_E_DECRYPT_FAILURE, "it cannot be decrypted"),
    (
        SEC_E_DOWNGRADE_DETECTED,
        "no domain controller can be reached, or somebody is in between",
    ),
    (SEC_E_INCOMPLETE_CREDENTIALS, "the credentials are not complete"),
    (SEC_E_INTERNAL_ERROR, "an error inside the system"),
    (SEC_E_INVALID_TOKEN, "it cannot be read"),
    (
        SEC_E_KDC_UNKNOWN_ETYPE,
        "the domain controller does not know the encryption",
    ),
    (SEC_E_LOGON_DENIED, "the logon was denied"),
    (SEC_E_MESSAGE_ALTERED, "it was altered"),
    (SEC_E_MUTUAL_AUTH_FAILED, "the peer did not prove itself"),
    (SEC_E_NO_AUTHENTICATING_AUTHORITY, "no domain controller can be reached"),
    (SEC_E_NO_CREDENTIALS, "no credentials"),
    (SEC_E_OUT_OF_SEQUENCE, "it is out of sequence"),
    (SEC_E_SECPKG_NOT_FOUND, "no such package"),
    (SEC_E_TARGET_UNKNOWN, "the domain does not know the service"),
    (SEC_E_TIME_SKEW, "the clocks differ too much"),
    (SEC_E_UNKNOWN_CREDENTIALS, "the credentials are not known"),
    (SEC_E_UNSUPPORTED_FUNCTION, "not supported"),
    (SEC_E_WRONG_PRINCIPAL, "the peer is somebody else"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_words_and_a_strange_one_its_number() {
        assert_eq!(text(SEC_E_TIME_SKEW), "the clocks differ too much");
        assert_eq!(text(-2_146_893_000), "status 0x80090338");
        for (status, words) in TEXTS {
            assert_eq!(text(*status), *words);
        }
    }
}
