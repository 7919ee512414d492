//! TfgridModule's policies: what things cost, and what farmers earn (tfchain.md section 4).

use super::{FarmCertification, NodeCertification};
use crate::sandbox::chain::scale::Account;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub enum Unit {
    /// A byte.
    Bytes,
    /// 1024 of them.
    Kilobytes,
    /// 1024² of them.
    Megabytes,
    /// 1024³ of them.
    #[default]
    Gigabytes,
    /// 1024⁴ of them; the chain's spelling.
    Terrabytes,
}

/// A price: 10⁻⁷ USD for an hour of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct Policy {
    /// The price.
    pub value: u32,
    /// What it is for.
    pub unit: Unit,
}

/// What things cost.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PricingPolicy {
    /// The record's version.
    pub version: u32,
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: Vec<u8>,
    /// Storage units.
    pub su: Policy,
    /// Compute units.
    pub cu: Policy,
    /// Traffic.
    pub nu: Policy,
    /// Public IPv4.
    pub ipu: Policy,
    /// A web name.
    pub unique_name: Policy,
    /// A domain name.
    pub domain_name: Policy,
    /// Gets a tenth.
    pub foundation_account: Account,
    /// Gets half.
    pub certified_sales_account: Account,
    /// Percent of the price that a rented node costs.
    pub discount_for_dedication_nodes: u8,
}

/// What farmers earn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode, TypeInfo)]
pub struct FarmingPolicy {
    /// The record's version.
    pub version: u32,
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: Vec<u8>,
    /// For compute.
    pub cu: u32,
    /// For storage.
    pub su: u32,
    /// For traffic.
    pub nu: u32,
    /// For addresses.
    pub ipv4: u32,
    /// Per mille of the time.
    pub minimal_uptime: u16,
    /// In this block.
    pub policy_created: u32,
    /// In this block, or 0.
    pub policy_end: u32,
    /// Whether it holds for ever.
    pub immutable: bool,
    /// Whether it is the one that new nodes get.
    pub default: bool,
    /// For which nodes.
    pub node_certification: NodeCertification,
    /// For which farms.
    pub farm_certification: FarmCertification,
}
