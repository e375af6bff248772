//! [`TlsError`]: what went wrong in TLS, told apart by what a person can do about it.

use std::fmt;
use std::path::PathBuf;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError};

use super::issuer::UnknownIssuer;

/// Why TLS failed. The peer's name and port are the caller's to print.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The peer ended TLS with this alert.
    #[error("the peer ended TLS with the alert `{}`", alert(*.0))]
    Alert(AlertDescription),
    /// The certificate is unacceptable for another reason.
    #[error("the certificate is unacceptable")]
    Certificate(#[source] rustls::Error),
    /// The peer did not take the client certificate that it was shown: its alert.
    #[error("the peer refused our client certificate with the alert `{}`", alert(*.0))]
    ClientCertificateRefused(AlertDescription),
    /// The peer lets nobody in without a client certificate, and was shown none.
    #[error("the peer wants a client certificate, and was shown none")]
    ClientCertificateWanted,
    /// The peer closed the connection during the handshake.
    #[error("the peer closed the connection during the TLS handshake")]
    Closed,
    /// The certificate is too old: its last second, since the Unix epoch, if known.
    #[error("the certificate expired{}", on(*.0))]
    Expired(Option<u64>),
    /// This cannot stand in a certificate.
    #[error("`{0}` is neither a name nor an address that a certificate could hold")]
    Name(String),
    /// The certificate is too new: its first second, since the Unix epoch, if known.
    #[error("the certificate is not valid yet{}", from(*.0))]
    NotYetValid(Option<u64>),
    /// A handshake message that does not fit into 64 KiB.
    #[error("the peer sent a TLS message without end")]
    Oversized,
    /// The peer broke the rules of TLS.
    #[error("the TLS connection failed")]
    Protocol(#[source] rustls::Error),
    /// The certificate was revoked.
    #[error("the certificate was revoked")]
    Revoked,
    /// The file of the authorities that we are to trust cannot be used.
    #[error("{named}, `{}`, cannot be used: {why}", .path.display())]
    Roots {
        /// The option or variable that names the file.
        named: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Our own configuration cannot be built.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
    /// The peer answered in plain HTTP: this is not a TLS port.
    #[error("the peer answered in plain HTTP where TLS was expected")]
    SpokeHttp,
    /// The peer answered with something that is not TLS.
    #[error("the peer does not speak TLS")]
    SpokeOther,
    /// Nobody whom we trust vouches for the certificate; who does, if known. The text is the peer's.
    #[error("the certificate was issued by {}, which is not trusted", issuer(.0.as_deref()))]
    UnknownIssuer(Option<String>),
    /// The certificate belongs to somebody else.
    #[error("the certificate is not for `{expected}`{}", instead(.presented))]
    WrongName {
        /// Whom we wanted.
        expected: String,
        /// Whom the certificate names, at most eight.
        presented: Vec<String>,
    },
}

impl TlsError {
    /// Whether the peer's certificate is the reason, rather than the handshake.
    #[must_use]
    pub const fn is_certificate(&self) -> bool {
        match self {
            Self::Certificate(_)
            | Self::Expired(_)
            | Self::NotYetValid(_)
            | Self::Revoked
            | Self::UnknownIssuer(_)
            | Self::WrongName { .. } => true,
            Self::Alert(_)
            | Self::ClientCertificateRefused(_)
            | Self::ClientCertificateWanted
            | Self::Closed
            | Self::Name(_)
            | Self::Oversized
            | Self::Protocol(_)
            | Self::Roots { .. }
            | Self::Setup(_)
            | Self::SpokeHttp
            | Self::SpokeOther => false,
        }
    }

    /// Whether the peer wants a client certificate, or another one than ours.
    #[must_use]
    pub const fn is_client_certificate(&self) -> bool {
        matches!(self, Self::ClientCertificateRefused(_) | Self::ClientCertificateWanted)
    }

    /// What an alert says about our own certificate, once the peer's is known: alerts about certificates come from
    /// whoever was to be shown one ([RFC 8446 §6.2](https://www.rfc-editor.org/rfc/rfc8446#section-6.2)).
    ///
    /// In TLS 1.2 a server that misses a certificate says `handshake_failure`
    /// ([RFC 5246 §7.4.6](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.6)). The same alert about algorithms comes
    /// before the server has sent anything; other servers say `bad_certificate` where they miss one.
    pub(crate) fn judging(self, ours: Ours) -> Self {
        use AlertDescription as Alert;
        match (self, ours) {
            (Self::Alert(Alert::CertificateRequired), _) => Self::ClientCertificateWanted,
            (
                Self::Alert(
                    alert @ (Alert::HandshakeFailure
                    | Alert::BadCertificate
                    | Alert::UnsupportedCertificate
                    | Alert::CertificateRevoked
                    | Alert::CertificateExpired
                    | Alert::CertificateUnknown
                    | Alert::UnknownCA),
                ),
                ours,
            ) => match ours {
                Ours::Shown => Self::ClientCertificateRefused(alert),
                Ours::Nothing => Self::ClientCertificateWanted,
            },
            (Self::Alert(alert @ Alert::AccessDenied), Ours::Shown) => Self::ClientCertificateRefused(alert),
            (error, _) => error,
        }
    }

    /// Sorts rustls' error; `first` are the bytes that it could not read, to recognise other protocols by.
    pub(crate) fn new(error: rustls::Error, first: &[u8]) -> Self {
        match error {
            rustls::Error::AlertReceived(description) => Self::Alert(description),
            rustls::Error::InvalidCertificate(reason) => Self::from_certificate(reason),
            rustls::Error::NoCertificatesPresented | rustls::Error::UnsupportedNameType => Self::Certificate(error),
            rustls::Error::InvalidMessage(_) if first.starts_with(b"HTTP/") => Self::SpokeHttp,
            rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => Self::SpokeOther,
            error => Self::Protocol(error),
        }
    }

    fn from_certificate(reason: CertificateError) -> Self {
        match reason {
            CertificateError::Expired => Self::Expired(None),
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(Some(not_after.as_secs())),
            CertificateError::NotValidYet => Self::NotYetValid(None),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid(Some(not_before.as_secs())),
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownIssuer => Self::UnknownIssuer(None),
            CertificateError::NotValidForName => Self::WrongName {
                expected: "the host".into(),
                presented: Vec::new(),
            },
            CertificateError::NotValidForNameContext { expected, presented } => Self::WrongName {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().take(8).map(|name| bare(name)).collect(),
            },
            CertificateError::Other(other) => match other.0.downcast_ref::<UnknownIssuer>() {
                Some(UnknownIssuer(name)) => Self::UnknownIssuer(Some(name.clone())),
                None => Self::Certificate(CertificateError::Other(other).into()),
            },
            reason => Self::Certificate(reason.into()),
        }
    }
}

/// What a peer that asks for a certificate gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ours {
    /// The one that we have.
    Shown,
    /// An empty list.
    Nothing,
}

/// The name to check a certificate against: `host` is a name, an IPv4 address, or an IPv6 address in brackets.
pub(crate) fn named(host: &str) -> Result<ServerName<'static>, TlsError> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))
}

/// A subject alternative name without the name of its kind: rustls writes `DnsName("a")` and `IpAddress(127.0.0.1)`.
fn bare(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

fn alert(description: AlertDescription) -> String {
    match description.as_str() {
        Some(name) => name.to_owned(),
        None => u8::from(description).to_string(),
    }
}

fn on(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| format!(" on {}", Date(seconds)))
}

fn from(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| format!(", only from {}", Date(seconds)))
}

fn issuer(name: Option<&str>) -> String {
    name.map_or_else(|| "somebody".to_owned(), |name| format!("`{name}`"))
}

fn instead(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(", but for `{}`", names.join("`, `")),
    }
}

/// Seconds since the Unix epoch, printed as the UTC day.
struct Date(u64);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proleptic Gregorian calendar, counted in years that begin in March so that the leap day is the last.
        let days = self.0 / 86_400 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        // `date -u -d @N +%F`
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (4_102_444_800, "2100-01-01"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(Date(seconds).to_string(), day, "{seconds}");
        }
    }

    #[test]
    fn alerts_about_certificates_are_about_ours() {
        use AlertDescription as Alert;
        for (alert, shown, nothing) in [
            (Alert::CertificateRequired, "wants", "wants"),
            (Alert::HandshakeFailure, "refused", "wants"),
            (Alert::BadCertificate, "refused", "wants"),
            (Alert::CertificateExpired, "refused", "wants"),
            (Alert::UnknownCA, "refused", "wants"),
            (Alert::AccessDenied, "refused", "ended"),
            (Alert::InternalError, "ended", "ended"),
            (Alert::DecryptError, "ended", "ended"),
        ] {
            for (ours, expected) in [(Ours::Shown, shown), (Ours::Nothing, nothing)] {
                let line = TlsError::Alert(alert).judging(ours).to_string();
                assert!(line.contains(expected), "{alert:?} {ours:?}: {line}");
            }
        }
    }

    #[test]
    fn every_error_prints_one_plain_line() {
        let source = || rustls::Error::General("why".into());
        for (error, certificate, line) in [
            (
                TlsError::Alert(AlertDescription::UnknownCA),
                false,
                "the peer ended TLS with the alert `UnknownCA`",
            ),
            (TlsError::Certificate(source()), true, "the certificate is unacceptable"),
            (
                TlsError::ClientCertificateRefused(AlertDescription::UnknownCA),
                false,
                "the peer refused our client certificate with the alert `UnknownCA`",
            ),
            (
                TlsError::ClientCertificateWanted,
                false,
                "the peer wants a client certificate, and was shown none",
            ),
            (
                TlsError::Closed,
                false,
                "the peer closed the connection during the TLS handshake",
            ),
            (TlsError::Expired(None), true, "the certificate expired"),
            (
                TlsError::Expired(Some(86_400)),
                true,
                "the certificate expired on 1970-01-02",
            ),
            (
                TlsError::Name("a b".into()),
                false,
                "`a b` is neither a name nor an address that a certificate could hold",
            ),
            (TlsError::NotYetValid(None), true, "the certificate is not valid yet"),
            (
                TlsError::NotYetValid(Some(0)),
                true,
                "the certificate is not valid yet, only from 1970-01-01",
            ),
            (TlsError::Oversized, false, "the peer sent a TLS message without end"),
            (TlsError::Protocol(source()), false, "the TLS connection failed"),
            (TlsError::Revoked, true, "the certificate was revoked"),
            (
                TlsError::Roots {
                    named: "SSL_CERT_FILE",
                    path: "roots.pem".into(),
                    why: "not found".into(),
                },
                false,
                "SSL_CERT_FILE, `roots.pem`, cannot be used: not found",
            ),
            (TlsError::Setup(source()), false, "TLS cannot be set up"),
            (
                TlsError::SpokeHttp,
                false,
                "the peer answered in plain HTTP where TLS was expected",
            ),
            (TlsError::SpokeOther, false, "the peer does not speak TLS"),
            (
                TlsError::UnknownIssuer(None),
                true,
                "the certificate was issued by somebody, which is not trusted",
            ),
            (
                TlsError::UnknownIssuer(Some("Corp CA".into())),
                true,
                "the certificate was issued by `Corp CA`, which is not trusted",
            ),
            (
                TlsError::WrongName {
                    expected: "a".into(),
                    presented: vec!["b".into(), "c".into()],
                },
                true,
                "the certificate is not for `a`, but for `b`, `c`",
            ),
        ] {
            assert_eq!(error.to_string(), line);
            assert_eq!(error.is_certificate(), certificate, "{line}");
        }
    }

    #[test]
    fn sorts_what_rustls_says() {
        use rustls::InvalidMessage;
        type Want = fn(&TlsError) -> bool;
        let rows: [(rustls::Error, &[u8], Want); 11] = [
            (rustls::Error::AlertReceived(AlertDescription::AccessDenied), b"", |e| {
                matches!(e, TlsError::Alert(_))
            }),
            (CertificateError::Expired.into(), b"", |e| {
                matches!(e, TlsError::Expired(None))
            }),
            (CertificateError::NotValidYet.into(), b"", |e| {
                matches!(e, TlsError::NotYetValid(None))
            }),
            (CertificateError::Revoked.into(), b"", |e| {
                matches!(e, TlsError::Revoked)
            }),
            (CertificateError::UnknownIssuer.into(), b"", |e| {
                matches!(e, TlsError::UnknownIssuer(None))
            }),
            (CertificateError::NotValidForName.into(), b"", |e| {
                matches!(e, TlsError::WrongName { .. })
            }),
            (CertificateError::BadSignature.into(), b"", |e| {
                matches!(e, TlsError::Certificate(_))
            }),
            (rustls::Error::NoCertificatesPresented, b"", |e| {
                matches!(e, TlsError::Certificate(_))
            }),
            (InvalidMessage::InvalidContentType.into(), b"HTTP/1.1 400", |e| {
                matches!(e, TlsError::SpokeHttp)
            }),
            (InvalidMessage::InvalidContentType.into(), b"220 ftp", |e| {
                matches!(e, TlsError::SpokeOther)
            }),
            (rustls::Error::DecryptError, b"", |e| matches!(e, TlsError::Protocol(_))),
        ];
        for (error, first, want) in rows {
            let sorted = TlsError::new(error.clone(), first);
            assert!(want(&sorted), "{error:?} became {sorted:?}");
        }
    }

    #[test]
    fn hosts_become_names_to_check() {
        for (host, expected) in [
            ("symbols.example", Some("symbols.example")),
            ("127.0.0.1", Some("127.0.0.1")),
            ("[::1]", Some("::1")),
            ("under_score.example", Some("under_score.example")),
            ("a b", None),
            ("", None),
        ] {
            let name = named(host).ok();
            assert_eq!(name.as_ref().map(ServerName::to_str).as_deref(), expected, "{host}");
        }
    }
}
