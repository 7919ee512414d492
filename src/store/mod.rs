//! Typed tables on disk; the only place that knows sled.
