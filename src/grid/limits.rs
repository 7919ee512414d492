//! What the chain takes as arguments (tfchain.md section 3), checked before anything is signed.
//!
//! Worth the trouble for two reasons: an over-long argument makes the runtime trap while decoding, which gives
//! no name for the mistake; and every refusal inside a block costs its fee. Only what depends on the argument
//! alone is here; whether a name is free, or a node exists, the chain says itself.

use super::{Call, FarmInput, GridError, GridResult, NodeInput, Party, PublicConfig, Tx};

const GIB: u64 = super::GIB;

impl Call {
    /// Whether the chain can take these arguments at all.
    ///
    /// # Errors
    /// `Refused` by the chain's rules with code `argument`; the text names the argument and what would be right.
    pub fn check(&self) -> GridResult<()> {
        match self {
            Self::AcceptTerms { link, hash } => {
                text("document_link", link, 1..=2048, |c| {
                    c.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(&c)
                })?;
                text("document_hash", hash, 1..=50, |c| word(c, b"-_"))
            }
            Self::CreateTwin { relay, pk } | Self::UpdateTwin { relay, pk } => {
                if let Some(relay) = relay {
                    text("relay", relay, 1..=1024, |c| word(c, b"._-"))?;
                    let dots_are_right = !relay.starts_with('.') && !relay.ends_with('.') && !relay.contains("..");
                    hold(
                        dots_are_right,
                        "relay",
                        "host names joined by _, without a leading, trailing or doubled dot",
                    )?;
                }
                length("pk", pk.as_ref().map_or(0, Vec::len), 0..=128)
            }
            Self::NameContract { name } => {
                text("name", name, 3..=64, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_".contains(&c))
            }
            Self::NodeContract { data, public_ips, .. } => {
                length("deployment_data", data.len(), 0..=512)?;
                hold(*public_ips <= 512, "public_ips", "at most 512")
            }
            Self::CreateFarm(FarmInput { name, ips }) => {
                text("name", name, 3..=40, |c| word(c, b"-_"))?;
                length("public_ips", ips.len(), 0..=256)?;
                ips.iter().try_for_each(|(ip, gateway)| {
                    length("ip", ip.len(), 9..=18)?;
                    length("gw", gateway.len(), 7..=15)
                })
            }
            Self::CreateNode(NodeInput { resources, city, country, latitude, longitude, serial, .. }) => {
                hold(resources.cru >= 1, "cru", "at least 1")?;
                hold(resources.mru >= 2 * GIB, "mru", "at least 2 GiB, in bytes")?;
                hold(resources.sru >= 100 * GIB, "sru", "at least 100 GiB, in bytes")?;
                length("city", city.len(), 1..=58)?;
                length("country", country.len(), 2..=56)?;
                degrees("latitude", latitude, 90.0)?;
                degrees("longitude", longitude, 180.0)?;
                length("serial_number", serial.as_ref().map_or(0, String::len), 0..=128)
            }
            Self::SetPublicConfig { config: PublicConfig { ipv4, gw4, domain }, .. } => {
                length("ip", ipv4.len(), 9..=18)?;
                length("gw", gw4.len(), 7..=15)?;
                domain.as_ref().map_or(Ok(()), |domain| text("domain", domain, 4..=128, |c| word(c, b".-")))
            }
            Self::Transfer { .. } | Self::Cancel { .. } | Self::ReportUptime { .. } | Self::ReportResources { .. } => {
                Ok(())
            }
        }
    }
}

impl Tx {
    /// Whether there is something to sign, and the chain can take all of it.
    ///
    /// # Errors
    /// As [`Call::check`].
    pub fn check(&self) -> GridResult<()> {
        hold(!self.calls.is_empty(), "calls", "at least one")?;
        self.calls.iter().try_for_each(Call::check)
    }
}

type Range = std::ops::RangeInclusive<usize>;

fn hold(right: bool, argument: &str, rule: &str) -> GridResult<()> {
    if right { Ok(()) } else { Err(GridError::refused(Party::Chain, "argument", format!("{argument} must be {rule}"))) }
}

fn length(argument: &str, bytes: usize, range: Range) -> GridResult<()> {
    let rule = format!("{} to {} bytes long, not {bytes}", range.start(), range.end());
    hold(range.contains(&bytes), argument, &rule)
}

fn text(argument: &str, text: &str, range: Range, allowed: impl Fn(u8) -> bool) -> GridResult<()> {
    length(argument, text.len(), range)?;
    match text.chars().find(|&c| !u8::try_from(c).is_ok_and(|c| c.is_ascii() && allowed(c))) {
        None => Ok(()),
        Some(c) => hold(false, argument, &format!("without {c:?}")),
    }
}

fn word(c: u8, more: &[u8]) -> bool {
    c.is_ascii_alphanumeric() || more.contains(&c)
}

fn degrees(argument: &str, text: &str, most: f64) -> GridResult<()> {
    length(argument, text.len(), 1..=50)?;
    let right = text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most);
    hold(right, argument, &format!("decimal degrees from -{most} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{DocumentHash, FarmId, NodeId, Resources};

    fn name(name: &str) -> Call {
        Call::NameContract { name: name.to_owned() }
    }

    fn deployment(data: usize) -> Call {
        Call::NodeContract { node: NodeId(1), hash: DocumentHash([b'a'; 32]), data: "d".repeat(data), public_ips: 0 }
    }

    fn relay(relay: &str) -> Call {
        Call::CreateTwin { relay: Some(relay.to_owned()), pk: None }
    }

    fn terms(link: &str, hash: usize) -> Call {
        Call::AcceptTerms { link: link.to_owned(), hash: "f".repeat(hash) }
    }

    fn node(mru: u64, latitude: &str) -> Call {
        Call::CreateNode(NodeInput {
            farm: FarmId(1),
            resources: Resources { cru: 1, mru, sru: 100 * GIB, hru: 0 },
            city: "Gent".to_owned(),
            country: "Belgium".to_owned(),
            latitude: latitude.to_owned(),
            longitude: "3.7".to_owned(),
            serial: None,
        })
    }

    #[test]
    fn arguments_are_held_to_the_chains_rules() {
        for (call, wrong) in [
            (name("abc"), None),
            (name("-a_9"), None),
            (name(&"a".repeat(64)), None),
            (name("ab"), Some("name must be 3 to 64 bytes long, not 2")),
            (name(&"a".repeat(65)), Some("name must be 3 to 64 bytes long, not 65")),
            (name("my.name"), Some("name must be without '.'")),
            (name("MyName"), Some("name must be without 'M'")),
            (name("naïve"), Some("name must be without 'ï'")),
            (deployment(512), None),
            (deployment(513), Some("deployment_data must be 0 to 512 bytes long, not 513")),
            (relay("relay.grid.tf_r2.grid.tf"), None),
            (relay("_r1.tf_"), None),
            (relay("relay.grid.tf:8080"), Some("relay must be without ':'")),
            (relay(""), Some("relay must be 1 to 1024 bytes long, not 0")),
            (relay("a..b"), Some("relay must be host names joined by _, without a leading, trailing or doubled dot")),
            (terms("https://x.tf/a?b=c#d", 32), None),
            (terms("", 32), Some("document_link must be 1 to 2048 bytes long, not 0")),
            (terms("https://x tf", 32), Some("document_link must be without ' '")),
            (terms("l", 51), Some("document_hash must be 1 to 50 bytes long, not 51")),
            (node(2 * GIB, "51.05"), None),
            (node(2 * GIB - 1, "51.05"), Some("mru must be at least 2 GiB, in bytes")),
            (node(2 * GIB, "91"), Some("latitude must be decimal degrees from -90 to 90")),
            (node(2 * GIB, "north"), Some("latitude must be decimal degrees from -90 to 90")),
        ] {
            let expected = wrong.map_or(Ok(()), |text| Err(GridError::refused(Party::Chain, "argument", text)));
            assert_eq!(call.check(), expected, "{call:?}");
        }
    }
}
