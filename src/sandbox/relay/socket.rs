//! One connected session: messages in, messages out, until one side has enough.

use super::{Key, Relay};
use crate::grid::live::rmb::envelope::{Envelope, Message as _};
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a goodbye may take before the connection is cut.
const GOODBYE: Duration = Duration::from_secs(1);

impl Relay {
    /// Serves a websocket that has been let in.
    pub(super) async fn session(&self, key: Key, socket: WebSocket, stop: CancellationToken) {
        let (mut out, mut incoming) = socket.split();
        let seat = self.rooms().enter(key, self.0.options.capacity, self.0.clock.now());
        if let Some(seat) = &seat {
            let ended_by_stop = tokio::select! {
                () = self.read(&seat.key, &mut incoming) => false,
                () = self.write(seat, &mut out) => false,
                () = seat.out.cancelled() => false,
                () = stop.cancelled() => true,
            };
            self.rooms().leave(seat);
            if ended_by_stop {
                // A relay that is shut down says nothing.
                return;
            }
        }
        let goodbye = async {
            out.send(Message::Close(None)).await.ok()?;
            out.flush().await.ok()
        };
        if timeout(GOODBYE, goodbye).await.is_err() {
            tracing::debug!("a session took no goodbye");
        }
    }

    async fn read(&self, key: &Key, incoming: &mut SplitStream<WebSocket>) {
        while let Some(frame) = incoming.next().await {
            match frame {
                Ok(Message::Binary(bytes)) => match Envelope::decode(bytes.clone()) {
                    Ok(envelope) => self.accept(key, envelope, bytes).await,
                    Err(_) => return,
                },
                // The socket answers pings and goodbyes itself; the goodbye goes out with the next read.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_)) => {}
                Ok(Message::Text(_)) | Err(_) => return,
            }
        }
    }

    async fn write(&self, seat: &super::rooms::Seat, out: &mut SplitSink<WebSocket, Message>) {
        loop {
            seat.news.notified().await;
            loop {
                let Some((number, message)) = self.rooms().first(&seat.key) else { break };
                match timeout(self.0.options.slow, out.send(Message::Binary(message))).await {
                    Ok(Ok(())) => self.rooms().taken(&seat.key, number),
                    Ok(Err(_)) => return,
                    Err(_) => return tracing::debug!(twin = %seat.key.0, "a slow reader is put out"),
                }
            }
        }
    }
}
