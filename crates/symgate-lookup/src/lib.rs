//! Says what to probe, get or copy next for one symbol file in one chain of stores.
