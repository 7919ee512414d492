//! The one integration-test binary. Each module is a room of its own; `house` is the shared harness.

mod chain_golden;
mod chain_kit;
mod chain_metadata;
mod chain_port;
mod chain_rpc;
mod conversations;
mod delivery;
mod doors;
mod fleet_joined;
mod house;
mod live_link;
mod live_parity;
mod live_send;
mod people_twin;
mod program;
mod relay_golden;
mod relay_sessions;
mod relay_wire;
mod rmb_bus;
mod rmb_house;
mod rmb_vectors;
mod sandbox_story;
mod tidy;
mod verify_reference;
mod words;
