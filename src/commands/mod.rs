//! What people can say: one file each, and the table of them.
