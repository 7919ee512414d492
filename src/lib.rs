//! Bellhop: a chat concierge that deploys and proves layer-1 blockchain nodes on the ThreeFold Grid.
//!
//! The modules, lowest layer first. A module may use those above it in this list, never those below;
//! `tests/it/tidy.rs` enforces it, and ARCHITECTURE.md tells why.

#![warn(missing_docs, clippy::dbg_macro, clippy::todo, clippy::unimplemented)]
// Panics on outside data. Tests may; where it cannot happen, #[expect(lint, reason = "why")] says so.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]
#![warn(clippy::allow_attributes, clippy::allow_attributes_without_reason)]

// layer 0: values and files
pub mod clock; // time and randomness as parameters
pub mod meters; // what is counted while the program runs
pub mod secret; // values that cannot be printed
pub mod speech; // words: lines, locales, Fluent bundles
pub mod store; // typed tables on disk; the only place that knows sled

// layer 1: the two outsides, as plain values and ports
pub mod chat; // what people ask, what is shown to them
pub mod grid; // the ThreeFold Grid: chain, bus, web

// layer 2: what stands on one of them
pub mod people; // who someone is, their twin, their quota
pub mod recipes; // what can be deployed
pub mod sandbox; // a grid of our own, over the same wire

// layer 3
pub mod verify; // probes and verdicts

// layer 4
pub mod deploy; // from a plan to a running node and back

// layer 6: what people can say, and what they see
pub mod commands; // one file per thing people ask
pub mod delivery; // the messages that show a topic

// layer 7: doors
pub mod platforms; // terminal, Discord, Telegram
pub mod web; // pages for machines: metrics and health

// layer 8: the whole
pub mod config; // configuration: file and environment
pub mod telemetry; // logs

pub mod app; // wiring

pub mod cli; // subcommands beside the chat
