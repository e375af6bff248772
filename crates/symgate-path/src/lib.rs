//! Parses and prints symbol paths and computes lookup keys.
