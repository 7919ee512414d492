//! The nodes as real peers on a relay.

use super::Fleet;
use crate::grid::{Caller, NodeId, TwinId};
use serde_json::Value;
use std::sync::Arc;
