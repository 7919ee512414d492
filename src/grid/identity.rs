//! Keys of the grid: accounts, signing, and the key for end-to-end encryption.
//!
//! One secret of 32 bytes (Substrate's *mini secret*) makes all three: the sr25519 (or, for nodes, ed25519)
//! signing key, and the secp256k1 key that messages are encrypted with (rmb.md section 4). Not here: whose
//! identity it is, and where a secret comes from.

use crate::secret::{ExposeSecret, SecretBox};
use blake2::{Blake2b512, Digest};
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use subxt_signer::{SecretUri, sr25519};

/// A signature: 64 bytes, sr25519 or ed25519.
pub type Signature = [u8; 64];

/// TFChain's SS58 prefix.
const SS58_PREFIX: u8 = 42;

/// An account on TFChain: a public key of 32 bytes, shown in SS58 with prefix 42.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub [u8; 32]);

fn checksum(body: &[u8]) -> [u8; 2] {
    let digest: [u8; 64] = Blake2b512::new().chain_update(b"SS58PRE").chain_update(body).finalize().into();
    [digest[0], digest[1]]
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use base58::ToBase58;
        let mut body = vec![SS58_PREFIX];
        body.extend_from_slice(&self.0);
        let sum = checksum(&body);
        body.extend_from_slice(&sum);
        f.write_str(&body.to_base58())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The text is not an SS58 address with prefix 42.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address of TFChain (SS58, prefix 42)")]
pub struct NotAnAddress;

impl FromStr for AccountId {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        use base58::FromBase58;
        let raw = text.from_base58().map_err(|_| NotAnAddress)?;
        let raw: [u8; 35] = raw.try_into().map_err(|_| NotAnAddress)?;
        let (body, sum) = raw.split_at(33);
        let [prefix, account @ .., _, _] = raw;
        if prefix != SS58_PREFIX || checksum(body) != sum {
            return Err(NotAnAddress);
        }
        Ok(Self(account))
    }
}

impl Serialize for AccountId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which signature scheme. People's twins are sr25519, nodes' are ed25519 (rmb.md section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Schnorrkel, context `substrate`. Prefix byte `s` on the bus.
    Sr25519,
    /// Prefix byte `e` on the bus.
    Ed25519,
}

impl KeyKind {
    /// The byte that stands before a signature in tokens and envelopes.
    pub fn prefix(self) -> u8 {
        match self {
            Self::Sr25519 => b's',
            Self::Ed25519 => b'e',
        }
    }

    /// The name in a deployment's `signature_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sr25519 => "sr25519",
            Self::Ed25519 => "ed25519",
        }
    }

    /// Checks `signature` over `message` by `account`.
    pub fn verify(self, account: &AccountId, message: &[u8], signature: &Signature) -> bool {
        match self {
            Self::Sr25519 => sr25519::verify(&sr25519::Signature(*signature), message, &sr25519::PublicKey(account.0)),
            Self::Ed25519 => ed25519_dalek::VerifyingKey::from_bytes(&account.0)
                .is_ok_and(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()),
        }
    }
}

/// A key pair that can sign for an account. Cheap to clone; prints only its address.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    account: AccountId,
    pair: Pair,
    /// Absent for development keys with a derivation path (`//Alice`), which have no encryption key.
    mini: Option<SecretBox<[u8; 32]>>,
}

enum Pair {
    Sr25519(sr25519::Keypair),
    Ed25519(ed25519_dalek::SigningKey),
}

/// The secret does not make a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret does not make a key")]
pub struct BadSecret;

impl Identity {
    /// From a mini secret of 32 bytes.
    ///
    /// # Errors
    /// When the bytes do not make a key.
    pub fn from_mini_secret(kind: KeyKind, mini: [u8; 32]) -> Result<Self, BadSecret> {
        let (account, pair) = match kind {
            KeyKind::Sr25519 => {
                let pair = sr25519::Keypair::from_secret_key(mini).map_err(|_| BadSecret)?;
                (AccountId(pair.public_key().0), Pair::Sr25519(pair))
            }
            KeyKind::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(&mini);
                (AccountId(key.verifying_key().to_bytes()), Pair::Ed25519(key))
            }
        };
        Ok(Self(Arc::new(Inner { account, pair, mini: Some(SecretBox::new(Box::new(mini))) })))
    }

    /// From BIP-39 entropy (16 to 32 bytes): the sr25519 key that its mnemonic has in every Substrate wallet
    /// (PBKDF2 over the *entropy*, not over the words; rmb.md section 4).
    ///
    /// # Errors
    /// When the length is not one of BIP-39's.
    pub fn from_entropy(entropy: &[u8]) -> Result<Self, BadSecret> {
        if !(16..=32).contains(&entropy.len()) || !entropy.len().is_multiple_of(4) {
            return Err(BadSecret);
        }
        let mut seed = SecretBox::new(Box::new([0u8; 64]));
        {
            use crate::secret::ExposeSecretMut;
            pbkdf2::pbkdf2_hmac::<sha2::Sha512>(entropy, b"mnemonic", 2048, seed.expose_secret_mut());
        }
        let mut mini = [0; 32];
        mini.copy_from_slice(&seed.expose_secret()[..32]);
        Self::from_mini_secret(KeyKind::Sr25519, mini)
    }

    /// From a development URI such as `//Alice`, `0x<64 hex>` or a phrase: for sandboxes, funders and the
    /// operator's own files, never for anything that a person typed in a chat.
    ///
    /// # Errors
    /// When it is not a secret URI.
    pub fn from_uri(uri: &str) -> Result<Self, BadSecret> {
        if let Some(digits) = uri.strip_prefix("0x") {
            let mut mini = [0; 32];
            hex::decode_to_slice(digits, &mut mini).map_err(|_| BadSecret)?;
            return Self::from_mini_secret(KeyKind::Sr25519, mini);
        }
        if !uri.contains('/')
            && let Ok(phrase) = subxt_signer::bip39::Mnemonic::parse(uri)
        {
            return Self::from_entropy(&phrase.to_entropy());
        }
        let uri = SecretUri::from_str(uri).map_err(|_| BadSecret)?;
        let pair = sr25519::Keypair::from_uri(&uri).map_err(|_| BadSecret)?;
        let account = AccountId(pair.public_key().0);
        Ok(Self(Arc::new(Inner { account, pair: Pair::Sr25519(pair), mini: None })))
    }

    /// The account that this key signs for.
    pub fn account(&self) -> AccountId {
        self.0.account
    }

    /// Which scheme it signs with.
    pub fn kind(&self) -> KeyKind {
        match self.0.pair {
            Pair::Sr25519(_) => KeyKind::Sr25519,
            Pair::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> Signature {
        match &self.0.pair {
            Pair::Sr25519(pair) => pair.sign(message).0,
            Pair::Ed25519(key) => key.sign(message).to_bytes(),
        }
    }

    /// Signs `message` with the scheme's prefix byte in front: the form of tokens and envelopes (65 bytes).
    pub fn sign_prefixed(&self, message: &[u8]) -> [u8; 65] {
        let mut out = [self.kind().prefix(); 65];
        out[1..].copy_from_slice(&self.sign(message));
        out
    }

    /// The secp256k1 secret for end-to-end encryption; `None` for keys made from a derivation path.
    pub fn encryption_secret(&self) -> Option<k256::SecretKey> {
        self.0.mini.as_ref().and_then(|mini| k256::SecretKey::from_slice(mini.expose_secret()).ok())
    }

    /// The public half, compressed (33 bytes): what stands in a twin's `pk`.
    pub fn encryption_public(&self) -> Option<Vec<u8>> {
        use k256::elliptic_curve::sec1::ToEncodedPoint;
        self.encryption_secret().map(|key| key.public_key().to_encoded_point(true).as_bytes().to_vec())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.0.account)
    }
}
