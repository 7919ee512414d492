//! Ctrl-C and SIGTERM: both ask the program to end in order; asked a second time, it ends at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Cancels `stop` at the first signal; the second one ends the process.
///
/// # Errors
/// When the system does not let signals be heard.
pub fn watch(stop: CancellationToken) -> std::io::Result<JoinHandle<()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.cancel();
        // Asked twice: at once.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    }))
}
