//! The grid's small values: ids, amounts, sizes. No behaviour beyond reading and showing them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(/// A grid identity on TFChain: a person, a node or a farmer. Zero is nobody.
    TwinId(u32));
id!(/// A farm: a group of nodes of one owner.
    FarmId(u32));
id!(/// A node: one machine of a farm. (Its twin has another number.)
    NodeId(u32));
id!(/// A contract on TFChain. Zero is none.
    ContractId(u64));

/// One gibibyte in bytes. The node API counts in bytes, people in GB of 1024³.
pub const GIB: u64 = 1 << 30;

/// An amount of TFT in chain units: 1 TFT = 10,000,000 units (7 decimals).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Tft(pub u64);

impl Tft {
    /// Units in one TFT.
    pub const ONE: u64 = 10_000_000;

    /// Whole and fractional TFT, for showing only.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::ONE as f64
    }

    /// From whole TFT.
    pub const fn whole(tft: u64) -> Self {
        Self(tft * Self::ONE)
    }
}

impl fmt::Display for Tft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} TFT", self.as_f64())
    }
}

/// Sizes as the chain and the proxy count them: bytes, and a count of virtual CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub struct Resources {
    /// Virtual CPUs.
    pub cru: u64,
    /// Memory, bytes.
    pub mru: u64,
    /// SSD, bytes.
    pub sru: u64,
    /// HDD, bytes.
    pub hru: u64,
}

/// A deployment's hash as the chain keeps it: the 32 lower-case hex characters of an MD5, as bytes
/// (tfchain.md section 3: not the 16 raw bytes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentHash(pub [u8; 32]);

impl fmt::Display for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.0) {
            Ok(text) => f.write_str(text),
            Err(_) => f.write_str(&hex::encode(self.0)),
        }
    }
}

impl fmt::Debug for DocumentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentHash({self})")
    }
}

impl Serialize for DocumentHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for DocumentHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&text, &mut bytes).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes))
    }
}
