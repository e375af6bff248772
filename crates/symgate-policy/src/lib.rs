//! Decides if an authentication request may be answered, asks a person when told to, and remembers a refusal.
