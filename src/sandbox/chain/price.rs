//! TFTPriceModule: the price of TFT in mUSD, its mean over a ring of 1,440 reports, and its bounds.
//! Bills use the mean, held between the bounds.

use super::item::{Item, storage};
use super::runtime::Origin;
use super::scale::{Account, DispatchResult, Pays, errors};
use super::session::VALIDATORS;
use super::state::State;
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

/// How many reports the mean is over.
const RING: u16 = 1440;

/// TFTPriceModule's calls.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[expect(non_camel_case_types, reason = "the metadata's names")]
pub enum Call {
    /// A validator reports the price, mUSD (free).
    #[codec(index = 0)]
    set_prices { price: u32, block_number: u32 },
    /// Root sets the lower bound.
    #[codec(index = 2)]
    set_min_tft_price { price: u32 },
    /// Root sets the upper bound.
    #[codec(index = 3)]
    set_max_tft_price { price: u32 },
}

/// TFTPriceModule's events.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Event {
    /// A price was reported.
    PriceStored(u32),
    /// Never here.
    OffchainWorkerExecuted(Account),
    /// The new mean.
    AveragePriceStored(u32),
    /// The mean, and the bound that it is above.
    AveragePriceIsAboveMaxPrice(u32, u32),
    /// The mean, and the bound that it is below.
    AveragePriceIsBelowMinPrice(u32, u32),
}

errors! { #[expect(clippy::enum_variant_names, reason = "the metadata's names")] 28; ErrFetchingPrice OffchainSignedTxError NoLocalAcctForSigning AccountUnauthorizedToSetPrice MaxPriceBelowMinPriceError MinPriceAboveMaxPriceError IsNotAnAuthority WrongAuthority }

storage! { "TFTPriceModule";
    TFT_PRICE: Item<(), u32> = "TftPrice";
    LAST_BLOCK_SET: Item<(), u32> = "LastBlockSet";
    AVERAGE_TFT_PRICE: Item<(), u32> = "AverageTftPrice";
    TFT_PRICE_HISTORY: Item<u16, u32> = "TftPriceHistory";
    BUFFER_RANGE: Item<(), (u16, u16)> = "BufferRange";
    MIN_TFT_PRICE: Item<(), u32> = "MinTftPrice";
    MAX_TFT_PRICE: Item<(), u32> = "MaxTftPrice";
}

/// The price that bills use, mUSD for one TFT.
pub fn billed(state: &State) -> u32 {
    AVERAGE_TFT_PRICE.get(state, &()).min(MAX_TFT_PRICE.get(state, &())).max(MIN_TFT_PRICE.get(state, &()))
}

/// Runs one of TFTPriceModule's calls.
pub fn dispatch(state: &mut State, origin: Origin, call: &Call) -> DispatchResult {
    match call {
        Call::set_prices { price, block_number } => {
            let who = origin.signed()?;
            if !VALIDATORS.get(state, &()).contains(&who) {
                return Err(Error::AccountUnauthorizedToSetPrice.into());
            }
            report(state, *price, *block_number);
            return Ok(Pays::No);
        }
        Call::set_min_tft_price { price } => {
            origin.root()?;
            if *price >= MAX_TFT_PRICE.get(state, &()) {
                return Err(Error::MinPriceAboveMaxPriceError.into());
            }
            MIN_TFT_PRICE.put(state, &(), price);
        }
        Call::set_max_tft_price { price } => {
            origin.root()?;
            if *price <= MIN_TFT_PRICE.get(state, &()) {
                return Err(Error::MaxPriceBelowMinPriceError.into());
            }
            MAX_TFT_PRICE.put(state, &(), price);
        }
    }
    Ok(Pays::Yes)
}

fn report(state: &mut State, price: u32, block_number: u32) {
    TFT_PRICE.put(state, &(), &price);
    LAST_BLOCK_SET.put(state, &(), &block_number);
    state.deposit(Event::PriceStored(price));
    let (mut start, mut end) = BUFFER_RANGE.get(state, &());
    TFT_PRICE_HISTORY.put(state, &end, &price);
    end = (end + 1) % RING;
    if end == start {
        start = (start + 1) % RING;
    }
    BUFFER_RANGE.put(state, &(), &(start, end));
    let count = ((end + RING - start) % RING).max(1);
    // The real chain's sum stops at its type's end (recording 12).
    let sum = (0..count).map(|i| TFT_PRICE_HISTORY.get(state, &((start + i) % RING))).fold(0, u32::saturating_add);
    let count = u32::from(count);
    let mean = sum / count + u32::from(sum % count >= count - count / 2);
    AVERAGE_TFT_PRICE.put(state, &(), &mean);
    state.deposit(Event::AveragePriceStored(mean));
    let (min, max) = (MIN_TFT_PRICE.get(state, &()), MAX_TFT_PRICE.get(state, &()));
    if mean < min {
        state.deposit(Event::AveragePriceIsBelowMinPrice(mean, min));
    } else if mean > max {
        state.deposit(Event::AveragePriceIsAboveMaxPrice(mean, max));
    }
}
