//! The ports over the wire: the only folder that knows subxt's client, the relay's socket and HTTP.

pub mod rmb;
mod web;

pub use web::LiveWeb;
