//! The grid proxy: placement queries and their answers, typed.
