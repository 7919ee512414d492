//! A deployment from its plan to a proven node, and back to nothing.
