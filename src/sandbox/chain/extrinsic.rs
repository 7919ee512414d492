//! Extrinsics: their bytes, their signature, and whether they may go into the next block.
//!
//! The signature is checked over the bytes as they came, before the call is decoded, and the call is decoded
//! with a depth limit: a nested batch would overflow the stack otherwise (sandbox-chain.md).

use super::item::Twox;
use super::runtime::{Call, SPEC_VERSION, TRANSACTION_VERSION};
use super::scale::{Account, Era, Hash, Money, MultiAddress, MultiSignature, blake2_256};
use super::state::State;
use super::{balances, system};
use crate::grid::{AccountId, Identity, KeyKind};
use parity_scale_codec::{Compact, Decode, DecodeLimit, Encode};

/// The longest extrinsic that is looked at.
pub const MAX_BYTES: usize = 512 * 1024;
/// How deep calls may be nested.
const MAX_DEPTH: u32 = 16;
/// What any call costs before its length (tfchain.md section 1).
const BASE_FEE: Money = 10_000;
/// A signed extrinsic of version 4.
const SIGNED_V4: u8 = 0x84;
/// An unsigned one: inherents.
const BARE_V4: u8 = 0x04;

/// Why an extrinsic cannot go into the next block, though it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// Not a call that somebody may send.
    Call,
    /// The signer cannot pay the fee.
    Payment,
    /// Its nonce is in the future.
    Future,
    /// Its nonce is used.
    Stale,
    /// The signature does not fit.
    BadProof,
    /// The block of its birth is not known any more.
    AncientBirthBlock,
}

impl Invalid {
    /// The key in the RPC answer's `invalid` object.
    pub fn key(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Payment => "payment",
            Self::Future => "future",
            Self::Stale => "stale",
            Self::BadProof => "badProof",
            Self::AncientBirthBlock => "ancientBirthBlock",
        }
    }

    /// What a real node says.
    pub fn text(self) -> &'static str {
        match self {
            Self::Call => "Transaction call is not expected",
            Self::Payment => "Inability to pay some fees (e.g. account balance too low)",
            Self::Future => "Transaction will be valid in the future",
            Self::Stale => "Transaction is outdated",
            Self::BadProof => "Transaction has a bad signature",
            Self::AncientBirthBlock => "Transaction has an ancient birth block",
        }
    }
}

/// Why an extrinsic was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bad {
    /// It cannot be read.
    Undecodable(String),
    /// It can be read, and may not be included.
    Invalid(Invalid),
}

impl From<Invalid> for Bad {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

fn undecodable(error: impl std::fmt::Display) -> Bad {
    // The codec's text repeats itself once for each level.
    Bad::Undecodable(error.to_string().chars().take(200).collect())
}

/// A signed extrinsic whose signature is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extrinsic {
    /// All its bytes, length prefix included.
    pub bytes: Vec<u8>,
    /// Blake2-256 of them.
    pub hash: Hash,
    /// Who signed.
    pub signer: Account,
    /// The signer's count.
    pub nonce: u32,
    /// For the author, beyond the fee.
    pub tip: Money,
    /// The first block that it cannot go into.
    pub dies: u64,
    /// What it does.
    pub call: Call,
}

impl Extrinsic {
    /// What an extrinsic of so many bytes costs.
    pub fn base_fee(length: usize) -> Money {
        BASE_FEE + length as Money
    }

    /// What it costs: base, length and tip.
    pub fn fee(&self) -> Money {
        Self::base_fee(self.bytes.len()) + self.tip
    }

    /// Reads an extrinsic against the state of the newest block, whose hash is `head`.
    ///
    /// # Errors
    /// `Undecodable`, `BadProof`, `AncientBirthBlock` or `Call`.
    pub fn read(state: &State, head: &Hash, bytes: &[u8]) -> Result<Self, Bad> {
        if bytes.len() > MAX_BYTES {
            return Err(Bad::Undecodable(format!("longer than {MAX_BYTES} bytes")));
        }
        let mut input = bytes;
        let Compact(length) = Compact::<u32>::decode(&mut input).map_err(undecodable)?;
        if input.len() != length as usize {
            return Err(undecodable("its length prefix does not fit"));
        }
        match u8::decode(&mut input).map_err(undecodable)? {
            SIGNED_V4 => {}
            BARE_V4 => return Err(Invalid::Call.into()),
            other => return Err(undecodable(format!("unknown version {other}"))),
        }
        let address = MultiAddress::decode(&mut input).map_err(undecodable)?;
        let signature = MultiSignature::decode(&mut input).map_err(undecodable)?;
        let after_signature = input;
        let era = Era::decode(&mut input).map_err(undecodable)?;
        let Compact(nonce) = Compact::<u32>::decode(&mut input).map_err(undecodable)?;
        let Compact(tip) = Compact::<Money>::decode(&mut input).map_err(undecodable)?;
        let extra = after_signature.get(..after_signature.len() - input.len()).unwrap_or_default();
        let MultiAddress::Id(signer) = address else { return Err(Invalid::BadProof.into()) };
        let next = u64::from(system::number(state)) + 1;
        let birth = birth_hash(state, head, era, next).ok_or(Invalid::AncientBirthBlock)?;
        let payload = payload(input, extra, &genesis_hash(state), &birth);
        if !verify(&signature, &signer, &payload) {
            return Err(Invalid::BadProof.into());
        }
        let call = Call::decode_all_with_depth_limit(MAX_DEPTH, &mut &*input).map_err(undecodable)?;
        if let Call::Timestamp(_) = call {
            return Err(Invalid::Call.into());
        }
        let hash = Hash(blake2_256(bytes));
        Ok(Self { bytes: bytes.to_vec(), hash, signer, nonce, tip, dies: era.death(next), call })
    }

    /// Whether it may go into the next block.
    ///
    /// # Errors
    /// `Stale`, `Future`, `Payment`, or `BadProof` when its era is over (sample finding 16).
    pub fn check(&self, state: &State) -> Result<(), Invalid> {
        let nonce = system::ACCOUNT.get(state, &self.signer).nonce;
        if self.dies <= u64::from(system::number(state)) + 1 {
            return Err(Invalid::BadProof);
        }
        if self.nonce < nonce {
            return Err(Invalid::Stale);
        }
        if !balances::can_pay(state, &self.signer, self.fee()) {
            return Err(Invalid::Payment);
        }
        if self.nonce > nonce { Err(Invalid::Future) } else { Ok(()) }
    }
}

/// The hash of block 0.
pub fn genesis_hash(state: &State) -> Hash {
    system::BLOCK_HASH.get(state, &Twox(0))
}

/// The hash of the block where an era begins, seen from block `next`; for ever is the genesis. Storage knows
/// a block's hash only from the block after it.
fn birth_hash(state: &State, head: &Hash, era: Era, next: u64) -> Option<Hash> {
    let birth = u32::try_from(era.birth(next)).ok()?;
    if birth > 0 && birth == system::number(state) {
        return Some(*head);
    }
    system::BLOCK_HASH.has(state, &Twox(birth)).then(|| system::BLOCK_HASH.get(state, &Twox(birth)))
}

fn payload(call: &[u8], extra: &[u8], genesis: &Hash, birth: &Hash) -> Vec<u8> {
    let mut out = [call, extra].concat();
    (SPEC_VERSION, TRANSACTION_VERSION, genesis, birth).encode_to(&mut out);
    if out.len() > 256 { blake2_256(&out).to_vec() } else { out }
}

fn verify(signature: &MultiSignature, signer: &Account, payload: &[u8]) -> bool {
    let account = AccountId::from(*signer);
    match signature {
        MultiSignature::Ed25519(signature) => KeyKind::Ed25519.verify(&account, payload, signature),
        MultiSignature::Sr25519(signature) => KeyKind::Sr25519.verify(&account, payload, signature),
        MultiSignature::Ecdsa(_) => false,
    }
}

/// How an extrinsic is signed.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The signer's count.
    pub nonce: u32,
    /// How long it lives.
    pub era: Era,
    /// The hash of the block of its birth.
    pub birth: Hash,
    /// The chain's.
    pub genesis: Hash,
    /// For the author.
    pub tip: Money,
}

/// Signs a call (given as its bytes); the extrinsic's bytes, length prefix included.
pub fn sign(call: &[u8], signer: &Identity, terms: &Terms) -> Vec<u8> {
    let mut extra = terms.era.encode();
    (Compact(terms.nonce), Compact(terms.tip)).encode_to(&mut extra);
    let signature = signer.sign(&payload(call, &extra, &terms.genesis, &terms.birth));
    let signature = match signer.kind() {
        KeyKind::Ed25519 => MultiSignature::Ed25519(signature),
        KeyKind::Sr25519 => MultiSignature::Sr25519(signature),
    };
    let mut body = vec![SIGNED_V4];
    (MultiAddress::Id(signer.account().into()), signature).encode_to(&mut body);
    body.extend_from_slice(&extra);
    body.extend_from_slice(call);
    body.encode()
}

/// The inherent that sets the clock: an unsigned extrinsic.
pub fn inherent(now: u64) -> Vec<u8> {
    let mut body = vec![BARE_V4];
    Call::Timestamp(system::TimestampCall::set { now }).encode_to(&mut body);
    body.encode()
}
