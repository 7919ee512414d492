//! The ports over the wire: the only folder that knows subxt's client, the relay's socket and HTTP.

mod chain;
pub mod rmb;
mod web;

pub use chain::LiveChain;
pub use web::LiveWeb;
