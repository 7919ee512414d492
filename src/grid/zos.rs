//! Node commands over the bus, typed.
