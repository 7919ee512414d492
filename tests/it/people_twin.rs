//! A person's twin on a sandbox in process: found, funded, settled, and each step again without harm.

use bellhop::chat::{Person, PlatformName};
use bellhop::clock::{Clock, Timestamp};
use bellhop::grid::{Call, Grid, Identity, KeyKind, Tft, Tx, activation, terms};
use bellhop::people::TwinState;
use bellhop::people::twin::{self, TermsNeeded, calls_to_settle, fund};
use bellhop::sandbox::{Options, in_process};
use bellhop::secret::Root;

async fn send(grid: &Grid, who: &Identity, calls: Vec<Call>) {
    let _lane = grid.lanes.enter(who.account()).await;
    let prepared = grid.chain.prepare(who, &Tx::all(calls)).await.expect("signs");
    grid.chain.send(&prepared).await.expect("lands");
}

#[tokio::test(start_paused = true)]
async fn a_twin_is_settled_once_and_found_again_from_the_root_alone() {
    let (_world, grid) =
        in_process(Options::new(1), Clock::runtime(Timestamp::from_secs(1_800_000_000))).await.expect("a sandbox");
    let person = Person { platform: PlatformName::Terminal, id: "ann".to_owned(), name: "Ann".to_owned() };
    let root = Root::new([3; 32]);
    let ann = twin::identity(&root, &person);
    let settle = |state: &TwinState, terms| calls_to_settle(&grid.network, &ann, state, terms);

    let state = twin::state(&grid, &ann).await.expect("a state");
    assert_eq!((state.twin, state.terms_accepted, state.balance.free), (None, false, Tft(0)));
    let balance = fund(&grid, ann.account(), Tft(1), None).await.expect("activates");
    assert!(balance.spendable() >= activation::FLOOR);
    assert_eq!(fund(&grid, ann.account(), Tft(1), None).await, Ok(balance), "it has enough already");

    assert_eq!(settle(&state, None), Err(TermsNeeded));
    let terms = terms::fetch(grid.web.as_ref(), &grid.network).await.expect("the terms");
    send(&grid, &ann, settle(&state, Some(&terms)).expect("calls")).await;
    let again = twin::identity(&root, &person);
    let state = twin::state(&grid, &again).await.expect("a state");
    assert!(state.twin.is_some() && state.relay_ok && state.terms_accepted && state.kyc.is_ok(), "{state:?}");
    assert_eq!(settle(&state, None), Ok(Vec::new()));

    // Somebody else's program points the twin at another relay.
    let elsewhere = Call::UpdateTwin { relay: Some("relay.example.org".to_owned()), pk: None };
    send(&grid, &ann, vec![elsewhere]).await;
    let state = twin::state(&grid, &ann).await.expect("a state");
    assert!(!state.relay_ok);
    send(&grid, &ann, settle(&state, None).expect("calls")).await;
    assert!(twin::state(&grid, &ann).await.expect("a state").relay_ok);
}

#[tokio::test(start_paused = true)]
async fn a_treasury_brings_an_account_to_what_it_needs() {
    let (_world, grid) =
        in_process(Options::new(1), Clock::runtime(Timestamp::from_secs(1_800_000_000))).await.expect("a sandbox");
    let treasury = Identity::from_mini_secret(KeyKind::Sr25519, [9; 32]).expect("a key");
    let full = fund(&grid, treasury.account(), Tft(1), None).await.expect("activates").spendable();
    let poor = Identity::from_mini_secret(KeyKind::Sr25519, [8; 32]).expect("a key").account();
    let want = Tft(full.0 / 2);
    for _ in 0..2 {
        let balance = fund(&grid, poor, want, Some(&treasury)).await.expect("funds");
        assert_eq!(balance.spendable(), want);
    }
    let rest = grid.chain.balance(&treasury.account()).await.expect("a balance").spendable();
    assert!(rest.0 > full.0 - want.0 - Tft::ONE, "one transfer and its fee: {rest} of {full}");
}
