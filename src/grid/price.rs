//! What a deployment costs, by the chain's own formula (tfchain.md section 5).
//!
//! An estimate from what is asked for: the chain bills what the node reports, contract by contract, each hour.
//! Not charged on chain today, hence not here: the 25 % for certified nodes. Traffic is billed by use and is
//! not part of an estimate.

use super::{GIB, Prices, Resources, Tft};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One hour, the chain's billing reference.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Thirty days: a month, as the chain counts fees.
pub const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of all machines and disks of one contract. (Several contracts are several usages: compute units do not
    /// add up.)
    pub resources: Resources,
    /// Public IPv4 addresses.
    pub ips: u64,
    /// Web names.
    pub names: u64,
}

impl Usage {
    /// Compute units: the cheapest of three fair mixes of memory and CPU.
    pub fn compute_units(&self) -> f64 {
        let memory = self.resources.mru as f64 / GIB as f64;
        let cpus = self.resources.cru as f64;
        let mixes = [(memory / 4.0).max(cpus / 2.0), (memory / 8.0).max(cpus), (memory / 2.0).max(cpus / 4.0)];
        mixes.into_iter().fold(f64::INFINITY, f64::min)
    }

    /// Storage units.
    pub fn storage_units(&self) -> f64 {
        let gib = |bytes: u64| bytes as f64 / GIB as f64;
        gib(self.resources.hru) / 1200.0 + gib(self.resources.sru) / 200.0
    }

    /// The undiscounted cost of `span` in units of 10⁻⁷ USD, rounded once.
    pub fn units_usd(&self, prices: &Prices, span: Duration) -> u64 {
        let policy = &prices.policy;
        let hourly = self.compute_units() * policy.cu as f64
            + self.storage_units() * policy.su as f64
            + self.ips as f64 * policy.ipu as f64
            + self.names as f64 * policy.unique_name as f64;
        (hourly * span.as_secs_f64() / HOUR.as_secs_f64()).round() as u64
    }
}

/// An amount of money in both currencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cost {
    /// In units of 10⁻⁷ USD.
    pub units_usd: u64,
    /// In TFT at the chain's present price.
    pub tft: Tft,
}

impl Cost {
    /// In US dollars, for showing only.
    pub fn usd(self) -> f64 {
        self.units_usd as f64 / 1e7
    }

    /// This many units of 10⁻⁷ USD at the chain's TFT price. Without a price (a chain that has none yet) the TFT
    /// amount is zero.
    pub fn of(units_usd: u64, prices: &Prices) -> Self {
        let per_tft = u128::from(prices.tft_musd) * 10_000;
        let units = (u128::from(units_usd) * u128::from(Tft::ONE) + per_tft / 2).checked_div(per_tft).unwrap_or(0);
        Self { units_usd, tft: Tft(u64::try_from(units).unwrap_or(u64::MAX)) }
    }
}

/// The discount for holding TFT: the longer the account's balance would pay for the contract, the less it pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Discount {
    /// Balance for less than 1.5 months: the full price.
    None,
    /// From 1.5 months: 20 % off.
    Default,
    /// From 3 months: 30 % off.
    Bronze,
    /// From 6 months: 40 % off.
    Silver,
    /// From 18 months: 60 % off.
    Gold,
}

impl Discount {
    /// The level that `balance` (spendable, of the account and its bonded stash) earns at this hourly cost. A month
    /// is 720 hours here.
    pub fn earned(balance: Tft, hourly: Tft) -> Self {
        let hours = balance.0.checked_div(hourly.0).unwrap_or(0);
        match hours {
            0..1080 => Self::None,
            1080..2160 => Self::Default,
            2160..4320 => Self::Bronze,
            4320..12_960 => Self::Silver,
            _ => Self::Gold,
        }
    }

    /// The part of the full price that is paid, in percent.
    pub fn pays_percent(self) -> u64 {
        match self {
            Self::None => 100,
            Self::Default => 80,
            Self::Bronze => 70,
            Self::Silver => 60,
            Self::Gold => 40,
        }
    }
}

/// What something will cost, as far as can be told beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// For one hour.
    pub hour: Cost,
    /// For thirty days.
    pub month: Cost,
    /// The lowest discount among its contracts.
    pub discount: Discount,
}

/// What contracts cost now, one [`Usage`] each: the full price, or with the discounts that `balance` would earn.
///
/// The chain weighs the whole balance against each contract alone, so each has its own level.
pub fn estimate(contracts: &[Usage], prices: &Prices, balance: Option<Tft>) -> Estimate {
    let mut lowest = None;
    let (mut hour, mut month) = (0, 0);
    for usage in contracts {
        let full = usage.units_usd(prices, HOUR);
        let level = balance.map_or(Discount::None, |balance| Discount::earned(balance, Cost::of(full, prices).tft));
        if full > 0 {
            lowest = Some(lowest.map_or(level, |lowest: Discount| lowest.min(level)));
        }
        let paid = |units: u64| (units * level.pays_percent() + 50) / 100;
        hour += paid(full);
        month += paid(usage.units_usd(prices, MONTH));
    }
    Estimate {
        hour: Cost::of(hour, prices),
        month: Cost::of(month, prices),
        discount: lowest.unwrap_or(Discount::None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Policy;

    const PRICES: Prices = Prices {
        policy: Policy { cu: 100_000, su: 50_000, nu: 15_000, ipu: 40_000, unique_name: 2_500, domain_name: 5_000 },
        tft_musd: 50,
    };

    fn machine(cru: u64, gib: u64, ssd: u64) -> Usage {
        Usage { resources: Resources { cru, mru: gib * GIB, sru: ssd * GIB, hru: 0 }, ips: 0, names: 0 }
    }

    #[test]
    fn the_bill_that_was_seen_on_the_real_runtime() {
        let usage = machine(4, 8, 100);
        assert_eq!((usage.compute_units(), usage.storage_units()), (2.0, 0.5));
        let price = estimate(&[usage], &PRICES, None);
        assert_eq!((price.hour.units_usd, price.hour.usd()), (225_000, 0.0225));
        assert_eq!(price.month.usd(), 16.2);
        let seen = Cost::of(usage.units_usd(&PRICES, Duration::from_secs(132)), &PRICES);
        assert_eq!((seen.units_usd, seen.tft), (8_250, Tft(165_000)));
        let ip = Usage { ips: 1, ..Usage::default() };
        assert_eq!(ip.units_usd(&PRICES, HOUR), 40_000);
    }

    #[test]
    fn compute_units_take_the_cheapest_mix() {
        for (cru, gib, units) in
            [(1, 8, 1.0), (2, 4, 1.0), (4, 2, 1.0), (1, 1, 0.25_f64.max(0.5)), (8, 64, 8.0), (0, 0, 0.0)]
        {
            assert_eq!(machine(cru, gib, 0).compute_units(), units, "{cru} CPUs, {gib} GiB");
        }
    }

    #[test]
    fn a_balance_earns_its_level_exactly_at_the_month() {
        let hourly = Tft(1000);
        for (hours, level) in [
            (1079, Discount::None),
            (1080, Discount::Default),
            (2160, Discount::Bronze),
            (4319, Discount::Bronze),
            (4320, Discount::Silver),
            (12_960, Discount::Gold),
        ] {
            assert_eq!(Discount::earned(Tft(hours * 1000), hourly), level, "{hours} hours");
        }
        assert_eq!(Discount::earned(Tft(5), Tft(0)), Discount::None);
        let gold = estimate(&[machine(4, 8, 100)], &PRICES, Some(Tft::whole(1_000_000)));
        assert_eq!((gold.discount, gold.hour.units_usd), (Discount::Gold, 90_000));
    }

    #[test]
    fn contracts_are_billed_one_by_one_and_no_price_is_no_crash() {
        let set = [machine(4, 16, 500), Usage { ips: 1, ..Usage::default() }, Usage { names: 1, ..Usage::default() }];
        assert_eq!(estimate(&set, &PRICES, None).hour.units_usd, 400_000 + 125_000 + 40_000 + 2_500);
        assert_eq!(Cost::of(7, &Prices { tft_musd: 0, ..PRICES }).tft, Tft(0));
    }
}
