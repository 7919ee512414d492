//! Pages for machines: what is measured, and whether the program is well.
//!
//! Not here: what platforms send in (each platform listens for itself), and pages for people.
