//! The demo world. **The lead replaces this file**; what the rest of the binary uses is [`seed`], and
//! that its report can be printed.

use kernel::{Core, Result};
use std::fmt;

/// One way to sign in to the demo.
pub(crate) struct SignIn {
    /// Who it is, in the words of the demo.
    pub(crate) who: String,
    /// The account's name.
    pub(crate) name: String,
    /// The account's password.
    pub(crate) password: String,
}

/// What was seeded.
#[derive(Default)]
pub(crate) struct SeedReport {
    /// The sign-ins to print.
    pub(crate) sign_ins: Vec<SignIn>,
}

impl fmt::Display for SeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for SignIn { who, name, password } in &self.sign_ins {
            writeln!(f, "  {name:<16} {password:<20} {who}")?;
        }
        Ok(())
    }
}

/// Makes the demo world, once.
pub(crate) async fn seed(_core: &Core) -> Result<SeedReport> {
    Ok(SeedReport::default())
}
