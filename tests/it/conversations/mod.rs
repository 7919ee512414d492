//! Conversations: what is said, and what is seen then.

mod desk;
mod languages;
mod oneself;
mod pipe;
