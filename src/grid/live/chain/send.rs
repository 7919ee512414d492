//! Sending an extrinsic and finding out what became of it.
//!
//! The bytes are fixed when they are signed, so that handing them over twice does no harm: the second time the
//! pool knows them already, or their nonce is spent. That makes lost contact mendable: connect again, look for
//! the extrinsic in the blocks that it can be in, hand it over again. Only when the time runs out without an
//! answer is the outcome [`Unclear`](GridError::Unclear).

use super::link::{Link, Patience, Session, Trouble};
use super::outcome::outcome;
use super::sign::ERA;
use crate::grid::{GridError, GridResult, Landed, Party, Prepared};
use std::sync::Arc;
use std::time::Duration;
use subxt::rpcs::UserError;
use subxt::rpcs::methods::legacy::TransactionStatus;
use subxt::utils::H256;
use tokio::time::{Instant, sleep, timeout};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// How many blocks a reorganisation may reach back in a look for the extrinsic.
const DEPTH: u32 = 4;

/// See [`Chain::send`](crate::grid::Chain::send).
pub(super) async fn send(link: &Link, prepared: &Prepared) -> GridResult<Landed> {
    let start = Instant::now();
    let land = link.patience.land;
    let mut sending = Sending::new(prepared, link.patience);
    let mut last = String::new();
    while start.elapsed() < land {
        let session = match link.session().await {
            Ok(session) => session,
            Err(error) if !sending.handed_over => return Err(error),
            Err(error) => {
                last = error.to_string();
                sleep(PAUSE).await;
                continue;
            }
        };
        match timeout(land.saturating_sub(start.elapsed()), sending.attempt(&session)).await {
            Ok(Ok(result)) => return result,
            Ok(Err(Trouble::Grid(error))) if !sending.handed_over => return Err(error),
            Ok(Err(Trouble::Grid(error))) => return Err(GridError::unclear(Party::Chain, error)),
            Ok(Err(Trouble::Link(text))) => {
                tracing::debug!(endpoint = session.url, error = text, "lost contact while sending");
                last = text;
                link.leave(&session).await;
                sleep(PAUSE).await;
            }
            Err(_) => last = format!("not in a block within {land:?}"),
        }
    }
    Err(GridError::unclear(Party::Chain, last))
}

struct Sending<'a> {
    patience: Patience,
    prepared: &'a Prepared,
    /// Whether some endpoint may have taken it.
    handed_over: bool,
    /// Where the next look begins.
    unseen: u32,
}

impl<'a> Sending<'a> {
    fn new(prepared: &'a Prepared, patience: Patience) -> Self {
        Self { patience, prepared, handed_over: false, unseen: prepared.last_block.saturating_sub(ERA - 1) }
    }

    async fn attempt(&mut self, session: &Arc<Session>) -> Result<GridResult<Landed>, Trouble> {
        if self.handed_over
            && let Some(result) = self.look(session).await?
        {
            return Ok(result);
        }
        let again = std::mem::replace(&mut self.handed_over, true);
        let taken =
            timeout(self.patience.take, session.rpc.author_submit_and_watch_extrinsic(&self.prepared.bytes)).await;
        let mut watch = match taken {
            Err(_) => return Err(Trouble::Link("no word whether it was taken".to_owned())),
            Ok(Ok(watch)) => watch,
            Ok(Err(subxt::rpcs::Error::User(no))) => return self.refused(session, &no, again).await,
            Ok(Err(error)) => return Err(error.into()),
        };
        loop {
            match timeout(self.patience.silence, watch.next()).await {
                Err(_) => return self.follow(session).await,
                Ok(None) => return Err(Trouble::Link("the watch ended".to_owned())),
                Ok(Some(Err(error))) => return Err(error.into()),
                Ok(Some(Ok(status))) => match status {
                    TransactionStatus::InBlock(block)
                    | TransactionStatus::Finalized(block)
                    | TransactionStatus::FinalityTimeout(block) => {
                        if let Some(result) = self.in_block(session, block).await? {
                            return Ok(result);
                        }
                    }
                    // Handing it over again tells why.
                    TransactionStatus::Dropped | TransactionStatus::Invalid | TransactionStatus::Usurped(_) => {
                        return Err(Trouble::Link("the pool let go of it".to_owned()));
                    }
                    TransactionStatus::Future
                    | TransactionStatus::Ready
                    | TransactionStatus::Broadcast(_)
                    | TransactionStatus::Retracted(_) => {}
                },
            }
        }
    }

    /// The endpoint said no. It may do so because the extrinsic has been taken before.
    async fn refused(
        &mut self,
        session: &Arc<Session>,
        no: &UserError,
        again: bool,
    ) -> Result<GridResult<Landed>, Trouble> {
        let error = match verdict(no) {
            Verdict::Known => return self.follow(session).await,
            Verdict::No(error) => error,
        };
        if let Some(landed) = self.look(session).await? {
            return Ok(landed);
        }
        // A no to the second hand-over says nothing about the first: another endpoint's pool may still hold it.
        // Only a nonce that is spent tells that it never lands.
        if again && error.code() != Some("stale") {
            return Ok(Err(GridError::unclear(Party::Chain, error)));
        }
        Ok(Err(error))
    }

    /// Looks at each new block until it is in one, or none can have it any more.
    async fn follow(&mut self, session: &Arc<Session>) -> Result<GridResult<Landed>, Trouble> {
        loop {
            let over = self.is_over(session).await?;
            if let Some(result) = self.look(session).await? {
                return Ok(result);
            }
            if over {
                let text = format!("not in any block up to {}, its last", self.prepared.last_block);
                return Ok(Err(GridError::passing(Party::Chain, text)));
            }
            sleep(PAUSE).await;
        }
    }

    /// Whether its last block is final.
    async fn is_over(&self, session: &Session) -> Result<bool, Trouble> {
        let hash = session.rpc.chain_get_finalized_head().await?;
        let header = session.rpc.chain_get_header(Some(hash)).await?;
        Ok(header.is_some_and(|header| header.number >= self.prepared.last_block.into()))
    }

    /// Looks for it in the blocks of its era that are there, the seen ones excepted.
    async fn look(&mut self, session: &Session) -> Result<Option<GridResult<Landed>>, Trouble> {
        let best = u32::try_from(session.best().await?.block_number()).map_err(Trouble::runtime)?;
        let top = best.min(self.prepared.last_block);
        for number in self.unseen..=top {
            let Some(hash) = session.rpc.chain_get_block_hash(Some(number.into())).await? else { break };
            if let Some(result) = self.in_block(session, hash).await? {
                return Ok(Some(result));
            }
        }
        self.unseen = self.unseen.max(top.saturating_sub(DEPTH));
        Ok(None)
    }

    async fn in_block(&self, session: &Session, hash: H256) -> Result<Option<GridResult<Landed>>, Trouble> {
        let Some(details) = session.rpc.chain_get_block(Some(hash)).await? else { return Ok(None) };
        let index = details.block.extrinsics.iter().position(|bytes| bytes.0 == self.prepared.bytes);
        let Some(index) = index.and_then(|index| u32::try_from(index).ok()) else { return Ok(None) };
        Ok(Some(outcome(&session.at(hash).await?, index, self.prepared).await?))
    }
}

/// What a refusal before inclusion means.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is in the pool, or was a moment ago.
    Known,
    /// It was not taken.
    No(GridError),
}

/// Substrate's codes of the `author` methods. The reason of an invalid one (1010) comes as a sentence from nodes
/// and as JSON from other servers of the same runtime; both hold one of these words.
fn verdict(no: &UserError) -> Verdict {
    const REASONS: [(&str, &str); 10] = [
        ("stale", "stale"),
        ("outdated", "stale"),
        ("payment", "payment"),
        ("inability to pay", "payment"),
        ("badproof", "bad-proof"),
        ("bad signature", "bad-proof"),
        ("ancient", "ancient"),
        ("future", "future"),
        ("exhaust", "exhausts"),
        ("not expected", "call"),
    ];
    let data = no.data.as_ref().map(|data| data.get()).unwrap_or_default();
    // The reason is the data where there is any, and the message is then only its kind.
    let reason = match serde_json::from_str(data) {
        Ok(serde_json::Value::String(sentence)) => sentence,
        _ if data.is_empty() => no.message.clone(),
        _ => data.to_owned(),
    };
    let refused = |code: &str| Verdict::No(GridError::refused(Party::Chain, code, &reason));
    match no.code {
        1010 => {
            let said = format!("{} {reason}", no.message).to_lowercase();
            refused(REASONS.iter().find(|(word, _)| said.contains(word)).map_or("invalid", |(_, code)| code))
        }
        // Bad format, verification error, unknown validity: the runtime could not read it.
        1001 | 1002 | 1011 => refused("argument"),
        1012 => refused("banned"),
        1013 => Verdict::Known,
        1014 => refused("usurped"),
        // The pool is full, or the endpoint has troubles of its own.
        _ => Verdict::No(GridError::passing(Party::Chain, format!("{reason} ({})", no.code))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_before_inclusion_have_stable_names() {
        for (code, message, data, expected) in [
            (1010, "Invalid Transaction", "\"Transaction is outdated\"", "stale"),
            (1010, "Invalid Transaction", "{\"invalid\":{\"stale\":null}}", "stale"),
            (1010, "{\"invalid\":{\"payment\":null}}", "", "payment"),
            (1010, "Invalid Transaction", "\"Inability to pay some fees (e.g. account balance too low)\"", "payment"),
            (1010, "Invalid Transaction", "\"Transaction has a bad signature\"", "bad-proof"),
            (1010, "Invalid Transaction", "{\"invalid\":{\"badProof\":null}}", "bad-proof"),
            (1010, "Invalid Transaction", "{\"invalid\":{\"ancientBirthBlock\":null}}", "ancient"),
            (1010, "Invalid Transaction", "\"Transaction will be valid in the future\"", "future"),
            (1010, "Invalid Transaction", "\"Custom error: 9\"", "invalid"),
            (1002, "Verification Error: Runtime error", "", "argument"),
            (1011, "wasm `unreachable` instruction executed", "", "argument"),
            (1012, "Transaction is temporarily banned", "", "banned"),
            (1013, "Transaction Already Imported", "", "known"),
            (1014, "Priority is too low: (1 vs 2)", "", "usurped"),
            (1016, "Immediately Dropped", "", "passing"),
            (-32603, "Internal error", "", "passing"),
        ] {
            let data = (!data.is_empty()).then(|| serde_json::value::RawValue::from_string(data.to_owned()).unwrap());
            let no = UserError { code, message: message.to_owned(), data };
            let found = match verdict(&no) {
                Verdict::Known => "known".to_owned(),
                Verdict::No(error) => error.code().unwrap_or("passing").to_owned(),
            };
            assert_eq!(found, expected, "{code} {message}");
        }
    }
}
