//! Blocks: how one is made from the pool, its header and hash, and the history from which old states are read.

use super::extrinsic::{self, Extrinsic, Terms};
use super::item::Twox;
use super::pool::{Status, Watchers};
use super::runtime::{self, Call, Origin, Phase};
use super::scale::{Account, DispatchClass, DispatchInfo, Era, Hash, Pays, Weight, blake2_256};
use super::state::{State, Undo};
use super::system::{self, timestamp};
use super::{balances, contracts, utility};
use crate::grid::Identity;
use parity_scale_codec::{Decode, Encode};

/// How many block hashes the chain remembers: the longest mortal era.
pub const BLOCK_HASH_COUNT: u32 = 2400;
/// The most extrinsics in a block.
const MOST_EXTRINSICS: usize = 1000;
/// A round figure for each call; fees do not depend on it.
pub const WEIGHT: Weight = Weight { ref_time: 300_000_000, proof_size: 4_000 };

/// A header. Its roots are stand-ins that no client checks: the state is not hashed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The block before.
    pub parent: Hash,
    /// Its number.
    #[codec(compact)]
    pub number: u32,
    /// Differs when the events differ.
    pub state_root: Hash,
    /// Differs when the extrinsics differ.
    pub extrinsics_root: Hash,
    /// Always empty.
    pub digest: Vec<u8>,
}

impl Header {
    /// The block's hash.
    pub fn hash(&self) -> Hash {
        Hash(blake2_256(&self.encode()))
    }
}

/// A block of the past.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Its extrinsics, the clock's inherent first.
    pub extrinsics: Vec<Vec<u8>>,
}

/// Makes the first block from a finished genesis state.
pub fn genesis(state: &mut State) -> Block {
    let all = state.pairs().fold(Vec::new(), |mut all, (key, value)| {
        (key, value).encode_to(&mut all);
        all
    });
    let header = Header {
        parent: Hash::default(),
        number: 0,
        state_root: Hash(blake2_256(&all)),
        extrinsics_root: Hash(blake2_256(&[])),
        digest: Vec::new(),
    };
    system::BLOCK_HASH.put(state, &Twox(0), &header.hash());
    Block { header, extrinsics: Vec::new() }
}

/// What a new block is made of.
pub struct Recipe<'a> {
    /// The block before.
    pub parent: &'a Header,
    /// Its number; more than one above the parent's when the chain jumps.
    pub number: u32,
    /// Its time, milliseconds.
    pub now: u64,
    /// Who earns the fees.
    pub author: Account,
    /// Who signs the bills, if bills are made.
    pub biller: Option<&'a Identity>,
    /// What root does before anything else.
    pub root: Option<&'a Call>,
    /// From the pool.
    pub extrinsics: Vec<(Extrinsic, Watchers)>,
}

/// A block that was just made.
pub struct Made {
    /// The block.
    pub block: Block,
    /// What it replaced.
    pub undo: Undo,
    /// Those who wait for its extrinsics, each with the index.
    pub watchers: Vec<(u32, Watchers)>,
    /// How root's call went.
    pub root: Result<(), super::scale::DispatchError>,
}

/// How many extrinsics to take from the pool.
pub const fn capacity() -> usize {
    MOST_EXTRINSICS
}

/// Makes a block; the state is that of the new block afterwards.
pub fn make(state: &mut State, recipe: Recipe<'_>) -> Made {
    state.begin();
    state.events.clear();
    state.phase = Phase::Initialization;
    let parent = recipe.parent.hash();
    system::NUMBER.put(state, &(), &recipe.number);
    system::PARENT_HASH.put(state, &(), &parent);
    system::BLOCK_HASH.put(state, &Twox(recipe.parent.number), &parent);
    if let Some(old) = recipe.number.checked_sub(BLOCK_HASH_COUNT + 1)
        && old > 0
    {
        system::BLOCK_HASH.remove(state, &Twox(old));
    }
    let mut root = Ok(());
    if let Some(call) = recipe.root {
        root = runtime::dispatch(state, Origin::Root, call).map(|_| ());
    }

    let mut bodies = vec![extrinsic::inherent(recipe.now)];
    state.phase = Phase::ApplyExtrinsic(0);
    timestamp::NOW.put(state, &(), &recipe.now);
    let mandatory = DispatchInfo { weight: WEIGHT, class: DispatchClass::Mandatory, pays_fee: Pays::Yes };
    state.deposit(system::Event::ExtrinsicSuccess { dispatch_info: mandatory });

    let mut watchers = Vec::new();
    for bill in bills(state, &recipe) {
        if let Ok(bill) = Extrinsic::read(state, &parent, &bill)
            && apply(state, bodies.len() as u32, &bill, recipe.author)
        {
            bodies.push(bill.bytes);
        }
    }
    for (extrinsic, mut waiting) in recipe.extrinsics {
        let index = bodies.len() as u32;
        if apply(state, index, &extrinsic, recipe.author) {
            bodies.push(extrinsic.bytes);
            watchers.push((index, waiting));
        } else {
            waiting.retain(|watcher| watcher.send(Status::Invalid).is_ok());
        }
    }

    let events = std::mem::take(&mut state.events);
    system::EVENT_COUNT.put(state, &(), &(events.len() as u32));
    system::EVENTS.put(state, &(), &events);
    let header = Header {
        parent,
        number: recipe.number,
        state_root: Hash(blake2_256(&(recipe.parent.state_root, recipe.now, events).encode())),
        extrinsics_root: Hash(blake2_256(&bodies.encode())),
        digest: Vec::new(),
    };
    Made { block: Block { header, extrinsics: bodies }, undo: state.commit(), watchers, root }
}

/// The bills of this block, signed: what the validators' off-chain workers send on the real chain.
fn bills(state: &State, recipe: &Recipe<'_>) -> Vec<Vec<u8>> {
    let Some(biller) = recipe.biller else { return Vec::new() };
    let nonce = system::ACCOUNT.get(state, &biller.account().into()).nonce;
    let genesis = extrinsic::genesis_hash(state);
    let sign = |(at, contract_id): (usize, u64)| {
        let call = Call::SmartContractModule(contracts::Call::bill_contract_for_block { contract_id });
        let nonce = nonce.saturating_add(at as u32);
        let terms = Terms { nonce, era: Era::Immortal, birth: genesis, genesis, tip: 0 };
        extrinsic::sign(&call.encode(), biller, &terms)
    };
    contracts::due(state, recipe.number).into_iter().enumerate().map(sign).collect()
}

/// Runs an extrinsic. `false`, and nothing happened, when it may no longer be included.
fn apply(state: &mut State, index: u32, extrinsic: &Extrinsic, author: Account) -> bool {
    state.phase = Phase::ApplyExtrinsic(index);
    let (who, fee) = (extrinsic.signer, extrinsic.fee());
    let alive = extrinsic.dies > u64::from(system::number(state));
    if !alive || system::ACCOUNT.get(state, &who).nonce != extrinsic.nonce {
        return false;
    }
    if !balances::can_pay(state, &who, fee) || !balances::withdraw(state, &who, fee) {
        return false;
    }
    system::ACCOUNT.change(state, &who, |info| info.nonce = info.nonce.saturating_add(1));
    let outcome = runtime::dispatch(state, Origin::of(who), &extrinsic.call);
    // A call that is free is refunded when it succeeds; its tip is not.
    let pays_fee = outcome.unwrap_or(Pays::Yes);
    let actual_fee = if pays_fee == Pays::No { extrinsic.tip } else { fee };
    balances::deposit(state, &who, fee - actual_fee);
    balances::deposit(state, &author, actual_fee);
    state.deposit(system::PaymentEvent::TransactionFeePaid { who, actual_fee, tip: extrinsic.tip });
    let dispatch_info = DispatchInfo { weight: WEIGHT, class: utility::class(&extrinsic.call), pays_fee };
    state.deposit(match outcome {
        Ok(_) => system::Event::ExtrinsicSuccess { dispatch_info },
        Err(dispatch_error) => system::Event::ExtrinsicFailed { dispatch_error, dispatch_info },
    });
    true
}
