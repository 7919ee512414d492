//! Utility: several calls in one extrinsic. `batch` stops at the first failure, `batch_all` undoes
//! everything, `force_batch` goes on.

use super::runtime::{self, Origin};
use super::scale::{DispatchClass, DispatchError, DispatchResult, Pays, errors};
use super::state::State;
use super::system;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// The most calls in a batch.
pub const BATCHED_CALLS_LIMIT: u32 = 10_922;

/// Utility's calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// Stops at the first failure and keeps what went before.
    #[codec(index = 0)]
    batch { calls: Vec<runtime::Call> },
    /// All or nothing.
    #[codec(index = 2)]
    batch_all { calls: Vec<runtime::Call> },
    /// Each on its own.
    #[codec(index = 4)]
    force_batch { calls: Vec<runtime::Call> },
}

/// Utility's events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// `batch` stopped.
    BatchInterrupted { index: u32, error: DispatchError },
    /// All items succeeded.
    BatchCompleted,
    /// `force_batch` is through, and some items failed.
    BatchCompletedWithErrors,
    /// An item succeeded.
    ItemCompleted,
    /// An item of `force_batch` failed.
    ItemFailed { error: DispatchError },
    /// Never here.
    DispatchedAs { result: Result<(), DispatchError> },
}

errors! { 3; TooManyCalls }

/// Runs one of Utility's calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    let (Call::batch { calls } | Call::batch_all { calls } | Call::force_batch { calls }) = call;
    if calls.len() > BATCHED_CALLS_LIMIT as usize {
        return Err(Error::TooManyCalls.into());
    }
    let mut inner = origin;
    if let Call::batch_all { .. } = call
        && let Origin::Signed { no_batch_all, .. } = &mut inner
    {
        *no_batch_all = true;
    }
    let mut failed = false;
    for (index, item) in calls.iter().enumerate() {
        match dispatch_item(state, inner, item) {
            Ok(_) => state.deposit(Event::ItemCompleted),
            Err(error) => match call {
                Call::batch { .. } => {
                    state.deposit(Event::BatchInterrupted { index: index as u32, error });
                    return Ok(Pays::Yes);
                }
                Call::batch_all { .. } => return Err(error),
                Call::force_batch { .. } => {
                    failed = true;
                    state.deposit(Event::ItemFailed { error });
                }
            },
        }
    }
    state.deposit(if failed { Event::BatchCompletedWithErrors } else { Event::BatchCompleted });
    Ok(Pays::Yes)
}

fn dispatch_item(state: &mut State, origin: Origin, item: &runtime::Call) -> DispatchResult {
    let filtered = matches!(origin, Origin::Signed { no_batch_all: true, .. });
    if filtered && matches!(item, runtime::Call::Utility(Call::batch_all { .. })) {
        return Err(system::Error::CallFiltered.into());
    }
    runtime::dispatch(state, origin, item)
}

/// The class of a call: a batch of nothing but operational calls is one, so an empty batch is.
pub fn class(call: &runtime::Call) -> DispatchClass {
    let runtime::Call::Utility(Call::batch { calls } | Call::batch_all { calls } | Call::force_batch { calls }) = call
    else {
        return DispatchClass::Normal;
    };
    if calls.iter().all(|call| class(call) == DispatchClass::Operational) {
        DispatchClass::Operational
    } else {
        DispatchClass::Normal
    }
}
