//! The symgate command.
fn main() {}
