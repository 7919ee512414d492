//! Sealing and opening: what both ends of the bus do to every message.
//!
//! Encrypts when both twins have a key on the chain, signs, and on the way in checks the signature against the
//! sender's account before anything else (rmb.md sections 3 and 4).

use super::cipher::Shared;
use super::envelope::{Address, Envelope, Kind, Message, Payload};
use super::twins::Twins;
use crate::clock::{Clock, Dice};
use crate::grid::{GridError, GridResult, Identity, Twin, TwinId};

/// One end's pen and paper knife.
pub(super) struct Mail {
    pub identity: Identity,
    pub twin: TwinId,
    /// The session, when it has a name.
    pub sid: Option<String>,
    pub clock: Clock,
    pub dice: Dice,
}

/// What one end has to say to another.
pub(super) struct Letter<'a> {
    pub to: &'a Twin,
    /// The session that is meant.
    pub connection: Option<&'a str>,
    pub uid: &'a str,
    pub kind: Kind,
    /// JSON.
    pub payload: &'a [u8],
    /// Seconds that it lives.
    pub life: u64,
}

/// Why a message cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Nobody's, or not by who it says: worth no answer.
    #[error("not signed by the twin that it names")]
    Signature,
    /// Honest, but cannot be decrypted.
    #[error("the payload cannot be decrypted")]
    Cipher,
    /// The chain cannot be asked who that is.
    #[error(transparent)]
    Chain(#[from] GridError),
}

impl Mail {
    /// Puts a letter into an envelope of ours, encrypted when both twins can, and signs it.
    pub async fn seal(&self, twins: &Twins, letter: Letter<'_>) -> GridResult<Vec<u8>> {
        let payload = match self.shared(twins, letter.to).await? {
            Some(shared) => Payload::Cipher(shared.seal(&self.dice, letter.payload)),
            None => Payload::Plain(letter.payload.to_vec()),
        };
        let mut envelope = Envelope {
            uid: letter.uid.to_owned(),
            timestamp: self.clock.now().secs(),
            expiration: letter.life,
            source: Some(Address::new(self.twin, self.sid.as_deref())),
            destination: Some(Address::new(letter.to.id, letter.connection)),
            kind: Some(letter.kind),
            schema: Some(super::JSON.to_owned()),
            payload: Some(payload),
            ..Envelope::default()
        };
        envelope.sign(&self.identity);
        Ok(envelope.encode_to_vec())
    }

    /// The key in common with `other`: the chain must know both halves, else the other side cannot decrypt.
    async fn shared(&self, twins: &Twins, other: &Twin) -> GridResult<Option<Shared>> {
        let (Some(secret), Some(theirs)) = (self.identity.encryption_secret(), &other.pk) else { return Ok(None) };
        let ours = self.identity.encryption_public();
        let told = |twin: Option<Twin>| twin.and_then(|twin| twin.pk) == ours;
        if !told(twins.get(self.twin).await?) && !told(twins.fresh(self.twin).await?) {
            return Ok(None);
        }
        Ok(Shared::new(&secret, theirs).ok())
    }

    /// Checks who sent it and gives its payload. What is remembered of the twin is read again before saying no.
    pub async fn open(&self, twins: &Twins, envelope: &Envelope) -> Result<(Twin, Vec<u8>), Unreadable> {
        let from = envelope.from().ok_or(Unreadable::Signature)?;
        let known = twins.get(from).await?.ok_or(Unreadable::Signature)?;
        match self.read(&known, envelope) {
            Ok(payload) => Ok((known, payload)),
            Err(_) => {
                let fresh = twins.fresh(from).await?.ok_or(Unreadable::Signature)?;
                self.read(&fresh, envelope).map(|payload| (fresh, payload))
            }
        }
    }

    fn read(&self, from: &Twin, envelope: &Envelope) -> Result<Vec<u8>, Unreadable> {
        if !envelope.signed_by(&from.account) {
            return Err(Unreadable::Signature);
        }
        match &envelope.payload {
            None => Ok(Vec::new()),
            Some(Payload::Plain(bytes)) => Ok(bytes.clone()),
            Some(Payload::Cipher(field)) => {
                let secret = self.identity.encryption_secret().ok_or(Unreadable::Cipher)?;
                let theirs = from.pk.as_deref().ok_or(Unreadable::Cipher)?;
                let shared = Shared::new(&secret, theirs).map_err(|_| Unreadable::Cipher)?;
                shared.open(field).map_err(|_| Unreadable::Cipher)
            }
        }
    }
}
