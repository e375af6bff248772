//! A verdict for each thing that can happen, from reports that are written down.
