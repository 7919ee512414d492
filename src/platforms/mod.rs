//! Doors: the one loop that drives every platform.
