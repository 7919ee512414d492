//! Logs: set-up and field names.
