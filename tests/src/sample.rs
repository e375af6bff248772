//! Symbol files that the tests of the command ask for: each by its number, none like another.

use crate::made::Pdb;

/// A made PDB, and what it is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample(pub u8);

impl Sample {
    /// The name of the PDB: `app3.pdb` for the third.
    #[must_use]
    pub fn name(self) -> String {
        format!("app{}.pdb", self.0)
    }

    /// The GUID, as it is printed.
    #[must_use]
    pub fn guid(self) -> [u8; 16] {
        let mut guid = *b"\x49\x7b\x72\xf6\x39\x0a\x44\xfc\x87\x8e\x5a\x2d\x63\xb6\xcc\x00";
        guid[15] = self.0;
        guid
    }

    /// The key: the GUID and the age, which is 1.
    #[must_use]
    pub fn key(self) -> String {
        format!("497B72F6390A44FC878E5A2D63B6CC{:02X}1", self.0)
    }

    /// The target on the command line, `NAME/KEY`.
    #[must_use]
    pub fn target(self) -> String {
        format!("{}/{}", self.name(), self.key())
    }

    /// Its place in a store of one tier, `NAME/KEY/NAME`.
    #[must_use]
    pub fn file(self) -> String {
        format!("{}/{}", self.target(), self.name())
    }

    /// The place of its compressed form in a store of one tier.
    #[must_use]
    pub fn compressed(self) -> String {
        format!("{}/app{}.pd_", self.target(), self.0)
    }

    /// Its content.
    #[must_use]
    pub fn pdb(self) -> Vec<u8> {
        Pdb::new(self.guid(), 1).build()
    }
}
