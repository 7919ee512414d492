//! What a contract costs (tfchain.md section 5), in integers.
//!
//! Unit USD is 10⁻⁷ USD. Fractions are kept in 64 bits below the point and cut off at each division, as the
//! chain's fixed-point numbers do; the end is rounded once.

use super::{
    ACTIVE_RENT_CONTRACT, BILLING_INFORMATION, Contract, ContractData, DiscountLevel, EXTRA_FEE, Error,
    NODE_CONTRACT_RESOURCES,
};
use crate::grid::GIB;
use crate::sandbox::chain::price;
use crate::sandbox::chain::scale::Money;
use crate::sandbox::chain::state::State;
use crate::sandbox::chain::tfgrid::{NODE_POWER, NODES, PRICING_POLICIES, PowerState, PricingPolicy, Resources};

const SECONDS_PER_HOUR: u128 = 3600;
/// Seconds in 30 days, over which an extra fee is spread.
const SECONDS_PER_MONTH: u128 = 2_592_000;

/// A number with 64 bits below the point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fixed(u128);

impl Fixed {
    fn of(number: u64) -> Self {
        Self(u128::from(number) << 64)
    }

    fn over(self, divisor: u64) -> Self {
        Self(self.0 / u128::from(divisor.max(1)))
    }

    fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(u128::from(factor)))
    }

    /// The product, cut off below the last bit.
    fn by(self, other: Self) -> Self {
        let (whole, part) = (other.0 >> 64, other.0 & u128::from(u64::MAX));
        let (own_whole, own_part) = (self.0 >> 64, self.0 & u128::from(u64::MAX));
        let of_part = own_whole.saturating_mul(part).saturating_add((own_part * part) >> 64);
        Self(self.0.saturating_mul(whole).saturating_add(of_part))
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    fn round(self) -> u64 {
        (self.0 >> 64) as u64 + u64::from(self.0 & (1 << 63) != 0)
    }
}

/// Compute units of so much memory (GiB, fixed) and so many CPUs.
fn compute_units(memory: Fixed, cpus: u64) -> Fixed {
    let cpus = Fixed::of(cpus);
    let balanced = memory.over(4).max(cpus.over(2));
    balanced.min(memory.over(8).max(cpus)).min(memory.over(2).max(cpus.over(4)))
}

/// Unit USD for `seconds` of so many resources and addresses.
fn resources(used: &Resources, ips: u32, seconds: u64, policy: &PricingPolicy, with_units: bool) -> u64 {
    // The price of the time first, then the units: the order decides what is cut off (recording 10, step 26).
    let of = |price: u32| Fixed::of(price.into()).over(3600).times(seconds);
    let mut cost = of(policy.ipu.value).times(ips.into());
    if with_units {
        let gib = |bytes| Fixed::of(bytes).over(GIB);
        let storage = gib(used.hru).over(1200).plus(gib(used.sru).over(200));
        let compute = compute_units(gib(used.mru), used.cru);
        cost = cost.plus(of(policy.su.value).by(storage)).plus(of(policy.cu.value).by(compute));
    }
    cost.round()
}

/// Unit USD of `nru` bytes of traffic over `window` seconds.
pub fn traffic(nru: u64, window: u64, policy: &PricingPolicy) -> u64 {
    let used = u128::from(nru) * u128::from(policy.nu.value) * u128::from(window);
    u64::try_from((used + 1_800_000_000_000) / 3_600_000_000_000).unwrap_or(u64::MAX)
}

/// Units of TFT for so many unit USD.
fn tft(usd: u64, price: u32) -> Result<u64, Error> {
    if price == 0 {
        return Err(Error::TFTPriceValueError);
    }
    let one = u128::from(price) * 10_000;
    u64::try_from((u128::from(usd) * 10_000_000 + one / 2) / one).map_err(|_| Error::NumOverflow)
}

/// What a contract costs for `seconds`, in units of TFT before the discount.
fn full_price(state: &State, contract: &Contract, seconds: u64) -> Result<u64, Error> {
    let policy = PRICING_POLICIES.get(state, &1).ok_or(Error::PricingPolicyNotExists)?;
    let usd = match &contract.contract_type {
        ContractData::NodeContract(node) => {
            let used = NODE_CONTRACT_RESOURCES.get(state, &contract.contract_id).used;
            let rented = ACTIVE_RENT_CONTRACT.has(state, &node.node_id);
            let unbilled = BILLING_INFORMATION.get(state, &contract.contract_id).amount_unbilled;
            resources(&used, node.public_ips, seconds, &policy, !rented).saturating_add(unbilled)
        }
        ContractData::RentContract(rent) => {
            let node = NODES.get(state, &rent.node_id).ok_or(Error::NodeNotExists)?;
            // Spec 149 does not bill a rented node that is off; 144 did (sample finding 8).
            if NODE_POWER.get(state, &rent.node_id).state != PowerState::Up {
                return Ok(0);
            }
            let whole = u128::from(resources(&node.resources, 0, seconds, &policy, true));
            let share = whole * u128::from(policy.discount_for_dedication_nodes) + 50;
            u64::try_from(share / 100).unwrap_or(u64::MAX)
        }
        ContractData::NameContract(_) => Fixed::of(policy.unique_name.value.into()).over(3600).times(seconds).round(),
    };
    tft(usd, price::billed(state))
}

/// The level of somebody who holds `balance`.
///
/// The real chain multiplies by the hours elapsed where it means to divide (sample finding 3), so short
/// intervals reach higher levels. So does this.
fn level(amount: u64, seconds: u64, balance: Money) -> DiscountLevel {
    let monthly = (u128::from(amount) * u128::from(seconds) * 720 + SECONDS_PER_HOUR / 2) / SECONDS_PER_HOUR;
    if monthly == 0 {
        return DiscountLevel::None;
    }
    match balance.saturating_mul(2) / monthly {
        36.. => DiscountLevel::Gold,
        12.. => DiscountLevel::Silver,
        6.. => DiscountLevel::Bronze,
        3.. => DiscountLevel::Default,
        _ => DiscountLevel::None,
    }
}

/// What a contract costs for `seconds`, and how much cheaper that is for an owner who holds `balance`.
pub fn price(
    state: &State,
    contract: &Contract,
    seconds: u64,
    balance: Money,
) -> Result<(Money, DiscountLevel), Error> {
    let full = full_price(state, contract, seconds)?;
    let level = level(full, seconds, balance);
    let percent = match level {
        DiscountLevel::None => 100,
        DiscountLevel::Default => 80,
        DiscountLevel::Bronze => 70,
        DiscountLevel::Silver => 60,
        DiscountLevel::Gold => 40,
    };
    Ok(((u128::from(full) * percent + 50) / 100, level))
}

/// What a rented node's farmer gets beyond the policy, for `seconds`.
pub fn extra_fee(state: &State, contract: &Contract, seconds: u64) -> Result<Money, Error> {
    let ContractData::RentContract(rent) = &contract.contract_type else { return Ok(0) };
    let fee = u128::from(EXTRA_FEE.get(state, &rent.node_id));
    let off = NODE_POWER.get(state, &rent.node_id).state != PowerState::Up;
    if fee == 0 || off {
        return Ok(0);
    }
    let usd = (fee * 10_000 * u128::from(seconds) + SECONDS_PER_MONTH / 2) / SECONDS_PER_MONTH;
    tft(u64::try_from(usd).map_err(|_| Error::NumOverflow)?, price::billed(state)).map(Money::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::chain::scale::Account;
    use crate::sandbox::chain::tfgrid::Policy;

    fn policy() -> PricingPolicy {
        let price = |value| Policy { value, ..Policy::default() };
        PricingPolicy {
            version: 1,
            id: 1,
            name: Vec::new(),
            su: price(50_000),
            cu: price(100_000),
            nu: price(15_000),
            ipu: price(40_000),
            unique_name: price(2_500),
            domain_name: price(5_000),
            foundation_account: Account::default(),
            certified_sales_account: Account::default(),
            discount_for_dedication_nodes: 50,
        }
    }

    #[test]
    fn the_documented_example() {
        let used = Resources { cru: 4, mru: 8 * GIB, sru: 100 * GIB, hru: 0 };
        assert_eq!(resources(&used, 0, 3600, &policy(), true), 225_000);
        assert_eq!(resources(&used, 0, 132, &policy(), true), 8_250);
        assert_eq!(tft(8_250, 50), Ok(165_000));
        let small = Resources { cru: 1, mru: 2 * GIB, sru: 25 * GIB, hru: 0 };
        assert_eq!(resources(&small, 0, 36, &policy(), true), 562, "562.5 less what was cut off");
        assert_eq!(resources(&used, 1, 3600, &policy(), false), 40_000);
        assert_eq!(traffic(1_000_000_000, 3600, &policy()), 15_000);
    }

    #[test]
    fn short_intervals_reach_higher_levels() {
        assert_eq!(level(4_582_500, 3666, 999_989_751), DiscountLevel::None);
        assert_eq!(level(487_500, 390, 995_407_251), DiscountLevel::Gold);
        assert_eq!(level(0, 3600, 1), DiscountLevel::None);
    }
}
