//! What TfgridModule accepts as input (tfchain.md section 3), as pure functions.

use super::{Error, Interface, LocationInput, PublicConfig, Resources};
use crate::grid::GIB;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn all(text: &[u8], also: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || also.contains(byte))
}

fn ensure(holds: bool, error: Error) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(error) }
}

/// A document's link.
pub fn link(text: &[u8]) -> Result<(), Error> {
    ensure(!text.is_empty(), Error::DocumentLinkInputTooShort)?;
    ensure(all(text, b"-._~:/?#[]@!$&'()*+,;="), Error::InvalidDocumentLinkInput)
}

/// A document's hash.
pub fn hash(text: &[u8]) -> Result<(), Error> {
    ensure(!text.is_empty(), Error::DocumentHashInputTooShort)?;
    ensure(all(text, b"_-"), Error::InvalidDocumentHashInput)
}

/// A relay string. A dot in second place is refused, by whatever accident of the real chain (sample finding 11).
pub fn relay(text: &[u8]) -> Result<(), Error> {
    let fine = !text.is_empty()
        && all(text, b"._-")
        && text.first() != Some(&b'.')
        && text.last() != Some(&b'.')
        && text.get(1) != Some(&b'.')
        && !text.windows(2).any(|pair| pair == b"..");
    ensure(fine, Error::InvalidRelayAddress)
}

/// A farm's name.
pub fn farm_name(text: &[u8]) -> Result<(), Error> {
    ensure(text.len() >= 3, Error::FarmNameTooShort)?;
    ensure(all(text, b"_-"), Error::InvalidFarmName)
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

fn cidr4(bytes: &[u8]) -> Option<(Ipv4Addr, u32)> {
    let (address, mask) = text(bytes)?.split_once('/')?;
    let mask: u32 = mask.parse().ok().filter(|mask| (1..=32).contains(mask))?;
    Some((address.parse().ok()?, mask))
}

/// Whether two addresses are in one network.
fn same_network(a: Ipv4Addr, b: Ipv4Addr, mask: u32) -> bool {
    let bits = u32::MAX.checked_shl(32 - mask).unwrap_or(0);
    u32::from(a) & bits == u32::from(b) & bits
}

/// Whether an address can be a public one. Loopback counts: it is this grid's internet.
fn is_public_ip(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    !(ip.is_private()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_unspecified()
        || ip.is_multicast()
        || shared
        || a == 0
        || a >= 240)
}

/// An address with mask, and its gateway: public, in one network, not the same (spec 149).
pub fn public_ip(ip: &[u8], gateway: &[u8]) -> bool {
    let (Some((ip, mask)), Some(gateway)) = (cidr4(ip), text(gateway).and_then(|gw| gw.parse().ok())) else {
        return false;
    };
    is_public_ip(ip) && same_network(ip, gateway, mask) && ip != gateway
}

fn public_ip6(ip: &[u8], gateway: &[u8]) -> bool {
    let Some((address, mask)) = text(ip).and_then(|ip| ip.split_once('/')) else { return false };
    let (Ok(ip), Ok(mask), Some(Ok(gateway))) =
        (address.parse::<Ipv6Addr>(), mask.parse::<u32>(), text(gateway).map(str::parse::<Ipv6Addr>))
    else {
        return false;
    };
    let bits = u128::MAX.checked_shl(128u32.saturating_sub(mask)).unwrap_or(0);
    (1..=128).contains(&mask)
        && ip != gateway
        && u128::from(ip) & bits == u128::from(gateway) & bits
        && !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast())
}

/// A node's public address and domain.
pub fn public_config(config: &PublicConfig) -> Result<(), Error> {
    let domain = config.domain.as_ref().is_none_or(|domain| !domain.0.is_empty() && all(&domain.0, b".-"));
    let ip6 = config.ip6.as_ref().is_none_or(|ip6| public_ip6(&ip6.ip.0, &ip6.gw.0));
    ensure(public_ip(&config.ip4.ip.0, &config.ip4.gw.0) && ip6 && domain, Error::InvalidPublicConfig)
}

/// What a node must have.
pub fn resources(resources: &Resources) -> Result<(), Error> {
    ensure(resources.sru >= 100 * GIB, Error::InvalidSRUInput)?;
    ensure(resources.cru >= 1, Error::InvalidCRUInput)?;
    ensure(resources.mru >= 2 * GIB, Error::InvalidMRUInput)
}

fn degrees(bytes: &[u8], most: f64) -> bool {
    text(bytes).and_then(|text| text.parse::<f64>().ok()).is_some_and(|value| value.abs() <= most)
}

fn place_name(bytes: &[u8]) -> bool {
    text(bytes).is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || " -.'(),&".contains(c)))
}

/// Where a node is.
pub fn location(location: &LocationInput) -> Result<(), Error> {
    ensure(!location.city.0.is_empty(), Error::CityNameTooShort)?;
    ensure(place_name(&location.city.0), Error::InvalidCityName)?;
    ensure(location.country.0.len() >= 2, Error::CountryNameTooShort)?;
    ensure(place_name(&location.country.0), Error::InvalidCountryName)?;
    ensure(!location.latitude.0.is_empty(), Error::LatitudeInputTooShort)?;
    ensure(degrees(&location.latitude.0, 90.0), Error::InvalidLatitudeInput)?;
    ensure(!location.longitude.0.is_empty(), Error::LongitudeInputTooShort)?;
    ensure(degrees(&location.longitude.0, 180.0), Error::InvalidLongitudeInput)
}

fn mac(bytes: &[u8]) -> bool {
    bytes.chunks(3).all(|part| {
        let (digits, rest) = part.split_at(part.len().min(2));
        digits.iter().all(u8::is_ascii_hexdigit) && (rest.is_empty() || rest == b":" || rest == b"-")
    })
}

/// A network card.
pub fn interface(interface: &Interface) -> Result<(), Error> {
    let name = &interface.name.0;
    ensure(name.len() >= 3, Error::InterfaceNameTooShort)?;
    let fine = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(byte);
    ensure(name.iter().all(fine), Error::InvalidInterfaceName)?;
    ensure(interface.mac.0.len() == 17, Error::InterfaceMacTooShort)?;
    ensure(mac(&interface.mac.0), Error::InvalidMacAddress)?;
    for ip in &interface.ips.0 {
        ensure(ip.0.len() >= 7, Error::InterfaceIpTooShort)?;
        let address = text(&ip.0).map(|ip| ip.split('/').next().unwrap_or_default());
        ensure(address.is_some_and(|ip| ip.parse::<IpAddr>().is_ok()), Error::InvalidInterfaceIP)?;
    }
    Ok(())
}

/// A node's serial number.
pub fn serial_number(bytes: &[u8]) -> Result<(), Error> {
    let printable = text(bytes).is_some_and(|text| text.chars().all(|c| c.is_ascii_graphic() || c == ' '));
    ensure(printable, Error::InvalidSerialNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays() {
        for good in ["relay.dev.grid.tf", "r1.tf_r2.tf", "_r1.tf_", "UPPER.Relay-1.tf", "rr.t.x", "x", "192.168.1.1"] {
            assert!(relay(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", "bad relay", "relay!", ".relay.tf", "relay.tf.", "relay..tf", "wss://r.tf", "r.tf", "a.tf:443"]
        {
            assert!(relay(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn public_ips() {
        assert!(public_ip(b"185.206.122.33/24", b"185.206.122.1"));
        assert!(public_ip(b"127.1.2.3/16", b"127.1.0.1"), "loopback is the sandbox's internet");
        for (ip, gateway) in [
            ("185.206.122.33", "185.206.122.1"),
            ("185.206.122.33/24", "185.206.123.1"),
            ("10.1.1.2/24", "10.1.1.1"),
            ("185.206.122.1/24", "185.206.122.1"),
            ("185.206.122.300/24", "185.206.122.1"),
            ("185.206.122.33/0", "185.206.122.1"),
            ("185.206.122.33/99", "185.206.122.1"),
        ] {
            assert!(!public_ip(ip.as_bytes(), gateway.as_bytes()), "{ip} {gateway}");
        }
    }
}
