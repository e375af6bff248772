//! Keeps symbol files on disk so that readers see whole files or none.
