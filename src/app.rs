//! Wiring, told top to bottom.
