//! [`Error`]: how an errand ends without an answer, grouped by whose fault it is.

use std::io;

use rustls::pki_types::pem;

/// Why an errand ended without an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller said [`Cancel`](crate::Cancel).
    #[error("cancelled")]
    Cancelled,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Entropy,
    /// The network, a peer, a bound or a refusal: the hop and what it did.
    #[error(transparent)]
    Http(symgate_http::Error),
    /// The caller's [`Handler`](crate::Handler) did not take the answer. The connection is closed; the network and the
    /// peer have nothing to do with it.
    #[error("the answer could not be stored")]
    Sink(#[source] io::Error),
}

/// What is wrong with a configuration. It does not name the file: whoever read it does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The client certificate and its key cannot be used together.
    #[error("the client certificate and its key cannot be used")]
    ClientCertificate(#[source] rustls::Error),
    /// The private key wants a password, and there is nobody here to ask for it.
    #[error("the private key is encrypted, which is not supported")]
    EncryptedKey,
    /// A configuration that was given as a whole brings its own client certificate.
    #[error("a TLS configuration that was given as a whole takes no client certificate")]
    GivenTls,
    /// The text holds no private key.
    #[error("the PEM text holds no usable private key")]
    Key(#[source] pem::Error),
    /// The private key is another certificate's.
    #[error("the private key does not belong to the client certificate")]
    KeyMismatch,
    /// The text holds no certificate that can be used.
    #[error("the PEM text holds no usable certificate")]
    NoCertificate,
    /// What should hold certificates is no PEM text: binary DER or PKCS #12, or something else.
    #[error("this is no PEM text")]
    NotPem,
    /// The text is damaged.
    #[error("the PEM text is damaged")]
    Pem(#[source] pem::Error),
}

/// What did not happen before its deadline; the source of a
/// [`FailureKind::Timeout`](symgate_http::FailureKind::Timeout) on a connection that was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Late {
    /// A connection became free.
    #[error("no connection became free in time")]
    Free,
    /// Bytes came.
    #[error("no bytes came in time")]
    Read,
    /// The TLS handshake finished.
    #[error("the TLS handshake did not finish in time")]
    Tls,
    /// Bytes were taken.
    #[error("the peer did not take our bytes in time")]
    Write,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_prints_one_plain_line() {
        let rustls = || rustls::Error::General("why".into());
        let http = symgate_http::Error::Misuse(symgate_http::Misuse::Spent);
        let http_line = http.to_string();
        let rows: [(Box<dyn std::error::Error>, &str); 16] = [
            (Box::new(Error::Cancelled), "cancelled"),
            (Box::new(Error::Entropy), "the operating system gives no random bytes"),
            (Box::new(Error::Http(http)), &http_line),
            (
                Box::new(Error::Sink(io::Error::other("full"))),
                "the answer could not be stored",
            ),
            (
                Box::new(ConfigError::ClientCertificate(rustls())),
                "the client certificate and its key cannot be used",
            ),
            (
                Box::new(ConfigError::EncryptedKey),
                "the private key is encrypted, which is not supported",
            ),
            (
                Box::new(ConfigError::KeyMismatch),
                "the private key does not belong to the client certificate",
            ),
            (Box::new(ConfigError::NotPem), "this is no PEM text"),
            (
                Box::new(ConfigError::GivenTls),
                "a TLS configuration that was given as a whole takes no client certificate",
            ),
            (
                Box::new(ConfigError::Key(pem::Error::NoItemsFound)),
                "the PEM text holds no usable private key",
            ),
            (
                Box::new(ConfigError::NoCertificate),
                "the PEM text holds no usable certificate",
            ),
            (
                Box::new(ConfigError::Pem(pem::Error::NoItemsFound)),
                "the PEM text is damaged",
            ),
            (Box::new(Late::Free), "no connection became free in time"),
            (Box::new(Late::Read), "no bytes came in time"),
            (Box::new(Late::Tls), "the TLS handshake did not finish in time"),
            (Box::new(Late::Write), "the peer did not take our bytes in time"),
        ];
        for (error, line) in rows {
            assert_eq!(error.to_string(), line);
        }
    }
}
