//! The chain's small values as they stand on the wire: accounts, hashes, bounded lists, weights, errors.
//!
//! Each encodes as Substrate's type of that name does and describes itself for the metadata. No behaviour
//! beyond that; the pallets' own records are in their folders.

use crate::grid::AccountId;
use parity_scale_codec::{Decode, Encode, Error, Input};
use scale_info::build::Fields;
use scale_info::{Path, Type, TypeInfo, TypeParameter};

/// An amount in chain units.
pub type Money = u128;

/// Blake2 with 32 bytes of output: hashes of blocks, extrinsics and long payloads.
pub fn blake2_256(data: &[u8]) -> [u8; 32] {
    sp_crypto_hashing::blake2_256(data)
}

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident, $($segment:literal),*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
        pub struct $name(pub [u8; 32]);

        impl TypeInfo for $name {
            type Identity = Self;
            fn type_info() -> Type {
                Type::builder()
                    .path(Path::from_segments_unchecked([$($segment),*]))
                    .composite(Fields::unnamed().field(|f| f.ty::<[u8; 32]>().type_name("[u8; 32]")))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "0x{}", hex::encode(self.0))
            }
        }
    };
}

bytes32!(/// An account: a public key.
    Account, "sp_core", "crypto", "AccountId32");
bytes32!(/// A hash: of a block, an extrinsic, a remark.
    Hash, "primitive_types", "H256");

impl From<AccountId> for Account {
    fn from(id: AccountId) -> Self {
        Self(id.0)
    }
}

impl From<Account> for AccountId {
    fn from(account: Account) -> Self {
        Self(account.0)
    }
}

/// A list with a greatest length. As in the runtime, a longer one does not decode: whoever sends it is told
/// nothing but that (tfchain.md section 1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode)]
pub struct Bounded<T, const MAX: usize>(pub Vec<T>);

/// Bytes with a greatest length.
pub type Text<const MAX: usize> = Bounded<u8, MAX>;

impl<T, const MAX: usize> Default for Bounded<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: std::fmt::Debug, const MAX: usize> std::fmt::Debug for Bounded<T, MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Decode, const MAX: usize> Decode for Bounded<T, MAX> {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let items = Vec::<T>::decode(input)?;
        if items.len() > MAX { Err("longer than its bound".into()) } else { Ok(Self(items)) }
    }
}

impl<T: TypeInfo + 'static, const MAX: usize> TypeInfo for Bounded<T, MAX> {
    type Identity = Bounded<T, 0>;
    fn type_info() -> Type {
        Type::builder()
            .path(Path::from_segments_unchecked(["bounded_collections", "bounded_vec", "BoundedVec"]))
            .type_params(vec![TypeParameter::new("T", Some(scale_info::meta_type::<T>()))])
            .composite(Fields::unnamed().field(|f| f.ty::<Vec<T>>().type_name("Vec<T>")))
    }
}

/// Where a transfer goes. Only `Id` can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum MultiAddress {
    Id(Account),
    Index(#[codec(compact)] ()),
    Raw(Vec<u8>),
    Address32([u8; 32]),
    Address20([u8; 20]),
}

impl MultiAddress {
    /// The account.
    pub fn lookup(&self) -> Result<Account, DispatchError> {
        match self {
            Self::Id(account) => Ok(*account),
            _ => Err(DispatchError::CannotLookup),
        }
    }
}

/// A signature with its scheme.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum MultiSignature {
    Ed25519([u8; 64]),
    Sr25519([u8; 64]),
    Ecdsa([u8; 65]),
}

/// Two-dimensional weight. Here it is a round figure: fees depend on the length alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct Weight {
    /// Picoseconds.
    #[codec(compact)]
    pub ref_time: u64,
    /// Bytes.
    #[codec(compact)]
    pub proof_size: u64,
}

/// Whether a call was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Pays {
    Yes,
    No,
}

/// The class of an extrinsic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DispatchClass {
    Normal,
    Operational,
    Mandatory,
}

/// What the events of success and failure tell of the dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DispatchInfo {
    pub weight: Weight,
    pub class: DispatchClass,
    pub pays_fee: Pays,
}

/// An error of a pallet: the pallet's index, and the variant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ModuleError {
    pub index: u8,
    pub error: [u8; 4],
}

/// Why a transfer failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum TokenError {
    FundsUnavailable,
    OnlyProvider,
    BelowMinimum,
    CannotCreate,
    UnknownAsset,
    Frozen,
    Unsupported,
    CannotCreateHold,
    NotExpendable,
    Blocked,
}

/// A sum that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ArithmeticError {
    Underflow,
    Overflow,
    DivisionByZero,
}

/// A storage layer that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum TransactionalError {
    LimitReached,
    NoLayer,
}

/// Why a dispatch failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DispatchError {
    Other,
    CannotLookup,
    BadOrigin,
    Module(ModuleError),
    ConsumerRemaining,
    NoProviders,
    TooManyConsumers,
    Token(TokenError),
    Arithmetic(ArithmeticError),
    Transactional(TransactionalError),
    Exhausted,
    Corruption,
    Unavailable,
    RootNotAllowed,
}

impl From<TokenError> for DispatchError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

/// What a dispatch comes to.
pub type DispatchResult = Result<Pays, DispatchError>;

/// Declares a pallet's error enum: index of the pallet, then the variants in the order of the metadata.
macro_rules! errors {
    ($(#[$attribute:meta])* $pallet:literal; $($variant:ident)*) => {
        /// The pallet's errors; names and order are the real chain's.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, parity_scale_codec::Encode, parity_scale_codec::Decode, scale_info::TypeInfo)]
        $(#[$attribute])*
        pub enum Error { $($variant),* }

        impl From<Error> for $crate::sandbox::chain::scale::DispatchError {
            fn from(error: Error) -> Self {
                let variant = parity_scale_codec::Encode::encode(&error).first().copied().unwrap_or_default();
                Self::Module($crate::sandbox::chain::scale::ModuleError { index: $pallet, error: [variant, 0, 0, 0] })
            }
        }
    };
}
pub(super) use errors;

/// How long an extrinsic lives. On the wire one byte (0) for ever, or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// For ever.
    Immortal,
    /// `period` blocks (a power of two, 4 to 65536), from the block that is `phase` modulo `period`.
    Mortal {
        /// Blocks.
        period: u64,
        /// Remainder of the first block.
        phase: u64,
    },
}

impl Era {
    /// A mortal era of about `period` blocks that begins at `current`.
    pub fn mortal(period: u64, current: u64) -> Self {
        let period = period.checked_next_power_of_two().unwrap_or(1 << 16).clamp(4, 1 << 16);
        let quantum = (period >> 12).max(1);
        Self::Mortal { period, phase: current % period / quantum * quantum }
    }

    /// The block where it begins, seen from block `current`.
    pub fn birth(self, current: u64) -> u64 {
        match self {
            Self::Immortal => 0,
            Self::Mortal { period, phase } => (current.max(phase) - phase) / period * period + phase,
        }
    }

    /// The first block in which it is no longer valid, seen from block `current`.
    pub fn death(self, current: u64) -> u64 {
        match self {
            Self::Immortal => u64::MAX,
            Self::Mortal { period, .. } => self.birth(current) + period,
        }
    }
}

impl Encode for Era {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Immortal => vec![0],
            Self::Mortal { period, phase } => {
                let quantum = (period >> 12).max(1);
                let low = (period.trailing_zeros() as u16).saturating_sub(1).clamp(1, 15);
                (low | ((phase / quantum) as u16) << 4).encode()
            }
        }
    }
}

impl Decode for Era {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let first = input.read_byte()?;
        if first == 0 {
            return Ok(Self::Immortal);
        }
        let encoded = u64::from(first) + (u64::from(input.read_byte()?) << 8);
        let period = 2u64 << (encoded % (1 << 4));
        let phase = (encoded >> 4) * (period >> 12).max(1);
        if period >= 4 && phase < period { Ok(Self::Mortal { period, phase }) } else { Err("invalid era".into()) }
    }
}
