//! Words: lines, locales and their Fluent bundles.
