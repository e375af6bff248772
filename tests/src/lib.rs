//! Shared test code: peers, scripts, properties.
