//! Carries out what symgate-http asks, with blocking sockets and TLS.
