//! Conversations: what is said, and what is seen then.

mod deploying;
mod desk;
mod failures;
mod languages;
mod money;
mod oneself;
mod pipe;
mod refusing;
mod rooms;
