//! Turns HTTP authentication challenges and credentials into authorization values, one step at a time.
