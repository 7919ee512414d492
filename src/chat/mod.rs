//! The neutral conversation: what people ask, what is shown to them. Plain values only.
