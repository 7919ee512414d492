//! One connected session: messages in, messages out, until one side has enough.

use super::Relay;
use super::rooms::Seat;
use crate::grid::live::rmb::envelope::{Envelope, Message as _};
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a goodbye may take before the connection is cut.
const GOODBYE: Duration = Duration::from_secs(1);

/// A seat that is given back when it is dropped, whatever becomes of the connection.
pub(super) struct Seated {
    pub relay: Relay,
    pub seat: Seat,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.relay.rooms().leave(&self.seat);
    }
}

impl Relay {
    /// Serves a websocket that has been let in; without a seat it is only told goodbye.
    pub(super) async fn session(&self, seated: Option<Seated>, socket: WebSocket, stop: CancellationToken) {
        let (mut out, mut incoming) = socket.split();
        if let Some(Seated { seat, .. }) = &seated {
            let ended_by_stop = tokio::select! {
                () = self.read(seat, &mut incoming) => false,
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

    async fn read(&self, seat: &Seat, incoming: &mut SplitStream<WebSocket>) {
        while let Some(frame) = incoming.next().await {
            match frame {
                Ok(Message::Binary(bytes)) => match Envelope::decode(bytes.clone()) {
                    Ok(envelope) => self.accept(&seat.key, envelope, bytes).await,
                    Err(_) => return,
                },
                // The socket answers pings and goodbyes itself, with the next read. Who has said goodbye may come
                // back as soon as it is answered.
                Ok(Message::Close(_)) => self.rooms().leave(seat),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Text(_)) | Err(_) => return,
            }
        }
    }

    async fn write(&self, seat: &Seat, out: &mut SplitSink<WebSocket, Message>) {
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
