//! The messages that show a topic, and keeping them true.
