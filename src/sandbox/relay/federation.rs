//! Messages for twins of other relays: posted to one of their relays, again and again until it takes them, says
//! no, or the message has expired (rmb.md section 6, relay-observed.md section 6).

use super::Relay;
use super::desk::Return;
use crate::clock::Timestamp;
use crate::grid::live::rmb::envelope::Envelope;
use bytes::Bytes;
use std::time::Duration;
use tokio::time::timeout;

/// Each round goes three times over the twin's relays, with these pauses after each.
const PAUSES: [Duration; 3] = [Duration::from_millis(125), Duration::from_millis(270), Duration::ZERO];
/// How long another relay may take to answer.
const TRY: Duration = Duration::from_secs(3);
/// From one round to the next.
const ROUND: Duration = Duration::from_secs(3);

impl Relay {
    /// Sends `bytes` to one of `hosts` in the background.
    pub(super) fn forward(&self, back: Return, envelope: &Envelope, bytes: Bytes, hosts: Vec<String>) {
        let until = Timestamp::from_secs(envelope.timestamp.saturating_add(envelope.expiration));
        let Ok(courier) = self.0.couriers.clone().try_acquire_owned() else {
            let text = format!("failed to route message to peer '{}': too many on their way", back.to.0);
            return self.complain(&back, &text, false);
        };
        let relay = self.clone();
        tokio::spawn(async move {
            let _courier = courier;
            if let Some(text) = relay.carry(until, bytes, &hosts).await {
                relay.complain(&back, text, false);
            }
        });
    }

    /// Carries it; the words of the failure, if it fails.
    async fn carry(&self, until: Timestamp, bytes: Bytes, hosts: &[String]) -> Option<&'static str> {
        let expired = || self.0.clock.now() >= until;
        loop {
            for pause in PAUSES {
                for host in hosts {
                    if expired() {
                        return Some("message has expired");
                    }
                    match self.try_one(host, bytes.clone()).await {
                        Ok(202) => return None,
                        // Whatever the other relay's reason, these are the words.
                        Ok(400..=499) => return Some("remote relay rejected permanently: destination offline"),
                        other => tracing::debug!(%host, ?other, "not taken"),
                    }
                }
                tokio::time::sleep(pause).await;
            }
            if expired() {
                return Some("message has expired");
            }
            tokio::time::sleep(ROUND).await;
        }
    }

    async fn try_one(&self, host: &str, bytes: Bytes) -> Result<u16, String> {
        let post = self.0.options.post.as_ref().ok_or_else(|| "no way to other relays".to_owned())?;
        timeout(TRY, post.post(host, bytes)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }
}
