//! The envelope: what travels on the bus, how it is signed, and how a signature is checked.
//!
//! Written from rmb.md section 3 and rmb.proto. Not here: encryption of the payload (`cipher`), sockets.

use crate::grid::{AccountId, Identity, KeyKind, TwinId};
use md5::{Digest, Md5};

pub use prost::{DecodeError, Message};

/// One end of a message: a twin, and perhaps one of its sessions. Absent and empty sessions differ.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Address {
    /// The twin's number.
    #[prost(uint32, tag = "1")]
    pub twin: u32,
    /// The session.
    #[prost(string, optional, tag = "2")]
    pub connection: Option<String>,
}

impl Address {
    /// A twin's address; `connection` is the session that answers should go to.
    pub fn new(twin: TwinId, connection: Option<&str>) -> Self {
        Self { twin: twin.0, connection: connection.map(str::to_owned) }
    }
}

/// Asks for a command.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Request {
    /// `zos.deployment.deploy` and the like.
    #[prost(string, tag = "1")]
    pub command: String,
}

/// Marks the answer to a request.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Response {}

/// Marks an answer that says no.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Error {
    /// 0 from nodes and relays; 100 and above from ThreeFold's Rust peer.
    #[prost(uint32, tag = "1")]
    pub code: u32,
    /// Words.
    #[prost(string, tag = "2")]
    pub message: String,
}

/// A question to the relay itself: are you there?
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Ping {}

/// The relay's answer.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Pong {}

/// What kind of message an envelope is.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Kind {
    /// Asks.
    #[prost(message, tag = "7")]
    Request(Request),
    /// Answers.
    #[prost(message, tag = "8")]
    Response(Response),
    /// Says no.
    #[prost(message, tag = "12")]
    Error(Error),
    /// Asks the relay.
    #[prost(message, tag = "15")]
    Ping(Ping),
    /// The relay's answer.
    #[prost(message, tag = "16")]
    Pong(Pong),
}

/// What an envelope carries.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Payload {
    /// As it is.
    #[prost(bytes = "vec", tag = "13")]
    Plain(Vec<u8>),
    /// Nonce, ciphertext and tag.
    #[prost(bytes = "vec", tag = "14")]
    Cipher(Vec<u8>),
}

/// A message of the bus.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Envelope {
    /// Chosen by the sender; an answer repeats its request's.
    #[prost(string, tag = "1")]
    pub uid: String,
    /// Free words; `fail-fast` asks the relay not to queue.
    #[prost(string, optional, tag = "2")]
    pub tags: Option<String>,
    /// When it was sent, Unix seconds.
    #[prost(uint64, tag = "3")]
    pub timestamp: u64,
    /// How long it lives, seconds from `timestamp`.
    #[prost(uint64, tag = "4")]
    pub expiration: u64,
    /// Who sends.
    #[prost(message, optional, tag = "5")]
    pub source: Option<Address>,
    /// Who is meant.
    #[prost(message, optional, tag = "6")]
    pub destination: Option<Address>,
    /// Of which kind.
    #[prost(oneof = "Kind", tags = "7, 8, 12, 15, 16")]
    pub kind: Option<Kind>,
    /// The scheme's prefix byte and 64 bytes.
    #[prost(bytes = "vec", optional, tag = "9")]
    pub signature: Option<Vec<u8>>,
    /// What the payload is: `application/json`.
    #[prost(string, optional, tag = "10")]
    pub schema: Option<String>,
    /// No longer used, but signed when present.
    #[prost(string, optional, tag = "11")]
    pub federation: Option<String>,
    /// What it carries.
    #[prost(oneof = "Payload", tags = "13, 14")]
    pub payload: Option<Payload>,
    /// No longer used, but signed when present.
    #[prost(string, repeated, tag = "17")]
    pub relays: Vec<String>,
}

impl Envelope {
    /// The 16 bytes that are signed: MD5 over the fields, without separators, in the order of rmb.md section 3.
    pub fn challenge(&self) -> [u8; 16] {
        let mut sum = Md5::new();
        sum.update(&self.uid);
        sum.update(self.tags.as_deref().unwrap_or_default());
        sum.update(self.timestamp.to_string());
        sum.update(self.expiration.to_string());
        for address in [&self.source, &self.destination].into_iter().flatten() {
            sum.update(address.twin.to_string());
            sum.update(address.connection.as_deref().unwrap_or_default());
        }
        match &self.kind {
            Some(Kind::Request(request)) => sum.update(&request.command),
            Some(Kind::Error(error)) => {
                sum.update(error.code.to_string());
                sum.update(&error.message);
            }
            Some(Kind::Response(_) | Kind::Ping(_) | Kind::Pong(_)) | None => {}
        }
        sum.update(self.schema.as_deref().unwrap_or_default());
        sum.update(self.federation.as_deref().unwrap_or_default());
        match &self.payload {
            Some(Payload::Plain(bytes) | Payload::Cipher(bytes)) => sum.update(bytes),
            None => {}
        }
        for relay in &self.relays {
            sum.update(relay);
        }
        sum.finalize().into()
    }

    /// Signs it; nothing may be changed afterwards.
    pub fn sign(&mut self, identity: &Identity) {
        self.signature = Some(identity.sign_prefixed(&self.challenge()).to_vec());
    }

    /// Whether `account` signed it; the signature's first byte decides the scheme.
    pub fn signed_by(&self, account: &AccountId) -> bool {
        self.signature.as_deref().is_some_and(|signature| signed_by(account, &self.challenge(), signature))
    }

    /// The twin that says it sent this; `None` for what a relay made itself.
    pub fn from(&self) -> Option<TwinId> {
        self.source.as_ref().map(|source| TwinId(source.twin)).filter(|twin| twin.0 != 0)
    }
}

/// Whether `signature` (prefix byte and 64 bytes) over `message` is by `account`.
pub(super) fn signed_by(account: &AccountId, message: &[u8], signature: &[u8]) -> bool {
    let Some((prefix, signature)) = signature.split_first() else { return false };
    let Ok(signature) = <[u8; 64]>::try_from(signature) else { return false };
    [KeyKind::Sr25519, KeyKind::Ed25519]
        .into_iter()
        .any(|kind| kind.prefix() == *prefix && kind.verify(account, message, &signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity(kind: KeyKind) -> Identity {
        Identity::from_mini_secret(kind, [7; 32]).unwrap()
    }

    fn request() -> Envelope {
        Envelope {
            uid: "u".into(),
            timestamp: 5,
            expiration: 6,
            source: Some(Address::new(TwinId(1), Some("s"))),
            destination: Some(Address::new(TwinId(2), None)),
            kind: Some(Kind::Request(Request { command: "zos.system.version".into() })),
            schema: Some(super::super::JSON.into()),
            payload: Some(Payload::Plain(b"null".to_vec())),
            ..Envelope::default()
        }
    }

    #[test]
    fn a_signature_holds_for_its_account_and_its_words_only() {
        for kind in [KeyKind::Sr25519, KeyKind::Ed25519] {
            let me = identity(kind);
            let mut envelope = request();
            assert!(!envelope.signed_by(&me.account()), "unsigned");
            envelope.sign(&me);
            assert!(envelope.signed_by(&me.account()));
            assert!(!envelope.signed_by(&AccountId([3; 32])));
            envelope.expiration += 1;
            assert!(!envelope.signed_by(&me.account()), "a signature outlived a change");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, signature: Vec<u8>, account: [u8; 32]) {
            if let Ok(mut envelope) = Envelope::decode(bytes.as_slice()) {
                envelope.signature = Some(signature.clone());
                prop_assert!(!envelope.signed_by(&AccountId(account)));
            }
            prop_assert!(!signed_by(&AccountId(account), &bytes, &signature));
        }
    }
}
