//! Addresses and keys inside deployment documents. Text as Go prints it, because it is hashed.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// An address with a mask length, host bits kept: `10.20.2.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    /// The address.
    pub ip: IpAddr,
    /// Bits of the network part.
    pub prefix: u8,
}

/// The text is not an address with a mask length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid CIDR address: {0}")]
pub struct NotACidr(String);

impl Cidr {
    /// An IPv4 range.
    pub const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }
    }

    /// Whether `other` lies in this range.
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.ip, other) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                (u32::from(net) ^ u32::from(ip)) & mask == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                (u128::from(net) ^ u128::from(ip)) & mask == 0
            }
            _ => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let no = || NotACidr(text.to_owned());
        let (ip, prefix) = text.split_once('/').ok_or_else(no)?;
        let ip: IpAddr = ip.parse().map_err(|_| no())?;
        let prefix: u8 = prefix.parse().map_err(|_| no())?;
        if prefix > if ip.is_ipv4() { 32 } else { 128 } {
            return Err(no());
        }
        Ok(Self { ip, prefix })
    }
}

impl Serialize for Cidr {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A range that may be missing: absent, `null` and `""` are all none.
pub(super) mod maybe {
    use super::Cidr;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &Option<Cidr>, s: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(cidr) => cidr.serialize(s),
            None => s.serialize_str(""),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Cidr>, D::Error> {
        match Option::<String>::deserialize(d)? {
            Some(text) if !text.is_empty() => text.parse().map(Some).map_err(serde::de::Error::custom),
            _ => Ok(None),
        }
    }
}

/// The address under which a peer's subnet `a.X.Y.0/24` is routed: `100.64.X.Y/32` (zos.md section 3).
/// `None` for anything but IPv4.
pub fn routing_address(subnet: &Cidr) -> Option<Cidr> {
    match subnet.ip {
        IpAddr::V4(ip) => {
            let [_, x, y, _] = ip.octets();
            Some(Cidr::v4(100, 64, x, y, 32))
        }
        IpAddr::V6(_) => None,
    }
}

/// Bytes in hex, hashed in lower case. Prints its length only: most are keys.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HexBytes(pub Vec<u8>);

impl fmt::Debug for HexBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HexBytes({} bytes)", self.0.len())
    }
}

impl Serialize for HexBytes {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        hex::decode(String::deserialize(d)?).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A WireGuard secret in base64, as it stands in a network workload. Never prints itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WireguardKey(pub String);

impl fmt::Debug for WireguardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireguardKey(…)")
    }
}

impl WireguardKey {
    /// From 32 random bytes.
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        use base64::Engine as _;
        bytes[0] &= 248;
        bytes[31] = (bytes[31] & 127) | 64;
        Self(base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    /// Its public key in base64; `None` when it is not 32 bytes in base64.
    pub fn public(&self) -> Option<String> {
        wireguard_public(&self.0)
    }
}

/// The WireGuard public key of a secret, both in base64; `None` when it is not one.
pub fn wireguard_public(secret: &str) -> Option<String> {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let bytes: [u8; 32] = base64.decode(secret).ok()?.try_into().ok()?;
    let public = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(bytes));
    Some(base64.encode(public.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wireguard_public_keys() {
        // Computed with an independent X25519.
        let recorded = "oFyzpxPHrRDUkqRXCuIvUZzUS9lPWHvZxT9QKbqEQVs=";
        assert_eq!(wireguard_public(recorded).as_deref(), Some("ZwQZncy57PL0tATYBW0Bxrz9fHNEKa3knk0K7diMKlk="));
        let fresh = WireguardKey::from_bytes([7; 32]);
        assert_eq!(fresh.public().as_deref(), Some("E75P6uryBMf9M1j8nAByGIHRdCeBKCJ+xnTzf3/pe20="));
        assert_eq!(wireguard_public("not base64"), None);
    }

    #[test]
    fn ranges_keep_their_host_bits() {
        let range: Cidr = "10.20.2.7/24".parse().unwrap();
        assert_eq!(range.to_string(), "10.20.2.7/24");
        assert!(range.contains("10.20.2.250".parse().unwrap()) && !range.contains("10.20.3.1".parse().unwrap()));
        assert!(Cidr::v4(0, 0, 0, 0, 0).contains("9.9.9.9".parse().unwrap()));
        assert_eq!(routing_address(&range), Some(Cidr::v4(100, 64, 20, 2, 32)));
        for bad in ["10.1.1.1", "10.1.1.1/33", "10.1.1/24", "x/8", ""] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }
}
