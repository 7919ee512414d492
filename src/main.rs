//! The program: arguments, and which part of the library they start.

fn main() {}
