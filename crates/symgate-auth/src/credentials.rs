//! [`Credentials`]: what a person, a file or a helper answers when a peer asks who we are.

use std::fmt;

use crate::Secret;

/// An answer to a request for authentication, shared as [`Arc`](std::sync::Arc), never copied.
///
/// The user name is not secret for us (diagnostics must name it); the secret part is a [`Secret`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Credentials {
    /// A user name and a password.
    Password(Password),
    /// A bearer token ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)), for servers only.
    Bearer(Secret),
}

/// A user name with its password.
pub struct Password {
    /// The name as typed; may be `DOMAIN\user` or `user@realm`, which the mechanism understands or passes on.
    pub user: String,
    /// The password, in UTF-8.
    pub password: Secret,
}

impl Credentials {
    /// Credentials made of a user name and a password.
    ///
    /// ```
    /// use symgate_auth::Credentials;
    ///
    /// let alice = Credentials::password("alice", "S3cret pass");
    /// assert_eq!(alice.user(), Some("alice"));
    /// assert!(!format!("{alice:?}").contains("S3cret"));
    /// ```
    #[must_use]
    pub fn password(user: impl Into<String>, password: impl Into<Vec<u8>>) -> Self {
        Self::Password(Password {
            user: user.into(),
            password: Secret::new(password),
        })
    }

    /// The user's name, where the kind has one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::Password(password) => Some(&password.user),
            Self::Bearer(_) => None,
        }
    }

    /// Whether both are the same answer: kind, user and secret; the secret is compared in constant time.
    ///
    /// This is the only comparison of credentials in the project: two sources that give the same answer count once.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Password(a), Self::Password(b)) => a.user == b.user && a.password.same(&b.password),
            (Self::Bearer(a), Self::Bearer(b)) => a.same(b),
            (Self::Password(_), Self::Bearer(_)) | (Self::Bearer(_), Self::Password(_)) => false,
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured, so that a new field does not print before somebody decides.
        let Self { user, password } = self;
        f.debug_struct("Password")
            .field("user", user)
            .field("password", password)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_looks_at_kind_user_and_secret() {
        let table = [
            (Credentials::password("a", "x"), Credentials::password("a", "x"), true),
            (Credentials::password("a", "x"), Credentials::password("a", "y"), false),
            (Credentials::password("a", "x"), Credentials::password("b", "x"), false),
            (
                Credentials::password("", "x"),
                Credentials::Bearer(Secret::new("x")),
                false,
            ),
            (
                Credentials::Bearer(Secret::new("x")),
                Credentials::Bearer(Secret::new("x")),
                true,
            ),
        ];
        for (a, b, same) in &table {
            assert_eq!(a.same(b), *same, "{a:?} {b:?}");
            assert_eq!(b.same(a), *same, "{b:?} {a:?}");
        }
    }

    #[test]
    fn debug_hides_the_password() {
        let shown = format!("{:?}", Credentials::password("alice", "S3cret"));
        assert_eq!(shown, r#"Password(Password { user: "alice", password: [secret] })"#);
    }
}
