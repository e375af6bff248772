//! Reads which symbol files a binary or symbol file is and wants.
